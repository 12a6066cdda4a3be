"""Opening the database of a store: look at all of it first, write after.

A store that is not wholly sound is put aside, and a new one begins with all that can be saved of it
(``runtime/store_salvage.py``): a charging station that cannot remember is of more use than one that does not start. A
file that a later version wrote is not damaged: it is refused, and left as it is.

Three look at it, before anything writes. The mark says what must be there; the log is read frame by frame, because
SQLite drops without a word what follows a broken one; then SQLite looks at the shape of its pages. Their content it
does not check, so each record carries a checksum of its own, and each is looked at here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from pathlib import Path
from typing import Final

from model.record import frozen
from runtime.private_files import open_file, read_file, sync_directory
from runtime.store_errors import StoreDamaged, StoreTooNew, damaged, naming
from runtime.store_log import PAGE_BYTES, Log, examine_log
from runtime.store_mark import Durable, Mark
from runtime.store_migrations import APPLICATION_ID, SCHEMA, checksum, migrate
from runtime.store_salvage import Aside, Damage, finish, numbers_aside, replace

CHECKPOINT_PAGES: Final = 128
"""The log is folded into the database when it holds this many pages (512 KiB), and cut back to that size.

What lies in the log alone is what a damaged log may cost; at 64 pages a commit takes a tenth more in the mean.
"""

CACHE_KIB: Final = 512
"""SQLite's page cache: what is read, is read in order and once, so a small one serves."""

RESERVE: Final = "reserve"
"""The file of the store's reserve: where it is, there was a store."""

_EVERYTHING: Final = "SELECT space, key, value, checksum FROM record"

_VERSION_AT, _APPLICATION_AT, _HEADER_BYTES = 60, 68, 100
"""Where the database's header says which schema it has, and whose it is."""


@frozen
class Opened:
    """A sound store; ``aside`` is the damaged one that had to be put aside for it, if there was one."""

    db: sqlite3.Connection
    mark: Mark
    aside: Aside | None = None


def open_sound(path: Path, max_bytes: int) -> Opened:
    """The store, sound and of our schema. Raises StoreFailed, StoreTooNew."""
    with naming(path):
        mark = Mark(path)
        mark.read()
        finish(path, mark)
        durable = mark.said
        log = examine_log(Path(f"{path}-wal"), *_expected(path, mark))
    try:
        return Opened(_open(path, max_bytes, mark, _look(path, durable, log)), mark)
    except StoreDamaged as problem:
        aside = replace(path, mark, Damage(problem.what, log.committed, _schema_of(path, log)), max_bytes)
    return Opened(_open(path, max_bytes, mark, SCHEMA), mark, aside)


def _expected(path: Path, mark: Mark) -> tuple[bytes, int]:
    """The generation of the log, and how many frames of it there must be.

    Another program that opens the database after a kill folds the log in and deletes it: then the database was written
    after the mark, which is the last that a station writes.
    """
    if mark.said is None:
        return b"", 0
    folded = not Path(f"{path}-wal").exists() and path.exists() and path.stat().st_mtime_ns > mark.written_ns()
    return mark.said.salts, 0 if folded else mark.said.frames


def _look(path: Path, durable: Durable | None, log: Log) -> int:
    """What can be seen from outside; the newest schema that the file may have. Raises StoreDamaged."""
    with naming(path):
        size = _size(path)
        if size <= 0 and _had_a_store(path, durable):
            raise damaged(path, f"it is {'missing' if size < 0 else 'empty'}, and this directory had a store")
        if 0 < size < PAGE_BYTES:
            raise damaged(path, f"it is cut after {size} bytes")
    if log.why:
        raise damaged(path, log.why)
    return durable.schema if durable else 0


def _size(path: Path) -> int:
    """The file's size in bytes; -1 where there is none. Raises OSError, for what is no file too."""
    try:
        file = open_file(path, os.O_RDONLY)
    except FileNotFoundError:
        return -1
    try:
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _had_a_store(path: Path, durable: Durable | None) -> bool:
    """The reserve is made when the store has been opened; a log, when something was committed."""
    traces = (path.with_name(RESERVE), Path(f"{path}-wal"))
    return durable is not None or bool(numbers_aside(path)) or any(trace.exists() for trace in traces)


def _schema_of(path: Path, log: Log) -> int:
    """The schema of the records in a damaged file: as its header says, where that can be; else ours."""
    images = [frame.image for frame in log.committed if frame.page == 1 and frame.sound]
    try:
        header = images[-1] if images else read_file(path, _HEADER_BYTES)
        (version,) = struct.unpack_from(">I", header, _VERSION_AT)
    except (OSError, struct.error):
        return SCHEMA
    return version if 0 < version <= SCHEMA else SCHEMA


def _open(path: Path, max_bytes: int, mark: Mark, marked: int) -> sqlite3.Connection:
    fresh = not path.exists()
    with naming(path):
        os.close(open_file(path, os.O_RDWR | os.O_CREAT))  # its log and index get the same mode
        # autocommit: transactions begin and end where this file says so, never by the driver's own idea.
        db = sqlite3.connect(path, isolation_level=None)
        db.text_factory = _readable
    try:
        with naming(path):
            version = _examine(db, path, marked)
            _tune(db, max_bytes)
            if 0 < version < SCHEMA:
                mark.clear(SCHEMA)
            migrate(db, version, SCHEMA, path)
            if fresh:
                sync_directory(path.parent)
                sync_directory(path.parent.parent)
            # A log of this process alone: what an earlier one left behind its last commit is not to lie in it.
            mark.clear(SCHEMA)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except BaseException:
        if marked:  # to close it is to fold the log in and to delete it
            with contextlib.suppress(OSError):
                mark.clear(marked)
        db.close()
        mark.close()
        raise
    return db


def _readable(raw: bytes) -> str:
    """Text of the file, damaged text too, so that the checksum can say so."""
    return raw.decode(errors="surrogateescape")


def _examine(db: sqlite3.Connection, path: Path, marked: int) -> int:
    """The schema of the file, 0 for an empty one; refuses what is damaged, foreign or too new, and writes nothing.

    ``marked``: the schema that the mark says, where it says one: a version above it is a wrong bit.
    """
    _refuse_newer(db, path, marked)
    verdict = number_or_text(db, "PRAGMA quick_check(1)")
    if verdict != "ok":
        raise damaged(path, str(verdict).splitlines()[-1])
    version = int(number_or_text(db, "PRAGMA user_version"))
    tables = number_or_text(db, "SELECT count(*) FROM sqlite_master")
    ours = number_or_text(db, "PRAGMA application_id") == APPLICATION_ID
    if (version or tables) and not (ours and tables):
        raise damaged(path, "this is not a database of Provenpoint")
    if not 0 <= version <= SCHEMA or bool(version) != bool(tables):
        raise damaged(path, f"it says that it has schema {version}")
    if version:
        _examine_records(db, path)
    return version


def _refuse_newer(db: sqlite3.Connection, path: Path, marked: int) -> None:
    version = int(number_or_text(db, "PRAGMA user_version"))
    ours = number_or_text(db, "PRAGMA application_id") == APPLICATION_ID
    if ours and version > SCHEMA and not 0 < marked <= SCHEMA:
        raise StoreTooNew(
            path,
            f"it has schema {version}, this version of Provenpoint knows up to {SCHEMA}",
            "run the version that wrote it, or a later one",
        )


def _examine_records(db: sqlite3.Connection, path: Path) -> None:
    for space, key, value, said in db.execute(_EVERYTHING):
        if said != checksum(space, key, value):
            raise damaged(path, f"record {key!r} of {space!r} is not what was written")


def _tune(db: sqlite3.Connection, max_bytes: int) -> None:
    for pragma in (
        f"page_size = {PAGE_BYTES}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "cache_spill = OFF",  # a commit writes its frames once, in order, when it is whole
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {CHECKPOINT_PAGES * PAGE_BYTES}",
        f"cache_size = -{CACHE_KIB}",
        f"max_page_count = {max_bytes // PAGE_BYTES}",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()


def number_or_text(db: sqlite3.Connection, query: str) -> int | str:
    """The one value that a query gives."""
    value: int | str = db.execute(query).fetchone()[0]
    return value
