"""Delivery: the queue of transaction messages, and what the CSMS said to the one at its head.

The queue holds what is owed, not how it reads: a message is written when it leaves, so that a meter value that was
queued before the CSMS chose the transactionId carries it all the same (hard case 3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from model.language.composition import Instance
from model.messages.metering import MeterValuesReq
from model.messages.transactions import (
    Reason,
    StartTransactionConf,
    StartTransactionReq,
    StopTransactionConf,
    StopTransactionReq,
    TransactionIdOnly,
)
from model.messages.types import AuthorizationStatus
from runtime.core.binding import answers, lasts, performs
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import QueueItem, TransactionRecord
from runtime.core.rpc import NOTHING_WRITTEN, Written
from runtime.operations.calls import CallFailure, Calls, PendingCall
from runtime.operations.precedence import Precedence
from runtime.operations.queue_paging import SAMPLES_AT_ONCE, QueuePaging
from runtime.operations.tokens import Tokens


class TransactionQueue:
    """Sends the head of the queue, and settles it."""

    def __init__(self, context: BlockContext, calls: Calls, tokens: Tokens, queue_paging: QueuePaging) -> None:
        self.context, self.calls, self.tokens, self.queue_paging = context, calls, tokens, queue_paging
        self.conf: StartTransactionConf | TransactionIdOnly | None = None
        self._to: dict[str, Callable[[Any], None]] = {
            "start": self._start_answered, "meter": self._meter_answered, "stop": self._stop_answered,
        }  # fmt: skip

    def _head(self) -> tuple[int, QueueItem]:
        return self.context.ledger.queue.head

    @performs("transaction_queue", "send head")
    def send_head(self, at: Instance, value: str) -> None:
        """Write the message at the head, and put it into the outbox.

        What has just come to be goes ahead of statuses, for money hangs on it. A queue that is being worked off goes
        behind them: statuses follow the acceptance at once, and a driver who presents a token does not wait for
        a thousand old messages (hard cases 1, 6, 10).
        """
        _, item = self._head()
        request = _values_of_none(item) if item.slot is None else self._request(item.slot, item)
        precedence = Precedence.SESSION if value == "ahead" else Precedence.ROUTINE
        rest = TransactionIdOnly if item.kind == "start" else None
        self.calls.submit(PendingCall(
            request, self._to[item.kind], self._failed, precedence, owed=True, rest=rest, written=self._data(item),
        ))  # fmt: skip

    def _request(self, slot: int, item: QueueItem) -> object:
        return _write(item, self.context.ledger.transactions[slot])

    def _data(self, item: QueueItem) -> Written:
        """The transactionData of a stop, as it stands in the store."""
        samples = self.context.ledger.samples[item.slot] if item.kind == "stop" and item.slot else {}
        texts = tuple(samples[count] for count in sorted(samples))
        return {"transactionData": texts} if texts else NOTHING_WRITTEN

    @lasts("message_retry")
    def message_retry(self, at: Instance) -> float:
        """TransactionMessageRetryInterval times the transmissions so far (CS-3.7.1-06 to -08); never quite 0."""
        _, item = self._head()
        return max(0.001, float(self.context.settings.integer("TransactionMessageRetryInterval") * item.failures))

    # ---- answers -----------------------------------------------------------------------------------------

    def _start_answered(self, conf: StartTransactionConf | TransactionIdOnly) -> None:
        """The id holds whatever is said of the token; a token of which nothing is said is not Accepted (CS-7.27-04)."""
        _, item = self._head()
        _, record = self._transaction(item)
        self.conf, info = conf, conf.id_tag_info
        if info is not None:
            self.tokens.learn(record.id_tag, info)
        accepted = info is not None and info.status is AuthorizationStatus.ACCEPTED
        self._settle(item, "start_accepted" if accepted else "start_refused")

    def _meter_answered(self, conf: object) -> None:
        self.context.act("transaction_queue", "meter_settled")

    def _stop_answered(self, conf: StopTransactionConf) -> None:
        _, item = self._head()
        _, record = self._transaction(item)
        if conf.id_tag_info and record.stop_id_tag:
            self.tokens.learn(record.stop_id_tag, conf.id_tag_info)
        self._settle(item, "stop_settled")

    def _failed(self, lost: CallFailure) -> None:
        """An attempt has failed, by CALLERROR or silence (JERR-3.2-01); nothing else counts (CS-3.7.1-01 to -03).

        Each of the three is sent again alike (CS-4.7-20, CS-4.8-08, CS-4.10-22). One that was too long is another
        message once it is shorter, and no attempt of that has failed; the link that it cost closes the queue.
        """
        _, item = self._head()
        if not lost.while_linked or (lost.why == "too long" and self._thinned(item)):
            return
        if item.kind == "meter":
            self.context.act("transaction_queue", "meter_failed")
        else:
            self._settle(item, f"{item.kind}_failed")

    def _thinned(self, item: QueueItem) -> bool:
        """Whether the next attempt is shorter: every second sample of a stop gives way, never the first or the last.

        (ERR-3.89-03, ERR-3.89-04; hard case 9.)
        """
        if item.kind != "stop" or item.slot is None:
            return False
        between = sorted(self.context.ledger.samples[item.slot])[1:-1]
        self._drop_samples(item.slot, between[::2])
        return bool(between)

    def _drop_samples(self, slot: int, counts: list[int]) -> None:
        """A few a step; a power cut leaves the others, and the message is thinned again when it is closed for again."""
        now, later = counts[:SAMPLES_AT_ONCE], counts[SAMPLES_AT_ONCE:]
        self.context.ledger.drop_samples(slot, now)
        if later:
            self.context.next_step(lambda: self._drop_samples(slot, later))

    @answers("transaction_queue", "attempts_left")
    @answers("transaction", "attempts_left")
    def attempts_left(self, at: Instance) -> bool:
        """TransactionMessageAttempts, by what the message at the head has failed so far and once more."""
        _, item = self._head()
        return item.failures + 1 < self.context.settings.integer("TransactionMessageAttempts")

    @performs("transaction_queue", "count failure")
    @performs("transaction", "count failure")
    def count_failure(self, at: Instance) -> None:
        """The wait before the next attempt grows with it (CS-3.7.1-06)."""
        _, item = self._head()
        self.context.ledger.set_head(evolve(item, failures=item.failures + 1))

    @performs("transaction_queue", "note giving up")
    @performs("transaction", "note giving up")
    def note_giving_up(self, at: Instance) -> None:
        """It is lost to the CSMS, which the log has to show."""
        _, item = self._head()
        times = item.failures + 1
        self.context.note(f"a {item.kind} message failed {times} times and is given up (CS-3.7.1-09)", "error")

    def _settle(self, item: QueueItem, event: str) -> None:
        slot, record = self._transaction(item)
        self.context.act("transaction", event, record.connector, slot)

    def _transaction(self, item: QueueItem) -> tuple[int, TransactionRecord]:
        assert item.slot is not None, "a start or a stop belongs to a transaction"
        return item.slot, self.context.ledger.transactions[item.slot]

    # ---- out of the queue --------------------------------------------------------------------------------

    @performs("transaction", "bind")
    def bind(self, at: Instance) -> None:
        """The id, and the parent of the token, into the record; StartTransaction.req is done with."""
        assert self.conf is not None, "the row follows the answer"
        record = self.context.ledger.transactions[at.slot]
        info = self.conf.id_tag_info
        parent = (info and info.parent_id_tag) or record.parent_id_tag
        bound = evolve(record, transaction_id=self.conf.transaction_id, parent_id_tag=parent)
        self.context.ledger.set_transaction(at.slot, bound)
        self._take_head()

    @performs("transaction", "bind to none")
    def bind_to_none(self, at: Instance) -> None:
        """No id ever: later messages carry -1 (ERR-3.18-01)."""
        record = self.context.ledger.transactions[at.slot]
        self.context.ledger.set_transaction(at.slot, evolve(record, given_up=True))
        self._take_head()

    @performs("transaction", "drop stop")
    def drop_stop(self, at: Instance) -> None:
        """The stop at the head is settled, and with it all of its transaction."""
        self._take_head(settled=at.slot)

    @performs("transaction_queue", "drop meter values")
    def drop_meter_values(self, at: Instance) -> None:
        """The values at the head are settled."""
        self._take_head()

    def _take_head(self, settled: int = 0) -> None:
        self.context.ledger.dequeue()
        self.queue_paging.owe_again(but=settled)


def _values_of_none(item: QueueItem) -> MeterValuesReq:
    """Values of an idle connector carry no transactionId (CS-4.7-06), nor do those of another time (ERR-3.16-02)."""
    assert item.meter_value is not None, "a queued sample"
    return MeterValuesReq(connector_id=item.connector, meter_value=(item.meter_value,))


def _write(item: QueueItem, record: TransactionRecord) -> object:
    if item.kind == "start":
        return StartTransactionReq(
            connector_id=record.connector, id_tag=record.id_tag,
            meter_start=record.meter_start_wh, timestamp=record.started_at,
            reservation_id=record.reservation_id,
        )  # fmt: skip
    if item.kind == "meter":
        assert item.meter_value is not None, "a queued sample"
        return MeterValuesReq(
            connector_id=record.connector, meter_value=(item.meter_value,), transaction_id=record.wire_id
        )
    assert record.meter_stop_wh is not None and record.stopped_at is not None, "a stop is queued at the end"  # noqa: PT018
    return StopTransactionReq(
        transaction_id=record.wire_id, meter_stop=record.meter_stop_wh, timestamp=record.stopped_at,
        reason=Reason(record.reason) if record.reason else None, id_tag=record.stop_id_tag,
    )  # fmt: skip


BLOCK = Block(
    "transaction_queue", lambda parts: TransactionQueue(parts.context, parts[Calls], parts[Tokens], parts[QueuePaging])
)
