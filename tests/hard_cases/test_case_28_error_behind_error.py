"""Hard case 28: an error of a connector behind an error of the station, and either cleared first.

What is reported is a status with the error that goes with it, and each change of that is told, once. Every order in
which errors and warnings of connector 1 and of the station come and go is tried, and after each step what the CSMS
was told last is held against a picture of the truth that is drawn here, apart from the station's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations

import pytest
from attrs import define

from properties.world.csms import Json
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.core.inputs import FaultCleared, FaultRaised, StoreEmptied, StoreFilled
from tests.covering import FiredRows, covers

CLEARED = "cleared"
ERRORS = ("GroundFailure", "InternalError")
SILENCE = "EVCommunicationError"
WARNING = "WeakSignal"
STATION_WARNING = "ReaderFailure"

OF_THE_STATION = (
    (ERRORS[0], CLEARED),
    (STATION_WARNING, CLEARED),
    (STATION_WARNING, ERRORS[0], CLEARED),
    (ERRORS[0], STATION_WARNING, CLEARED),
    (ERRORS[0], ERRORS[1], CLEARED),
    (STATION_WARNING, WARNING, CLEARED),
)
OF_THE_CONNECTOR = (
    ("ConnectorLockFailure", CLEARED),
    (WARNING, CLEARED),
    (SILENCE, CLEARED),
    (WARNING, "ConnectorLockFailure", CLEARED),
    ("ConnectorLockFailure", WARNING, CLEARED),
    ("ConnectorLockFailure", "OverVoltage", CLEARED),
    ("ConnectorLockFailure", SILENCE, CLEARED),
    (WARNING, SILENCE, CLEARED),
    (SILENCE, "ConnectorLockFailure", CLEARED),
)
Happening = tuple[int, str]
"""A connector (0: the station), and the error that is raised there, or that its error is cleared."""


def interleaved(*scripts: tuple[Happening, ...]) -> Iterator[tuple[Happening, ...]]:
    """Every order of two scripts in which each keeps its own."""
    one, other = scripts
    length = len(one) + len(other)
    for places in combinations(range(length), len(one)):
        first, second = iter(one), iter(other)
        yield tuple(next(first) if place in places else next(second) for place in range(length))


def orders(station: tuple[str, ...], connector: tuple[str, ...]) -> Iterator[tuple[Happening, ...]]:
    """Every order of what happens to the station and to connector 1."""
    return interleaved(tuple((0, what) for what in station), tuple((1, what) for what in connector))


@define
class Truth:
    """What stands, of connector 0 and 1; a graver error is not replaced by a lesser one."""

    errors: dict[int, str]
    status: str = "Available"

    def take(self, happening: Happening) -> None:
        """Something has happened."""
        where, what = happening
        if what == CLEARED:
            self.errors.pop(where, None)
        elif grave(what) >= grave(self.errors.get(where)):
            self.errors[where] = what

    def told(self) -> dict[int, tuple[str, str]]:
        """Status and error code of each connector."""
        station, own = self.errors.get(0), self.errors.get(1)
        zero = ("Faulted" if grave(station) == FAULT else "Available", station or "NoError")
        if grave(own) == FAULT:
            return {0: zero, 1: ("Faulted", own or ""), 2: self._of(station, None)}
        return {0: zero, 1: self._of(station, own), 2: self._of(station, None)}

    def _of(self, station: str | None, own: str | None) -> tuple[str, str]:
        if grave(station) == FAULT:
            return "Faulted", station or ""
        hidden = own == SILENCE and self.status == "Available"
        return self.status, "NoError" if hidden else own or "NoError"


FAULT = 3


def grave(code: str | None) -> int:
    """How grave an error is: none, a warning, a silent EV, a fault."""
    return {None: 0, WARNING: 1, STATION_WARNING: 1, SILENCE: 2}.get(code, FAULT)


def bring(world: World, happening: Happening) -> None:
    """Have the hardware say it; where it has nothing that could be cleared, it says nothing."""
    where, what = happening
    world.submit(FaultCleared(where) if what == CLEARED else FaultRaised(where, what))


def last(world: World) -> dict[int, tuple[str, str]]:
    """What the CSMS was told last of each connector."""
    return {p["connectorId"]: (p["status"], p["errorCode"]) for p in world.csms.got("StatusNotification")}


def repeated(said: list[Json]) -> list[Json]:
    """What was said of a connector twice in a row."""
    latest: dict[int, Json] = {}
    again = []
    for payload in said:
        news = {name: value for name, value in payload.items() if name != "timestamp"}
        if latest.get(payload["connectorId"]) == news:
            again.append(payload)
        latest[payload["connectorId"]] = news
    return again


@covers(
    "CS-4.9-17", "CS-4.9-18", "CS-7.7-14", "ERR-3.19-01",
    rows=("reporting:error", "reporting_zero:error", "reporting:report"),
)  # fmt: skip
@pytest.mark.parametrize("station", OF_THE_STATION, ids="-".join)
def test_case_28_the_csms_knows_what_is_true_after_every_step_in_every_order(
    fired: FiredRows, station: tuple[str, ...]
) -> None:
    world = World(fired.see).power_up()
    for order in chain.from_iterable(orders(station, connector) for connector in OF_THE_CONNECTOR):
        truth = Truth({})
        for happening in order:
            bring(world, happening)
            truth.take(happening)
            assert last(world) == truth.told(), (order, happening)
    assert not repeated(world.csms.got("StatusNotification"))
    assert not violations(world)


def offline(world: World) -> None:
    """The link is lost and comes back later."""
    world.link_down()


def dark(world: World) -> None:
    """The power goes and comes back."""
    world.cut_power()


def dropped(world: World) -> None:
    """The link is lost with what is on its way."""
    world.network.lose("flap")


BACK_AGAIN_S = 150.0
"""The longest back-off, and what it takes to tell everything."""

INTERRUPTIONS: dict[str, tuple[Callable[[World], object], Callable[[World], object]]] = {
    "offline": (offline, lambda world: world.link_up()),
    "without power": (dark, lambda world: world.power_up()),
    "flapping": (dropped, lambda world: world.wait(0)),
}
OF_EITHER = (
    (("GroundFailure", CLEARED), ("ConnectorLockFailure", CLEARED)),
    (("GroundFailure", CLEARED), (WARNING, CLEARED)),
    ((STATION_WARNING, CLEARED), ("ConnectorLockFailure", CLEARED)),
    ((STATION_WARNING, CLEARED), (WARNING, CLEARED)),
)
"""Of the station and of the connector. The hardware keeps one error at each place over the dark."""


@covers("CS-4.9-26", "CS-4.9-28", "CS-7.7-14", rows=("reporting:error",))
@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize(("station", "connector"), OF_EITHER)
@pytest.mark.exhaustive
def test_case_28_whatever_comes_between(
    fired: FiredRows, interruption: str, station: tuple[str, ...], connector: tuple[str, ...]
) -> None:
    begins, ends = INTERRUPTIONS[interruption]
    world = World(fired.see).power_up()
    for order in orders(station, connector):
        for first, past in combinations(range(len(order) + 1), 2):
            truth = Truth({})
            for place, happening in enumerate((*order, None)):
                if place == first:
                    begins(world)
                if place == past:
                    ends(world)
                    assert last(world.wait(BACK_AGAIN_S)) == truth.told(), (order, first, past)
                if happening:
                    break_or_repair(world, happening)
                    truth.take(happening)
            assert last(world) == truth.told(), (order, first, past)
    assert not violations(world)


def break_or_repair(world: World, happening: Happening) -> None:
    """With the hardware's own memory, which outlives the dark."""
    where, what = happening
    if what == CLEARED:
        world.clear_fault(where)
    else:
        world.fault(where, what)


@covers("CS-7.6-09", "CS-7.7-14", rows=("storage:fill", "reporting_zero:error", "reporting:error"))
@pytest.mark.parametrize("clears_first", ["station", "store"])
def test_a_full_store_behind_an_error_of_the_station(fired: FiredRows, clears_first: str) -> None:
    world = World(fired.see).power_up().fault(0).submit(StoreFilled())
    assert last(world) == dict.fromkeys((0, 1, 2), ("Faulted", "GroundFailure"))
    if clears_first == "station":
        world.clear_fault(0)
        assert last(world) == dict.fromkeys((0, 1, 2), ("Faulted", "OtherError"))
        world.submit(StoreEmptied())
    else:
        world.submit(StoreEmptied()).clear_fault(0)
    assert last(world) == dict.fromkeys((0, 1, 2), ("Available", "NoError"))
    assert not repeated(world.csms.got("StatusNotification"))


@covers("CS-4.9-18", "CS-4.9-19", rows=("fault:silent.charging", "connector:C5.silent"))
@pytest.mark.parametrize("before", [None, WARNING])
def test_while_charging_one_report_says_status_and_error(fired: FiredRows, before: str | None) -> None:
    world = World(fired.see).power_up().plug_in().present("alice")
    if before:
        bring(world, (1, before))
    told = len(world.csms.got("StatusNotification"))
    bring(world, (1, SILENCE))
    bring(world, (1, CLEARED))
    later = [(p["status"], p["errorCode"]) for p in world.csms.got("StatusNotification")[told:]]
    assert later == [("SuspendedEVSE", SILENCE), ("Charging", "NoError")]
    assert not undelivered(heal(world))
