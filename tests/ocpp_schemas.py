"""The JSON schemas that the `ocpp` package carries: somebody else's reading of clause 6, for comparison.

Decimals are compared as decimals: 8.1 is no multiple of 0.1 in binary (JERR-3.6-01).
"""

import json
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import pytest

from model.messages.registry import ACTIONS

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("ocpp")

CLASSES: dict[str, type] = {
    name: cls
    for action in ACTIONS.values()
    if action.pair is not None
    for name, cls in ((action.name, action.pair.req), (f"{action.name}Response", action.pair.conf))
}
"""Every message class that is built in, by the name of its schema."""


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of one message."""
    text = resources.files("ocpp.v16").joinpath(f"schemas/{name}.json").read_text("utf-8-sig")
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


@cache
def _validator(name: str) -> Any:
    return jsonschema.Draft4Validator(schema(name))


def accepts(name: str, payload: object) -> bool:
    """Whether the schema `name` accepts `payload`, a JSON value."""
    return bool(_validator(name).is_valid(json.loads(json.dumps(payload), parse_float=Decimal)))
