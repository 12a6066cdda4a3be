"""Where the day is divided: the boundaries of ClockAlignedDataInterval (CS-9.1.5-01, CS-3.16.2-03).

Each day begins anew at 00:00:00 UTC, so an interval that does not divide a day leaves a short last one. The date is
what the clock says at the moment; nothing is remembered, so a clock that jumps has new boundaries at once (hard
case 13).
"""

from __future__ import annotations

from datetime import datetime, timedelta

DAY = timedelta(days=1)


def last_boundary(at: datetime, interval_s: int) -> datetime:
    """The latest boundary that is not after that moment."""
    midnight = _midnight(at)
    interval = timedelta(seconds=interval_s)
    return midnight + (at - midnight) // interval * interval


def next_boundary(at: datetime, interval_s: int) -> datetime:
    """The first boundary after that moment."""
    following = last_boundary(at, interval_s) + timedelta(seconds=interval_s)
    return min(following, _midnight(at) + DAY)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
