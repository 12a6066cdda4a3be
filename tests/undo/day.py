"""A long day of a station: everything that a driver, a CSMS, a network and a box do to one, once at least."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from model.station_file import NetworkInterface
from properties.world.csms import SILENT, error, refuses, says
from properties.world.world import World
from runtime.adapters.firmware_slots import Image
from runtime.core.diagnostics_file import DiagnosticsKept
from runtime.core.inputs import DataTransferAsked, FrameReceived, InterfaceDown, InterfaceUp, SecurityEventNoted
from runtime.core.transfers import TransferEnded, TransferOutcome, TransferProgressed

SETTINGS = {
    "ClockAlignedDataInterval": "300", "MeterValueSampleInterval": "60", "LocalAuthListEnabled": "true",
    "AuthorizationCacheEnabled": "true", "StopTxnAlignedData": "Energy.Active.Import.Register",
}  # fmt: skip
SOON, LATER = "2027-01-01T00:00:00Z", "2099-01-01T00:00:00Z"

Verb = Callable[[World], object]


def profile(number: int, purpose: str, **more: Any) -> dict[str, Any]:
    """A charging profile that limits to 20 kW."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 20000.0}],
    }
    if purpose != "TxProfile":
        schedule["startSchedule"] = "2026-01-01T00:00:00Z"
    return {
        "chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if purpose == "TxProfile" else "Absolute", "chargingSchedule": schedule,
        **more,
    }  # fmt: skip


def entry(id_tag: str, **info: Any) -> dict[str, Any]:
    """An entry of the local list."""
    return {"idTag": id_tag, "idTagInfo": {"status": "Accepted", **info}}


def day() -> Iterator[Verb]:
    """The verbs, in order."""
    yield _in_the_morning
    yield from _requests()
    yield from _sessions()
    yield from _troubles()


def _in_the_morning(world: World) -> None:
    for connector in world.file.connector_ids:
        if world.is_plugged(connector):
            world.plug_out(connector)


def _requests() -> Iterator[Verb]:
    yield lambda w: w.cut_power().power_up().wait(30)
    yield lambda w: w.ask("GetConfiguration")
    yield lambda w: w.ask("ChangeConfiguration", key="HeartbeatInterval", value="120")
    yield lambda w: w.ask("ChangeConfiguration", key="WebSocketPingInterval", value="50")
    yield lambda w: w.ask("ChangeConfiguration", key="MeterValueSampleInterval", value="30")
    yield lambda w: w.ask("ChangeConfiguration", key="ClockAlignedDataInterval", value="200")
    yield lambda w: w.ask(
        "SendLocalList", listVersion=1, updateType="Full",
        localAuthorizationList=[entry("bob", expiryDate=LATER), entry("carol", parentIdTag="GROUP")],
    )  # fmt: skip
    yield lambda w: w.ask("SendLocalList", listVersion=2, updateType="Differential", localAuthorizationList=[])
    yield lambda w: w.ask("GetLocalListVersion")
    yield lambda w: w.plug_in().present("alice").wait(130)
    yield lambda w: w.ask("SetChargingProfile", connectorId=0, csChargingProfiles=profile(1, "ChargePointMaxProfile"))
    yield lambda w: w.ask("SetChargingProfile", connectorId=1, csChargingProfiles=profile(2, "TxProfile"))
    yield lambda w: w.ask("GetCompositeSchedule", connectorId=1, duration=600)
    yield lambda w: w.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    yield lambda w: w.ask("TriggerMessage", requestedMessage="StatusNotification")
    yield lambda w: w.ask("TriggerMessage", requestedMessage="Heartbeat")
    yield lambda w: w.ask("TriggerMessage", requestedMessage="DiagnosticsStatusNotification")
    yield lambda w: w.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    yield from _uploads()
    yield lambda w: w.ask("TriggerMessage", requestedMessage="BootNotification")
    yield lambda w: w.submit(TransferProgressed("of-a-former-life", 1, None))
    yield lambda w: w.submit(TransferEnded("of-a-former-life", TransferOutcome.BROKEN_OFF))


def _uploads() -> Iterator[Verb]:
    yield lambda w: w.submit(DiagnosticsKept(w.clock.true_utc()))
    yield lambda w: w.transfers.planned.extend([None, TransferOutcome.UNREACHABLE])
    for _ in range(2):
        yield lambda w: w.ask("GetDiagnostics", location="ftp://files.example/", retries=1, retryInterval=5)
    yield lambda w: w.ask("TriggerMessage", requestedMessage="DiagnosticsStatusNotification")
    yield lambda w: w.wait(60)
    yield _without_space
    yield _with_an_upload_in_the_dark


IMAGE = "https://firmware.example/image"


def _update(world: World, date: str = "2026-01-01T00:00:00Z", content: object = None, **more: Any) -> None:
    """What lies there now is wanted."""
    world.transfers.served[IMAGE] = content
    world.ask("UpdateFirmware", location=IMAGE, retrieveDate=date, **more)


def _updates() -> Iterator[Verb]:
    """Behind a transaction, off and on again, from servers that fail, into slots that do, and at last it runs."""
    yield lambda w: w.plug_out(1).plug_in(1).present("alice").wait(20)
    yield lambda w: _update(w, LATER)
    yield _update
    yield lambda w: w.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    yield lambda w: w.present("alice", 1).plug_out(1).wait(60)
    yield lambda w: _update(w, retries=1, retryInterval=5)
    yield lambda w: w.wait(1).plug_in(1).present("alice").wait(20).present("alice", 1).plug_out(1).wait(60)
    yield lambda w: _update(w, content="no image")
    yield lambda w: w.wait(60)
    yield _with_another_while_one_is_installed
    yield lambda w: w.power_cycle().wait(120)
    yield _with_statuses_that_wait


def _with_an_upload_in_the_dark(world: World) -> None:
    world.ask("GetDiagnostics", location="ftp://files.example/")
    world.link_down().wait(10).link_up().wait(60)


def _with_another_while_one_is_installed(world: World) -> None:
    _update(world, content=Image("V2", boots=False))
    world.wait(6)
    _update(world, LATER)


def _with_statuses_that_wait(world: World) -> None:
    _update(world, content=Image("V3"))
    world.link_down().wait(120).link_up().wait(60)


def _without_space(world: World) -> None:
    world.diagnostics.full = True
    world.ask("GetDiagnostics", location="ftp://files.example/")
    world.diagnostics.full = False


def _sessions() -> Iterator[Verb]:
    yield lambda w: w.ev_wants(False).wait(5)
    yield lambda w: w.ev_wants(True).wait(5)
    yield lambda w: w.present("dave", 1)
    yield lambda w: w.ask("DataTransfer", vendorId="org.provenpoint", messageId="States")
    yield lambda w: w.submit(DataTransferAsked("com.example"))
    yield lambda w: w.submit(SecurityEventNoted("TamperDetectionActivated"))
    yield lambda w: w.submit(FrameReceived('[3,"an answer without a payload"]'))
    yield lambda w: w.wait(400).present("alice", 1).plug_out().wait(20)
    yield lambda w: w.ask(
        "ReserveNow", connectorId=2, expiryDate=SOON, idTag="carol", reservationId=7, parentIdTag="GROUP"
    )
    yield lambda w: w.ask("ReserveNow", connectorId=1, expiryDate=SOON, idTag="bob", reservationId=8)
    yield lambda w: w.ask("CancelReservation", reservationId=8)
    yield lambda w: w.plug_in(2).present("mallory", 2).present("dave", 2).wait(60)
    yield lambda w: w.ask("RemoteStopTransaction", transactionId=1002)
    yield lambda w: w.plug_out(2).wait(5)
    yield lambda w: w.plug_in(1)
    yield lambda w: w.ask(
        "RemoteStartTransaction", idTag="alice", connectorId=1, chargingProfile=profile(3, "TxProfile")
    )
    yield lambda w: w.wait(30).fault(1, "WeakSignal").clear_fault(1)
    yield lambda w: w.fault(1, "EVCommunicationError").wait(5).clear_fault(1)
    yield lambda w: w.plug_out(1).wait(5)
    yield lambda w: w.fault(0).wait(5).clear_fault(0)
    yield lambda w: w.present("bob").wait(5).plug_in(1).wait(30).press_stop(1).plug_out(1)
    yield lambda w: w.present("alice").wait(3).present("dave").wait(100)


def _troubles() -> Iterator[Verb]:
    yield lambda w: w.ask("ClearChargingProfile", id=1)
    yield lambda w: w.ask("ClearCache")
    yield lambda w: w.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    yield lambda w: w.ask("ChangeAvailability", connectorId=1, type="Operative")
    yield lambda w: w.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    yield lambda w: w.ask("ChangeAvailability", connectorId=0, type="Operative")
    yield lambda w: w.ask("UnlockConnector", connectorId=1)
    yield lambda w: w.ask("ChangeConfiguration", key="AuthorizationCacheEnabled", value="false")
    yield lambda w: w.ask("ChangeConfiguration", key="AuthorizationCacheEnabled", value="true")
    yield _with_a_csms_that_refuses
    yield _with_a_network_that_goes
    yield _with_links_that_are_dead
    yield _with_reservations_that_move
    yield _with_a_token_that_roams
    yield _with_a_csms_that_changes_its_mind
    yield (
        lambda w: (
            w.submit(InterfaceDown(NetworkInterface.ETHERNET))
            .wait(30)
            .submit(InterfaceUp(NetworkInterface.ETHERNET))
            .wait(400)
        )
    )
    yield lambda w: w.flap().wait(60)
    yield lambda w: w.fill_disk().ask("ChangeConfiguration", key="HeartbeatInterval", value="130")
    yield lambda w: w.wait(15).empty_disk().wait(15)
    yield lambda w: w.plug_in(1).present("alice").wait(40)
    yield lambda w: w.power_cycle().wait(60)
    yield _with_a_clock_that_forgets
    yield from _updates()
    yield lambda w: w.ask("Reset", type="Soft")
    yield lambda w: w.wait(30).ask("Reset", type="Hard")
    yield lambda w: w.wait(30).shut_down().wait(30)


def _with_a_network_that_goes(world: World) -> None:
    world.link_down().submit(DataTransferAsked("com.example")).wait(100).link_up().wait(100)
    world.link_down(NetworkInterface.ETHERNET).wait(100).link_up(NetworkInterface.ETHERNET).wait(500)


def _with_links_that_are_dead(world: World) -> None:
    """One is found out by a ping, the other by its silence."""
    for interval_s in ("20", "0"):
        world.ask("ChangeConfiguration", key="WebSocketPingInterval", value=interval_s)
        world.network.half_open = True
        world.plug_in(1).wait(300).plug_out(1).wait(100)
    world.ask("ChangeConfiguration", key="WebSocketPingInterval", value="20")


def _with_reservations_that_move(world: World) -> None:
    for connector, number in ((1, 9), (1, 9), (2, 9), (2, 10)):
        world.ask("ReserveNow", connectorId=connector, expiryDate=SOON, idTag="bob", reservationId=number)
    world.present("bob").plug_in(1).plug_in(2).wait(20)
    world.ask("ReserveNow", connectorId=1, expiryDate=SOON, idTag="bob", reservationId=11)
    world.plug_out(1).plug_out(2).wait(20)
    world.ask("ReserveNow", connectorId=1, expiryDate=SOON, idTag="bob", reservationId=12)
    world.power_cycle().wait(60)
    world.ask("CancelReservation", reservationId=12)


def _with_a_token_that_roams(world: World) -> None:
    world.present("alice").wait(5).plug_in(2).wait(20).present("bob").present("alice").wait(5).present("bob").plug_out(
        2
    )
    world.wait(100)


def _with_a_csms_that_changes_its_mind(world: World) -> None:
    """It refuses whom it had listed, sends a year that cannot be, takes its acceptance back."""
    world.csms.plan("StartTransaction", refuses())
    world.plug_in(1).present("bob").wait(5).plug_out(1).wait(5)
    world.csms.plan("Heartbeat", says(currentTime="9999-12-31T23:59:59Z"))
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    world.csms.plan("BootNotification", says(status="Pending"))
    world.ask("TriggerMessage", requestedMessage="StatusNotification")
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.wait(400)
    world.csms.plan("StartTransaction", error(), error(), error())
    world.plug_in(1).present("alice").wait(5).present("alice").plug_out(1).wait(400)
    world.ask("ChangeConfiguration", key="LocalAuthListEnabled", value="false")
    world.ask("ChangeConfiguration", key="LocalAuthListEnabled", value="true")
    world.ask("ClearChargingProfile")
    world.ask("SetChargingProfile", connectorId=0, csChargingProfiles=profile(1, "ChargePointMaxProfile"))
    world.ask("ClearChargingProfile")


def _with_a_csms_that_refuses(world: World) -> None:
    """Starts that are refused, calls without an answer, answers that are errors."""
    world.csms.plan("StartTransaction", refuses())
    world.plug_in(1).present("alice").wait(5).plug_out(1).wait(5)
    world.csms.plan("StopTransaction", error(), SILENT)
    world.plug_in(1).present("alice").wait(5).present("alice").plug_out(1).wait(200)
    world.csms.plan("MeterValues", error(), error(), error())
    world.plug_in(1).present("alice").wait(300).present("alice").plug_out(1).wait(60)
    world.csms.plan("Authorize", SILENT)
    world.plug_in(1).present("erin", 1).present("erin", 1).wait(60).plug_out(1).wait(5)
    world.csms.behave()


def _with_a_clock_that_forgets(world: World) -> None:
    world.keeps_time = False
    world.csms.always("BootNotification", SILENT)
    world.power_cycle().wait(60)
    world.csms.behave()
    world.wait(200)
    world.keeps_time = True
