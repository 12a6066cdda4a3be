"""What a charging profile means, second by second, written down as plainly as it can be, for the tests alone.

Nothing here looks ahead, searches or remembers: each second is judged by itself, from the wording of the clauses. It
shares no code with ``model/smart_charging``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from model.messages.charging import ChargingProfile
from model.smart_charging.limits import Installed

HIGHEST_LEVEL = 3


def moment(second: int) -> datetime:
    """That second after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def limit_of_profile(profile: ChargingProfile, began: int, second: int) -> Decimal | None:
    """The limit that one profile sets at that second."""
    now = moment(second)
    if profile.valid_from is not None and now < profile.valid_from.replace(microsecond=0):
        return None
    if profile.valid_to is not None and now >= profile.valid_to.replace(microsecond=0):
        return None
    schedule = profile.charging_schedule
    relative = profile.charging_profile_kind == "Relative" or schedule.start_schedule is None
    start = moment(began) if relative or schedule.start_schedule is None else schedule.start_schedule
    start = start.replace(microsecond=0)
    if now < start:
        return None
    if profile.charging_profile_kind == "Recurring":
        again = timedelta(days=7 if profile.recurrency_kind == "Weekly" else 1)
        while start + again <= now:
            start += again
    passed = (now - start).total_seconds()
    if schedule.duration is not None and passed >= schedule.duration:
        return None
    limit = None
    for period in schedule.charging_schedule_period:
        if period.start_period <= passed:
            limit = period.limit
    return limit


def limit_of_purpose(
    installed: Iterable[Installed], purpose: str, connector: int, began: int, second: int
) -> Decimal | None:
    """The limit of the highest level that sets one; a connector's own profile hides that of connector 0."""
    of_purpose = [one for one in installed if one.profile.charging_profile_purpose == purpose]
    for level in range(HIGHEST_LEVEL, -1, -1):
        on_level = [one for one in of_purpose if one.profile.stack_level == level]
        own = [one for one in on_level if one.connector == connector]
        common = [one for one in on_level if one.connector == 0]
        for one in own or common:
            limit = limit_of_profile(one.profile, began, second)
            if limit is not None:
                return limit
    return None


def limit_of_transaction(installed: Iterable[Installed], connector: int, began: int, second: int) -> Decimal | None:
    """TxProfile, else TxDefaultProfile."""
    limit = limit_of_purpose(installed, "TxProfile", connector, began, second)
    if limit is None:
        limit = limit_of_purpose(installed, "TxDefaultProfile", connector, began, second)
    return limit


def limit_of_connector(
    installed: Iterable[Installed], connector: int, began: int, ceiling: Decimal, second: int
) -> Decimal:
    """The lowest of all that applies."""
    own = limit_of_transaction(installed, connector, began, second)
    station = limit_of_purpose(installed, "ChargePointMaxProfile", 0, 0, second)
    return min(limit for limit in (own, station, ceiling) if limit is not None)


def limit_of_all(installed: Iterable[Installed], began: dict[int, int], ceiling: Decimal, second: int) -> Decimal:
    """What all connectors may draw together."""
    total = Decimal(0)
    for connector, began_there in began.items():
        own = limit_of_transaction(installed, connector, began_there, second)
        total += ceiling if own is None else min(own, ceiling)
    station = limit_of_purpose(installed, "ChargePointMaxProfile", 0, 0, second)
    return min(limit for limit in (total, station, ceiling) if limit is not None)
