"""Opening the database of a store: look at all of it first, write after.

A file that is not wholly sound is put aside under a name of its own, with its log, and a new one is begun: a charging
station that cannot remember is of more use than one that does not start. Nothing of the old file is deleted or mended,
so that somebody can look at it; only the newest `MAX_ASIDE` are kept. A file that a later version wrote is not damaged:
it is refused, and left as it is.

SQLite checks the shape of its pages but not their content, so each record carries a checksum of its own, and each is
looked at here.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from model.record import frozen
from runtime.store_errors import StoreDamaged, StoreTooNew, damaged, naming
from runtime.store_migrations import MIGRATIONS, SCHEMA, checksum

APPLICATION_ID: Final = 0x50505431
"""Says in the file's header that it is ours ("PPT1"), so that another program's database is not taken for one."""

CHECKPOINT_PAGES: Final = 1000
"""The log is folded into the database when it holds this many pages (4 MB), and cut back to that size."""

CACHE_KIB: Final = 512
"""SQLite's page cache: what is read, is read in order and once, so a small one serves."""

MAX_ASIDE: Final = 4
"""So many damaged files are kept; the oldest goes when there is one more."""

COMPANIONS: Final = ("", "-wal", "-shm")
"""A database, its log, and the log's index: they belong together."""

_EVERYTHING: Final = "SELECT space, key, value, checksum FROM record"


@frozen
class Aside:
    """A damaged file that was put aside: where it lies now, and what was wrong with it."""

    place: Path
    why: str


def open_sound(path: Path, max_bytes: int) -> tuple[sqlite3.Connection, Aside | None]:
    """The database, sound and of our schema; what was put aside for it. Raises StoreFailed, StoreTooNew."""
    try:
        return _open(path, max_bytes), None
    except StoreDamaged as problem:
        aside = put_aside(path, problem.what)
    return _open(path, max_bytes), aside


# ---- putting aside -----------------------------------------------------------------------------------------


def put_aside(path: Path, why: str) -> Aside:
    """Give the file and its companions another name; raises StoreFailed."""
    with naming(path):
        numbers = _numbers_aside(path)
        place = _aside(path, max(numbers, default=0) + 1)
        for companion in COMPANIONS:
            _move(path, place, companion)
        for number in numbers[: max(0, len(numbers) + 1 - MAX_ASIDE)]:
            for companion in COMPANIONS:
                Path(f"{_aside(path, number)}{companion}").unlink(missing_ok=True)
        sync_directory(path)
    return Aside(place, why)


def newest_aside(path: Path) -> str:
    """The name of the file that was put aside last; empty where there is none."""
    numbers = _numbers_aside(path)
    return _aside(path, numbers[-1]).name if numbers else ""


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged-{number}")


def _numbers_aside(path: Path) -> list[int]:
    names = (found.name.removeprefix(f"{path.name}.damaged-") for found in path.parent.glob(f"{path.name}.damaged-*"))
    return sorted({int(number) for name in names if (number := name.partition("-")[0]).isdecimal()})


def _move(path: Path, place: Path, companion: str) -> None:
    source = Path(f"{path}{companion}")
    if source.exists():
        source.rename(f"{place}{companion}")


def sync_directory(path: Path) -> None:
    """Make a new name durable: without it a power cut may take the whole file away."""
    for directory in (path.parent, path.parent.parent):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# ---- opening -----------------------------------------------------------------------------------------------


def _open(path: Path, max_bytes: int) -> sqlite3.Connection:
    fresh = not path.exists()
    if fresh and any(Path(f"{path}{companion}").exists() for companion in COMPANIONS[1:]):
        raise damaged(path, "a log without its database")  # a cut came while its database was put aside
    with naming(path):
        # autocommit: transactions begin and end where this file says so, never by the driver's own idea.
        db = sqlite3.connect(path, isolation_level=None)
        db.text_factory = _readable
    try:
        with naming(path):
            version = _examine(db, path)
            _tune(db, max_bytes)
            _migrate(db, version, path)
            if fresh:
                sync_directory(path)
    except BaseException:
        db.close()
        raise
    return db


def _readable(raw: bytes) -> str:
    """Text of the file, damaged text too, so that the checksum can say so."""
    return raw.decode(errors="surrogateescape")


def _examine(db: sqlite3.Connection, path: Path) -> int:
    """The schema of the file, 0 for an empty one; refuses what is damaged, foreign or too new, and writes nothing."""
    verdict = number_or_text(db, "PRAGMA quick_check(1)")
    if verdict != "ok":
        raise damaged(path, str(verdict).splitlines()[-1])
    version = int(number_or_text(db, "PRAGMA user_version"))
    tables = number_or_text(db, "SELECT count(*) FROM sqlite_master")
    ours = number_or_text(db, "PRAGMA application_id") == APPLICATION_ID
    if (version or tables) and not (ours and tables):
        raise damaged(path, "this is not a database of Provenpoint")
    if version > SCHEMA:
        raise StoreTooNew(
            path,
            f"it has schema {version}, this version of Provenpoint knows up to {SCHEMA}",
            "run the version that wrote it, or a later one",
        )
    if version:
        _examine_records(db, path)
    return version


def _examine_records(db: sqlite3.Connection, path: Path) -> None:
    for space, key, value, said in db.execute(_EVERYTHING):
        if said != checksum(space, key, value):
            raise damaged(path, f"record {key!r} of {space!r} is not what was written")


def _tune(db: sqlite3.Connection, max_bytes: int) -> None:
    page_bytes = int(number_or_text(db, "PRAGMA page_size"))
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {CHECKPOINT_PAGES * page_bytes}",
        f"cache_size = -{CACHE_KIB}",
        f"max_page_count = {max_bytes // page_bytes}",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()


def _migrate(db: sqlite3.Connection, version: int, path: Path) -> None:
    """Take the schema forward, one transaction each, so that a cut between two leaves a version that is known."""
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            migration(db)
        except (ValueError, LookupError, TypeError) as problem:
            raise damaged(path, f"it cannot be taken from schema {number - 1} to {number}: {problem}") from problem
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")


def number_or_text(db: sqlite3.Connection, query: str) -> int | str:
    """The one value that a query gives."""
    value: int | str = db.execute(query).fetchone()[0]
    return value
