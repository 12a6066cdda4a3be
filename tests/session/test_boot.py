"""Boot: Accepted, Pending, Rejected, no answer; heartbeats and the clock."""

from __future__ import annotations

import pytest

from properties.world.books import complaints
from properties.world.csms import SILENT, error, says
from properties.world.world import World
from runtime.inputs import DataTransferAsked, SecurityEventNoted
from tests.covering import covers


@covers(
    "CS-3.8-01",
    "CS-3.8-02",
    "CS-3.8-03",
    "CS-3.8-06",
    "CS-4.2-01",
    "CS-4.2-03",
    "ERR-3.22-01",
    rows=("boot:accept", "reporting:first", "reporting_zero:first"),
)
def test_an_accepted_station_reports_connector_0_and_every_connector(world: World) -> None:
    world.power_up()
    assert world.csms.actions() == ["BootNotification"] + ["StatusNotification"] * 3
    assert [world.csms.statuses(connector) for connector in (0, 1, 2)] == [["Available"]] * 3
    (told,) = world.csms.got("BootNotification")
    assert (told["chargePointVendor"], told["chargePointModel"], told["firmwareVersion"]) == (
        "Livoltek", "M06010E2EYFG", "TCU:V3.01.4",
    )  # fmt: skip


@covers("CS-4.2-04", "CS-4.2-08", "CS-4.2-19", rows=("boot:pend", "boot:retry", "call:data.refuse"))
def test_in_pending_nothing_leaves_until_the_interval_is_over(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Pending", interval=40))
    world.power_up().plug_in().present("alice", 1).tell(DataTransferAsked("livoltek"))
    world.tell(SecurityEventNoted("TamperDetectionActivated")).wait(30)
    assert world.csms.actions() == ["BootNotification"]
    world.wait(15)
    assert world.csms.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]


@covers("CS-4.2-05", "CS-4.2-19", rows=("boot:pend", "delivery:open", "transaction:power_loss"))
def test_what_was_stored_waits_for_the_acceptance_too(charging: World) -> None:
    charging.csms.plan("BootNotification", SILENT, says(status="Pending", interval=30))
    before = len(charging.csms.seen)
    charging.power_cycle().wait(50)
    assert charging.state("boot") == "Pending"
    charging.flap().wait(70)
    told = charging.csms.actions()[before:]
    assert told[:4] == ["BootNotification"] * 3 + ["StatusNotification"]
    assert told.count("StopTransaction") == 1


@covers("CS-4.2-11", "CS-4.2-14", rows=("boot:reject", "boot:retry"))
def test_rejected_means_silence_and_no_answers(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Rejected", interval=40))
    world.power_up()
    world.ask("GetConfiguration")
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.ask("MakeCoffee")
    world.ask("Reset", type="Medium")
    for broken in ('[2,"id","Reset"]', '[2,"id","Reset",{', f'[2,"{"i" * 37}","ClearCache",{{}}]'):
        world.network.to_station(broken)
    world.wait(30)
    assert len([passed for passed in world.network.log if passed.outward]) == 1, "neither answer nor error"
    assert world.csms.actions() == ["BootNotification"]
    world.wait(15)
    assert "StatusNotification" in world.csms.actions()


@covers("CS-4.2-03", rows=("boot:unanswered", "boot:retry"))
def test_an_unanswered_boot_notification_is_sent_again(world: World) -> None:
    world.csms.plan("BootNotification", SILENT, error())
    world.power_up().wait(90)
    assert world.csms.actions()[:4] == ["BootNotification"] * 3 + ["StatusNotification"]


@covers("CS-4.2-09", rows=("boot:reject",))
def test_interval_0_means_a_wait_of_our_own(world: World) -> None:
    world.csms.always("BootNotification", says(status="Rejected", interval=0))
    world.power_up().wait(100)
    assert 2 <= len(world.csms.seen) <= 5


@covers("CS-4.6-01", "ERR-4.6-01", "CS-4.2-06", "CS-4.6-02", rows=("heartbeat:begin", "heartbeat:beat"))
def test_heartbeats_follow_the_interval_of_the_boot(world: World) -> None:
    world.csms.heartbeat_interval_s = 45
    world.power_up().wait(100)
    beats = [seen.at_s for seen in world.csms.seen if seen.action == "Heartbeat"]
    assert len(beats) == 2
    assert beats[1] - beats[0] == pytest.approx(45, abs=0.5)


@covers("CS-4.2-06", "CS-9.1.10-01", rows=("boot:accept",))
@pytest.mark.parametrize(("interval", "kept"), [(30, "30"), (0, "300"), (-7, "300"), (86_400, "86400")])
def test_the_interval_of_the_boot_is_told_and_one_of_nothing_keeps_what_there_was(
    world: World, interval: int, kept: str
) -> None:
    world.csms.plan("BootNotification", says(interval=interval))
    world.power_up()
    entry = {"key": "HeartbeatInterval", "readonly": False, "value": kept}
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer == {"configurationKey": [entry]}


@covers("CS-4.2-07", "CS-4.6-05")
def test_the_clock_follows_the_csms(world: World) -> None:
    world.clock.skew_s = -86_400 * 365
    world.power_up()
    assert all(status["timestamp"].startswith("2026-01-01") for status in world.csms.got("StatusNotification"))


@covers("CS-4.2-20", rows=("boot:pend",))
def test_remote_start_is_rejected_in_pending(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up()
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Rejected"}
    assert world.ask("RemoteStopTransaction", transactionId=1).answer == {"status": "Rejected"}


@covers("CS-4.2-20", "CS-5.12-02", rows=("boot:pend.again",))
def test_so_is_the_remote_stop_of_what_runs(charging: World) -> None:
    charging.flap().wait(10).csms.plan("BootNotification", says(status="Pending", interval=20))
    charging.ask("TriggerMessage", requestedMessage="BootNotification")
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Rejected"}
    assert charging.state("connector", 1) == "Charging"
    charging.wait(30)
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}


@covers("CS-4.2-17", "CS-4.2-18", rows=("boot:pend",))
def test_in_pending_the_link_stays_and_what_is_asked_is_answered(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up().wait(1500)
    assert world.network.connection == 1
    key = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer == {"configurationKey": [key]}
    assert world.ask("ChangeConfiguration", key="HeartbeatInterval", value="61").answer == {"status": "Accepted"}


@covers("CS-4.2-06", "CS-9.1.10-01", rows=("boot:accept",))
def test_of_the_two_who_set_the_interval_the_latest_counts(world: World) -> None:
    def told() -> str:
        answer = world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer
        assert answer is not None
        return str(answer["configurationKey"][0]["value"])

    world.power_up().ask("ChangeConfiguration", key="HeartbeatInterval", value="100")
    assert told() == "100"
    world.csms.plan("BootNotification", says(interval=77))
    world.power_cycle().wait(80)
    assert told() == "77"
    assert len(world.csms.got("Heartbeat")) == 1


@covers("CS-4.2-19", rows=("reporting:trigger", "heartbeat:beat.pending", "metering:trigger"))
def test_in_pending_what_is_triggered_leaves_and_nothing_else(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up()
    for message in ("StatusNotification", "Heartbeat", "MeterValues"):
        assert world.ask("TriggerMessage", requestedMessage=message).answer == {"status": "Accepted"}
    assert set(world.csms.actions()) == {"BootNotification", "StatusNotification", "Heartbeat", "MeterValues"}
    assert not complaints(world)
