"""The station's memory: one SQLite file, in which the writes of one step are one transaction.

What the station has committed it must find again after a power cut, whole or not at all; that is the one thing this
file is for. SQLite in WAL mode with ``synchronous=FULL`` gives it: ``COMMIT`` returns when the log is on the disk, a
torn end of the log is recognised by its checksum and dropped. How the file is opened, and what becomes of one that
cannot be trusted, stands in ``runtime/adapters/sqlite/opening.py``; what is refused, in
``runtime/adapters/sqlite/errors.py``.

After a `StoreFailedError` from ``commit`` the old records are intact, but only a fresh start may trust the disk again:
whether a failed sync reached it is not known. The host ends the process; the next start reads what is there.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from runtime.adapters.private_files import make_private
from runtime.adapters.sqlite.errors import damaged, naming, wants_space
from runtime.adapters.sqlite.lock import LOCK, take_lock
from runtime.adapters.sqlite.migrations import SCHEMA, checksum
from runtime.adapters.sqlite.opening import fold, number_or_text, open_sound
from runtime.adapters.sqlite.quarantined_copies import keep_copy, sifted
from runtime.adapters.sqlite.reserve import RESERVE, Reserve
from runtime.core.inputs import Put, Span
from runtime.core.ports import RESTING, Drop, DropAll, Quarantine, Records, Write
from runtime.core.queue_window import highest

Bound = str | bytes | int
"""A value that is bound to a parameter of a statement."""

DATABASE: Final = "station.db"

PRIVATE: Final = (f"{DATABASE}*", LOCK, RESERVE)
"""The files that are kept from other users."""

MAX_STORE_BYTES: Final = 256 * 1024 * 1024
"""The database never grows beyond this, the reserve included; the log beside it is bounded too."""

RESERVE_BYTES: Final = 8 * 1024 * 1024
"""Kept for sessions that run when the store is full: the log at its longest, and as much again for records."""


class SqliteStore:
    """Durable records in ``directory``; satisfies ``runtime.core.ports.Store``. Opening it takes the directory's lock.

    ``quarantined``: the damaged store that it replaces, if there was one; ``moved``: where what was in the way of its
    companions lies now. Raises StoreInUseError, StoreTooNewError, StoreFailedError.
    """

    def __init__(self, directory: Path, max_bytes: int = MAX_STORE_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._path, self._max_bytes, self._reserve_bytes = directory / DATABASE, max_bytes, reserve_bytes
        self._lock = take_lock(directory)
        try:
            with naming(directory):
                make_private(directory, PRIVATE)
            opened = open_sound(self._path, max_bytes)
            self._db, self._mark, self.quarantined, self.moved = (
                opened.db,
                opened.mark,
                opened.quarantined,
                opened.moved,
            )
            # After the opening, which may have needed the space; where a reserve is, a store was (``_had_a_store``).
            with naming(directory):
                self._reserve = Reserve(directory / RESERVE, reserve_bytes)
            self._crowded = False
            self._measure()
            self._at_leisure: list[Drop] = []
            self._copied: bool | None = None
        except BaseException:
            os.close(self._lock)
            raise

    def load(self) -> Records:
        """Everything, as the last commit left it, keys of a space in ascending order; of what rests, the first."""
        with naming(self._path):
            self._catch_up()
            spaces = [space for (space,) in self._db.execute("SELECT DISTINCT space FROM record ORDER BY space")]
            read = {space: tuple(self._read(space, _OF_SPACE, RESTING.get(space, -1))) for space in spaces}
        return {space: {put.key: put.value for put in puts} for space, puts in read.items() if puts}

    def recall(self, spans: Iterable[Span]) -> tuple[Put, ...]:
        """What is in these spans."""
        with naming(self._path):
            self._catch_up()
            return tuple(
                put for span in spans for put in self._read(span.space, _OF_SPAN, span.first, span.last, span.most)
            )

    def last_number(self, space: str) -> int:
        """The highest number that a key of that space is, or begins with; 0 where there is none."""
        with naming(self._path):
            self._catch_up()
            return highest(key for (key,) in self._db.execute(_DESCENDING, (space,)))

    def _read(self, space: str, query: str, *further: str | int) -> Iterator[Put]:
        for key, value, said in self._db.execute(query, (space, *further)):
            if said != checksum(space, key, value):
                raise damaged(self._path, f"record {key!r} of {space!r} is not what was written")
            yield Put(space, key, value)

    def commit(self, writes: Iterable[Write]) -> None:
        """All writes or none, on the disk when this returns; no writes cost nothing.

        Where all are at leisure they wait for the next commit that is not, and come before it.
        """
        writes = tuple(writes)
        at_leisure = [write for write in writes if isinstance(write, Drop) and write.at_leisure]
        # What a power cut takes with it here is that something was forgotten: it is found again, and forgotten again.
        if len(at_leisure) == len(writes):
            self._at_leisure += at_leisure
            return
        with naming(self._path):
            self._commit(self._sift(writes))

    def fold(self) -> None:
        """Bring what was committed into the database: none of it is in the log alone then. Raises StoreFailedError."""
        with naming(self._path):
            self._catch_up()
            fold(self._db, self._mark)

    def _sift(self, writes: tuple[Write, ...]) -> tuple[Write, ...]:
        """What goes into quarantine goes when a copy of the file holds it; one copy holds all that a start finds.

        Where it could not be made, the next start tries again: it takes the longer the more is stored, and each of
        thousands of records may ask for it.
        """
        if not any(isinstance(write, Quarantine) for write in writes):
            return writes
        if self._copied is None:
            self._copied = keep_copy(self._db, self._path)
        return writes if self._copied else sifted(writes)

    def _commit(self, writes: tuple[Write, ...]) -> None:
        try:
            _transact(self._db, self._at_leisure, writes)
        except sqlite3.OperationalError as error:
            if not (self._reserve.whole and wants_space(error)):
                raise
            self._reserve.empty()
            _transact(self._db, self._at_leisure, writes)
        # A cut between COMMIT and this leaves the mark behind the log, which is allowed; ahead of it never.
        self._mark.follow()
        self._at_leisure.clear()
        self._measure()

    def _catch_up(self) -> None:
        """What was forgotten at leisure is forgotten now."""
        if self._at_leisure:
            self._commit(())

    @property
    def full(self) -> bool:
        """Whether nothing but the reserve is left, on the disk or in the file."""
        return self._crowded or not self._reserve.whole

    def look_for_space(self) -> None:
        """Put the reserve in order, where there is space for it."""
        with naming(self._path):
            self._reserve.fill()
            self._crowded = False
            self._measure(self._reserve_bytes)

    def _measure(self, margin_bytes: int = 0) -> None:
        """The file is crowded from its bound less the reserve on; no more when it has as much again to spare."""
        pages, unused, size = (int(number_or_text(self._db, f"PRAGMA {name}")) for name in _PAGES)
        # Pages on the free list are in the file, and are written again before it grows.
        used_bytes = (pages - unused) * size
        self._crowded = self._crowded or used_bytes + margin_bytes > self._max_bytes - self._reserve_bytes

    def close(self) -> None:
        """Let go of the file and of the directory; a second time does nothing."""
        if self._lock < 0:
            return
        try:
            with naming(self._path):
                self._catch_up()
                self._mark.clear(SCHEMA)  # before the log goes
                self._db.close()
                self._mark.close()
        finally:
            os.close(self._lock)
            self._lock = -1


_PAGES: Final = ("page_count", "freelist_count", "page_size")


_OF_SPACE: Final = "SELECT key, value, checksum FROM record WHERE space = ? ORDER BY key LIMIT ?"

_OF_SPAN: Final = "SELECT key, value, checksum FROM record WHERE space = ? AND key BETWEEN ? AND ? ORDER BY key LIMIT ?"


_DESCENDING: Final = "SELECT key FROM record WHERE space = ? ORDER BY key DESC"

_FORGET: Final = "DELETE FROM record WHERE space = CAST(? AS TEXT) AND key = CAST(? AS TEXT)"
"""Of keys that are no text as well."""

_DROP: Final = "DELETE FROM record WHERE space = ? AND key IN"

KEYS_AT_ONCE: Final = 500
"""SQLite takes 999 values for a statement at least."""


def _transact(db: sqlite3.Connection, before: list[Drop], writes: tuple[Write, ...]) -> None:
    try:
        # IMMEDIATE: a lock that another program holds on the file is met here, and not in the middle of the writes.
        db.execute("BEGIN IMMEDIATE")
        for kind, alike in groupby((*before, *writes), type):
            if kind is Drop:
                _drop(db, map(_values, alike))
            else:
                db.executemany(_STATEMENTS[kind], map(_values, alike))
        db.execute("COMMIT")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            db.rollback()
        raise


def _drop(db: sqlite3.Connection, drops: Iterable[tuple[Bound, ...]]) -> None:
    """Many keys of a space in one statement: two thousand go in half the time of as many statements."""
    keys: dict[Bound, list[Bound]] = {}
    for space, key in drops:
        keys.setdefault(space, []).append(key)
    for space, each in keys.items():
        for at in range(0, len(each), KEYS_AT_ONCE):
            some = each[at : at + KEYS_AT_ONCE]
            db.execute(f"{_DROP} ({','.join('?' * len(some))})", (space, *some))


_STATEMENTS: Final[dict[type, str]] = {
    Put: "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
    Quarantine: _FORGET,
    DropAll: "DELETE FROM record WHERE space = ? AND key BETWEEN ? AND ?",
}


def _values(write: Write) -> tuple[Bound, ...]:
    """What its statement needs."""
    match write:
        case Put(space, key, value):
            return space, key, value, checksum(space, key, value)
        case Drop(space, key):
            return space, key
        case Quarantine(space, key):
            return space.encode(errors="surrogateescape"), key.encode(errors="surrogateescape")
        case DropAll(Span(space, first, last)):
            return space, first, last
