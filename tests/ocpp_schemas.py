"""The JSON schemas that the `ocpp` package carries: somebody else's reading of clause 6, for comparison.

Decimals are compared as decimals: 8.1 is no multiple of 0.1 in binary (JERR-3.6-01). Where they judge otherwise than
this station, `schema_differences.toml` says so.
"""

import json
import tomllib
from decimal import Decimal, localcontext
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from model.messages.registry import ACTIONS

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("ocpp")

MOST_DIGITS = 400
"""Enough to divide any double by 0.1."""

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
    with localcontext(prec=MOST_DIGITS):
        return bool(_validator(name).is_valid(json.loads(json.dumps(payload), parse_float=Decimal)))


@frozen
class PayloadDifference:
    """A fault that one side refuses and the other does not; `says` is what our refusal has to say, if it is one."""

    fault: str
    at: str
    """`schema:place`, or `*` for every place that can have the fault."""
    why: str
    says: str = ""

    def concerns(self, name: str, place: str, fault: str) -> bool:
        """Whether this fault at this place is one of those meant."""
        return fault == self.fault and self.at in ("*", f"{name}:{place}")


@frozen
class LimitDifference:
    """A limit of a field that the schema states otherwise."""

    at: str
    why: str


_LISTED = tomllib.loads(Path(__file__).with_name("schema_differences.toml").read_text("utf-8"))
PAYLOADS = tuple(PayloadDifference(**entry) for entry in _LISTED["payload"])
LIMITS = tuple(LimitDifference(**entry) for entry in _LISTED["limit"])
