"""One profile over time: at any second the limit that it sets, if any, and until when that stays so.

A schedule is a list of steps from its start, each with its limit and until the next (CS-7.13-04, CS-7.14-01), and no
limit any more after ``duration`` (CS-7.13-01, CS-5.16.4-10, CS-5.16.4-11). What differs between the kinds is only
where the start lies (7.9):

- *Absolute* and *Recurring*: at ``startSchedule``; before it the profile says nothing (CS-7.9-01, CS-7.9-02);
- *Relative*, and *Absolute* without ``startSchedule``: where the transaction began (CS-7.9-03, CS-7.13-02).

A recurring schedule starts again every 24 hours or 7 days after ``startSchedule``, by UTC and so across daylight
saving (ERR-3.78-01, ERR-3.78-02, CS-3.13.7-01); what is longer than that is cut (CS-5.16.4-12, ERR-3.43-02,
ERR-3.44-01). ``validFrom`` and ``validTo`` cut all of it, for each purpose (CS-7.8-08, CS-7.8-09, ERR-3.65-01,
ERR-3.66-01), and ``validTo`` is the first second at which it is over. An instant between two seconds counts as the
earlier one.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from model.messages.charging import ChargingProfile, ChargingProfileKind, RecurrencyKind
from model.record import frozen
from model.smart_charging.supply import Supply, in_watts

EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
SECOND: Final = timedelta(seconds=1)
# Integers and not None, so that min and max need no case. No date and no startPeriod comes near: they fit in 64 bits.
ALWAYS: Final = -(1 << 80)
NEVER: Final = 1 << 80
"""Before and after everything that a message can say."""

RECURS_EVERY_S: Final = {RecurrencyKind.DAILY: 86_400, RecurrencyKind.WEEKLY: 604_800}
"""Fixed lengths of time (CS-7.37-01, CS-7.37-02)."""


def second_of(instant: datetime) -> int:
    """The whole second, since 1970 in UTC, in which an aware instant lies."""
    # Floor division: the earlier second before 1970 as well.
    return (instant - EPOCH) // SECOND


def instant_of(second: int) -> datetime:
    """The instant at which that second begins. Raises OverflowError beyond the year 9999."""
    return EPOCH + timedelta(seconds=second)


@frozen
class Timeline:
    """The limits of one profile in W: ``limits_w[n]`` from ``offsets_s[n]`` after ``start_s`` on, None for no limit.

    From ``from_s`` until before ``to_s``; again every ``every_s`` seconds where that is not 0.
    """

    profile_id: int
    offsets_s: tuple[int, ...]
    limits_w: tuple[Decimal | None, ...]
    start_s: int
    from_s: int
    to_s: int
    every_s: int = 0
    least_w: Decimal = Decimal(0)

    def at(self, second: int) -> Stretch:
        """What the profile says at that second."""
        if second < self.from_s:
            # validTo may lie before the start (nothing forbids it): then the profile never says anything.
            return Stretch(None, self.from_s if self.from_s < self.to_s else NEVER)
        if second >= self.to_s:
            return Stretch(None, NEVER)
        since_start = second - self.start_s
        # Days of 86,400 s each, from the time of day of startSchedule and not from midnight (ERR-3.78-01).
        offset = since_start % self.every_s if self.every_s else since_start
        # The step that has begun last. There is one: the first begins at 0 (ERR-3.45-01), and ``offset`` is not below
        # it.
        following = bisect_right(self.offsets_s, offset)
        end = self._end_of(following - 1)
        # NEVER stays what it is, and equal to itself, where a second is added to any other end.
        until = NEVER if end >= NEVER else second - offset + end
        limit_w = self.limits_w[following - 1]
        return Stretch(limit_w, min(until, self.to_s), None if limit_w is None else self)

    def _end_of(self, step: int) -> int:
        # The last step lasts to the next recurrence, or for ever (CS-7.13-01).
        if step + 1 < len(self.offsets_s):
            return self.offsets_s[step + 1]
        return self.every_s or NEVER


class Stretch(NamedTuple):
    """A limit in W (None: none), the first second at which it may be another one, and the profile that sets it."""

    limit_w: Decimal | None
    until_s: int
    by: Timeline | None = None


def timeline_of(profile: ChargingProfile, began_s: int, supply: Supply | None = None) -> Timeline:
    """The profile over time; ``began_s``: the second at which the transaction began, for what counts from there."""
    schedule = profile.charging_schedule
    start_s, every_s = _start(profile, began_s), _every_s(profile)
    steps = _steps(profile, every_s, supply)
    unit, least = schedule.charging_rate_unit, schedule.min_charging_rate or Decimal(0)
    return Timeline(
        profile_id=profile.charging_profile_id,
        offsets_s=tuple(offset for offset, _ in steps),
        limits_w=tuple(limit for _, limit in steps),
        start_s=start_s,
        from_s=max(start_s, ALWAYS if profile.valid_from is None else second_of(profile.valid_from)),
        to_s=NEVER if profile.valid_to is None else second_of(profile.valid_to),
        every_s=every_s,
        least_w=in_watts(least, unit, None, supply),
    )


def starts_by_date(profile: ChargingProfile) -> bool:
    """Whether the schedule has a date to start at, and needs no transaction to count from."""
    relative = profile.charging_profile_kind is ChargingProfileKind.RELATIVE
    return not relative and profile.charging_schedule.start_schedule is not None


def _start(profile: ChargingProfile, began_s: int) -> int:
    date = profile.charging_schedule.start_schedule
    return second_of(date) if date is not None and starts_by_date(profile) else began_s


def _every_s(profile: ChargingProfile) -> int:
    if profile.charging_profile_kind is not ChargingProfileKind.RECURRING or profile.recurrency_kind is None:
        return 0
    return RECURS_EVERY_S[profile.recurrency_kind]


def _steps(profile: ChargingProfile, every_s: int, supply: Supply | None) -> list[tuple[int, Decimal | None]]:
    """The periods that begin before the schedule's end, and the end where there is one."""
    schedule = profile.charging_schedule
    # What lies beyond the duration or the recurrence is not executed (CS-5.16.4-10, CS-5.16.4-12).
    end_s = min(NEVER if schedule.duration is None else schedule.duration, every_s or NEVER)
    steps: list[tuple[int, Decimal | None]] = [
        (period.start_period, in_watts(period.limit, schedule.charging_rate_unit, period.number_phases, supply))
        for period in schedule.charging_schedule_period
        if period.start_period < end_s
    ]
    # Ended before it recurs, the profile sets no limit until it does (CS-5.16.4-14, ERR-3.43-01).
    return steps if end_s == (every_s or NEVER) else [*steps, (end_s, None)]
