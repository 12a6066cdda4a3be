"""Profiles outlive power cuts, and follow the clock of the CSMS wherever it goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from model.smart_charging.timeline import Stretch
from model.station_file import load_station
from properties.world.csms import HANGS_UP, says
from properties.world.disk import Death
from properties.world.world import World
from runtime.operations.power_allocation import PowerAllocation
from tests.covering import FiredRows, covers
from tests.smart_charging.profiles import (
    NOON,
    body,
    charge,
    clear,
    date,
    ids,
    install,
    most,
    offers,
    own,
    periods,
    schedule,
)


@covers("ERR-3.37-01", "CS-5.16-01", "CS-7.10-04", rows=("charging_profile:end", "transaction:power_loss"))
@pytest.mark.parametrize("death", list(Death))
def test_profiles_and_what_comes_of_them_survive_a_power_cut(world: World, death: Death) -> None:
    """Hard case 20; a transaction ends with the power, and its profile with it."""
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    install(world, 0, most(world, 1, (0, 20_000), (3_600, 8_000)))
    install(world, 1, body(2, (0, 9_000), (40_000, 0), startSchedule="2020-02-29T23:00:00Z", **daily))
    install(world, 2, body(3, (0, 7_000), (1_800, 6_000.5), stackLevel=2))
    charge(world)
    install(world, 1, own(4, (0, 1_000)))
    clear(world, id=4)
    before = [limits_of(world, connector) for connector in (0, 1, 2)]
    install(world, 1, own(4, (0, 1_000)))
    world.cut_power(death).wait(30)
    world.power_up()
    assert ids(world) == [1, 2, 3]
    assert [limits_of(world, connector) for connector in (0, 1, 2)] == before
    world.wait(10)
    assert offers(world) == [0, 0]
    charge(world, 2, "carol")
    assert offers(world)[1] == 7_000


def limits_of(world: World, connector: int) -> list[str]:
    """What the station reports for some of the seconds of the day after noon, whoever asks and when."""
    held = world.station.part(PowerAllocation).limits()
    at: Callable[[int], Stretch] = held.of_all if not connector else partial(held.of_connector, connector)
    first = int(NOON.timestamp()) + 200
    return [str(at(second).limit_w) for second in range(first, first + 86_400, 613)]


@covers("ERR-3.37-01", "CS-5.16.4-09")
def test_an_update_that_was_cut_off_is_there_whole_or_not_at_all(fired: FiredRows) -> None:
    for place in count(1):
        world = World(fired.see).power_up()
        install(world, 1, body(1, (0, 5_000)))
        world.csms.plan("*", HANGS_UP)
        world.fuse.set(place)
        world.ask("SetChargingProfile", connectorId=1, csChargingProfiles=body(2, (0, 6_000)))
        if world.powered:
            break
        world.power_up()
        assert ids(world) in ([1], [2])
    assert place > 2


@covers("CS-3.13.4-06", "CS-7.9-03")
def test_a_clock_that_jumps_moves_what_has_a_date_and_not_what_counts_from_the_start(world: World) -> None:
    """Hard case 13."""
    install(world, 1, body(1, (0, 20_000), (600, 5_000)))
    install(world, 2, body(2, (0, 10_000), (3_600, 3_000), startSchedule=date(world)))
    charge(charge(world), 2, "carol")
    assert offers(world) == [20_000, 10_000]
    ahead = (world.clock.utc() + timedelta(hours=2)).isoformat()
    world.csms.plan("Heartbeat", says(currentTime=ahead))
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert offers(world) == [20_000, 3_000]
    world.wait(620)
    assert offers(world)[0] == 5_000


@covers("CS-7.12-02", "CS-7.12-03", "ERR-3.34-01", "ERR-3.68-02", "CS-9.4.2-01")
def test_a_station_in_amperes_converts_by_its_supply(fired: FiredRows, tmp_path: Path) -> None:
    (tmp_path / "ac.toml").write_text(
        'extends = "m06010e2eyfg"\n[supply]\nvoltage_v = 230\nphases = 3\n'
        '[[row]]\nid = "SC-1.1"\nvalue = true\n[[row]]\nid = "SC-1.2"\nvalue = false\n',
        encoding="utf-8",
    )
    world = World(fired.see, file=load_station(tmp_path / "ac.toml")).power_up()
    assert install(world, 1, body(1)) == "Rejected"
    assert install(world, 1, body(1, (0, 16), chargingRateUnit="A")) == "Accepted"
    answer = schedule(world)
    assert answer["chargingSchedule"]["chargingRateUnit"] == "A"
    assert periods(answer) == [(0, 16)]
    charge(world)
    assert offers(world)[0] == 11_040


@covers("CS-4.2.1-04", "CS-3.13.6-02")
def test_without_a_date_nothing_that_has_one_applies_and_as_soon_as_it_is_known_all_does(world: World) -> None:
    charge(world).present("alice", 1).plug_out()
    install(world, 0, most(world, 1, (0, 8_000)))
    install(world, 1, body(2, (0, 9_000)))
    world.link_down().cut_power()
    world.clock.forget_date()
    charge(world.power_up())
    assert offers(world)[0] == 9_000
    world.link_up().wait(10)
    assert offers(world)[0] == 8_000
