"""Guards as functions: the language of ``model/language/guard.py``, each atom bound once to its members.

``model.language.semantics.truth`` says what a guard means by walking its tree, and stays the reference that these are
compared with; an event asks some fifty guards, so the walk is done here once for each guard, when the station is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Request

from model.language.composition import Instance
from model.language.guard import All, Any, Ask, Guard, Is, Not
from runtime.core.population import Population
from runtime.core.table_machine import Member, Predicate

Asked = Callable[[str], Predicate]
"""The function that answers a question, by its name."""


def compile_guard(guard: Guard, population: Population, question: Asked) -> Predicate:
    """The function that decides whether ``guard`` holds; asks no more than it needs, from left to right."""
    match guard:
        case All(parts):
            return _all(tuple(compile_guard(part, population, question) for part in parts))
        case Any(parts):
            return _any(tuple(compile_guard(part, population, question) for part in parts))
        case Not(inner):
            test = compile_guard(inner, population, question)
            return lambda at, request: not test(at, request)
        case Ask(name):
            return question(name)
        case Is():
            return _is(guard, population)


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    def test(at: Instance, request: Request) -> bool:
        for one in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if not one(at, request):
                return False
        return True

    return test


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    def test(at: Instance, request: Request) -> bool:
        for one in tests:  # noqa: SIM110 - see above
            if one(at, request):
                return True
        return False

    return test


def _is(atom: Is, population: Population) -> Predicate:
    """Station: the one member. Connector, seen from there: the one of that connector. Else all in reach."""
    fixed = population.fixed(atom.machine)
    many = _is_among(atom, population)
    if fixed is None:
        return many
    if 0 in fixed:
        return _is_one(fixed[0], atom.states)

    def test(at: Instance, request: Request) -> bool:
        return fixed[at.connector].state in atom.states if at.connector else many(at, request)

    return test


def _is_one(member: Member, states: tuple[str, ...]) -> Predicate:
    return lambda _at, _request: member.state in states


def _is_among(atom: Is, population: Population) -> Predicate:
    machine, states, in_reach = atom.machine, atom.states, population.in_reach
    if atom.quantifier == "every":
        return lambda at, _request: all(member.state in states for member in in_reach(machine, at))
    return lambda at, _request: any(member.state in states for member in in_reach(machine, at))
