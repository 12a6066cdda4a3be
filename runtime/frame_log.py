"""``--log-frames``: every frame as one JSON line, in a file that cannot fill the disk.

``{"at", "dir", "text"}``: the moment in UTC, ``in`` or ``out``, and the frame as it passed. When the file has reached
``MAX_BYTES`` it becomes FILE.1, in place of an older one, and a new file begins; so there are never more than two. A
line is written in one call and not kept back, so that a kill loses none. A disk that refuses ends the log, not the
station: money hangs on the one and not on the other.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from model.record import frozen
from runtime.inputs import FrameReceived, Input, Moment
from runtime.ports import SendFrame, Step
from runtime.trouble import USAGE, Trouble

MAX_BYTES: Final = 16 * 1024 * 1024

_log = logging.getLogger("provenpoint.frames")


@frozen
class Frame:
    """One frame that passed: when, ``in`` or ``out``, and its text."""

    at: datetime
    dir: str
    text: str


def frames_of(given: Input, now: Moment, step: Step) -> Iterator[Frame]:
    """The frames of one step, in the order in which they passed."""
    if isinstance(given, FrameReceived):
        yield Frame(now.utc, "in", given.text)
    for effect in step.effects:
        if isinstance(effect, SendFrame):
            yield Frame(now.utc, "out", effect.text)


class FrameLog:
    """A watcher of the host that writes frames to a file."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Raises ``Trouble`` where the file cannot be opened."""
        self._path, self._max_bytes = path, max_bytes
        try:
            self._file = self._open()
        except OSError as error:
            remedy = "give --log-frames a file that this user can write"
            raise Trouble(f"{path}: {error.strerror}", remedy, USAGE) from error

    def __call__(self, given: Input, now: Moment, step: Step) -> None:
        """Write the frames of one step."""
        if self._file < 0:
            return
        try:
            for frame in frames_of(given, now, step):
                self._write(orjson.dumps(frame_line(frame), option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            _log.error("%s: %s; frames are not logged any more", self._path, error.strerror)
            self.close()

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def _write(self, line: bytes) -> None:
        if os.fstat(self._file).st_size + len(line) > self._max_bytes:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self.close()
            self._file = self._open()
        os.write(self._file, line)


def frame_line(frame: Frame) -> dict[str, str]:
    """The frame as JSON says it."""
    return {"at": moment_text(frame.at), "dir": frame.dir, "text": frame.text}


def moment_text(at: datetime) -> str:
    """A moment as everything of ours writes it: UTC, milliseconds, Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
