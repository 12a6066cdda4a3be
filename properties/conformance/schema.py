"""Whether what the station sends is a message of OCPP 1.6: by our own classes, and by the schemas of another project.

Ours know limits that JSON schemas do not (a date that is none, letter case of an enumeration); those of the `ocpp`
package know actions that are not built in here, and would show where our reading of clause 6 is wrong. Both are asked
where both can answer; one that cannot says nothing.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib import import_module, resources
from importlib.util import find_spec
from typing import Any

from model.messages.codec import structure
from model.messages.errors import BadPayloadError
from model.messages.registry import ACTIONS
from properties.conformance.expectation import Json


def fault_of_call(action: str, payload: Json) -> str | None:
    """What is wrong with a request of the station; None where nothing is."""
    if action not in ACTIONS:
        return f"{action}: no action of OCPP 1.6"
    return _ours(action, payload, answer=False) or _theirs(action, payload)


def fault_of_answer(action: str, payload: Json) -> str | None:
    """What is wrong with the station's answer to a request; None where nothing is."""
    return _ours(action, payload, answer=True) or _theirs(f"{action}Response", payload)


def second_opinion() -> bool:
    """Whether the schemas of the `ocpp` package are here to be asked."""
    return find_spec("ocpp") is not None and find_spec("jsonschema") is not None


def _ours(action: str, payload: Json, *, answer: bool) -> str | None:
    pair = ACTIONS[action].pair if action in ACTIONS else None
    if pair is None:
        return None
    try:
        structure(pair.conf if answer else pair.req, payload)
    except BadPayloadError as refusal:
        return f"{action}: {refusal}"
    return None


def _theirs(name: str, payload: Json) -> str | None:
    validator = _validator(name)
    if validator is None:
        return None
    # Decimals are compared as decimals: 8.1 is no multiple of 0.1 in binary (JERR-3.6-01).
    value = json.loads(json.dumps(payload), parse_float=Decimal)
    error = next(iter(validator.iter_errors(value)), None)
    return None if error is None else f"{name}: {'.'.join(map(str, error.absolute_path)) or 'payload'}: {error.message}"


@cache
def _validator(name: str) -> Any:
    """The validator of one schema; None where the package, or the schema, is not there."""
    if not second_opinion():
        return None
    file = resources.files("ocpp.v16").joinpath(f"schemas/{name}.json")
    if not file.is_file():
        return None
    schema = json.loads(file.read_text("utf-8-sig"), parse_float=Decimal)
    return import_module("jsonschema").Draft4Validator(schema)
