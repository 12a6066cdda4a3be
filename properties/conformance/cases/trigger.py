"""TriggerMessage: the station says something because it was asked to."""

from __future__ import annotations

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.metering import samples
from properties.conformance.expectation import Json, message, one_of

TRIGGER = Profile.REMOTE_TRIGGER


def _trigger(t: Bench, wanted: str, status: object = "Accepted", **where: object) -> Json:
    return t.call("TriggerMessage", {"requestedMessage": wanted, **where}, status=status)


@case(
    "TC_054_CS",
    "Messages are triggered",
    profile=TRIGGER,
    clauses=("CS-5.17-06", "CS-5.17-07", "CS-5.17-08", "CS-5.17-10", "CS-5.17-11"),
)
def triggered(t: Bench) -> None:
    """MeterValues, Heartbeat, StatusNotification; the messages of firmware where the station has it."""
    _trigger(t, "MeterValues", connectorId=t.connector)
    heard = t.expect("MeterValues", connectorId=t.connector)
    problem = next(filter(None, (samples(value, "Trigger") for value in heard.payload["meterValue"])), None)
    t.check("every sample is Trigger, raw, and of the station", problem is None, problem)
    _trigger(t, "Heartbeat")
    t.expect("Heartbeat")
    _trigger(t, "StatusNotification", connectorId=t.connector)
    t.status("Available")
    for wanted in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
        if _trigger(t, wanted, one_of("Accepted", "NotImplemented"))["status"] == "Accepted":
            t.expect(wanted, status="Idle")


@case("TC_055_CS", "A message of a connector that is not there is refused", profile=TRIGGER, clauses=("CS-5.17-08",))
def no_such_connector(t: Bench) -> None:
    """Rejected, or a CALLERROR that says so; no message."""
    payload = {"requestedMessage": "MeterValues", "connectorId": max(t.station.connector_ids) + 1}
    t.call_refused("TriggerMessage", payload, "PropertyConstraintViolation", status="Rejected")
    t.never(message("MeterValues"))
