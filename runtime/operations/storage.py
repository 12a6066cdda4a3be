"""Storage: whether there is space for what has to be remembered, and looking for it when there is none."""

from __future__ import annotations

from model.language.composition import Instance
from runtime.core.binding import lasts, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import SecurityEventNoted, StoreEmptied, StoreFilled
from runtime.core.ports import LookForRoom
from runtime.operations.security import Security
from runtime.operations.status import STORE_FULL

LOOK_EVERY_S = 10.0
"""A full store looks for space this often."""


class Storage:
    """Turns what the store says into events."""

    def __init__(self, context: BlockContext, security: Security) -> None:
        self.context, self.security = context, security

    @takes(StoreFilled)
    def filled(self, given: StoreFilled) -> None:
        """Only the reserve is left."""
        self.context.note("the store is full: new sessions are refused until there is space", "error")
        self.context.act("storage", "filled")

    @takes(StoreEmptied)
    def emptied(self, given: StoreEmptied) -> None:
        """There is space again."""
        self.context.note("the store has space again")
        self.context.act("storage", "emptied")

    @performs("storage", "note full")
    def note_full(self, at: Instance) -> None:
        """MemoryExhaustion for those who watch (SEC-8-10)."""
        self.security.prepare(SecurityEventNoted("MemoryExhaustion", STORE_FULL.info))

    @performs("storage", "look for space")
    def look(self, at: Instance) -> None:
        """The store looks, and says so where it has found some."""
        self.context.effect(LookForRoom())

    @lasts("look_for_space")
    def look_for_space(self, at: Instance) -> float:
        """Seconds between two looks."""
        return LOOK_EVERY_S


BLOCK = Block("storage", lambda parts: Storage(parts.context, parts[Security]))
