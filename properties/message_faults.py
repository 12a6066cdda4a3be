"""Every way in which one field of a message can be wrong, and the CALLERROR code that it has to be answered with.

`faults` walks the fields of a class, those of its records too, and says of each what a bad sender makes of it, by the
kind of the field: so a message that is added later brings its own faults. Each takes a payload in which everything else
is there and good; which code belongs to which fault is the table of `model.messages.errors`. A fault without a code is
none: others refuse it, this station does not.
"""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any, Final

from attrs import frozen
from hypothesis import strategies as st

from model.messages.errors import CallErrorCode
from model.messages.kinds import EnumKind, Kind, ListKind, ObjectKind
from model.messages.message import Field, fields_of
from model.messages.scalars import (
    EXACT_FLOAT_BOUND,
    INTEGER_LEAST,
    BooleanKind,
    DateTimeKind,
    DecimalKind,
    IntegerKind,
    StringKind,
)
from properties.message_strategies import Change, Path, Payload, changed, drop, put

LONGER_BY: Final = 2000
NO_JSON: Final = "no JSON"
"""The fault that makes the frame no JSON at all: the payload never gets as far as a message."""

HALF_A_PAIR: Final = "half a surrogate pair"
"""The fault that makes a call no JSON; an answer is read all the same, without the field."""

_FORMATION = CallErrorCode.FORMATION_VIOLATION
_MISSING = CallErrorCode.PROTOCOL_ERROR
_TYPE = CallErrorCode.TYPE_CONSTRAINT_VIOLATION
_VALUE = CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION
_COUNT = CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION

_CHARACTERS = st.characters(exclude_categories=["Cs"])
_OF_ANY_TYPE: tuple[Any, ...] = ("", "Accepted", 0, 7, 1.5, True, False, [], ["x"], {}, {"vendor": 1})
_NO_DATES = ("", "now", "2026-11-22", "16:00:00Z", "2026-13-22T16:00:00Z", "2026-02-29T16:00:00Z", "2026-11-22 16:00Z")

Edit = tuple[Path, Change]
Wrong = tuple[str, CallErrorCode | None, st.SearchStrategy[Any]]


@frozen
class Fault:
    """One thing wrong at one place: `code` answers it, None where it is accepted."""

    place: str
    """The field in wire names, `key[]` for the elements of a list; empty for the payload as a whole."""
    name: str
    code: CallErrorCode | None
    edits: st.SearchStrategy[Edit]

    def in_payload(self, payload: Payload) -> st.SearchStrategy[Payload]:
        """`payload`, in which everything is there, with this fault in it."""
        return self.edits.map(lambda edit: changed(payload, *edit))


def faults(cls: type) -> tuple[Fault, ...]:
    """Every fault of every field of message class `cls`, for payloads of `full_messages`."""
    return tuple(_of_record(cls, ()))


def place_of(path: Path) -> str:
    """`("key", 0)` -> `key[]`."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _of_record(cls: type, at: Path) -> Iterator[Fault]:
    fields = fields_of(cls)
    known = {field.wire for field in fields}
    added = st.text(_CHARACTERS, max_size=80) | st.sampled_from(["vendorField", "status"])
    names = added.filter(lambda name: name not in known)
    edits = st.builds(lambda name, value: ((*at, name), put(value)), names, st.sampled_from(_OF_ANY_TYPE))
    yield Fault(place_of(at), "a field too many", _FORMATION, edits)
    for field in fields:
        yield from _of_field(field, (*at, field.wire))


def _of_field(field: Field, path: Path) -> Iterator[Fault]:
    place = place_of(path)
    if not field.optional:
        yield Fault(place, "missing", _MISSING, st.just((path, drop)))
    yield Fault(place, "its name in another case", _FORMATION, st.just((path, _recased)))
    yield from _of_value(field.kind, path)


def _recased(holder: Any, name: Any) -> None:
    holder[name[0].swapcase() + name[1:]] = holder.pop(name)


def _of_value(kind: Kind, path: Path) -> Iterator[Fault]:
    for name, code, bad in (*_of_any(kind), *wrong(kind)):
        yield Fault(place_of(path), name, code, bad.map(lambda value: (path, put(value))))
    match kind:
        case ObjectKind():
            yield from _of_record(kind.cls, path)
        case ListKind():
            yield from _of_value(kind.element, (*path, 0))


def _of_any(kind: Kind) -> Iterator[Wrong]:
    yield "null", _TYPE, st.none()
    yield "another type", _TYPE, st.sampled_from([value for value in _OF_ANY_TYPE if not _fits(kind, value)])
    yield NO_JSON, _FORMATION, st.sampled_from([float("nan"), float("inf"), float("-inf")])
    yield HALF_A_PAIR, _FORMATION, st.just("\ud800")


def _fits(kind: Kind, value: Any) -> bool:
    """Whether a JSON value has the type of such a field."""
    match kind:
        case IntegerKind() | DecimalKind():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case BooleanKind():
            return isinstance(value, bool)
        case ObjectKind():
            return isinstance(value, dict)
        case ListKind():
            return isinstance(value, list)
    return isinstance(value, str)


@singledispatch
def wrong(kind: Kind) -> Iterator[Wrong]:
    """Values of the right type that such a field does not take, by name; TypeError for a kind without any entry."""
    raise TypeError(f"nothing is known to be wrong with {kind!r}")


@wrong.register
def _(kind: StringKind) -> Iterator[Wrong]:
    if kind.longest is not None:
        lengths = st.integers(kind.longest + 1, kind.longest + LONGER_BY)
        yield "too long", _VALUE, st.builds(lambda length, letter: letter * length, lengths, st.sampled_from("xÉ✓"))


@wrong.register
def _(kind: IntegerKind) -> Iterator[Wrong]:
    exact = int(EXACT_FLOAT_BOUND)
    if kind.least > INTEGER_LEAST:
        yield "below the least", _VALUE, st.integers(INTEGER_LEAST, kind.least - 1)
    yield "beyond 64 bits", _VALUE, st.integers(2**63, 2**80)
    yield "beyond 64 bits, as a float", _VALUE, st.sampled_from([1e20, 1e300])
    yield "a fraction", _TYPE, st.integers(-exact // 4, exact // 4).map(lambda number: number + 0.5)
    yield "a fraction of zero", None, st.integers(max(kind.least, -exact), exact).map(float)


@wrong.register
def _(_kind: BooleanKind) -> Iterator[Wrong]:
    return iter(())


@wrong.register
def _(_kind: DecimalKind) -> Iterator[Wrong]:
    yield "no multiple of 0.1", _VALUE, st.integers(-(10**9), 10**9).map(lambda number: number + 0.25)
    yield "too large", _VALUE, st.integers(10**14, 10**30) | st.sampled_from([-1e14, 1e300])


@wrong.register
def _(_kind: DateTimeKind) -> Iterator[Wrong]:
    yield "no date and time", _VALUE, st.sampled_from(_NO_DATES)


@wrong.register
def _(kind: EnumKind) -> Iterator[Wrong]:
    members = {str(member) for member in kind.enumeration}
    code = None if kind.open_to_others else _VALUE
    recased = [name for member in members for name in (member.lower(), member.upper()) if name not in members]
    yield "no member", code, st.text(_CHARACTERS, max_size=600).filter(lambda name: name not in members)
    yield "a member in another case", code, st.sampled_from(sorted(recased))


@wrong.register
def _(_kind: ObjectKind) -> Iterator[Wrong]:
    return iter(())


@wrong.register
def _(kind: ListKind) -> Iterator[Wrong]:
    if kind.fewest:
        yield "too few elements", _COUNT, st.integers(0, kind.fewest - 1).map(lambda _: [])
