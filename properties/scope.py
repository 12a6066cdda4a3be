"""How much of the unbounded is admitted: the scopes that an exploration may have.

A scope says how many connectors, how many transactions a connector may owe at once, and how many entries the
authorization cache may hold. It may keep to a *part*:
the machines it names and everything that can influence them. What is left out neither raises an event into the
part nor is read by it, so the part behaves exactly as it does in the whole: each step of the whole is a step of
the part, or none. (A station's heartbeat cannot change what a connector does; so it need not multiply its states.)

A scope may also leave machines *still*: the world does nothing to them. That is no exact slice but a smaller world, and
what it misses has to be seen in another scope.

A scope that is bounded by ``depth`` or ``states`` says so in its report: ``complete`` is false.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from model.language.composition import Composition, Projection
from model.language.guard import Guard, Is, atoms
from model.language.machine import Action, Create, Machine, Raise


@frozen
class Scope:
    """Bounds of one exploration. ``part`` names the machines that matter; empty means all of them."""

    name: str
    connectors: int = 1
    slots: int = 1
    part: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    """Machines to which the world does nothing in this scope: what hangs on them is decided in another one."""
    depth: int | None = None
    states: int | None = None
    means: str = ""
    entries: int = 0
    cross_check: bool = False
    """Whether it is given to Spin as well."""


def part_of(composition: Composition, names: Iterable[str]) -> Composition:
    """The composition of these machines and all that can influence them; the whole where no name is given."""
    wanted = set(names)
    if not wanted:
        return composition
    if unknown := sorted(wanted - set(composition.by_name)):
        raise ValueError(f"no machine {unknown[0]!r}; known: {', '.join(composition.by_name)}")
    kept = _closed(wanted, _influences(composition))
    machines = tuple(_trimmed(machine, kept) for machine in composition.machines if machine.name in kept)
    projections = tuple(_silenced(p, kept) for p in composition.projections if _read_by(p) <= kept)
    return evolve(composition, machines=machines, projections=projections)


def left_alone(composition: Composition, still: Iterable[str]) -> Composition:
    """The composition in which no event of the world reaches these machines."""
    quiet = set(still)
    if unknown := sorted(quiet - set(composition.by_name)):
        raise ValueError(f"no machine {unknown[0]!r}; known: {', '.join(composition.by_name)}")
    machines = tuple(_quiet(m) if m.name in quiet else m for m in composition.machines)
    return evolve(composition, machines=machines)


def _quiet(machine: Machine) -> Machine:
    return evolve(machine, events=tuple(evolve(event, origins=("machine",)) for event in machine.events))


def _closed(wanted: set[str], influences: dict[str, set[str]]) -> set[str]:
    kept, fresh = set(wanted), set(wanted)
    while fresh:
        fresh = set().union(*(influences[name] for name in fresh)) - kept
        kept |= fresh
    return kept


def _influences(composition: Composition) -> dict[str, set[str]]:
    """For each machine, those that it reads and those that raise events into it."""
    found: dict[str, set[str]] = {machine.name: set() for machine in composition.machines}
    for machine in composition.machines:
        for row in machine.rows:
            found[machine.name] |= _mentioned(row.when)
            for action in row.do:
                if isinstance(action, Raise | Create):
                    found[action.machine].add(machine.name)
    for projection in composition.projections:
        if projection.raises:
            found[projection.raises.machine] |= _read_by(projection)
    return found


def _mentioned(guard: Guard) -> set[str]:
    return {atom.machine for atom in atoms(guard) if isinstance(atom, Is)}


def _read_by(projection: Projection) -> set[str]:
    return set().union(*(_mentioned(row.when) for row in projection.rows))


def _trimmed(machine: Machine, kept: set[str]) -> Machine:
    rows = tuple(evolve(row, do=tuple(a for a in row.do if _stays(a, kept))) for row in machine.rows)
    return evolve(machine, rows=rows)


def _stays(action: Action, kept: set[str]) -> bool:
    return not isinstance(action, Raise | Create) or action.machine in kept


def _silenced(projection: Projection, kept: set[str]) -> Projection:
    return projection if not projection.raises or projection.raises.machine in kept else evolve(projection, raises=None)
