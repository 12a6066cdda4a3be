"""A record: attrs' ``frozen``, with one equality, one hash and one text for all classes.

attrs writes and compiles these three for each class anew, which is quick to call and slow to make: a station has some
two hundred classes, and they took an eighth of its start. So here they are written once, over a getter of the fields
that is made in C. Everything else is attrs': slots, ``evolve``, ``fields``, validators; and to a type checker it is
attrs' own decorator.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["frozen", "record"]

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls: type | None = None, **options: Any) -> type | Callable[[type], type]:
        """The decorator, with or without options of ``attrs.frozen``."""
        return record(cls, **options) if cls is not None else lambda cls: record(cls, **options)


def record(cls: type, **options: Any) -> type:
    """The class as a record, ``options`` being those of ``attrs.frozen``. A field may say ``eq=False``."""
    cls.__eq__, cls.__hash__, cls.__repr__ = _same, _hash, _shown  # type: ignore[assignment,method-assign]
    made: type = attrs.frozen(cls, eq=False, repr=False, **options)
    names = [field.name for field in attrs.fields(made) if field.eq]
    made.values_compared = attrgetter(*names) if names else staticmethod(_no_values)  # type: ignore[attr-defined]
    return made


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
