"""A record is equal, hashed and shown as attrs' own frozen class of the same fields would be."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import evolve, field

from model.language.machine import Event
from model.language.place import Place
from model.record import frozen
from runtime.core.inputs import LinkOpened, PluggedIn, PluggedOut, PowerUp


class Named:
    """Two fields, and one that is not compared."""

    name: str
    count: int = 0
    place: str = field(default="", eq=False)


class Alone:
    """One field."""

    name: str


class Empty:
    """None."""


def _twice(plain: type) -> tuple[Any, Any]:
    """The same class made by us and by attrs."""
    body = {key: value for key, value in vars(plain).items() if key not in ("__dict__", "__weakref__")}
    return tuple(make(type(plain.__name__, (), dict(body))) for make in (frozen, attrs.frozen))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("plain", "one", "other"),
    [
        (Named, ("a", 1, "here"), ("a", 1, "there")),
        (Named, ("a", 1), ("a", 2)),
        (Named, ("a", (1,)), ("a", (1,))),
        (Alone, ("a",), ("b",)),
        (Alone, ((),), ((),)),
        (Empty, (), ()),
    ],
)
def test_equality_hash_and_text_are_those_of_attrs(plain: type, one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    ours, theirs = _twice(plain)
    equal = theirs(*one) == theirs(*other)
    assert (ours(*one) == ours(*other)) is equal
    assert (ours(*one) != ours(*other)) is not equal
    assert (len({ours(*one), ours(*other)}) == 1) is equal
    assert repr(ours(*one)) == repr(theirs(*one))


def test_records_of_two_classes_are_never_equal() -> None:
    assert len({PowerUp(), LinkOpened(), PluggedIn(1), PluggedOut(1), PluggedIn(1)}) == 4


def test_the_rest_of_a_record_is_attrs() -> None:
    event = Event("due", "the moment has come", ("timer",), Place("t.toml", 3))
    assert evolve(event, place=Place("t.toml", 4)) == event
    assert evolve(event, name="late") != event
    assert not hasattr(event, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.name = "late"  # type: ignore[misc]
