"""One limit for several connectors: never exceeded, fair, and nobody waits without need; and what amperes are worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from model.messages.charging import ChargingRateUnit
from model.smart_charging.allocation import Claim, allocate
from model.smart_charging.supply import Supply, in_watts
from tests.covering import covers
from tests.searching import searching

TENTH = Decimal("0.1")
FEW_TENTHS = st.integers(0, 400).map(lambda tenths: Decimal(tenths) / 10)


def claims(*, picky: bool) -> st.SearchStrategy[list[Claim]]:
    """Up to five connectors; picky ones have a rate below which they do not charge well."""
    one = st.builds(Claim, st.just(0), FEW_TENTHS, st.integers(0, 3), FEW_TENTHS if picky else st.just(Decimal(0)))
    return st.lists(one, max_size=5).map(lambda made: [evolve(c, connector=n) for n, c in enumerate(made, 1)])


def handed_out(available_w: Decimal, wanted: list[Claim]) -> dict[int, Decimal]:
    """The same by hand: a tenth of a watt to everybody in turn who may have one more, while there is one for each."""
    given_w = {claim.connector: Decimal(0) for claim in wanted}
    left_w = available_w
    while hungry := [claim for claim in wanted if given_w[claim.connector] + TENTH <= claim.limit_w]:
        if left_w < TENTH * len(hungry):
            break
        for claim in hungry:
            given_w[claim.connector] += TENTH
            left_w -= TENTH
    return given_w


@covers("CS-3.13.3-07", "CS-3.13.3-06", "CS-3.13.1-03")
@searching(150)
@given(FEW_TENTHS, claims(picky=True))
def test_the_sum_is_never_above_the_limit_and_nobody_above_his_own(available_w: Decimal, wanted: list[Claim]) -> None:
    shares = allocate(available_w, wanted)
    assert set(shares) == {claim.connector for claim in wanted}
    assert sum(shares.values()) <= available_w
    assert all(0 <= shares[claim.connector] <= claim.limit_w for claim in wanted)


@searching(150)
@given(FEW_TENTHS, claims(picky=False))
def test_everybody_has_what_he_may_or_as_much_as_anybody(available_w: Decimal, wanted: list[Claim]) -> None:
    """Equal to handing it out tenth by tenth, but for what rounding left over."""
    by_hand = handed_out(available_w, wanted)
    shares = allocate(available_w, wanted)
    for connector, share_w in shares.items():
        assert abs(share_w - by_hand[connector]) <= TENTH


@covers("CS-3.13.4-03", "CS-7.13-06")
@searching(150)
@given(FEW_TENTHS, claims(picky=True))
def test_nobody_charges_badly_because_of_another(available_w: Decimal, wanted: list[Claim]) -> None:
    """Whoever charges gets a good rate, or all that he may have, or is alone."""
    shares = allocate(available_w, wanted)
    charging = [claim for claim in wanted if shares[claim.connector] > 0]
    for claim in charging if len(charging) > 1 else []:
        assert shares[claim.connector] >= min(claim.least_w, claim.limit_w)


@searching(150)
@given(FEW_TENTHS, claims(picky=True))
def test_the_order_of_the_claims_does_not_matter(available_w: Decimal, wanted: list[Claim]) -> None:
    assert allocate(available_w, reversed(wanted)) == allocate(available_w, wanted)


@covers("CS-3.13.4-03")
def test_who_came_last_waits_where_there_is_not_enough_for_both() -> None:
    first = Claim(2, Decimal(50_000), order=1, least_w=Decimal(12_000))
    last = Claim(1, Decimal(50_000), order=2, least_w=Decimal(12_000))
    assert allocate(Decimal(20_000), [first, last]) == {1: 0, 2: 20_000}
    assert allocate(Decimal(30_000), [first, last]) == {1: 15_000, 2: 15_000}
    assert allocate(Decimal(5_000), [first]) == {2: 5_000}
    assert allocate(Decimal(5_000), []) == {}


@covers("CS-7.12-01", "CS-7.12-03", "CS-7.12-04", "ERR-3.68-01", "ERR-3.68-02", "ERR-3.68-03", "ERR-3.34-01",
        "ERR-3.34-02", "CS-7.14-03")  # fmt: skip
@pytest.mark.parametrize(
    ("phases", "number_phases", "watts"),
    [(3, None, 11_040), (3, 3, 11_040), (3, 1, 3_680), (1, 3, 3_680), (1, None, 3_680), (2, None, 7_360)],
)
def test_amperes_are_of_each_phase_that_is_usable(phases: int, number_phases: int | None, watts: int) -> None:
    supply = Supply(Decimal(230), phases)
    assert in_watts(Decimal(16), ChargingRateUnit.A, number_phases, supply) == watts
    assert in_watts(Decimal(16), ChargingRateUnit.W, number_phases, supply) == 16


@covers("CS-7.12-02", "CS-7.14-02")
@searching(150)
@given(st.integers(0, 10**7).map(lambda tenths: Decimal(tenths) / 10), st.sampled_from((1, 2, 3)))
def test_watts_become_amperes_that_make_no_more_watts(power_w: Decimal, phases: int) -> None:
    supply = Supply(Decimal(230), phases)
    current_a = supply.amperes(power_w)
    assert current_a == current_a.quantize(TENTH)
    assert supply.watts(current_a, 3) <= power_w < supply.watts(current_a + TENTH, 3)


def test_amperes_without_a_supply_are_refused() -> None:
    with pytest.raises(ValueError, match="give them in the station file"):
        in_watts(Decimal(16), ChargingRateUnit.A, None, None)
