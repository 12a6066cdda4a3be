"""The reserve of a store: a file that takes up space, so that there is some when the disk has none.

As long as the file is whole, its blocks are the station's. When a commit finds no space the file is emptied, and the
commit, and those that follow it, find what it held. It is made whole again when the disk has twice as much to spare,
so that a disk at its edge is not full and roomy by turns.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from runtime.adapters.private_files import NotAFileError, open_file

RESERVE: Final = "reserve"
"""The file of a store's reserve: where it is, there was a store."""

BLOCK: Final = 512
"""What ``st_blocks`` counts in."""


class Reserve:
    """So many bytes of the disk in a file; ``whole`` says whether they are there. Raises OSError: it is no file."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size
        if path.exists() and not path.is_file():
            raise NotAFileError(path)
        self.whole = _holds(path, size) or self._take()

    def empty(self) -> None:
        """Give the space to whoever writes next. Raises OSError."""
        self.whole = False
        os.truncate(self._path, 0)

    def fill(self) -> None:
        """Make it whole, if the disk has twice as much to spare."""
        if not self.whole and _free(self._path.parent) >= 2 * self._size:
            self.whole = self._take()

    def _take(self) -> bool:
        try:
            descriptor = open_file(self._path, os.O_RDWR | os.O_CREAT)
        except OSError:
            return False
        try:
            # Blocks, not a length: a file that is only as long as wanted (sparse) holds no space at all.
            os.posix_fallocate(descriptor, 0, self._size)
            os.fsync(descriptor)
        except OSError:
            os.truncate(descriptor, 0)
            return False
        finally:
            os.close(descriptor)
        return True


def release(path: Path) -> bool:
    """Give what the reserve of a store holds to its opening; whether it held anything. Raises OSError."""
    try:
        descriptor = open_file(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        held = os.fstat(descriptor).st_blocks > 0
        os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)
    return held


def _holds(path: Path, size: int) -> bool:
    """Whether the file has its blocks by now, of an earlier start."""
    return path.exists() and path.stat().st_size == size and path.stat().st_blocks * BLOCK >= size


def _free(directory: Path) -> int:
    """Bytes that the disk has left for us."""
    disk = os.statvfs(directory)
    # Not f_bfree, which counts what only root may use.
    return disk.f_bavail * disk.f_frsize
