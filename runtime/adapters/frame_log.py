"""``--log-frames``: every frame as one JSON line, in a file that cannot fill the disk.

``{"at", "dir", "connection", "text"}``: the moment in UTC, ``in`` or ``out``, the number of the connection since the
start, and the frame as it passed. When the file has reached ``MAX_BYTES`` it becomes FILE.1, in place of an older one,
and a new file begins; so there are never more than two. A thread writes (``runtime/adapters/background_writer.py``), a
line in one call; a disk that is slow costs lines, which are counted, and one that refuses ends the log, not the
station: money hangs on the one and not on the other. A kill loses what was said in the last moments.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import Final

import orjson

from runtime.adapters.background_writer import BackgroundWriter, write_all
from runtime.adapters.frame_tap import Seen, frame_line
from runtime.commands.command_error import USAGE, CommandError

MAX_BYTES: Final = 16 * 1024 * 1024

MAX_WAITING_BYTES: Final = 4 * 1024 * 1024
"""What the disk has still to take; beyond it frames are dropped."""

_log = logging.getLogger("provenpoint.frames")


class FrameLog:
    """Writes the frames of each step to a file; satisfies a reader of ``runtime.adapters.frame_tap``."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Raises ``CommandError`` where the file cannot be opened, and for a FIFO without a reader."""
        self._path, self._max_bytes = path, max_bytes
        try:
            self._file = self._open()
        except OSError as error:
            unread = error.errno == errno.ENXIO
            problem = "a FIFO without a reader" if unread else error.strerror
            remedy = "open it for reading first" if unread else "give --log-frames a file that this user can write"
            raise CommandError(f"{path}: {problem}", remedy, USAGE) from error
        self._writer = BackgroundWriter(self._write, _dropped, MAX_WAITING_BYTES)

    def __call__(self, seen: Seen) -> None:
        """Have the frames of one step written."""
        for frame in seen.frames:
            line = frame_line(frame, seen.at)
            self._writer.put(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Let what waits be written, for a bounded time."""
        self._writer.close()

    def _open(self) -> int:
        """Without waiting for a reader, which a FIFO would; once it is open, its thread may wait."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(self._path, flags, 0o600)

    def _write(self, line: bytes) -> None:
        """In the writer's thread."""
        if self._file < 0:
            return
        try:
            if os.fstat(self._file).st_size + len(line) > self._max_bytes:
                self._turn_over()
            write_all(self._file, line)
        except OSError as error:
            _log.error("%s: %s; frames are not logged any more", self._path, error.strerror)
            os.close(self._file)
            self._file = -1

    def _turn_over(self) -> None:
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        new = self._open()
        os.close(self._file)
        self._file = new


def _dropped(count: int) -> bytes:
    return orjson.dumps({"dropped": count}, option=orjson.OPT_APPEND_NEWLINE)
