"""The station's memory: one SQLite file, in which the writes of one step are one transaction.

What the station has committed it must find again after a power cut, whole or not at all; that is the one thing this
file is for. SQLite in WAL mode with ``synchronous=FULL`` gives it: ``COMMIT`` returns when the log is on the disk, a
torn end of the log is recognised by its checksum and dropped. Around it stand four refusals, each one clear error that
names the place and the remedy, and none of which writes anything: the directory is in use (`StoreInUse`), the file is
damaged or not ours (`StoreDamaged`), a later version wrote it (`StoreTooNew`), the system says no (`StoreFailed`).

SQLite checks the shape of its pages but not their content, so each record carries a checksum of its own.

After a `StoreFailed` from ``commit`` the old records are intact, but only a fresh start may trust the disk again:
whether a failed sync reached it is not known to anybody. The host ends the process; the next start reads what is there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from runtime.ports import Drop, Put, Records, Write

DATABASE: Final = "station.db"
LOCK: Final = "lock"

APPLICATION_ID: Final = 0x50505431
"""Says in the file's header that it is ours ("PPT1"), so that another program's database is not taken for one."""

MAX_STORE_BYTES: Final = 256 * 1024 * 1024
"""The database never grows beyond this; a commit that would is refused. The log beside it is bounded too."""

CHECKPOINT_PAGES: Final = 1000
"""The log is folded into the database when it holds this many pages (4 MB), and cut back to that size."""

CACHE_KIB: Final = 512
"""SQLite's page cache: reads happen at start only, so a small one serves."""

MIGRATIONS: Final = (
    """
    CREATE TABLE record (
        space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (space, key)
    ) WITHOUT ROWID
    """,
)
"""Statement n takes a database from schema n to n + 1; a released statement never changes."""

SCHEMA: Final = len(MIGRATIONS)


class StoreError(Exception):
    """A store cannot be opened or written; says which, why, and what to do."""

    def __init__(self, place: Path, what: str, remedy: str) -> None:
        super().__init__(f"{place}: {what}; {remedy}")
        self.place = place


class StoreFailed(StoreError):  # noqa: N818 - says what happened
    """The system refused: no space, no permission, an I/O error. What was committed before is intact."""


class StoreDamaged(StoreError):  # noqa: N818 - says what happened
    """The file is not a sound database of ours. It is left exactly as it is."""


class StoreInUse(StoreError):  # noqa: N818 - says what happened
    """Another process has this data directory."""


class StoreTooNew(StoreError):  # noqa: N818 - says what happened
    """A later version of Provenpoint wrote this file."""


class SqliteStore:
    """Durable records in ``directory``; satisfies ``runtime.ports.Store``. Opening it takes the directory's lock."""

    def __init__(self, directory: Path, max_bytes: int = MAX_STORE_BYTES) -> None:
        self._path = directory / DATABASE
        self._lock = _take_lock(directory)
        try:
            self._db = _open(self._path, max_bytes)
        except BaseException:
            os.close(self._lock)
            raise

    def load(self) -> Records:
        """Everything, as the last commit left it; keys of a space in ascending order."""
        records: Records = {}
        with _naming(self._path):
            for space, key, value, checksum in self._db.execute(_EVERYTHING):
                if checksum != _checksum(space, key, value):
                    raise _damaged(self._path, f"record {key!r} of {space!r} is not what was written")
                records.setdefault(space, {})[key] = value
        return records

    def commit(self, writes: Iterable[Write]) -> None:
        """All writes or none, on the disk when this returns; no writes cost nothing."""
        writes = tuple(writes)
        if not writes:
            return
        with _naming(self._path):
            _transact(self._db, writes)

    def close(self) -> None:
        """Let go of the file and of the directory; a second time does nothing."""
        if self._lock < 0:
            return
        try:
            with _naming(self._path):
                self._db.close()
        finally:
            os.close(self._lock)
            self._lock = -1


_EVERYTHING: Final = "SELECT space, key, value, checksum FROM record ORDER BY space, key"


def _checksum(space: str, key: str, value: str) -> int:
    return zlib.crc32(f"{space}\0{key}\0{value}".encode(errors="surrogateescape"))


def _readable(raw: bytes) -> str:
    """Text of the file, damaged text too, so that the checksum can say so."""
    return raw.decode(errors="surrogateescape")


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
            row = (space, key, value, _checksum(space, key, value))
            db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)
        case Drop(space, key):
            db.execute("DELETE FROM record WHERE space = ? AND key = ?", (space, key))


# ---- the lock --------------------------------------------------------------------------------------------


def _take_lock(directory: Path) -> int:
    """Lock the directory for this process until the descriptor is closed; a killed process leaves no lock behind."""
    place = directory / LOCK
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _refused(place, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreInUse(
            place,
            f"this data directory is in use by process {holder}",
            "stop that one, or give this one a directory of its own with --data",
        ) from error
    _sign(descriptor)
    return descriptor


def _sign(descriptor: int) -> None:
    """Write our process id into the lock, for the next one's error message; the lock holds without it."""
    with contextlib.suppress(OSError):
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


# ---- opening: look first, write after -----------------------------------------------------------------------


def _open(path: Path, max_bytes: int) -> sqlite3.Connection:
    fresh = not path.exists()
    with _naming(path):
        # autocommit: transactions begin and end where this file says so, never by the driver's own idea.
        db = sqlite3.connect(path, isolation_level=None)
        db.text_factory = _readable
    try:
        with _naming(path):
            version = _examine(db, path)
            _tune(db, max_bytes)
            _migrate(db, version)
    except BaseException:
        db.close()
        raise
    if fresh:
        _sync_directory(path)
    return db


def _examine(db: sqlite3.Connection, path: Path) -> int:
    """The schema of the file, 0 for an empty one; refuses what is damaged, foreign or too new, and writes nothing."""
    verdict = _number_or_text(db, "PRAGMA quick_check(1)")
    if verdict != "ok":
        raise _damaged(path, str(verdict).splitlines()[-1])
    version = int(_number_or_text(db, "PRAGMA user_version"))
    tables = _number_or_text(db, "SELECT count(*) FROM sqlite_master")
    ours = _number_or_text(db, "PRAGMA application_id") == APPLICATION_ID
    if (version or tables) and not (ours and tables):
        raise _damaged(path, "this is not a database of Provenpoint")
    if version > SCHEMA:
        raise StoreTooNew(
            path,
            f"it has schema {version}, this version of Provenpoint knows up to {SCHEMA}",
            "run the version that wrote it, or a later one",
        )
    return version


def _tune(db: sqlite3.Connection, max_bytes: int) -> None:
    page_bytes = int(_number_or_text(db, "PRAGMA page_size"))
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {CHECKPOINT_PAGES * page_bytes}",
        f"cache_size = -{CACHE_KIB}",
        f"max_page_count = {max_bytes // page_bytes}",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()


def _migrate(db: sqlite3.Connection, version: int) -> None:
    """Take the schema forward, one transaction each, so that a cut between two leaves a version that is known."""
    for number, statement in enumerate(MIGRATIONS[version:], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")


def _number_or_text(db: sqlite3.Connection, query: str) -> int | str:
    value: int | str = db.execute(query).fetchone()[0]
    return value


def _sync_directory(path: Path) -> None:
    """Make the new file's name durable: without it a power cut may take the whole file away."""
    for directory in (path.parent, path.parent.parent):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# ---- errors ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into one error that names the place and the remedy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreFailed(path, str(error), _REMEDIES.get(_primary(error), _CHECK_DISK)) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise _refused(path, error) from error


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


_CHECK_DISK: Final = "check the disk and its permissions, then start again; what was committed before is intact"

_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "make room on the disk, then start again; what was committed before is intact",
    sqlite3.SQLITE_READONLY: "make the file and its directory writable, then start again",
    sqlite3.SQLITE_CANTOPEN: "make the directory readable and writable, then start again",
}


def _damaged(path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(path, f"damaged: {what}", "restore a copy, or move the file away to start with an empty memory")


def _refused(place: Path, error: OSError) -> StoreFailed:
    return StoreFailed(
        place, error.strerror or str(error), "choose a directory that this user can write, with room on its disk"
    )
