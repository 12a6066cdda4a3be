"""The composite schedule: a window of the limits, from boundary to boundary (CS-5.7-04).

It is walked from one second at which something may change to the next, so the work grows with the boundaries in the
window and not with its length. Neighbours with the same limit are one period; periods are as long as they are
(CS-3.13.3-03, CS-3.13.3-04). All that is installed, and what the station can do, is in it (CS-5.7-02, CS-5.7-03), and
it says what is so at the moment of asking, no more (CS-5.7-06).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from model.record import frozen
from model.remedy import RemediableError
from model.smart_charging.timeline import Stretch, Timeline

MOST_BOUNDARIES: Final = 1_000
"""A window with more of them is not reported: whoever presses the stop button waits for the calculation, and the answer
would have fifty kilobytes."""


class TooManyBoundariesError(RemediableError, ValueError):
    """The window holds more boundaries than are reported."""


@frozen
class Period:
    """From ``start_s`` seconds after the window's start on: the limit in W, and the profile that sets it, if any."""

    start_s: int
    limit_w: Decimal | None
    by: Timeline | None = None


def composite(limit_at: Callable[[int], Stretch], from_s: int, seconds: int) -> tuple[Period, ...]:
    """The periods from the second ``from_s`` on; none for a window without length. Raises TooManyBoundariesError."""
    periods: list[Period] = []
    for start_s, stretch in walk(limit_at, from_s, seconds):
        # A boundary at which only the profile changes is none for the CSMS: it asked for limits.
        if not periods or periods[-1].limit_w != stretch.limit_w:
            periods.append(Period(start_s, stretch.limit_w, stretch.by))
    return tuple(periods)


def walk(limit_at: Callable[[int], Stretch], from_s: int, seconds: int) -> Iterator[tuple[int, Stretch]]:
    """Every stretch in the window, with its start after that of the window. Raises TooManyBoundariesError."""
    second, end_s = from_s, from_s + seconds
    # A stretch ends later than it is asked about, so each round gets on; how often is what a profile decides.
    for _ in range(MOST_BOUNDARIES):
        if second >= end_s:
            return
        stretch = limit_at(second)
        yield second - from_s, stretch
        second = stretch.until_s
    if second < end_s:
        raise TooManyBoundariesError(
            f"more than {MOST_BOUNDARIES} boundaries in {seconds} s; ask for a shorter schedule"
        )
