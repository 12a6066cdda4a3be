"""Energy into batteries: what must hold for any EV, any offers, any stretch of time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from model.station_file import load_station
from runtime.adapters.physics import (
    FULL_WITHIN_WH,
    TYPICAL_CURVE,
    CurveStep,
    EvModel,
    Outlet,
    Outlets,
    advance,
    powers_w,
    seconds_to_next_full,
    share,
)
from runtime.adapters.station_hardware import station_hardware

CEILING_W = 60_000.0
DAY_S = 86_400.0
CLOSE_WH = 1e-3

LEAST_POWER_W, LEAST_SHARE, LARGEST_WH = 1_000.0, 0.01, 200_000.0
"""The weakest EV, the flattest step of a curve and the largest battery of the examples."""

LONGEST_S = 1.01 * LARGEST_WH / (LEAST_POWER_W * LEAST_SHARE) * 3600
"""By then every battery is full that gets anything: more than two years."""

HAIR_S = 2 * FULL_WITHIN_WH / (LEAST_POWER_W * LEAST_SHARE) * 3600
"""A battery counts as full a hair (FULL_WITHIN_WH) before its last step ends; that hair takes at most this long."""

FLAT = (CurveStep(0.0, 1.0),)


def _outlet(soc: float = 0.2, limit_w: float = 1e9, ev: EvModel | None = None, register_wh: float = 0.0) -> Outlet:
    ev = ev or EvModel()
    return Outlet(ev, soc * ev.battery_wh, register_wh, limit_w)


@st.composite
def _evs(draw: st.DrawFn) -> EvModel:
    starts = [0.0, *sorted(draw(st.sets(st.floats(0.01, 0.99), max_size=6)))]
    curve = tuple(CurveStep(start, draw(st.floats(LEAST_SHARE, 1.0))) for start in starts)
    return EvModel(
        battery_wh=draw(st.floats(1_000, LARGEST_WH)),
        soc=draw(st.floats(0, 1)),
        max_power_w=draw(st.floats(LEAST_POWER_W, 350_000)),
        curve=curve,
    )


_outlets = st.lists(
    st.builds(
        lambda ev, limit_w, register_wh: Outlet(ev, ev.soc * ev.battery_wh, register_wh, limit_w),
        _evs(),
        st.sampled_from([0.0, 1e9]) | st.floats(LEAST_POWER_W, 100_000),
        st.floats(0, 1e7),
    ),
    min_size=1,
    max_size=3,
).map(tuple)

_times = st.floats(0, DAY_S)


def _energies(outlets: Outlets) -> list[float]:
    return [outlet.energy_wh for outlet in outlets]


# ---- for all ---------------------------------------------------------------------------------------------------


@given(outlets=_outlets, seconds=_times)
def test_registers_and_batteries_never_decrease_and_no_battery_overflows(outlets: Outlets, seconds: float) -> None:
    for before, after in zip(outlets, advance(outlets, CEILING_W, seconds), strict=True):
        assert after.register_wh >= before.register_wh
        assert before.energy_wh <= after.energy_wh <= before.ev.battery_wh


@given(outlets=_outlets, seconds=_times)
def test_what_a_register_counted_is_in_the_battery(outlets: Outlets, seconds: float) -> None:
    for before, after in zip(outlets, advance(outlets, CEILING_W, seconds), strict=True):
        counted, stored = after.register_wh - before.register_wh, after.energy_wh - before.energy_wh
        assert counted == pytest.approx(stored, abs=CLOSE_WH)


@given(outlets=_outlets, seconds=_times, cuts=st.lists(st.floats(0, 1), max_size=4))
def test_splitting_a_stretch_of_time_changes_nothing(outlets: Outlets, seconds: float, cuts: list[float]) -> None:
    whole = advance(outlets, CEILING_W, seconds)
    in_parts = outlets
    for begin, end in pairwise([0.0, *sorted(cuts), 1.0]):
        in_parts = advance(in_parts, CEILING_W, (end - begin) * seconds)

    # A cut within a hair of full may leave that hair: FULL_WITHIN_WH.
    assert _energies(in_parts) == pytest.approx(_energies(whole), abs=2 * FULL_WITHIN_WH)


@given(outlets=_outlets, seconds=_times)
def test_no_more_flows_than_offered_nor_than_the_station_has(outlets: Outlets, seconds: float) -> None:
    after = advance(outlets, CEILING_W, seconds)
    flown = [now - then for then, now in zip(_energies(outlets), _energies(after), strict=True)]

    assert sum(flown) <= CEILING_W * seconds / 3600 + CLOSE_WH
    for outlet, energy_wh in zip(outlets, flown, strict=True):
        assert energy_wh <= min(outlet.limit_w, outlet.ev.max_power_w) * seconds / 3600 + CLOSE_WH


@given(outlets=_outlets)
def test_a_battery_is_full_when_it_was_foretold_and_not_before(outlets: Outlets) -> None:
    foretold_s = seconds_to_next_full(outlets, CEILING_W, within_s=LONGEST_S)
    full = sum(outlet.full for outlet in outlets)
    if foretold_s is None:
        assert not any(powers_w(outlets, CEILING_W))
        return

    if foretold_s > HAIR_S:
        assert sum(outlet.full for outlet in advance(outlets, CEILING_W, foretold_s - HAIR_S)) == full
    assert sum(outlet.full for outlet in advance(outlets, CEILING_W, foretold_s + 0.1)) > full


@given(outlets=_outlets, within_s=_times)
def test_a_battery_is_foretold_within_the_time_that_was_asked_for_or_not_at_all(
    outlets: Outlets, within_s: float
) -> None:
    whenever_s = seconds_to_next_full(outlets, CEILING_W, within_s=LONGEST_S)

    soon_s = seconds_to_next_full(outlets, CEILING_W, within_s)

    assert soon_s == (whenever_s if whenever_s is not None and whenever_s <= within_s else None)


@given(wanted=st.lists(st.floats(0, 1e6), max_size=5), ceiling_w=st.floats(0, 1e6))
def test_sharing_gives_nobody_more_than_he_wants_and_wastes_nothing(wanted: list[float], ceiling_w: float) -> None:
    given_w = share(wanted, ceiling_w)

    assert all(0 <= got <= want for got, want in zip(given_w, wanted, strict=True))
    assert sum(given_w) == pytest.approx(min(sum(wanted), ceiling_w), abs=CLOSE_WH)


# ---- for one -----------------------------------------------------------------------------------------------------


def test_an_hour_at_ten_kilowatts_is_ten_kilowatt_hours() -> None:
    (after,) = advance((_outlet(0.1, limit_w=10_000),), CEILING_W, 3600)

    assert after.register_wh == pytest.approx(10_000)


def test_an_ev_takes_less_as_it_fills() -> None:
    powers = [powers_w((_outlet(soc),), CEILING_W)[0] for soc in (0.1, 0.6, 0.75, 0.85, 0.95, 0.99)]

    assert powers == sorted(powers, reverse=True)
    assert powers[0] == 50_000
    assert len(set(powers)) == len(powers)


def test_two_hungry_evs_share_the_station_and_a_modest_one_leaves_the_rest_to_the_other() -> None:
    assert powers_w((_outlet(), _outlet()), CEILING_W) == (30_000, 30_000)
    assert powers_w((_outlet(), _outlet(limit_w=15_000)), CEILING_W) == (45_000, 15_000)


def test_when_one_ev_is_full_the_other_gets_its_share() -> None:
    small = EvModel(battery_wh=1_000, curve=FLAT)
    large = EvModel(battery_wh=100_000, curve=FLAT)
    outlets = (_outlet(0.9, ev=small), _outlet(0.1, ev=large))

    after = advance(outlets, CEILING_W, 3600)

    assert after[0].full
    assert powers_w(after, CEILING_W) == (0.0, 50_000)
    # 100 Wh at 30 kW take 12 s; from then on the other has 50 kW.
    assert after[1].register_wh == pytest.approx(30_000 * 12 / 3600 + 50_000 * 3588 / 3600)


def test_the_packs_voltage_rises_as_it_fills() -> None:
    assert _outlet(0.0).voltage_v == 320
    assert _outlet(0.5).voltage_v == 360
    assert _outlet(1.0).voltage_v == 400


def test_nothing_flows_through_an_open_contactor_or_into_a_full_battery() -> None:
    outlets = (_outlet(0.5, limit_w=0), _outlet(1.0))

    assert powers_w(outlets, CEILING_W) == (0, 0)
    assert advance(outlets, CEILING_W, DAY_S) == outlets
    assert seconds_to_next_full(outlets, CEILING_W, DAY_S) is None


@pytest.mark.parametrize("starts", [(), (0.1,), (0.0, 0.5, 0.5), (0.0, 0.6, 0.5)])
def test_a_curve_that_does_not_begin_at_zero_and_ascend_is_refused(starts: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="begin at 0 and ascend"):
        EvModel(curve=tuple(CurveStep(start, 1.0) for start in starts))


# ---- from the station file ----------------------------------------------------------------------------------------


def test_the_station_file_gives_a_box_that_stays_within_its_cables_and_fills_every_battery() -> None:
    station = load_station("m06010e2eyfg")
    box = station_hardware(station)

    assert box.power_w == 60_000
    assert len(box.connectors) == 2
    ev = box.connectors[0].ev
    for percent in range(100):
        outlet = Outlet(ev, percent / 100 * ev.battery_wh, 0, 1e9)
        (power_w,) = powers_w((outlet,), 1e9)
        assert power_w / outlet.voltage_v <= station.hardware.max_current_a + 0.001
    (at_nine_tenths_w,) = powers_w((_outlet(0.905, ev=ev),), 1e9)
    assert at_nine_tenths_w == pytest.approx(ev.max_power_w * station.hardware.ev.fraction_at(0.91))
    assert advance((_outlet(ev.soc, ev=ev),), 60_000, DAY_S)[0].full


def test_the_typical_curve_charges_a_car_from_a_fifth_to_four_fifths_in_about_fifty_minutes() -> None:
    outlet = _outlet(0.2, ev=evolve(EvModel(), curve=TYPICAL_CURVE))

    (after,) = advance((outlet,), CEILING_W, 50 * 60)

    assert 0.75 < after.soc < 0.85
