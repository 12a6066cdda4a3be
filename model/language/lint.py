"""The lint: what is suspicious about tables that can be read.

The loader refuses what makes no sense by itself; the lint judges tables as a whole and beside each other, without
running anything. It is meant to be exact: what it says is wrong is wrong, or has to be said better in the table.
The rules stand by subject in ``model/lint_*.py``, their numbers in ``model/language/finding.py``.

Where guards have to be decided, all values of the machines and questions in them are tried. A quantified atom
(``some transaction == EnergyWithheld``) counts as a question of its own, what a guard says of its own machine is known.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from model.language.composition import Composition
from model.language.finding import RULES, Finding
from model.language.lint_clauses import unknown_clauses
from model.language.lint_conditions import conditions
from model.language.lint_flow import flow
from model.language.lint_guards import guards
from model.language.lint_names import names
from model.language.lint_projections import projections
from model.language.lint_raisers import Raisers, raisers
from model.language.lint_raises import raises
from model.language.lint_requests import requests
from model.language.lint_time import time

__all__ = ["RULES", "Finding", "Raisers", "lint"]


def lint(composition: Composition, known_clauses: Container[str], known_raisers: Raisers) -> list[Finding]:
    """Every problem, in the order of the tables and their lines."""
    order = {machine.file: nth for nth, machine in enumerate(composition.machines)}
    found = {*_all(composition, known_clauses), *raisers(composition, known_raisers)}
    return sorted(found, key=lambda one: (order.get(one.place.file, -1), one.place.line, one.rule, one.problem))


def _all(composition: Composition, known_clauses: Container[str]) -> Iterator[Finding]:
    for machine in composition.machines:
        yield from names(composition, machine)
        yield from guards(composition, machine)
        yield from flow(machine)
        yield from time(machine)
        yield from raises(composition, machine)
    yield from projections(composition)
    yield from conditions(composition)
    yield from requests(composition)
    yield from unknown_clauses(composition, known_clauses)
