"""What may be said to the control interface: one class for each body, with the limits that OCPP sets.

The limits have to stand here: a token of 21 characters cannot be presented to a real reader either, and a station may
rely on its hardware. The classes are those of the message package, which check themselves when they are built; on this
wire the names are those of Python.
"""

from typing import Annotated, Any, TypeVar

import orjson

from model.messages.errors import BadPayloadError, wrong_value
from model.messages.message import fields_of, message
from model.messages.scalars import StringKind
from model.messages.types import Boolean, CiString20, CiString50, CiString255, ConnectorAboveZero, FreeText
from model.record import frozen

B = TypeVar("B")


class BadBodyError(ValueError):
    """What was sent is not what this action takes; says which field and what would have been accepted."""


@frozen
class Said(StringKind):
    """Text that says something: a token has characters, and an event has a name."""

    def check(self, value: Any) -> None:
        """As any text, and not empty."""
        super().check(value)
        if not value:
            raise wrong_value("must have at least one character")


@message
class Nothing:
    """Actions that need no more than their name; an empty body or ``{}``."""


@message
class Ev:
    """What the EV wants."""

    wants_energy: Boolean


@message
class Fault:
    """What breaks (OCPP 1.6, 7.6)."""

    error_code: CiString50
    info: CiString50 | None = None


@message
class Token:
    """A token at the reader, and where its bearer stands; nowhere in particular where that is left out."""

    id_tag: Annotated[str, Said(20)]
    connectors: tuple[ConnectorAboveZero, ...] = ()


@message
class Network:
    """Whether the network is there: at that interface, or at each."""

    up: Boolean
    interface: CiString20 | None = None


@message
class Power:
    """The power is cut; there is no other thing to say of it."""

    cut: Boolean


@message
class SecurityEvent:
    """What the box noticed (security whitepaper, M.)."""

    type: Annotated[str, Said(50)]
    tech_info: CiString255 | None = None


@message
class DataTransfer:
    """A DataTransfer.req to be sent (OCPP 1.6, 4.3)."""

    vendor_id: Annotated[str, Said(255)]
    message_id: CiString50 | None = None
    data: FreeText | None = None


def read_body(cls: type[B], body: bytes) -> B:
    """The body that these bytes say. Raises ``BadBodyError``."""
    try:
        payload = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadBodyError(f"the body is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise BadBodyError(f"the body is {type(payload).__name__}, not a JSON object")
    _check_names(cls, payload)
    if isinstance(payload.get("connectors"), list):
        payload["connectors"] = tuple(payload["connectors"])
    try:
        return cls(**payload)
    except BadPayloadError as refusal:
        raise BadBodyError(f"{_ours(cls, refusal.path)}: {refusal.why}") from refusal


def _check_names(cls: type, payload: dict[str, object]) -> None:
    fields = {field.name: field for field in fields_of(cls)}
    for name in payload:
        if name not in fields:
            known = ", ".join(fields) or "nothing"
            raise BadBodyError(f"{name[:50]!r} is unknown here; the body may hold {known}")
    for field in fields.values():
        if field.name not in payload and not field.optional and field.name != "connectors":
            raise BadBodyError(f"{field.name} is missing")


def _ours(cls: type, path: str) -> str:
    """The place, with the name that the field has on this wire."""
    for field in fields_of(cls):
        if path.startswith(field.wire):
            return field.name + path[len(field.wire) :]
    return path
