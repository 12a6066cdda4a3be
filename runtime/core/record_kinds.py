"""Which space of the store holds which kind of record: one table, and everybody reads it.

The ledger reads and writes no space that is not here, and a value only as what it says; the tests write one of each
kind in one process and read it in another. So a new kind of record is a line here, and cannot be left out of either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from model.language.composition import Instance
from model.messages.errors import BadPayloadError
from model.messages.metering import MeterValue
from model.messages.scalars import IntegerKind, StringKind
from model.record import frozen
from model.smart_charging.limits import Installed
from runtime.core.inputs import Put
from runtime.core.queue_window import LAST_SAMPLE, is_number
from runtime.core.records import (
    CacheEntry,
    EndedTransaction,
    FirmwareUpdate,
    ListEntry,
    OwedFirmwareStatus,
    QueueItem,
    RecordDamagedError,
    ReservationRecord,
    SecurityEvent,
    TransactionRecord,
    UploadRecord,
    UploadStatus,
    load_record,
)

MOST_CHARS: Final = 10_000
"""No plain value is longer; ChangeConfiguration.req carries 500 characters."""


@frozen
class RecordKind:
    """One space: what a key of it is, and what its values are (``str``: plain text, no JSON)."""

    space: str
    holds: type
    key: Callable[[str], Any]
    means: str

    def read(self, put: Put) -> tuple[Any, Any]:
        """Key and record. Raises RecordDamagedError."""
        try:
            key = self.key(put.key)
            return key, _plain(put.value) if self.holds is str else load_record(put, self.holds)
        except (ValueError, BadPayloadError) as problem:
            raise RecordDamagedError(f"record {put.key} of {put.space} cannot be read: {problem}") from problem


def _plain(text: str) -> str:
    StringKind(MOST_CHARS).check(text)
    return text


def _padded(key: str) -> int:
    if not is_number(key):
        raise ValueError("the key is no number as a station writes it")
    return int(key)


def _slot(key: str) -> int:
    """A slot or a connector: from 1 on."""
    value = _padded(key)
    if not value:
        raise ValueError("the key is 0")
    return value


def _own_number(key: str) -> int:
    """A number that the CSMS has chosen."""
    IntegerKind().check(int(key))
    if key != str(int(key)):
        raise ValueError("the key is no number as a station writes it")
    return int(key)


def _sample(key: str) -> tuple[int, int]:
    slot, _, count = key.partition("/")
    return _slot(slot), int(count) if count == LAST_SAMPLE else _padded(count)


def _instance(key: str) -> Instance:
    machine, *numbers = key.split("/")
    instance = Instance(machine, *(int(part) for part in numbers[:2]))
    if key != str(instance):
        raise ValueError("the key names no instance of a machine")
    return instance


KINDS: Final = {
    kind.space: kind
    for kind in (
        RecordKind("configuration", str, _plain, "key name -> value as text"),
        RecordKind("station", str, _plain, "name -> one value (runtime/core/station_values.py)"),
        RecordKind("state", str, _instance, "instance -> state of its machine"),
        RecordKind("transaction", TransactionRecord, _slot, "slot -> a transaction that runs"),
        RecordKind("ended", EndedTransaction, _slot, "slot -> one that has ended, and its state"),
        RecordKind("queue", QueueItem, _padded, "sequence -> a transaction message that is owed"),
        RecordKind("sample", MeterValue, _sample, "slot/number -> a value for transactionData"),
        RecordKind("cache", CacheEntry, _slot, "slot -> an entry of the authorization cache"),
        RecordKind("list", ListEntry, _plain, "folded id tag -> an entry of the local list"),
        RecordKind("reservation", ReservationRecord, _slot, "connector -> its reservation"),
        RecordKind("profile", Installed, _own_number, "chargingProfileId -> a profile in its place"),
        RecordKind("security", SecurityEvent, _padded, "sequence -> an event that is owed"),
        RecordKind("upload", UploadRecord, _plain, "machine -> the upload that it was asked for"),
        RecordKind("upload_status", UploadStatus, _padded, "sequence -> a status of an upload that is owed"),
        RecordKind("firmware", FirmwareUpdate, _slot, "number -> the update that goes on"),
        RecordKind("firmware_status", OwedFirmwareStatus, _padded, "sequence -> a status of an update that is owed"),
    )
}
