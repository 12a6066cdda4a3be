"""Everything that a station is, as one value: what can be reached from it, with its order and its identity.

What is left out cannot change, or is meant to: the tables, the numbers that chance has drawn, the moment of the step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import itemgetter
from random import Random
from types import FunctionType, MethodType
from typing import Any

from runtime.core.station import Station
from runtime.core.table_machine import Member
from runtime.core.undo import FixedOnceBuilt, GivenToEachStep, Undo

LEFT_OUT = (FixedOnceBuilt, GivenToEachStep, Undo, Random, type, str, int, float, bytes, FunctionType)


def image(station: Station) -> list[object]:
    """Each object is looked into once, where it is met first; what cannot change stands there itself."""
    seen: dict[int, int] = {}
    written: list[object] = []
    waiting: list[Any] = [station]
    while waiting:
        value = waiting.pop()
        held = None if isinstance(value, LEFT_OUT) else _held(value)
        if held is None:
            written.append(value)
        elif id(value) in seen:
            written.append(("again", seen[id(value)]))
        else:
            seen[id(value)] = len(seen)
            names, values = zip(*held, strict=True) if (held := list(held)) else ((), ())
            written.append((type(value).__name__, names))
            waiting.extend(values)
    return written


def _held(value: Any) -> Iterable[tuple[object, Any]] | None:
    """What it holds, with the names that it has there; None for what cannot change."""
    if isinstance(value, MethodType):
        return [(value.__name__, value.__self__)]
    if isinstance(value, Member):
        return [("state", value.state)]
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | deque | tuple):
        return enumerate(value)
    if isinstance(value, set):
        return [(each, None) for each in sorted(value, key=repr)]
    if (hasattr(value, "__dict__") and not hasattr(type(value), "__attrs_attrs__")) or type(value).__name__ in OPEN:
        return sorted(((name, each) for name, each in vars(value).items()), key=itemgetter(0))
    return None


OPEN = ("Ledger", "Window")
"""Classes of attrs that are no records."""
