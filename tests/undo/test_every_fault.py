"""A fault in every function of every block: the step is undone, all of it, and the station goes on."""

from __future__ import annotations

import pytest

from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from tests.undo.day import SETTINGS, day
from tests.undo.planted import KINDS, Fault, PlantedWorld

MOST_DAYS = 8

NOT_OF_A_DAY = {
    ("answer", ("cache_entry", "oldest")), ("answer", ("charging_profile", "supported")),
    ("answer", ("reservation", "for_who_is_here")), ("last", "interface_retry"),
    ("perform", ("call", "forget outbox")), ("perform", ("call", "forget waiting")),
    ("perform", ("charging_profile", "remove all")), ("perform", ("transaction", "count failure")),
}  # fmt: skip
"""What a day has no occasion for. Whatever a new block adds has to have one."""


@pytest.fixture(scope="module")
def calm() -> Fault:
    """The functions that are called in a day on which nothing fails."""
    world = PlantedWorld(fault := Fault(), settings=SETTINGS)
    for verb in day():
        verb(world)
    return fault


def test_a_day_has_an_occasion_for_every_function(calm: Fault) -> None:
    station = PlantedWorld(Fault()).power_up().station
    power_allocation = {
        machine.name for machine in station.context.engine.composition.machines if machine.table != machine.name
    }
    keys = [(kind, key) for kind in KINDS for key in getattr(station.bindings, kind)]
    everything = {(kind, key) for kind, key in keys if not (isinstance(key, tuple) and key[0] in power_allocation)}
    assert everything - calm.called - calm.at_power_up <= NOT_OF_A_DAY


@pytest.mark.exhaustive
def test_each_function_raises_once_and_each_time_everything_is_as_it_was(calm: Fault) -> None:
    """The world compares all that can be reached from the station, before and after (``planted.py``)."""
    world = PlantedWorld(fault := Fault(names=set(calm.called)), settings=SETTINGS)
    for _ in range(MOST_DAYS):
        for verb in day():
            verb(world)
            world.wait(30)
            if world.powered:
                world.station.undo.check(world.station)
        if not fault.names:
            break
    assert not fault.names, "every one has had its occasion"
    assert len(world.undone) == len(fault.struck) >= len(calm.called)
    sessions_go_on(world)


@pytest.mark.parametrize("name", [("perform", ("boot", "send BootNotification")), ("last", "call_timeout")])
def test_what_fails_in_every_step_is_undone_in_every_step(name: tuple[str, object]) -> None:
    world = PlantedWorld(Fault(always={name}))
    world.power_up().wait(120)
    assert len(world.undone) > 10
    assert not world.csms.seen
    world.planted.always.clear()
    sessions_go_on(world)


def sessions_go_on(world: PlantedWorld) -> None:
    """What was owed arrives, and the next session is like any other."""
    world.cut_power()
    heal(world.power_up())
    assert not undelivered(world)
    assert not violations(world)
    before = len(world.csms.got("StopTransaction"))
    world.plug_in(1).present("alice").wait(60).present("alice").plug_out(1).wait(60)
    assert len(world.csms.got("StopTransaction")) == before + 1
