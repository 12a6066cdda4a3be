"""Reads ``properties.toml``: what must hold, and the scopes in which it is decided.

A formula is written in the guard language of the tables, so that both engines can decide it. It may also name a
projection (``offer == Withheld``), which is spelled out here into the guards of its rows. A name that no table
knows is refused with the property's name and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any as Anything

from attrs import evolve, field, frozen

from model.composition import Composition, Projection
from model.guard import All, Any, Ask, Guard, GuardError, Is, Not, atoms, parse_guard
from model.machine import Perform, Place, Row
from model.table_source import Source, TableError
from properties.explorer.watch import POWER_CUT, Watch
from properties.scope import Scope

FILE = Path(__file__).parent / "properties.toml"
KINDS = ("always", "single", "reachable", "recoverable", "leads_to")

Raw = Mapping[str, Anything]


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
        """The machines of which it speaks."""
        guards = (self.formula, *((self.begins,) if self.begins else ()))
        read = {atom.machine for guard in guards for atom in atoms(guard) if isinstance(atom, Is)}
        named = {name.partition(".")[0] for name in (*self.after, *self.assumes) if name != POWER_CUT}
        return frozenset(read | named | {machine for machine, _ in self.doing})


@frozen
class Registry:
    """All properties, and the scopes."""

    scopes: tuple[Scope, ...]
    properties: tuple[Property, ...]


def load_registry(composition: Composition, path: Path = FILE) -> Registry:
    """Read the file. Raises TableError."""
    source = Source.read(path)
    raw = source.checked(source.raw, {"scope", "property"}, "properties")
    scopes = tuple(_scope(source, nth, body) for nth, body in enumerate(raw["scope"]))
    reader = _Reader(source, composition)
    return Registry(scopes, tuple(reader.read(nth, body) for nth, body in enumerate(raw["property"])))


def _scope(source: Source, nth: int, body: Raw) -> Scope:
    place = source.place("scope", nth)
    source.checked(
        body, {"name", "means", "connectors", "slots", "part", "depth", "states", "cross_check"}, "scope", place
    )
    bounds = {key: body[key] for key in ("depth", "states", "cross_check") if key in body}
    return Scope(
        body["name"], body["connectors"], body["slots"], tuple(body.get("part", ())), means=body["means"], **bounds
    )


class _Reader:
    """Reads one property after the other against one composition."""

    known = frozenset(
        {"name", "says", "clauses", "kind", "scope", "formula", "from", "doing", "after", "assumes", "slots"}
    )

    def __init__(self, source: Source, composition: Composition) -> None:
        self.source, self.composition = source, composition

    def read(self, nth: int, body: Raw) -> Property:
        place = self.source.place("property", nth)
        self.source.checked(body, set(self.known), "property", place)
        if body["kind"] not in KINDS:
            raise TableError(place, f"kind {body['kind']!r}; one of {', '.join(KINDS)}")
        if (body["kind"] == "leads_to") != ("from" in body):
            raise TableError(place, "'from' belongs to leads_to, and only there")
        begins = self._guard(body["from"], body["scope"], place) if "from" in body else None
        return Property(
            name=body["name"], says=body["says"], clauses=tuple(body["clauses"]), kind=body["kind"],
            scope=body["scope"], formula=self._guard(body["formula"], body["scope"], place), begins=begins,
            doing=frozenset(moment for text in body.get("doing", ()) for moment in self._moments(text, place)),
            after=frozenset(self._event(text, place) for text in body.get("after", ())),
            assumes=tuple(self._event(text, place) for text in body.get("assumes", ())),
            slots=body.get("slots", 1), place=place,
        )  # fmt: skip

    def _guard(self, text: str, scope: str, place: Place) -> Guard:
        try:
            guard = spelled_out(self.composition, parse_guard(text))
        except GuardError as problem:
            raise TableError(place, str(problem)) from problem
        if any(isinstance(atom, Ask) for atom in atoms(guard)):
            raise TableError(place, "a formula cannot ask a question: states have no data")
        somewhere = next(m for m in self.composition.machines if m.scope == scope)
        for problem_ in self.composition.unreachable_mentions(somewhere, Row("formula", (), (), guard)):
            raise TableError(place, problem_)
        return guard

    def _moments(self, text: str, place: Place) -> Iterator[tuple[str, str]]:
        """An operation, with every value that rows give it where the text names none."""
        name, _, operation = text.partition(": ")
        machine = self.composition.by_name.get(name)
        rows = machine.rows if machine else ()
        done = [action for row in rows for action in row.do if isinstance(action, Perform)]
        meant = sorted({str(action) for action in done if operation in (action.operation, str(action))})
        if not meant:
            raise TableError(place, f"no row of machine {name!r} does {operation!r}: write 'machine: operation'")
        yield from ((name, one) for one in meant)

    def _event(self, text: str, place: Place) -> str:
        name, _, event = text.partition(".")
        machine = self.composition.by_name.get(name)
        if text != POWER_CUT and (machine is None or machine.event(event) is None):
            raise TableError(place, f"no event {text!r}: write 'machine.event', or '{POWER_CUT}'")
        return text


def spelled_out(composition: Composition, guard: Guard) -> Guard:
    """The guard with each projection that it names replaced by what its rows say."""
    projections = {projection.name: projection for projection in composition.projections}
    match guard:
        case All(parts):
            return All(tuple(spelled_out(composition, part) for part in parts))
        case Any(parts):
            return Any(tuple(spelled_out(composition, part) for part in parts))
        case Not(inner):
            return Not(spelled_out(composition, inner))
        case Is(name, values, "") if name in projections:
            return _value_in(projections[name], values)
        case _:
            return guard


def _value_in(projection: Projection, values: tuple[str, ...]) -> Guard:
    if unknown := sorted(set(values) - set(projection.values)):
        raise GuardError(f"{projection.name} is never {unknown[0]!r}; it has {', '.join(projection.values)}")
    ways = []
    for nth, row in enumerate(projection.rows):
        if row.value in values:
            ways.append(All((*(Not(before.when) for before in projection.rows[:nth]), row.when)))
    return Any(tuple(ways))


def decidable(what: Property, scope: Scope, composition: Composition) -> bool:
    """Whether this scope, with its part of the composition, has all that the property speaks of."""
    return what.machines <= set(composition.by_name) and what.slots <= scope.slots


def with_bounds(scope: Scope, depth: int | None) -> Scope:
    """The scope with another depth."""
    return evolve(scope, depth=depth)
