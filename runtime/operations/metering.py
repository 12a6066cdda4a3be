"""Metering: samples for MeterValues.req and for transactionData, and the register kept for a power loss.

Every sampled value says context, measurand and unit (reading 22). What a long queue gives up is stated here: once it
is half full, new values of idle connectors, and of the new samples of a transaction more and more, by its length; and
every second sample for transactionData at the bounds of that, the oldest first; never a start, a stop, a first or a
last sample, and nothing that is queued already (hard cases 8 and 9).

A register is reported as the meter shows it, never from 0 for a transaction, so it only rises, and one transaction
begins where the one before has ended (CS-7.31-25 to -29, ERR-3.9-01, ERR-3.77-04 to -06).

Values on the clock are dated by their boundary. A moment that lies off it is none of its values: the timer was early,
or the date has jumped, and the next boundary is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import evolve

from model.clock_alignment import last_boundary, next_boundary
from model.language.composition import Instance
from model.messages.metering import (
    Location,
    Measurand,
    MeterValue,
    MeterValuesReq,
    ReadingContext,
    SampledValue,
    UnitOfMeasure,
)
from runtime.core.binding import answers, lasts, performs
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import MeterReading
from runtime.core.records import QueueItem, TransactionRecord
from runtime.operations.calls import Calls, PendingCall

_PERIODIC, _CLOCK = ReadingContext.SAMPLE_PERIODIC, ReadingContext.SAMPLE_CLOCK

UNIT = {
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: UnitOfMeasure.WH,
    Measurand.VOLTAGE: UnitOfMeasure.V,
    Measurand.CURRENT_IMPORT: UnitOfMeasure.A,
    Measurand.POWER_ACTIVE_IMPORT: UnitOfMeasure.W,
    Measurand.POWER_OFFERED: UnitOfMeasure.W,
}


THINNED_AT_ONCE = 64
"""So many samples make space at a time: to take half of thousands out of the store would hold everything else up."""

AT_ONCE = timedelta(seconds=1)
"""A value that is taken so long after a boundary still is its value."""


class Metering:
    """Takes samples."""

    def __init__(self, context: BlockContext, calls: Calls) -> None:
        self.context, self.calls = context, calls
        self.taken: dict[int, tuple[int | None, int]] = {}

    @lasts("checkpoint")
    def checkpoint(self, at: Instance) -> float:
        """How often the register is kept safe: the station file says."""
        return self.context.station.runtime.checkpoint_interval_s

    @performs("metering", "keep register")
    def keep_register(self, at: Instance) -> None:
        """Into the transaction's record, for StopTransaction after a power loss."""
        slot, record = self._running(at.connector)
        register_wh = self.context.meter(at.connector).register_wh
        kept = evolve(record, last_register_wh=register_wh, last_at=self.moment(slot))
        self.context.ledger.set_transaction(slot, kept)

    def moment(self, slot: int) -> datetime:
        """Now, in a transaction: where the clock was set back, time stands still in it until it has caught up.

        A stop is so never before its start, nor a value before the last, whatever the CSMS says that it is (hard case
        29).
        """
        return max(self.context.utc(), self.context.ledger.transactions[slot].last_at)

    @performs("metering", "take sample")
    def take_sample(self, at: Instance) -> None:
        """MeterValues.req into the queue (CS-4.7-03), a sample for transactionData; the register is safe with it."""
        slot, _ = self._running(at.connector)
        self._enqueue(at.connector, slot, self._value(at.connector, "MeterValuesSampledData", _PERIODIC))
        self.sample_for_stop(slot, at.connector, _PERIODIC)
        self.keep_register(at)

    # ---- on the clock ------------------------------------------------------------------------------------

    @lasts("to_boundary")
    def to_boundary(self, at: Instance) -> float | None:
        """Seconds until the next boundary by the CSMS's clock; never quite 0, and none without interval or date."""
        interval_s = self.context.settings.integer("ClockAlignedDataInterval")
        if not interval_s or not self.context.knows_date:
            return None
        now = self.context.utc()
        return max(0.001, (next_boundary(now, interval_s) - now).total_seconds())

    @performs("metering", "take clock values")
    def take_clock_values(self, at: Instance) -> None:
        """MeterValues.req of an idle connector into the queue (CS-9.1.15-01)."""
        if boundary := self._boundary():
            self._enqueue(at.connector, None, self._value(at.connector, "MeterValuesAlignedData", _CLOCK, boundary))

    @performs("metering", "take clock sample")
    def take_clock_sample(self, at: Instance) -> None:
        """MeterValues.req of the transaction that runs now (ERR-3.16-01), and a sample for transactionData."""
        if not (boundary := self._boundary()):
            return
        slot, _ = self._running(at.connector)
        self._enqueue(at.connector, slot, self._value(at.connector, "MeterValuesAlignedData", _CLOCK, boundary))
        self._keep_for_stop(slot, self._value(at.connector, "StopTxnAlignedData", _CLOCK, boundary))
        self.keep_register(at)

    def _boundary(self) -> datetime | None:
        """The boundary whose values are taken now, if it is one."""
        interval_s, now = self.context.settings.integer("ClockAlignedDataInterval"), self.context.utc()
        boundary = last_boundary(now, interval_s)
        return boundary if now - boundary < min(AT_ONCE, timedelta(seconds=interval_s) / 2) else None

    def _enqueue(self, connector: int, slot: int | None, value: MeterValue | None) -> None:
        if value is None:
            return
        if self._has_its_turn(connector, slot):
            self.context.ledger.enqueue(QueueItem(slot, "meter", meter_value=value, connector=connector))
        else:
            self.context.note(f"the queue fills: values of connector {connector} are thinned", "warning")

    def _has_its_turn(self, connector: int, slot: int | None) -> bool:
        """Whether this value is queued.

        All are while the queue is less than half full; then of a transaction every second, every third and so on as
        it fills, and always the first; of idle connectors none.
        """
        most = self.context.station.runtime.max_queue
        free = max(0, most - len(self.context.ledger.queue))
        owner, taken = self.taken.get(connector, (slot, 0))
        nth = taken if owner == slot else 0
        self.taken[connector] = slot, nth + 1
        if 2 * free > most or (slot is not None and nth == 0):
            return True
        return slot is not None and free > 0 and nth % (most // free) == 0

    # ---- triggered, and for the stop ---------------------------------------------------------------------

    @answers("metering", "sampled")
    def sampled(self, at: Instance) -> bool:
        """Whether there is anything that a trigger could ask for (CS-5.17-08)."""
        return bool(self.context.settings.items("MeterValuesSampledData"))

    @performs("metering", "send triggered values")
    def send_triggered(self, at: Instance) -> None:
        """MeterValues.req for TriggerMessage: now, and not through the queue (CS-5.17-13, CS-5.17-14, ERR-3.46-01).

        What names a transaction does not come after its stop, which goes ahead of most.
        """
        value = self._value(at.connector, "MeterValuesSampledData", ReadingContext.TRIGGER)
        assert value is not None, "the row has asked"
        running = self.context.running(at.connector)
        request = MeterValuesReq(
            connector_id=at.connector,
            meter_value=(value,),
            transaction_id=_known_id(running[1]) if running else None,
        )
        self.calls.submit(PendingCall(request, of_transaction=running is not None))

    def sample_for_stop(self, slot: int, connector: int, context: str) -> None:
        """A sample for transactionData (CS-3.16-01, CS-3.16-02, CS-4.10-02, CS-4.10-03), thinned at its bound.

        The first and the last are among them (ERR-3.13-01, ERR-3.14-01, ERR-4.24-01, ERR-4.25-01).

        None if StopTxnSampledData is empty (ERR-3.13-12, CS-3.16.5-01).
        """
        self._keep_for_stop(slot, self._value(connector, "StopTxnSampledData", ReadingContext(context)))

    def _keep_for_stop(self, slot: int, value: MeterValue | None) -> None:
        """At a bound some make space, never the first or the last (ERR-3.14-02, ERR-3.89-02 to -04)."""
        if value is None:
            return
        ledger = self.context.ledger
        while self._too_many(ledger.samples[slot]):
            ledger.drop_samples(slot, dispensable(ledger.samples[slot]))
        ledger.add_sample(slot, value)

    def _too_many(self, samples: Mapping[int, str]) -> bool:
        """Whether one more would not fit into a StopTransaction.req; the first sample always does."""
        most, size = self.context.settings.integer("StopTransactionMaxMeterValues"), sum(map(len, samples.values()))
        full = len(samples) >= most - 1 or size > self.context.station.runtime.max_transaction_data_bytes
        return full and len(samples) > 1

    def end_of_record(self, slot: int, record: TransactionRecord) -> None:
        """The end sample of a transaction that a power loss has ended: what was kept, if it is asked for.

        Only the register is kept for that moment, and stands for no other measurand: without it in StopTxnSampledData
        there is no end sample (CS-9.1.27-01, ERR-3.14-01).
        """
        if Measurand.ENERGY_ACTIVE_IMPORT_REGISTER not in self._measurands("StopTxnSampledData"):
            return
        reading = MeterReading(record.connector, record.last_register_wh, 0.0, 0.0, 0.0, 0.0)
        only = (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,)
        value = meter_value(reading, only, ReadingContext.TRANSACTION_END, record.last_at)
        self.context.ledger.add_last_sample(slot, value)

    def _value(
        self, connector: int, key: str, context: ReadingContext, at: datetime | None = None
    ) -> MeterValue | None:
        measurands = self._measurands(key)
        if not measurands:
            return None
        if at is None:
            running = self.context.running(connector)
            at = self.moment(running[0]) if running else self.context.utc()
        return meter_value(self.context.meter(connector), measurands, context, at)

    def _measurands(self, key: str) -> tuple[Measurand, ...]:
        return tuple(Measurand(name) for name in self.context.settings.items(key))

    def _running(self, connector: int) -> tuple[int, TransactionRecord]:
        found = self.context.running(connector)
        assert found is not None, "metering runs only in a transaction"
        return found


def dispensable(counts: Iterable[int]) -> list[int]:
    """The numbers of the samples that give way next: every second one, the oldest first, some at a time.

    When each second one has gone, each second one of those that are left is next. Numbers go on from 1, so these are
    the ones with the fewest zeros at the end of what they are above 1, in binary: nothing has to be remembered of what
    has gone, and what is left lies evenly over the transaction.
    """
    _, *others = sorted(counts)
    lowest = min((count - 1) & (1 - count) for count in others)
    return [count for count in others if (count - 1) & (1 - count) == lowest][:THINNED_AT_ONCE]


def _known_id(record: TransactionRecord) -> int | None:
    """What the CSMS knows the transaction by: its id, -1 once the start was given up (ERR-3.18-01), or nothing yet."""
    return -1 if record.given_up else record.transaction_id


def meter_value(
    reading: MeterReading, measurands: Iterable[Measurand], context: ReadingContext, at: datetime
) -> MeterValue:
    """One MeterValue with those measurands, all taken at the same moment (CS-4.7-08).

    The one place where this meter measures is the outlet, and direct current has no phases (CS-3.16.3-01, ERR-3.13-10).
    """
    return MeterValue(
        timestamp=at,
        sampled_value=tuple(
            SampledValue(
                value=_figure(reading, measurand), context=context, measurand=measurand,
                unit=UNIT[measurand], location=Location.OUTLET,
            )
            for measurand in measurands
        ),
    )  # fmt: skip


def _figure(reading: MeterReading, measurand: Measurand) -> str:
    match measurand:
        case Measurand.ENERGY_ACTIVE_IMPORT_REGISTER:
            return str(reading.register_wh)
        case Measurand.VOLTAGE:
            return f"{reading.voltage_v:.1f}"
        case Measurand.CURRENT_IMPORT:
            return f"{reading.current_a:.1f}"
        case Measurand.POWER_ACTIVE_IMPORT:
            return f"{reading.power_w:.0f}"
        case _:
            return f"{reading.offered_w:.0f}"


BLOCK = Block("metering", lambda parts: Metering(parts.context, parts[Calls]), triggers={"MeterValues": ("metering",)})
