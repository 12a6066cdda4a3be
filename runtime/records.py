"""What the station keeps across a power cut, as records, and the ledger that holds them.

The ledger is the station's memory of what is durable: every change is made in memory and noted as a write in the
same breath, and the host commits the writes of a step before anything else happens. So what is in memory at the
end of a step is what a power cut in the next instant leaves behind. Spaces and their keys:

    configuration   key name -> value as text            state        instance -> state
    transaction     slot -> TransactionRecord            cache        slot -> CacheEntry
    station         name -> one value                    security     sequence -> SecurityEvent
    list            folded id tag -> ListEntry           (its version: station, LIST_VERSION)
    reservation     connector -> ReservationRecord
    profile         chargingProfileId -> Installed

and three that grow with what is owed. They rest in the store; in memory is what comes next (``runtime/owed.py``):

    queue           sequence -> QueueItem                sample       slot/number -> MeterValue
    ended           slot -> EndedTransaction: once it has ended, its record and its state
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import orjson
from attrs import define, evolve, field
from cattrs.preconf.orjson import make_converter

from model.composition import Instance
from model.messages.charging import ChargingProfile, ChargingProfilePurpose
from model.messages.codec import structure, unstructure
from model.messages.metering import MeterValue
from model.messages.types import fold
from model.record import frozen
from model.smart_charging.limits import Installed
from runtime.owed import DIGITS, Window, number
from runtime.ports import Drop, DropAll, Put, Records, Span, Write

R = TypeVar("R")

_CONVERTER = make_converter()
_CONVERTER.register_unstructure_hook(MeterValue, unstructure)
_CONVERTER.register_structure_hook(MeterValue, lambda raw, _: structure(MeterValue, raw))
_CONVERTER.register_unstructure_hook(ChargingProfile, unstructure)
_CONVERTER.register_structure_hook(ChargingProfile, lambda raw, _: structure(ChargingProfile, raw))

LIST_VERSION = "list_version"
"""The station's value that says which version the local authorization list has."""


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


def samples_of(slot: int) -> Span:
    """Where the samples of a transaction lie."""
    return Span("sample", f"{number(slot)}/{number(0)}", f"{number(slot)}/{'9' * DIGITS}")


def transaction_at(slot: int, record: TransactionRecord) -> Instance:
    """The instance of a transaction."""
    return Instance("transaction", record.connector, slot)


@define
class Ledger:
    """Everything durable but what rests in the store, and the writes that this step has made."""

    configuration: dict[str, str] = field(factory=dict)
    states: dict[Instance, str] = field(factory=dict)
    transactions: dict[int, TransactionRecord] = field(factory=dict)
    queue: Window = field(factory=Window)
    samples: dict[int, dict[int, str]] = field(factory=dict)
    """The samples of transactions that are whole in memory, as they stand in the store."""
    cached: dict[int, CacheEntry] = field(factory=dict)
    """By slot, the one that was used longest ago first."""
    listed: dict[str, ListEntry] = field(factory=dict)
    reservations: dict[int, ReservationRecord] = field(factory=dict)
    profiles: dict[int, Installed] = field(factory=dict)
    security: dict[int, SecurityEvent] = field(factory=dict)
    station: dict[str, str] = field(factory=dict)
    writes: dict[object, Write] = field(factory=dict)

    @classmethod
    def read(cls, records: Records) -> Ledger:
        """What a store holds. Raises RecordDamagedError."""
        ledger = cls()
        ledger.configuration = dict(records.get("configuration", {}))
        ledger.station = dict(records.get("station", {}))
        ledger.states = {_instance(key): value for key, value in records.get("state", {}).items()}
        ledger.transactions = _numbered(records, "transaction", TransactionRecord)
        for slot, ended in _numbered(records, "ended", EndedTransaction).items():
            ledger.wake(slot, ended)
        ledger.queue = Window.read(int(ledger.station.get("queue", "0")), _numbered(records, "queue", QueueItem))
        ledger.reservations = _numbered(records, "reservation", ReservationRecord)
        ledger.security = _numbered(records, "security", SecurityEvent)
        cached = _numbered(records, "cache", CacheEntry)
        ledger.cached = dict(sorted(cached.items(), key=lambda item: item[1].used))
        ledger.profiles = {int(key): _load(records, "profile", key, Installed) for key in records.get("profile", {})}
        ledger.listed = {key: _load(records, "list", key, ListEntry) for key in records.get("list", {})}
        return ledger

    # ---- one method for each thing that can change -------------------------------------------------------

    def set_configuration(self, key: str, value: str) -> None:
        """Keep the value of a configuration key."""
        self.configuration[key] = value
        self._note(Put("configuration", key, value))

    def set_state(self, instance: Instance, state: str | None) -> None:
        """Keep the state of a persistent instance; None forgets it (CS-5.14-12)."""
        if state is None:
            self.states.pop(instance, None)
            self._note(Drop("state", str(instance)))
            return
        self.states[instance] = state
        record = self.transactions.get(instance.slot) if instance.machine == "transaction" else None
        if record is not None and record.reason is not None:
            self._put("ended", number(instance.slot), EndedTransaction(record, state))
        else:
            self._note(Put("state", str(instance), state))

    def set_station(self, name: str, value: str) -> None:
        """Keep one value of the station as a whole."""
        self.station[name] = value
        self._note(Put("station", name, value))

    def next_number(self, name: str) -> int:
        """A number above every earlier one of that name."""
        value = int(self.station.get(name, "0")) + 1
        self.set_station(name, str(value))
        return value

    def set_transaction(self, slot: int, record: TransactionRecord) -> None:
        """Keep a transaction; one that has ended goes to rest with its state."""
        self.transactions[slot] = record
        if record.reason is None:
            self._put("transaction", number(slot), record)
            return
        instance = transaction_at(slot, record)
        self._note(Drop("transaction", number(slot)))
        self._note(Drop("state", str(instance)))
        self._put("ended", number(slot), EndedTransaction(record, self.states[instance]))

    def wake(self, slot: int, ended: EndedTransaction) -> Instance:
        """Take an ended transaction into memory; its instance."""
        instance = transaction_at(slot, ended.record)
        self.transactions[slot], self.states[instance] = ended.record, ended.state
        return instance

    def rest(self, slot: int) -> Instance:
        """Let an ended transaction go from memory; its instance. The store has it."""
        instance = transaction_at(slot, self.transactions.pop(slot))
        del self.states[instance]
        return instance

    @property
    def ended(self) -> int:
        """How many transactions that have ended are in memory."""
        return sum(record.reason is not None for record in self.transactions.values())

    def running(self, connector: int) -> tuple[int, TransactionRecord] | None:
        """The transaction that runs at a connector: its slot, and its record, which has no stop reason yet."""
        records = self.transactions.items()
        return next(((s, r) for s, r in records if r.connector == connector and r.reason is None), None)

    def forget_transaction(self, slot: int) -> None:
        """Forget a transaction that has ended, and its samples."""
        self.transactions.pop(slot, None)
        self.samples.pop(slot, None)
        self._note(Drop("ended", number(slot)))
        self._note(DropAll(samples_of(slot)))

    def add_sample(self, slot: int, value: MeterValue) -> None:
        """Keep a sample for the transactionData of a transaction that is whole in memory."""
        samples = self.samples[slot]
        count = max(samples, default=0) + 1
        samples[count] = self._put("sample", f"{number(slot)}/{number(count)}", value)

    def add_last_sample(self, slot: int, value: MeterValue) -> None:
        """Keep the last sample of a transaction whose others rest in the store."""
        self._put("sample", samples_of(slot).last, value)

    def drop_samples(self, slot: int, counts: Iterable[int]) -> None:
        """Thin the samples of a transaction."""
        for count in counts:
            del self.samples[slot][count]
            self._note(Drop("sample", f"{number(slot)}/{number(count)}"))

    def enqueue(self, item: QueueItem) -> int:
        """Put a transaction message at the end of the queue; its sequence number."""
        sequence = self.next_number("queue")
        self.queue.append(sequence, item)
        self._put("queue", number(sequence), item)
        return sequence

    def set_head(self, item: QueueItem) -> None:
        """Keep what has become of the message at the head of the queue."""
        sequence, _ = self.queue.head
        self.queue.items[sequence] = item
        self._put("queue", number(sequence), item)

    def dequeue(self) -> None:
        """Take the message at the head out of the queue.

        At leisure where MeterValues follow MeterValues in memory: after a power cut the CSMS gets some of them once
        more, fewer than memory holds, and nothing else has left the queue since.
        """
        sequence, item = self.queue.take_head()
        at_leisure = item.kind == self.queue.next_kind == "meter"
        self._note(Drop("queue", number(sequence), at_leisure))

    def set_cached(self, slot: int, entry: CacheEntry) -> None:
        """Keep an entry of the authorization cache; the youngest from now on (CS-3.5.1-07, CS-3.5.1-08, ERR-3.4-01)."""
        self.cached.pop(slot, None)
        self.cached[slot] = entry = evolve(entry, used=self.next_number("use"))
        self._put("cache", number(slot), entry)

    def forget_cached(self, slot: int) -> CacheEntry:
        """Forget an entry of the authorization cache; what it said."""
        self._note(Drop("cache", number(slot)))
        return self.cached.pop(slot)

    @property
    def list_version(self) -> int:
        """The version of the local authorization list; 0 where it was never sent, or holds nothing."""
        return int(self.station.get(LIST_VERSION, "0"))

    def set_list(self, entries: Mapping[str, ListEntry], version: int) -> None:
        """Keep this local authorization list and no other; only what differs is written."""
        for key in [key for key in self.listed if key not in entries]:
            self._note(Drop("list", key))
        for key, entry in entries.items():
            if self.listed.get(key) != entry:
                self._put("list", key, entry)
        self.listed = dict(entries)
        self.set_station(LIST_VERSION, str(version))

    def set_reservation(self, connector: int, record: ReservationRecord) -> None:
        """Keep the reservation of a connector."""
        self.reservations[connector] = record
        self._put("reservation", number(connector), record)

    def forget_reservation(self, connector: int) -> None:
        """The connector is not reserved any more."""
        self.reservations.pop(connector, None)
        self._note(Drop("reservation", number(connector)))

    def set_profiles(self, profiles: Iterable[Installed]) -> None:
        """Keep these charging profiles and no others; only what differs is written."""
        kept = {one.profile.charging_profile_id: one for one in profiles}
        for profile_id in [profile_id for profile_id in self.profiles if profile_id not in kept]:
            self._note(Drop("profile", str(profile_id)))
        for profile_id, one in kept.items():
            if self.profiles.get(profile_id) != one:
                self._put("profile", str(profile_id), one)
        self.profiles = kept

    def ended_profiles(self) -> list[Installed]:
        """The TxProfiles at connectors where no transaction runs any more."""
        own = ChargingProfilePurpose.TX_PROFILE
        return [one for one in self.profiles.values() if one.purpose is own and not self.running(one.connector)]

    def add_security_event(self, event: SecurityEvent) -> int:
        """Keep a security event until the CSMS has confirmed it; its sequence number."""
        sequence = self.next_number("security")
        self.security[sequence] = event
        self._put("security", number(sequence), event)
        return sequence

    def forget_security_event(self, sequence: int) -> None:
        """The CSMS has confirmed it."""
        self.security.pop(sequence, None)
        self._note(Drop("security", number(sequence)))

    def take_writes(self) -> tuple[Write, ...]:
        """The writes since they were last taken; of two to the same key the later one."""
        writes, self.writes = tuple(self.writes.values()), {}
        return writes

    def _note(self, write: Write) -> None:
        self.writes[write if isinstance(write, DropAll) else (write.space, write.key)] = write

    def _put(self, space: str, key: str, record: object) -> str:
        text = _CONVERTER.dumps(record).decode()
        self._note(Put(space, key, text))
        return text


def _instance(key: str) -> Instance:
    machine, *numbers = key.split("/")
    return Instance(machine, *(int(part) for part in numbers))


def _numbered(records: Records, space: str, kind: type[R]) -> dict[int, R]:
    return {int(key): _load(records, space, key, kind) for key in records.get(space, {})}


def _load(records: Records, space: str, key: str, kind: type[R]) -> R:
    return load_record(Put(space, key, records[space][key]), kind)


def sample(text: str) -> MeterValue:
    """A sample out of how it stands in the store."""
    return structure(MeterValue, orjson.loads(text))


def load_record(put: Put, kind: type[R]) -> R:
    """What a record says. Raises RecordDamagedError."""
    raw: Any = None
    try:
        raw = orjson.loads(put.value)
        return _CONVERTER.structure(raw, kind)
    except Exception as problem:
        raise RecordDamagedError(f"record {put.key} of {put.space} cannot be read: {problem}") from problem
