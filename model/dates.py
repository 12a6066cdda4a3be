"""Dates that come from outside, and arithmetic on them that always has a result.

A calendar ends at the years 1 and 9999. What a CSMS says may lie there ("never" is written 9999-12-31 in the field),
and a second more would be an error in the middle of a step; so a date that would lie beyond is the last one there is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
"""Nobody is believed that today lies outside of these, whoever says it."""

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)
"""What there are dates for."""


def can_be_now(date: datetime) -> bool:
    """Whether it can be today's date."""
    return EARLIEST <= date <= LATEST


def moved(date: datetime, seconds: float) -> datetime:
    """The date so many seconds later (earlier where negative), or the last there is on that side."""
    # Not a comparison first: on a float of any size timedelta itself is what overflows, before the sum does.
    try:
        return date + timedelta(seconds=seconds)
    except OverflowError:
        return LAST if seconds > 0 else FIRST
