"""Quarantine: a record that cannot be used leaves the store when a copy of the file that holds it is kept.

The copy is a whole database, made by SQLite's own backup while the store is open, under a name of its own beside it; so
an engineer finds the record among those that it belonged with. Only the newest `MOST_COPIES` are kept.
Where no copy can be made, on a full disk, the record stays where it is, and is passed over at the next start too.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from runtime.adapters.private_files import open_file, sync_directory
from runtime.core.ports import Quarantine, Write

MOST_COPIES: Final = 4


def keep_copy(db: sqlite3.Connection, path: Path) -> bool:
    """Keep the database as it is now beside it; whether that could be done."""
    numbers = sorted(_copies(path))
    place = path.with_name(f"{path.name}.quarantined-{max(numbers, default=0) + 1}")
    try:
        os.close(open_file(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        with closing(sqlite3.connect(place)) as copy:
            db.backup(copy)
        # Old ones go when the new one is whole. Its name is synced with theirs: only then may the record leave the
        # store.
        for number in numbers[: max(0, len(numbers) + 1 - MOST_COPIES)]:
            path.with_name(f"{path.name}.quarantined-{number}").unlink(missing_ok=True)
        sync_directory(path.parent)
    except (OSError, sqlite3.Error):
        with suppress(OSError):
            place.unlink(missing_ok=True)
        return False
    return True


def sifted(writes: tuple[Write, ...]) -> tuple[Write, ...]:
    """The writes without those that would lose a record."""
    return tuple(write for write in writes if not isinstance(write, Quarantine))


def _copies(path: Path) -> list[int]:
    names = (found.name.removeprefix(f"{path.name}.quarantined-") for found in path.parent.glob(f"{path.name}.quar*"))
    return [int(name) for name in names if name.isdecimal()]
