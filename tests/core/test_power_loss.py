"""Power that goes at every place of a session, one after the other, and what is found afterwards.

A scenario is run once to count its places: before and after each step, within and after each commit, before each
effect. Then it is run again and again, cut at the first place, at the second, and so on (as SQLite's tests fail the
n-th operation for every n). After each cut the station comes back and everything heals; then each transaction that
began has exactly one start and one stop at the CSMS, whatever was in flight.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.csms import HANGS_UP
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from tests.covering import FiredRows, covers

SETTINGS = {"MeterValueSampleInterval": "5", "TransactionMessageRetryInterval": "1"}
FULL = ("CS-7.36-07", "CS-4.10-01", "CS-3.7-03")
Scenario = Callable[[World], object]


def session(world: World) -> None:
    """From the first boot to an empty connector."""
    world.power_up()
    world.plug_in().present("alice").wait(12).present("alice").plug_out()


def offline_session(world: World) -> None:
    """The same, with the link gone in the middle of it."""
    world.power_up()
    world.plug_in().present("alice").wait(6).link_down().wait(6).present("alice").plug_out().link_up().wait(5)


def two_sessions(world: World) -> None:
    """Both connectors at once; one car leaves, the other driver stops."""
    world.power_up()
    world.plug_in(1).present("alice", 1).plug_in(2).present("bob", 2).wait(6).plug_out(1).present("bob", 2)


def cut_at(scenario: Scenario, place: int, death: Death, watcher: Callable[..., None]) -> World:
    """The scenario, cut at that place; what cannot be done in the dark is left out. Then everything heals."""
    world = World(watcher, settings=SETTINGS)
    world.death = death
    world.fuse.set(place)
    scenario(world)
    world.cut_power(death).wait(3)
    return heal(world)


def brief_session(world: World) -> None:
    """A session of a second."""
    world.power_up()
    world.plug_in().present("alice").wait(1).present("alice")


def places_of(scenario: Scenario) -> int:
    """How many places the scenario has."""
    world = World(settings=SETTINGS)
    scenario(world)
    return world.fuse.passed


@covers(*FULL, rows=("transaction:power_loss", "transaction:power_loss.both"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
@pytest.mark.exhaustive
def test_one_start_and_one_stop_wherever_the_power_goes(fired: FiredRows, death: Death) -> None:
    for place in range(1, places_of(session) + 1):
        world = cut_at(session, place, death, fired.see)
        assert not violations(world), f"place {place} ({world.fuse.blew}): {violations(world)}"
        assert not undelivered(world), f"place {place} ({world.fuse.blew}): {undelivered(world)}"


@covers(*FULL, rows=("transaction:power_loss",))
@pytest.mark.parametrize(
    "scenario",
    [brief_session, *(pytest.param(long, marks=pytest.mark.exhaustive) for long in (offline_session, two_sessions))],
    ids=lambda scenario: scenario.__name__,
)
def test_nor_does_it_matter_what_else_goes_on(fired: FiredRows, scenario: Scenario) -> None:
    for place in range(1, places_of(scenario) + 1):
        world = cut_at(scenario, place, Death.TORN, fired.see)
        assert not violations(world), f"place {place} ({world.fuse.blew}): {violations(world)}"
        assert not undelivered(world), f"place {place} ({world.fuse.blew}): {undelivered(world)}"


@covers(*FULL, rows=("transaction:power_loss",))
@pytest.mark.exhaustive
def test_nor_when_it_goes_again_while_the_station_comes_back(fired: FiredRows) -> None:
    for place in range(1, places_of(session) + 1, 6):
        for again in range(1, 60, 5):
            world = World(fired.see, settings=SETTINGS)
            world.fuse.set(place)
            session(world)
            world.cut_power().wait(3)
            world.fuse.set(again)
            heal(world.power_up())
            assert not violations(world), f"places {place} and {again}: {violations(world)}"
            assert not undelivered(world), f"places {place} and {again}: {undelivered(world)}"


@covers(
    "CS-4.2.1-03",
    "ERR-3.11-02",
    "CS-7.36-07",
    "CS-4.2-03",
    "ERR-3.22-01",
    rows=("transaction:power_loss", "boot:accept"),
)
def test_after_boot_come_the_statuses_then_the_stop_with_the_last_register_kept(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    world.plug_in().present("alice").wait(12)
    last = world.csms.got("MeterValues")[-1]["meterValue"][0]
    before = len(world.csms.seen)
    world.power_cycle().wait(2)
    assert world.csms.actions()[before:] == ["BootNotification"] + ["StatusNotification"] * 3 + ["StopTransaction"]
    stop = world.csms.got("StopTransaction")[0]
    assert (stop["reason"], stop["transactionId"]) == ("PowerLoss", 1001)
    assert (stop["meterStop"], stop["timestamp"]) == (int(last["sampledValue"][0]["value"]), last["timestamp"])


@covers("CS-7.36-07", rows=("metering:checkpoint", "transaction:power_loss"))
def test_without_samples_the_register_is_kept_all_the_same(fired: FiredRows) -> None:
    world = World(fired.see, settings={"MeterValueSampleInterval": "0"}).power_up()
    world.plug_in().present("alice").wait(25).power_cycle().wait(2)
    stop = world.csms.got("StopTransaction")[0]
    assert stop["meterStop"] == pytest.approx(20 * 60_000 / 3600, rel=0.1), "the checkpoint of 20 s"


@covers("CS-7.36-07", "CS-4.10-01", rows=("transaction:power_loss",))
def test_a_stop_that_is_owed_survives_any_number_of_power_cuts(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    world.plug_in().present("alice").wait(7)
    world.csms.always("StopTransaction", HANGS_UP)
    for _ in range(5):
        world.power_cycle()
    heal(world)
    assert len(contents(world, "StopTransaction")) == 1
    assert not undelivered(world)


@covers("CS-5.17-14", rows=("metering:trigger.sampling", "transaction:power_loss"))
def test_a_register_that_was_shown_is_not_taken_back(fired: FiredRows) -> None:
    world = World(fired.see, settings={"MeterValueSampleInterval": "0"}).power_up()
    world.plug_in().present("alice").wait(5)
    world.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    shown_wh = int(world.csms.got("MeterValues")[0]["meterValue"][0]["sampledValue"][0]["value"])
    world.power_cycle().wait(2)
    assert world.csms.got("StopTransaction")[0]["meterStop"] >= shown_wh > 0


@covers("CS-5.2-10", "CS-4.9-09", rows=("connector:A8.power_up",))
def test_an_inoperative_connector_is_unavailable_after_any_power_cut(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    before = len(world.csms.statuses(1))
    world.power_cycle()
    assert world.csms.statuses(1)[before:] == ["Unavailable"]
