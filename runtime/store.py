"""The station's memory: one SQLite file, in which the writes of one step are one transaction.

What the station has committed it must find again after a power cut, whole or not at all; that is the one thing this
file is for. SQLite in WAL mode with ``synchronous=FULL`` gives it: ``COMMIT`` returns when the log is on the disk, a
torn end of the log is recognised by its checksum and dropped. How the file is opened, and what becomes of one that
cannot be trusted, stands in ``runtime/store_file.py``; what is refused, in ``runtime/store_errors.py``.

After a `StoreFailed` from ``commit`` the old records are intact, but only a fresh start may trust the disk again:
whether a failed sync reached it is not known to anybody. The host ends the process; the next start reads what is there.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from runtime.ports import Drop, Put, Records, Write
from runtime.store_errors import damaged, naming
from runtime.store_file import Aside, checksum, newest_aside, open_sound, put_aside
from runtime.store_lock import take_lock

DATABASE: Final = "station.db"

MAX_STORE_BYTES: Final = 256 * 1024 * 1024
"""The database never grows beyond this; a commit that would is refused. The log beside it is bounded too."""


class SqliteStore:
    """Durable records in ``directory``; satisfies ``runtime.ports.Store``. Opening it takes the directory's lock.

    ``aside``: the damaged file that had to be put aside for it, if there was one. Raises StoreInUse, StoreTooNew,
    StoreFailed.
    """

    def __init__(self, directory: Path, max_bytes: int = MAX_STORE_BYTES) -> None:
        self._path, self._max_bytes = directory / DATABASE, max_bytes
        self.aside: Aside | None
        self._lock = take_lock(directory)
        try:
            self._db, self.aside = open_sound(self._path, max_bytes)
        except BaseException:
            os.close(self._lock)
            raise

    def load(self) -> Records:
        """Everything, as the last commit left it; keys of a space in ascending order."""
        records: Records = {}
        with naming(self._path):
            for space, key, value, said in self._db.execute(_EVERYTHING):
                if said != checksum(space, key, value):
                    raise damaged(self._path, f"record {key!r} of {space!r} is not what was written")
                records.setdefault(space, {})[key] = value
        return records

    def commit(self, writes: Iterable[Write]) -> None:
        """All writes or none, on the disk when this returns; no writes cost nothing."""
        writes = tuple(writes)
        if not writes:
            return
        with naming(self._path):
            _transact(self._db, writes)

    def begin_again(self, why: str) -> None:
        """Put the file aside, whatever it holds, and begin an empty one; raises StoreFailed."""
        with naming(self._path):
            self._db.close()
        aside = put_aside(self._path, why)
        self._db, _ = open_sound(self._path, self._max_bytes)
        self.aside = aside

    def newest_aside(self) -> str:
        """The name of the damaged file that was put aside last; empty where there is none."""
        with naming(self._path):
            return newest_aside(self._path)

    def close(self) -> None:
        """Let go of the file and of the directory; a second time does nothing."""
        if self._lock < 0:
            return
        try:
            with naming(self._path):
                self._db.close()
        finally:
            os.close(self._lock)
            self._lock = -1


_EVERYTHING: Final = "SELECT space, key, value, checksum FROM record ORDER BY space, key"


def _transact(db: sqlite3.Connection, writes: tuple[Write, ...]) -> None:
    try:
        db.execute("BEGIN IMMEDIATE")
        for write in writes:
            _apply(db, write)
        db.execute("COMMIT")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            db.rollback()
        raise


def _apply(db: sqlite3.Connection, write: Write) -> None:
    match write:
        case Put(space, key, value):
            row = (space, key, value, checksum(space, key, value))
            db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)
        case Drop(space, key):
            db.execute("DELETE FROM record WHERE space = ? AND key = ?", (space, key))
