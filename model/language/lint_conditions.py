"""Lint of named conditions: each is used, none says what another says, and no guard is too long to be read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from model.language.composition import Composition
from model.language.conditions import MAX_SAID_CHARS, Condition
from model.language.finding import Finding
from model.language.guard import All, Any, Ask, Guard, Is, Not, atoms, parse_guard
from model.language.lint_guards import TooManyCasesError, example
from model.language.place import Place


def conditions(composition: Composition) -> Iterator[Finding]:
    """Unused ones, twins, and guards that want one."""
    yield from _unused(composition)
    yield from _twins(composition)
    for place, said in _guards(composition):
        if len(said) > MAX_SAID_CHARS:
            problem = f"a guard of {len(said)} characters; at most {MAX_SAID_CHARS}"
            yield Finding(place, "L021", problem, "name what it means under [conditions.NAME]")


def _guards(composition: Composition) -> Iterator[tuple[Place, str]]:
    """Every guard as it is written, in machines, projections and conditions."""
    for machine in composition.machines:
        yield from ((row.place, row.said) for row in machine.rows)
        yield from ((one.place, one.said) for one in machine.preferences)
        yield from ((condition.place, condition.said) for condition in machine.conditions)
    for projection in composition.projections:
        yield from ((row.place, row.said) for row in projection.rows)
    yield from ((condition.place, condition.said) for condition in composition.conditions)


def _unused(composition: Composition) -> Iterator[Finding]:
    used = {
        atom.question for _, said in _guards(composition) for atom in atoms(parse_guard(said)) if isinstance(atom, Ask)
    }
    for condition in _every(composition):
        if condition.name not in used:
            problem = f"no guard names condition {condition.name!r}"
            yield Finding(condition.place, "L001", problem, "name it in a 'when', or take it out")


def _every(composition: Composition) -> Iterator[Condition]:
    yield from composition.conditions
    for machine in composition.machines:
        yield from machine.conditions


def _twins(composition: Composition) -> Iterator[Finding]:
    """Of the conditions that one table can name, two that hold in the same states."""
    found = dict.fromkeys(_twins_among(composition, composition.conditions))
    for machine in composition.machines:
        found |= dict.fromkeys(_twins_among(composition, (*composition.conditions, *machine.conditions)))
    yield from found


def _twins_among(composition: Composition, named: Iterable[Condition]) -> Iterator[Finding]:
    for one, other in combinations(named, 2):
        if _always_equal(composition, one.when, other.when):
            problem = f"condition {other.name!r} always equals {one.name!r} ({one.place})"
            yield Finding(other.place, "L022", problem, "keep one of them")


def _always_equal(composition: Composition, one: Guard, other: Guard) -> bool:
    if _read(one) != _read(other):
        return False
    apart = Any((All((one, Not(other))), All((other, Not(one)))))
    try:
        return example((apart,), lambda name: composition[name].state_names) is None
    except TooManyCasesError:
        return False


def _read(guard: Guard) -> set[str]:
    """What the guard reads; two that read different things are taken to differ."""
    return {atom.machine if isinstance(atom, Is) else atom.question for atom in atoms(guard)}
