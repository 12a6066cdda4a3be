"""The mark of a store: what its log must hold, so that a log that is lost or cut short is noticed.

A log whose end is missing looks like one that was never longer, and a directory without a log like one that was closed
in good order. So a small file beside the database says how many frames of which generation of the log were durable. It
is written after each commit and not synced: a killed process leaves it exact, after a power cut it may be behind the
log, never ahead of it. Before the log goes away it is cleared, durably; when SQLite begins the log anew, the new salts
make the mark obsolete. That the file is there says that there was a store.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Final

from attrs import evolve

from model.record import frozen
from runtime.adapters.private_files import open_file, sync_directory

SIZE: Final = 64
"""One line, filled up with blanks: written in one call within one sector, which nothing divides."""

INDEX: Final = struct.Struct("=16xI12x8s")
"""How SQLite's index of the log (``-shm``) begins: how many frames are committed, and their salts; in native order.

    0   version 4, unused 4, change counter 4, initialised 1, order of checksums 1, page size 2
    16  frames that are committed 4
    20  pages of the database 4, checksum of the last frame 8
    32  salts 8, byte by byte as in the header of the log, so that the two compare (walformat, 2.1)
"""


@frozen
class Durable:
    """So many frames of the generation of the log with these salts, of a database of this schema."""

    schema: int = 0
    salts: bytes = b""
    frames: int = 0


class Mark:
    """The mark in its file. Opening makes none: `write` does."""

    def __init__(self, path: Path) -> None:
        self._path = Path(f"{path}-mark")
        self._log_index = Path(f"{path}-shm")
        self._file = self._index = -1
        self.said: Durable | None = None
        """What the file says; None where there is none."""

    def read(self) -> None:
        """Read what it says. One that cannot be read says no more than that there was a store."""
        try:
            file = open_file(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            self.said = _parsed(os.read(file, SIZE))
        finally:
            os.close(file)

    def written_ns(self) -> int:
        """When it was written last, in ns of the file system's clock. Raises OSError."""
        return self._path.stat().st_mtime_ns

    def clear(self, schema: int) -> None:
        """Nothing is expected of the log any more, durably; where it says so already, it does."""
        if self._file < 0:
            self._file = open_file(self._path, os.O_RDWR | os.O_CREAT)
        if self.said == Durable(schema):
            return
        new = self.said is None
        # Synced here and nowhere else: the log goes away next, and after a power cut a mark that still expected it
        # would have a sound store taken for a damaged one.
        self._write(Durable(schema))
        os.fsync(self._file)
        if new:
            sync_directory(self._path.parent)

    def follow(self) -> None:
        """After a commit: what the log holds now."""
        if self._index < 0:
            # Closed after SQLite has closed it: to close a file gives up all locks of the process on it.
            self._index = open_file(self._log_index, os.O_RDONLY)
        # Our own commit has just written this, and the lock of the directory keeps other processes of ours out. COMMIT
        # has synced the log by now, so the mark is never ahead of it.
        frames, salts = INDEX.unpack(os.pread(self._index, INDEX.size, 0))
        assert self.said is not None, "it is cleared before it follows"
        self._write(evolve(self.said, salts=salts, frames=frames))

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._file, self._index):
            if file >= 0:
                os.close(file)
        self._file = self._index = -1

    def _write(self, durable: Durable) -> None:
        self.said = durable
        said = b"%d %s %d" % (durable.schema, durable.salts.hex().encode() or b"-", durable.frames)
        os.pwrite(self._file, (b"%s %08x" % (said, zlib.crc32(said))).ljust(SIZE - 1) + b"\n", 0)


def _parsed(line: bytes) -> Durable:
    said, _, sum_ = line.strip().rpartition(b" ")
    if b"%08x" % zlib.crc32(said) != sum_:
        return Durable()
    schema, salts, frames = said.split()
    return Durable(int(schema), b"" if salts == b"-" else bytes.fromhex(salts.decode()), int(frames))
