"""The fast explorer against the slow one: same steps, same rows, same cuts; and what it promises of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from model.language.composition import Instance
from model.language.loader import load_composition
from model.language.semantics import Occurrence
from properties.counterexample import way_to
from properties.explorer.movable import reachable_names
from properties.explorer.observations import Observations
from properties.explorer.search import Exploration, explore
from properties.explorer.seen import Seen
from properties.explorer.shards import shards
from properties.explorer.steps import Stepper
from properties.reference import POWER, Reference, State
from properties.scope import Scope, part_of

pytestmark = pytest.mark.exhaustive

TWO_SLOTS = Scope("two slots", 1, 2, ("connector",), still=("firmware",))
TWO_CONNECTORS = Scope("two connectors", 2, 1, ("connector", "reporting"), depth=6)
WHOLE = ("connector",)
"""What, with all that influences it, holds the boot among 17 others."""
ENTRIES = Scope("entries", part=("cache_entry",), entries=2)


def explored(scope: Scope) -> Exploration:
    return explore(Stepper(Reference(load_composition(), scope)))


@pytest.fixture(scope="module")
def two_slots() -> Exploration:
    return explored(TWO_SLOTS)


def slow_steps(graph: Reference, state: State, nth: int) -> Counter[tuple[int, Occurrence, State]]:
    outcomes = ((event, o) for event in graph.comes(state) for o in graph.step(state, event))
    return Counter((nth, event, o.target) for event, o in outcomes if o.target is not None)


def fast_steps(stepper: Stepper, states: Sequence[State]) -> Counter[tuple[int, Occurrence, State]]:
    targets, origins, events = stepper.steps(stepper.layout.pack_all(states), Observations())
    rows = zip(origins.tolist(), events.tolist(), targets.tolist(), strict=True)
    return Counter((at, stepper.events[event], stepper.layout.unpack(target)) for at, event, target in rows)


def assert_same_steps(stepper: Stepper, states: Sequence[State]) -> None:
    slow: Counter[tuple[int, Occurrence, State]] = Counter()
    for nth, state in enumerate(states):
        slow += slow_steps(stepper.graph, state, nth)
    assert fast_steps(stepper, states) == slow


def spread(found: Exploration, every: int) -> list[State]:
    return [found.stepper.layout.unpack(one) for one in found.seen.states[::every]]


@pytest.mark.parametrize(
    "scope", [Scope("boot", part=("boot",)), Scope("ways out", part=("interface_selection",)), ENTRIES]
)
def test_every_step_from_every_state_of_a_small_scope_is_that_of_the_reference(scope: Scope) -> None:
    found = explored(scope)
    assert found.complete
    assert_same_steps(found.stepper, spread(found, 1))


def test_steps_from_all_over_a_connector_are_those_of_the_reference() -> None:
    found = explored(Scope("connector", part=("connector",), still=("firmware",)))
    assert_same_steps(found.stepper, spread(found, 97))


def test_steps_with_two_transactions_are_those_of_the_reference(two_slots: Exploration) -> None:
    states = spread(two_slots, 331)
    assert any(state.count("StopOwed") == 2 for state in states), "the sample has to hold the interesting ones"
    assert_same_steps(two_slots.stepper, states)


def test_steps_with_two_connectors_are_those_of_the_reference() -> None:
    found = explored(TWO_CONNECTORS)
    assert_same_steps(found.stepper, spread(found, 331))


def test_rows_changes_and_cuts_are_those_of_the_reference_state_by_state(two_slots: Exploration) -> None:
    stepper, graph = two_slots.stepper, two_slots.stepper.graph
    for state in spread(two_slots, 977):
        observed = Observations()
        stepper.steps(stepper.layout.pack_all([state]), observed)
        outcomes = [outcome for event in graph.comes(state) for outcome in graph.step(state, event)]
        assert observed.rows == {(f.instance.machine, f.row) for o in outcomes for f in o.fired if f.row}
        assert set(observed.changes) == {(c.projection, c.before, c.after) for o in outcomes for c in o.changes}
        assert observed.cut == sum(outcome.target is None for outcome in outcomes)
        assert observed.transitions == sum(outcome.target is not None for outcome in outcomes)


def test_a_part_does_what_it_does_in_the_whole() -> None:
    whole, part = explored(Scope("whole", part=WHOLE)), explored(Scope("part", part=("boot",)))
    own = part.stepper.graph.instances
    fields = [field for field in whole.stepper.layout.fields if field.instance in own]
    columns = np.unique(np.stack([field.of(whole.seen.states) for field in fields], axis=1), axis=0)
    seen_in_whole = {tuple(f.names[number] for f, number in zip(fields, row, strict=True)) for row in columns}
    assert set(spread(part, 1)) == seen_in_whole


def test_a_part_keeps_whatever_influences_it() -> None:
    kept = set(part_of(load_composition(), ["transaction_queue"]).by_name)
    assert {"link", "boot", "transaction", "connector", "cable", "authorization"} <= kept
    assert not {"call", "heartbeat", "reporting"} & kept


def test_an_entry_reaches_its_own_and_the_station_and_a_full_scope_is_cut() -> None:
    found = explored(ENTRIES)
    graph = found.stepper.graph
    both = next(s for s in spread(found, 1) if s.count("Valid") + s.count("Refused") == 2)
    targets = {outcome.target for outcome in graph.step(both, Occurrence(Instance("cache"), "told"))}
    assert None in targets
    one = graph.index[Instance("cache_entry", 0, 1)]
    other = graph.index[Instance("cache_entry", 0, 2)]
    told = [o.target for o in graph.step(both, Occurrence(Instance("cache_entry", 0, 1), "told")) if o.target]
    assert {state[one] for state in told} == {"Valid", "Concurrent", "Refused", "Expired"}
    assert {state[other] for state in told} == {both[other]}


def test_the_number_of_processes_changes_nothing() -> None:
    scope = Scope("shared", 1, 1, ("connector",), depth=9)
    alone = explored(scope)
    stepper = Stepper(Reference(load_composition(), scope))
    shared = explore(stepper, shards(stepper, 2))
    assert (shared.seen.states == alone.seen.states).all()
    assert (shared.transitions, shared.depth, shared.observed.rows) == (
        alone.transitions,
        alone.depth,
        alone.observed.rows,
    )


@pytest.mark.parametrize("word_bits", [8, 13, 20])
def test_the_width_of_a_word_changes_nothing(word_bits: int) -> None:
    scope = Scope("narrow", 1, 1, ("connector",), depth=7)
    wide = explored(scope)
    narrow = explore(Stepper(Reference(load_composition(), scope), word_bits=word_bits))
    assert wide.stepper.layout.words == 1
    assert narrow.stepper.layout.words > 1
    assert spread(narrow, 1) == spread(wide, 1)
    assert (narrow.transitions, narrow.depth, narrow.observed.rows) == (
        wide.transitions,
        wide.depth,
        wide.observed.rows,
    )


def test_steps_of_a_station_that_takes_two_words_are_those_of_the_reference() -> None:
    found = explored(Scope("everything", connectors=2, slots=2, entries=1, depth=3, states=4000))
    assert found.stepper.layout.words > 1
    assert_same_steps(found.stepper, spread(found, 1601))


def test_a_machine_that_cannot_move_takes_no_bits() -> None:
    found = explored(Scope("still", part=("connector",), still=("station_fault", "storage"), depth=4))
    widths = {field.instance.machine: field.width for field in found.stepper.layout.fields}
    assert widths["station_fault"] == widths["storage"] == 0
    assert widths["fault"] > 0
    assert_same_steps(found.stepper, spread(found, 211))


@pytest.mark.parametrize("part", ["boot", "interface_selection", "local_list", "clock"])
def test_no_state_is_left_out_of_the_numbers_that_is_reached(part: str) -> None:
    graph = Reference(load_composition(), Scope(part, part=(part,)))
    names = reachable_names(graph)
    level, seen = set(graph.starts), set(graph.starts)
    while level:
        level = {o.target for s in level for e in graph.comes(s) for o in graph.step(s, e) if o.target} - seen
        seen |= level
    for state in seen:
        assert all(name in names[m.name] for name, m in zip(state, graph.machines, strict=True))


def test_a_bounded_exploration_says_that_it_is_not_complete() -> None:
    assert not explored(Scope("shallow", depth=2)).complete
    assert not explored(Scope("few", states=50)).complete
    assert explored(Scope("all", part=("boot",))).complete


def test_the_way_to_a_state_is_a_shortest_one() -> None:
    found = explored(Scope("shortest", part=("boot",)))
    graph = found.stepper.graph
    level, distance, seen = list(graph.starts), 1, set(graph.starts)
    while level:
        for state in level:
            number = int(found.seen.numbers(found.stepper.layout.pack_all([state]))[0])
            assert len(way_to(found, number)) == distance
        ahead = {o.target for s in level for e in graph.comes(s) for o in graph.step(s, e) if o.target}
        level, distance = sorted(ahead - seen), distance + 1
        seen |= ahead


def test_a_timer_comes_only_while_it_runs() -> None:
    graph = Reference(load_composition(), Scope("timers"))
    redial = Occurrence(Instance("link"), "redial_due")
    assert redial in set(graph.comes(graph.dark))
    dialling = graph.starts[0]
    assert dialling[graph.index[Instance("link")]] == "Dialling"
    assert redial not in set(graph.comes(dialling))


def test_the_world_cannot_do_what_a_table_calls_impossible() -> None:
    graph = Reference(load_composition(), Scope("impossible"))
    assert Occurrence(Instance("cable", 1), "plugged_in") in set(graph.comes(graph.starts[0]))
    assert Occurrence(Instance("cable", 1), "plugged_out") not in set(graph.comes(graph.starts[0]))


def test_power_is_lost_in_every_state_and_transactions_survive_it(two_slots: Exploration) -> None:
    graph = two_slots.stepper.graph
    slot = graph.index[Instance("transaction", 1, 1)]
    running = next(state for state in spread(two_slots, 1) if state[slot] == "Running")
    assert next(iter(graph.comes(running))) == POWER
    (outcome,) = graph.step(running, POWER)
    assert outcome.target is not None
    assert outcome.target[slot] == "StopOwed"


@pytest.mark.parametrize("words", [1, 2, 3])
def test_seen_numbers_each_state_once_and_grows(words: int) -> None:
    seen, rng = Seen(words, 4), np.random.default_rng(1)
    expected: dict[tuple[int, ...], int] = {}
    for _ in range(40):
        keys = rng.integers(0, 5000 if words == 1 else 40, (1000, words), dtype=np.int64) << 30
        zeros = np.zeros(1000, dtype=np.int32)
        seen.add(keys, zeros, zeros.astype(np.uint16))
        for key in keys.tolist():
            expected.setdefault(tuple(key), len(expected))
    everyone = np.array(list(expected), dtype=np.int64)
    assert (seen.states == everyone).all()
    assert (seen.numbers(everyone) == np.arange(len(everyone))).all()
    assert (seen.numbers(np.full((2, words), 7, dtype=np.int64)) == -1).all()
