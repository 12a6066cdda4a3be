"""Recall: what rests in the store comes into memory when it is its turn, and goes to rest again when it is not.

What is owed may be as much as the store holds; in memory is the head of the queue, what its message is written from,
and a few transactions more. A transaction that has ended hears of nothing but the answers to its own messages (its
table ignores the rest), so nobody misses one that rests until its message is the head.

The store is asked by an effect and answers by an input, so a step stays a function of what it is given.
"""

from __future__ import annotations

from model.composition import Instance
from runtime.binding import answers, performs, takes
from runtime.desk import Desk
from runtime.inputs import Put, Recalled
from runtime.ledger import samples_of
from runtime.owed import number
from runtime.ports import RESTING, Recall, Span
from runtime.records import EndedTransaction, QueueItem, RecordDamagedError, load_record


class Recalling:
    """Brings the head of the queue to hand, and puts to rest what can wait."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @answers("delivery", "messages_wait")
    def messages_wait(self, at: Instance) -> bool:
        """Whether the queue holds messages, here or in the store."""
        return len(self.desk.ledger.queue) > 0

    @answers("delivery", "head_at_hand")
    def head_at_hand(self, at: Instance) -> bool:
        """Whether the message at the head can be written from what is in memory."""
        return not self._wanted()

    @performs("delivery", "recall head")
    def recall(self, at: Instance) -> None:
        """Ask the store."""
        self.desk.effect(Recall(self._wanted()))

    @takes(Recalled)
    def recalled(self, given: Recalled) -> None:
        """Take it in; ask on until the head is at hand. Raises RecordDamagedError where the store has not got it."""
        before = self._wanted()
        for put in given.records:
            self._take(put)
        for span in before:
            if span.space == "sample":  # a transaction may have taken none
                self.desk.ledger.samples.setdefault(int(span.first.partition("/")[0]), {})
        wanted = self._wanted()
        if wanted and wanted == before and self.desk.engine.state("delivery") == "Recalling":
            raise RecordDamagedError(f"the store does not have what the queue needs: {wanted}")
        if wanted:
            self.desk.effect(Recall(wanted))
        else:
            self.desk.act("delivery", "recalled")

    def _wanted(self) -> tuple[Span, ...]:
        """What the head still needs from the store; where the queue is empty, nothing."""
        ledger = self.desk.ledger
        if not ledger.queue.items:
            return (ledger.queue.rest,) if len(ledger.queue) else ()
        _, item = ledger.queue.head
        if item.slot is None:
            return ()
        record = () if item.slot in ledger.transactions else (_ended(item.slot),)
        whole = item.kind != "stop" or item.slot in ledger.samples
        return record if whole else (*record, samples_of(item.slot))

    def _take(self, put: Put) -> None:
        ledger = self.desk.ledger
        if put.space == "queue":
            ledger.queue.add(int(put.key), load_record(put, QueueItem))
        elif put.space == "ended":
            self.wake(int(put.key), load_record(put, EndedTransaction))
        else:
            slot, count = map(int, put.key.split("/"))
            ledger.samples.setdefault(slot, {})[count] = put.value

    # ---- transactions ------------------------------------------------------------------------------------

    def wake(self, slot: int, ended: EndedTransaction) -> None:
        """An ended transaction comes into memory."""
        if slot not in self.desk.ledger.transactions:
            self.desk.engine.join(self.desk.ledger.wake(slot, ended), ended.state)

    def rest(self, slot: int) -> None:
        """One that has ended and has to wait: its samples go from memory, and all of it where there are many such.

        Not where its own start is the head of the queue: the answer finds it here.
        """
        ledger = self.desk.ledger
        ledger.samples.pop(slot, None)
        is_next = bool(ledger.queue.items) and ledger.queue.head[1].slot == slot
        if ledger.ended > RESTING["ended"] and not is_next:
            self.desk.engine.leave(ledger.rest(slot))


def _ended(slot: int) -> Span:
    """Where an ended transaction rests."""
    return Span("ended", number(slot), number(slot))
