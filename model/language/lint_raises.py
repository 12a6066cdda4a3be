"""Lint of what rows do to machines: a raise is answered, a create creates, and the line of events comes to an end.

Only what is certain is reported: a loop is reported where no row leaves it, whatever the guards answer.
Loops that depend on data are the explorer's to find, and the runtime's budget's to stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model.language.composition import Composition, of_connector
from model.language.finding import Finding
from model.language.guard import ALWAYS
from model.language.machine import DYNAMIC_SCOPES, Create, Machine, Raise, Row

Node = tuple[str, str, str]
"""A machine, its state ("" for any), an event."""


def raises(composition: Composition, machine: Machine) -> Iterator[Finding]:
    """Raises into the void, creates of what cannot be created, and loops."""
    for row in machine.rows:
        for action in row.do:
            if isinstance(action, Raise | Create):
                yield from _deaf(composition, row, action)
            if isinstance(action, Create):
                yield from _created(composition, machine, row, action)
    yield from _loops(composition, machine)


def _deaf(composition: Composition, row: Row, action: Raise | Create) -> Iterator[Finding]:
    other = composition[action.machine]
    if not any(action.event in other_row.events for other_row in other.rows):
        problem = f"row {row.id}: {action}, which no row of {other.name} answers in any state"
        yield Finding(row.place, "L013", problem, f"add the row to {other.file}, or take the raise out")


def _created(composition: Composition, machine: Machine, row: Row, action: Create) -> Iterator[Finding]:
    other = composition[action.machine]
    if other.scope not in DYNAMIC_SCOPES:
        problem = f"row {row.id}: {action}, and {other.name} of scope {other.scope!r} exists from the beginning"
        yield Finding(row.place, "L014", problem, f"raise {action.machine}.{action.event} instead")
    elif of_connector(other.scope) and not of_connector(machine.scope):
        problem = f"row {row.id}: {action} from the station, which belongs to no connector"
        yield Finding(row.place, "L014", problem, "create it in a machine of the connector")
    elif of_connector(machine.scope) and not of_connector(other.scope):
        problem = f"row {row.id}: {action} from a connector, and {other.name} belongs to the station"
        yield Finding(row.place, "L014", problem, "create it in a machine of the station")
    elif not other.rows_for(other.initial, action.event):
        problem = f"row {row.id}: {action}, which {other.initial}, its first state, does not answer"
        yield Finding(row.place, "L013", problem, f"add a row from {other.initial} to {other.file}")


def _loops(composition: Composition, machine: Machine) -> Iterator[Finding]:
    sure = {**_sure_inside(machine), **_sure_between(composition)}
    for row in machine.rows:
        for event in row.events:
            starts = [(machine.name, "", event), *((machine.name, source, event) for source in row.sources)]
            if any(_returns(sure, start) for start in starts):
                problem = f"row {row.id} on {event!r} raises what raises it again, without end"
                yield Finding(row.place, "L015", problem, "guard one of the rows, or leave the state in which it fires")


def _sure_inside(machine: Machine) -> dict[Node, tuple[Node, ...]]:
    """For a state and event with one unguarded row: the one event that it raises, in its own machine."""
    return {
        (machine.name, state, event.name): tuple(
            (machine.name, rows[0].target(state), action.event)
            for action in rows[0].do
            if isinstance(action, Raise) and action.machine == machine.name and _raises_once(rows[0])
        )
        for state in machine.state_names
        for event in machine.events
        if len(rows := machine.rows_for(state, event.name)) == 1 and rows[0].when == ALWAYS
    }


def _raises_once(row: Row) -> bool:
    return len([action for action in row.do if isinstance(action, Raise | Create)]) == 1


def _sure_between(composition: Composition) -> dict[Node, tuple[Node, ...]]:
    """For a machine and event: what its rows raise in whatever state it is."""
    return {
        (machine.name, "", event.name): tuple(
            (action.machine, "", action.event) for action in _always_raised(machine, event.name)
        )
        for machine in composition.machines
        for event in machine.events
    }


def _always_raised(machine: Machine, event: str) -> list[Raise]:
    per_state = [machine.rows_for(state, event) for state in machine.state_names]
    if any(len(rows) != 1 or rows[0].when != ALWAYS for rows in per_state):
        return []
    first = [action for action in per_state[0][0].do if isinstance(action, Raise)]
    return [action for action in first if all(action in rows[0].do for rows in per_state)]


def _returns(sure: Mapping[Node, tuple[Node, ...]], start: Node) -> bool:
    """Whether what surely follows from ``start`` comes back to it."""
    seen: set[Node] = set()
    todo = list(sure.get(start, ()))
    while todo:
        node = todo.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            todo += sure.get(node, ())
    return False
