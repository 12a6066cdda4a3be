"""The files of a data directory: plain files that only the station's user can read.

What lies there are tokens, keys and frames, so a file is 0600 and a directory of ours 0700. And whatever a file's name
leads to, opening it never waits: a pipe in its place would block the start of the station.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700


class NotAFileError(OSError):
    """Something else than a file lies where a file is wanted."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "this is a directory, a pipe or a device, where a file is wanted", str(path))


def open_file(path: Path, flags: int) -> int:
    """The descriptor of a plain file, made with mode 0600 where ``flags`` make one. Raises OSError, and never waits."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, FILE_MODE)
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.ENXIO):
            raise NotAFileError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError(path)
    return descriptor


def read_file(path: Path, at_most: int) -> bytes:
    """What a plain file holds, up to so many bytes. Raises OSError, and never waits."""
    with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read(at_most)


def move_unusual(path: Path) -> Path | None:
    """Give what lies there and is no plain file another name; None where nothing had to be moved. Raises OSError."""
    if not os.path.lexists(path) or stat.S_ISREG(path.lstat().st_mode):
        return None
    names = (path.with_name(f"{path.name}.moved-{number}") for number in itertools.count(1))
    place = next(name for name in names if not os.path.lexists(name))
    try:
        return path.rename(place)
    except OSError as error:
        raise NotAFileError(path) from error


def make_private(directory: Path, patterns: Iterable[str]) -> None:
    """Take the files of these names out of the sight of other users, as older versions left them. Raises OSError."""
    for path in (path for pattern in patterns for path in directory.glob(pattern)):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != FILE_MODE:
            path.chmod(FILE_MODE)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: without it a power cut may take a whole file away. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
