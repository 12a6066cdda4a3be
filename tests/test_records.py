"""What the ledger writes, it reads again: a station rebuilt from its writes is the station that wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.composition import Instance
from model.messages.metering import Measurand, ReadingContext
from runtime.operations.metering import meter_value
from runtime.ports import MeterReading, Put, Records
from runtime.records import (
    CacheEntry,
    Ledger,
    ListEntry,
    QueueItem,
    RecordDamagedError,
    SecurityEvent,
    TransactionRecord,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAMPLE = meter_value(
    MeterReading(1, 4711, 400.0, 100.0, 40000.0, 60000.0),
    (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, Measurand.VOLTAGE),
    ReadingContext.SAMPLE_PERIODIC,
    NOON,
)

transactions = st.builds(
    TransactionRecord,
    connector=st.integers(1, 2),
    id_tag=st.text(min_size=1, max_size=20),
    parent_id_tag=st.none() | st.text(min_size=1, max_size=20),
    meter_start_wh=st.integers(0, 2**40),
    started_at=st.datetimes(timezones=st.just(UTC)),
    last_register_wh=st.integers(0, 2**40),
    last_at=st.datetimes(timezones=st.just(UTC)),
    transaction_id=st.none() | st.integers(-(2**31), 2**31 - 1),
    reason=st.none() | st.sampled_from(["Local", "PowerLoss"]),
)


def kept(ledger: Ledger) -> Records:
    """The records that a store would hold after committing what the ledger wrote."""
    records: Records = {}
    for write in ledger.take_writes():
        if isinstance(write, Put):
            records.setdefault(write.space, {})[write.key] = write.value
        else:
            records.get(write.space, {}).pop(write.key, None)
    return {space: dict(sorted(found.items())) for space, found in records.items()}


@given(transactions)
def test_a_transaction_is_found_again_with_every_field(record: TransactionRecord) -> None:
    ledger = Ledger()
    ledger.set_transaction(7, record)
    assert Ledger.read(kept(ledger)).transactions == {7: record}


def test_everything_is_found_again_in_the_order_in_which_it_was_queued() -> None:
    ledger = Ledger()
    for count in range(12):
        ledger.enqueue(QueueItem(count, "meter", meter_value=SAMPLE))
    ledger.add_sample(3, SAMPLE)
    ledger.set_state(Instance("transaction", 1, 3), "StopOwed")
    ledger.set_cached(4, CacheEntry("ABC", "Accepted", NOON, "GROUP"))
    ledger.add_security_event(SecurityEvent("TamperDetectionActivated", NOON, "lid"))
    ledger.set_configuration("HeartbeatInterval", "60")
    again = Ledger.read(kept(ledger))
    assert list(again.queue.items()) == list(ledger.queue.items())
    assert again.samples == {3: {1: SAMPLE}}
    assert again.states == ledger.states
    assert (again.cached, again.security, again.configuration) == (ledger.cached, ledger.security, ledger.configuration)


def test_a_list_is_found_again_as_it_was_last_set() -> None:
    ledger = Ledger()
    ledger.set_list({"a": ListEntry("A", "Accepted", NOON, "G"), "b": ListEntry("b", "Blocked")}, 4)
    ledger.set_list({"b": ListEntry("B", "Accepted"), "c": ListEntry("c", "Invalid")}, 9)
    again = Ledger.read(kept(ledger))
    assert again.listed == {"b": ListEntry("B", "Accepted"), "c": ListEntry("c", "Invalid")}
    assert again.list_version == 9


def test_a_number_is_never_given_twice_across_a_restart() -> None:
    ledger = Ledger()
    first = [ledger.next_number("slot") for _ in range(3)]
    again = Ledger.read(kept(ledger))
    assert first == [1, 2, 3]
    assert again.next_number("slot") == 4


def test_whether_meter_values_are_owed_is_known_after_a_restart_too() -> None:
    ledger = Ledger()
    sequence = ledger.enqueue(QueueItem(1, "meter", meter_value=SAMPLE))
    again = Ledger.read(kept(ledger))
    assert again.meter_values_owed
    again.dequeue(sequence)
    assert not again.meter_values_owed


def test_a_forgotten_transaction_takes_its_samples_along() -> None:
    ledger = Ledger()
    ledger.add_sample(1, SAMPLE)
    ledger.add_sample(2, SAMPLE)
    ledger.forget_transaction(1)
    assert Ledger.read(kept(ledger)).samples == {2: {1: SAMPLE}}


def test_a_damaged_record_is_named_and_nothing_is_guessed() -> None:
    with pytest.raises(RecordDamagedError, match="record 000000000001 of transaction"):
        Ledger.read({"transaction": {"000000000001": '{"connector": "one"}'}})
