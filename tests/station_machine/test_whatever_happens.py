"""Whatever happens, what must hold holds; and the same seed makes the same run."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from properties.world.csms import error, late
from properties.world.healing import heal
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.station_machine.machine import SEARCH, SETTINGS, StationMachine

pytestmark = pytest.mark.exhaustive


@covers(
    "CS-3.13.3-05", "CS-3.13.3-07", "CS-3.13.4-06", "ERR-3.37-01", "CS-7.10-04", "CS-9.4.5-01",
    "CS-3.7-01", "CS-3.7-03", "CS-3.7-05", "CS-4.2-04", "CS-4.2-05", "CS-4.2-19", "CS-7.36-07", "J-4.1.1-01",
    "J-4.1.4-01", "CS-3.6-07", "CS-3.6-09",
    rows=("transaction:begin", "transaction:power_loss"),
)  # fmt: skip
def test_whatever_happens_what_must_hold_holds(fired: FiredRows) -> None:
    class Machine(StationMachine):
        watcher = staticmethod(fired.see)

    run_state_machine_as_test(Machine, settings=SEARCH)


@pytest.mark.parametrize("place", [7, 40, 90, 10_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_makes_the_same_run_to_the_byte(seed: int, place: int) -> None:
    def run() -> World:
        world = World(settings=SETTINGS, seed=seed).power_up()
        world.fuse.set(place)
        world.csms.plan("StartTransaction", late(12.0), error())
        world.plug_in(1).present("carol").plug_in(2).present("dave", 2).wait(30).flap().present("carol", 1)
        return heal(world)

    assert run().network.log == run().network.log
    other = World(settings=SETTINGS, seed=seed + 2).power_up()
    assert other.network.log != run().network.log
