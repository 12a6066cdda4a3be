"""What the station keeps across a power cut: a record for each thing, and how it stands in the store.

One space of the store holds one kind of record; ``runtime/ledger.py`` says which.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import orjson
from cattrs.preconf.orjson import make_converter

from model.messages.charging import ChargingProfile
from model.messages.codec import structure, unstructure
from model.messages.kept import kept
from model.messages.metering import MeterValue
from model.messages.types import fold
from model.record import frozen
from runtime.inputs import Put

R = TypeVar("R")

_CONVERTER = make_converter(detailed_validation=False)
_CONVERTER.register_unstructure_hook(MeterValue, unstructure)
_CONVERTER.register_structure_hook(MeterValue, lambda raw, _: kept(MeterValue, raw))
_CONVERTER.register_unstructure_hook(ChargingProfile, unstructure)
_CONVERTER.register_structure_hook(ChargingProfile, lambda raw, _: structure(ChargingProfile, raw))


class RecordDamagedError(RuntimeError):
    """A record of the store cannot be read; the message names space and key. Nothing is overwritten."""


@frozen
class TransactionRecord:
    """One transaction, from its start until its StopTransaction.req is settled.

    ``transaction_id`` is what the CSMS chose, None while it is not known; every integer is legal. ``given_up``: the
    CSMS never answered the start, later messages carry -1 (ERR-3.18-01). ``reservation_id``: of the reservation that
    it ended (CS-5.13-22). Registers in Wh.
    """

    connector: int
    id_tag: str
    parent_id_tag: str | None
    meter_start_wh: int
    started_at: datetime
    last_register_wh: int
    last_at: datetime
    transaction_id: int | None = None
    given_up: bool = False
    meter_stop_wh: int | None = None
    stopped_at: datetime | None = None
    reason: str | None = None
    stop_id_tag: str | None = None
    reservation_id: int | None = None

    @property
    def wire_id(self) -> int:
        """The transactionId that goes on the wire once the start is settled."""
        return -1 if self.transaction_id is None else self.transaction_id


@frozen
class EndedTransaction:
    """A transaction that has ended, with the state of its machine."""

    record: TransactionRecord
    state: str


@frozen
class QueueItem:
    """One transaction message that is owed: its kind, ``start``, ``meter`` or ``stop``, and how often it failed.

    ``slot`` is its transaction's; None for meter values of an idle ``connector``, which belong to none (CS-3.7-02).
    """

    slot: int | None
    kind: str
    failures: int = 0
    meter_value: MeterValue | None = None
    connector: int = 0


@frozen
class CacheEntry:
    """What the CSMS said of an id tag, and when it was used last (``used`` orders them, oldest first)."""

    id_tag: str
    status: str
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None
    used: int = 0


@frozen
class ListEntry:
    """What the local authorization list says of an id tag."""

    id_tag: str
    status: str
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None


@frozen
class ReservationRecord:
    """For whom a connector is kept, and until when; any integer is a legal id."""

    reservation_id: int
    id_tag: str
    parent_id_tag: str | None
    expiry_date: datetime

    def is_for(self, id_tag: str, parent_id_tag: str | None) -> bool:
        """Whether it lets that token in: by its own id, or by its group where both have one (CS-5.13-11)."""
        of_the_group = self.parent_id_tag is not None and parent_id_tag is not None
        same_group = of_the_group and fold(str(parent_id_tag)) == fold(str(self.parent_id_tag))
        return same_group or fold(id_tag) == fold(self.id_tag)


@frozen
class SecurityEvent:
    """A security event that the CSMS has not confirmed yet."""

    type: str
    at: datetime
    tech_info: str | None = None


def sample(text: str) -> MeterValue:
    """A sample out of how it stands in the store."""
    return kept(MeterValue, orjson.loads(text))


def load_record(put: Put, kind: type[R]) -> R:
    """What a record says. Raises RecordDamagedError."""
    raw: Any = None
    try:
        raw = orjson.loads(put.value)
        return _CONVERTER.structure(raw, kind)
    except Exception as problem:
        raise RecordDamagedError(f"record {put.key} of {put.space} cannot be read: {problem}") from problem


def dump_record(record: object) -> str:
    """A record as it stands in the store."""
    return _CONVERTER.dumps(record).decode()
