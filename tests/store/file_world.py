"""The simulated world with the real store under it: records lie in a SQLite file, and each start reads them there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from properties.world.disk import Death, MemoryDisk
from properties.world.power import Fuse
from properties.world.world import World
from runtime.adapters.sqlite.migrations import checksum
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put, Span
from runtime.core.ports import Records, Write

NAME_MAX = 255
"""No name of a file is longer."""


class FileDisk(MemoryDisk):
    """A disk that is a directory; when the power goes, the file is left as it is and opened anew."""

    def __init__(self, fuse: Fuse, directory: Path) -> None:
        super().__init__(fuse)
        self.directory = directory
        self.store = SqliteStore(directory)

    def load(self) -> Records:
        """What the store has."""
        return self.store.load()

    def recall(self, spans: Iterable[Span]) -> tuple[Put, ...]:
        """What the store has."""
        return self.store.recall(spans)

    def last_number(self, space: str) -> int:
        """As the store has it."""
        return self.store.last_number(space)

    def commit(self, writes: Iterable[Write]) -> None:
        """Durable at once."""
        self.store.commit(writes)

    def die(self, how: Death) -> None:
        """A store of its own for the next life."""
        self.store.close()
        self.store = SqliteStore(self.directory)


def world_on(directory: Path) -> World:
    """A world whose station keeps its records in that directory; it has no power yet."""
    world = World(settings={"MeterValueSampleInterval": "10", "StopTxnSampledData": "Energy.Active.Import.Register"})
    world.disk = FileDisk(world.fuse, directory)
    return world


def no_copies_in(directory: Path) -> Path:
    """No quarantined copy can be made, as on a full disk, while this lies there: the next had too long a name."""
    name = f"{DATABASE}.quarantined-"
    in_the_way = directory / (name + "9" * (NAME_MAX - len(name)))
    in_the_way.touch()
    return in_the_way


def put(directory: Path, *records: Put) -> None:
    """Write those records, with good checksums, while no station runs; those too that no store writes."""
    store = SqliteStore(directory)
    texts = [one for one in records if one.key.isascii() and one.value.isascii()]
    store.commit(texts)
    store.close()
    with closing(sqlite3.connect(directory / DATABASE, isolation_level=None)) as db:
        for one in records:
            if one not in texts:
                key, value = (part.encode(errors="surrogateescape") for part in (one.key, one.value))
                row = (one.space, key, value, checksum(one.space, one.key, one.value))
                db.execute("INSERT OR REPLACE INTO record VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?)", row)
