"""Messages for Hypothesis, made from the message classes themselves.

A strategy for a class follows the kinds of its fields, so that a class that is added later needs none of its own, and
a limit that changes is searched at its new edge. `broken` takes a good payload and does to it what bad senders do.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from functools import singledispatch
from typing import Any, TypeVar

from hypothesis import strategies as st

from model.messages.codec import unstructure
from model.messages.kinds import EnumKind, Kind, ListKind, ObjectKind
from model.messages.message import Field, fields_of
from model.messages.scalars import INTEGER_MOST, BooleanKind, DateTimeKind, DecimalKind, IntegerKind, StringKind

M = TypeVar("M")
Payload = dict[str, Any]
Path = tuple[str | int, ...]
"""The way to a value in a payload: names of fields, numbers of elements."""
Change = Callable[[Any, Any], None]
MOST_ELEMENTS = 3
MOST_FREE_TEXT = 60

_CHARACTERS = st.characters(exclude_categories=["Cs"])


@singledispatch
def values(kind: Kind) -> st.SearchStrategy[Any]:
    """Everything that a field of this kind may hold; TypeError for a kind that has no strategy yet."""
    raise TypeError(f"no strategy for {kind!r}")


@values.register
def _(kind: StringKind) -> st.SearchStrategy[str]:
    longest = MOST_FREE_TEXT if kind.longest is None else kind.longest
    return st.text(_CHARACTERS, max_size=longest) | st.text("aZ0-", min_size=longest, max_size=longest)


@values.register
def _(kind: IntegerKind) -> st.SearchStrategy[int]:
    return st.integers(kind.least, INTEGER_MOST)


@values.register
def _(_kind: BooleanKind) -> st.SearchStrategy[bool]:
    return st.booleans()


@values.register
def _(_kind: DecimalKind) -> st.SearchStrategy[Decimal]:
    return st.integers(-(10**15) + 1, 10**15 - 1).map(lambda tenths: Decimal(tenths).scaleb(-1))


@values.register
def _(_kind: DateTimeKind) -> st.SearchStrategy[datetime]:
    return st.datetimes(timezones=st.just(UTC)).map(_whole_milliseconds)


@values.register
def _(kind: EnumKind) -> st.SearchStrategy[str]:
    members = st.sampled_from(list(kind.enumeration))
    return members | st.text(_CHARACTERS, max_size=MOST_FREE_TEXT) if kind.open_to_others else members


@values.register
def _(kind: ObjectKind) -> st.SearchStrategy[Any]:
    return messages(kind.cls)


@values.register
def _(kind: ListKind) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values(kind.element), min_size=kind.fewest, max_size=MOST_ELEMENTS).map(tuple)


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _of_field(field: Field) -> st.SearchStrategy[Any]:
    held = values(field.kind)
    return st.none() | held if field.optional else held


def messages(cls: type[M]) -> st.SearchStrategy[M]:
    """Every message of class `cls`, up to `MOST_ELEMENTS` elements in a list; times in whole milliseconds."""
    return st.builds(cls, **{field.name: _of_field(field) for field in fields_of(cls)})


def full_messages(cls: type[M]) -> st.SearchStrategy[M]:
    """Messages of class `cls` in which everything is there: each optional field, one element in each list.

    Nothing in them is unrecognised, where a choice is open.
    """
    return st.builds(cls, **{field.name: _whole(field.kind) for field in fields_of(cls)})


def _whole(kind: Kind) -> st.SearchStrategy[Any]:
    match kind:
        case ObjectKind():
            return full_messages(kind.cls)
        case ListKind():
            return st.tuples(_whole(kind.element))
        case EnumKind():
            return st.sampled_from(list(kind.enumeration))
    return values(kind)


_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**63, 1.0, 8.1, 8.15, -0.5, 300.0, 1e300]),
    st.sampled_from(
        ["", "Accepted", "accepted", "2026-11-22T16:00:00Z", "2026-13-22T16:00:00Z", "yesterday", "x" * 600]
    ),
    st.builds(list),
    st.builds(dict),
    st.text(_CHARACTERS, max_size=60),
    st.just(["x" * 51]),
    st.just([{}]),
    st.just({"vendor": 1}),
)


def broken(cls: type) -> st.SearchStrategy[Payload]:
    """Payloads that were good ones of `cls` before something happened to one or two of their values; some still are."""
    return messages(cls).map(unstructure).flatmap(_broken_once).flatmap(lambda one: st.just(one) | _broken_once(one))


def _broken_once(payload: Payload) -> st.SearchStrategy[Payload]:
    places = list(_places(payload))
    added = st.sampled_from(["vendorField", "idtag", "idTag", "info", "status"])
    more = st.builds(lambda name, junk: {**deepcopy(payload), name: junk}, added, _JUNK)
    if not places:
        return more
    place = st.sampled_from(places)
    replaced = st.builds(lambda where, junk: changed(payload, where, put(junk)), place, _JUNK)
    removed = st.builds(lambda where: changed(payload, where, drop), place)
    return st.one_of(replaced, removed, more)


def _places(node: Any, path: Path = ()) -> Iterator[Path]:
    if not isinstance(node, dict | list):
        return
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        yield (*path, key)
        yield from _places(child, (*path, key))


def changed(payload: Payload, path: Path, change: Change) -> Payload:
    """A copy of `payload`, changed at the place `path`."""
    copy = deepcopy(payload)
    holder: Any = copy
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return copy


def put(value: Any) -> Change:
    """Put `value` there."""

    def change(holder: Any, key: Any) -> None:
        holder[key] = deepcopy(value)

    return change


def drop(holder: Any, key: Any) -> None:
    """Take away what stands there."""
    del holder[key]
