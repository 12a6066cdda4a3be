"""Reads ``properties.toml``, and those of blocks: what must hold, and the scopes in which it is decided.

A formula is written in the guard language of the tables, so that both engines can decide it. It may also name a
projection (``offer == Withheld``), which is spelled out here into the guards of its rows. A name that no table
knows is refused with the property's name and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import overload

from attrs import field, fields, frozen

from model.language.composition import Composition
from model.language.guard import Ask, Guard, GuardError, Is, atoms, parse_guard
from model.language.machine import SCOPES, Perform, Row
from model.language.place import Place
from model.language.table_source import Raw, Source, TableError, blocks, flag, one_of, text, texts
from properties.explorer.watch import POWER_CUT, Watch
from properties.scope import Scope

FILE = Path(__file__).parent / "properties.toml"
KINDS = ("always", "single", "reachable", "recoverable", "leads_to")


@frozen
class Property:
    """Something that must hold."""

    name: str
    says: str
    clauses: tuple[str, ...]
    kind: str
    scope: str
    formula: Guard
    begins: Guard | None = None
    """For ``leads_to``: where the promise begins."""
    doing: frozenset[tuple[str, str]] = frozenset()
    after: frozenset[str] = frozenset()
    assumes: tuple[str, ...] = ()
    slots: int = 1
    """The transactions that a scope has to admit before it can decide this."""
    place: Place = field(default=Place("", 0), eq=False)

    @property
    def watch(self) -> Watch:
        """The formula as the explorer holds it against states."""
        return Watch(self.name, self.scope, self.formula, self.doing, self.after, self.kind == "single")

    @property
    def machines(self) -> frozenset[str]:
        """The machines that it reads."""
        guards = (self.formula, *((self.begins,) if self.begins else ()))
        read = {atom.machine for guard in guards for atom in atoms(guard) if isinstance(atom, Is)}
        named = {name.partition(".")[0] for name in (*self.after, *self.assumes) if name != POWER_CUT}
        return frozenset(read | named | {machine for machine, _ in self.doing})


@frozen
class Registry:
    """All properties, and the scopes."""

    scopes: tuple[Scope, ...]
    properties: tuple[Property, ...]


def load_registry(composition: Composition, *paths: Path) -> Registry:
    """Read these files, or the project's own. Raises TableError."""
    read = [_read(composition, path) for path in paths or (FILE,)]
    scopes = tuple(scope for one in read for scope in one.scopes)
    return Registry(scopes, tuple(one for registry in read for one in registry.properties))


def _read(composition: Composition, path: Path) -> Registry:
    source = Source.read(path)
    raw = source.checked(source.raw, {"scope", "property"}, "properties")
    scopes = tuple(_scope(source, nth, body) for nth, body in enumerate(blocks(raw, "scope", source.top)))
    reader = _Reader(source, composition)
    properties = (reader.read(nth, body) for nth, body in enumerate(blocks(raw, "property", source.top)))
    return Registry(scopes, tuple(properties))


def _scope(source: Source, nth: int, body: Raw) -> Scope:
    place = source.place("scope", nth)
    source.checked(body, {attribute.name for attribute in fields(Scope)}, "scope", place)
    return Scope(
        name=text(body, "name", place), means=text(body, "means", place),
        connectors=_number(body, "connectors", 1, place), slots=_number(body, "slots", 1, place),
        entries=_number(body, "entries", 0, place), part=texts(body, "part", place),
        still=texts(body, "still", place), depth=_number(body, "depth", None, place),
        states=_number(body, "states", None, place), cross_check=flag(body, "cross_check", place),
    )  # fmt: skip


@overload
def _number(body: Raw, key: str, default: int, place: Place) -> int: ...
@overload
def _number(body: Raw, key: str, default: None, place: Place) -> int | None: ...
def _number(body: Raw, key: str, default: int | None, place: Place) -> int | None:
    if key not in body:
        return default
    value = body[key]
    if not isinstance(value, int) or value < 1:
        raise TableError(place, f"{key!r} has to be a number from 1 on")
    return value


class _Reader:
    """Reads one property after the other against one composition."""

    known = frozenset(
        {"name", "says", "clauses", "kind", "scope", "formula", "from", "doing", "after", "assumes", "slots"}
    )

    def __init__(self, source: Source, composition: Composition) -> None:
        self.source, self.composition = source, composition

    def read(self, nth: int, body: Raw) -> Property:
        """One property. Raises TableError."""
        place = self.source.place("property", nth)
        self.source.checked(body, set(self.known), "property", place)
        kind, scope = one_of(body, "kind", KINDS, place), one_of(body, "scope", SCOPES, place)
        if (kind == "leads_to") != ("from" in body):
            raise TableError(place, "'from' belongs to leads_to, and only there")
        begins = self._guard(text(body, "from", place), scope, place) if "from" in body else None
        return Property(
            name=text(body, "name", place), says=text(body, "says", place), clauses=texts(body, "clauses", place),
            kind=kind, scope=scope, formula=self._guard(text(body, "formula", place), scope, place), begins=begins,
            doing=frozenset(one for moment in texts(body, "doing", place) for one in self._moments(moment, place)),
            after=frozenset(self._event(name, place) for name in texts(body, "after", place)),
            assumes=tuple(self._event(name, place) for name in texts(body, "assumes", place)),
            slots=_number(body, "slots", 1, place), place=place,
        )  # fmt: skip

    def _guard(self, words: str, scope: str, place: Place) -> Guard:
        try:
            guard = self.composition.vocabulary.spelled_out(parse_guard(words))
        except GuardError as problem:
            raise TableError(place, str(problem)) from problem
        if any(isinstance(atom, Ask) for atom in atoms(guard)):
            raise TableError(place, "a formula cannot ask a question: states have no data")
        somewhere = next(m for m in self.composition.machines if m.scope == scope)
        for problem_ in self.composition.unreachable_mentions(somewhere, Row("formula", (), (), guard)):
            raise TableError(place, problem_)
        return guard

    def _moments(self, moment: str, place: Place) -> Iterator[tuple[str, str]]:
        """An operation, with every value that rows give it where the text names none."""
        name, _, operation = moment.partition(": ")
        machine = self.composition.by_name.get(name)
        rows = machine.rows if machine else ()
        done = [action for row in rows for action in row.do if isinstance(action, Perform)]
        meant = sorted({str(action) for action in done if operation in (action.operation, str(action))})
        if not meant:
            raise TableError(place, f"no row of machine {name!r} does {operation!r}: write 'machine: operation'")
        yield from ((name, one) for one in meant)

    def _event(self, name: str, place: Place) -> str:
        owner, _, event = name.partition(".")
        machine = self.composition.by_name.get(owner)
        if name != POWER_CUT and (machine is None or machine.event(event) is None):
            raise TableError(place, f"no event {name!r}: write 'machine.event', or '{POWER_CUT}'")
        return name


def decidable(what: Property, scope: Scope, composition: Composition) -> bool:
    """Whether this scope, with its part of the composition, has all that the property reads.

    What can be reached is not asked where a machine that it reads is left still.
    """
    held_up = what.kind == "reachable" and what.machines & set(scope.still)
    return what.machines <= set(composition.by_name) and what.slots <= scope.slots and not held_up
