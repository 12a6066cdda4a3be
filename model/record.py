"""A record: attrs' ``frozen``, with one equality, one hash and one text for all classes.

attrs writes and compiles these three for each class anew, which is quick to call and slow to make: a station has some
two hundred classes, and they took an eighth of its start. So here they are written once, over a getter of the fields
that is made in C. Everything else is attrs': slots, ``evolve``, ``fields``, validators; and to a type checker it is
attrs' own decorator.

A class that a start names and may not need is ``late``: it is finished when the first of it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["finish", "frozen", "is_late", "late", "put_off", "record"]

if TYPE_CHECKING:
    from attrs import frozen
    from attrs import frozen as late
else:

    def frozen(cls: type | None = None, **options: Any) -> type | Callable[[type], type]:
        """The decorator, with or without options of ``attrs.frozen``."""
        return record(cls, **options) if cls is not None else lambda cls: record(cls, **options)

    def late(cls: type) -> type:
        """The decorator; what asks for fields of the class, cattrs for one, has to ``finish`` it before."""
        return put_off(cls)


def record(cls: type, **options: Any) -> type:
    """The class as a record, ``options`` being those of ``attrs.frozen``. A field may say ``eq=False``."""
    cls.__eq__, cls.__hash__, cls.__repr__ = _same, _hash, _shown  # type: ignore[assignment,method-assign]
    made: type = attrs.frozen(cls, eq=False, repr=False, **options)
    names = [field.name for field in attrs.fields(made) if field.eq]
    made.values_compared = attrgetter(*names) if names else staticmethod(_no_values)  # type: ignore[attr-defined]
    return made


_LATE: dict[type, dict[str, Any]] = {}


def put_off(cls: type, **options: Any) -> type:
    """The class, to become a record when the first of it is made."""
    _LATE[cls] = options
    cls.__init__ = _first  # type: ignore[misc]
    return cls


def is_late(cls: Any) -> bool:
    """Whether the class is to become a record, and is none yet."""
    return cls in _LATE


def finish(cls: type) -> None:
    """Make of the class what it is to be: in place, so without slots, for others hold it by now."""
    options = _LATE.pop(cls, None)
    if options is not None:
        del cls.__init__  # type: ignore[misc]
        record(cls, slots=False, **options)


def _first(self: Any, *values: Any, **named: Any) -> None:
    """`__init__` of the first of its class."""
    finish(self.__class__)
    self.__init__(*values, **named)


def _no_values(_record: object) -> tuple[()]:
    return ()


def _same(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = self.values_compared
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, self.values_compared(self)))


def _shown(self: Any) -> str:
    said = (f"{field.name}={getattr(self, field.name)!r}" for field in attrs.fields(self.__class__) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(said)})"
