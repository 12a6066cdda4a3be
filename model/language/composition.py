"""How the machines belong together: which there are, who is in reach of whom, and what is derived of them.

Scopes nest: the station has connectors and entries of the authorization cache, a connector has transactions. A row
reaches the instances of its own connector and of the station; downwards (station to connectors, connector to
transactions) it reaches all. An *instance* is a machine with the connector, and for what comes and goes the slot, that
it belongs to.

A *projection* is a value that follows from the states, such as the status that a connector reports: its rows
are tried from the top, the first whose guard holds gives the value. It is looked at after every row that
fires, so that no change on the way is lost (every change is notified, ERR-3.19-01).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from attrs import field

from model.language.conditions import Condition, Vocabulary
from model.language.guard import Guard, Is, atoms
from model.language.machine import Create, Event, Machine, Preference, Raise, Row
from model.language.place import Place
from model.language.requests import Unaddressed
from model.record import frozen

ABOVE = {"station": (), "connector": ("station",), "transaction": ("station", "connector"), "cache_entry": ("station",)}
"""For each scope those in which it nests: from an instance they are one, as its own is; every other is many."""


def of_connector(scope: str) -> bool:
    """Whether each connector has instances of that scope."""
    return scope == "connector" or "connector" in ABOVE[scope]


class Instance(NamedTuple):
    """One running copy of a machine. ``connector`` is 0 for the station's; ``slot`` distinguishes what comes and goes.

    A tuple, for it is looked up at every turn of an event: its equality and its hash are C.
    """

    machine: str
    connector: int = 0
    slot: int = 0

    def __str__(self) -> str:
        if self.slot:
            return f"{self.machine}/{self.connector}/{self.slot}"
        return f"{self.machine}/{self.connector}" if self.connector else self.machine


@frozen
class ProjectionRow:
    """The value where the guard holds and no row above did."""

    when: Guard
    value: str
    clauses: tuple[str, ...]
    reason: str
    place: Place = field(eq=False)
    said: str = ""
    """The guard as it is written, with the names of conditions."""


@frozen
class Projection:
    """A value derived from states.

    When it changes, ``operation`` names what the runtime does at once, and ``raises`` the event that follows at the
    instances of the same connector (``machine.event``); with neither it is only read.
    """

    name: str
    scope: str
    means: str
    values: tuple[str, ...]
    rows: tuple[ProjectionRow, ...]
    raises: Raise | None
    operation: str | None
    place: Place = field(eq=False)


@frozen(slots=False)
class Composition:
    """The machines in their defined order, and the projections over them."""

    machines: tuple[Machine, ...]
    projections: tuple[Projection, ...]
    title: str = ""
    source: str = ""
    conditions: tuple[Condition, ...] = ()
    """Those that every table may name."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What a guard may name besides machines and questions."""
        return Vocabulary(
            {condition.name: condition.when for condition in self.conditions},
            {p.name: tuple((row.value, row.when) for row in p.rows) for p in self.projections},
        )

    @cached_property
    def by_name(self) -> dict[str, Machine]:
        """The machines by name."""
        return {machine.name: machine for machine in self.machines}

    @cached_property
    def takers(self) -> dict[str, tuple[tuple[Machine, Event], ...]]:
        """The machines and events that carry each request of the CSMS."""
        found: dict[str, tuple[tuple[Machine, Event], ...]] = {}
        for machine in self.machines:
            for event in (event for event in machine.events if event.request):
                found[event.request] = (*found.get(event.request, ()), (machine, event))
        return found

    @cached_property
    def unaddressed(self) -> dict[str, Unaddressed]:
        """What is answered to each request where it is for no instance."""
        return {one.request: one for machine in self.machines for one in machine.unaddressed}

    def __getitem__(self, name: str) -> Machine:
        return self.by_name[name]

    def instances(self, connectors: int, slots: int, entries: int = 0) -> tuple[Instance, ...]:
        """Every instance, station first, in the order in which a broadcast reaches them.

        ``slots``: the transactions of each connector. ``entries``: those of the authorization cache.
        """
        living = {"transaction": range(1, slots + 1), "cache_entry": range(1, entries + 1)}
        return tuple(
            Instance(machine.name, connector, slot)
            for machine in self.machines
            for connector in (range(1, connectors + 1) if of_connector(machine.scope) else (0,))
            for slot in living.get(machine.scope, (0,))
        )

    def unreachable_mentions(self, machine: Machine, row: Row) -> Iterator[str]:
        """What a row mentions and cannot: an unknown machine, state or event, or one out of reach."""
        yield from self._bad_guard(machine.scope, row.when)
        for action in row.do:
            if isinstance(action, Raise | Create):
                yield from self._bad_raise(action)

    def bad_preference(self, machine: Machine, preference: Preference) -> Iterator[str]:
        """What the guard of a preference mentions and cannot."""
        yield from self._bad_guard(machine.scope, preference.when)

    def bad_projection(self, projection: Projection) -> Iterator[str]:
        """What the rows of a projection, or its event, mention and cannot."""
        for row in projection.rows:
            yield from self._bad_guard(projection.scope, row.when)
        if projection.raises:
            yield from self._bad_raise(projection.raises)

    def _bad_guard(self, scope: str, guard: Guard) -> Iterator[str]:
        for atom in atoms(guard):
            if isinstance(atom, Is):
                yield from self._bad_atom(scope, atom)

    def _bad_atom(self, scope: str, atom: Is) -> Iterator[str]:
        other = self.by_name.get(atom.machine)
        if other is None:
            yield f"unknown machine {atom.machine!r}; known: {', '.join(sorted(self.by_name))}"
            return
        for state in atom.states:
            if state not in other.state_names:
                yield f"{other.name} has no state {state!r}; it has {', '.join(other.state_names)}"
        many = other.scope not in (scope, *ABOVE[scope])
        if many and not atom.quantifier:
            yield f"{other.name} is many from here: write 'some {other.name}' or 'every {other.name}'"
        if not many and atom.quantifier:
            yield f"{other.name} is one from here: leave {atom.quantifier!r} out"

    def _bad_raise(self, action: Raise | Create) -> Iterator[str]:
        other = self.by_name.get(action.machine)
        if other is None:
            yield f"unknown machine {action.machine!r}; known: {', '.join(sorted(self.by_name))}"
        elif (event := other.event(action.event)) is None:
            yield f"{other.name} has no event {action.event!r}"
        elif "machine" not in event.origins:
            yield f"{other.name}.{event.name} is not from a machine: add it to its 'from'"


def in_reach(instance: Instance, other: Instance) -> bool:
    """Whether ``instance`` may read ``other`` and raise events in it: same connector, the station, or all below."""
    if instance.connector == other.connector:
        return not instance.slot or not other.slot or instance.slot == other.slot
    return not instance.connector or not other.connector
