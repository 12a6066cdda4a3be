"""Power that goes at every place of an update, one after the other, and what is found afterwards.

As in ``tests/core/test_power_loss.py``: the scenario is run once to count its places, and then cut at each of them. An
update then has a lawful final status, the station runs what the CSMS was told, and every connector can be used.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.csms import late
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.adapters.firmware_slots import Image
from runtime.core.ports import Drop
from runtime.core.records import MOST_TRIES
from tests.covering import FiredRows, covers
from tests.firmware.updating import DONE, NEW, NO_IMAGE, NOWHERE, OLD, PREPARED_S, serve, told, update, version

Scenario = Callable[[World], object]
FINAL = {"DownloadFailed", "InstallationFailed", "Installed"}


def installed(world: World) -> None:
    """It goes well."""
    world.power_up()
    update(serve(world), retries=2, retryInterval=5)
    world.wait(PREPARED_S)


def does_not_boot(world: World) -> None:
    """The new image does not start."""
    world.power_up()
    update(serve(world, Image(NEW, boots=False)), retries=2, retryInterval=5)
    world.wait(PREPARED_S)


def no_image(world: World) -> None:
    """The box does not take it."""
    world.power_up()
    update(serve(world, NO_IMAGE), retries=2, retryInterval=5)
    world.wait(PREPARED_S)


def not_there(world: World) -> None:
    """No attempt succeeds."""
    world.power_up()
    update(world, NOWHERE, retries=1, retryInterval=5)
    world.wait(PREPARED_S)


def while_charging(world: World) -> None:
    """A driver comes in the middle of it, and the date lies ahead at first."""
    world.power_up()
    update(serve(world), ahead_s=3, retries=3, retryInterval=5)
    world.wait(4).plug_in().present("alice").wait(6).present("alice").plug_out().wait(PREPARED_S)


OTHERS = (does_not_boot, no_image, not_there, while_charging)


def judge(world: World, where: str) -> None:
    """Lawful in its end, and the station runs."""
    assert not violations(world), f"{where}: {violations(world)}"
    assert not undelivered(world), f"{where}: {undelivered(world)}"
    statuses = told(world)
    assert world.state("firmware") == "Idle", where
    assert not statuses or statuses[-1] in FINAL, f"{where}: {statuses}"
    assert version(world) == (NEW if statuses[-1:] == ["Installed"] else OLD), where
    assert world.csms.statuses(1)[-1] == world.csms.statuses(2)[-1] == "Available", where
    assert not world.transfers.files, where
    world.power_cycle().wait(5)
    assert version(world) == (NEW if statuses[-1:] == ["Installed"] else OLD), f"{where}: and it stays so"


def cut_at(scenario: Scenario, place: int, death: Death, watcher: Callable[..., None]) -> World:
    world = World(watcher)
    world.death = death
    world.fuse.set(place)
    scenario(world)
    world.cut_power(death).wait(3)
    return heal(world)


def places_of(scenario: Scenario) -> int:
    world = World()
    scenario(world)
    return world.fuse.passed


@covers(
    "CS-4.5-04", "CS-5.19-10", "CS-7.25-06",
    rows=("firmware:install.again", "firmware:activate.again", "firmware:fail.wait", "firmware:finish"),
)  # fmt: skip
@pytest.mark.exhaustive
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_an_update_that_goes_well_has_a_lawful_end_wherever_the_power_goes(fired: FiredRows, death: Death) -> None:
    blown = set()
    for place in range(1, places_of(installed) + 1):
        world = cut_at(installed, place, death, fired.see)
        judge(world, f"place {place} ({world.fuse.blew})")
        blown.add(world.fuse.blew)
    assert {"before install", "before activate", "before keep", "before download", "before remove"} <= blown


@covers("CS-4.5-04", "CS-7.25-02", "CS-7.25-06", rows=("firmware:fail.wait", "firmware:fall_back", "firmware:pause"))
@pytest.mark.exhaustive
def test_so_has_every_other(fired: FiredRows) -> None:
    """What was not committed is torn; that it makes no difference whether it is, the update that goes well shows."""
    for scenario in OTHERS:
        for place in range(1, places_of(scenario) + 1):
            world = cut_at(scenario, place, Death.TORN, fired.see)
            judge(world, f"{scenario.__name__}, place {place} ({world.fuse.blew})")


@covers("CS-4.5-04", "CS-5.19-10", rows=("firmware:install.give_up",))
@pytest.mark.exhaustive
def test_nor_does_it_matter_how_often_it_goes(fired: FiredRows) -> None:
    """At the same place in each life, until it is passed no more."""
    for place in range(1, 60):
        world = World(fired.see).power_up()
        update(serve(world), retries=2, retryInterval=5)
        for _ in range(12):
            world.fuse.set(place)
            world.wait(PREPARED_S).cut_power().wait(3)
            world.fuse.set(place)
            world.power_up()
        heal(world)
        judge(world, f"place {place} of each life")


@covers("CS-7.25-06", rows=("firmware:activate.give_up",))
@pytest.mark.exhaustive
def test_an_image_that_the_box_is_never_told_to_try_is_given_up(fired: FiredRows) -> None:
    """The power goes before the box is told, in each life."""
    lives = (_cut_while_updating(place, fired.see) for place in range(1, 80))
    world = next(life for life in lives if life.fuse.blew == "before activate")
    place, untold = 1, 1
    while untold < MOST_TRIES:
        assert place < 40
        _cut_while_starting(world, place)
        if world.fuse.blew == "before activate":
            untold += 1
        else:
            place += 1
    heal(world)
    judge(world, "given up")
    assert told(world)[-1] == "InstallationFailed"


def _cut_while_updating(place: int, watcher: Callable[..., None]) -> World:
    world = World(watcher).power_up()
    update(serve(world))
    world.fuse.set(place)
    return world.wait(PREPARED_S).cut_power().wait(3)


def _cut_while_starting(world: World, place: int) -> None:
    world.fuse.set(place)
    world.power_up().cut_power().wait(3)


# ---- in each state -------------------------------------------------------------------------------------------


@covers("CS-5.19-06", rows=("firmware:install.again", "connector:A8.power_up"))
def test_an_image_that_was_being_written_is_written_anew_and_nobody_is_let_in(world: World) -> None:
    update(serve(world))
    world.wait(5)
    assert world.state("firmware") == "Installing"
    before = len(world.csms.statuses(1))
    world.power_cycle().wait(1)
    assert world.csms.statuses(1)[before:] == ["Unavailable"], "no Available between"
    world.wait(PREPARED_S)
    assert told(world) == DONE


@covers("CS-7.25-06", rows=("firmware:install.give_up",))
def test_a_station_that_falls_over_an_image_gives_it_up(world: World) -> None:
    update(serve(world))
    world.wait(5)
    for _ in range(4):
        world.power_cycle().wait(1)
    world.wait(5)
    assert (told(world)[-1], world.state("firmware"), world.csms.statuses(1)[-1]) == (
        "InstallationFailed", "Idle", "Available",
    )  # fmt: skip


@covers("CS-5.19-10", rows=("firmware:activate.power", "firmware:activate.again"))
def test_an_image_that_waited_for_the_csms_is_started_when_the_power_is_back(world: World) -> None:
    world.csms.always("FirmwareStatusNotification", late(9.0))
    update(serve(world))
    world.wait(8.5)
    assert world.state("firmware") == "Reporting"
    world.csms.behave()
    world.power_cycle().wait(PREPARED_S)
    assert version(world) == NEW
    assert [status for nth, status in enumerate(told(world)) if status not in told(world)[:nth]] == DONE


@covers("CS-5.19-07", "CS-5.19-08", rows=("firmware:install", "connector:A8.power_up"))
def test_an_image_that_waited_for_a_session_is_installed_when_the_power_has_ended_it(world: World) -> None:
    update(serve(world))
    world.wait(1).present("alice", 1).wait(4).plug_in().wait(10)
    assert (world.state("firmware"), world.state("connector", 1)) == ("Downloaded", "Charging")
    world.power_cycle().wait(PREPARED_S)
    assert told(world) == DONE
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")] == ["PowerLoss"]


@covers("CS-5.19-04", rows=("firmware:release",))
def test_a_download_that_waited_for_a_session_begins_when_the_power_has_ended_it(charging: World) -> None:
    update(serve(charging))
    charging.power_cycle().wait(PREPARED_S)
    assert told(charging) == DONE


@covers("CS-7.25-02", rows=("firmware:fail",))
def test_the_only_attempt_was_one_even_where_the_power_has_ended_it(world: World) -> None:
    update(serve(world), retries=0)
    world.wait(1).power_cycle().wait(10)
    assert told(world) == ["Downloading", "DownloadFailed"]
    assert not world.transfers.files


@covers("CS-5.19-12", rows=("firmware:keep.unasked",))
def test_an_update_whose_record_is_lost_stays_in_use(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    update(serve(world))
    world.wait(7.3).cut_power()
    lost = world.disk.load()["firmware"]
    world.disk.commit([Drop("firmware", key) for key in lost])
    world.power_up().wait(5)
    assert (version(world), world.state("firmware")) == (NEW, "Idle")
    assert version(world.power_cycle()) == NEW
