"""What a field may hold, and how JSON says it.

A kind is a small value with three duties. `check` refuses what the specification does not allow, whoever built it:
it runs whenever a message is made. `reader` gives the function that turns the JSON value into the Python one (text to
datetime, number to Decimal) and `writer` the way back. A kind that needs no translation reads and writes `as_it_is`.

Kinds stand in annotations (`Annotated[str, StringKind(20)]`), so the field table of a message *is* its class, and
everything that needs the limits (validators, codec, test strategies) reads them from there: nothing is said twice.

Here are the kinds that are made of others; `scalars` has the single values.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from model.messages.errors import BadPayloadError, wrong_count, wrong_type, wrong_value
from model.record import frozen

# The JSON edge: any value may stand here. The second argument of a reader is the type that cattrs passes on.
Reader = Callable[[Any, Any], Any]
Writer = Callable[[Any], Any]
Structure = Callable[[type, Any], Any]
Unstructure = Callable[[Any], dict[str, Any]]


MOST_ELEMENTS: Final = 1_000
"""A longer list is refused unread: each element takes some ten microseconds, in which nothing else is done."""


def as_it_is(value: Any, _type: Any = None) -> Any:
    """The JSON value and the Python value are the same."""
    return value


class Kind:
    """What a field may hold."""

    def check(self, value: Any) -> None:
        """Raise `BadPayloadError` unless `value` may stand in such a field."""
        raise NotImplementedError

    def reader(self, _structure: Structure) -> Reader:
        """From the JSON value; `_structure` builds a nested record. What it gives may raise `BadPayloadError`."""
        return as_it_is

    def writer(self, _unstructure: Unstructure) -> Writer:
        """To the JSON value, for a value that was checked."""
        return as_it_is


class EnumKind(Kind):
    """One value of an enumeration; an open one also lets other texts pass, unrecognised, as plain strings.

    Open is TriggerMessage.requestedMessage alone: an unknown message there has an answer of its own (CS-7.44-03).
    """

    def __init__(self, enumeration: type[StrEnum], *, open_to_others: bool = False) -> None:
        self.enumeration = enumeration
        self.open_to_others = open_to_others
        self._members: dict[str, StrEnum] = {member.value: member for member in enumeration}

    def check(self, value: Any) -> None:
        """A member of the enumeration."""
        if not isinstance(value, str):
            raise wrong_type("a string")
        if not (isinstance(value, self.enumeration) or self.open_to_others):
            raise self._not_a_member()

    def reader(self, _structure: Structure) -> Reader:
        """Text to member."""
        return self._read

    def writer(self, _unstructure: Unstructure) -> Writer:
        """Member to text."""
        return str

    def _read(self, value: Any, _type: Any = None) -> Any:
        if not isinstance(value, str):
            raise wrong_type("a string")
        member = self._members.get(value)
        if member is None and not self.open_to_others:
            raise self._not_a_member()
        return value if member is None else member

    def _not_a_member(self) -> BadPayloadError:
        return wrong_value(f"must be one of {', '.join(self._members)}")


@frozen
class ObjectKind(Kind):
    """A nested record: another class of this package."""

    cls: type

    def check(self, value: Any) -> None:
        """An instance of the class, which has judged its own fields."""
        if not isinstance(value, self.cls):
            raise wrong_type("an object")

    def reader(self, structure: Structure) -> Reader:
        """Object to record."""
        cls = self.cls

        def read(value: Any, _type: Any = None) -> Any:
            if not isinstance(value, dict):
                raise wrong_type("an object")
            return structure(cls, value)

        return read

    def writer(self, unstructure: Unstructure) -> Writer:
        """Record to object."""
        return unstructure


@frozen
class ListKind(Kind):
    """A list, in Python a tuple, of at least `fewest` elements; one of a request has at most `MOST_ELEMENTS`."""

    element: Kind
    fewest: int = 0

    def check(self, value: Any) -> None:
        """Enough elements, each of them allowed."""
        if not isinstance(value, tuple):
            raise wrong_type("a list")
        if len(value) < self.fewest:
            raise wrong_count(f"must have at least {self.fewest} element")
        _each(self.element.check, value)

    def reader(self, structure: Structure) -> Reader:
        """List to tuple, element by element."""
        read_one = self.element.reader(structure)

        def read(value: Any, _type: Any = None) -> tuple[Any, ...]:
            if not isinstance(value, list):
                raise wrong_type("a list")
            if len(value) > MOST_ELEMENTS:
                raise wrong_count(f"must have at most {MOST_ELEMENTS} elements")
            return tuple(value) if read_one is as_it_is else tuple(_each(lambda one: read_one(one, None), value))

        return read

    def writer(self, unstructure: Unstructure) -> Writer:
        """Tuple to list, element by element."""
        write_one = self.element.writer(unstructure)
        return list if write_one is as_it_is else lambda value: [write_one(one) for one in value]


def _each(act: Callable[[Any], Any], elements: list[Any] | tuple[Any, ...]) -> list[Any]:
    """`act` on each element; a refusal names the index."""
    done: list[Any] = []
    try:
        for element in elements:
            done.append(act(element))  # noqa: PERF401 - the length of what is done is the index of what fails
    except BadPayloadError as refusal:
        raise refusal.within(f"[{len(done)}]") from None
    return done
