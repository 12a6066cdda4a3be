"""What the ledger writes, it reads again: a station rebuilt from its writes is the station that wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from model.language.composition import Instance
from model.language.loader import load_composition
from model.messages.metering import Measurand, MeterValue, ReadingContext
from model.station_file import load_station
from runtime.core.inputs import MeterReading, Put
from runtime.core.ledger import HIGHEST, Ledger
from runtime.core.ports import Drop, DropAll, Quarantine, Records
from runtime.core.queue_window import MOST
from runtime.core.records import (
    CacheEntry,
    ListEntry,
    QueueItem,
    SecurityEvent,
    TransactionRecord,
    UploadRecord,
    UploadStatus,
    load_record,
)
from runtime.core.references import repair
from runtime.operations.metering import meter_value

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAMPLE = meter_value(
    MeterReading(1, 4711, 400.0, 100.0, 40000.0, 60000.0),
    (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, Measurand.VOLTAGE),
    ReadingContext.SAMPLE_PERIODIC,
    NOON,
)

HAPPENED = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
"""hypothesis wants its bounds without a zone."""

transactions = st.builds(
    TransactionRecord,
    connector=st.integers(1, 2),
    id_tag=st.text(min_size=1, max_size=20),
    parent_id_tag=st.none() | st.text(min_size=1, max_size=20),
    meter_start_wh=st.integers(0, 2**40),
    started_at=HAPPENED,
    last_register_wh=st.integers(0, 2**40),
    last_at=HAPPENED,
    transaction_id=st.none() | st.integers(-(2**31), 2**31 - 1),
    meter_stop_wh=st.just(2**40),
    stopped_at=HAPPENED,
    reason=st.none() | st.sampled_from(["Local", "PowerLoss"]),
)


def kept(ledger: Ledger) -> Records:
    """The records that a store would hold after committing what the ledger wrote."""
    records: Records = {}
    for write in ledger.take_writes():
        match write:
            case Put(space, key, value):
                records.setdefault(space, {})[key] = value
            case Drop(space, key):
                records.get(space, {}).pop(key, None)
            case DropAll(span):
                found = records.get(span.space, {})
                records[span.space] = {key: found[key] for key in found if not span.first <= key <= span.last}
    return {space: dict(sorted(found.items())) for space, found in records.items()}


@given(transactions, st.sampled_from(["BothOwed", "StopOwed"]))
def test_a_transaction_is_found_again_with_every_field(record: TransactionRecord, state: str) -> None:
    ledger, at = Ledger(), Instance("transaction", record.connector, 7)
    ledger.set_state(at, "Running" if record.reason is None else state)
    ledger.set_transaction(7, record)
    records = kept(ledger)
    again = Ledger.read(records)
    assert again.transactions == {7: record}
    assert again.states == ledger.states
    assert list(records) == (["state", "transaction"] if record.reason is None else ["ended"])


def test_everything_is_found_again_in_the_order_in_which_it_was_queued() -> None:
    ledger = Ledger()
    for count in range(1, 13):
        ledger.enqueue(QueueItem(count, "meter", meter_value=SAMPLE))
    ledger.set_state(Instance("availability", 1), "Inoperative")
    ledger.set_cached(4, CacheEntry("ABC", "Accepted", NOON, "GROUP"))
    ledger.add_security_event(SecurityEvent("TamperDetectionActivated", NOON, "lid"))
    ledger.set_configuration("HeartbeatInterval", "60")
    again = Ledger.read(kept(ledger))
    assert list(again.queue.items.items()) == list(ledger.queue.items.items())
    assert again.states == ledger.states
    assert (again.cached, again.security, again.configuration) == (ledger.cached, ledger.security, ledger.configuration)


def test_a_list_is_found_again_as_it_was_last_set() -> None:
    ledger = Ledger()
    ledger.set_list({"a": ListEntry("A", "Accepted", NOON, "G"), "b": ListEntry("b", "Blocked")}, 4)
    ledger.set_list({"b": ListEntry("B", "Accepted"), "c": ListEntry("c", "Invalid")}, 9)
    again = Ledger.read(kept(ledger))
    assert again.listed == {"b": ListEntry("B", "Accepted"), "c": ListEntry("c", "Invalid")}
    assert again.list_version == 9


def test_an_upload_whose_state_is_lost_goes_on_and_one_of_no_machine_is_put_aside() -> None:
    ledger = Ledger()
    ledger.set_upload("diagnostics", UploadRecord(1, "ftp://files.example/x.zip", "x.zip", 3, 60))
    ledger.set_upload("nobody", UploadRecord(2, "", "y.zip", 3, 60))
    ledger.add_upload_status(UploadStatus("Uploading"))
    repair(ledger, load_composition(), load_station("m06010e2eyfg"))
    assert ledger.states[Instance("diagnostics")] == "Waiting"
    assert ledger.states[Instance("diagnostics_status")] == "Owed"
    assert [one.name for one in ledger.quarantined] == ["upload nobody"]


def test_a_number_is_never_given_twice_across_a_restart() -> None:
    ledger = Ledger()
    first = [ledger.next_number("slot") for _ in range(3)]
    again = Ledger.read(kept(ledger))
    assert first == [1, 2, 3]
    assert again.next_number("slot") == 4


def test_memory_holds_the_head_of_a_long_queue_and_the_store_the_rest() -> None:
    ledger = Ledger()
    for _ in range(100):
        ledger.enqueue(QueueItem(1, "meter", meter_value=SAMPLE))
    records = kept(ledger)
    assert (len(ledger.queue), len(ledger.queue.items), len(records["queue"])) == (100, MOST, 100)
    for left in range(99, -1, -1):
        if not ledger.queue.items:
            rest = ledger.queue.rest
            found = [key for key in records["queue"] if rest.first <= key <= rest.last][: rest.most]
            for key in found:
                ledger.queue.take(
                    {int(key): load_record(Put("queue", key, records["queue"][key]), QueueItem)}, int(key)
                )
        assert ledger.queue.head[0] == 100 - left
        ledger.dequeue()
        assert len(ledger.queue) == left


def test_a_queue_that_was_read_again_is_as_long_as_it_was() -> None:
    ledger = Ledger()
    for _ in range(MOST + 5):
        ledger.enqueue(QueueItem(1, "meter", meter_value=SAMPLE))
    ledger.dequeue()
    records = kept(ledger)
    records["queue"] = dict(sorted(records["queue"].items())[:MOST])
    again = Ledger.read({**records, HIGHEST: {"queue": str(MOST + 5)}})
    assert len(again.queue) == len(ledger.queue) == MOST + 4
    assert again.queue.head[0] == 2


def test_one_that_was_in_memory_before_does_not_come_back() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.enqueue(QueueItem(1, "meter", meter_value=SAMPLE))
    ledger.dequeue()
    ledger.queue.take({1: QueueItem(1, "meter", meter_value=SAMPLE)}, 1)
    assert list(ledger.queue.items) == [2, 3]


def test_only_meter_values_before_meter_values_leave_at_leisure_and_not_too_many() -> None:
    ledger = Ledger()
    for kind in ["start"] + ["meter"] * 100 + ["stop"]:
        ledger.enqueue(QueueItem(1, kind, meter_value=SAMPLE if kind == "meter" else None))
    ledger.take_writes()
    at_leisure = []
    while ledger.queue.items:
        ledger.dequeue()
        (write,) = ledger.take_writes()
        assert isinstance(write, Drop)
        at_leisure.append(write.at_leisure)
        _refill(ledger)
    assert at_leisure[0] is False, "the start"
    assert at_leisure[-2:] == [False, False], "the last values before the stop, and the stop"
    assert at_leisure.count(False) == 3 + 102 // MOST


def _refill(ledger: Ledger) -> None:
    if not ledger.queue.items and len(ledger.queue):
        for sequence in range(ledger.queue.known + 1, min(ledger.queue.last, ledger.queue.known + MOST) + 1):
            kind = "stop" if sequence == ledger.queue.last else "meter"
            item = QueueItem(1, kind, meter_value=None if kind == "stop" else SAMPLE)
            ledger.queue.take({sequence: item}, sequence)


def test_a_forgotten_transaction_takes_its_samples_along() -> None:
    ledger = Ledger()
    ledger.samples = {1: {}, 2: {}}
    ledger.add_sample(1, SAMPLE)
    ledger.add_sample(2, SAMPLE)
    ledger.add_last_sample(1, SAMPLE)
    ledger.forget_transaction(1)
    records = kept(ledger)
    assert list(records["sample"]) == ["000000000002/000000000001"]
    key = "000000000002/000000000001"
    assert load_record(Put("sample", key, records["sample"][key]), MeterValue) == SAMPLE


def test_a_record_that_cannot_be_read_is_named_and_goes_and_the_others_stay() -> None:
    ledger = Ledger()
    ledger.set_configuration("HeartbeatInterval", "60")
    records = kept(ledger) | {"transaction": {"000000000001": '{"connector": "one"}'}}
    again = Ledger.read(records)
    assert [(one.space, one.key) for one in again.quarantined] == [("transaction", "000000000001")]
    assert again.take_writes() == (Quarantine("transaction", "000000000001"),)
    assert (again.transactions, again.configuration) == ({}, {"HeartbeatInterval": "60"})
