"""The ledger: everything that the station keeps across a power cut.

The ledger is the station's memory of what is durable: every change is made in memory and noted as a write in the
same breath, and the host commits the writes of a step before anything else happens. So what is in memory at the
end of a step is what a power cut in the next instant leaves behind. Which space of the store holds which kind of
record stands in ``runtime/core/record_kinds.py``.

Three spaces grow with what is owed: ``queue``, ``sample`` and ``ended``. They rest in the store; in memory is what
comes next (``runtime/core/queue_window.py``).

One record that cannot be used costs that record: it goes to ``quarantined`` and out of the store, and the rest is read
(docs/decisions/one-bad-record-costs-itself.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import define, evolve, field

from model.language.composition import Instance
from model.messages.charging import ChargingProfilePurpose
from model.messages.metering import MeterValue
from model.record import frozen
from model.smart_charging.limits import Installed
from runtime.core.inputs import Put, Span
from runtime.core.ports import RESTING, Drop, DropAll, Quarantine, Records, Store, Write
from runtime.core.queue_window import LAST_SAMPLE, MOST, Window, number
from runtime.core.record_kinds import KINDS
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
    dump_record,
)
from runtime.core.station_values import LIST_VERSION, legal
from runtime.core.undo import OfOneStepByKey

R = TypeVar("R")

HIGHEST = "highest"
"""Not a space of the store, but what is asked of it beside its records: space -> the highest number in a key of it."""


@frozen
class Unusable:
    """A record that was put into quarantine, and why."""

    space: str
    key: str
    why: str

    @property
    def name(self) -> str:
        """Space and key, in signs that any line can hold."""
        return f"{self.space} {self.key[:40]}".encode("ascii", "backslashreplace").decode()


def samples_of(slot: int) -> Span:
    """Where the samples of a transaction lie."""
    return Span("sample", f"{number(slot)}/{number(0)}", f"{number(slot)}/{LAST_SAMPLE}")


def transaction_at(slot: int, record: TransactionRecord) -> Instance:
    """The instance of a transaction."""
    return Instance("transaction", record.connector, slot)


@define(slots=False)
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
    uploads: dict[str, UploadRecord] = field(factory=dict)
    upload_statuses: dict[int, UploadStatus] = field(factory=dict)
    updates: dict[int, FirmwareUpdate] = field(factory=dict)
    """By number; there is one at most, the last that was asked for."""
    update_statuses: dict[int, OwedFirmwareStatus] = field(factory=dict)
    station: dict[str, str] = field(factory=dict)
    writes: OfOneStepByKey[object, Write] = field(factory=OfOneStepByKey)
    quarantined: list[Unusable] = field(factory=list)
    """What could not be used, until it is reported."""

    @classmethod
    def read(cls, records: Records) -> Ledger:
        """What a store holds, but for what of it cannot be read: that is in ``quarantined``."""
        ledger = cls()
        highest = {space: int(value) for space, value in records.get(HIGHEST, {}).items()}
        found = {space: ledger._space(space, records) for space in KINDS}
        ledger.configuration, ledger.states = found["configuration"], found["state"]
        ledger.station = {name: value for name, value in found["station"].items() if ledger._legal(name, value)}
        ledger.transactions, ledger.reservations = found["transaction"], found["reservation"]
        ledger.profiles, ledger.listed, ledger.security = found["profile"], found["list"], found["security"]
        ledger.uploads, ledger.upload_statuses = found["upload"], found["upload_status"]
        ledger.updates, ledger.update_statuses = found["firmware"], found["firmware_status"]
        ledger.cached = dict(sorted(found["cache"].items(), key=lambda item: item[1].used))
        for slot, ended in found["ended"].items():
            if slot in ledger.transactions:
                ledger.quarantine("transaction", number(slot), "it has ended, and lies with those")
            ledger.load(slot, ended)
        ledger._read_queue(found["queue"], list(records.get("queue", {})), highest.get("queue", 0))
        ledger._keep_counting(highest)
        return ledger

    def _space(self, space: str, records: Records) -> dict[Any, Any]:
        found = records.get(space, {}).items()
        return dict(pair for key, value in found for pair in self.readable(Put(space, key, value)))

    def readable(self, put: Put) -> Iterator[tuple[Any, Any]]:
        """Key and record; nothing where it cannot be read, and so is in quarantine."""
        try:
            yield KINDS[put.space].read(put)
        except RecordDamagedError as problem:
            self.quarantine(put.space, put.key, str(problem))

    def _legal(self, name: str, value: str) -> bool:
        if not legal(name, value):
            self.quarantine("station", name, f"{value[:40]!r} is no value of {name}")
            return False
        return True

    def _read_queue(self, first: dict[int, QueueItem], keys: list[str], highest: int) -> None:
        """As long as messages are in the store, they say where the queue ends, not the number that was given last."""
        given = int(self.station.get("queue", "0"))
        last = highest or max(first, default=given)
        # Behind a window of keys that are no numbers, messages may begin at any.
        begins = min((int(key) for key in keys if key.isdecimal()), default=last + 1 if len(keys) < MOST else 1)
        self.queue = Window(last=last, known=begins - 1)
        self.queue.take(first, self.queue.reached(keys))
        self.queue.lost += max(0, given - last)
        self.station["queue"] = str(last)

    def _keep_counting(self, highest: Mapping[str, int]) -> None:
        """A number that was given is not given again, also where the last one given was lost."""
        slots = [*self.transactions, *(highest.get(space, 0) for space in ("ended", "sample"))]
        seen = {
            "transaction": slots,
            "cache_entry": [*self.cached, *(at.slot for at in self.states if at.machine == "cache_entry")],
            "security": self.security,
            "upload": [upload.number for upload in self.uploads.values()],
            "upload_status": self.upload_statuses,
            "firmware": self.updates,
            "firmware_status": self.update_statuses,
            "use": [entry.used for entry in self.cached.values()],
        }
        for name, numbers in seen.items():
            least = max(numbers, default=0)
            if least > int(self.station.get(name, "0")):
                self.station[name] = str(least)

    def quarantine(self, space: str, key: str, why: str) -> None:
        """Let that record go from the store, because it cannot be used."""
        self.quarantined.append(Unusable(space, key, why))
        self.writes["quarantine", space, key] = Quarantine(space, key)

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
        if record is not None and record.ended:
            self._put("ended", number(instance.slot), EndedTransaction(record, state))
        else:
            self._note(Put("state", str(instance), state))

    def set_station(self, name: str, value: str) -> None:
        """Keep one value of the station as a whole."""
        self.station[name] = value
        self._note(Put("station", name, value))

    def next_number(self, name: str) -> int:
        """A number above every earlier one of that name."""
        value = self.coming_number(name)
        self.set_station(name, str(value))
        return value

    def coming_number(self, name: str) -> int:
        """The number that ``next_number`` gives next; it is not taken by that."""
        return int(self.station.get(name, "0")) + 1

    def set_transaction(self, slot: int, record: TransactionRecord) -> None:
        """Keep a transaction; one that has ended goes to rest with its state."""
        self.transactions[slot] = record
        if not record.ended:
            self._put("transaction", number(slot), record)
            return
        instance = transaction_at(slot, record)
        self._note(Drop("transaction", number(slot)))
        self._note(Drop("state", str(instance)))
        self._put("ended", number(slot), EndedTransaction(record, self.states[instance]))

    def load(self, slot: int, ended: EndedTransaction) -> Instance:
        """Take an ended transaction into memory; its instance."""
        instance = transaction_at(slot, ended.record)
        self.transactions[slot], self.states[instance] = ended.record, ended.state
        return instance

    def unload(self, slot: int) -> Instance:
        """Let an ended transaction go from memory; its instance. The store has it."""
        instance = transaction_at(slot, self.transactions.pop(slot))
        del self.states[instance]
        return instance

    @property
    def ended(self) -> int:
        """How many transactions that have ended are in memory."""
        return sum(record.ended for record in self.transactions.values())

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
        """Thin the samples of a transaction; one that is gone already is no matter."""
        samples = self.samples.get(slot, {})
        for count in counts:
            if samples.pop(count, None) is not None:
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

    def pass_over(self, why: str) -> None:
        """The message at the head cannot be written: it leaves the queue, and is lost."""
        sequence, _ = self.queue.take_head()
        self.queue.lost += 1
        self.quarantine("queue", number(sequence), why)

    def put_ahead(self, item: QueueItem) -> None:
        """Put a message ahead of the head of the queue."""
        self._put("queue", number(self.queue.put_ahead(item)), item)

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
        listed = dict(entries)  # these entries may be those of the list itself
        self.listed.clear()
        self.listed.update(listed)
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
        self.profiles.clear()
        self.profiles.update(kept)

    def transaction_profiles(self) -> list[Installed]:
        """The profiles that end with a transaction: TxProfiles."""
        return [one for one in self.profiles.values() if one.purpose is ChargingProfilePurpose.TX_PROFILE]

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

    def set_upload(self, machine: str, record: UploadRecord) -> None:
        """Keep what a machine was asked to upload."""
        self.uploads[machine] = record
        self._put("upload", machine, record)

    def forget_upload(self, machine: str) -> None:
        """It has been uploaded, or given up."""
        self.uploads.pop(machine, None)
        self._note(Drop("upload", machine))

    def add_upload_status(self, status: UploadStatus) -> int:
        """Keep a status until the CSMS has received it; its sequence number."""
        sequence = self.next_number("upload_status")
        self.upload_statuses[sequence] = status
        self._put("upload_status", number(sequence), status)
        return sequence

    def forget_upload_status(self, sequence: int) -> None:
        """The CSMS has received it."""
        self.upload_statuses.pop(sequence, None)
        self._note(Drop("upload_status", number(sequence)))

    @property
    def update(self) -> FirmwareUpdate | None:
        """The update of the firmware that goes on."""
        return next(reversed(self.updates.values()), None)

    def set_update(self, update: FirmwareUpdate) -> None:
        """Keep what has become of an update."""
        self.updates[update.number] = update
        self._put("firmware", number(update.number), update)

    def forget_update(self, update: FirmwareUpdate) -> None:
        """It is over, or another one was asked for."""
        self.updates.pop(update.number, None)
        self._note(Drop("firmware", number(update.number)))

    def add_update_status(self, status: OwedFirmwareStatus) -> int:
        """Keep a status until the CSMS has received it; its sequence number."""
        sequence = self.next_number("firmware_status")
        self.update_statuses[sequence] = status
        self._put("firmware_status", number(sequence), status)
        return sequence

    def forget_update_status(self, sequence: int) -> None:
        """The CSMS has received it."""
        self.update_statuses.pop(sequence, None)
        self._note(Drop("firmware_status", number(sequence)))

    def take_writes(self) -> tuple[Write, ...]:
        """The writes since they were last taken; of two to the same key the later one."""
        writes = tuple(self.writes.values())
        self.writes.clear()
        return writes

    def _note(self, write: Write) -> None:
        self.writes[write if isinstance(write, DropAll) else (write.space, write.key)] = write

    def _put(self, space: str, key: str, record: object) -> str:
        assert isinstance(record, KINDS[space].holds), f"{space} holds no {type(record).__name__}"
        text = dump_record(record)
        self._note(Put(space, key, text))
        return text


def everything_in(store: Store) -> Records:
    """What `Ledger.read` needs of a store: its records, and how far those have counted that rest."""
    return {**store.load(), HIGHEST: {space: str(store.last_number(space)) for space in RESTING}}
