"""Quarantine: how records that could not be used are reported, and messages that the store has lost.

What reads a record puts it into quarantine (``runtime/core/ledger.py``). Here it is reported, once: a line each for the
log, so many at most, and one security event for all of them. Its type is SecurityLogWasCleared (SEC-8-08), the only one
of the list that says that something which was kept is gone, and critical, so it is pushed; techInfo names the records.
"""

from __future__ import annotations

from typing import Final

from runtime.core.binding import at_power_up
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import SecurityEventNoted
from runtime.operations.security import Security

MOST_LINES: Final = 20
"""More records of one step than this have no line of their own."""

MOST_CHARS: Final = 255
"""SEC-5.15-01."""


class Quarantine:
    """Reports what was lost."""

    def __init__(self, context: BlockContext, security: Security) -> None:
        self.context, self.security = context, security

    @at_power_up
    def found_at_power_up(self) -> None:
        """What could not be read of the store."""
        self.tell()

    def tell(self, lost_before: int = 0) -> None:
        """What has come into quarantine since the last time, and how much of the queue is lost since then."""
        ledger = self.context.ledger
        unusable = tuple(ledger.quarantined)
        ledger.quarantined.clear()
        for one in unusable[:MOST_LINES]:
            self.context.note(f"{one.name}: quarantined, for it cannot be used: {one.why}", "error")
        if (more := len(unusable) - MOST_LINES) > 0:
            self.context.note(f"and {more} more records are quarantined", "error")
        if lost := ledger.queue.lost - lost_before:
            self.context.note(f"{lost} messages of the queue are lost; those behind them go on", "error")
        if unusable or lost:
            parts = [f"{len(unusable)} records quarantined, {lost} messages lost"]
            parts += [", ".join(one.name for one in unusable[:MOST_LINES])] if unusable else []
            text = ": ".join(parts)[:MOST_CHARS]
            self.context.after_rows(lambda: self.security.noted(SecurityEventNoted("SecurityLogWasCleared", text)))


BLOCK = Block("quarantine", lambda parts: Quarantine(parts.context, parts[Security]))
