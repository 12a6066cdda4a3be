"""Pings of a websocket: one that stays without its pong ends the link (RFC 6455, 5.5.2; JERR-3.9-01)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

MAX_PONG_WAIT_S: Final = 30.0
"""A pong has until the next ping is due, and never longer than this."""


class Pings:
    """Pings at an interval, and ends the link when one stays without its pong (JERR-3.9-01)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        send: Callable[[bytes], None],
        emit: Callable[[], None],
        give_up: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._send = send
        self._emit = emit
        self._give_up = give_up
        self._unproved = self._asked = False
        """Whether a frame has left since the last ping, and between that and the last pong that was emitted."""
        self._interval_s = 0
        self._count = 0
        self._next: asyncio.TimerHandle | None = None
        self._overdue: asyncio.TimerHandle | None = None

    def restart(self, seconds: int) -> None:
        """Forget a ping under way; the next one is one interval from now."""
        self.stop()
        self._interval_s = seconds
        if seconds > 0:
            self._next = self._loop.call_later(seconds, self._ping)

    def stop(self) -> None:
        """No more pings, and nothing overdue."""
        for timer in (self._next, self._overdue):
            if timer is not None:
                timer.cancel()
        self._next = self._overdue = None

    def sent(self) -> None:
        """A frame has left: the next ping asks about it."""
        self._unproved = True

    def answered(self, payload: bytes) -> None:
        """A pong came; only the one to the latest ping counts. It is emitted if a frame was sent before it."""
        if self._overdue is not None and payload == self._payload():
            self._overdue.cancel()
            self._overdue = None
            if self._asked and not self._unproved:
                self._asked = False
                self._emit()

    def _payload(self) -> bytes:
        return self._count.to_bytes(4)

    def _ping(self) -> None:
        if self._overdue is not None:
            self._missed()
            return
        self._count += 1
        self._asked, self._unproved = self._asked or self._unproved, False
        self._overdue = self._loop.call_later(min(self._interval_s, MAX_PONG_WAIT_S), self._missed)
        self._next = self._loop.call_later(self._interval_s, self._ping)
        self._send(self._payload())

    def _missed(self) -> None:
        self._give_up(f"no pong within {min(self._interval_s, MAX_PONG_WAIT_S):g} s of a ping")
