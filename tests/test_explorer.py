"""The fast explorer against the slow one: same steps, same rows, same cuts; and what it promises of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from model.composition import Instance
from model.loader import load_composition
from model.semantics import Occurrence
from properties.counterexample import way_to
from properties.explorer.search import Exploration, explore
from properties.explorer.seen import Seen
from properties.explorer.shards import shards
from properties.explorer.steps import Stepper
from properties.explorer.witness import Witness
from properties.reference import POWER, Reference, State
from properties.scope import Scope, part_of

TWO_SLOTS = Scope("two slots", 1, 2, ("connector",))
TWO_CONNECTORS = Scope("two connectors", 2, 1, ("connector", "reporting"), depth=6)
WHOLE = ("heartbeat", "call", "reporting_zero", "security_event", "metering", "reporting")
"""What, with all that influences it, is the station but for what has a scope of its own."""
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
    packed = np.array([stepper.layout.pack(state) for state in states], dtype=np.int64)
    targets, origins, events = stepper.steps(packed, Witness())
    rows = zip(origins.tolist(), events.tolist(), targets.tolist(), strict=True)
    return Counter((at, stepper.events[event], stepper.layout.unpack(target)) for at, event, target in rows)


def assert_same_steps(stepper: Stepper, states: Sequence[State]) -> None:
    slow: Counter[tuple[int, Occurrence, State]] = Counter()
    for nth, state in enumerate(states):
        slow += slow_steps(stepper.graph, state, nth)
    assert fast_steps(stepper, states) == slow


def spread(found: Exploration, every: int) -> list[State]:
    return [found.stepper.layout.unpack(int(one)) for one in found.seen.states[::every]]


@pytest.mark.parametrize("scope", [Scope("boot", part=("boot",)), Scope("ways out", part=("route",)), ENTRIES])
def test_every_step_from_every_state_of_a_small_scope_is_that_of_the_reference(scope: Scope) -> None:
    found = explored(scope)
    assert found.complete
    assert_same_steps(found.stepper, spread(found, 1))


def test_steps_from_all_over_a_connector_are_those_of_the_reference() -> None:
    found = explored(Scope("connector", part=("connector",)))
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
        witness = Witness()
        stepper.steps(np.array([stepper.layout.pack(state)], dtype=np.int64), witness)
        outcomes = [outcome for event in graph.comes(state) for outcome in graph.step(state, event)]
        assert witness.rows == {(f.instance.machine, f.row) for o in outcomes for f in o.fired if f.row}
        assert set(witness.changes) == {(c.projection, c.before, c.after) for o in outcomes for c in o.changes}
        assert witness.cut == sum(outcome.target is None for outcome in outcomes)
        assert witness.transitions == sum(outcome.target is not None for outcome in outcomes)


def test_a_part_does_what_it_does_in_the_whole() -> None:
    whole, part = explored(Scope("whole", part=WHOLE)), explored(Scope("part", part=("boot",)))
    fields = {field.instance: field for field in whole.stepper.layout.fields}
    seen_in_whole = {
        tuple(int(fields[f.instance].of(np.array([one]))[0]) for f in part.stepper.layout.fields)
        for one in np.unique(
            whole.seen.states & whole.stepper.layout.masked(f.instance for f in part.stepper.layout.fields)
        )
    }
    seen_in_part = {
        tuple(int(f.of(np.array([one]))[0]) for f in part.stepper.layout.fields) for one in part.seen.states
    }
    assert seen_in_part == seen_in_whole


def test_a_part_keeps_whatever_influences_it() -> None:
    kept = set(part_of(load_composition(), ["delivery"]).by_name)
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
    assert (shared.transitions, shared.depth, shared.witness.rows) == (
        alone.transitions,
        alone.depth,
        alone.witness.rows,
    )


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
            number = int(found.seen.numbers(np.array([found.stepper.layout.pack(state)], dtype=np.int64))[0])
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


def test_seen_numbers_each_state_once_and_grows() -> None:
    seen, rng = Seen(4), np.random.default_rng(1)
    expected: dict[int, int] = {}
    for _ in range(40):
        keys = rng.integers(0, 5000, 1000, dtype=np.int64) << 30
        zeros = np.zeros(1000, dtype=np.int32)
        seen.add(keys, zeros, zeros.astype(np.uint16))
        for key in keys.tolist():
            expected.setdefault(key, len(expected))
    everyone = np.array(list(expected), dtype=np.int64)
    assert (seen.states == everyone).all()
    assert (seen.numbers(everyone) == np.arange(len(everyone))).all()
    assert (seen.numbers(np.array([7, -1], dtype=np.int64)) == -1).all()
