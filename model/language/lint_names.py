"""Lint of names: what is declared is used, and what should come from a row comes from one.

The loader refuses the opposite, a name that is used and not declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.language.announcements import listeners
from model.language.composition import Composition
from model.language.finding import Finding
from model.language.guard import Ask, atoms
from model.language.machine import Create, Event, Machine, Operation, Perform, Preference, Raise, Row


def names(composition: Composition, machine: Machine) -> Iterator[Finding]:
    """Questions never asked, operations never performed, events that do nothing or come from nowhere."""
    yield from _questions(machine)
    yield from _operations(machine)
    yield from _events(machine)
    yield from _never_raised(composition, machine)
    yield from _unheard(composition, machine)


def raised(composition: Composition) -> set[tuple[str, str]]:
    """Every (machine, event) that some row or projection raises, or with which a row creates."""
    by_projections = {(it.machine, it.event) for projection in composition.projections if (it := projection.raises)}
    return by_projections | {
        (action.machine, action.event)
        for machine in composition.machines
        for row in machine.rows
        for action in row.do
        if isinstance(action, Raise | Create)
    }


def _questions(machine: Machine) -> Iterator[Finding]:
    asking: tuple[Row | Preference, ...] = (*machine.rows, *machine.preferences)
    asked = {atom.question for row in asking for atom in atoms(row.when) if isinstance(atom, Ask)}
    for question in machine.questions:
        if question.name not in asked:
            problem = f"no guard asks {question.name!r}"
            yield Finding(question.place, "L001", problem, "ask it in a row's 'when', or take it out")


def _operations(machine: Machine) -> Iterator[Finding]:
    performed = {(act.operation, act.value) for row in machine.rows for act in row.do if isinstance(act, Perform)}
    for operation in machine.operations:
        for missing in _unused(operation, performed):
            remedy = "name it in a row's 'do', or take it out"
            yield Finding(operation.place, "L001", f"no row performs {missing!r}", remedy)


def _unused(operation: Operation, performed: set[tuple[str, str | None]]) -> Iterator[str]:
    for value in operation.values or (None,):
        if (operation.name, value) not in performed:
            yield operation.name if value is None else f"{operation.name} {value}"


def _events(machine: Machine) -> Iterator[Finding]:
    answered = {event for row in machine.rows for event in row.events}
    for event in machine.events:
        if event.name not in answered:
            problem = f"no row is on event {event.name!r}, in any state"
            yield Finding(event.place, "L001", problem, "add a row for it, or take the event and its entries out")


def _never_raised(composition: Composition, machine: Machine) -> Iterator[Finding]:
    known = raised(composition)
    for event in machine.events:
        if "machine" in event.origins and (machine.name, event.name) not in known:
            problem = f"event {event.name!r} is from a machine, and no row raises {machine.name}.{event.name}"
            if event.announcers:
                problem = f"event {event.name!r} is from {_either(event.announcers)}, and no row there announces it"
            yield Finding(event.place, "L002", problem, _remedy(machine, event))


def _unheard(composition: Composition, machine: Machine) -> Iterator[Finding]:
    for row in machine.rows:
        for event in row.announces:
            if not any(listeners(machine.name, event, composition.machines)):
                problem = f"row {row.id} announces {event!r}, and no machine listens"
                remedy = f"say from = {machine.name!r} at an event {event!r} of the one that cares, or take it out"
                yield Finding(row.place, "L013", problem, remedy)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _remedy(machine: Machine, event: Event) -> str:
    if event.announcers:
        return f"announce {event.name} in a row of {_either(event.announcers)}, or say in 'from' who else brings it"
    if event.external:
        return f"raise {machine.name}.{event.name} in a row, or take 'machine' out of its 'from'"
    return f"raise {machine.name}.{event.name} in a row, say in 'from' who else brings it, or take it out"
