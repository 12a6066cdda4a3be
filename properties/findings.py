"""What one exploration says: about each property, about the status matrix, about the tables' own claims.

A verdict is ``holds``, ``fails``, or ``open`` where the scope cannot decide it: a bounded exploration that has not met
a state has not shown that there is none. A failure brings its shortest counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from attrs import frozen

from model.language.matrix import Matrix
from properties.counterexample import Counterexample, Step, end_of, plainest, such_that, way_to
from properties.explorer.search import Exploration
from properties.explorer.watch import STATION, living, places, truth
from properties.liveness import MAX_STATES, Ints, never_arrives, never_recovers
from properties.reference import Outcome
from properties.registry import Property

HOLDS, FAILS, OPEN = "holds", "fails", "open"


@frozen
class Finding:
    """A verdict on one property in one scope."""

    property: str
    verdict: str
    why: str = ""
    counterexample: Counterexample | None = None


def judge(found: Exploration, what: Property) -> Finding:
    """The verdict on a property of ``properties.toml``."""
    match what.kind:
        case "always" | "single":
            return _always(found, what)
        case "reachable":
            return _reachable(found, what)
        case _ if not found.complete or found.seen.size > MAX_STATES:
            return Finding(what.name, OPEN, "needs a complete and smaller scope")
        case "recoverable":
            return _at(found, what, never_recovers(found, what), "from here there is no way to the goal")
        case _:
            return _at(found, what, never_arrives(found, what), "from here a fair run can stay away for ever")


def _always(found: Exploration, what: Property) -> Finding:
    watch = what.watch
    if watch.at_rest:
        fails = np.flatnonzero(watch.fails(found.stepper.layout, STATION, found.seen.states))
        return _at(found, what, fails, f"here it does not hold: {what.formula}")
    if what.name in found.observed.broken:
        number, event = found.observed.broken[what.name]
        wanted = _wanted(found, what)
        return _in_step(found, what.name, number, event, wanted, f"in the last step it does not hold: {what.formula}")
    return Finding(what.name, HOLDS if found.complete else OPEN, _so_far(found))


def _whole(found: Exploration) -> bool:
    """Whether what was not met here cannot be met: the scope is complete, and the world leaves no machine still."""
    return found.complete and not found.stepper.graph.scope.still


def _so_far(found: Exploration) -> str:
    return "" if found.complete else f"holds as far as explored (depth {found.depth})"


def _wanted(found: Exploration, what: Property) -> Callable[[Outcome], bool]:
    """Whether an outcome of a step is one in which the property fails."""
    layout, watch = found.stepper.layout, what.watch

    def fails(outcome: Outcome) -> bool:
        moments = [state for at, name, state in outcome.operations if (at.machine, name) in what.doing]
        ends = [outcome.target] if what.after and outcome.target else []
        return bool(watch.fails(layout, STATION, layout.pack_all((*moments, *ends))).any())

    return fails


def _reachable(found: Exploration, what: Property) -> Finding:
    layout, states = found.stepper.layout, found.seen.states
    for place in places(layout, what.scope):
        if (truth(layout, place, what.formula, states) & living(layout, place, states)).any():
            return Finding(what.name, HOLDS)
    if not _whole(found):
        return Finding(what.name, OPEN, _so_far(found))
    return Finding(what.name, FAILS, f"no reachable state has: {what.formula}")


def _at(found: Exploration, what: Property, numbers: Ints, why: str) -> Finding:
    """A finding on the states in which it fails, by their numbers; the first is among the nearest."""
    if not len(numbers):
        return Finding(what.name, HOLDS if found.complete else OPEN, _so_far(found))
    layout, failing = found.stepper.layout, frozenset(map(tuple, found.seen.states[numbers].tolist()))
    wanted: Callable[[Outcome], bool] = lambda o: o.target is not None and layout.pack(o.target) in failing  # noqa: E731
    return Finding(what.name, FAILS, why, _example(found, what.name, way_to(found, int(numbers[0])), wanted, why))


def _in_step(
    found: Exploration, name: str, number: int, event: int, wanted: Callable[[Outcome], bool], why: str
) -> Finding:
    way = way_to(found, number)
    graph, before = found.stepper.graph, found.stepper.layout.unpack(found.seen.states[number])
    last = such_that(graph, before, found.stepper.events[event], wanted)
    return Finding(name, FAILS, why, _example(found, name, (*way, last), wanted, why))


def _example(
    found: Exploration, name: str, steps: tuple[Step, ...], wanted: Callable[[Outcome], bool], why: str
) -> Counterexample:
    graph = found.stepper.graph
    plain = plainest(graph, steps, wanted)
    return Counterexample(name, why, plain, end_of(graph, plain), graph.scope)


# ---- what holds of every table, without being written down as a property ----

BUILT_IN = {
    "claims_hold": "Nothing comes that a table calls impossible, and nothing that no table accounts for.",
    "one_row_at_a_time": "No two rows of a machine can fire at once.",
    "no_dead_ends": "In every state something other than a power cut leads on.",
    "status_matrix": "Every change of the reported status is one of the 53 transitions of clause 4.9.",
    "status_matrix_covered": "Each of the 53 transitions is reached, or justified for this station.",
    "every_row_fires": "Every row fires somewhere.",
}
_TWICE = "two rows at once"


def built_in(found: Exploration, matrix: Matrix) -> Iterator[Finding]:
    """The verdicts on the tables' own claims, and on the matrix."""
    yield _problems(found, "claims_hold", lambda kind: kind != _TWICE)
    yield _problems(found, "one_row_at_a_time", lambda kind: kind == _TWICE)
    yield _dead_ends(found)
    yield _lawful(found, matrix)
    if any(projection.name == matrix.projection for projection in found.stepper.graph.composition.projections):
        yield _covered(found, matrix)
    yield _fired(found)


def _problems(found: Exploration, name: str, mine: Callable[[str], bool]) -> Finding:
    for problem, (number, event) in found.observed.problems.items():
        if mine(problem.kind):
            return _in_step(found, name, number, event, lambda o, p=problem: p in o.problems, str(problem))  # type: ignore[misc]
    return Finding(name, HOLDS if found.complete else OPEN, _so_far(found))


def _dead_ends(found: Exploration) -> Finding:
    if found.stuck:
        why = "nothing but a power cut leads on from here"
        way = way_to(found, found.stuck[0])
        wanted: Callable[[Outcome], bool] = lambda o: o.target == way[-1].outcome.target  # noqa: E731
        return Finding("no_dead_ends", FAILS, why, _example(found, "no_dead_ends", way, wanted, why))
    return Finding("no_dead_ends", HOLDS if found.complete else OPEN, _so_far(found))


def status_changes(found: Exploration, matrix: Matrix) -> set[str]:
    """The cells of the matrix that were reached."""
    steps = ((before, after) for name, before, after in found.observed.changes if name == matrix.projection)
    return {matrix.cell(*step).id for step in steps}


def _lawful(found: Exploration, matrix: Matrix) -> Finding:
    for (name, before, after), (number, event) in found.observed.changes.items():
        if name == matrix.projection and not matrix.cell(before, after).lawful:
            cell = matrix.cell(before, after).id
            why = f"{before} to {after} ({cell}) is no transition of the table"
            wanted = lambda o: any((c.projection, c.before, c.after) == (name, before, after) for c in o.changes)  # noqa: B023, E731
            return _in_step(found, "status_matrix", number, event, wanted, why)
    return Finding("status_matrix", HOLDS if found.complete else OPEN, _so_far(found))


def _covered(found: Exploration, matrix: Matrix) -> Finding:
    reached = status_changes(found, matrix)
    wrong = [c for c in matrix.lawful if c.justified and c.id in reached]
    missing = [c for c in matrix.lawful if not c.justified and c.id not in reached]
    if wrong:
        return Finding("status_matrix_covered", FAILS, f"{wrong[0].place}: {wrong[0].id} is justified, yet reached")
    if missing and not _whole(found):
        return Finding("status_matrix_covered", OPEN, f"not reached: {', '.join(c.id for c in missing)}")
    if missing:
        why = f"not reached, not justified: {', '.join(c.id for c in missing)}"
        return Finding("status_matrix_covered", FAILS, f"{missing[0].place}: {why}")
    return Finding("status_matrix_covered", HOLDS)


def silent_rows(found: Exploration) -> list[str]:
    """The rows that never fired and could have, as ``machine:row``."""
    return sorted(f"{machine}:{row}" for machine, row in able_rows(found) - found.observed.rows)


def able_rows(found: Exploration) -> set[tuple[str, str]]:
    """The rows that can fire with as many connectors as the scope has."""
    graph = found.stepper.graph
    alone = graph.scope.connectors == 1
    rows = ((machine.name, row) for machine in graph.composition.machines for row in machine.rows)
    return {(machine, row.id) for machine, row in rows if not (alone and row.another_connector)}


def unreached_states(found: Exploration) -> list[str]:
    """The states in which no machine ever is, not even in the middle of a step; as ``machine.state``."""
    composition = found.stepper.graph.composition
    reached = {(machine.name, row.to) for machine in composition.machines for row in machine.rows
               if (machine.name, row.id) in found.observed.rows}  # fmt: skip
    for field in found.stepper.layout.fields:
        numbers = np.flatnonzero(np.bincount(field.of(found.seen.states)))
        reached |= {(field.instance.machine, field.names[number]) for number in numbers}
    every = ((machine.name, state) for machine in composition.machines for state in machine.state_names)
    return [f"{machine}.{state}" for machine, state in every if (machine, state) not in reached]


def never_true(found: Exploration) -> list[str]:
    """The silent rows whose event was met in a state of theirs: their guard was never true."""
    composition, able = found.stepper.graph.composition, able_rows(found)
    rows = [(m, row) for m in composition.machines for row in m.rows if (m.name, row.id) in able]
    return sorted(
        f"{machine.name}:{row.id}"
        for machine, row in rows
        if (machine.name, row.id) not in found.observed.rows
        and any((machine.name, state, event) in found.observed.met for state in row.sources for event in row.events)
    )


def _fired(found: Exploration) -> Finding:
    silent = silent_rows(found)
    if wrong := sorted(f"{machine}:{row}" for machine, row in found.observed.rows - able_rows(found)):
        return Finding("every_row_fires", FAILS, f"fired without another connector: {', '.join(wrong)}")
    if not silent:
        return Finding("every_row_fires", HOLDS)
    return Finding("every_row_fires", FAILS if _whole(found) else OPEN, f"never fired: {', '.join(silent)}")
