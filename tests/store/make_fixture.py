"""Writes the store that the next version has to read: ``python -m tests.store.make_fixture NAME [--program PYTHON]``.

The session of ``tests/store/session.py``, with a real station process that is killed in its middle; its data directory
becomes ``tests/store/fixtures/NAME``. ``--program`` is the interpreter of an environment in which another version is
installed. Make one for each version that is released; none is ever made again.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from runtime.adapters.sqlite.store import DATABASE
from tests.processes import Central, Station
from tests.store.session import SETTINGS, fill

FIXTURES = Path(__file__).parent / "fixtures"


def main() -> None:
    """Run the session, and keep what it leaves."""
    given = argparse.ArgumentParser(prog="python -m tests.store.make_fixture", description=__doc__)
    given.add_argument("name")
    given.add_argument("--program", type=Path, default=Path(sys.executable))
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Central() as central, Station(Path(folder), central.url, *SETTINGS, program=asked.program) as box:
            fill(box, central)
            box.kill()
        _keep(Path(folder) / "data" / DATABASE, FIXTURES / asked.name)


def _keep(database: Path, place: Path) -> None:
    """The database with its log folded in, so that one file is all of it."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode = DELETE").fetchall()
    place.mkdir(parents=True)
    shutil.copy(database, place)


if __name__ == "__main__":
    main()
