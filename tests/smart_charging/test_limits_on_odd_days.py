"""Limits on days that are odd, in stacks that are odd, and in every case that the documentation shows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from model.catalogue import load_catalogue
from model.smart_charging.cases import Case, load_cases
from model.smart_charging.composite import MOST_BOUNDARIES, TooManyBoundariesError, composite
from model.smart_charging.limits import Installed, over
from tests.covering import covers
from tests.smart_charging.stacks import CEILING_W, DAY_S, NOW_S, daily, limits, periods_of, profile

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
    with pytest.raises(TooManyBoundariesError, match=f"more than {MOST_BOUNDARIES} boundaries"):
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
