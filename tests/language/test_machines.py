"""The ``transitions`` machines step exactly as the tables say.

For every machine, every state, every event, and every way in which the guards of its rows can come out, the library
fires the row that ``model.language.semantics.choose`` names, and no other; a row that does not fire changes nothing.
The assignments are made from the atoms of the guards: each machine in reach in one of each kind of state that they tell
apart, each question both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from model.language.composition import Composition, Instance
from model.language.guard import Ask, Atom, Guard, Is, atoms, holds
from model.language.loader import load_composition
from model.language.machine import Machine, Row
from model.language.semantics import choose
from runtime.core.table_machine import Member, TableMachine

COMPOSITION = load_composition()
MAX_CASES = 200_000
Case = dict[str, str]


def variable(atom: Atom) -> str:
    """Plain machines are one variable each; what is quantified, and each question, is one of its own."""
    return atom.machine if isinstance(atom, Is) and not atom.quantifier else str(atom)


def true_in(case: Case, atom: Atom) -> bool:
    value = case[variable(atom)]
    if isinstance(atom, Ask) or atom.quantifier:
        return value == "yes"
    return value in atom.states


def domains(composition: Composition, rows: tuple[Row, ...]) -> dict[str, tuple[str, ...]]:
    read: dict[str, list[Atom]] = {}
    for row in rows:
        for atom in atoms(row.when):
            read.setdefault(variable(atom), []).append(atom)
    return {name: told_apart(composition, those) for name, those in read.items()}


def told_apart(composition: Composition, those: list[Atom]) -> tuple[str, ...]:
    """One state of each kind that these atoms tell apart; yes and no for a question and for what is quantified."""
    plain = [atom for atom in those if isinstance(atom, Is) and not atom.quantifier]
    if not plain:
        return ("yes", "no")
    states = composition[plain[0].machine].state_names
    return tuple({tuple(state in atom.states for atom in plain): state for state in states}.values())


def cases(composition: Composition, rows: tuple[Row, ...]) -> Iterator[Case]:
    """Every assignment of what the guards of these rows read."""
    ranges = domains(composition, rows)
    for values in product(*ranges.values()):
        yield dict(zip(ranges, values, strict=True))


def looks(machine: Machine) -> Iterator[tuple[str, str]]:
    return ((state.name, event.name) for state in machine.states for event in machine.events)


class Library:
    """The library's machine of one table, with guards that come out as the case says."""

    def __init__(self, table: Machine) -> None:
        self.table, self.case = table, Case()
        self.machine = TableMachine(table, lambda guard: lambda _at, _request: self.truth(guard))

    def truth(self, guard: Guard) -> bool:
        return holds(guard, lambda atom: true_in(self.case, atom))

    def fire(self, state: str, event: str, case: Case) -> tuple[Row | None, str]:
        self.case = case
        member = Member(Instance(self.table.name), state)
        return self.machine.fire(member, event, None), member.state

    def chosen(self, state: str, event: str, case: Case) -> tuple[Row | None, str]:
        self.case = case
        row = choose(self.table, state, event, self.truth)
        return row, row.target(state) if row else state


every_machine = pytest.mark.parametrize("table", COMPOSITION.machines, ids=lambda table: table.name)


@every_machine
@pytest.mark.exhaustive
def test_the_library_fires_the_row_that_the_table_chooses(table: Machine) -> None:
    library = Library(table)
    tried = 0
    for state, event in looks(table):
        for case in cases(COMPOSITION, table.rows_for(state, event)):
            tried += 1
            fired, chosen = library.fire(state, event, case), library.chosen(state, event, case)
            assert fired == chosen, f"{table.name} in {state} on {event} with {case}"
    assert 0 < tried < MAX_CASES


@every_machine
def test_every_row_of_the_table_can_be_fired_by_the_library(table: Machine) -> None:
    library = Library(table)
    fired = {
        row.id
        for state, event in looks(table)
        for case in cases(COMPOSITION, table.rows_for(state, event))
        if (row := library.fire(state, event, case)[0])
    }
    assert fired == {row.id for row in table.rows}
