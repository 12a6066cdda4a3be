"""The limits in force: what each connector is offered now, and when that changes next.

What a limit *is* stands in ``model/smart_charging``, who has a share in the tables (projection ``claim``). This block
puts the two together at the moment: the installed profiles, those that a remote start has brought and whose
transaction is yet to begin, and for each running transaction the second at which it began. That one is counted back
from now by the monotonic clock, so a clock that jumps does not move a schedule that counts from it (hard case 13).

Offers are made when the rows are at rest, those that go down first: in no step, and between no two effects of one, is
the sum above what the station may take (CS-3.13.3-07).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from model.language.composition import Instance
from model.smart_charging.allocation import Claim, allocate
from model.smart_charging.limits import Installed, Limits
from model.smart_charging.station import site_of
from model.smart_charging.timeline import NEVER, instant_of, second_of
from runtime.core.binding import answers, lasts, performs, shows
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.ports import SetPowerLimit
from runtime.operations.authorization import Authorization
from runtime.operations.transactions import Transactions

LEAST_WAIT_S: Final = 0.001
MOST_WAIT_S: Final = 3600.0
"""A boundary that is further away is looked for again after this time: no timer runs for years."""

LAST: Final = 1 << 62
"""The order of a transaction that has not begun: behind all others."""

FINEST: Final = timedelta(milliseconds=5)
"""Two clocks that are read one after the other agree to this."""


class PowerAllocation:
    """Offers power."""

    def __init__(self, context: BlockContext, authorization: Authorization, transactions: Transactions) -> None:
        self.context, self.authorization, self.transactions = context, authorization, transactions
        self.site = site_of(context.station)
        self.offered: dict[int, Decimal] = dict.fromkeys(context.connectors, Decimal(0))
        self._due = False

    # ---- the limits now ----------------------------------------------------------------------------------

    @property
    def utc(self) -> datetime:
        """The date, as finely as it is known; a count from 1970 on while it is not known."""
        return self.context.dates.at(self.context.now)

    @property
    def second(self) -> int:
        """The second in which we are."""
        return second_of(self.utc)

    def installed(self) -> tuple[Installed, ...]:
        """The profiles that are installed, and those that will be with a transaction that is about to begin."""
        return (*self.context.ledger.profiles.values(), *self.brought())

    def brought(self) -> tuple[Installed, ...]:
        """The profiles of remote starts that are not installed yet."""
        at = self.authorization.at
        return tuple(Installed(c, profile) for c in self.context.connectors if (profile := at[c].profile) is not None)

    def limits(self) -> Limits:
        """The limits as the profiles now set them."""
        return Limits(self.site, self.installed(), {c: self.began(c) for c in self.context.connectors})

    def began(self, connector: int) -> int:
        """The second at which the transaction there began, by today's clock; where none runs, this one."""
        began_s = self.transactions.began_s.get(connector)
        if began_s is None:
            return self.second
        return second_of(self.utc - timedelta(seconds=self.context.now.monotonic_s - began_s) + FINEST)

    # ---- the shares --------------------------------------------------------------------------------------

    def shares(self, also: int | None = None) -> dict[int, Decimal]:
        """What each connector with a claim is given, in W; and one that would have it."""
        limits, second = self.limits(), self.second
        claims = [self._claim(limits, c, second) for c in self.context.connectors if c == also or self._claims(c)]
        available_w = limits.of_station(second).limit_w
        assert available_w is not None, "a station has a ceiling"
        return allocate(available_w, claims)

    def _claims(self, connector: int) -> bool:
        return self.context.engine.value("claim", connector) == "Claimed"

    def _claim(self, limits: Limits, connector: int, second: int) -> Claim:
        own, whole = limits.of_transaction(connector, second), limits.of_connector(connector, second)
        running = self.context.running(connector)
        least_w = own.by.least_w if own.by else Decimal(0)
        assert whole.limit_w is not None, "a station has a ceiling"
        return Claim(connector, whole.limit_w, running[0] if running else LAST, least_w)

    @answers("connector", "nothing_left")
    @answers("power_limit", "nothing_left")
    def nothing_left(self, at: Instance) -> bool:
        """Whether the connector would be given 0 W."""
        return not self.shares(also=at.connector)[at.connector]

    # ---- offers ------------------------------------------------------------------------------------------

    @performs("power_allocation", "share power")
    def share_power(self, at: Instance) -> None:
        """Once in a step, when the rows are at rest."""
        self._offer_later()

    @shows("set offer")
    def set_power_limit(self, connector: int, value: str) -> None:
        """Who begins or ends to be offered energy changes what the others get (CS-3.6-01 to -03, ERR-4.5-03)."""
        self._offer_later()

    def _offer_later(self) -> None:
        if not self._due:
            self._due = True
            self.context.after_rows(self._offer)

    def _offer(self) -> None:
        self._due = False
        shares = self.shares()
        offers = {c: shares.get(c, Decimal(0)) if self._is_offered(c) else Decimal(0) for c in self.context.connectors}
        changed = [c for c in self.context.connectors if offers[c] != self.offered[c]]
        for connector in sorted(changed, key=lambda c: offers[c] - self.offered[c]):
            self.context.effect(SetPowerLimit(connector, float(offers[connector]), self.context.now.monotonic_s))
        self.offered.update(offers)

    def _is_offered(self, connector: int) -> bool:
        return self.context.engine.value("offer", connector) == "Offered"

    # ---- the next boundary -------------------------------------------------------------------------------

    @lasts("to_limit_boundary")
    def to_boundary(self, at: Instance) -> float | None:
        """Seconds until a limit of a connector with a claim may change; None where none ever will."""
        claiming = [connector for connector in self.context.connectors if self._claims(connector)]
        if not claiming:
            return None
        limits, second = self.limits(), self.second
        until_s = min(limits.of_connector(connector, second).until_s for connector in claiming)
        if until_s >= NEVER:
            return None
        return min(MOST_WAIT_S, max(LEAST_WAIT_S, self._seconds_to(until_s)))

    def _seconds_to(self, second: int) -> float:
        try:
            return (instant_of(second) - self.utc).total_seconds()
        except OverflowError:
            return MOST_WAIT_S


BLOCK = Block(
    "power_allocation", lambda parts: PowerAllocation(parts.context, parts[Authorization], parts[Transactions])
)
