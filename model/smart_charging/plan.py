"""Profiles together with the window that is looked at: what a picture or a table of a schedule is made of.

A plan knows who sets the limit at each moment, and what every profile says by itself, so that the rules of stacking
can be checked by looking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from model.messages.charging import ChargingProfile
from model.record import frozen
from model.smart_charging.composite import Period, walk
from model.smart_charging.limits import Installed, Limits, Site
from model.smart_charging.timeline import Stretch, timeline_of


@frozen
class Plan:
    """``connector`` 0 is the station as a whole; ``began_s``: when the transactions began, or would begin."""

    site: Site
    installed: tuple[Installed, ...]
    connector: int
    from_s: int
    seconds: int
    began_s: int

    def periods(self) -> tuple[Period, ...]:
        """The composite, anew also where another profile sets the same limit. Raises TooManyBoundariesError."""
        periods: list[Period] = []
        for start_s, stretch in walk(self._limit_at(), self.from_s, self.seconds):
            if not periods or (periods[-1].limit_w, periods[-1].by) != (stretch.limit_w, stretch.by):
                periods.append(Period(start_s, stretch.limit_w, stretch.by))
        return tuple(periods)

    def ends(self, periods: tuple[Period, ...]) -> Iterator[tuple[Period, int]]:
        """Each period with its end, in seconds after the window's start."""
        starts = [period.start_s for period in periods]
        yield from zip(periods, [*starts[1:], self.seconds], strict=True)

    def alone(self, profile: ChargingProfile) -> tuple[Period, ...]:
        """What one profile says by itself in the window."""
        timeline = timeline_of(profile, self.began_s, self.site.supply)
        stretches = walk(timeline.at, self.from_s, self.seconds)
        return tuple(Period(start_s, stretch.limit_w, stretch.by) for start_s, stretch in stretches)

    def _limit_at(self) -> Callable[[int], Stretch]:
        limits = Limits(self.site, self.installed, dict.fromkeys(self.site.connectors, self.began_s))
        return partial(limits.of_connector, self.connector) if self.connector else limits.of_all
