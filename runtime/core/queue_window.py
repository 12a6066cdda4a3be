"""The queue of transaction messages as the station sees it: its head in memory, the rest in the store.

Messages are numbered as they are queued, and leave in that order, so three numbers say all there is to say about those
that are not here: which one was queued last, which one was in memory last, and which ones are. Memory holds a window
of at most `MOST`, however many wait.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, field

from runtime.core.inputs import Span
from runtime.core.ports import RESTING
from runtime.core.records import MOST_NUMBERS, QueueItem

DIGITS: Final = 12
"""Numbers in keys are padded, so that ascending keys are ascending numbers."""

LAST_SAMPLE: Final = "9" * DIGITS
"""The key of a transaction's last sample, whatever others there are."""

MOST: Final = RESTING["queue"]
"""So many messages are in memory at a time."""


def number(value: int) -> str:
    """A number as it stands in a key."""
    return f"{value:0{DIGITS}d}"


def highest(keys: Iterable[str]) -> int:
    """The number that the first of these keys is or begins with that is written as one; 0 where there is none."""
    heads = (key.partition("/")[0] for key in keys)
    return next((int(head) for head in heads if head.isdecimal() and is_number(head)), 0)


def is_number(key: str) -> bool:
    """Whether a key is a number as `number` writes it: what is read under another key could never be dropped."""
    return key == number(int(key)) and int(key) < MOST_NUMBERS


@define(slots=False)
class Window:
    """The first messages of the queue, by their numbers; ``last`` was queued last, ``known`` was in memory last."""

    items: dict[int, QueueItem] = field(factory=dict)
    last: int = 0
    known: int = 0
    lost: int = 0
    """So many messages were passed over, because the store has them no more or they cannot be written."""

    def reached(self, keys: Sequence[str]) -> int:
        """How far in the queue the store went with these keys, in ascending order: to its end if it had no more.

        Whether they can be read, or are numbers at all, is no matter: what cannot be read may have to stay in the
        store, and would be all that comes again and again.
        """
        if len(keys) < MOST:
            return self.last
        # Keys ascend as texts, so the highest number that is no later text than the last key is found by halving.
        numbers = range(self.last + 1)
        return bisect_right(numbers, keys[-1], key=number) - 1

    def take(self, found: dict[int, QueueItem], upto: int) -> None:
        """The next messages as the store has them, up to that number; what is missing is lost."""
        new = {sequence: item for sequence, item in found.items() if sequence > self.known}
        self.lost += max(0, upto - self.known) - len(new)
        self.items.update(new)
        self.known = max(self.known, upto)

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

    def put_ahead(self, item: QueueItem) -> int:
        """One more goes ahead of the head, under the number before it, which has left the queue; that number."""
        sequence = self.head[0] - 1
        self.items = {sequence: item, **self.items}
        return sequence

    def take_head(self) -> tuple[int, QueueItem]:
        """The head leaves the queue."""
        sequence, item = self.head
        del self.items[sequence]
        return sequence, item
