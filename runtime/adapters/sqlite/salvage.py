"""What becomes of a damaged store: it is quarantined, and a new one begins with each record that can be verified.

The order of steps is such that the power may go after any of them. The new database is built under a name that no start
takes for a store; the damaged files get their second names; then the new one is renamed to say that it is complete, and
from then on each start finishes what is left: the old log goes, and the new database takes the place of the old one.
Before that, nothing of the old files has changed, and the next start finds the same damage again.

Records of transactions come first, so that they have what space there is; then whose the station is and how it is
configured; then the rest. A record of the new store says what was saved, until the CSMS has received it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import define, field

from model.record import frozen
from runtime.adapters.private_files import open_file, sync_directory
from runtime.adapters.sqlite.errors import naming
from runtime.adapters.sqlite.log import PAGE_BYTES, Frame
from runtime.adapters.sqlite.mark import Mark
from runtime.adapters.sqlite.migrations import SCHEMA, checksum, migrate
from runtime.adapters.sqlite.pages import Pages, Row
from runtime.adapters.sqlite.reserve import RESERVE, release

MAX_ASIDE: Final = 4
"""So many damaged stores are kept; the oldest goes when there is one more."""

COMPANIONS: Final = ("", "-wal")
"""A database and its log: they belong together. The log's index is made anew whenever it is wanted."""

FIRST: Final = (("queue", "transaction", "ended", "sample", "state"), ("station", "configuration"))
"""The spaces of records that are saved before all others, in this order."""

OF_STATION: Final = "station"
DAMAGE: Final = "damage/"
"""The space, and the beginning of the keys, of what is still to be reported of a damaged store."""

MAX_REPORT_CHARS: Final = 255
"""What a security event's technical detail may have (SEC-5.15-01)."""

MAX_SPACES_NAMED: Final = 6
MAX_SPACE_CHARS: Final = 16

AT_A_TIME: Final = 64
"""So many records are saved in one transaction: where space ends, those before stay."""

_REPLACE: Final = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)"
_INSERT: Final = "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?)"


@frozen
class Damage:
    """What is wrong with a store, and what of its log was durable; ``schema``: of the records in it.

    ``gone``: what was committed and is in no file, in words.
    """

    why: str
    gone: str = ""
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    schema: int = SCHEMA


@frozen
class QuarantinedStore:
    """A damaged store that was quarantined: what was wrong, and what became of it."""

    why: str
    report: str


@define
class Tally:
    """What a salvage has saved, and what it came upon that it could not."""

    saved: int = 0
    unreadable: set[tuple[str, str]] = field(factory=set)
    pages: int = 0
    no_space: bool = False
    gone: str = ""

    def __str__(self) -> str:
        counts = Counter(space[:MAX_SPACE_CHARS] for space, _ in self.unreadable)
        lost = [f"{count} of {space!a}" for space, count in counts.most_common(MAX_SPACES_NAMED)]
        lost += [f"what stood on {self.pages} of its pages"] if self.pages else []
        lost += [self.gone] if self.gone else []
        lost += ["what found no space on the disk"] if self.no_space else []
        return f"{self.saved} records saved; not readable: {', '.join(lost) or 'none that was found'}"


def replace(path: Path, mark: Mark, damage: Damage, max_bytes: int) -> QuarantinedStore:
    """Quarantine the store at ``path`` and begin a new one with what can be saved of it. Raises StoreFailedError.

    The damaged one stays on the disk, so the new one needs as much space again.
    """
    with naming(path):
        # The power may go at each of these lines. Up to the rename the next start finds the damaged store as it was,
        # under its own name, and begins again: second names that are there already are found (``_same``), and a
        # database that is being built is deleted (``_build``). From the rename on it finds a complete one and finishes.
        name = _keep(path)
        file = open_file(path, os.O_RDONLY) if path.exists() else -1
        try:
            report = _build(_building(path), Pages(file, damage.frames), damage, name, max_bytes)
        finally:
            if file >= 0:
                os.close(file)
        _building(path).rename(_complete(path))
        sync_directory(path.parent)
        finish(path, mark)
    return QuarantinedStore(damage.why, report)


def finish(path: Path, mark: Mark) -> None:
    """Let a new store that is complete take the place of the old one; nothing where there is none. Raises OSError."""
    if not _complete(path).exists():
        return
    # Each of these may be done twice, so a start that was cut short on the way is gone through again by the next.
    mark.clear(SCHEMA)
    for companion in ("-wal", "-shm"):
        _with(path, companion).unlink(missing_ok=True)
    # The old log is gone, durably, before the new database is there: SQLite would play a log into whatever database
    # bears its name.
    sync_directory(path.parent)
    _complete(path).replace(path)
    sync_directory(path.parent)


def _with(path: Path, companion: str) -> Path:
    return path.with_name(path.name + companion)


def _building(path: Path) -> Path:
    return path.with_name(f"{path.name}.building")


def _complete(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


# ---- the damaged one ---------------------------------------------------------------------------------------


def numbers_aside(path: Path) -> list[int]:
    """The numbers of what was quarantined, oldest first."""
    names = (found.name.removeprefix(f"{path.name}.damaged-") for found in path.parent.glob(f"{path.name}.damaged-*"))
    return sorted({int(number) for name in names if (number := name.partition("-")[0]).isdecimal()})


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged-{number}")


def _keep(path: Path) -> str:
    """Give the damaged files second names, durably; the name, empty where there is no file to keep."""
    there = [companion for companion in COMPANIONS if _with(path, companion).exists()]
    if not there:
        return ""
    numbers = numbers_aside(path)
    place = _aside(path, max(numbers, default=0) + 1)
    if numbers and any(_same(_with(path, end), _with(_aside(path, numbers[-1]), end)) for end in COMPANIONS):
        place = _aside(path, numbers[-1])  # the power went on the way
    for companion in there:
        _link(_with(path, companion), _with(place, companion))
    for number in numbers_aside(path)[:-MAX_ASIDE]:
        for companion in (*COMPANIONS, "-shm"):
            _with(_aside(path, number), companion).unlink(missing_ok=True)
    sync_directory(path.parent)
    return place.name


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _link(source: Path, target: Path) -> None:
    try:
        # Not renamed: the store keeps its name until the new one takes it, and a name more costs no space on a full
        # disk.
        target.hardlink_to(source)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(source, target)  # a file system without second names
        target.chmod(0o600)


# ---- the new one -------------------------------------------------------------------------------------------


def _build(place: Path, pages: Pages, damage: Damage, name: str, max_bytes: int) -> str:
    """A new database with what can be saved, complete and durable; what is to be reported of it."""
    for companion in ("", "-journal"):
        _with(place, companion).unlink(missing_ok=True)
    os.close(open_file(place, os.O_RDWR | os.O_CREAT))
    with closing(sqlite3.connect(place, isolation_level=None)) as db:
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "synchronous = FULL",
            f"max_page_count = {max_bytes // PAGE_BYTES}",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        # The records are of the damaged store's schema: they are put into a table of that one, and taken forward with
        # it.
        migrate(db, 0, damage.schema, place)
        tally = _fill(db, pages, place.with_name(RESERVE))
        tally.gone = damage.gone
        migrate(db, damage.schema, SCHEMA, place)
        kept = f"damaged store quarantined as {name}" if name else f"the store is gone ({damage.why})"
        report = f"{kept}: {tally}"[:MAX_REPORT_CHARS]
        key = f"{DAMAGE}{name or 'gone'}"
        db.execute(_REPLACE, _row(OF_STATION, key, report))
    return report


def _row(space: str, key: str, value: str) -> tuple[str, str, str, int]:
    return space, key, value, checksum(space, key, value)


def _fill(db: sqlite3.Connection, pages: Pages, reserve: Path) -> Tally:
    tally = Tally()
    rows = (row for rank in range(len(FIRST) + 1) for row in _of_rank(pages, rank, tally))
    while some := tuple(islice(rows, AT_A_TIME)):
        # The reserve is there for this: what is owed of transactions comes first in ``rows``.
        if not (_insert(db, some) or (release(reserve) and _insert(db, some))):
            tally.no_space = True
            break
    (tally.saved,) = db.execute("SELECT count(*) FROM record").fetchone()
    tally.unreadable = {lost for lost in tally.unreadable if not _has(db, *lost)}
    tally.pages = len(pages.lost)
    return tally


def _insert(db: sqlite3.Connection, rows: tuple[Row, ...]) -> bool:
    """Whether there was space for them."""
    try:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(_INSERT, rows)
        db.execute("COMMIT")
    except sqlite3.OperationalError:
        db.rollback()
        return False
    return True


def _has(db: sqlite3.Connection, space: str, key: str) -> bool:
    """Whether an earlier image of the page had the record."""
    try:
        return db.execute("SELECT 1 FROM record WHERE space = ? AND key = ?", (space, key)).fetchone() is not None
    except UnicodeEncodeError:
        return False


def _of_rank(pages: Pages, rank: int, tally: Tally) -> Iterator[Row]:
    for row in pages.rows():
        if _rank(row.space) != rank:
            continue
        if row.sound:
            yield row
        else:
            tally.unreadable.add((row.space, row.key))


def _rank(space: str) -> int:
    return next((rank for rank, spaces in enumerate(FIRST) if space in spaces), len(FIRST))
