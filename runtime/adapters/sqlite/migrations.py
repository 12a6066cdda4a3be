"""How a database of an earlier schema becomes one of ours: forward, one step for each schema, a transaction each.

Step n takes schema n to n + 1. A step that has been released never changes; what it needs of the records it says in the
form that they had then.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

from runtime.adapters.sqlite.errors import damaged

APPLICATION_ID: Final = 0x50505431
"""Says in the file's header that it is ours ("PPT1"), so that another program's database is not taken for one."""

Migration = Callable[[sqlite3.Connection], None]


def checksum(space: str, key: str, value: str) -> int:
    """What a record carries."""
    return zlib.crc32(f"{space}\0{key}\0{value}".encode(errors="surrogateescape"))


def _make_table(db: sqlite3.Connection) -> None:
    db.execute(
        """
        CREATE TABLE record (
            space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (space, key)
        ) WITHOUT ROWID
        """
    )


def _part_ended_transactions(db: sqlite3.Connection) -> None:
    """A transaction that has ended lies in a space of its own, with the state of its machine."""
    for key, value in db.execute("SELECT key, value FROM record WHERE space = 'transaction'").fetchall():
        record = orjson.loads(value)
        if record["reason"] is None:
            continue
        at = f"transaction/{record['connector']}/{int(key)}"
        (state,) = db.execute("SELECT value FROM record WHERE space = 'state' AND key = ?", (at,)).fetchone()
        ended = orjson.dumps({"record": record, "state": state}).decode()
        db.execute("INSERT INTO record VALUES ('ended', ?, ?, ?)", (key, ended, checksum("ended", key, ended)))
        db.execute("DELETE FROM record WHERE (space, key) IN (('transaction', ?), ('state', ?))", (key, at))


_RENAMED: Final = {
    ("charging_profile", "Held"): "Installed",
    ("local_list", "Held"): "InUse",
    ("reservation", "Held"): "Reserved",
    ("transaction", "Held"): "EnergyWithheld",
}


def _rename_states(db: sqlite3.Connection) -> None:
    """``Held`` had a meaning in each machine, and has a name for each; ``connector_zero`` says what it is."""
    for key, value in db.execute("SELECT key, value FROM record WHERE space = 'state'").fetchall():
        machine, *place = key.split("/")
        new = "/".join(("station_availability" if machine == "connector_zero" else machine, *place))
        state = _RENAMED.get((machine, value), value)
        if (new, state) != (key, value):
            db.execute("DELETE FROM record WHERE (space, key) = ('state', ?)", (key,))
            db.execute("INSERT INTO record VALUES ('state', ?, ?, ?)", (new, state, checksum("state", new, state)))


MIGRATIONS: Final[tuple[Migration, ...]] = (_make_table, _part_ended_transactions, _rename_states)

SCHEMA: Final = len(MIGRATIONS)
"""The schema that this version of Provenpoint writes."""


def migrate(db: sqlite3.Connection, version: int, to: int, path: Path) -> None:
    """Take the schema forward, one transaction each, so that a cut between two leaves a version that is known."""
    for number, migration in enumerate(MIGRATIONS[version:to], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            migration(db)
        except (ValueError, LookupError, TypeError) as problem:
            raise damaged(path, f"it cannot be taken from schema {number - 1} to {number}: {problem}") from problem
        # Both numbers stand in the header, on page 1, and so in the same transaction as the records that they speak of.
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
