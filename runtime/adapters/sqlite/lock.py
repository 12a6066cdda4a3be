"""The lock of a data directory: one directory, one process, until its descriptor is closed, however that comes."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

from runtime.adapters.private_files import DIRECTORY_MODE, open_file
from runtime.adapters.sqlite.errors import StoreInUseError, refused

LOCK: Final = "lock"


def take_lock(directory: Path) -> int:
    """Lock the directory for this process until the descriptor is closed; a killed process leaves no lock behind."""
    place = directory / LOCK
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = open_file(place, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise refused(place, error) from error
    try:
        # On the open file, not on its name or a process id in it: the kernel lets go of it with the process, so that
        # after a kill or a power cut there is no stale lock to judge.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreInUseError(
            place,
            f"this data directory is in use by process {holder}",
            "stop that one, or give this one a directory of its own with --data",
        ) from error
    _sign(descriptor)
    return descriptor


def _sign(descriptor: int) -> None:
    """Write our process id into the lock, for the next one's error message; the lock holds without it."""
    with contextlib.suppress(OSError):
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
