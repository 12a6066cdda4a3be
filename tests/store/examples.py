"""One record of every kind, as a station writes it, in a store that makes sense as a whole.

A station in the middle of things: one transaction runs at connector 1, one that ran there before has ended and is owed,
and so is what both have to say. A new kind of record wants its example here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from model.language.composition import Instance
from model.messages.charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from model.messages.metering import Measurand, ReadingContext
from model.smart_charging.limits import Installed
from runtime.core.inputs import MeterReading, Put
from runtime.core.ledger import Ledger
from runtime.core.records import (
    CacheEntry,
    FirmwareUpdate,
    ListEntry,
    OwedFirmwareStatus,
    QueueItem,
    ReservationRecord,
    SecurityEvent,
    TransactionRecord,
    UploadRecord,
    UploadStatus,
)
from runtime.operations.metering import meter_value

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
ENDED = datetime(2026, 11, 22, 13, tzinfo=UTC)
FAR = datetime(2098, 1, 1, tzinfo=UTC)
VALUE = meter_value(
    MeterReading(1, 4711, 400.0, 100.0, 40000.0, 60000.0),
    (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,),
    ReadingContext.SAMPLE_PERIODIC,
    BEGAN,
)
PROFILE = ChargingProfile(
    charging_profile_id=7, stack_level=0, charging_profile_purpose=ChargingProfilePurpose.TX_DEFAULT_PROFILE,
    charging_profile_kind=ChargingProfileKind.RELATIVE,
    charging_schedule=ChargingSchedule(
        charging_rate_unit=ChargingRateUnit.W,
        charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(11000)),),
    ),
)  # fmt: skip


def _transaction(slot: int, stopped: bool) -> TransactionRecord:
    end = (5000, ENDED, "Local") if stopped else (None, None, None)
    return TransactionRecord(
        connector=1, id_tag=f"driver{slot}", parent_id_tag=None, meter_start_wh=4000, started_at=BEGAN,
        last_register_wh=4711, last_at=BEGAN, transaction_id=40 + slot, meter_stop_wh=end[0], stopped_at=end[1],
        reason=end[2],
    )  # fmt: skip


def example() -> Ledger:
    """A ledger that has written one record of every kind."""
    ledger = Ledger()
    for slot, state, stopped in ((1, "StopOwed", True), (2, "Running", False)):
        ledger.next_number("transaction")
        ledger.set_state(Instance("transaction", 1, slot), state)
        ledger.samples[slot] = {}
        ledger.set_transaction(slot, _transaction(slot, stopped))
        ledger.add_sample(slot, VALUE)
        ledger.enqueue(QueueItem(slot, "meter", meter_value=VALUE, connector=1))
    ledger.enqueue(QueueItem(1, "stop"))
    ledger.set_configuration("ConnectionTimeOut", "77")
    ledger.next_number("cache_entry")
    ledger.set_cached(1, CacheEntry("alice", "Accepted", FAR, "GROUP"))
    ledger.set_state(Instance("cache_entry", 0, 1), "Valid")
    ledger.set_list({"listed": ListEntry("Listed", "Accepted", FAR)}, 5)
    ledger.set_state(Instance("local_list"), "InUse")
    ledger.set_reservation(1, ReservationRecord(9, "carol", "GROUP", FAR))
    ledger.set_state(Instance("reservation", 1), "Reserved")
    ledger.set_profiles([Installed(1, PROFILE)])
    ledger.set_state(Instance("charging_profile"), "Installed")
    ledger.add_security_event(SecurityEvent("TamperDetectionActivated", BEGAN, "lid"))
    ledger.set_state(Instance("security_event"), "Owed")
    ledger.next_number("upload")
    ledger.set_upload("diagnostics", UploadRecord(1, "ftp://files.example/lid.zip", "lid.zip", 3, 60, BEGAN, FAR))
    ledger.set_state(Instance("diagnostics"), "Waiting")
    ledger.add_upload_status(UploadStatus("Uploading"))
    ledger.set_state(Instance("diagnostics_status"), "Owed")
    ledger.set_update(
        FirmwareUpdate(ledger.next_number("firmware"), "https://user:secret@firmware.example/image", FAR, 3, 60)
    )
    ledger.set_state(Instance("firmware"), "Scheduled")
    ledger.add_update_status(OwedFirmwareStatus("DownloadFailed"))
    ledger.set_state(Instance("firmware_status"), "Owed")
    return ledger


def example_records() -> dict[str, dict[str, str]]:
    """Space -> key -> text, of all that the example has written."""
    records: dict[str, dict[str, str]] = {}
    for write in example().take_writes():
        if isinstance(write, Put):
            records.setdefault(write.space, {})[write.key] = write.value
    return records
