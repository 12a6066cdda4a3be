"""One limit for both connectors: never more than the station may take, in no moment."""

from __future__ import annotations

from properties.world.world import World
from runtime.core.ports import SetPowerLimit
from tests.covering import covers
from tests.smart_charging.profiles import body, charge, install, most, offers, own, statuses


@covers(
    "CS-3.13.4-01",
    "CS-3.13.4-08",
    "CS-3.13.4-09",
    "CS-3.13.3-06",
    "CS-3.13.3-07",
    "CS-3.13.1-03",
    "CS-7.10-01",
    "ERR-3.53-01",
    "CS-3.13.4-02",
)
def test_the_sum_is_never_above_the_limit_of_the_station(world: World) -> None:
    install(world, 0, most(world, 1, (0, 20_000), (120, 8_000)))
    charge(world)
    assert offers(world) == [20_000, 0]
    charge(world, 2, "carol")
    assert offers(world) == [10_000, 10_000]
    install(world, 1, own(2, (0, 4_000)))
    assert offers(world) == [4_000, 16_000]
    world.wait(120)
    assert offers(world) == [4_000, 4_000]
    world.present("alice", 1)
    assert offers(world) == [0, 8_000]
    sums: dict[int, float] = {}
    for _, _, step in world.steps:
        for effect in (one for one in step.effects if isinstance(one, SetPowerLimit)):
            sums[effect.connector] = effect.limit_w
            assert sum(sums.values()) <= 20_000


@covers("CS-3.13.4-03", "CS-3.6-09", rows=("connector:B5.limit", "connector:E3.limit"))
def test_who_comes_to_too_little_waits_for_the_other(world: World) -> None:
    install(world, 0, most(world, 1, (0, 20_000)))
    install(world, 0, body(2, (0, 60_000), minChargingRate=12_000))
    charge(charge(world), 2, "carol")
    assert offers(world) == [20_000, 0]
    assert statuses(world, 2)[-1] == "SuspendedEVSE"
    world.present("alice", 1)
    assert offers(world) == [0, 20_000]
    assert statuses(world, 2)[-1] == "Charging"


def test_sixty_kilowatts_are_the_ceiling_of_both(world: World) -> None:
    charge(charge(world), 2, "carol")
    assert offers(world) == [30_000, 30_000]
    world.fault(1)
    assert offers(world) == [0, 60_000]
    world.clear_fault(1)
    assert offers(world) == [30_000, 30_000]
