"""Lint of the way through one machine: every state can be entered, and left unless it is an end.

A machine that is not persistent may stand in a state until power comes, if the rows that enter it perform something:
an end that is announced is meant. Guards are not weighed here: whether a state is reached in the composition is what
the explorer finds out.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.language.finding import Finding
from model.language.machine import DYNAMIC_SCOPES, Machine, Perform, State


def flow(machine: Machine) -> Iterator[Finding]:
    """Unreachable states, dead ends, and final states that are none."""
    yield from _unreachable(machine)
    yield from _dead_ends(machine)
    yield from _finals(machine)


def reachable(machine: Machine) -> frozenset[str]:
    """The states that rows lead to from the initial one."""
    found, todo = {machine.initial}, [machine.initial]
    while todo:
        state = todo.pop()
        fresh = {row.target(state) for row in machine.rows if state in row.sources} - found
        found |= fresh
        todo += fresh
    return frozenset(found)


def _unreachable(machine: Machine) -> Iterator[Finding]:
    reached = reachable(machine)
    for state in machine.states:
        if state.name not in reached:
            problem = f"no row leads from {machine.initial} to {state.name}"
            yield Finding(state.place, "L007", problem, "add the row that enters it, or take the state out")


def _dead_ends(machine: Machine) -> Iterator[Finding]:
    if len(machine.states) == 1 and machine.rows:
        return
    left = {source for row in machine.rows for source in row.sources if row.target(source) != source}
    for state in machine.states:
        if state.name not in left and not state.final and not _until_power(machine, state):
            problem = f"no row leaves {state.name}"
            remedy = "add the row that leaves it, or declare it final, or perform an operation where it is entered"
            yield Finding(state.place, "L008", problem, remedy)


def _until_power(machine: Machine, state: State) -> bool:
    """Whether the state is an end until power comes: not persistent, and announced by each row that enters it."""
    entering = [row for row in machine.rows if row.to == state.name]
    announced = all(any(isinstance(action, Perform) for action in row.do) for row in entering)
    return not machine.persistent and bool(entering) and announced


def _finals(machine: Machine) -> Iterator[Finding]:
    for state in machine.states:
        if not state.final:
            continue
        for row in (row for row in machine.rows if state.name in row.sources):
            problem = f"row {row.id} begins in {state.name}, in which the instance ceases to be"
            yield Finding(row.place, "L009", problem, f"take {state.name} out of 'from', or its 'final' away")
        if machine.scope not in DYNAMIC_SCOPES:
            problem = f"{state.name} is final, and a machine of scope {machine.scope!r} never ceases to be"
            yield Finding(state.place, "L009", problem, "only what comes and goes ends: take 'final' away")
