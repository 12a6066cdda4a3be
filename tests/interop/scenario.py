"""Everything that the station can say and be asked, in one run against a central system: a day of a charging station.

Each step waits for what has to follow from it. What the CSMS may ask is taken from the message table as well: an action
that no step has called is called at the end in its plainest form, so that a new one is judged as soon as it is there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from model.messages.codec import unstructure
from model.messages.kinds import EnumKind, Kind, ListKind, ObjectKind
from model.messages.message import fields_of
from model.messages.registry import ACTIONS, Sender
from model.messages.remote import MessageTrigger
from model.messages.scalars import BooleanKind, DateTimeKind, DecimalKind, IntegerKind, StringKind
from tests.interop.foreign import ForeignCentral
from tests.processes import Station, until

MEASURANDS: Final = "Energy.Active.Import.Register,Voltage,Power.Offered,Current.Import,Power.Active.Import"
SETTINGS: Final = (
    ("MeterValuesSampledData", MEASURANDS),
    ("MeterValuesAlignedData", MEASURANDS),
    ("StopTxnSampledData", MEASURANDS),
    ("StopTxnAlignedData", MEASURANDS),
    ("ClockAlignedDataInterval", "2"),
    ("MeterValueSampleInterval", "1"),
    ("TransactionMessageRetryInterval", "1"),
)
ENERGY: Final = "Energy.Active.Import.Register"
NOWHERE: Final = {"location": "http://127.0.0.1:9/file", "retries": 0}
"""Where files are asked for, or to: some central systems hold their own requests against the schema's ``uri``."""


@frozen
class Scenario:
    """The central system, and the box that is connected to it."""

    central: ForeignCentral
    box: Station

    def play(self) -> None:
        """All of it, from the first boot to the last stop."""
        self.boots()
        self.is_configured()
        self.gets_a_list()
        self.charges()
        self.charges_remotely()
        self.is_reserved()
        self.is_limited()
        self.breaks_and_is_mended()
        self.passes_data()
        self.is_triggered()
        self.is_asked_small_things()
        self.is_reset()
        self.loses_power()
        self.is_asked_whatever_is_left()

    # ---- the station as such -----------------------------------------------------------------------------

    def boots(self) -> None:
        self.central.saw("BootNotification")
        for connector in (0, 1, 2):
            self.central.saw("StatusNotification", connectorId=connector, status="Available")

    def is_configured(self) -> None:
        for key, value in SETTINGS:
            self._ask("ChangeConfiguration", "Accepted", key=key, value=value)
        self._ask("ChangeConfiguration", "Rejected", key="MeterValuesSampledData", value="Frequency")
        self._ask("ChangeConfiguration", "NotSupported", key="NoSuchKey", value="1")
        everything = self.central.call("GetConfiguration", {})
        assert len(everything["configurationKey"]) > len(SETTINGS)
        some = self.central.call("GetConfiguration", {"key": ["HeartbeatInterval", "NoSuchKey"]})
        assert some["unknownKey"] == ["NoSuchKey"]
        self.central.saw("MeterValues", connectorId=2)

    def gets_a_list(self) -> None:
        known = {"idTag": "LISTED", "idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
        self._ask("SendLocalList", "Accepted", listVersion=1, updateType="Full", localAuthorizationList=[known])
        self._ask("SendLocalList", "VersionMismatch", listVersion=1, updateType="Differential")
        gone = {"idTag": "GONE"}
        self._ask("SendLocalList", "Accepted", listVersion=2, updateType="Differential", localAuthorizationList=[gone])
        assert self.central.call("GetLocalListVersion", {}) == {"listVersion": 2}

    def breaks_and_is_mended(self) -> None:
        self.box.do("/connectors/2/fault", {"error_code": "GroundFailure", "info": "residual current"})
        self.central.saw("StatusNotification", connectorId=2, status="Faulted", errorCode="GroundFailure")
        self.box.do("/connectors/2/clear_fault")
        self._status(2, "Available")
        self.box.do("/security_event", {"type": "TamperDetectionActivated", "tech_info": "the door"})
        self.central.saw("SecurityEventNotification", type="TamperDetectionActivated")

    def passes_data(self) -> None:
        self._ask("DataTransfer", "UnknownVendorId", vendorId="com.example", messageId="m", data="{}")
        self.box.do("/data_transfer", {"vendor_id": "com.example", "message_id": "m", "data": "é ✓"})
        self.central.saw("DataTransfer", vendorId="com.example")

    def is_triggered(self) -> None:
        """Each message that can be asked for, by name; the boot only over another link than that of the acceptance."""
        self._ask("TriggerMessage", "Rejected", requestedMessage="BootNotification")
        for message in set(MessageTrigger) - {MessageTrigger.BOOT_NOTIFICATION}:
            seen = len(self.central.requests(message))
            self._ask("TriggerMessage", "Accepted", requestedMessage=message)
            self.central.saw(message, count=seen + 1)
        self._ask("TriggerMessage", "Rejected", requestedMessage="StatusNotification", connectorId=9)

    def is_asked_small_things(self) -> None:
        self._ask("ClearCache", "Accepted")
        self._ask("UnlockConnector", "NotSupported", connectorId=1)
        self._ask("ChangeAvailability", "Accepted", connectorId=0, type="Inoperative")
        self.central.saw("StatusNotification", connectorId=0, status="Unavailable")
        self._ask("ChangeAvailability", "Accepted", connectorId=0, type="Operative")
        self._status(0, "Available")

    # ---- transactions ------------------------------------------------------------------------------------

    def charges(self) -> None:
        self._begins("ASKED")
        self.central.saw("Authorize", idTag="ASKED")
        self.box.do("/connectors/1/ev", {"wants_energy": False})
        self._status(1, "SuspendedEV")
        self.box.do("/connectors/1/ev", {"wants_energy": True})
        self._status(1, "Charging")
        self.box.do("/tokens", {"id_tag": "ASKED", "connectors": [1]})
        stop = self.central.saw("StopTransaction")
        contexts = {sample["context"] for value in stop["transactionData"] for sample in value["sampledValue"]}
        assert {"Transaction.Begin", "Transaction.End"} <= contexts
        self._leaves()

    def charges_remotely(self) -> None:
        self.box.do("/connectors/1/plug_in")
        self._ask("RemoteStartTransaction", "Accepted", idTag="REMOTE", connectorId=1, chargingProfile=_profile())
        self.central.saw("StartTransaction", idTag="REMOTE")
        self._ask("ChangeAvailability", "Scheduled", connectorId=1, type="Inoperative")
        number = until(self._running, "a transaction that the CSMS has numbered")
        self._ask("RemoteStopTransaction", "Rejected", transactionId=number + 1)
        self._ask("RemoteStopTransaction", "Accepted", transactionId=number)
        self.central.saw("StopTransaction", transactionId=number, reason="Remote")
        self.box.do("/connectors/1/plug_out")
        self._status(1, "Unavailable")
        self._ask("ChangeAvailability", "Accepted", connectorId=1, type="Operative")
        self._status(1, "Available")

    def is_reserved(self) -> None:
        """Kept and given back; kept again, and used by the token that it was kept for."""
        until_then = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        kept = {"connectorId": 1, "idTag": "LISTED", "expiryDate": until_then, "parentIdTag": "GROUP"}
        self._ask("ReserveNow", "Accepted", reservationId=1, **kept)
        self._status(1, "Reserved")
        self._ask("ReserveNow", "Occupied", reservationId=2, **kept)
        self._ask("CancelReservation", "Rejected", reservationId=2)
        self._ask("CancelReservation", "Accepted", reservationId=1)
        self._status(1, "Available")
        self._ask("ReserveNow", "Accepted", reservationId=3, **kept)
        self.box.do("/tokens", {"id_tag": "LISTED", "connectors": [1]})
        self.box.do("/connectors/1/plug_in")
        self.central.saw("StartTransaction", idTag="LISTED", reservationId=3)
        self.box.do("/connectors/1/stop")
        self._status(1, "Finishing")
        self._leaves()

    def is_limited(self) -> None:
        """A default for every transaction, the schedule that comes of it, and no limit any more."""
        default = _profile() | {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileId": 7}
        self._ask("SetChargingProfile", "Accepted", connectorId=0, csChargingProfiles=default)
        told = self.central.call("GetCompositeSchedule", {"connectorId": 1, "duration": 3600})
        assert [period["limit"] for period in told["chargingSchedule"]["chargingSchedulePeriod"]] == [32000.1], told
        self._ask("ClearChargingProfile", "Accepted", id=7)
        self._ask("ClearChargingProfile", "Unknown", id=7)

    def is_reset(self) -> None:
        self._begins("LISTED")
        boots = len(self.central.requests("BootNotification"))
        self._ask("Reset", "Accepted", type="Soft")
        self.central.saw("BootNotification", count=boots + 1)
        self.box.find()
        self.central.saw("StopTransaction", reason="SoftReset")
        until(lambda: self.box.state()["connectors"][0]["status"] == "Preparing", "the next life")
        self._leaves()

    def loses_power(self) -> None:
        self._begins("LISTED")
        self.box.kill()
        self.box.start()
        self.central.saw("StopTransaction", reason="PowerLoss")
        self._rests()
        self._leaves()

    def is_asked_whatever_is_left(self) -> None:
        for action in ACTIONS.values():
            if action.pair and action.sender is not Sender.STATION and action.name not in self.central.called():
                payload = unstructure(plainest(action.pair.req))
                self.central.call(action.name, payload | NOWHERE if "location" in payload else payload)
        self._rests()

    # ---- words -------------------------------------------------------------------------------------------

    def _ask(self, action: str, status: str, **payload: Any) -> None:
        answer = self.central.call(action, payload)
        assert answer == {"status": status}, f"{action} {payload}: {answer}"

    def _begins(self, id_tag: str) -> None:
        """A car arrives and charges, until the CSMS has two samples of it."""
        self.box.do("/connectors/1/plug_in")
        self._status(1, "Preparing")
        samples = len(self.central.requests("MeterValues"))
        self.box.do("/tokens", {"id_tag": id_tag, "connectors": [1]})
        number = until(self._running, "a transaction that the CSMS has numbered")
        self._status(1, "Charging")
        self.central.saw("MeterValues", transactionId=number, count=2)
        assert len(self.central.requests("MeterValues")) >= samples + 2

    def _running(self) -> int | None:
        transaction = self.box.state()["connectors"][0]["transaction"]
        number: int | None = transaction and transaction["transaction_id"]
        return number

    def _leaves(self) -> None:
        self.box.do("/connectors/1/plug_out")
        self._status(1, "Available")

    def _status(self, connector: int, status: str) -> None:
        """Wait until the newest report for the connector is this."""

        def look() -> bool:
            told = [p for p in self.central.requests("StatusNotification") if p["connectorId"] == connector]
            return bool(told) and told[-1]["status"] == status

        until(look, f"connector {connector} to be {status}")

    def _rests(self) -> None:
        """Wait until nothing is owed, and every call of either side has its answer."""
        until(lambda: self.box.state()["queue_length"] == 0, "an empty queue")
        until(lambda: not self.central.unanswered(), "every answer")


def _profile() -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 32000.1, "numberPhases": 3}]
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }


def plainest(cls: type) -> Any:
    """A message of class `cls` with its required fields only."""
    return cls(**{field.name: _plain(field.kind) for field in fields_of(cls) if not field.optional})


def _plain(kind: Kind) -> Any:
    match kind:
        case StringKind():
            return "1"
        case IntegerKind():
            return max(kind.least, 1)
        case BooleanKind():
            return True
        case DecimalKind():
            return 1
        case DateTimeKind():
            return datetime.now(UTC) + timedelta(hours=1)
        case EnumKind():
            return next(iter(kind.enumeration))
        case ObjectKind():
            return plainest(kind.cls)
        case ListKind():
            return (_plain(kind.element),) * max(kind.fewest, 1)
    raise TypeError(f"no plain value for {kind!r}")
