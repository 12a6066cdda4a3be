"""Statuses, faults, availability, triggers and security events: what the station says of itself, and when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.books import complaints, debts
from properties.world.csms import SILENT, late, refuses, says
from properties.world.healing import heal
from properties.world.world import World, offers_w
from runtime.inputs import DataTransferAsked, FaultCleared, FaultRaised, SecurityEventNoted
from tests.covering import FiredRows, covers


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


@pytest.fixture
def charging(world: World) -> World:
    return world.plug_in().present("alice")


def told(world: World, connector: int = 1) -> list[tuple[str, str]]:
    """Status and error code, in the order in which the CSMS heard them."""
    heard = [p for p in world.csms.got("StatusNotification") if p["connectorId"] == connector]
    return [(p["status"], p["errorCode"]) for p in heard]


# ---- faults ----------------------------------------------------------------------------------------------


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


@covers("CS-4.9-C9", "CS-4.9-I1", rows=("connector:C6.unplug", "fault:clear"))
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
    assert not complaints(world)


@covers("CS-4.9-19", "CS-7.6-08", rows=("fault:silent.untold", "fault:heard"))
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


@covers("CS-4.9-19", "CS-7.6-08", rows=("fault:silent", "fault:heard.told"))
def test_silence_is_told_and_its_end_where_the_status_stays(world: World) -> None:
    world.plug_in().fault(1, "EVCommunicationError").clear_fault(1)
    assert told(world)[-2:] == [("Preparing", "EVCommunicationError"), ("Preparing", "NoError")]


@covers("CS-4.9-19", rows=("fault:silent.untold",))
def test_silence_is_told_as_soon_as_the_status_may_say_so(world: World) -> None:
    world.fault(1, "EVCommunicationError").plug_in()
    assert told(world) == [("Available", "NoError"), ("Preparing", "EVCommunicationError")]


@covers("CS-4.9-18", "CS-4.9-19", rows=("fault:silent.instead", "fault:heard"))
def test_a_warning_that_gives_way_to_silence_is_taken_back(world: World) -> None:
    world.fault(1, "WeakSignal").tell(FaultRaised(1, "EVCommunicationError")).tell(FaultCleared(1))
    assert told(world) == [("Available", "NoError"), ("Available", "WeakSignal"), ("Available", "NoError")]


@covers("CS-7.6-08", "CS-4.9-08", rows=("fault:silent", "fault:heard.told"))
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


@covers("CS-4.1-06", rows=("boot:trigger.accepted", "authorization:ask"))
def test_a_boot_notification_that_was_triggered_refuses_no_driver(world: World) -> None:
    world.flap().wait(10).csms.plan("BootNotification", SILENT)
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.plug_in(1).present("alice", 1).wait(30)
    assert world.csms.got("Authorize")


@covers("CS-4.9-B5", "CS-4.9-E4", rows=("connector:B5", "connector:E4"))
def test_a_session_begins_suspended_under_a_warning(world: World) -> None:
    world.plug_in().ev_wants(False).fault(1, "EVCommunicationError").present("alice").clear_fault(1)
    assert [status for status, _ in told(world)][-3:] == ["Preparing", "SuspendedEVSE", "SuspendedEV"]


# ---- availability ----------------------------------------------------------------------------------------


@covers(
    "CS-7.7-03", "CS-5.2-04", "CS-5.2-05", "CS-5.2-07", "CS-5.2-08", "CS-4.9-A8", "CS-4.9-H1",
    rows=("connector:A8", "connector:H1"),
)  # fmt: skip
def test_unavailable_and_back(world: World) -> None:
    for kind in ("Inoperative", "Inoperative", "Operative", "Operative"):
        assert world.ask("ChangeAvailability", connectorId=2, type=kind).answer == {"status": "Accepted"}
    assert world.csms.statuses(2) == ["Available", "Unavailable", "Available"]


@covers(
    "CS-7.7-13", "CS-7.7-12", "CS-5.2-06", "CS-4.9-F8",
    rows=("availability:schedule", "availability:take_effect", "connector:F8"),
)  # fmt: skip
def test_scheduled_takes_effect_when_the_car_leaves(charging: World) -> None:
    assert charging.ask("ChangeAvailability", connectorId=1, type="Inoperative").answer == {"status": "Scheduled"}
    charging.plug_out()
    assert charging.csms.statuses(1)[-3:] == ["Charging", "Finishing", "Unavailable"]
    charging.plug_in().present("alice", 1)
    assert len(charging.csms.got("StartTransaction")) == 1


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
    "CS-5.2-09",
    "CS-5.2-06",
    rows=("connector_zero:inoperative", "connector_zero:operative"),
)
def test_connector_0_means_all_of_them(charging: World) -> None:
    assert charging.ask("ChangeAvailability", connectorId=0, type="Inoperative").answer == {"status": "Scheduled"}
    assert [charging.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == [
        "Unavailable", "Charging", "Unavailable",
    ]  # fmt: skip
    assert charging.ask("ChangeAvailability", connectorId=0, type="Operative").answer == {"status": "Accepted"}
    assert [charging.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Charging", "Available"]


@covers("CS-4.9-07", "CS-5.2-02", "CS-5.2-05", "CS-5.2-08", rows=("connector_zero:in_part", "availability:operative"))
def test_one_connector_in_use_again_makes_the_station_available(world: World) -> None:
    world.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert world.ask("ChangeAvailability", connectorId=1, type="Operative").answer == {"status": "Accepted"}
    world.power_cycle()
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Available", "Unavailable"]
    world.plug_in(1).present("alice")
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [1]


@covers("CS-5.2-06", "CS-5.2-09", rows=("connector_zero:in_part", "availability:unschedule"))
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
    assert not complaints(world)


@covers("CS-3.8-04", "CS-5.2-05")
def test_a_connector_that_is_not_there_is_rejected(world: World) -> None:
    assert world.ask("ChangeAvailability", connectorId=3, type="Operative").answer == {"status": "Rejected"}


# ---- triggers --------------------------------------------------------------------------------------------


@covers("CS-5.17-05", "CS-5.17-06", "CS-5.17-07", rows=("reporting:trigger", "reporting_zero:trigger"))
def test_a_trigger_without_connector_means_all(world: World) -> None:
    before = len(world.csms.seen)
    assert world.ask("TriggerMessage", requestedMessage="StatusNotification").answer == {"status": "Accepted"}
    assert [seen.payload["connectorId"] for seen in world.csms.seen[before:]] == [0, 1, 2]
    world.ask("TriggerMessage", requestedMessage="StatusNotification", connectorId=2)
    assert world.csms.seen[-1].payload["connectorId"] == 2


STATION_WIDE = ("Heartbeat", "DiagnosticsStatusNotification", "FirmwareStatusNotification")
PER_CONNECTOR = ("MeterValues", "StatusNotification")


@covers("CS-5.17-08", "CS-5.17-09", "CS-5.17-10", "CS-5.17-15", "CS-7.44-02", "CS-7.44-03")
@pytest.mark.parametrize(
    ("message", "connector", "status"),
    [
        ("StartTransaction", None, "NotImplemented"),
        ("FooBar", 1, "NotImplemented"),
        ("heartbeat", None, "NotImplemented"),
        ("MeterValues", 9, "Rejected"),
        ("MeterValues", 0, "Rejected"),
        ("MeterValues", -1, "Rejected"),
        ("StatusNotification", 9, "Rejected"),
        ("StatusNotification", -1, "Rejected"),
    ],
)
def test_what_cannot_be_triggered_says_so(world: World, message: str, connector: int | None, status: str) -> None:
    before = len(world.csms.seen)
    where = {} if connector is None else {"connectorId": connector}
    assert world.ask("TriggerMessage", requestedMessage=message, **where).answer == {"status": status}
    assert len(world.csms.seen) == before


@covers("CS-5.17-03", "CS-5.17-04", "CS-5.17-08", "CS-5.17-11", "CS-7.44-01")
@pytest.mark.parametrize("connector", [None, 0, 1, 99])
@pytest.mark.parametrize("message", STATION_WIDE)
def test_what_belongs_to_no_connector_is_sent_whichever_is_named(
    world: World, message: str, connector: int | None
) -> None:
    before = len(world.csms.got(message))
    where = {} if connector is None else {"connectorId": connector}
    assert world.ask("TriggerMessage", requestedMessage=message, **where).answer == {"status": "Accepted"}
    assert len(world.csms.got(message)) == before + 1


@covers("ERR-3.35-01", "CS-4.2-10", rows=("boot:reconnect", "boot:trigger.accepted", "boot:accept.again"))
def test_a_boot_notification_is_triggered_only_over_another_link_than_that_of_the_acceptance(world: World) -> None:
    asked = [world.ask("TriggerMessage", requestedMessage="BootNotification").answer]
    world.flap().wait(10)
    asked.append(world.ask("TriggerMessage", requestedMessage="BootNotification").answer)
    asked.append(world.ask("TriggerMessage", requestedMessage="BootNotification").answer)
    assert [answer and answer["status"] for answer in asked] == ["Rejected", "Accepted", "Rejected"]
    assert len(world.csms.got("BootNotification")) == 2


@covers("CS-5.17-02", "CS-5.17-05", "CS-5.17-06", rows=("reporting:trigger",))
@pytest.mark.parametrize(
    ("message", "connector", "told"),
    [("MeterValues", None, [1, 2]), ("MeterValues", 2, [2]), ("StatusNotification", 0, [0])],
)
def test_what_belongs_to_a_connector_is_sent_for_it(
    world: World, message: str, connector: int | None, told: list[int]
) -> None:
    world.ask("TriggerMessage", requestedMessage="StatusNotification", connectorId=1)
    before = len(world.csms.seen)
    where = {} if connector is None else {"connectorId": connector}
    world.ask("TriggerMessage", requestedMessage=message, **where)
    sent = world.csms.seen[before:]
    assert [(one.action, one.payload["connectorId"]) for one in sent] == [(message, each) for each in told]


@covers("CS-7.24-02", "CS-7.25-05", "CS-7.24-01", "CS-7.25-04", rows=("diagnostics:trigger", "firmware:trigger"))
def test_where_no_update_and_no_upload_runs_the_trigger_is_told_so(charging: World) -> None:
    for message in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
        assert not charging.csms.got(message)
        charging.ask("TriggerMessage", requestedMessage=message)
        assert charging.csms.got(message) == [{"status": "Idle"}]


@covers("CS-4.7-04", "ERR-3.46-01", "CS-5.17-14", "CS-5.17-13", rows=("metering:trigger", "metering:trigger.sampling"))
def test_triggered_meter_values_are_current_and_say_why(charging: World) -> None:
    charging.wait(7).ask("TriggerMessage", requestedMessage="MeterValues")
    one, two = charging.csms.got("MeterValues")
    assert (one["transactionId"], one["connectorId"]) == (1001, 1)
    assert "transactionId" not in two
    assert {v["meterValue"][0]["sampledValue"][0]["context"] for v in (one, two)} == {"Trigger"}


@covers("CS-5.17-14", "CS-5.17-13", rows=("metering:trigger.sampling",))
def test_triggered_meter_values_are_the_measurands_that_are_sampled_as_they_are_now(charging: World) -> None:
    wanted = "Voltage,Energy.Active.Import.Register"
    charging.ask("ChangeConfiguration", key="MeterValuesSampledData", value=wanted)
    charging.wait(100).ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    values = charging.csms.got("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    assert [(value["measurand"], value["context"]) for value in values] == [
        (measurand, "Trigger") for measurand in wanted.split(",")
    ]
    assert int(values[1]["value"]) == pytest.approx(charging.register_wh(), abs=20), "of this moment"


@covers("CS-3.7-01", rows=("metering:trigger.sampling", "connector:C6.button"))
def test_triggered_meter_values_do_not_come_after_the_stop_of_their_transaction(charging: World) -> None:
    charging.csms.plan("Heartbeat", late(5.0))
    charging.ask("TriggerMessage", requestedMessage="Heartbeat")
    charging.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    charging.press_stop().wait(10)
    assert charging.csms.actions()[-4:] == ["Heartbeat", "MeterValues", "StopTransaction", "StatusNotification"]


@covers("CS-4.2-10", rows=("boot:trigger.accepted", "boot:accept.again", "heartbeat:anew", "reporting:again"))
def test_a_triggered_boot_notification_is_followed_by_the_statuses(world: World) -> None:
    world.flap().wait(10)
    before = len(world.csms.seen)
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    assert world.csms.actions()[before:] == ["BootNotification"] + ["StatusNotification"] * 3


@covers("CS-4.2-19", "CS-4.2-11", rows=("boot:trigger.accepted", "call:withdraw"))
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_an_acceptance_that_is_taken_back_silences_the_station(charging: World, status: str) -> None:
    charging.flap().wait(10).csms.plan("BootNotification", says(status=status, interval=100))
    charging.ask("TriggerMessage", requestedMessage="BootNotification")
    charging.press_stop().plug_out().wait(60)
    assert not charging.csms.got("StopTransaction")
    assert not complaints(charging)
    charging.wait(60)
    assert charging.csms.got("StopTransaction")[0]["reason"] == "Local"


@covers("CS-5.17-11", "CS-4.6-02", rows=("heartbeat:beat",))
def test_a_triggered_heartbeat(world: World) -> None:
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert world.csms.actions()[-1] == "Heartbeat"


@covers("CS-3.7.1-02", rows=("call:timeout.next",))
def test_more_calls_than_can_wait_do_not_push_out_what_is_owed(world: World) -> None:
    world.csms.always("*", SILENT)
    world.plug_in(2).present("alice", 2).wait(11)
    for _ in range(110):
        world.plug_in(1).plug_out(1)
    heal(world)
    assert not debts(world)
    assert not complaints(world)


# ---- security events, data transfer, unlocking -----------------------------------------------------------


@covers("SEC-A04.FR.01", "SEC-A04.FR.02", "SEC-A04.FR.03", rows=("security_event:note.keep", "security_event:send"))
def test_security_events_survive_and_are_told_in_order(world: World) -> None:
    world.link_down()
    for name in ("TamperDetectionActivated", "InvalidFirmwareSignature"):
        world.tell(SecurityEventNoted(name))
    world.power_cycle().link_up().wait(30)
    assert [event["type"] for event in world.csms.got("SecurityEventNotification")] == [
        "TamperDetectionActivated", "InvalidFirmwareSignature",
    ]  # fmt: skip


@covers("SEC-A04.FR.02", rows=("security_event:lose", "security_event:confirm"))
def test_a_security_event_without_an_answer_is_sent_again(world: World) -> None:
    world.csms.plan("SecurityEventNotification", SILENT)
    world.tell(SecurityEventNoted("MemoryExhaustion")).wait(60)
    assert len(world.csms.got("SecurityEventNotification")) == 2


@covers("CS-3.12-01", "CS-4.3-04", "CS-4.3-01", rows=("call:data", "call:data.refuse"))
def test_data_from_the_box_goes_out_only_to_who_hears_it(world: World) -> None:
    world.tell(DataTransferAsked("livoltek", "hello", "1")).link_down().tell(DataTransferAsked("livoltek")).link_up()
    assert world.csms.got("DataTransfer") == [{"vendorId": "livoltek", "messageId": "hello", "data": "1"}]


@covers("ERR-3.85-02", "CS-5.18-02", "CS-5.18-07", "ERR-4.15-01", "CS-5.18-04", "CS-5.18-05")
def test_fixed_cables_cannot_be_unlocked(world: World) -> None:
    assert world.ask("UnlockConnector", connectorId=1).answer == {"status": "NotSupported"}
