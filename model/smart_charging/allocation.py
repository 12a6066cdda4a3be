"""One limit for several connectors: who gets how much, so that the sum is never above it (CS-3.13.3-06, CS-3.13.3-07).

The rule, in full:

1. Everybody who charges, or could go on at once, gets an equal share. Who may take less than that by his own profiles
   takes that, and what he leaves is shared equally among the others, and so on.
2. A share is rounded down to a tenth of a watt.
3. Whose share would fall below the rate at which his EV charges well (``minChargingRate``) only because others take
   theirs, waits at 0: of several the one whose transaction began last, and then the rest is shared anew
   (CS-3.13.4-02, CS-3.13.4-03, CS-7.13-06). One who is alone never waits for that; and no limit is ever raised for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from model.record import frozen
from model.smart_charging.supply import floor_to_tenth

NOTHING = Decimal(0)


@frozen
class Claim:
    """What a connector may take by itself, in W, and below what it would not charge well. ``order``: who was first."""

    connector: int
    limit_w: Decimal
    order: int = 0
    least_w: Decimal = NOTHING


def allocate(available_w: Decimal, claims: Iterable[Claim]) -> dict[int, Decimal]:
    """What each connector is given, in W."""
    standing = sorted(claims, key=lambda claim: (claim.order, claim.connector))
    given = {claim.connector: NOTHING for claim in standing}
    while standing:
        shares = _share(available_w, standing)
        # Whose own profile is below his rate is not starved by anybody: to wait would not help him (rule 3).
        starved = [claim for claim in standing if shares[claim.connector] < min(claim.least_w, claim.limit_w)]
        if not starved or len(standing) == 1:
            return given | shares
        # One at a time: what he leaves may be enough for the others.
        standing.remove(starved[-1])
    return given


def _share(available_w: Decimal, claims: list[Claim]) -> dict[int, Decimal]:
    shares: dict[int, Decimal] = {}
    left_w = available_w
    # Max-min fairness in one pass: what a small claim leaves over is in the equal share of each that follows, and no
    # later claim is smaller. Shares are rounded down, so their sum never exceeds what there is (rule 2).
    smallest_first = sorted(claims, key=lambda claim: claim.limit_w)
    for served, claim in enumerate(smallest_first):
        equal_w = floor_to_tenth(left_w / (len(claims) - served))
        shares[claim.connector] = min(claim.limit_w, equal_w)
        left_w -= shares[claim.connector]
    return shares
