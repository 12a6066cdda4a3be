"""The calculation of limits, against an oracle that judges every second by itself, and on the days that are odd."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.catalogue import load_catalogue
from model.messages.charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    RecurrencyKind,
)
from model.messages.codec import structure
from model.smart_charging.cases import Case, load_cases
from model.smart_charging.composite import MOST_BOUNDARIES, Period, TooManyBoundaries, composite
from model.smart_charging.limits import Installed, Limits, Site, over, with_installed
from model.smart_charging.timeline import Stretch, second_of
from tests import smart_charging_oracle as oracle
from tests.covering import covers
from tests.searching import searching

CEILING_W = Decimal(60_000)
SITE = Site((1, 2), CEILING_W)
DAY_S = 86_400
NOW_S = 1_772_366_400  # 2026-03-01T12:00:00Z
WINDOW_S = 240
T = TypeVar("T")


def changed(one: T, **changes: Any) -> T:
    """The same with other values."""
    return cast("T", attrs.evolve(cast("Any", one), **changes))


def at(second: int) -> datetime:
    """That second, as a date."""
    return oracle.moment(second)


def profile(number: int = 1, *periods: tuple[int, int], **said: Any) -> ChargingProfile:
    """A TxDefaultProfile of one or more ``(startPeriod, limit)``, with what else is said of it, by wire names."""
    schedule: dict[str, Any] = {name: said.pop(name) for name in ("duration", "startSchedule") if name in said}
    listed = [{"startPeriod": start, "limit": limit} for start, limit in periods or ((0, 11_000),)]
    body = {
        "chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute" if "startSchedule" in schedule else "Relative", **said,
        "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": listed, **schedule},
    }  # fmt: skip
    return structure(ChargingProfile, body)


def daily(number: int = 1, *periods: tuple[int, int], **said: Any) -> ChargingProfile:
    """A recurring profile, daily unless said otherwise."""
    recurring: dict[str, Any] = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    return profile(number, *periods, **(recurring | said))


def limits(*installed: Installed, began_s: int = NOW_S) -> Limits:
    """The limits of the two-connector site; transactions began, or would begin, at that second."""
    return Limits(SITE, installed, {1: began_s, 2: began_s})


def periods_of(*profiles: ChargingProfile, start: str, seconds: int) -> list[tuple[int, object]]:
    """The composite of connector 1, with these profiles set at it."""
    from_s = second_of(datetime.fromisoformat(start))
    held = limits(*(Installed(1, one) for one in profiles), began_s=from_s)
    return [(one.start_s, one.limit_w) for one in composite(lambda s: held.of_connector(1, s), from_s, seconds)]


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
def test_the_order_of_installation_does_not_matter(
    installed: tuple[Installed, ...], began: dict[int, int], data: st.DataObject
) -> None:
    shuffled = tuple(data.draw(st.permutations(installed)))
    assert everything(shuffled, began) == everything(installed, began)


@searching(150)
@given(installations(), BEGAN, st.integers(-(10**8), 10**8))
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
def test_two_windows_side_by_side_are_the_window_over_both(
    installed: tuple[Installed, ...], began: dict[int, int], cut: int
) -> None:
    held = Limits(SITE, installed, began)
    both = expanded(composite(held.of_all, NOW_S, WINDOW_S), WINDOW_S)
    left = expanded(composite(held.of_all, NOW_S, cut), cut)
    right = expanded(composite(held.of_all, NOW_S + cut, WINDOW_S - cut), WINDOW_S - cut)
    assert both == left + right


# ---- odd days -----------------------------------------------------------------------------------------------------


@covers("CS-7.37-01", "ERR-3.78-01", "CS-3.13.7-04", "CS-3.13.7-01", "CS-7.9-02")
@pytest.mark.parametrize("start", ["2026-03-29T00:00:00+00:00", "2026-10-25T00:00:00+00:00"])
def test_daylight_saving_moves_no_boundary(start: str) -> None:
    """On the days when Europe sets its clocks, six in the morning UTC is six in the morning UTC."""
    night = daily(1, (0, 11_000), (21_600, 6_000), startSchedule="2013-01-01T00:00Z", duration=DAY_S)
    assert periods_of(night, start=start, seconds=DAY_S) == [(0, 11_000), (21_600, 6_000)]


@covers("CS-7.37-01", "CS-3.13.7-01")
def test_a_leap_day_is_a_day_and_so_is_the_last_of_the_year() -> None:
    night = daily(1, (0, 11_000), (21_600, 6_000), startSchedule="2024-02-28T00:00Z")
    leap = periods_of(night, start="2024-02-29T00:00:00+00:00", seconds=2 * DAY_S)
    assert leap == [(0, 11_000), (21_600, 6_000), (DAY_S, 11_000), (DAY_S + 21_600, 6_000)]
    year = periods_of(night, start="2024-12-31T23:00:00+00:00", seconds=8 * 3600)
    assert year == [(0, 6_000), (3_600, 11_000), (3_600 + 21_600, 6_000)]


@covers("CS-7.37-02", "ERR-3.78-02", "CS-5.16.4-12")
def test_a_week_begins_on_the_weekday_that_was_said() -> None:
    """From Wednesday 18:00 on; what lies behind seven days is never reached."""
    weekly = daily(1, (0, 5_000), (6 * DAY_S, 7_000), (7 * DAY_S, 9_000), startSchedule="2026-01-07T18:00Z",
                   recurrencyKind="Weekly")  # fmt: skip
    found = periods_of(weekly, start="2026-03-03T18:00:00+00:00", seconds=8 * DAY_S)
    assert found == [(0, 7_000), (DAY_S, 5_000), (7 * DAY_S, 7_000)]


@covers("CS-5.16.4-12", "ERR-3.43-02", "ERR-3.44-01")
def test_a_day_that_lasts_thirty_hours_is_cut() -> None:
    long = daily(1, (0, 5_000), (DAY_S - 3600, 6_000), startSchedule="2026-01-01T00:00Z", duration=30 * 3600)
    found = periods_of(long, start="2026-01-01T22:00:00+00:00", seconds=3 * 3600)
    assert found == [(0, 5_000), (3_600, 6_000), (7_200, 5_000)]


@covers("CS-5.16.4-14", "CS-5.16.4-15", "CS-5.16.4-16", "ERR-3.43-01")
def test_behind_a_short_day_the_level_below_has_its_turn_and_then_nobody() -> None:
    night = daily(1, (0, 4_000), startSchedule="2026-01-01T00:00Z", duration=8 * 3600, stackLevel=1)
    below = daily(2, (0, 9_000), startSchedule="2026-01-01T00:00Z", duration=20 * 3600)
    found = periods_of(night, below, start="2026-03-01T00:00:00+00:00", seconds=DAY_S)
    assert found == [(0, 4_000), (8 * 3600, 9_000), (20 * 3600, CEILING_W)]


@covers("CS-7.13-01", "CS-5.16.4-10", "CS-5.16.4-11", "CS-7.14-01")
def test_a_duration_of_nothing_sets_no_limit_and_a_long_one_keeps_the_last() -> None:
    start = "2026-03-01T12:00:00+00:00"
    nothing = profile(1, (0, 1_000), startSchedule=start, duration=0)
    assert periods_of(nothing, start=start, seconds=60) == [(0, CEILING_W)]
    brief = profile(1, (0, 1_000), (30, 2_000), (100, 3_000), startSchedule=start, duration=50)
    assert periods_of(brief, start=start, seconds=120) == [(0, 1_000), (30, 2_000), (50, CEILING_W)]
    endless = profile(1, (0, 1_000), (30, 2_000), startSchedule=start)
    assert periods_of(endless, start=start, seconds=10**9) == [(0, 1_000), (30, 2_000)]


@pytest.mark.parametrize("start", ["1950-01-01T00:00Z", "1970-01-01T00:00Z", "2025-01-01T00:00Z"])
def test_what_has_run_out_is_over_for_good_whenever_it_began(start: str) -> None:
    assert over(profile(1, (0, 1_000), startSchedule=start, duration=5), NOW_S)
    assert not over(profile(1, (0, 1_000), startSchedule=start), NOW_S)
    assert not over(daily(1, (0, 1_000), startSchedule=start, duration=5), NOW_S)


@covers("CS-7.8-08", "CS-7.8-09", "ERR-3.65-01", "ERR-3.66-01", "CS-3.13.2-02", "CS-3.13.2-06", "CS-3.13.2-05")
def test_validity_opens_and_closes_inside_the_window() -> None:
    start = "2026-03-01T12:00:00+00:00"
    top = profile(1, (0, 4_000), startSchedule="2026-03-01T00:00Z", stackLevel=1,
                  validFrom="2026-03-01T12:01:00Z", validTo="2026-03-01T12:02:00Z")  # fmt: skip
    below = profile(2, (0, 9_000), startSchedule="2026-03-01T00:00Z")
    assert periods_of(top, below, start=start, seconds=600) == [(0, 9_000), (60, 4_000), (120, 9_000)]
    assert periods_of(top, start=start, seconds=600) == [(0, CEILING_W), (60, 4_000), (120, CEILING_W)]


@covers("ERR-3.7-01", "CS-3.13.2-08")
def test_a_top_level_that_never_ends_hides_what_is_below() -> None:
    top = profile(1, (0, 4_000), startSchedule="2026-03-01T00:00Z", stackLevel=3)
    below = profile(2, (0, 1_000), startSchedule="2026-03-01T00:00Z")
    assert periods_of(top, below, start="2026-03-01T12:00:00+00:00", seconds=10**8) == [(0, 4_000)]


@covers("CS-7.9-03", "CS-7.13-02", "CS-7.9-01")
def test_what_has_no_date_counts_from_where_the_transaction_began() -> None:
    start = "2026-03-01T12:00:00+00:00"
    for kind in ("Relative", "Absolute"):
        counted = profile(1, (0, 1_000), (30, 2_000), chargingProfileKind=kind)
        assert periods_of(counted, start=start, seconds=60) == [(0, 1_000), (30, 2_000)]
    dated = profile(1, (0, 1_000), (30, 2_000), chargingProfileKind="Relative", startSchedule="2020-01-01T00:00Z")
    assert periods_of(dated, start=start, seconds=60) == [(0, 1_000), (30, 2_000)]


@covers("CS-3.13.1-14", "CS-3.13.1-10", "ERR-3.67-01")
def test_a_transaction_profile_replaces_the_default_even_upwards_and_the_station_caps_both() -> None:
    start = {"startSchedule": "2026-03-01T00:00Z"}
    default = Installed(0, profile(1, (0, 5_000), **start))
    own = Installed(1, profile(2, (0, 9_000), chargingProfilePurpose="TxProfile", **start))
    most = Installed(0, profile(3, (0, 6_000), chargingProfilePurpose="ChargePointMaxProfile", **start))
    assert limits(default, own).of_connector(1, NOW_S).limit_w == 9_000
    assert limits(default, own).of_connector(2, NOW_S).limit_w == 5_000
    assert limits(default, own, most).of_connector(1, NOW_S).limit_w == 6_000
    assert limits(default, most).of_connector(1, NOW_S).limit_w == 5_000


@covers("CS-3.13.1-07", "CS-3.13.1-08", "CS-3.13.1-09", "ERR-3.53-01")
def test_a_connectors_own_default_hides_that_of_the_station_there_and_only_there() -> None:
    start = {"startSchedule": "2026-03-01T00:00Z"}
    common, own = Installed(0, profile(1, (0, 5_000), **start)), Installed(1, profile(2, (0, 8_000), **start))
    held = limits(common, own)
    assert [held.of_connector(connector, NOW_S).limit_w for connector in (1, 2)] == [8_000, 5_000]


@covers("CS-5.7-05", "ERR-3.30-01", "CS-3.13.3-06")
def test_the_station_as_a_whole_draws_the_sum_and_never_more_than_it_can() -> None:
    start = {"startSchedule": "2026-03-01T00:00Z"}
    one, two = Installed(1, profile(1, (0, 11_000), **start)), Installed(2, profile(2, (0, 7_000), **start))
    most = Installed(0, profile(3, (0, 15_000), chargingProfilePurpose="ChargePointMaxProfile", **start))
    assert limits(one, two).of_all(NOW_S).limit_w == 18_000
    assert limits(one, two, most).of_all(NOW_S).limit_w == 15_000
    assert limits(one).of_all(NOW_S).limit_w == CEILING_W


def test_a_window_without_length_holds_nothing_and_one_without_end_is_refused() -> None:
    hourly = [(60 * nth, 1_000 + nth % 2) for nth in range(10)]
    held = limits(Installed(1, daily(1, *hourly, startSchedule="2026-01-01T00:00Z")))
    assert composite(lambda s: held.of_connector(1, s), NOW_S, 0) == ()
    with pytest.raises(TooManyBoundaries, match=f"more than {MOST_BOUNDARIES} boundaries"):
        composite(lambda s: held.of_connector(1, s), NOW_S, 2**63)


# ---- the documented cases -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case.name)
def test_each_documented_case_comes_out_as_it_says(case: Case) -> None:
    merged: list[tuple[int, Decimal | None]] = []
    for period in case.plan.periods():
        if not merged or merged[-1][1] != period.limit_w:
            merged.append((period.start_s, period.limit_w))
    assert tuple(merged) == case.expected


def test_each_documented_case_names_clauses_that_exist() -> None:
    catalogue = load_catalogue()
    assert {clause for case in load_cases() for clause in case.clauses} <= {one.id for one in catalogue}
