"""The system's two clocks, behind the port that the host reads them through.

Nothing else in Provenpoint reads a clock: durations come from the one that never jumps, timestamps from the one
that shows the date. They are never mixed, so a CSMS that sets the date in mid-session moves no timer.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The clocks of the machine that this runs on; satisfies ``runtime.core.ports.Clock``."""

    def monotonic_s(self) -> float:
        """Seconds since some fixed point; the same clock that asyncio's timers keep to."""
        return time.monotonic()

    def utc(self) -> datetime:
        """The date and time of the system, aware, in UTC."""
        return datetime.now(UTC)


class ForgetfulClock:
    """The clocks of a simulated box without a battery: the date begins in 1970 at each power up."""

    def __init__(self) -> None:
        self._power_up_s = time.monotonic()

    def monotonic_s(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    def utc(self) -> datetime:
        """What such a box takes for the date."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time.monotonic() - self._power_up_s)
