"""How a step that raises is undone: everything that it changed in memory becomes again what it was.

The station is made of *parts*, the objects that are reached from it and hold attributes (blocks, context, engine,
ledger), and of the dicts, lists, sets and deques that these hold. When it has been built, ``adopt`` walks over all of
it, once: a part gets a class that notes what an attribute was before it is set, and each dict and its like is exchanged
for a *container* that copies itself before its first change in a step; for the rest of the step its class is one
whose changes are those of dict and its like, in C. So a step pays for what it changes, once, and for nothing else, and
no block has to remember anything: one that is added later is found like the others, and one that holds something whose
changes could not be undone makes a station that does not start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache, wraps
from random import Random
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, NoneType
from typing import Any, Final, TypeVar, cast

import attrs

C = TypeVar("C")
K = TypeVar("K")
T = TypeVar("T")


WRITTEN_IN_PYTHON: Final = 1 << 9
"""Py_TPFLAGS_HEAPTYPE."""


class EscapesUndoError(TypeError):
    """A part holds something whose changes cannot be undone; the message names it, and says what would do."""

    remedy = "hold a plain dict, list, set or deque, a frozen record, or an object with a __dict__"


class FixedOnceBuilt:
    """Of this class is what never changes once the station is built; nothing of it is undone."""

    __slots__ = ()


class NotedByItsWriter:
    """Of this class is what one writer changes, who calls ``Undo.note`` before each change."""

    __slots__ = ()


class GivenToEachStep:
    """Of this class is what a step gets before it does anything: there is nothing to undo."""

    __slots__ = ()


class OfOneStep(list[T]):
    """What one step gathers. It is empty when a step begins, and whoever ends a step, or undoes it, empties it."""

    __slots__ = ()


class OfOneStepByKey(dict[K, T]):
    """The same, of which a step may replace what it has gathered before."""

    __slots__ = ()


UNCHANGING: Final = (
    NoneType, bool, int, float, str, bytes, Decimal, date, timedelta, Enum, type, frozenset,
    FunctionType, BuiltinFunctionType, FixedOnceBuilt, NotedByItsWriter, GivenToEachStep,
    OfOneStep, OfOneStepByKey, Random,
)  # fmt: skip
"""What is as it is. Numbers once drawn stay drawn: an id of a message is used once, by a step that was undone too."""


UNDO: Final = "_undo_of_station"
"""The attribute by which a part knows who notes what it was."""


class Undo:
    """What one station was when its step began."""

    def __init__(self) -> None:
        self._parts: dict[int, Any] = {}
        self._open: list[Any] = []
        self._changed: list[tuple[Callable[[Any], object], Any]] = []

    def begin(self) -> None:
        """A step begins; what was changed before stays."""
        for container in self._open:
            container.__class__ = container.closed
        self._open.clear()
        self._changed.clear()

    def opens(self, container: Any) -> None:
        """It changes without a word until the next step begins: what it was is noted, or it was not there."""
        self._open.append(container)

    def saves(self, container: Any, was: Any) -> None:
        """What it was is noted, and it opens."""
        self._changed.append((container.put_back, was))
        self._open.append(container)

    def note(self, put_back: Callable[[Any], object], was: Any) -> None:
        """Something is about to change: calling ``put_back`` with what it was undoes that."""
        self._changed.append((put_back, was))

    def undo(self) -> None:
        """Everything is as it was when the step began."""
        for put_back, was in reversed(self._changed):
            put_back(was)
        self.begin()

    # ---- what there is to undo ---------------------------------------------------------------------------

    def kept(self, container: C) -> C:
        """A container that is made later, exchanged for one whose changes are undone."""
        return cast(C, CONTAINERS[type(container)](self, container))

    def adopt(self, root: object) -> None:
        """Find the parts of a station, and exchange their containers. Raises EscapesUndoError."""
        _Adoption(self, self._parts).value(root, type(root).__name__)

    def check(self, root: object) -> None:
        """Raises EscapesUndoError where something can be reached by now whose changes would not be undone."""
        parts: dict[int, Any] = {}
        _Check(self, parts).value(root, type(root).__name__)
        if strangers := [part for key, part in parts.items() if key not in self._parts]:
            raise EscapesUndoError(f"{strangers[0]!r} is a part that was not there when the station was built")


def _set(self: Any, name: str, value: object) -> None:
    """An attribute of a part is set."""
    attributes = self.__dict__
    if name in attributes:
        attributes[UNDO].note(attributes.update, {name: attributes[name]})
    else:
        attributes[UNDO].note(attributes.pop, name)
    attributes[name] = value


def _delete(self: Any, name: str) -> None:
    """An attribute of a part is deleted."""
    attributes = self.__dict__
    attributes[UNDO].note(attributes.update, {name: attributes[name]})
    del attributes[name]


@cache
def _noting(kind: type) -> type:
    """The class of a part, and what its attributes were is noted before they change."""
    body = {"__setattr__": _set, "__delattr__": _delete, "__slots__": (), "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), {**body, "__module__": kind.__module__})


class Container:
    """A dict, list, set or deque that copies itself before its first change in a step."""

    __slots__ = ()


def _saving(change: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(change)
    def changed(self: Any, *given: Any, **named: Any) -> Any:
        self.undo.saves(self, self.contents())
        self.__class__ = self.open
        return change(self, *given, **named)

    return changed


def _contents(self: Any) -> tuple[Any, ...]:
    return tuple(self)


def _container(kind: Any, refill: str, *changes: str) -> type:
    """A class of containers like ``kind``; ``refill`` and ``changes`` are its methods that change something.

    What is made is open, for before this step it was not there: the class whose changes are those of ``kind``. Below
    it is the one that a step begins with.
    """
    begin, clear, put_in = kind.__init__, kind.clear, getattr(kind, refill)

    def init(self: Any, undo: Undo, given: Iterable[Any] = ()) -> None:
        begin(self, given)
        self.undo = undo
        undo.opens(self)

    def put_back(self: Any, was: Any) -> None:
        clear(self)
        put_in(self, was)

    body = {"__slots__": ("undo",), "__init__": init, "put_back": put_back}
    body["contents"] = dict.copy if kind is dict else _contents
    name = f"Undo{kind.__name__.capitalize()}"
    opened: Any = type(name, (Container, kind), body)
    saving = {change: _saving(getattr(kind, change)) for change in (refill, *changes)}
    opened.open, opened.closed = opened, type(name, (opened,), {**saving, "__slots__": ()})
    return cast(type, opened)


CHANGES: Final[dict[type, tuple[str, ...]]] = {
    dict: ("update", "__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault"),
    list: (
        "extend", "__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "insert", "pop", "remove",
        "reverse", "sort",
    ),
    set: (
        "update", "__iand__", "__ior__", "__isub__", "__ixor__", "add", "clear", "difference_update", "discard",
        "intersection_update", "pop", "remove", "symmetric_difference_update",
    ),
    deque: (
        "extend", "__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "appendleft", "clear", "extendleft",
        "insert", "pop", "popleft", "remove", "reverse", "rotate",
    ),
}  # fmt: skip
"""Of each kind of container, the methods that change it; the first fills it again."""

CONTAINERS: Final = {kind: _container(kind, *changes) for kind, changes in CHANGES.items()}


class _Check:
    """A walk over everything that a station is made of."""

    def __init__(self, undo: Undo, parts: dict[int, Any]) -> None:
        self.undo, self.parts = undo, parts

    def value(self, value: Any, where: str) -> Any:
        """What stands there, or what is to stand there from now on."""
        if isinstance(value, (*UNCHANGING, Undo)) or _is_frozen(value):
            return value
        if isinstance(value, tuple):
            self._items(value, where)
        elif isinstance(value, Container | MappingProxyType):
            self._items(value.values() if isinstance(value, dict | MappingProxyType) else cast(Any, value), where)
        elif isinstance(value, MethodType):
            self.value(value.__self__, where)
        elif type(value) in CONTAINERS:
            return self.plain(value, where)
        else:
            self._part(value, where)
        return value

    def plain(self, value: Any, where: str) -> Any:
        """A container that copies nothing."""
        raise EscapesUndoError(f"{where} is a plain {type(value).__name__}; exchange it with Undo.kept")

    def _items(self, values: Iterable[Any], where: str) -> None:
        for each in values:
            self.value(each, f"an item of {where}")

    def _part(self, part: Any, where: str) -> None:
        if not _is_open(type(part)):
            raise EscapesUndoError(f"{where} is a {type(part).__qualname__}; {EscapesUndoError.remedy}")
        if id(part) not in self.parts:
            self.parts[id(part)] = part
            self.attributes(part)

    def attributes(self, part: Any) -> None:
        """What a part holds."""
        for name, value in part.__dict__.items():
            self.value(value, f"{type(part).__name__}.{name}")


class _Adoption(_Check):
    """The walk that exchanges containers, each once, whichever object holds it."""

    def __init__(self, undo: Undo, parts: dict[int, Any]) -> None:
        super().__init__(undo, parts)
        self.exchanged: dict[int, tuple[Any, Any]] = {}

    def attributes(self, part: Any) -> None:
        """They hold containers from now on, and are noted."""
        for name, value in list(part.__dict__.items()):
            part.__dict__[name] = self.value(value, f"{type(part).__name__}.{name}")
        part.__dict__[UNDO] = self.undo
        part.__class__ = _noting(cast(Any, type(part)))

    def plain(self, value: Any, where: str) -> Any:
        """It is exchanged, with what it holds."""
        if id(value) not in self.exchanged:
            inside, item = f"an item of {where}", self.value
            held = (
                {key: item(each, inside) for key, each in value.items()}
                if isinstance(value, dict)
                else [item(each, inside) for each in value]
            )
            self.exchanged[id(value)] = value, CONTAINERS[type(value)](self.undo, held)
        return self.exchanged[id(value)][1]


def _is_open(kind: type) -> bool:
    """Whether all that an object of the class holds are attributes that can be noted: none in slots, none in C."""
    own = kind.__mro__[:-1]
    return all(each.__flags__ & WRITTEN_IN_PYTHON and not each.__dict__.get("__slots__") for each in own)


def _is_frozen(value: Any) -> bool:
    """Whether it is a record of attrs that refuses to be changed."""
    return attrs.has(type(value)) and type(value).__setattr__.__name__ == "_frozen_setattrs"
