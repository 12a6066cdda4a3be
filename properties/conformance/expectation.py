"""What may be expected of a message: an action, and for some of its fields a value or what the value has to satisfy.

A field is expected by its name on the wire. `one_of`, `absent` and `that` stand where a plain value is too narrow; all
of them say in words what they accept, for the report of a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from attrs import frozen

Json = dict[str, Any]

_NOTHING: Final = object()


class Wanted(Protocol):
    """What a value has to satisfy; says so as text."""

    def accepts(self, value: object) -> bool:
        """Whether this value will do; ``_NOTHING`` stands for a field that is not there."""


@frozen
class OneOf:
    """Any of these values."""

    values: tuple[object, ...]

    def accepts(self, value: object) -> bool:
        """Whether it is one of them."""
        return value in self.values

    def __str__(self) -> str:
        return " or ".join(str(value) for value in self.values)


@frozen
class Absent:
    """No such field."""

    def accepts(self, value: object) -> bool:
        """Whether nothing is there."""
        return value is _NOTHING

    def __str__(self) -> str:
        return "left out"


@frozen
class That:
    """What a sentence says, and a function decides."""

    sentence: str
    holds: Callable[[Any], bool]

    def accepts(self, value: object) -> bool:
        """Whether something is there, and it holds."""
        return value is not _NOTHING and self.holds(value)

    def __str__(self) -> str:
        return self.sentence


def one_of(*values: object) -> OneOf:
    """Any of these values; `absent()` may be among them."""
    return OneOf(tuple(_NOTHING if isinstance(value, Absent) else value for value in values))


def absent() -> Absent:
    """The field is left out."""
    return Absent()


def that(sentence: str, holds: Callable[[Any], bool]) -> That:
    """The field is there, and satisfies this; the sentence is for the report."""
    return That(sentence, holds)


@frozen
class Expectation:
    """A message of the station: its action, and what its fields have to be. An optional one may be left out."""

    action: str
    fields: Mapping[str, object]
    optional: bool = False

    def met_by(self, action: str, payload: Json) -> bool:
        """Whether this message is the one expected."""
        return action == self.action and not mismatches(self.fields, payload)

    def __str__(self) -> str:
        said = f"{self.action} {_said(self.fields)}".rstrip()
        return f"{said} (optional)" if self.optional else said


def message(action: str, **fields: object) -> Expectation:
    """One that has to come."""
    return Expectation(action, fields)


def maybe(action: str, **fields: object) -> Expectation:
    """One that may come, and need not."""
    return Expectation(action, fields, optional=True)


def mismatches(wanted: Mapping[str, object], payload: Json) -> list[str]:
    """The names of the fields that are not as wanted."""
    return [name for name, value in wanted.items() if not _accepts(value, payload.get(name, _NOTHING))]


def _accepts(wanted: object, value: object) -> bool:
    if isinstance(wanted, OneOf | Absent | That):
        return wanted.accepts(value)
    return wanted == value


def _said(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def compact(payload: Json, limit: int = 400) -> str:
    """A payload as JSON on one line, cut where it is long."""
    text = json.dumps(payload, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= limit else f"{text[:limit]}..."
