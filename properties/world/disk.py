"""A disk in memory that dies as disks do, and a store on it.

A commit writes its records to a log, and is durable when the mark behind them is on the platter: write-ahead logging,
as the real store has it (``runtime/store.py``). A power cut finds either no commit under way, or one. What of the one
under way is then found again depends on how the disk dies:

* nothing lost: what the log had received is all there, its mark too;
* dropped: nothing of it was ever on the platter;
* torn: half of it was, without the mark; the next start throws it away.

In each case a commit is whole or absent. What the store returned from is always there.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from attrs import define, field

from properties.world.power import Fuse
from runtime.ports import Drop, Put, Records, Write


class Death(Enum):
    """How a disk dies with a commit under way."""

    NOTHING_LOST = "nothing lost"
    DROPPED = "dropped"
    TORN = "torn"


@define(eq=False)
class MemoryDisk:
    """Satisfies ``runtime.ports.Store``."""

    fuse: Fuse
    commits: int = 0
    _platter: dict[str, dict[str, str]] = field(factory=dict)
    _log: list[Write] = field(factory=list)
    _marked: bool = False

    def load(self) -> Records:
        """Everything that was committed; a log without its mark is thrown away."""
        if self._marked:
            self._apply()
        self._log.clear()
        return {space: dict(sorted(records.items())) for space, records in self._platter.items()}

    def commit(self, writes: Iterable[Write]) -> None:
        """All of them or none."""
        self._log.extend(writes)
        self._marked = True
        self.fuse.passes("within the commit")
        self._apply()
        self.commits += 1
        self.fuse.passes("after the commit")

    def close(self) -> None:
        """There is nothing to let go of."""

    def die(self, how: Death) -> None:
        """The power goes."""
        if how is Death.NOTHING_LOST or not self._log:
            return
        self._marked = False
        del self._log[len(self._log) // 2 if how is Death.TORN else 0 :]

    def _apply(self) -> None:
        for write in self._log:
            records = self._platter.setdefault(write.space, {})
            match write:
                case Put():
                    records[write.key] = write.value
                case Drop():
                    records.pop(write.key, None)
        self._log.clear()
        self._marked = False
