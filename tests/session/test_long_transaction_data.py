"""A stop with many samples: they come out of the store, and leave it, some at a time, and all of them arrive.

The certificate says 7,200 (ORS-8). Here are some hundreds, which are several slices as well.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
import pytest
from attrs import define, evolve

from model.station_file import StationFile, load_station
from properties.world.clock import VirtualClock
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.power import PowerCut
from properties.world.world import World
from runtime.core.dates import SHIFTS
from runtime.core.inputs import Input, Moment, Put, Recalled
from runtime.core.ledger import samples_of
from runtime.core.ports import Clock, Drop, Step
from runtime.operations.metering import THINNED_AT_ONCE
from runtime.operations.queue_paging import SAMPLES_AT_ONCE
from tests.covering import FiredRows, covers

SECONDS = 2 * SAMPLES_AT_ONCE + 100
SETTINGS = {"MeterValueSampleInterval": "1", "MeterValuesSampledData": "", "TransactionMessageRetryInterval": "1"}
SLICES = 3


def long_session_offline(world: World) -> list[Any]:
    """A transaction whose start is confirmed, and whose stop waits in the store; what its transactionData has to be."""
    world.plug_in().present("alice").wait(1).link_down().wait(SECONDS).present("alice").plug_out()
    world.cut_power().wait(5)
    samples = [orjson.loads(put.value) for put in world.disk.recall((samples_of(1),))]
    assert len(samples) > SECONDS
    return samples


def recalled(world: World) -> list[int]:
    """How many samples came out of the store in each step that brought any."""
    inputs = (given for _, given, _ in world.steps if isinstance(given, Recalled))
    return [count for given in inputs if (count := sum(put.space == "sample" for put in given.records))]


def watch(world: World, watcher: Callable[[Input], None]) -> None:
    """See each input of this life, when it has been dealt with."""

    def see(given: Input, _now: Moment, _step: Step) -> None:
        watcher(given)

    assert world.life is not None
    world.life.host.watchers.append(see)


@covers("CS-4.10-02", "ERR-3.89-01", rows=("transaction_queue:recall", "transaction_queue:recalled"))
def test_all_samples_of_a_long_transaction_arrive_and_no_step_reads_many(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    samples = long_session_offline(world)
    world.power_up()
    heal(world)
    (stop,) = contents(world, "StopTransaction")
    assert stop["transactionData"] == samples
    assert recalled(world) == [SAMPLES_AT_ONCE, SAMPLES_AT_ONCE, len(samples) - 2 * SAMPLES_AT_ONCE]
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.10-02", rows=("transaction_queue:recall", "transaction_queue:recalled"))
@pytest.mark.parametrize("slices", range(1, SLICES + 1))
def test_a_power_cut_between_two_slices_costs_no_sample(fired: FiredRows, slices: int) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    samples = long_session_offline(world)
    left = [slices]

    def cut(given: Input) -> None:
        left[0] -= isinstance(given, Recalled)
        if left[0] == 0:
            raise PowerCut(f"behind slice {slices}")

    world.network.set_network(False)
    world.power_up()
    watch(world, cut)
    world.link_up().wait(60)
    assert not world.powered
    assert not contents(world, "StopTransaction") or slices == SLICES
    world.power_up()
    heal(world)
    assert [stop["transactionData"] for stop in contents(world, "StopTransaction")] == [samples]
    assert not violations(world)
    assert not undelivered(world)


UNREADABLE = range(100, 100 + 2 * SAMPLES_AT_ONCE)
"""A whole slice of them lies between two that are read, whichever slice."""


@covers("CS-4.10-02", rows=("transaction_queue:recall", "transaction_queue:recalled"))
def test_samples_that_cannot_be_read_cost_themselves_and_none_behind_them(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    samples = long_session_offline(world)
    puts = world.disk.recall((samples_of(1),))
    world.disk.commit([Put(puts[nth].space, puts[nth].key, "torn") for nth in UNREADABLE])
    world.power_up()
    heal(world)
    (stop,) = contents(world, "StopTransaction")
    assert stop["transactionData"] == [each for nth, each in enumerate(samples) if nth not in UNREADABLE]
    assert not undelivered(world)


# ---- counted samples -------------------------------------------------------------------------------------


@pytest.fixture
def counted(fired: FiredRows) -> World:
    """A transaction of many samples, counted before the station knew the date; it knows it by now, and it runs on."""
    world = World(fired.see, settings=SETTINGS | {"LocalPreAuthorize": "true"}).power_up()
    world.plug_in().present("alice").wait(5).present("alice").plug_out().wait(5)
    world.keeps_time = False
    world.link_down().power_cycle()
    world.plug_in().present("alice").wait(SECONDS)
    assert world.state("clock") == "Unset"
    world.link_up().wait(60)
    assert world.state("clock") == "Told"
    return world


def assert_all_arrived_and_dated(world: World) -> None:
    """The second transaction's samples, one a second, none of them in 1970."""
    *_, stop = contents(world, "StopTransaction")
    moments = [datetime.fromisoformat(value["timestamp"]) for value in stop["transactionData"]]
    assert len(moments) > SECONDS
    gaps = {round((later - earlier).total_seconds()) for earlier, later in pairwise(moments)}
    assert gaps <= {0, 1, 2}, "in their order, with their distances"
    assert moments[-1] == datetime.fromisoformat(stop["timestamp"])
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.2.1-04", "CS-4.10-02", rows=("clock:learn", "transaction_queue:recall", "transaction_queue:recalled"))
def test_counted_samples_are_dated_some_at_a_time_before_their_stop_leaves(counted: World) -> None:
    counted.present("alice").plug_out()
    heal(counted)
    assert_all_arrived_and_dated(counted)
    assert recalled(counted)
    assert max(recalled(counted)) <= SAMPLES_AT_ONCE
    assert sum(recalled(counted)) > SECONDS, "each of them as it leaves the store"


@covers("CS-4.2.1-04", rows=("transaction_queue:recalled",))
def test_a_stored_shift_that_makes_counts_of_counts_holds_up_no_stop(counted: World) -> None:
    counted.link_down().present("alice").plug_out().cut_power()
    counted.disk.commit([Put("station", SHIFTS, "[[1577000000.0,1.0]]")])
    counted.power_up()
    heal(counted)
    assert len(contents(counted, "StopTransaction")) == 2
    assert not undelivered(counted)


@covers("CS-4.2.1-04", "CS-4.10-02", rows=("transaction_queue:recalled",))
@pytest.mark.parametrize("slices", range(1, SLICES + 1))
def test_a_power_cut_while_samples_are_dated_costs_none(counted: World, slices: int) -> None:
    left = [slices]

    def cut(given: Input) -> None:
        left[0] -= isinstance(given, Recalled)
        if left[0] == 0:
            raise PowerCut(f"behind slice {slices}")

    watch(counted, cut)
    counted.present("alice").plug_out().wait(60)
    assert not counted.powered
    counted.power_up()
    heal(counted)
    assert_all_arrived_and_dated(counted)


@covers("CS-4.10-02", rows=("transaction_queue:recalled",))
def test_an_answer_of_the_store_to_an_earlier_question_is_left_aside(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    samples = long_session_offline(world)
    world.network.set_network(False)
    world.power_up()
    host = world.life.host if world.life else None
    assert host is not None

    def come_twice(given: Input) -> None:
        if isinstance(given, Recalled) and len(recalled(world)) == 1:
            host.submit(given)

    watch(world, come_twice)
    world.link_up().wait(60)
    heal(world)
    assert [stop["transactionData"] for stop in contents(world, "StopTransaction")] == [samples]
    assert len(recalled(world)) == SLICES + 1, "the one that came twice, and nothing that was asked for it"
    assert not undelivered(world)


@define
class LateClock:
    """A clock on which something takes long between any two looks."""

    clock: VirtualClock
    late_s: float = 0.0

    def monotonic_s(self) -> float:
        self.late_s += 0.02
        return self.clock.monotonic_s() + self.late_s

    def utc(self) -> Any:
        return self.clock.utc()


@covers("CS-4.10-02", rows=("transaction_queue:recalled",))
def test_the_loop_has_its_turn_between_two_slices(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    long_session_offline(world)
    world.network.set_network(False)
    world.power_up()
    assert world.life is not None
    world.life.host.ports[Clock] = LateClock(world.clock)
    happened: list[str] = []

    def turn() -> None:
        happened.append("turn")
        if happened.count("slice") in range(1, SLICES):
            world.clock.call_later(0.0, turn)

    def see(given: Input) -> None:
        if isinstance(given, Recalled):
            happened.append("slice")
            world.clock.call_later(0.0, turn)

    watch(world, see)
    world.link_up().wait(60)
    assert happened.count("slice") == SLICES
    assert "slice slice" not in " ".join(happened)


def with_row(name: str, value: int) -> StationFile:
    """The station with another figure in its certificate."""
    file = load_station("m06010e2eyfg")
    rows = tuple(evolve(row, value=value) if row.id == name else row for row in file.contents.row)
    return evolve(file, contents=evolve(file.contents, row=rows))


def dropped(world: World) -> list[int]:
    """How many samples left the store in each step in which any did."""
    counts = (sum(isinstance(w, Drop) and w.space == "sample" for w in step.writes) for _, _, step in world.steps)
    return [count for count in counts if count]


@covers("ERR-3.89-01", "ERR-3.89-02", "ERR-3.89-03", "ERR-3.89-04", rows=("metering:sample",))
def test_at_its_bound_a_transaction_is_thinned_a_little_at_a_time_and_evenly(fired: FiredRows) -> None:
    most = 300
    world = World(fired.see, settings=SETTINGS, file=with_row("ORS-8", most)).power_up()
    world.plug_in().present("alice").wait(5 * most).present("alice").plug_out()
    (stop,) = contents(world, "StopTransaction")
    contexts = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert most - THINNED_AT_ONCE <= len(contexts) <= most
    assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
    assert dropped(world)
    assert max(dropped(world)) <= THINNED_AT_ONCE
    seconds = [float(value["timestamp"][17:23]) for value in stop["transactionData"]]
    gaps = [round(later - earlier) % 60 for earlier, later in pairwise(seconds)]
    assert max(gaps) <= 16, "nowhere is much more missing than elsewhere"


@covers("ERR-3.89-02", "ERR-3.89-03", "ERR-3.89-04", rows=("transaction_queue:close", "link:close"))
def test_what_the_csms_does_not_take_is_thinned_some_samples_at_a_time(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    samples = long_session_offline(world)
    world.network.longest = 50_000
    world.power_up()
    heal(world)
    (stop,) = contents(world, "StopTransaction")
    assert len(stop["transactionData"]) < len(samples)
    assert stop["transactionData"][0] == samples[0]
    assert stop["transactionData"][-1] == samples[-1]
    assert max(dropped(world)) <= SAMPLES_AT_ONCE
    assert not undelivered(world)
