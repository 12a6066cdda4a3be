"""Paging of the queue: what is in the store alone is loaded when it is its turn, and unloaded again when it is not.

What is owed may be as much as the store holds; in memory is the head of the queue, what its message is written from,
and a few transactions more. A transaction that has ended answers no event but the answers to its own messages
(its table ignores the rest), so it need not be loaded until its message is the head.

What the store has lost holds up nothing: a message whose transaction is gone is passed over, a message that is gone
while its transaction is there is written again from the record (docs/decisions/one-bad-record-costs-itself.md).

The store is asked by an effect and answers by an input, so a step stays a function of what it is given. A transaction
may have thousands of samples, and each is judged as it comes: they come some at a time, so that no step takes long, and
are of use when all are there. What had come by a power cut is gone with memory, and comes again from the first.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from attrs import evolve

from model.language.composition import Instance
from runtime.core.binding import answers, at_power_up, performs, raises, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import Put, Recalled, Span
from runtime.core.ledger import samples_of
from runtime.core.ports import RESTING, Recall
from runtime.core.queue_window import LAST_SAMPLE, number
from runtime.core.record_kinds import KINDS
from runtime.core.records import EndedTransaction, QueueItem
from runtime.operations.quarantine import Quarantine

_NONE_CAME: Final[tuple[int, dict[int, str]]] = (-1, {})

SAMPLES_AT_ONCE = 256
"""So many samples are read in one step."""

START_LOST = "its StartTransaction.req is gone"
"""It is written again, ahead of the message that needs it: all that it says stands in the transaction's record."""


class QueuePaging:
    """Loads the head of the queue, and unloads what can wait."""

    def __init__(self, context: BlockContext, quarantine: Quarantine) -> None:
        self.context, self.quarantine = context, quarantine
        self.asked: tuple[Span, ...] | None = None
        """What the store was asked for last, until it has answered."""
        self.coming: dict[int, tuple[int, dict[int, str]]] = {}
        """The samples of the transaction whose others are still in the store, by its slot; before them, the number that
        was read last, whether of use or not."""
        self.dated: tuple[int, tuple[tuple[float, float], ...]] = (0, ())
        """Whose samples came last, and the shifts that dated the first of them: whatever these are, once is enough."""

    @answers("transaction_queue", "messages_wait")
    def messages_wait(self, at: Instance) -> bool:
        """Whether the queue holds messages, here or in the store."""
        return len(self.context.ledger.queue) > 0

    @answers("transaction_queue", "head_at_hand")
    def head_at_hand(self, at: Instance) -> bool:
        """Whether the message at the head can be written from what is in memory."""
        return not self._wanted() and self._misfit() is None

    @performs("transaction_queue", "recall head")
    def recall(self, at: Instance) -> None:
        """Ask the store."""
        self._ask(self._wanted())

    def _ask(self, spans: tuple[Span, ...]) -> None:
        self.asked = spans
        self.context.effect(Recall(spans))

    @takes(Recalled)
    @raises("transaction_queue", "recalled")
    def recalled(self, given: Recalled) -> None:
        """Take it in; ask on until a message that can be written is in memory, or none is left.

        What answers an earlier question is left aside: the queue was closed and opened meanwhile, and asked again.
        """
        if given.spans != self.asked:
            return
        lost, self.asked = self.context.ledger.queue.lost, None
        self._take(given.spans, given.records)
        self._pass_over({int(span.first) for span in given.spans if span.space == "ended"})
        self.quarantine.tell(lost)
        if wanted := self._wanted():
            self._ask(wanted)
        else:
            self.owe_again()
            self.context.act("transaction_queue", "recalled")

    def _wanted(self) -> tuple[Span, ...]:
        """What the head still needs from the store; where the queue is empty, nothing."""
        ledger = self.context.ledger
        if not ledger.queue.items:
            return (ledger.queue.rest,) if len(ledger.queue) else ()
        _, item = ledger.queue.head
        if item.slot is None:
            return ()
        record = () if item.slot in ledger.transactions else (_ended(item.slot),)
        whole = item.kind != "stop" or self._samples_are_ready(item.slot)
        return record if whole else (*record, self._next_samples(item.slot))

    def _samples_are_ready(self, slot: int) -> bool:
        """Whether all are here and have their dates; those that were counted get them as they leave the store."""
        samples, dates = self.context.ledger.samples.get(slot), self.context.dates
        if samples is None or slot in self.coming:
            return False
        return self.dated == (slot, dates.shifts) or dates.have_dates(samples.values())

    def _next_samples(self, slot: int) -> Span:
        """Those that come next, behind the ones that have come."""
        reached, _ = self.coming.get(slot, _NONE_CAME)
        return evolve(samples_of(slot), first=f"{number(slot)}/{number(reached + 1)}", most=SAMPLES_AT_ONCE)

    def _take(self, asked: tuple[Span, ...], came: tuple[Put, ...]) -> None:
        """What came, as far as it can be read; of what did not come the store has nothing (any more)."""
        ledger = self.context.ledger
        queue = {key: item for put in came if put.space == "queue" for key, item in ledger.readable(put)}
        for span in asked:
            if span.space == "queue":
                ledger.queue.take(queue, ledger.queue.reached([put.key for put in came]))
            elif span.space == "sample":
                self._take_samples(span, [put for put in came if put.space == "sample"])
        for put in came:
            if put.space == "ended":
                for slot, ended in ledger.readable(put):
                    self.load(slot, ended)

    def _take_samples(self, span: Span, came: list[Put]) -> None:
        """All are there once fewer come than were asked for; a transaction may have taken none."""
        slot, ledger, dates = int(span.first.partition("/")[0]), self.context.ledger, self.context.dates
        if slot not in self.coming:
            self.dated = slot, dates.shifts
        found = {count: dates.derive_text(put.value) for put in came for (_, count), _ in ledger.readable(put)}
        _, before = self.coming.get(slot, _NONE_CAME)
        samples, reached = self.context.undo.kept(before | found), _last_count(came)
        self.coming.clear()
        if len(came) == span.most and reached < int(LAST_SAMPLE):
            self.coming[slot] = reached, samples
        else:
            ledger.samples[slot] = samples

    # ---- what the store has lost -------------------------------------------------------------------------

    def _pass_over(self, asked: set[int]) -> None:
        """Go on behind heads that cannot be written; ``asked``: slots of which the store was to give the record."""
        ledger = self.context.ledger
        while (misfit := self._misfit(asked)) is not None:
            if misfit == START_LOST:
                ledger.put_ahead(QueueItem(ledger.queue.head[1].slot, "start"))
                continue
            slot = ledger.queue.head[1].slot
            ledger.pass_over(misfit)
            if slot is not None and slot not in ledger.transactions:
                ledger.forget_transaction(slot)

    def _misfit(self, asked: Collection[int] = ()) -> str | None:
        """Why the message at the head does not go with its transaction; None where it does, or is not known yet."""
        ledger = self.context.ledger
        item = ledger.queue.head[1] if ledger.queue.items else None
        if item is None or item.slot is None:
            return None
        record = ledger.transactions.get(item.slot)
        if record is None:
            return "its transaction is gone" if item.slot in asked else None
        if item.kind == "start":
            return "its transaction has been confirmed" if record.start_settled else None
        if item.kind == "stop" and not record.ended:
            return "its transaction has not ended"
        return None if record.start_settled else START_LOST

    @at_power_up
    def found_at_power_up(self) -> None:
        """What the store has lost of what is owed is written again."""
        self.owe_again()

    def owe_again(self, but: int = 0) -> None:
        """Where the queue is empty, no transaction owes anything; one that does has lost its messages in the store.

        They are written from its record as they would have been. ``but``: one that is being settled.
        """
        ledger = self.context.ledger
        if len(ledger.queue):
            return
        for slot, record in ledger.transactions.items():
            owed = ("start",) * (not record.start_settled) + ("stop",) * record.ended
            for kind in owed if slot != but else ():
                ledger.enqueue(QueueItem(slot, kind))
                self.context.note(f"the {kind} message of transaction {slot} was lost, and is queued again", "error")

    # ---- transactions ------------------------------------------------------------------------------------

    def load(self, slot: int, ended: EndedTransaction) -> None:
        """An ended transaction comes into memory."""
        if slot not in self.context.ledger.transactions:
            self.context.engine.join(self.context.ledger.load(slot, ended), ended.state)

    def unload(self, slot: int) -> None:
        """One that has ended and has to wait: its samples go from memory, and all of it where there are many such.

        Not where its own start is the head of the queue: the answer finds it here.
        """
        ledger = self.context.ledger
        ledger.samples.pop(slot, None)
        is_next = bool(ledger.queue.items) and ledger.queue.head[1].slot == slot
        if ledger.ended > RESTING["ended"] and not is_next:
            self.context.engine.leave(ledger.unload(slot))


def _ended(slot: int) -> Span:
    """Where an ended transaction rests."""
    return Span("ended", number(slot), number(slot))


def _last_count(came: list[Put]) -> int:
    """The number of the last sample, also where the sample cannot be read; the last there is where no key has one."""
    for put in reversed(came):
        with suppress(ValueError):
            _, count = KINDS["sample"].key(put.key)
            return int(count)
    return int(LAST_SAMPLE)


BLOCK = Block("recall", lambda parts: QueuePaging(parts.context, parts[Quarantine]))
