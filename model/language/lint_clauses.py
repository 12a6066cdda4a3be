"""Lint of citations: every clause that a table cites is one of the catalogue.

A citation that leads nowhere would make a row look founded that is not.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from model.language.composition import Composition
from model.language.finding import Finding
from model.language.machine import Machine
from model.language.place import Place


def unknown_clauses(composition: Composition, known: Container[str]) -> Iterator[Finding]:
    """Every citation that the catalogue does not know."""
    for place, clauses in _citations(composition):
        for clause in clauses:
            if clause not in known:
                problem = f"clause {clause!r} is not in the catalogue"
                yield Finding(place, "L016", problem, "correct the id, or add the requirement to model/requirements")


def _citations(composition: Composition) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for machine in composition.machines:
        yield from _of_machine(machine)
    for projection in composition.projections:
        yield from ((row.place, row.clauses) for row in projection.rows)


def _of_machine(machine: Machine) -> Iterator[tuple[Place, tuple[str, ...]]]:
    parts = (
        machine.states, machine.questions, machine.timers, machine.rows, machine.preferences, machine.unanswered,
        machine.unaddressed,
    )  # fmt: skip
    for part in parts:
        yield from ((one.place, one.clauses) for one in part)
