"""The clock block: which date is used, and what becomes of what was written before it was known."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from model.dates import EARLIEST, LATEST, can_be_now
from model.language.composition import Instance
from model.messages.scalars import write_instant
from runtime.core.binding import answers, performs, raises
from runtime.core.block import Block
from runtime.core.block_context import BlockContext


class Clock:
    """Keeps the date; ``said`` is what the CSMS has just said that it is."""

    def __init__(self, context: BlockContext) -> None:
        self.context, self.dates = context, context.dates
        self.said: datetime

    @answers("clock", "box_knows")
    def box_knows(self, at: Instance) -> bool:
        """Whether the box's own clock can be right (CS-4.2.1-04)."""
        return self.dates.can_be(self.context.now)

    @answers("clock", "plausible")
    def plausible(self, at: Instance) -> bool:
        """Whether what the CSMS has said can be the date: it is not before 2020 or after 2099."""
        return can_be_now(self.said)

    @performs("clock", "refuse date")
    def refuse(self, at: Instance) -> None:
        """What was, is kept."""
        why = f"it lies outside {EARLIEST.year} to {LATEST.year}"
        self.context.note(f"the CSMS says that it is {write_instant(self.said)}, which is not taken: {why}", "warning")

    @performs("clock", "trust the box")
    def trust(self, at: Instance) -> None:
        """It has a battery."""
        self.dates.trust(self.context.now)

    @performs("clock", "begin to count")
    def count(self, at: Instance) -> None:
        """It has none, or an empty one."""
        self.dates.count(self.context.now)
        self.context.after_rows(self._moved)
        self.context.note("the date is not known: what happens is dated when the CSMS has said it", "warning")

    @performs("clock", "date the count")
    def date_count(self, at: Instance) -> None:
        """What was counted has a date; running and owed transactions get theirs at once, the rest as it leaves."""
        counted_s, before_s = self.dates.learn(self.context.now, self.said)
        for slot, record in list(self.context.ledger.transactions.items()):
            stopped = record.stopped_at and self.dates.dated(record.stopped_at)
            started, last = self.dates.dated(record.started_at), self.dates.dated(record.last_at)
            self.context.ledger.set_transaction(
                slot, evolve(record, started_at=started, last_at=last, stopped_at=stopped)
            )
        self.context.note(f"the date is known: what happened in the {counted_s:.0f} s before has one")
        if before_s:
            late = "dated as late as they can have been, for the time without power is unknown"
            self.context.note(f"{before_s:.0f} s that were counted before power came last are {late}", "warning")

    @performs("clock", "set clock")
    def set_clock(self, at: Instance) -> None:
        """What waits for a date or a boundary of the day waits anew; nothing else notices (hard case 13)."""
        if self.dates.follow(self.context.now, self.said):
            self.context.after_rows(self._moved)

    @raises("metering", "boundary_moved")
    @raises("reservation", "clock_set")
    @raises("firmware", "clock_set")
    @raises("power_allocation", "moved")
    def _moved(self) -> None:
        for connector in self.context.connectors:
            self.context.act("metering", "boundary_moved", connector)
            self.context.act("reservation", "clock_set", connector)
        self.context.act("firmware", "clock_set")
        self.context.act("power_allocation", "moved")


BLOCK = Block("clock", lambda parts: Clock(parts.context))
