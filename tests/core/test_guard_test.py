"""The engine's shortcuts say what the reference says: guards as functions, projections looked at when they can move."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.language.composition import Composition, Instance, Projection, in_reach
from model.language.guard import ALWAYS, All, Any, Ask, Guard, Is, Not, atoms
from model.language.loader import load_composition
from model.language.machine import Perform, Row, Timer
from model.language.semantics import Occurrence, project, run_to_completion, truth
from runtime.core.engine import Engine
from runtime.core.guard_compiler import compile_guard
from runtime.core.population import Population
from runtime.core.table_machine import Predicate
from runtime.core.undo import Undo
from tests.broken_tables import copied
from tests.searching import searching

COMPOSITION: Composition = load_composition()
INSTANCES = (*COMPOSITION.instances(2, 0), *(Instance("transaction", c, slot) for c, slot in ((1, 1), (1, 2), (2, 3))))


def _guards() -> list[Guard]:
    rows = [row.when for machine in COMPOSITION.machines for row in machine.rows]
    return rows + [row.when for projection in COMPOSITION.projections for row in projection.rows]


def _atoms() -> list[Guard]:
    return [atom for guard in _guards() for atom in atoms(guard)]


def trees() -> st.SearchStrategy[Guard]:
    """Any guard over the atoms that the tables have, and those of their quantified forms."""
    quantified = [Is("transaction", ("Running", "EnergyWithheld"), quantifier) for quantifier in ("some", "every")]
    leaves = st.sampled_from([*_atoms(), *quantified, ALWAYS])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Any(tuple(parts))),
        ),
        max_leaves=8,
    )


def populations() -> st.SearchStrategy[Population]:
    """Every instance in some state of its table; the transactions may be there or not."""
    states = [st.sampled_from(COMPOSITION[instance.machine].state_names) for instance in INSTANCES]
    there = st.lists(st.booleans(), min_size=3, max_size=3)
    return st.tuples(st.tuples(*states), there).map(lambda drawn: _populated(*drawn))


def _populated(states: tuple[str, ...], there: list[bool]) -> Population:
    population = Population(COMPOSITION, Undo())
    absent = {instance for instance, here in zip(INSTANCES[-3:], there, strict=True) if not here}
    for instance, state in zip(INSTANCES, states, strict=True):
        member = population.join(instance, state)
        if instance in absent:
            population.leave((member,))
    return population


QUESTIONS = sorted({str(atom) for atom in _atoms() if isinstance(atom, Ask)})


@searching(300)
@given(trees(), populations(), st.sampled_from(INSTANCES), st.sets(st.sampled_from(QUESTIONS)))
@pytest.mark.exhaustive
def test_a_guard_as_a_function_decides_as_the_tree_does(
    guard: Guard, population: Population, at: Instance, yes: set[str]
) -> None:
    def question(name: str) -> Predicate:
        return lambda _at, _request: name in yes

    def states(machine: str, seen_from: Instance) -> list[str]:
        return [m.state for m in population.of[machine] if in_reach(seen_from, m.instance)]

    assert compile_guard(guard, population, question)(at, None) == truth(guard, at, states, lambda _, name: name in yes)


class Coin:
    """Hands that perform nothing, and whose answers take turns."""

    def __init__(self) -> None:
        self.said, self.slot = False, 0

    def question(self, machine: str, question: str) -> Predicate:
        return lambda _at, _request: self.toss()

    def toss(self) -> bool:
        self.said = not self.said
        return self.said

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Nothing."""

    def duration_s(self, instance: Instance, timer: Timer) -> float | None:
        return 1.0

    def next_slot(self, machine: str) -> int:
        self.slot += 1
        return self.slot

    def state_changed(self, instance: Instance, state: str | None) -> None:
        """Nothing."""

    def projected(self, projection: Projection, connector: int, value: str) -> None:
        """Nothing."""

    def fired(self, occurrence: Occurrence, row: Row, source: str, to: str) -> None:
        """Nothing."""

    def ignored(self, occurrence: Occurrence, state: str) -> None:
        """Nothing."""


def assert_projections_true(engine: Engine) -> None:
    """What the engine keeps is what looking at every row of every projection gives."""
    for (name, connector), value in engine.values.items():
        projection = next(p for p in COMPOSITION.projections if p.name == name)
        at = Instance(f"projection {name}", connector)
        assert value == project(projection, partial(engine._holds, at=at)), (name, connector)


def test_after_every_step_each_projection_has_the_value_that_its_rows_give() -> None:
    # Given a station of the tables; when every event is brought to every instance, twice around; then no projection
    # was left behind for being looked at only when it can move.
    engine = Engine(COMPOSITION, 2, Coin(), {})
    engine.power_up(0.0)
    for instance, event in 2 * [(i, e.name) for i in engine.members_by for e in COMPOSITION[i.machine].events]:
        engine.act(instance, event, 0.0)
        assert_projections_true(engine)


class OnlyFirmware(Coin):
    """To each question of the table of that name the answer is yes, to any other no."""

    def question(self, machine: str, question: str) -> Predicate:
        return lambda _at, _request: machine == "firmware"


def test_two_machines_with_the_same_guard_each_ask_their_own_question(tmp_path: Path) -> None:
    # Given two tables with a question of one name, and so with guards of one text, which are one object; when either
    # machine looks for the row of an event; then it goes by the answer to its own question.
    path = copied(tmp_path) / "firmware.toml"
    path.write_text(path.read_text("utf-8").replace("download_attempts_left", "attempts_left"), encoding="utf-8")
    engine = Engine(load_composition(path.parent), 2, OnlyFirmware(), {})
    found = []
    for machine, state, event in (
        ("firmware", "Downloading", "failed"),
        ("transaction_queue", "Sending", "meter_failed"),
    ):
        engine.members_by[Instance(machine)].state = state
        row = engine.would_fire(Instance(machine), event)
        found.append(row and row.id)
    assert found == ["fail.wait", "give_up.meter"]


class Told(Coin):
    """Writes down what the engine hands on."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[object, ...]] = []
        self.random = Random(1)

    def toss(self) -> bool:
        return self.random.random() < 0.7

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        self.told.append((occurrence, action))

    def fired(self, occurrence: Occurrence, row: Row, source: str, to: str) -> None:
        self.told.append((occurrence, row.id, source, to))

    def ignored(self, occurrence: Occurrence, state: str) -> None:
        self.told.append((occurrence, state))


BOOT = Instance("boot")
STAYING = ("configuration", "connector_lock", "data_transfer", "remote_start", "trigger_message")


@pytest.mark.parametrize("machine", STAYING)
def test_at_a_machine_that_stays_the_short_way_hands_on_what_the_long_way_does(machine: str) -> None:
    # Given two stations of the tables, whose questions are answered alike; when one takes each event of the machine the
    # short way, and the other works a line off; then both have been handed the same, in the same order.
    short, long = Told(), Told()
    here, there = Engine(COMPOSITION, 2, short, {}), Engine(COMPOSITION, 2, long, {})
    assert here.machines[machine].stays
    here.members_by[BOOT].state = there.members_by[BOOT].state = "Accepted"
    for nth in range(30):
        for event in COMPOSITION[machine].events:
            here.bring(Occurrence(Instance(machine), event.name, nth), 0.0)
            run_to_completion(there, (Occurrence(Instance(machine), event.name, nth),))
    assert short.told == long.told
    performed = {str(told[1]) for told in short.told if isinstance(told[1], Perform)}
    assert performed == {str(action) for row in COMPOSITION[machine].rows for action in row.do}


def test_a_machine_that_moves_or_moves_others_takes_the_long_way() -> None:
    engine = Engine(COMPOSITION, 2, Coin(), {})
    assert {name for name, machine in engine.machines.items() if machine.stays} >= set(STAYING)
    for name, machine in engine.machines.items():
        table = COMPOSITION[name]
        others = [a for row in table.rows for a in row.do if not isinstance(a, Perform)]
        moves = [row for row in table.rows for source in row.sources if row.target(source) != source]
        assert not (machine.stays and (others or moves or table.timers)), name


def test_the_next_deadline_is_that_of_the_timer_that_is_due_first() -> None:
    engine = Engine(COMPOSITION, 2, Coin(), {})
    engine.power_up(0.0)
    for now_s, (instance, event) in enumerate(
        [(i, e.name) for i in engine.members_by for e in COMPOSITION[i.machine].events]
    ):
        engine.act(instance, event, float(now_s))
        assert engine.next_deadline() == min(engine.deadlines.values(), default=None)
        engine.fire_due(float(now_s))
        assert engine.next_deadline() == min(engine.deadlines.values(), default=None)
