"""What can be wrong with a store: one clear error each, which names the place and the remedy."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from model.remedy import RemediableError
from runtime.adapters.private_files import NotAFileError


class StoreError(RemediableError):
    """A store cannot be opened or written; says which, why, and what to do."""

    def __init__(self, place: Path, what: str, remedy: str) -> None:
        super().__init__(f"{place}: {what}; {remedy}")
        self.place, self.what = place, what


class StoreFailedError(StoreError):
    """The system refused: no space, no permission, an I/O error. What was committed before is intact."""


class StoreDamagedError(StoreError):
    """The file is not a sound database of ours."""


class StoreInUseError(StoreError):
    """Another process has this data directory."""


class StoreTooNewError(StoreError):
    """A later version of Provenpoint wrote this file."""


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into one error that names the place and the remedy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _primary(error) == sqlite3.SQLITE_ERROR:  # it cannot make sense of the file: nothing that the system refuses
            raise damaged(path, str(error)) from error
        raise StoreFailedError(path, str(error), _REMEDIES.get(_primary(error), _CHECK_DISK)) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    except OSError as error:
        raise refused(path, error) from error


def wants_space(error: BaseException | None) -> bool:
    """Whether a write was refused; that it was for want of space is known when it succeeds with more."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _FOR_WANT_OF_ROOM


_FOR_WANT_OF_ROOM: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


_CHECK_DISK: Final = "check the disk and its permissions, then start again; what was committed before is intact"

_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "make space on the disk, then start again; what was committed before is intact",
    sqlite3.SQLITE_READONLY: "make the file and its directory writable, then start again",
    sqlite3.SQLITE_CANTOPEN: "make the directory readable and writable, then start again",
}


def damaged(path: Path, what: str) -> StoreDamagedError:
    """The error for a store that cannot be trusted."""
    return StoreDamagedError(
        path, f"damaged: {what}", "start again: it is then quarantined, and what can be read of it is saved"
    )


def refused(place: Path, error: OSError) -> StoreFailedError:
    """The error for what the system says no to."""
    if isinstance(error, NotAFileError):
        return StoreFailedError(Path(error.filename), str(error.strerror), "move it away, then start again")
    return StoreFailedError(
        place, error.strerror or str(error), "choose a directory that this user can write, with space on its disk"
    )
