"""Virtual time: a clock that stands still until the world moves it, and the calls that wait for it.

Nothing here sleeps. ``run`` takes the waiting calls in order of their time, and of their asking where times are equal,
so that a run is the same each time it is made.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from attrs import define, field

EPOCH = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
"""The date at which every simulated world begins."""

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)
"""What a box without a battery takes for the date when power comes."""


@define(eq=False)
class Call:
    """A call that waits; cancelled, it never comes."""

    at_s: float
    callback: Callable[[], None]
    wanted: bool = True

    def cancel(self) -> None:
        """It is not wanted any more."""
        self.wanted = False


@define(eq=False)
class VirtualClock:
    """Satisfies ``runtime.core.ports.Clock``."""

    now_s: float = 0.0
    skew_s: float = 0.0
    """How wrong the hardware clock is; the date of the CSMS corrects it."""
    _line: list[tuple[float, int, Call]] = field(factory=list)
    _numbers: count[int] = field(factory=count)

    def monotonic_s(self) -> float:
        """Seconds since the world began."""
        return self.now_s

    def utc(self) -> datetime:
        """The date as the box has it."""
        return self.true_utc() + timedelta(seconds=self.skew_s)

    def true_utc(self) -> datetime:
        """The date as everybody else has it."""
        return EPOCH + timedelta(seconds=self.now_s)

    def forget_date(self) -> None:
        """The box begins with 1970 again."""
        self.skew_s = (NEVER_SET - self.true_utc()).total_seconds()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Call:
        """Call back after so many seconds."""
        call = Call(self.now_s + max(0.0, delay), callback)
        heapq.heappush(self._line, (call.at_s, next(self._numbers), call))
        return call

    def next_s(self) -> float | None:
        """When the next call is due; None where nothing waits."""
        while self._line and not self._line[0][2].wanted:
            heapq.heappop(self._line)
        return self._line[0][0] if self._line else None

    def run_next(self) -> None:
        """Move to the next call, and make it."""
        at_s, _, call = heapq.heappop(self._line)
        self.now_s = max(self.now_s, at_s)
        if call.wanted:
            call.callback()
