"""OCPP-J framing: one text to one frame and back, without state and without I/O.

Three kinds of frame, each an array with its number first: 2 asks, 3 answers, 4 says why not, from whichever side
(J-4.1-01, J-4.1.3-01, J-4.1.3-02, J-4.1.3-03, J-4.1.3-04, JERR-3.5-01); the id comes second, and the rest is the kind's
own (J-4.1.3-06). Who the station is stands in the URL, in no frame (J-4.2-01).

`parse` takes whatever came over the wire and never raises. What it could not read is `Unreadable`, which says what has
to follow: a CALLERROR (`answer`), a pending call of ours that counts as failed (`spoils`), or silence. 1.6 has no
answer to a frame whose message id cannot be read ("-1" belongs to 2.0.1), and only a Call is ever answered.

| what came | what follows | clause |
|---|---|---|
| not JSON, too deep, or not an array; the head `[2,"id",` cannot be read | silence | J-4.2.3-04 |
| not JSON or too deep, after a readable head `[2,"id",` | FormationViolation with that id | J-4.2.3-14 |
| longer than `MAX_FRAME_CHARS` or than the station takes: the head is read | GenericError, or silence | J-4.2.3-18 |
| message type not 2, 3 or 4 (or no number) | silence | J-4.1.3-05 |
| any frame whose id is no string | silence | J-4.2.3-04 |
| Call whose id is longer than 36 characters | GenericError with that id | J-4.2.3-02 |
| Call with fewer or more than 4 elements, with an action that is no string | FormationViolation | J-4.2.1-01 |
| Call whose payload is neither object nor null | FormationViolation | J-4.2.1-04 |
| Call whose payload is null | read as the empty object | J-4.2.1-05 |
| CallResult that is malformed | the pending call has failed; no answer | J-4.2.3-05 |
| CallResult with half a surrogate pair in a text | read; the field that has it cannot be used | J-4.1.2-01 |
| CallResult whose payload is null, or the empty array that PHP makes of it | read as the empty object | J-4.2.2-05 |
| CallError of 3 or 4 elements, or with odd description or details | read: the call has failed anyway | J-4.2.3-05 |
| CallError with a code in the spelling of later versions | read as the 1.6 code | JERR-5.1-01, JERR-5.2-01 |
| answer to nothing | an ordinary CallResult; the call slot ignores it | J-4.1.1-07 |

An unknown action, wrong types, over-long strings and the like are well-formed frames: `model.messages` judges them. A
Call is answered in the step in which it comes (`runtime.core.station`), so no message id is ever being answered when it
comes again; and whatever call of ours is pending is the call slot's.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from attrs import Factory

from model.messages.errors import CallErrorCode
from model.record import frozen

MAX_FRAME_CHARS: Final = 1_048_576
"""The longest text that is parsed, in characters: a hundred times the longest certificate chain that OCPP carries."""

MAX_CONTAINERS: Final = 10_000
"""Opening brackets in a frame, those in texts counted in: a frame of more is not read, for it would take too long."""

MAX_DEPTH: Final = 32
"""The deepest nesting that is accepted, the frame's own array included; the deepest OCPP message needs 6."""
MAX_MESSAGE_ID_CHARS: Final = 36
"""J-4.1.4-03."""
MAX_ECHOED_ID_CHARS: Final = 255
"""A call with a longer id is answered with that id, for its sender waits; with one longer than this it is not: calls of
a megabyte would have answers of a megabyte."""
MAX_DESCRIPTION_CHARS: Final = 255
"""What many stacks accept (J-4.2.3-07)."""

_CALL, _CALL_RESULT, _CALL_ERROR = 2, 3, 4
_CALL_ELEMENTS, _CALL_RESULT_ELEMENTS = 4, 3
_HEAD: Final = re.compile(r'[ \t\r\n]*\[[ \t\r\n]*([234])[ \t\r\n]*,[ \t\r\n]*"([^"\\\x00-\x1f\ud800-\udfff]{0,36})"')
_HEAD_CHARS: Final = 256
_OTHER_SPELLINGS: Final = {
    "FormatViolation": CallErrorCode.FORMATION_VIOLATION.value,
    "OccurrenceConstraintViolation": CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION.value,
}

JsonObject = dict[str, Any]

Written = Mapping[str, tuple[str, ...]]
"""Fields that are lists, by their wire names; each element is the JSON text of a value that was checked."""

NOTHING_WRITTEN: Final[Written] = MappingProxyType({})


@frozen
class Call:
    """A request (J-4.2.1-01)."""

    message_id: str
    action: str
    payload: JsonObject


@frozen
class CallResult:
    """The answer to a request (J-4.2.2-02)."""

    message_id: str
    payload: JsonObject


@frozen
class CallError:
    """The refusal of a request (J-4.2.3-03); `code` as a text, since a sender may invent one."""

    message_id: str
    code: str
    description: str = ""
    details: JsonObject = Factory(dict)


@frozen
class Unreadable:
    """A text that is no frame of OCPP-J.

    With `answer`, a CALLERROR of that code goes to `message_id`. With `spoils`, a pending call of ours with that id has
    failed. With neither, nothing is sent and nothing changes. `reason` is for the log and the error's description.
    """

    reason: str
    message_id: str | None = None
    answer: CallErrorCode | None = None
    spoils: bool = False


Frame = Call | CallResult | CallError | Unreadable


def parse(text: str) -> Frame:
    """The frame that `text` is; raises nothing, whatever `text` holds."""
    if len(text) > MAX_FRAME_CHARS:
        return _salvage(text, f"longer than {MAX_FRAME_CHARS} characters", CallErrorCode.GENERIC_ERROR)
    containers = text.count("[") + text.count("{")
    if containers > MAX_CONTAINERS:
        return _salvage(text, f"more than {MAX_CONTAINERS} arrays and objects", CallErrorCode.FORMATION_VIOLATION)
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if (answer := _answer_with_half_a_pair(text)) is not None:
            return _read(answer)
        return _salvage(text, f"not JSON: {error.msg}", CallErrorCode.FORMATION_VIOLATION)
    if containers > MAX_DEPTH and _too_deep(frame):
        return _salvage(text, f"nested deeper than {MAX_DEPTH}", CallErrorCode.FORMATION_VIOLATION)
    return _read(frame)


def parse_beginning(text: str) -> Unreadable:
    """What follows a frame that is longer than the station takes, of which `text` is the beginning."""
    return _salvage(text, "longer than this station takes", CallErrorCode.GENERIC_ERROR)


def _read(frame: Any) -> Frame:
    if not isinstance(frame, list) or len(frame) < 2:  # noqa: PLR2004 - type and id
        return Unreadable("not an array with a message type and an id")
    kind, message_id = frame[0], frame[1]
    read = _READERS.get(kind) if type(kind) is int else None
    if read is None:
        return Unreadable("message type is none of 2, 3, 4")
    if not isinstance(message_id, str):
        return Unreadable("message id is not a string")
    return read(message_id, frame)


def _read_call(message_id: str, frame: list[Any]) -> Call | Unreadable:
    if len(message_id) > MAX_MESSAGE_ID_CHARS:
        reason = f"message id is longer than {MAX_MESSAGE_ID_CHARS} characters"
        echoed = len(message_id) <= MAX_ECHOED_ID_CHARS
        return Unreadable(reason, message_id, CallErrorCode.GENERIC_ERROR) if echoed else Unreadable(reason)
    if len(frame) == _CALL_ELEMENTS:
        _kind, _id, action, payload = frame
        payload = {} if payload is None else payload
        if isinstance(action, str) and isinstance(payload, dict):
            return Call(message_id, action, payload)
    reason = "a Call is [2, id, action, payload object]"
    return Unreadable(reason, message_id, CallErrorCode.FORMATION_VIOLATION)


def _read_result(message_id: str, frame: list[Any]) -> CallResult | Unreadable:
    if len(frame) == _CALL_RESULT_ELEMENTS:
        payload = {} if frame[2] is None or frame[2] == [] else frame[2]
        if isinstance(payload, dict):
            return CallResult(message_id, payload)
    return Unreadable("a CallResult is [3, id, payload object]", message_id, spoils=True)


def _read_error(message_id: str, frame: list[Any]) -> CallError | Unreadable:
    match frame:
        case [_, _, str(code), *rest]:
            description = next((item for item in rest[:1] if isinstance(item, str)), "")
            details = next((item for item in rest[1:2] if isinstance(item, dict)), {})
            return CallError(message_id, _OTHER_SPELLINGS.get(code, code), description, details)
    return Unreadable("a CallError is [4, id, code, description, details object]", message_id, spoils=True)


_READERS: Final = {_CALL: _read_call, _CALL_RESULT: _read_result, _CALL_ERROR: _read_error}


def _salvage(text: str, reason: str, code: CallErrorCode) -> Unreadable:
    """What can be said of a text that was not parsed: its head may name the call that it is, or answers."""
    head = _HEAD.match(text[:_HEAD_CHARS])
    if head is None:
        return Unreadable(reason)
    if int(head[1]) == _CALL:
        return Unreadable(reason, head[2], code)
    return Unreadable(reason, head[2], spoils=True)


def _answer_with_half_a_pair(text: str) -> Any:
    """A CallResult with half a surrogate pair in it, which orjson does not read; None for anything else.

    The field that has it is refused where the answer is read, and costs no other (JERR-3.1-02).
    """
    head = _HEAD.match(text[:_HEAD_CHARS])
    if head is None or int(head[1]) != _CALL_RESULT or "\\u" not in text:
        return None
    try:
        frame = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return None if _too_deep(frame) else frame


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _too_deep(frame: Any) -> bool:
    level = [frame]
    for _depth in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def encode_call(message_id: str, action: str, payload: JsonObject, written: Written = NOTHING_WRITTEN) -> str:
    """The text of a request. `payload` is what `model.messages.codec.unstructure` gives.

    `written`: further fields, lists whose elements are JSON texts already; they are copied, not read.
    """
    lists = {name: [orjson.Fragment(text) for text in texts] for name, texts in written.items()}
    return orjson.dumps([_CALL, message_id, action, payload | lists]).decode()


def encode_result(message_id: str, payload: JsonObject) -> str:
    """The text of the answer to the request `message_id`, under its id (J-4.1.4-02, J-4.2.2-03, J-4.2.2-04)."""
    return orjson.dumps([_CALL_RESULT, message_id, payload]).decode()


def encode_error(message_id: str, code: CallErrorCode, description: str = "", details: JsonObject | None = None) -> str:
    """The text of a refusal of the request `message_id`; the description is cut to `MAX_DESCRIPTION_CHARS`.

    Under the id of the request, with one of the ten codes and details that are an object (J-4.1.4-02, J-4.2.3-06,
    J-4.2.3-08), as in the errata's example (JERR-3.7-01). A description may hold anything, what the other side sent
    included: what UTF-8 cannot encode is replaced.
    """
    said = description[:MAX_DESCRIPTION_CHARS].encode("utf-8", "replace").decode()
    return orjson.dumps([_CALL_ERROR, message_id, code.value, said, details or {}]).decode()
