"""A file that is on its way, and what is needed to go on with it after a power cut.

``.NAME.part`` holds what has come, ``.NAME.part.json`` what it is the beginning of: the URL (as a digest, for it
holds credentials), what the server said of the file then (length, entity tag, date), and how many bytes are safe. The
second is written after the first was synced, so what it promises is on the disk. A complete file gets its name by one
rename. What comes is synced every few MiB, by its own thread: a commit of the station would else wait for all of it, as
file systems write what lies before a sync.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import orjson
from attrs import define

from model.record import frozen
from runtime.adapters.private_files import open_file, read_file, sync_directory
from runtime.adapters.transfers.attempt import MIB, AttemptFailedError
from runtime.core.transfers import TransferOutcome

T = TypeVar("T")

SYNC_BYTES: Final = 4 * MIB
MAX_NOTE_BYTES: Final = 4096
MAX_MARK_CHARS: Final = 300

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No space, no quota, or beyond what this process may write (RLIMIT_FSIZE)."""


@frozen
class Version:
    """What a server says by which a file is known to be the same: its length, entity tag and date, as they came."""

    total_bytes: int | None = None
    tag: str | None = None
    date: str | None = None

    @property
    def mark(self) -> str | None:
        """By what a change is noticed. A weak tag (RFC 9110, 8.8.1) promises no equal bytes."""
        mark = self.tag if self.tag and not self.tag.startswith("W/") else self.date
        return mark if mark and len(mark) <= MAX_MARK_CHARS else None


@define(eq=False)
class PartialFile:
    """One such file; every method may raise AttemptFailedError.

    ``source``: a digest of where it comes from. ``version``: what is known of it; None where nothing has come.
    """

    directory: Path
    name: str
    source: str
    spare_bytes: int
    size: int = 0
    version: Version | None = None
    _descriptor: int = -1
    _synced: int = 0

    def open(self) -> None:
        """Find what an earlier attempt has left of it."""
        self._descriptor = self._or_fail(lambda: open_file(self._part, os.O_RDWR | os.O_CREAT))
        known, safe = _noted(self._note, self.source)
        if known and known.mark and 0 < safe <= os.fstat(self._descriptor).st_size:
            self.version, self.size, self._synced = known, safe, safe
        self._cut()

    def forget(self) -> None:
        """What has come is of no use."""
        self.version, self.size = None, 0

    def begin(self, version: Version) -> None:
        """It comes from its first byte on, as that version."""
        self.version, self.size, self._synced = version, 0, 0
        self._cut()
        self._check_space((version.total_bytes or 0) - self.size)
        self._or_fail(self._write_note)

    def go_on(self, offset: int) -> None:
        """The rest of it comes, from that byte on."""
        self.size = self._synced = min(self.size, offset)
        self._cut()
        total = self.version.total_bytes if self.version else None
        self._check_space((total or self.size) - self.size)

    def write(self, data: bytes) -> None:
        """What comes next of it."""
        self._or_fail(lambda: self._write(data))
        self.size += len(data)
        if self.size - self._synced >= SYNC_BYTES:
            self.sync()
            self._check_space(0)

    def sync(self) -> None:
        """What has come is safe."""
        self._or_fail(lambda: os.fdatasync(self._descriptor))
        self._synced = self.size
        self._or_fail(self._write_note)

    def finish(self) -> None:
        """It is complete: it gets its name, durably."""
        self._or_fail(self._finish)

    def close(self, keep: bool) -> None:
        """Let go of it; ``keep`` what has come, for another attempt. Never raises."""
        if self._descriptor < 0:
            return
        try:
            keep = keep and self.size > 0 and self.version is not None and self.version.mark is not None
            if keep:
                self.sync()
        except AttemptFailedError:
            keep = False
        os.close(self._descriptor)
        self._descriptor = -1
        if not keep:
            remove_partial(self.directory, self.name)

    @property
    def _part(self) -> Path:
        return _part_of(self.directory, self.name)

    @property
    def _note(self) -> Path:
        return _note_of(self.directory, self.name)

    def _cut(self) -> None:
        """What lies behind the part that is safe may be zeros, after a power cut."""
        self._or_fail(lambda: os.ftruncate(self._descriptor, self.size))
        os.lseek(self._descriptor, self.size, os.SEEK_SET)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def _write_note(self) -> None:
        """In place of the old one at once, so that there is always a whole one."""
        assert self.version is not None, "it has begun"
        version = self.version
        note = {
            "source": self.source, "total": version.total_bytes, "tag": version.tag, "date": version.date,
            "safe": self._synced,
        }  # fmt: skip
        new = self._note.with_suffix(".new")
        descriptor = open_file(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(note))
        new.replace(self._note)

    def _finish(self) -> None:
        os.fsync(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._part.replace(self.directory / self.name)
        self._note.unlink(missing_ok=True)
        sync_directory(self.directory)

    def _check_space(self, needed: int) -> None:
        found = os.fstatvfs(self._descriptor)
        free = found.f_bavail * found.f_frsize - self.spare_bytes
        if needed > free or free <= 0:
            raise AttemptFailedError(
                TransferOutcome.NO_SPACE, f"{max(needed, 1)} bytes are to come, {max(free, 0)} are free"
            )

    def _or_fail(self, do: Callable[[], T]) -> T:
        try:
            return do()
        except OSError as problem:
            raise file_failed(problem) from problem


# ---- the files of a name -----------------------------------------------------------------------------------


def _part_of(directory: Path, name: str) -> Path:
    return directory / f".{name}.part"


def _note_of(directory: Path, name: str) -> Path:
    return directory / f".{name}.part.json"


def remove_partial(directory: Path, name: str) -> None:
    """Remove what there is of an incomplete file. Never raises: what cannot be removed is found again by its name."""
    note = _note_of(directory, name)
    _remove(note, note.with_suffix(".new"), _part_of(directory, name))


def remove_file(directory: Path, name: str) -> None:
    """Remove a file, and what there is of an incomplete one of that name. Never raises."""
    remove_partial(directory, name)
    _remove(directory / name)


def _remove(*paths: Path) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _noted(note: Path, source: str) -> tuple[Version | None, int]:
    """The version and the number of safe bytes; none where the note is of another file, or cannot be read."""
    try:
        known = orjson.loads(read_file(note, MAX_NOTE_BYTES))
        if known["source"] == source:
            return Version(known["total"], known["tag"], known["date"]), int(known["safe"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None, 0


def file_failed(problem: OSError) -> AttemptFailedError:
    """What an attempt ends with when the disk did not do what was asked."""
    outcome = TransferOutcome.NO_SPACE if problem.errno in FULL else TransferOutcome.FILE_FAILED
    return AttemptFailedError(outcome, problem.strerror or type(problem).__name__)
