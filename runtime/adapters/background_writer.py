"""Writes lines where it may take for ever: a pipe without a reader, a slow disk. The caller never waits.

A thread does the writing. What waits for it is bounded in bytes; what finds no space is dropped and counted. How much
that was is said in its place, as soon as writing goes on. At the end what waits gets a bounded time; a thread
that is stuck by then goes with the process.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

MAX_WAITING_BYTES: Final = 256 * 1024
"""The most that waits; several thousand lines of a log."""

FLUSH_S: Final = 1.0
"""What waits at the end gets this long."""

Sink = Callable[[bytes], object]


class BackgroundWriter:
    """Lines to a sink, in order, from a thread of its own.

    ``sink`` writes one piece and may block; what it raises as OSError costs that piece. ``dropped`` makes the line that
    says how many were dropped.
    """

    def __init__(self, sink: Sink, dropped: Callable[[int], bytes], most_bytes: int = MAX_WAITING_BYTES) -> None:
        self._sink, self._line_of, self._most = sink, dropped, most_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = self._dropped = 0
        self._ending = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True, name="writer")
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Have it written, if there is space."""
        with self._news:
            if self._bytes + len(line) > self._most:
                self._dropped += 1
                return
            self._tell_dropped()
            self._append(line)
            self._news.notify()

    def close(self, within_s: float = FLUSH_S) -> None:
        """Let what waits be written, for a bounded time; a second time does nothing."""
        with self._news:
            self._ending = True
            self._news.notify()
        self._thread.join(within_s)

    def _append(self, line: bytes) -> None:
        self._waiting.append(line)
        self._bytes += len(line)

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._append(self._line_of(self._dropped))
            self._dropped = 0

    def _run(self) -> None:
        while (line := self._next()) is not None:
            try:
                self._sink(line)
            except OSError:  # nobody reads any more, or the disk is full: that is for the sink to tell
                continue
            finally:
                with self._news:
                    self._bytes -= len(line)

    def _next(self) -> bytes | None:
        with self._news:
            while not self._waiting:
                self._tell_dropped()
                if not self._waiting and self._ending:
                    return None
                if not self._waiting:
                    self._news.wait()
            return self._waiting.popleft()


def write_all(descriptor: int, data: bytes) -> None:
    """All of it, however long that takes, also where the descriptor does not block. Raises OSError."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            select.select((), (descriptor,), ())
