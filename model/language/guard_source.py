"""Reading guards and named conditions out of a table, with the place of whatever is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from model.language.composition import Composition
from model.language.conditions import Condition, Vocabulary, Ways
from model.language.guard import Ask, Guard, GuardError, atoms, parse_guard
from model.language.machine import Machine
from model.language.place import Place
from model.language.table_source import Raw, Source, TableError, blocks, optional, sections, text


def spell_out(vocabulary: Vocabulary, said: str, place: Place) -> Guard:
    """The guard with its names spelled out. Raises TableError."""
    try:
        return vocabulary.spelled_out(parse_guard(said))
    except GuardError as problem:
        raise TableError(place, str(problem)) from problem


def as_said(text: str, place: Place) -> str:
    """The guard as it is shown to people: as it is written, in one line; empty where it always holds."""
    return str(_parsed(text, place)) if text.strip() else ""


def read_vocabulary(source: Source) -> Vocabulary:
    """The conditions and projections of a table, as they are written. Raises TableError."""
    conditions = sections(source.raw, "conditions", source.top)
    projections = sections(source.raw, "projections", source.top)
    return Vocabulary(
        {name: _condition(source, name, body) for name, body in conditions.items()},
        {name: _ways(source, name, body) for name, body in projections.items()},
    )


def read_conditions(source: Source, vocabulary: Vocabulary) -> tuple[Condition, ...]:
    """The conditions of a table, spelled out with all that they may name. Raises TableError."""
    declared = sections(source.raw, "conditions", source.top)
    return tuple(_read(source, vocabulary, name, body) for name, body in declared.items())


def _read(source: Source, vocabulary: Vocabulary, name: str, body: Raw) -> Condition:
    place = source.place(f"conditions.{name}")
    source.checked(body, {"means", "when"}, f"condition {name}", place)
    said = text(body, "when", place)
    when = spell_out(vocabulary, name, place)
    return Condition(name, text(body, "means", place), as_said(said, place), when, place)


def with_names(machine: Machine, shared: tuple[Condition, ...]) -> Machine:
    """The machine, each row and preference of which knows the conditions that its guard names."""
    known = {condition.name: condition for condition in (*shared, *machine.conditions)}
    rows = (evolve(row, named=named_in(parse_guard(row.said), known)) for row in machine.rows)
    preferences = (evolve(one, named=named_in(parse_guard(one.said), known)) for one in machine.preferences)
    return evolve(machine, rows=tuple(rows), preferences=tuple(preferences))


def named_in(guard: Guard, known: Mapping[str, Condition]) -> tuple[Condition, ...]:
    """The conditions that a guard names as it is written, each followed by those that it names itself."""
    found: dict[str, Condition] = {}
    for atom in atoms(guard):
        if isinstance(atom, Ask) and atom.question in known:
            condition = known[atom.question]
            found |= {one.name: one for one in (condition, *named_in(parse_guard(condition.said), known))}
    return tuple(found.values())


def _condition(source: Source, name: str, body: Raw) -> Guard:
    place = source.place(f"conditions.{name}")
    return _parsed(text(body, "when", place), place)


def _ways(source: Source, name: str, body: Raw) -> Ways:
    rows = enumerate(blocks(body, "row", source.place(f"projections.{name}")))
    return tuple(_way(row, source.place(f"projections.{name}.row", nth)) for nth, row in rows)


def _way(row: Raw, place: Place) -> tuple[str, Guard]:
    return text(row, "value", place), _parsed(optional(row, "when", place), place)


def _parsed(said: str, place: Place) -> Guard:
    try:
        return parse_guard(said)
    except GuardError as problem:
        raise TableError(place, str(problem)) from problem


def refuse_shadows(composition: Composition) -> None:
    """Raise TableError for a condition that is called like something else that a guard may name."""
    taken = {machine.name: "a machine" for machine in composition.machines}
    taken |= {projection.name: "a projection" for projection in composition.projections}
    _refuse(composition.conditions, taken)
    everywhere = taken | {condition.name: "a condition of the station" for condition in composition.conditions}
    for machine in composition.machines:
        _refuse(machine.conditions, everywhere | {question.name: "a question" for question in machine.questions})


def _refuse(conditions: tuple[Condition, ...], taken: dict[str, str]) -> None:
    for condition in conditions:
        if condition.name in taken:
            problem = f"condition {condition.name!r} shadows {taken[condition.name]} of that name: call it otherwise"
            raise TableError(condition.place, problem)
