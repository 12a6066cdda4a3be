"""Lint of projections: a value that follows from the states follows from every one of them.

The rows of a projection are tried from the top, so they may overlap; but one that the rows above leave nothing to is
dead, and together they have to leave nothing open.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.language.composition import Composition, Projection
from model.language.finding import Finding
from model.language.guard import Any, Ask, Guard, Not, atoms
from model.language.lint_guards import TooManyCasesError, example


def projections(composition: Composition) -> Iterator[Finding]:
    """What is wrong with the projections."""
    for projection in composition.projections:
        yield from _values(projection)
        yield from _questions(projection)
        yield from _deaf(composition, projection)
        yield from _shadowed(composition, projection)
        yield from _open(composition, projection)


def _values(projection: Projection) -> Iterator[Finding]:
    for value in sorted(set(projection.values) - {row.value for row in projection.rows}):
        problem = f"no row of projection {projection.name} gives {value!r}"
        yield Finding(projection.place, "L017", problem, "add the row, or take the value out of 'values'")


def _questions(projection: Projection) -> Iterator[Finding]:
    for row in projection.rows:
        for atom in atoms(row.when):
            if isinstance(atom, Ask):
                problem = f"projection {projection.name} asks {atom.question!r}, and follows from states alone"
                yield Finding(row.place, "L017", problem, "name a machine and its states instead")


def _deaf(composition: Composition, projection: Projection) -> Iterator[Finding]:
    raised = projection.raises
    if raised and not any(raised.event in row.events for row in composition[raised.machine].rows):
        problem = f"projection {projection.name}: {raised}, which no row of {raised.machine} answers in any state"
        yield Finding(projection.place, "L013", problem, "add the row, or correct 'raises'")


def _shadowed(composition: Composition, projection: Projection) -> Iterator[Finding]:
    above: tuple[Guard, ...] = ()
    for row in projection.rows:
        if not _leaves(composition, (*above, row.when)):
            problem = f"projection {projection.name} never gives {row.value!r} here: the rows above leave nothing to it"
            yield Finding(row.place, "L017", problem, "correct its 'when', or take the row out")
        above = (*above, Not(row.when))


def _open(composition: Composition, projection: Projection) -> Iterator[Finding]:
    nothing = Not(Any(tuple(row.when for row in projection.rows)))
    try:
        case = example((nothing,), lambda name: composition[name].state_names)
    except TooManyCasesError as problem:
        yield Finding(projection.place, "L020", str(problem), "split the projection")
        return
    if case is not None:
        problem_text = f"projection {projection.name} has no value{case}"
        yield Finding(projection.place, "L017", problem_text, "add a last row without 'when'")


def _leaves(composition: Composition, together: tuple[Guard, ...]) -> bool:
    try:
        return example(together, lambda name: composition[name].state_names) is not None
    except TooManyCasesError:
        return True
