"""TriggerMessage: what is sent at once, for whom, and what cannot be had."""

from __future__ import annotations

import pytest

from model.language.loader import load_composition
from model.language.machine import Machine
from properties.world.csms import SILENT, Reply, late, says
from properties.world.invariants import violations
from properties.world.world import World
from runtime.core.inputs import SecurityEventNoted
from tests.covering import FiredRows, covers


@covers("CS-4.1-06", rows=("boot:trigger.accepted", "authorization:ask"))
def test_a_boot_notification_that_was_triggered_refuses_no_driver(world: World) -> None:
    world.flap().wait(10).csms.plan("BootNotification", SILENT)
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.plug_in(1).present("alice", 1).wait(30)
    assert world.csms.got("Authorize")


@covers("CS-5.17-05", "CS-5.17-06", rows=("reporting:trigger", "reporting_zero:trigger"))
def test_a_trigger_without_connector_means_all(world: World) -> None:
    before = len(world.csms.seen)
    assert world.ask("TriggerMessage", requestedMessage="StatusNotification").answer == {"status": "Accepted"}
    assert [seen.payload["connectorId"] for seen in world.csms.seen[before:]] == [0, 1, 2]
    world.ask("TriggerMessage", requestedMessage="StatusNotification", connectorId=2)
    assert world.csms.seen[-1].payload["connectorId"] == 2


@covers("CS-5.17-07", rows=("trigger_message:trigger",))
@pytest.mark.parametrize("message", ["BootNotification", "Heartbeat", "MeterValues", "StatusNotification"])
def test_a_trigger_is_answered_before_its_message_is_sent(world: World, message: str) -> None:
    before = len(world.flap().wait(10).network.log)
    asked = world.ask("TriggerMessage", requestedMessage=message)
    answer, sent, *_ = [passed.text for passed in world.network.log[before:] if passed.outward]
    assert asked.message_id in answer
    assert f'"{message}"' in sent


UNKNOWN, REFUSE = (covers(rows=(f"trigger_message:{row}",)) for row in ("unknown", "refuse"))

STATION_WIDE = ("Heartbeat", "DiagnosticsStatusNotification", "FirmwareStatusNotification")


@covers("CS-5.17-08", "CS-5.17-09", "CS-5.17-10", "CS-5.17-15", "CS-7.44-02", "CS-7.44-03")
@pytest.mark.parametrize(
    ("message", "connector", "status"),
    [
        pytest.param("StartTransaction", None, "NotImplemented", marks=UNKNOWN),
        pytest.param("FooBar", 1, "NotImplemented", marks=UNKNOWN),
        pytest.param("heartbeat", None, "NotImplemented", marks=UNKNOWN),
        pytest.param("MeterValues", 9, "Rejected", marks=REFUSE),
        pytest.param("MeterValues", 0, "Rejected", marks=REFUSE),
        pytest.param("MeterValues", -1, "Rejected", marks=REFUSE),
        pytest.param("StatusNotification", 9, "Rejected", marks=REFUSE),
        pytest.param("StatusNotification", -1, "Rejected", marks=REFUSE),
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


@covers("ERR-3.35-01", "CS-4.2-10", rows=("acceptance:lapse", "boot:trigger.accepted", "boot:accept.again"))
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
    assert (one["transactionId"], one["connectorId"], two["connectorId"]) == (1001, 1, 2)
    assert "transactionId" not in two
    assert {v["meterValue"][0]["sampledValue"][0]["context"] for v in (one, two)} == {"Trigger"}


@covers("ERR-3.46-01", "CS-5.17-14", "CS-5.17-13", rows=("metering:trigger.sampling",))
def test_triggered_meter_values_are_the_measurands_that_are_sampled_as_they_are_now(charging: World) -> None:
    wanted = "Voltage,Energy.Active.Import.Register"
    charging.ask("ChangeConfiguration", key="MeterValuesSampledData", value=wanted)
    charging.wait(100).ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    values = charging.csms.got("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    assert [(value["measurand"], value["context"]) for value in values] == [
        (measurand, "Trigger") for measurand in wanted.split(",")
    ]
    assert int(values[1]["value"]) == pytest.approx(charging.register_wh(), abs=20), "of this moment"


@covers("CS-5.17-08", "CS-5.17-14")
def test_where_no_measurand_is_sampled_a_trigger_of_meter_values_is_rejected(charging: World) -> None:
    charging.ask("ChangeConfiguration", key="MeterValuesSampledData", value="")
    for connector in (1, 2):
        asked = charging.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=connector)
        assert asked.answer == {"status": "Rejected"}
    assert not charging.csms.got("MeterValues")


@covers("CS-3.7-01", rows=("metering:trigger.sampling", "connector:CDE6.button"))
def test_triggered_meter_values_do_not_come_after_the_stop_of_their_transaction(charging: World) -> None:
    charging.csms.plan("Heartbeat", late(5.0))
    charging.ask("TriggerMessage", requestedMessage="Heartbeat")
    charging.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    charging.press_stop().wait(10)
    assert charging.csms.actions()[-4:] == ["Heartbeat", "MeterValues", "StopTransaction", "StatusNotification"]


@covers(
    "CS-4.2-10", "ERR-3.22-01",
    rows=("boot:trigger.accepted", "boot:accept.again", "heartbeat:anew", "reporting:again", "reporting_zero:again"),
)  # fmt: skip
def test_a_triggered_boot_notification_is_followed_by_the_statuses(world: World) -> None:
    world.flap().wait(10)
    before = len(world.csms.seen)
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    assert world.csms.actions()[before:] == ["BootNotification"] + ["StatusNotification"] * 3


@covers("CS-4.2-06", rows=("boot:accept.again", "heartbeat:anew"))
def test_heartbeats_follow_the_interval_of_the_latest_boot(world: World) -> None:
    world.flap().wait(10).csms.plan("BootNotification", says(interval=20))
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    since = world.clock.now_s
    world.wait(41)
    beats = [seen.at_s - since for seen in world.csms.seen if seen.action == "Heartbeat"]
    assert beats == [pytest.approx(20, abs=0.5), pytest.approx(40, abs=0.5)]


@covers("CS-4.2-19", "CS-4.2-11", rows=("boot:trigger.accepted", "call:withdraw"))
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_an_acceptance_that_is_taken_back_silences_the_station(charging: World, status: str) -> None:
    charging.ask("ChangeConfiguration", key="HeartbeatInterval", value="20")
    charging.flap().wait(10).csms.plan("BootNotification", says(status=status, interval=100))
    charging.ask("TriggerMessage", requestedMessage="BootNotification")
    charging.press_stop().plug_out().wait(60)
    assert charging.csms.actions()[-1] == "BootNotification"
    assert not violations(charging)
    charging.wait(60)
    assert charging.csms.got("StopTransaction")[0]["reason"] == "Local"


@covers("SEC-A04.FR.02", "CS-4.2-11", "CS-4.2-19", rows=("security_event:lose", "call:withdraw"))
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@pytest.mark.parametrize("before", [True, False], ids=["timed out before", "waits behind it"])
def test_a_security_event_outlives_an_acceptance_that_is_taken_back(
    fired: FiredRows, status: str, before: bool
) -> None:
    world = World(fired.see, settings={"WebSocketPingInterval": "0"}).power_up().flap().wait(10)
    if before:
        world.csms.plan("SecurityEventNotification", SILENT)
        world.submit(SecurityEventNoted("MemoryExhaustion")).wait(3)
    taken_back = Reply({"status": status, "interval": 20}, after_s=9)
    world.csms.plan("BootNotification", taken_back)
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    if not before:
        world.submit(SecurityEventNoted("MemoryExhaustion"))
    world.wait(60)
    assert [told.answer for told in world.csms.seen if told.action == "SecurityEventNotification"] == [
        None
    ] * before + [{}]


SETTLED_OTHERWISE = {
    "acceptance": "it follows both",
    "boot": "it is the one that is answered with the refusal",
    "call": "what is open was sent before, and is still to be answered",
    "liveness": "it is about the link, which stands",
    "link": "it is the link",
}


@covers("CS-4.2-11", "CS-4.2-19")
def test_whatever_waits_for_an_answer_ends_when_the_acceptance_is_taken_back() -> None:
    """A call that may not leave has no answer: what the link ends where it is lost, the refusal ends too.

    Or that the call is lost does, which its sender is told in either case.
    """
    left = {
        machine.name: _ended_by(machine, "link_down") - _ended_by(machine, "deregistered", "lost")
        for machine in load_composition().machines
        if machine.name not in SETTLED_OTHERWISE
    }
    assert {name: states for name, states in left.items() if states} == {}


def _ended_by(machine: Machine, *events: str) -> set[str]:
    return {state for row in machine.rows if row.to and set(events) & set(row.events) for state in row.sources}


@covers("CS-5.17-11", "CS-4.6-02", rows=("heartbeat:beat",))
def test_a_triggered_heartbeat(world: World) -> None:
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert world.csms.actions()[-1] == "Heartbeat"
