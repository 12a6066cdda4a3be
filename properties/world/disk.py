"""A disk in memory that dies as disks do, and a store on it.

A commit writes its records to a log, and is durable when the mark behind them is on the platter: write-ahead logging,
as the real store has it (``runtime/adapters/sqlite/store.py``). A power cut finds either no commit under way, or one.
What of the one under way is then found again depends on how the disk dies:

* nothing lost: what the log had received is all there, its mark too;
* dropped: nothing of it was ever on the platter;
* torn: half of it was, without the mark; the next start throws it away.

In each case a commit is whole or absent. What the store returned from is always there; but what was forgotten at
leisure (``runtime.core.ports.Drop``) is there again, the last of it first, when the disk had not yet written it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from attrs import define, field

from properties.world.power import Fuse
from runtime.core.inputs import Put, Span
from runtime.core.ports import RESTING, Drop, DropAll, Quarantine, Records, Write
from runtime.core.queue_window import highest


class Death(Enum):
    """How a disk dies with a commit under way."""

    NOTHING_LOST = "nothing lost"
    DROPPED = "dropped"
    TORN = "torn"


@define(eq=False)
class MemoryDisk:
    """Satisfies ``runtime.core.ports.Store``."""

    fuse: Fuse
    commits: int = 0
    full: bool = False
    """Whether a test has filled it, but for the station's reserve."""
    _platter: dict[str, dict[str, str]] = field(factory=dict)
    _log: list[Write] = field(factory=list)
    _marked: bool = False
    _unwritten: list[Put] = field(factory=list)
    """What was forgotten at leisure since the last commit that waited for the platter."""

    def load(self) -> Records:
        """Everything that was committed, of what rests the first; a log without its mark is thrown away."""
        if self._marked:
            self._apply()
        self._log.clear()
        return {space: dict(sorted(records.items())[: RESTING.get(space)]) for space, records in self._platter.items()}

    def recall(self, spans: Iterable[Span]) -> tuple[Put, ...]:
        """What is in these spans."""
        return tuple(Put(span.space, key, self._platter[span.space][key]) for span in spans for key in self._keys(span))

    def last_number(self, space: str) -> int:
        """The highest number that a key of that space is, or begins with."""
        return highest(sorted(self._platter.get(space, {}), reverse=True))

    def _keys(self, span: Span) -> list[str]:
        keys = sorted(self._platter.get(span.space, {}))
        return [key for key in keys if span.first <= key <= span.last][: span.most]

    def commit(self, writes: Iterable[Write]) -> None:
        """All of them or none."""
        writes = tuple(writes)
        if all(isinstance(write, Drop) and write.at_leisure for write in writes):
            self._forget_at_leisure(writes)
            return
        self._log.extend(writes)
        self._marked = True
        self.fuse.passes("within the commit")
        self._apply()
        self._unwritten.clear()
        self.commits += 1
        self.fuse.passes("after the commit")

    def look_for_space(self) -> None:
        """There is as much as the test has left."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def die(self, how: Death) -> None:
        """The power goes."""
        if how is not Death.NOTHING_LOST:
            self._marked = False
            del self._log[len(self._log) // 2 if how is Death.TORN else 0 :]
            for put in self._unwritten[len(self._unwritten) // 2 if how is Death.TORN else 0 :]:
                self._platter[put.space][put.key] = put.value
        self._unwritten.clear()

    def _forget_at_leisure(self, writes: tuple[Write, ...]) -> None:
        for write in writes:
            assert isinstance(write, Drop), "only what is forgotten may come back"
            value = self._platter.get(write.space, {}).pop(write.key, None)
            if value is not None:
                self._unwritten.append(Put(write.space, write.key, value))
        self.commits += 1
        self.fuse.passes("after a commit at leisure")

    def _apply(self) -> None:
        for write in self._log:
            match write:
                case Put(space, key, value):
                    self._platter.setdefault(space, {})[key] = value
                case Drop(space, key) | Quarantine(space, key):
                    self._platter.get(space, {}).pop(key, None)
                case DropAll(span):
                    for key in self._keys(span):
                        del self._platter[span.space][key]
        self._log.clear()
        self._marked = False
