"""Which states a machine can be in at all, within a scope: an upper bound, found without exploring.

Guards and the order of events are left out of account: whatever can be raised somewhere may come anywhere. So nothing
that is reachable is missed, and what is certainly not reachable (all but the initial state of a machine that the
scope leaves alone, most of all) takes no bits of a packed state.
"""

from __future__ import annotations

from model.language.composition import Composition
from model.language.guard import Is, atoms
from model.language.machine import Create, Machine, Raise, Row
from model.language.semantics import POWER_UP
from properties.reference import Reference, tried

Names = dict[str, set[str]]


def reachable_names(graph: Reference) -> dict[str, tuple[str, ...]]:
    """For each machine the states that it may be in, in the table's order."""
    composition = graph.composition
    reached: Names = {machine.name: {machine.initial} for machine in composition.machines}
    # A fixed point: rows only ever add states, so this ends, at the latest when every state of every machine is in.
    while _grown(composition, reached):
        pass
    return {m.name: tuple(name for name in m.state_names if name in reached[m.name]) for m in composition.machines}


def _grown(composition: Composition, reached: Names) -> bool:
    before = sum(map(len, reached.values()))
    raised = _raised(composition, reached)
    for machine in composition.machines:
        for row in machine.rows:
            if row.to is not None and _can_fire(machine, row, reached, raised):
                reached[machine.name].add(row.to)
    return sum(map(len, reached.values())) > before


def _raised(composition: Composition, reached: Names) -> set[tuple[str, str]]:
    """Machine and event: what rows that may fire, and projections that may change, raise."""
    raised: set[tuple[str, str]] = set()
    while True:
        found = {
            (action.machine, action.event)
            for machine in composition.machines
            for row in machine.rows
            if _can_fire(machine, row, reached, raised)
            for action in row.do
            if isinstance(action, Raise | Create)
        } | _projected(composition, reached)
        # What may fire with fewer events raised may fire with more, so ``found`` holds all of ``raised``: a fixed point
        # too.
        if found == raised:
            return raised
        raised = found


def _projected(composition: Composition, reached: Names) -> set[tuple[str, str]]:
    # A value changes only when one of the machines that it is about changes: one with a single state never does.
    return {
        (one.raises.machine, one.raises.event)
        for one in composition.projections
        if one.raises
        and any(len(reached[a.machine]) > 1 for row in one.rows for a in atoms(row.when) if isinstance(a, Is))
    }


def _can_fire(machine: Machine, row: Row, reached: Names, raised: set[tuple[str, str]]) -> bool:
    states = [state for state in row.sources if state in reached[machine.name]]
    return any(_comes(machine, event, states, raised) for event in row.events)


def _comes(machine: Machine, name: str, states: list[str], raised: set[tuple[str, str]]) -> bool:
    """Whether the event may come in one of these states: from the power, another machine, or the world."""
    event = machine.event(name)
    assert event is not None
    if states and (name == POWER_UP or (machine.name, name) in raised):
        return True
    return any(tried(machine, event, state) for state in states)
