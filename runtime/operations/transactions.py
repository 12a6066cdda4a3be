"""Transactions: their records, from the first register to the confirmed stop.

What was authorized, started and stopped is sent in this order (CS-3.4-01, CS-3.4-03, CS-3.4-05).

A transaction is known by its slot, a number of our own, so that nothing depends on an id that the CSMS chose
(hard case 17). What the machine owes the CSMS is in the queue (``transaction_queue.py``) the moment the row has fired.
"""

from __future__ import annotations

from attrs import evolve

from model.language.composition import Instance
from model.smart_charging.limits import Installed
from runtime.core.binding import answers, performs, raises
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import QueueItem, TransactionRecord
from runtime.core.station_values import REGISTER
from runtime.operations.authorization import Authorization
from runtime.operations.metering import Metering
from runtime.operations.queue_paging import QueuePaging


class Transactions:
    """The transactions of the station, living and owed."""

    def __init__(
        self, context: BlockContext, authorization: Authorization, metering: Metering, queue_paging: QueuePaging
    ) -> None:
        self.context, self.authorization, self.metering, self.queue_paging = (
            context,
            authorization,
            metering,
            queue_paging,
        )
        self.reasons: dict[int, str] = {}
        self.stop_tags: dict[int, str] = {}
        self.began_s: dict[int, float] = {}
        """The monotonic second at which the transaction that runs at a connector began: none outlives its process."""

    def running_with_id(self, transaction_id: int) -> int | None:
        """The connector at which the transaction that the CSMS knows by that id runs."""
        for connector in self.context.connectors:
            running = self.context.running(connector)
            if running and running[1].transaction_id == transaction_id:
                return connector
        return None

    @answers("transaction", "stop_on_invalid_id")
    def stop_on_invalid_id(self, at: Instance) -> bool:
        """StopTransactionOnInvalidId (CS-9.1.24-01)."""
        return self.context.settings.truth("StopTransactionOnInvalidId")

    @performs("transaction", "record start")
    @raises("charging_profile", "brought")
    def record_start(self, at: Instance) -> None:
        """The record, the first register, and StartTransaction.req in the queue (CS-4.8-01).

        It is for the token that holds the connector, whichever brought it (CS-5.11-09). With a link or without: it is
        sent when it can be (CS-3.5.4-05).
        A reservation that is still held is its own, and ends with it (CS-5.13-19); so its id goes along (CS-4.8-02).
        """
        judged, now = self.authorization.at[at.connector], self.context.utc()
        assert judged.holder is not None, "only a granted token starts"
        register_wh = self.context.meter(at.connector).register_wh
        reservation = self.context.ledger.reservations.get(at.connector)
        record = TransactionRecord(
            connector=at.connector, id_tag=judged.holder, parent_id_tag=judged.parent,
            meter_start_wh=register_wh, started_at=now, last_register_wh=register_wh, last_at=now,
            reservation_id=reservation.reservation_id if reservation else None,
        )  # fmt: skip
        self.context.ledger.set_transaction(at.slot, record)
        self.context.ledger.samples[at.slot] = self.context.undo.kept({})
        self.context.ledger.enqueue(QueueItem(at.slot, "start"))
        self.metering.sample_for_stop(at.slot, at.connector, "Transaction.Begin")
        self.began_s[at.connector] = self.context.now.monotonic_s
        if judged.profile is not None:
            self.context.after_rows(lambda: self.context.act("charging_profile", "brought"))

    @performs("connector", "stop reason")
    def stop_reason(self, at: Instance, value: str) -> None:
        """Why the connector's transaction is about to end."""
        self.reasons[at.connector] = value

    @performs("connector", "stopped by token")
    def stopped_by(self, at: Instance) -> None:
        """The token just judged stops it; it goes into StopTransaction.req (CS-6.49-01)."""
        self.stop_tags[at.connector] = self.authorization.at[at.connector].token

    @performs("transaction", "record stop")
    def record_stop(self, at: Instance) -> None:
        """The end, the last register, and StopTransaction.req in the queue (CS-4.10-01).

        With its reason, Local too (CS-4.10-08, CS-4.10-10, JERR-2.5-01), and the token that stopped it (CS-4.10-07).
        """
        self.metering.sample_for_stop(at.slot, at.connector, "Transaction.End")
        register_wh = self.context.meter(at.connector).register_wh
        self._end(at, evolve(
            self.context.ledger.transactions[at.slot],
            meter_stop_wh=register_wh, stopped_at=self.metering.moment(at.slot),
            reason=self.reasons.pop(at.connector), stop_id_tag=self.stop_tags.pop(at.connector, None),
        ))  # fmt: skip

    @performs("transaction", "record power loss")
    def record_power_loss(self, at: Instance) -> None:
        """It ended when the power went: with the register and the time that were kept last (AQ-7.2)."""
        record = self.context.ledger.transactions[at.slot]
        self.metering.end_of_record(at.slot, record)
        self._end(at, evolve(
            record, meter_stop_wh=record.last_register_wh, stopped_at=record.last_at, reason="PowerLoss",
        ))  # fmt: skip

    def _end(self, at: Instance, record: TransactionRecord) -> None:
        ledger = self.context.ledger
        ledger.set_transaction(at.slot, record)
        ledger.set_station(f"{REGISTER}.{at.connector}", str(record.meter_stop_wh))
        sequence = ledger.enqueue(QueueItem(at.slot, "stop"))
        if sequence not in ledger.queue.items or ledger.queue.head[0] != sequence:
            self.context.after_rows(lambda: self.queue_paging.unload(at.slot))
        self.began_s.pop(at.connector, None)
        self.context.after_rows(self._end_profiles)

    @raises("charging_profile", "transaction_over")
    def _end_profiles(self) -> None:
        if self.ended_profiles():
            self.context.act("charging_profile", "transaction_over")

    def ended_profiles(self) -> list[Installed]:
        """The TxProfiles at connectors where no transaction runs any more (CS-7.10-04)."""
        return [one for one in self.context.ledger.transaction_profiles() if not self.context.running(one.connector)]

    @performs("transaction", "forget")
    def forget(self, at: Instance) -> None:
        """The CSMS has it all; the message left the queue with its answer."""
        self.context.ledger.forget_transaction(at.slot)


BLOCK = Block(
    "transactions",
    lambda parts: Transactions(parts.context, parts[Authorization], parts[Metering], parts[QueuePaging]),
)
