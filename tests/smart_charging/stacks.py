"""Stacks of profiles as the calculation takes them, said in seconds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import attrs

from model.messages.charging import ChargingProfile
from model.messages.codec import structure
from model.smart_charging.composite import composite
from model.smart_charging.limits import Installed, Limits, Site
from model.smart_charging.timeline import second_of
from tests.smart_charging import oracle

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
