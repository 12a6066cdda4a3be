"""Boot: Accepted, Pending, Rejected, no answer; heartbeats and the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.station_file import StationFile, load_station
from properties.world.csms import SILENT, error, says
from properties.world.invariants import violations
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted
from runtime.core.ports import Note
from tests.covering import FiredRows, covers

DAY_S = 86_400


def own_station(folder: Path, text: str) -> StationFile:
    """A station file that differs from the certified station's in this."""
    (folder / "own.toml").write_text(f'extends = "m06010e2eyfg"\n{text}')
    return load_station(str(folder / "own.toml"))


def notes(world: World) -> list[str]:
    """The warnings in its log."""
    effects = (effect for _, _, step in world.steps for effect in step.effects)
    return [effect.text for effect in effects if isinstance(effect, Note) and effect.level == "warning"]


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


@covers("CS-6.3-01", "ERR-3.11-02")
@pytest.mark.parametrize("serial", ["", "BOX-0001", "x" * 25])
def test_the_serial_number_of_the_charge_box_is_told_where_the_station_file_has_one(
    fired: FiredRows, tmp_path: Path, serial: str
) -> None:
    file = own_station(tmp_path, f'[product]\ncharge_box_serial_number = "{serial}"\n' if serial else "")
    world = World(fired.see, file=file).power_up()
    (told,) = world.csms.got("BootNotification")
    assert told.get("chargeBoxSerialNumber", "") == serial
    assert ("chargeBoxSerialNumber" in told) == bool(serial), "the certified station does not send it"


@covers("CS-4.2-04", "CS-4.2-08", "CS-4.2-19", rows=("boot:pend", "boot:retry", "call:data.refuse"))
def test_in_pending_nothing_leaves_until_the_interval_is_over(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Pending", interval=40))
    world.power_up().plug_in().present("alice", 1).submit(DataTransferAsked("livoltek"))
    world.submit(SecurityEventNoted("TamperDetectionActivated")).wait(30)
    assert world.csms.actions() == ["BootNotification"]
    world.wait(15)
    assert world.csms.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]


@covers("CS-4.2-05", "CS-4.2-19", rows=("boot:pend", "transaction_queue:open", "transaction:power_loss"))
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
@pytest.mark.parametrize(
    ("interval", "kept"),
    [(30, "30"), (1, "1"), (0, "300"), (-7, "300"), (7200, "7200"), (7201, "7200"), (200_000, "7200"),
     (2**63 - 1, "7200")],
)  # fmt: skip
def test_the_interval_of_the_boot_is_taken_as_far_as_the_key_goes(world: World, interval: int, kept: str) -> None:
    world.csms.plan("BootNotification", says(interval=interval))
    world.power_up()
    entry = {"key": "HeartbeatInterval", "readonly": False, "value": kept}
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer == {"configurationKey": [entry]}
    answer = world.ask("ChangeConfiguration", key="HeartbeatInterval", value=kept).answer
    assert answer == {"status": "Accepted"}, "the key never shows what would be refused"
    told = f"interval {interval} s of BootNotification.conf: {kept} s is used" in notes(world)
    assert told == (str(interval) != kept)


@covers("J-5.3-03", "CS-4.6-09", rows=("heartbeat:beat",))
@pytest.mark.parametrize("interval", [0, 200_000, 10**9])
def test_there_is_a_heartbeat_a_day_whatever_was_asked_for(fired: FiredRows, tmp_path: Path, interval: int) -> None:
    file = own_station(tmp_path, '[[row]]\nid = "ORS-6"\nvalue = 0\n[[row]]\nid = "ORS-7"\nvalue = 1000000000\n')
    world = World(fired.see, file=file, settings={"HeartbeatInterval": str(interval)})
    world.csms.heartbeat_interval_s = interval
    world.power_up().wait(3 * DAY_S)
    entry = {"key": "HeartbeatInterval", "readonly": False, "value": str(interval)}
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer == {"configurationKey": [entry]}
    beats = [seen.at_s for seen in world.csms.seen if seen.action == "Heartbeat"]
    assert len(beats) in (2, 3)
    assert beats[0] <= DAY_S + 1
    assert beats[1] - beats[0] == pytest.approx(DAY_S, abs=1)


@covers("CS-4.2-08", "CS-4.2-09", rows=("boot:retry",))
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@pytest.mark.parametrize(("interval", "waits_s"), [(20, 20), (86_400, DAY_S), (200_000, DAY_S), (2**63 - 1, DAY_S)])
def test_a_station_that_is_not_accepted_tries_again_within_a_day(
    world: World, status: str, interval: int, waits_s: float
) -> None:
    world.csms.plan("BootNotification", says(status=status, interval=interval))
    world.power_up().wait(waits_s - 2)
    assert len(world.csms.got("BootNotification")) == 1, "not earlier than asked for"
    world.wait(4)
    assert len(world.csms.got("BootNotification")) == 2
    assert world.state("boot") == "Accepted"
    told = f"interval {interval} s of BootNotification.conf: 86400 s is used" in notes(world)
    assert told == (interval > waits_s)


@covers("CS-4.2-07", "CS-4.6-05")
def test_the_clock_follows_the_csms(world: World) -> None:
    world.clock.skew_s = -86_400 * 365
    world.power_up()
    assert all(status["timestamp"].startswith("2026-01-01") for status in world.csms.got("StatusNotification"))


@covers("CS-4.2-20", rows=("boot:pend", "remote_start:restricted"))
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


@covers("CS-4.2-19", rows=("reporting:trigger.pending", "heartbeat:beat.pending", "metering:trigger"))
def test_in_pending_what_is_triggered_leaves_and_nothing_else(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up()
    for message in ("StatusNotification", "Heartbeat", "MeterValues"):
        assert world.ask("TriggerMessage", requestedMessage=message).answer == {"status": "Accepted"}
    assert set(world.csms.actions()) == {"BootNotification", "StatusNotification", "Heartbeat", "MeterValues"}
    assert not violations(world)
