"""ChangeAvailability: at once, scheduled, taken back; and what connector 0 is then."""

from __future__ import annotations

import pytest

from properties.world.invariants import violations
from properties.world.world import World
from tests.covering import covers


@covers(
    "CS-7.7-03", "CS-5.2-04", "CS-5.2-05", "CS-5.2-07", "CS-5.2-08", "CS-4.9-A8", "CS-4.9-H1",
    rows=("connector:A8", "connector:H1"),
)  # fmt: skip
def test_unavailable_and_back(world: World) -> None:
    for kind in ("Inoperative", "Inoperative", "Operative", "Operative"):
        assert world.ask("ChangeAvailability", connectorId=2, type=kind).answer == {"status": "Accepted"}
    assert world.csms.statuses(2) == ["Available", "Unavailable", "Available"]


@covers("CS-5.2-07", rows=("station_availability:inoperative", "station_availability:operative"))
def test_what_the_station_is_already_it_can_be_asked_for_again(world: World) -> None:
    for kind in ("Operative", "Inoperative", "Inoperative", "Operative"):
        assert world.ask("ChangeAvailability", connectorId=0, type=kind).answer == {"status": "Accepted"}
    assert world.csms.statuses(0) == ["Available", "Unavailable", "Available"]


@covers("CS-5.2-08", "CS-4.9-F8", rows=("connector:F8.inoperative",))
def test_where_a_session_is_over_it_takes_effect_at_once_and_is_told(charging: World) -> None:
    charging.press_stop()
    assert charging.csms.statuses(1)[-1] == "Finishing"
    assert charging.ask("ChangeAvailability", connectorId=1, type="Inoperative").answer == {"status": "Accepted"}
    assert charging.csms.statuses(1)[-1] == "Unavailable"


@covers(
    "CS-7.7-13", "CS-7.7-12", "CS-5.2-04", "CS-5.2-05", "CS-5.2-06", "CS-4.9-F8",
    rows=("availability:schedule", "availability:take_effect", "connector:F8"),
)  # fmt: skip
@pytest.mark.parametrize("stopped_first", [False, True])
def test_scheduled_takes_effect_when_the_car_leaves(charging: World, stopped_first: bool) -> None:
    assert charging.ask("ChangeAvailability", connectorId=1, type="Inoperative").answer == {"status": "Scheduled"}
    if stopped_first:
        charging.present("alice", 1)
    charging.plug_out()
    assert charging.csms.statuses(1)[-3:] == ["Charging", "Finishing", "Unavailable"]
    charging.plug_in().present("alice", 1)
    assert len(charging.csms.got("StartTransaction")) == 1
    charging.plug_out().ask("ChangeAvailability", connectorId=1, type="Operative")
    assert charging.csms.statuses(1)[-1] == "Available", "it had taken effect, and is taken back"


@covers("CS-5.2-06", rows=("availability:schedule",))
def test_a_transaction_that_is_suspended_is_in_progress_too(charging: World) -> None:
    charging.plug_in(2).present("bob", 2)
    charging.ev_wants(False, 1).fault(2, "EVCommunicationError")
    for connector, begun in ((1, "SuspendedEV"), (2, "SuspendedEVSE")):
        asked = charging.ask("ChangeAvailability", connectorId=connector, type="Inoperative")
        assert (charging.csms.statuses(connector)[-1], asked.answer) == (begun, {"status": "Scheduled"})
        charging.plug_out(connector)
        assert charging.csms.statuses(connector)[-1] == "Unavailable"


@covers("CS-5.2-03", rows=("availability:unschedule", "connector:F1"))
def test_operative_in_a_transaction_takes_the_schedule_back(charging: World) -> None:
    charging.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    assert charging.ask("ChangeAvailability", connectorId=1, type="Operative").answer == {"status": "Accepted"}
    charging.plug_out()
    assert charging.csms.statuses(1)[-1] == "Available"


@covers(
    "CS-7.7-01",
    "CS-7.7-12",
    "CS-4.9-05",
    "CS-4.9-04",
    "CS-3.8-05",
    "CS-5.2-04",
    "CS-5.2-09",
    "CS-5.2-06",
    rows=("station_availability:inoperative.scheduled", "station_availability:operative"),
)
def test_connector_0_means_all_of_them(charging: World) -> None:
    assert charging.ask("ChangeAvailability", connectorId=0, type="Inoperative").answer == {"status": "Scheduled"}
    assert [charging.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == [
        "Unavailable", "Charging", "Unavailable",
    ]  # fmt: skip
    assert charging.ask("ChangeAvailability", connectorId=0, type="Operative").answer == {"status": "Accepted"}
    assert [charging.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Charging", "Available"]


@covers(
    "CS-4.9-07", "CS-5.2-02", "CS-5.2-05", "CS-5.2-08", rows=("station_availability:in_part", "availability:operative")
)
def test_one_connector_in_use_again_makes_the_station_available(world: World) -> None:
    world.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert world.ask("ChangeAvailability", connectorId=1, type="Operative").answer == {"status": "Accepted"}
    world.power_cycle()
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Available", "Unavailable"]
    world.plug_in(1).present("alice")
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [1]


@covers("CS-5.2-06", "CS-5.2-09", rows=("station_availability:in_part", "availability:unschedule"))
def test_a_running_session_that_may_go_on_makes_the_station_available(charging: World) -> None:
    charging.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert charging.ask("ChangeAvailability", connectorId=1, type="Operative").answer == {"status": "Accepted"}
    charging.plug_out()
    assert [charging.csms.statuses(n)[-1] for n in (0, 1, 2)] == ["Available", "Available", "Unavailable"]


@covers("CS-4.9-B1", "CS-4.9-B6", "CS-4.9-B8", rows=("connector:B1.inoperative", "connector:B6.inoperative"))
def test_preparing_is_left_before_unavailable(world: World) -> None:
    world.present("alice", 1).plug_in(2)
    for connector in (1, 2):
        world.ask("ChangeAvailability", connectorId=connector, type="Inoperative")
    assert world.csms.statuses(1) == ["Available", "Preparing", "Available", "Unavailable"]
    assert world.csms.statuses(2) == ["Available", "Preparing", "Finishing", "Unavailable"]
    assert not violations(world)


@covers("CS-3.8-04", "CS-5.2-04", "CS-5.2-05")
def test_a_connector_that_is_not_there_is_rejected(world: World) -> None:
    assert world.ask("ChangeAvailability", connectorId=3, type="Operative").answer == {"status": "Rejected"}
