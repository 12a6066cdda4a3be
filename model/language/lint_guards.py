"""Lint of guards: in each state each event has one answer, not two and not none.

For every state and event the guards of its rows are decided together. They may not overlap (the semantics would
refuse the event at run time), and what they leave over has to be said: ignored, or impossible, and why. An entry
that says so where nothing is left over is as wrong as a missing one, for it claims a silence that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from math import prod

from model.language.composition import Composition
from model.language.finding import Finding
from model.language.guard import Any, Guard, Is, Not, atoms, domains, satisfying
from model.language.machine import Machine, Row, Unanswered
from model.record import frozen

MAX_CASES = 200_000
"""The most combinations of states and answers that one question to the guards may range over."""


class TooManyCasesError(ValueError):
    """The guards range over more than ``MAX_CASES`` combinations."""


def guards(composition: Composition, machine: Machine) -> Iterator[Finding]:
    """Overlaps, gaps, dead entries and contradictions."""
    for state in machine.state_names:
        for event in machine.events:
            try:
                yield from _cell(composition, Cell(machine, state, event.name))
            except TooManyCasesError as problem:
                rows = machine.rows_for(state, event.name)
                yield Finding(rows[0].place, "L020", str(problem), "split the row, or name the case as a question")
    yield from _stopped(machine)
    yield from _doubles(machine)
    yield from _never_true(composition, machine)
    yield from _never_decides(composition, machine)


@frozen
class Cell:
    """One state and one event of a machine."""

    machine: Machine
    state: str
    event: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that could fire here."""
        return self.machine.rows_for(self.state, self.event)

    @property
    def by_clock_only(self) -> bool:
        """Whether only a timer brings the event, and none that brings it runs in this state."""
        event = self.machine.event(self.event)
        runs = {state for timer in self.machine.timers if timer.event == self.event for state in timer.runs_in}
        return event is not None and event.origins == ("timer",) and self.state not in runs

    def __str__(self) -> str:
        return f"{self.event!r} in {self.state}"


def _cell(composition: Composition, cell: Cell) -> Iterator[Finding]:
    states_of = known_states(composition, cell.machine, cell.state)
    for one, other in combinations(cell.rows, 2):
        if case := example((one.when, other.when), states_of):
            problem = f"rows {one.id} ({one.place.line}) and {other.id} could both fire on {cell}{case}"
            yield Finding(other.place, "L003", problem, "make their guards exclude each other")
    left_over = example((Not(Any(tuple(row.when for row in cell.rows))),), states_of)
    answer = cell.machine.unanswered_for(cell.state, cell.event)
    if answer is None and left_over is not None and not cell.by_clock_only:
        yield _gap(cell, left_over)
    elif answer is not None and left_over is None:
        rows = ", ".join(row.id for row in cell.rows)
        problem = f"{cell} is {answer.kind}, and always answered by {rows}"
        yield Finding(answer.place, "L005", problem, f"take {cell.state} out of 'in', or {cell.event} out of 'on'")


def _gap(cell: Cell, case: str) -> Finding:
    event = next(event for event in cell.machine.events if event.name == cell.event)
    place = cell.rows[0].place if cell.rows else event.place
    rows = ", ".join(row.id for row in cell.rows)
    said = f"its rows ({rows}) leave a case open{case}" if rows else "nothing says what happens"
    remedy = f"add a row, or an [[ignored]] or [[impossible]] entry with on = {cell.event!r} and in = {cell.state!r}"
    answered = f", with the answer to {event.request}" if event.request else ""
    return Finding(place, "L004", f"{cell}: {said}", f"{remedy}{answered}")


def _stopped(machine: Machine) -> Iterator[Finding]:
    for answer in machine.unanswered:
        for event in answer.events:
            states = [state for state in answer.states if Cell(machine, state, event).by_clock_only]
            if states:
                problem = f"{event!r} in {', '.join(states)} is {answer.kind}, and no timer that brings it runs there"
                remedy = "take it out: a timer stops where it does not run, and needs no entry for it"
                yield Finding(answer.place, "L005", problem, remedy)


def _doubles(machine: Machine) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Unanswered] = {}
    for answer in machine.unanswered:
        for cell in ((state, event) for state in answer.states for event in answer.events):
            if cell in seen:
                problem = f"{cell[1]!r} in {cell[0]} is {seen[cell].kind} already at {seen[cell].place}"
                yield Finding(answer.place, "L005", problem, "say it once")
            seen.setdefault(cell, answer)


def _never_true(composition: Composition, machine: Machine) -> Iterator[Finding]:
    for row in machine.rows:
        try:
            sources = [state for state in row.sources if _possible(composition, machine, row, state)]
        except TooManyCasesError:
            continue
        for state in set(row.sources) - set(sources):
            problem = f"row {row.id}: its guard never holds in {state}: {row.when}"
            yield Finding(row.place, "L006", problem, f"correct 'when', or take {state} out of 'from'")


def _never_decides(composition: Composition, machine: Machine) -> Iterator[Finding]:
    for nth, one in enumerate(machine.preferences):
        for event in one.events:
            before = (Not(other.when) for other in machine.preferences[:nth] if event in other.events)
            try:
                if example((*before, one.when), lambda name: composition[name].state_names) is None:
                    problem = f"preference {one.id} never decides {event!r}: one above holds wherever it does"
                    yield Finding(one.place, "L024", problem, "correct 'when', put it further up, or take it out")
            except TooManyCasesError:
                continue


def _possible(composition: Composition, machine: Machine, row: Row, state: str) -> bool:
    return example((row.when,), known_states(composition, machine, state)) is not None


States = Callable[[str], tuple[str, ...]]


def known_states(composition: Composition, machine: Machine, state: str) -> States:
    """The states that each machine may be in while this one is in ``state``."""
    return lambda name: (state,) if name == machine.name else composition[name].state_names


def example(together: tuple[Guard, ...], states_of: States) -> str | None:
    """A case in which all these guards hold, as words to put behind a sentence; None where there is none."""
    kinds = _told_apart(together, states_of)
    _refuse_too_many(together, kinds)
    for case in satisfying(together, kinds):
        parts = [f"{name} == {value}" if " " not in name else f"{name}: {value}" for name, value in case.items()]
        return f", as when {', '.join(parts)}" if parts else ""
    return None


def _told_apart(together: tuple[Guard, ...], states_of: States) -> States:
    """One state of each kind that these guards distinguish: the others of its kind decide nothing else."""
    read = [atom for guard in together for atom in atoms(guard) if isinstance(atom, Is) and not atom.quantifier]

    @cache
    def kinds(name: str) -> tuple[str, ...]:
        those = [atom for atom in read if atom.machine == name]
        first: dict[tuple[bool, ...], str] = {}
        for state in states_of(name):
            first.setdefault(tuple(state in atom.states for atom in those), state)
        return tuple(first.values())

    return kinds


def _refuse_too_many(together: tuple[Guard, ...], states_of: States) -> None:
    tried = domains(together, states_of)
    cases = prod(map(len, tried.values()))
    if cases > MAX_CASES:
        raise TooManyCasesError(f"guards over {cases} combinations of {', '.join(sorted(tried))}; at most {MAX_CASES}")
