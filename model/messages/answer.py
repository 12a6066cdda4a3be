"""An answer of the central system is used as far as it can be.

What is wrong with one optional field of an answer must not cost what the rest of it says: a transactionId that is
thrown away for the sake of an empty expiryDate is asked for again, and the central system has two transactions. So the
innermost optional field that holds the fault is left out, and the answer is read again. What a required field needs is
needed: an answer without it is refused as before (J-4.2.2-06, CS-7.27-04).

Each round takes one field out of the payload, so there are at most as many as the message has optional fields.
"""

import re
from typing import Any, Final, Generic, TypeVar

from model.messages.codec import structure
from model.messages.errors import BadPayloadError
from model.messages.kinds import Kind, ListKind, ObjectKind
from model.messages.message import fields_of
from model.record import frozen

M = TypeVar("M")
Path = tuple[str | int, ...]

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[]+)")


@frozen
class Answer(Generic[M]):
    """What was read, and what could not be: each ``left_out`` says the field and what is wrong with it."""

    message: M
    left_out: tuple[BadPayloadError, ...] = ()


def read_answer(cls: type[M], payload: object) -> Answer[M]:
    """The message of class `cls` that `payload` says. Raises `BadPayloadError` where what it requires is not there."""
    left_out: list[BadPayloadError] = []
    while True:
        try:
            return Answer(structure(cls, payload, closed=False), tuple(left_out))
        except BadPayloadError as refusal:
            path = _innermost_optional(ObjectKind(cls), _steps(refusal.path))
            if not path:
                raise
            payload = _without(payload, path)
            left_out.append(refusal)


def _steps(path: str) -> Path:
    """`a.b[0]` -> `("a", "b", 0)`."""
    return tuple(int(number) if number else name for number, name in _STEP.findall(path))


def _innermost_optional(kind: Kind, steps: Path) -> Path:
    """The part of the way that ends at the last optional field of it; empty where each is required."""
    found: Path = ()
    for count, step in enumerate(steps, 1):
        match kind:
            case ObjectKind():
                field = next(field for field in fields_of(kind.cls) if field.wire == step)
                kind, found = field.kind, steps[:count] if field.optional else found
            case ListKind():
                kind = kind.element
    return found


def _without(node: Any, path: Path) -> Any:
    """A copy of `node` in which the value at the end of `path` is not there."""
    step, *rest = path
    copy = node.copy()
    if rest:
        copy[step] = _without(node[step], tuple(rest))
    else:
        del copy[step]
    return copy
