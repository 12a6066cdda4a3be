"""Requests of the CSMS in tables: which event carries one, and what its answer may say.

An event that carries a request (``request = "ReserveNow"``) is answered by the row that takes it (``answer =
"Occupied"``), or by the entry that says why nothing happens; a request that is for no instance there is, by an
``[[unaddressed]]`` entry. What an answer may say is the enumeration of the response's ``status``, or, for a response
without one, the values that its ``[responses.NAME]`` declares; ``error CODE`` answers with a CALLERROR (OCPP-J 4.2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field

from model.language.place import Place
from model.messages.errors import CallErrorCode
from model.messages.kinds import EnumKind
from model.messages.message import Field, fields_of
from model.messages.registry import ACTIONS, Pair, Sender
from model.record import frozen

ERROR = "error "
"""Before the code of a CALLERROR."""

_CODES: Mapping[str, CallErrorCode] = MappingProxyType({f"{ERROR}{code.value}": code for code in CallErrorCode})


@frozen
class Response:
    """What a response says beyond its status, or in place of one; the runtime fills it.

    ``values``: what an answer may be, where the response has no status.
    """

    request: str
    means: str
    values: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)


@frozen
class Unaddressed:
    """What is answered to a request that is for no instance there is; ``because`` says when that is so."""

    request: str
    answer: str
    because: str
    clauses: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)


def pair_of(request: str) -> Pair | None:
    """The classes of a request that the CSMS may send; None where there is no such request, or it is not built in."""
    action = ACTIONS.get(request)
    return action.pair if action and action.sender is not Sender.STATION else None


def carried() -> tuple[str, ...]:
    """Every request that an event may carry."""
    return tuple(sorted(name for name in ACTIONS if pair_of(name)))


def statuses(request: str) -> tuple[str, ...]:
    """The values of the response's status; none where it has no status."""
    kind = next((one.kind for one in _of_response(request) if one.name == "status"), None)
    return tuple(member.value for member in kind.enumeration) if isinstance(kind, EnumKind) else ()


def owes_more(request: str) -> bool:
    """Whether the response has to say something that is not its status."""
    return any(not one.optional and one.name != "status" for one in _of_response(request)) or not statuses(request)


def error_of(answer: str) -> CallErrorCode | None:
    """The code with which an answer refuses; None for one that does not, or whose code there is not."""
    return _CODES.get(answer)


def _of_response(request: str) -> tuple[Field, ...]:
    pair = pair_of(request)
    return fields_of(pair.conf) if pair else ()
