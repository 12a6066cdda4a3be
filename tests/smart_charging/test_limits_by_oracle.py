"""Random profiles against an oracle that judges every second by itself; said otherwise, their limits stay the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    RecurrencyKind,
)
from model.smart_charging.composite import Period, composite
from model.smart_charging.limits import Installed, Limits, with_installed
from model.smart_charging.timeline import Stretch
from tests.covering import covers
from tests.searching import searching
from tests.smart_charging import oracle
from tests.smart_charging.stacks import CEILING_W, DAY_S, NOW_S, SITE, WINDOW_S, at, changed

# ---- random profiles --------------------------------------------------------------------------------------------

NEAR = st.integers(-150, WINDOW_S + 50)
"""Seconds around the window: most that happens, happens in it."""
LIMITS = st.integers(0, 700_000).map(lambda tenths: Decimal(tenths) / 10)


def near_dates(days_back: int = 0) -> st.SearchStrategy[datetime]:
    """Dates around the window, or whole days before it; with a fraction of a second, sometimes."""
    fractions = st.sampled_from((0, 0, 0, 250, 999)).map(lambda ms: timedelta(milliseconds=ms))
    days = st.integers(0, days_back).map(lambda count: timedelta(days=count))
    return st.builds(lambda near, ms, back: at(NOW_S + near) + ms - back, NEAR, fractions, days)


@st.composite
def schedules(draw: st.DrawFn, *, recurring: bool) -> ChargingSchedule:
    starts = draw(st.lists(st.integers(1, 300), max_size=4, unique=True).map(sorted))
    if recurring:
        starts += draw(st.sampled_from(([], [DAY_S - 60], [7 * DAY_S - 60], [8 * DAY_S])))
    dates = near_dates(days_back=15) if recurring else st.none() | near_dates()
    durations = st.sampled_from((0, 1, 60, 200, DAY_S - 30, DAY_S, 7 * DAY_S - 30, 9 * DAY_S))
    return ChargingSchedule(
        charging_rate_unit=ChargingRateUnit.W,
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(start_period=start, limit=draw(LIMITS)) for start in (0, *starts)
        ),
        duration=draw(st.none() | durations | st.integers(0, 300)),
        start_schedule=draw(dates),
    )


@st.composite
def profiles(draw: st.DrawFn, purpose: str) -> ChargingProfile:
    kind = draw(st.sampled_from(ChargingProfileKind))
    recurring = kind is ChargingProfileKind.RECURRING
    return ChargingProfile(
        charging_profile_id=draw(st.integers(1, 10_000)),
        stack_level=draw(st.integers(0, 3)),
        charging_profile_purpose=ChargingProfilePurpose(purpose),
        charging_profile_kind=kind,
        charging_schedule=draw(schedules(recurring=recurring)),
        recurrency_kind=draw(st.sampled_from(RecurrencyKind)) if recurring else None,
        valid_from=draw(st.none() | near_dates()),
        valid_to=draw(st.none() | near_dates()),
    )


PLACES = st.sampled_from(
    ((0, "ChargePointMaxProfile"), (0, "TxDefaultProfile"), (1, "TxDefaultProfile"), (2, "TxDefaultProfile"),
     (1, "TxProfile"), (2, "TxProfile"))
)  # fmt: skip


@st.composite
def installations(draw: st.DrawFn) -> tuple[Installed, ...]:
    """Up to ten profiles, installed one after the other."""
    installed: tuple[Installed, ...] = ()
    for connector, purpose in draw(st.lists(PLACES, max_size=10)):
        installed = with_installed(installed, Installed(connector, draw(profiles(purpose))))
    return installed


BEGAN = st.builds(lambda one, two: {1: NOW_S + one, 2: NOW_S + two}, st.integers(-200, 0), st.integers(-200, 0))


def expanded(periods: tuple[Period, ...], seconds: int) -> list[Decimal | None]:
    """A composite schedule, second by second."""
    values: list[Decimal | None] = []
    for nth, period in enumerate(periods):
        end = periods[nth + 1].start_s if nth + 1 < len(periods) else seconds
        values += [period.limit_w] * (end - period.start_s)
    return values


@pytest.mark.exhaustive
@covers(
    "CS-3.13.2-02", "CS-3.13.3-02", "CS-3.13.3-05", "CS-3.13.1-09", "CS-3.13.1-10", "CS-5.7-04", "CS-5.16.4-10",
    "CS-7.8-04",
    "CS-5.16.4-11", "CS-5.16.4-12", "CS-5.16.4-14", "CS-5.16.4-15", "CS-5.16.4-16", "ERR-3.43-01", "ERR-3.43-02",
    "ERR-3.44-01", "ERR-3.28-01", "ERR-3.29-01", "CS-3.13.3-01", "CS-3.13.3-03", "CS-3.13.3-04",
)  # fmt: skip
@searching(150)
@given(installations(), BEGAN)
def test_every_second_is_what_the_oracle_says(installed: tuple[Installed, ...], began: dict[int, int]) -> None:
    held = Limits(SITE, installed, began)
    seconds = range(NOW_S, NOW_S + WINDOW_S)
    for connector in SITE.connectors:
        found = expanded(composite(partial(held.of_connector, connector), NOW_S, WINDOW_S), WINDOW_S)
        said = [oracle.limit_of_connector(installed, connector, began[connector], CEILING_W, s) for s in seconds]
        assert found == said
    found = expanded(composite(held.of_all, NOW_S, WINDOW_S), WINDOW_S)
    assert found == [oracle.limit_of_all(installed, began, CEILING_W, s) for s in seconds]


@covers("CS-3.13.3-05", "CS-3.13.3-02", "ERR-3.1-01")
@searching(150)
@given(installations(), BEGAN, st.integers(0, WINDOW_S))
@pytest.mark.exhaustive
def test_no_limit_is_above_one_that_applies(
    installed: tuple[Installed, ...], began: dict[int, int], after: int
) -> None:
    held, second = Limits(SITE, installed, began), NOW_S + after
    station = held.of_station(second).limit_w
    assert station is not None
    assert station <= CEILING_W
    for connector in SITE.connectors:
        own, whole = held.of_transaction(connector, second).limit_w, held.of_connector(connector, second).limit_w
        assert whole is not None
        assert whole <= station
        assert own is None or whole <= own
    total = held.of_all(second).limit_w
    assert total is not None
    assert total <= station


# ---- the same set of profiles, said in another way ----------------------------------------------------------------


def everything(installed: tuple[Installed, ...], began: dict[int, int], from_s: int = NOW_S) -> list[object]:
    """The composite of every connector, and of all."""
    held = Limits(SITE, installed, began)
    each: list[Callable[[int], Stretch]] = [
        held.of_all,
        *(partial(held.of_connector, connector) for connector in SITE.connectors),
    ]
    return [[(one.start_s, one.limit_w) for one in composite(limit, from_s, WINDOW_S)] for limit in each]


@searching(150)
@given(installations(), BEGAN, st.data())
@pytest.mark.exhaustive
def test_the_order_of_installation_does_not_matter(
    installed: tuple[Installed, ...], began: dict[int, int], data: st.DataObject
) -> None:
    shuffled = tuple(data.draw(st.permutations(installed)))
    assert everything(shuffled, began) == everything(installed, began)


@searching(150)
@given(installations(), BEGAN, st.integers(-(10**8), 10**8))
@pytest.mark.exhaustive
def test_what_is_shifted_as_a_whole_stays_what_it_is(
    installed: tuple[Installed, ...], began: dict[int, int], by_s: int
) -> None:
    moved = tuple(changed(one, profile=_shifted(one.profile, timedelta(seconds=by_s))) for one in installed)
    then = {connector: second + by_s for connector, second in began.items()}
    assert everything(moved, then, NOW_S + by_s) == everything(installed, began)


def _shifted(one: ChargingProfile, by: timedelta) -> ChargingProfile:
    schedule = one.charging_schedule
    start = schedule.start_schedule
    return changed(
        one,
        charging_schedule=changed(schedule, start_schedule=start and start + by),
        valid_from=one.valid_from and one.valid_from + by,
        valid_to=one.valid_to and one.valid_to + by,
    )


@searching(150)
@given(installations(), BEGAN, st.integers(1, 400))
@pytest.mark.exhaustive
def test_a_period_that_is_split_in_two_changes_nothing(
    installed: tuple[Installed, ...], began: dict[int, int], at_s: int
) -> None:
    split = tuple(changed(one, profile=_split(one.profile, at_s)) for one in installed)
    assert everything(split, began) == everything(installed, began)


def _split(one: ChargingProfile, at_s: int) -> ChargingProfile:
    periods = one.charging_schedule.charging_schedule_period
    if at_s in [period.start_period for period in periods]:
        return one
    before = [period for period in periods if period.start_period < at_s]
    whole = (*before, changed(before[-1], start_period=at_s), *periods[len(before) :])
    return changed(one, charging_schedule=changed(one.charging_schedule, charging_schedule_period=whole))


@searching(150)
@given(installations(), BEGAN, st.integers(1, WINDOW_S - 1))
@pytest.mark.exhaustive
def test_two_windows_side_by_side_are_the_window_over_both(
    installed: tuple[Installed, ...], began: dict[int, int], cut: int
) -> None:
    held = Limits(SITE, installed, began)
    both = expanded(composite(held.of_all, NOW_S, WINDOW_S), WINDOW_S)
    left = expanded(composite(held.of_all, NOW_S, cut), cut)
    right = expanded(composite(held.of_all, NOW_S + cut, WINDOW_S - cut), WINDOW_S - cut)
    assert both == left + right
