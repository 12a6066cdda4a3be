"""Where the control interface is, in a file of the data directory: a port that was found by chance can be looked up.

The file has one line, ``HOST:PORT``. The next start with port 0 takes the same port, if it is free; so a reset, in
which the process becomes the same command again, leaves the interface where it was. An orderly end removes the file.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Final

from runtime.assembly import Address

PLACE: Final = "control"
MAX_LINE: Final = 300
MAX_PORT: Final = 65535

_log = logging.getLogger("provenpoint.control")


def remember_place(directory: Path, place: Address) -> None:
    """Write it, for this user alone; a disk that refuses costs the file and nothing else."""
    new = directory / f"{PLACE}.new"
    try:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{place}\n".encode())
        finally:
            os.close(descriptor)
        new.replace(directory / PLACE)
    except OSError as problem:
        _log.warning("%s: %s; where the control interface is, only the log says", directory / PLACE, problem.strerror)


def remembered_port(directory: Path) -> int | None:
    """The port of the last run; None where it is not known."""
    try:
        descriptor = os.open(directory / PLACE, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            line = os.read(descriptor, MAX_LINE).decode("utf-8", "replace")
        finally:
            os.close(descriptor)
    except OSError:
        return None
    port = line.strip().rpartition(":")[2]
    return int(port) if port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= MAX_PORT else None


def forget_place(directory: Path) -> None:
    """Nobody is there any more."""
    with contextlib.suppress(OSError):
        (directory / PLACE).unlink()
