"""Power that goes at every place of an upload, one after the other: it ends in a lawful final status all the same.

As ``tests/core/test_power_loss.py`` cuts a session, so here an upload is cut: at the first place, at the second, and so
on, before and after each step, within and after each commit, before each effect.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.core.transfers import TransferOutcome
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import ask_in_the_dark, plan, statuses

SETTINGS = {"MeterValueSampleInterval": "0"}
REFUSED, DONE = TransferOutcome.REFUSED, TransferOutcome.DONE
Scenario = Callable[[World], object]


def at_once(world: World) -> None:
    """The first attempt succeeds."""
    world.power_up()
    ask_in_the_dark(world, retries=2, retryInterval=10)
    world.wait(5)


def at_the_second(world: World) -> None:
    """The first attempt fails, the second succeeds."""
    world.power_up()
    plan(world, REFUSED)
    ask_in_the_dark(world, retries=3, retryInterval=10)
    world.wait(20)


def never(world: World) -> None:
    """No attempt succeeds."""
    world.power_up()
    plan(world, *[REFUSED] * 20)
    ask_in_the_dark(world, retries=1, retryInterval=10)
    world.wait(20)


def replaced(world: World) -> None:
    """While the first attempt is made, another upload is asked for."""
    world.power_up()
    ask_in_the_dark(world, retries=2, retryInterval=10)
    ask_in_the_dark(world, location="http://other.example/", retries=2, retryInterval=10)
    world.wait(5)


SCENARIOS: dict[Scenario, set[str]] = {
    at_once: {"Uploaded"},
    at_the_second: {"Uploaded"},
    never: {"UploadFailed"},
    replaced: {"Uploaded"},
}
"""Each with the final statuses that it may come to."""


def places_of(scenario: Scenario) -> int:
    """How many places the scenario has."""
    world = World(settings=SETTINGS)
    scenario(world)
    return world.fuse.passed


@covers("CS-4.4-01", "CS-5.9-07", "CS-5.9-08", "CS-6.25-01", rows=("diagnostics:ask",))
@pytest.mark.parametrize(
    "scenario",
    [
        at_the_second,
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in SCENARIOS if one is not at_the_second),
    ],
    ids=lambda scenario: scenario.__name__,
)
def test_an_upload_ends_wherever_the_power_goes(fired: FiredRows, scenario: Scenario) -> None:
    for place in range(1, places_of(scenario) + 1):
        world = World(fired.see, settings=SETTINGS)
        world.death = Death.TORN
        world.fuse.set(place)
        scenario(world)
        heal(world.cut_power().wait(3))
        judge(world, f"place {place} ({world.fuse.blew})", SCENARIOS[scenario])


def judge(world: World, where: str, finals: set[str]) -> None:
    """Each request that was taken has its Uploading and the last one a final status, in this order; nothing is left."""
    ledger = world.station.context.ledger
    told = [status for status in statuses(world) if status != "Idle"]
    assert not violations(world), f"{where}: {violations(world)}"
    assert not undelivered(world), f"{where}: {undelivered(world)}"
    assert (ledger.uploads, ledger.upload_statuses, world.state("diagnostics")) == ({}, {}, "Idle"), where
    if taken := int(ledger.station.get("upload", "0")):
        assert told[-1] in finals, f"{where}: {told}"
        assert told.count("Uploading") >= taken, f"{where}: {told}"
        assert told.index(told[-1]) > told.index("Uploading"), f"{where}: {told}"
