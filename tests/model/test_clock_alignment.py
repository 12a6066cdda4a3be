"""Values on the clock: exactly on the boundaries of the day, of every connector, whatever the clock does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from model.clock_alignment import last_boundary, next_boundary
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from tests.covering import FiredRows, covers

Json = dict[str, Any]
SETTINGS = {"ClockAlignedDataInterval": "900", "MeterValueSampleInterval": "600"}
NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def world(fired: FiredRows) -> World:
    """Powered up at noon and a second, so that the first boundary is a quarter past."""
    world = World(fired.see, settings=SETTINGS)
    world.clock.now_s = 1.0
    return world.power_up()


def on_the_clock(world: World, connector: int) -> list[Json]:
    """The values of that connector that say Sample.Clock."""
    values = contents(world, "MeterValues")
    return [v for v in values if v["connectorId"] == connector and context(v) == "Sample.Clock"]


def context(payload: Json) -> str:
    return str(payload["meterValue"][0]["sampledValue"][0]["context"])


def minutes(payloads: list[Json]) -> list[str]:
    """The dates of those values, without the day."""
    return [payload["meterValue"][0]["timestamp"].partition("T")[2] for payload in payloads]


# ---- the boundaries --------------------------------------------------------------------------------------


@covers("CS-3.16.2-03", "CS-9.1.5-01", "ERR-3.13-06")
@pytest.mark.parametrize(
    ("at", "interval_s", "last", "following"),
    [
        ("10:07:00", 900, "10:00:00", "10:15:00"),
        ("10:15:00", 900, "10:15:00", "10:30:00"),
        ("23:59:59", 900, "23:45:00", "00:00:00"),
        ("23:50:00", 7000, "23:20:00", "00:00:00"),
        ("00:00:00", 86400, "00:00:00", "00:00:00"),
    ],
)
def test_the_day_is_divided_from_midnight_on(at: str, interval_s: int, last: str, following: str) -> None:
    moment = datetime.fromisoformat(f"2026-03-29T{at}Z")
    assert last_boundary(moment, interval_s).strftime("%H:%M:%S") == last
    assert next_boundary(moment, interval_s).strftime("%H:%M:%S") == following


@given(at=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), interval_s=st.integers(1, 86400))  # noqa: DTZ001
def test_every_moment_lies_between_two_boundaries_of_its_day(at: datetime, interval_s: int) -> None:
    moment = at.replace(tzinfo=UTC)
    last, following = last_boundary(moment, interval_s), next_boundary(moment, interval_s)
    assert last <= moment < following <= last + timedelta(seconds=interval_s)
    assert last_boundary(last, interval_s) == last
    assert next_boundary(last, interval_s) == following


# ---- the station -----------------------------------------------------------------------------------------


@covers(
    "CS-3.16.2-01", "CS-3.16.2-03", "CS-9.1.15-01", "ERR-3.15-01", "CS-7.35-04", "CS-4.7-04", rows=("metering:clock",)
)  # fmt: skip
def test_idle_connectors_give_their_values_each_quarter_of_an_hour(world: World) -> None:
    world.wait(3600)
    for connector in (1, 2):
        values = on_the_clock(world, connector)
        assert minutes(values) == [f"12:{minute}:00.000Z" for minute in (15, 30, 45)] + ["13:00:00.000Z"]
        assert not any("transactionId" in value for value in values)
    assert not violations(world)


@covers("ERR-3.16-02", "CS-4.7-06", "ERR-3.16-01", rows=("metering:clock.sampling", "metering:sample"))
def test_in_a_transaction_they_carry_its_id_beside_the_periodic_ones(world: World) -> None:
    world.plug_in().present("alice").wait(1850)
    assert {value["transactionId"] for value in on_the_clock(world, 1)} == {1001}
    assert minutes(on_the_clock(world, 1)) == minutes(on_the_clock(world, 2)) == ["12:15:00.000Z", "12:30:00.000Z"]
    assert sum(context(value) == "Sample.Periodic" for value in contents(world, "MeterValues")) == 3
    assert not violations(world)


@covers(
    "CS-3.7-02", "CS-3.7-03", "CS-4.7-06", rows=("metering:clock", "metering:clock.sampling", "transaction_queue:open")
)
def test_offline_they_wait_in_order_with_all_that_is_owed(world: World) -> None:
    world.plug_in().present("alice").present("alice").plug_out().link_down()
    world.wait(900).plug_in().present("alice").wait(900).present("alice").power_cycle().wait(60).plug_out()
    assert not on_the_clock(world, 1)
    world.link_up().wait(5)
    queued = [call for call in world.csms.seen if call.action in ("StartTransaction", "MeterValues", "StopTransaction")]
    values, start, stop = "MeterValues", "StartTransaction", "StopTransaction"
    assert [call.action for call in queued][2:] == [values, values, start, values, values, values, stop]
    assert [value.get("transactionId") for value in on_the_clock(world, 1)] == [None, 1002]
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-9.1.5-01", "CS-4.2-07", rows=("metering:clock.moved", "metering:clock.sampling"))
@pytest.mark.parametrize("jump_s", [3600 - 77, -3600 - 77, 100_000])
def test_case_13_the_time_of_the_csms_jumps_in_mid_transaction(fired: FiredRows, jump_s: float) -> None:
    world = World(fired.see, settings={**SETTINGS, "MeterValueSampleInterval": "60"}).power_up()
    world.plug_in().present("alice").wait(1000)
    world.csms.ahead_s = jump_s
    world.wait(2000)
    samples = [s for s in world.csms.seen if s.action == "MeterValues" and context(s.payload) == "Sample.Periodic"]
    waits = [later.at_s - earlier.at_s for earlier, later in pairwise(samples)]
    assert waits == [pytest.approx(60, abs=0.2)] * len(waits), "sampling keeps to its own time"
    dates = [datetime.fromisoformat(v["meterValue"][0]["timestamp"]) for v in on_the_clock(world, 1)]
    assert len(dates) >= 3
    assert all(date == last_boundary(date, 900) for date in dates)
    assert dates[-1] > NOON + timedelta(seconds=jump_s + 1000)


@covers("CS-9.1.5-01", rows=("metering:clock",))
def test_a_clock_that_was_wrong_at_the_start_has_no_boundaries_of_its_own(fired: FiredRows) -> None:
    world = World(fired.see, settings={"ClockAlignedDataInterval": "60"})
    world.clock.skew_s = -86_400 * 365 + 17
    world.power_up().wait(185)
    assert minutes(on_the_clock(world, 1)) == [f"12:0{minute}:00.000Z" for minute in (1, 2, 3)]


@covers("CS-3.7-03", rows=("metering:clock", "metering:clock.sampling"))
def test_idle_connectors_leave_half_of_the_queue_to_transactions(fired: FiredRows) -> None:
    world = World(fired.see, settings={"ClockAlignedDataInterval": "10", "MeterValueSampleInterval": "0"})
    contents = evolve(world.file.contents, runtime=evolve(world.file.runtime, max_queue=20))
    bounded = evolve(world.file, contents=contents)
    world = World(fired.see, settings=world.settings, file=bounded).power_up()
    world.plug_in().present("alice").present("alice").plug_out().link_down().wait(300)
    assert len(world.station.context.ledger.queue) == 10
    world.plug_in().present("alice").wait(35)
    assert [item.kind for item in world.station.context.ledger.queue.items.values()][10:] == ["start", "meter", "meter"]
