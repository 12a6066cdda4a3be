"""Opening the database of a store: look at all of it first, write after.

A store that is not wholly sound is quarantined, and a new one begins with all that can be saved of it
(``runtime/adapters/sqlite/salvage.py``): a charging station that cannot remember is of more use than one that does not
start. A file that a later version wrote is not damaged: it is refused, and left as it is.

Three look at it, before anything writes. The mark says what must be there; the log is read frame by frame, because
SQLite drops silently what follows a broken one; then SQLite looks at the shape of its pages. Their content it
does not check, so each record carries a checksum of its own, and each is looked at here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from pathlib import Path
from typing import Final

from attrs import evolve

from model.record import frozen
from runtime.adapters.private_files import move_unusual, open_file, read_file, sync_directory
from runtime.adapters.sqlite.errors import (
    StoreDamagedError,
    StoreFailedError,
    StoreTooNewError,
    damaged,
    naming,
    wants_space,
)
from runtime.adapters.sqlite.header import HEADER_BYTES, VERSION_AT, deviation, has_schema
from runtime.adapters.sqlite.log import PAGE_BYTES, Log, examine_log
from runtime.adapters.sqlite.mark import Durable, Mark
from runtime.adapters.sqlite.migrations import APPLICATION_ID, SCHEMA, checksum, migrate
from runtime.adapters.sqlite.reserve import RESERVE, release
from runtime.adapters.sqlite.salvage import Damage, QuarantinedStore, finish, numbers_aside, replace

CHECKPOINT_PAGES: Final = 128
"""The log is folded into the database when it holds this many pages (512 KiB), and cut back to that size.

What lies in the log alone is what a damaged log may cost; at 64 pages a commit takes a tenth more in the mean.
"""

CACHE_KIB: Final = 512
"""SQLite's page cache: what is read, is read in order and once, so a small one serves."""

DISPOSABLE: Final = ("-shm", "-journal")
"""Companions of which nothing is kept: the log's index is made anew, and a journal has only a store being made."""

_EVERYTHING: Final = "SELECT space, key, value, checksum FROM record"


@frozen
class Opened:
    """A sound store; ``quarantined`` is the damaged one that had to be quarantined for it, if there was one.

    ``moved``: what was in the way of its companions, under the names that it has now.
    """

    db: sqlite3.Connection
    mark: Mark
    quarantined: QuarantinedStore | None = None
    moved: tuple[Path, ...] = ()


def open_sound(path: Path, max_bytes: int) -> Opened:
    """The store, sound and of our schema. Raises StoreFailedError, StoreTooNewError.

    To fold a log in takes space. Where the disk has none the reserve gives it, as it does for a commit.
    """
    with naming(path):
        found = (move_unusual(Path(f"{path}{companion}")) for companion in DISPOSABLE)
        moved = tuple(place for place in found if place)
    try:
        return evolve(_open_sound(path, max_bytes), moved=moved)
    except StoreFailedError as refused:
        if not (wants_space(refused.__cause__) and release(path.with_name(RESERVE))):
            raise
    return evolve(_open_sound(path, max_bytes), moved=moved)


def _open_sound(path: Path, max_bytes: int) -> Opened:
    with naming(path):
        mark = Mark(path)
        mark.read()
        # First of all: a new store may be complete, and the power may have gone before it took its place.
        finish(path, mark)
        # Kept for ``_gone``: ``_open`` may clear the mark before it comes upon the damage.
        durable = mark.said
        # Before SQLite has the file open: it would cut the log at a broken frame, and what stood behind it would be
        # gone.
        log = examine_log(Path(f"{path}-wal"), *_expected(path, mark))
    try:
        return Opened(_open(path, max_bytes, mark, _look(path, durable, log)), mark)
    except StoreDamagedError as problem:
        damage = Damage(problem.what, _gone(path, durable, log), log.committed, _schema_of(path, log))
        quarantined = replace(path, mark, damage, max_bytes)
    return Opened(_open(path, max_bytes, mark, SCHEMA), mark, quarantined)


def _gone(path: Path, durable: Durable | None, log: Log) -> str:
    """What was committed and is nowhere, in words."""
    if log.gone:
        return f"{log.gone} pages of its committed log"
    return "what its log held" if _unmarked(path, durable, log) else ""


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
    """What can be seen from outside; the newest schema that the file may have. Raises StoreDamagedError."""
    with naming(path):
        size = _size(path)
        if size <= 0 and _had_a_store(path, durable):
            raise damaged(path, f"it is {'missing' if size < 0 else 'empty'}, and this directory had a store")
        if 0 < size < PAGE_BYTES:
            raise damaged(path, f"it is cut after {size} bytes")
        schema = durable.schema if durable else 0
        # A later version may write another header: its mark says so, and it is refused in ``_examine``, not put aside.
        wrong = deviation(read_file(path, HEADER_BYTES)) if size > 0 and schema <= SCHEMA else ""
        if wrong or log.why:
            raise damaged(path, log.why or wrong)
        if _unmarked(path, durable, log):
            raise damaged(path, f"{path.name}-mark is missing or damaged, and no log is there")
    return schema


def _unmarked(path: Path, durable: Durable | None, log: Log) -> bool:
    """Whether both are gone that say what the log held.

    A table is in the file only since there is a mark. A file by itself, without a trace of a station that had it open,
    was put there as a copy of a store that was closed.
    """
    if log.committed or (durable and durable.schema) or _size(path) < HEADER_BYTES:
        return False
    traces = (path.with_name(RESERVE), Path(f"{path}-wal"), Path(f"{path}-shm"))
    return has_schema(read_file(path, HEADER_BYTES)) and any(trace.exists() for trace in traces)


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
        header = images[-1] if images else read_file(path, HEADER_BYTES)
        (version,) = struct.unpack_from(">I", header, VERSION_AT)
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
            # The mark first. A schema below its mark's is allowed; one above it is a wrong bit to the release that
            # wrote the mark.
            if 0 < version < SCHEMA:
                mark.clear(SCHEMA)
            migrate(db, version, SCHEMA, path)
            # A file that was made is there after a power cut only when its directory is on the disk; the directory may
            # be new too.
            if fresh:
                sync_directory(path.parent)
                sync_directory(path.parent.parent)
            # A log of this process alone: what an earlier one left behind its last commit is not to lie in it.
            fold(db, mark)
    except BaseException:
        if marked:  # to close it is to fold the log in and to delete it
            with contextlib.suppress(OSError):
                mark.clear(marked)
        db.close()
        mark.close()
        raise
    return db


def fold(db: sqlite3.Connection, mark: Mark) -> None:
    """Bring the log into the database and begin it anew. Raises OSError, sqlite3.Error."""
    # In this order: a cut between the two leaves a log of which nothing is expected, and SQLite takes it as it is. The
    # other way round the mark would miss a log that has been brought into the database in good order.
    mark.clear(SCHEMA)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _readable(raw: bytes) -> str:
    """Text of the file, damaged text too, so that the checksum can say so."""
    return raw.decode(errors="surrogateescape")


def _examine(db: sqlite3.Connection, path: Path, marked: int) -> int:
    """The schema of the file, 0 for an empty one; refuses what is damaged, foreign or too new, and writes nothing.

    ``marked``: the schema that the mark says, where it says one: a version above it is a wrong bit.
    """
    # Before anything is judged by our rules, which a later version need not keep to.
    _refuse_newer(db, path, marked)
    # The shape of the b-trees; the first fault is enough. What integrity_check adds compares tables with indexes, of
    # which there are none.
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
        raise StoreTooNewError(
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
        # Before WAL: afterwards the size of a page cannot change any more.
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
