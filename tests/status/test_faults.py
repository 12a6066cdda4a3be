"""Faults, warnings and silent EVs: which status lies over which, and which error goes with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.csms import refuses
from properties.world.invariants import violations
from properties.world.world import World, offers_w
from runtime.core.inputs import FaultCleared, FaultRaised
from tests.covering import covers


def told(world: World, connector: int = 1) -> list[tuple[str, str]]:
    """Status and error code, in the order in which the CSMS heard them."""
    heard = [p for p in world.csms.got("StatusNotification") if p["connectorId"] == connector]
    return [(p["status"], p["errorCode"]) for p in heard]


@covers("CS-4.9-A9", "CS-4.9-I1", "CS-7.7-14", rows=("fault:fault", "fault:clear"))
def test_a_fault_at_an_idle_connector_comes_and_goes(world: World) -> None:
    world.fault(1, "GroundFailure").clear_fault(1)
    assert told(world)[1:] == [("Faulted", "GroundFailure"), ("Available", "NoError")]


@covers("CS-4.9-C9", "CS-4.9-I3", rows=("fault:fault", "fault:clear"))
def test_a_transaction_goes_on_under_a_fault_without_energy(charging: World) -> None:
    charging.fault(1, "HighTemperature")
    register_wh = charging.register_wh()
    charging.wait(30)
    assert charging.register_wh() == register_wh
    charging.clear_fault(1)
    assert told(charging)[-2:] == [("Faulted", "HighTemperature"), ("Charging", "NoError")]
    assert not charging.csms.got("StopTransaction")


@covers("CS-4.9-C9", "CS-4.9-I1", rows=("connector:CDE6.unplug", "fault:clear"))
def test_a_fault_ends_where_usage_then_stands(charging: World) -> None:
    charging.fault(1).plug_out().clear_fault(1)
    assert told(charging)[-2:] == [("Faulted", "GroundFailure"), ("Available", "NoError")]
    assert charging.csms.got("StopTransaction")[0]["reason"] == "EVDisconnected"


@covers("CS-4.9-I2", "CS-4.9-B3", "ERR-3.19-01", rows=("connector:B3", "fault:clear"))
def test_a_session_that_waited_for_the_end_of_a_fault_begins_with_it(world: World) -> None:
    world.present("alice", 1).fault(1).plug_in(1).clear_fault(1)
    assert [status for status, _ in told(world)][-3:] == ["Faulted", "Preparing", "Charging"]


@covers(
    "CS-4.9-19", "CS-7.6-02", "CS-7.6-03", "CS-4.9-C5", "CS-4.9-E3",
    rows=("fault:silent.charging", "connector:C5.silent"),
)  # fmt: skip
def test_ev_communication_error_suspends_and_is_told_only_where_it_may(charging: World) -> None:
    charging.fault(1, "EVCommunicationError").clear_fault(1)
    assert told(charging)[-2:] == [("SuspendedEVSE", "EVCommunicationError"), ("Charging", "NoError")]


@covers("CS-4.9-19")
@pytest.mark.parametrize(
    ("begin", "status", "code"),
    [
        (lambda world: world, "Available", "NoError"),
        (lambda world: world.plug_in(), "Preparing", "EVCommunicationError"),
        (lambda world: world.plug_in().present("alice").present("alice"), "Finishing", "EVCommunicationError"),
        (lambda world: world.plug_in().fault(0), "Faulted", "GroundFailure"),
        (lambda world: world.fault(0, "EVCommunicationError"), "Faulted", "OtherError"),
        (lambda world: world.plug_in().fill_disk().present("alice", 2), "Faulted", "OtherError"),
    ],
)
def test_an_ev_that_is_not_heard_is_told_with_no_other_status(
    world: World, begin: Callable[[World], World], status: str, code: str
) -> None:
    begin(world).fault(1, "EVCommunicationError").ask("TriggerMessage", requestedMessage="StatusNotification")
    assert told(world)[-1] == (status, code)
    assert not violations(world)


@covers("CS-4.9-19", "CS-7.6-08", rows=("fault:silent", "fault:heard"))
@pytest.mark.parametrize(
    "begin",
    [
        lambda world: world,
        lambda world: world.ask("ChangeAvailability", connectorId=1, type="Inoperative"),
        lambda world: world.fault(0),
        lambda world: world.plug_in().fill_disk().present("alice", 2),
    ],
    ids=["Available", "Unavailable", "station Faulted", "store full"],
)
def test_silence_that_may_not_be_told_and_its_end_make_no_message(
    world: World, begin: Callable[[World], object]
) -> None:
    begin(world)
    before = told(world)
    world.fault(1, "EVCommunicationError").clear_fault(1)
    assert told(world) == before


@covers("CS-4.9-19", "CS-7.6-08", rows=("fault:silent", "fault:heard", "reporting:error"))
def test_silence_is_told_and_its_end_where_the_status_stays(world: World) -> None:
    world.plug_in().fault(1, "EVCommunicationError").clear_fault(1)
    assert told(world)[-2:] == [("Preparing", "EVCommunicationError"), ("Preparing", "NoError")]


@covers("CS-4.9-19", rows=("fault:silent",))
def test_silence_is_told_as_soon_as_the_status_may_say_so(world: World) -> None:
    world.fault(1, "EVCommunicationError").plug_in()
    assert told(world) == [("Available", "NoError"), ("Preparing", "EVCommunicationError")]


@covers("CS-4.9-18", "CS-4.9-19", rows=("fault:silent", "fault:heard"))
def test_a_warning_that_gives_way_to_silence_is_taken_back(world: World) -> None:
    world.fault(1, "WeakSignal").submit(FaultRaised(1, "EVCommunicationError")).submit(FaultCleared(1))
    assert told(world) == [("Available", "NoError"), ("Available", "WeakSignal"), ("Available", "NoError")]


@covers("CS-7.6-08", "CS-4.9-08", rows=("fault:silent", "fault:heard", "reporting:error"))
def test_the_end_of_silence_is_told_where_another_cause_keeps_the_transaction_suspended(world: World) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="false")
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice").fault(1, "EVCommunicationError").clear_fault(1)
    assert told(world)[-3:] == [
        ("SuspendedEVSE", "NoError"), ("SuspendedEVSE", "EVCommunicationError"), ("SuspendedEVSE", "NoError"),
    ]  # fmt: skip


@covers("CS-4.9-18", "CS-7.7-14", rows=("fault:warn", "station_fault:fault", "station_fault:clear"))
def test_under_a_fault_of_the_station_a_warning_of_the_connector_is_not_what_faults_it(world: World) -> None:
    world.fault(1, "WeakSignal").fault(0, "GroundFailure").clear_fault(0)
    assert told(world)[-3:] == [("Available", "WeakSignal"), ("Faulted", "GroundFailure"), ("Available", "WeakSignal")]


@covers("CS-4.9-18", "CS-7.6-08", rows=("fault:warn", "fault:unwarn"))
def test_a_weak_signal_is_a_warning(world: World) -> None:
    world.fault(1, "WeakSignal").clear_fault(1)
    assert told(world)[1:] == [("Available", "WeakSignal"), ("Available", "NoError")]


@covers("CS-4.9-18", "CS-7.6-17", rows=("fault:warn", "fault:unwarn"))
def test_a_weak_signal_leaves_a_running_session_alone(charging: World) -> None:
    charging.fault(1, "WeakSignal").clear_fault(1)
    assert told(charging)[-2:] == [("Charging", "WeakSignal"), ("Charging", "NoError")]
    assert next(iter(offers_w(charging))) > 0


@covers("CS-7.7-14", "CS-4.9-17", rows=("station_fault:fault", "station_fault:clear"))
def test_a_fault_of_the_station_is_told_for_connector_0(world: World) -> None:
    world.fault(0, "InternalError").clear_fault(0)
    assert told(world, 0) == [("Available", "NoError"), ("Faulted", "InternalError"), ("Available", "NoError")]


@covers("CS-4.9-18", "CS-7.6-09", "CS-7.7-14", rows=("station_fault:warn", "storage:fill"))
def test_a_full_store_is_not_explained_by_a_warning_of_the_station(world: World) -> None:
    world.fault(0, "ReaderFailure").fill_disk().plug_in(2).present("alice", 2)
    assert (told(world, 0)[-1], told(world)[-1]) == (("Faulted", "OtherError"),) * 2
    world.empty_disk().wait(20)
    assert (told(world, 0)[-1], told(world)[-1]) == (("Available", "ReaderFailure"), ("Available", "NoError"))


@covers("CS-4.9-18", rows=("station_fault:warn", "station_fault:unwarn"))
def test_a_reader_that_fails_is_a_warning_of_the_station_and_no_fault(world: World) -> None:
    world.fault(0, "ReaderFailure").clear_fault(0)
    assert told(world, 0)[1:] == [("Available", "ReaderFailure"), ("Available", "NoError")]
    assert len(told(world)) == 1


@covers("CS-4.9-C9", "CS-4.9-I3", "CS-7.7-14", rows=("station_fault:fault", "station_fault:clear"))
def test_a_fault_of_the_station_lies_over_a_running_session_and_comes_off_it_again(charging: World) -> None:
    charging.fault(0, "GroundFailure")
    assert told(charging)[-1] == ("Faulted", "GroundFailure")
    assert next(iter(offers_w(charging))) == 0
    charging.clear_fault(0)
    assert told(charging)[-1] == ("Charging", "NoError")
    assert next(iter(offers_w(charging))) > 0


@covers("CS-7.7-14", rows=("station_fault:fault", "authorization:closed"))
def test_nobody_is_let_in_under_a_fault_of_the_station(world: World) -> None:
    world.fault(0, "GroundFailure").plug_in(1).present("alice", 1)
    assert not world.csms.got("Authorize")


@covers("CS-4.9-B5", "CS-4.9-E4", rows=("connector:B5", "connector:E4"))
def test_a_session_begins_suspended_under_a_warning(world: World) -> None:
    world.plug_in().ev_wants(False).fault(1, "EVCommunicationError").present("alice").clear_fault(1)
    assert [status for status, _ in told(world)][-3:] == ["Preparing", "SuspendedEVSE", "SuspendedEV"]
