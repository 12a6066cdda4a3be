"""A session with a real station process after which its store holds a record of every kind, and how to see each again.

The central system answers no StopTransaction, no SecurityEventNotification, and no status of an upload or an update: so
much is owed. What was accepted, and what is owed, is looked at again in whatever process comes next.
"""

from __future__ import annotations

from typing import Any

from tests.processes import Central, Station, until

SETTINGS = (
    "--set", "MeterValueSampleInterval=1", "--set", "LocalPreAuthorize=true",
    "--set", "StopTxnSampledData=Energy.Active.Import.Register", "--set", "TransactionMessageRetryInterval=1",
    "--set", "TransactionMessageAttempts=50",
)  # fmt: skip
SILENT = {
    "StopTransaction", "SecurityEventNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification",
}  # fmt: skip
NOBODY = {"location": "http://127.0.0.1:9/", "retries": 100, "retryInterval": 3600}
LONG_AGO, FAR = "2026-01-01T00:00:00Z", "2098-01-01T00:00:00Z"
PROFILE = {
    "chargingProfileId": 7, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute", "chargingSchedule": {
        "startSchedule": "2026-01-01T00:00:00Z", "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}],
    },
}  # fmt: skip
ACCEPTED = {"status": "Accepted"}


def fill(box: Station, central: Central) -> None:
    """Everything is accepted, one transaction is over and owed, one runs; a security event and statuses are owed."""
    central.silent_on = set(SILENT)
    central.saw("StatusNotification", connectorId=2, status="Available")
    _accepted(central, "ChangeConfiguration", key="ConnectionTimeOut", value="77")
    _accepted(central, "SendLocalList", listVersion=5, updateType="Full", localAuthorizationList=[
        {"idTag": "Listed", "idTagInfo": {"status": "Accepted", "expiryDate": FAR}},
    ])  # fmt: skip
    _accepted(central, "ReserveNow", connectorId=2, expiryDate=FAR, idTag="carol", reservationId=9)
    _accepted(central, "SetChargingProfile", connectorId=1, csChargingProfiles=PROFILE)
    box.do("/security_event", {"type": "TamperDetectionActivated", "tech_info": "lid"})
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "alice", "connectors": [1]})
    central.saw("MeterValues")
    box.do("/connectors/1/stop")
    box.do("/connectors/1/plug_out")
    central.saw("StopTransaction")
    _updates(box, central)
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "bob", "connectors": [1]})
    until(lambda: _runs(box), "the second transaction to run")
    until(lambda: box.state()["queue_length"] >= 4, "more of it in the queue")
    assert central.call("GetDiagnostics", NOBODY)[2]["fileName"].endswith(".tar.gz")


def _updates(box: Station, central: Central) -> None:
    """Of three nothing comes but statuses, more than can time out meanwhile; a fourth is for a day that is far."""
    for _ in range(3):
        _update(central, LONG_AGO)
        until(lambda: box.state()["machines"]["firmware"] == "Idle", "no attempt to be left")
    _update(central, FAR)


def _update(central: Central, date: str) -> None:
    image = {"location": "http://127.0.0.1:9/image", "retries": 0}
    assert central.call("UpdateFirmware", {**image, "retrieveDate": date})[2] == {}


def again(box: Station, central: Central, starts: int = 2, told: int = 2) -> None:
    """In a process that was not there, what was accepted is in force, and what is owed arrives as it was sent."""
    central.saw("BootNotification", count=starts)
    central.silent_on = set()
    until(lambda: box.state()["queue_length"] == 0 and box.state()["boot"] == "Accepted", "all of it delivered")
    key = central.call("GetConfiguration", {"key": ["ConnectionTimeOut"]})[2]["configurationKey"]
    assert key[0]["value"] == "77"
    assert central.call("GetLocalListVersion", {})[2] == {"listVersion": 5}
    assert box.state()["connectors"][1]["reservation"]["reservation_id"] == 9
    assert box.state()["cached"]["Valid"] >= 2
    asked = central.call("GetCompositeSchedule", {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"})[2]
    assert asked["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 11000
    assert central.saw("SecurityEventNotification", techInfo="lid", count=told)
    assert central.saw("DiagnosticsStatusNotification", status="Uploading")
    assert box.state()["machines"]["diagnostics"] == "Waiting"
    assert central.saw("FirmwareStatusNotification", status="DownloadFailed", count=3)
    assert box.state()["machines"]["firmware"] == "Scheduled"
    starts_seen = [start["idTag"] for start in central.requests("StartTransaction")]
    assert list(dict.fromkeys(starts_seen)) == ["alice", "bob"]
    stopped = {stop["transactionId"]: stop for stop in central.requests("StopTransaction")}
    assert len(stopped) == 2
    assert all(stop == stopped[stop["transactionId"]] for stop in central.requests("StopTransaction"))
    assert all(stop["transactionData"] for stop in stopped.values())
    assert "quarantined" not in box.said()


def _accepted(central: Central, action: str, **payload: Any) -> None:
    assert central.call(action, payload)[2] == ACCEPTED, action


def _runs(box: Station) -> bool:
    transaction = box.state()["connectors"][0]["transaction"]
    return transaction is not None and transaction["id_tag"] == "bob"
