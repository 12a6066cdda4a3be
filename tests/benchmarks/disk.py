"""What a durable write costs on this disk at this moment: the yardstick of everything that is committed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter_ns


def bare_commit(path: Path, stack: ExitStack) -> Callable[[], object]:
    """One row in SQLite with the store's two settings that cost time, and nothing of ours around it."""
    database = stack.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    database.execute("CREATE TABLE record (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    return lambda: database.execute("INSERT OR REPLACE INTO record VALUES ('key', '60')")


def commit_us(commit: Callable[[], object], times: int) -> float:
    """The median of so many commits."""
    took_ns = []
    for _ in range(times):
        started_ns = perf_counter_ns()
        commit()
        took_ns.append(perf_counter_ns() - started_ns)
    return median(took_ns) / 1e3
