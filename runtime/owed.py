"""The queue of transaction messages as the station sees it: its head in memory, the rest in the store.

Messages are numbered as they are queued, and leave in that order, so three numbers say all there is to say about those
that are not here: which one was queued last, which one was in memory last, and which ones are. Memory holds a window
of at most `MOST`, however many wait.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from runtime.ports import RESTING, Span
from runtime.records import QueueItem

DIGITS: Final = 12
"""Numbers in keys are padded, so that ascending keys are ascending numbers."""

MOST: Final = RESTING["queue"]
"""So many messages are in memory at a time."""


def number(value: int) -> str:
    """A number as it stands in a key."""
    return f"{value:0{DIGITS}d}"


@define
class Window:
    """The first messages of the queue, by their numbers; ``last`` was queued last, ``known`` was in memory last."""

    items: dict[int, QueueItem] = field(factory=dict)
    last: int = 0
    known: int = 0

    @classmethod
    def read(cls, last: int, first_items: dict[int, QueueItem]) -> Window:
        """A queue of which these are the first messages, and ``last`` is the number that was given last."""
        return cls(first_items, last, max(first_items, default=last))

    def __len__(self) -> int:
        """How many wait, here and in the store."""
        return self.last - self.known + len(self.items)

    @property
    def head(self) -> tuple[int, QueueItem]:
        """The message that is next to leave, and its number; StopIteration where none is in memory."""
        return next(iter(self.items.items()))

    @property
    def next_kind(self) -> str:
        """The kind of the message that is next to leave; empty where none is in memory."""
        return self.head[1].kind if self.items else ""

    @property
    def rest(self) -> Span:
        """Where the next messages lie in the store."""
        return Span("queue", number(self.known + 1), number(self.last), MOST)

    def append(self, sequence: int, item: QueueItem) -> None:
        """One more is queued: into memory where all before it are there and one more fits."""
        if self.known == self.last and len(self.items) < MOST:
            self.items[sequence], self.known = item, sequence
        self.last = sequence

    def add(self, sequence: int, item: QueueItem) -> None:
        """One comes out of the store; one that was here before changes nothing."""
        if sequence > self.known:
            self.items[sequence], self.known = item, sequence

    def take_head(self) -> tuple[int, QueueItem]:
        """The head leaves the queue."""
        sequence, item = self.head
        del self.items[sequence]
        return sequence, item
