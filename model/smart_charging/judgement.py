"""What is refused: profiles that no reading makes sense of, or that this station has no space for.

A field that is wrong by itself never comes here: the message is refused (``model/messages/charging.py``). Here is what
takes several fields, or the station's own bounds, and what the answer Rejected is for (CS-7.11-02): who may limit what
(CS-7.8-02), how a schedule recurs (CS-7.8-07, ERR-3.56-01), a first period at 0 (ERR-3.45-01, ERR-3.69-01,
ERR-4.13-01, ERR-4.17-01).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from model.messages.charging import ChargingProfile, ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit
from model.record import frozen
from model.smart_charging.timeline import starts_by_date


@frozen
class Bounds:
    """What the configuration keys of the profile allow (9.4)."""

    max_stack_level: int
    max_periods: int
    units: tuple[ChargingRateUnit, ...]


def refusal(connector: int, profile: ChargingProfile, bounds: Bounds) -> str | None:
    """Why the profile cannot be installed at that connector (0: the station); None where it can."""
    reasons = (check(connector, profile, bounds) for check in _CHECKS)
    return next((reason for found in reasons for reason in found), None)


def _place(connector: int, profile: ChargingProfile, bounds: Bounds) -> Iterator[str]:
    purpose, level = profile.charging_profile_purpose, profile.stack_level
    # CS-3.13.1-04, CS-3.13.1-15, CS-7.8-02.
    if purpose is ChargingProfilePurpose.CHARGE_POINT_MAX_PROFILE and connector:
        yield f"a ChargePointMaxProfile belongs to connector 0, not to {connector}"
    if purpose is ChargingProfilePurpose.TX_PROFILE and not connector:
        yield "a TxProfile belongs to a connector above 0"
    if purpose is not ChargingProfilePurpose.TX_PROFILE and profile.transaction_id is not None:
        yield f"a {purpose} has no transactionId"
    # ChargeProfileMaxStackLevel (CS-3.13.5-01).
    if level > bounds.max_stack_level:
        yield f"stackLevel {level}; the highest is {bounds.max_stack_level}"


def _kind(connector: int, profile: ChargingProfile, bounds: Bounds) -> Iterator[str]:  # noqa: ARG001 - one form for all
    recurring = profile.charging_profile_kind is ChargingProfileKind.RECURRING
    # Without either of the two nobody can say where a recurrence begins (CS-7.8-07, CS-7.9-02, ERR-3.56-01).
    if recurring and profile.recurrency_kind is None:
        yield "a Recurring profile needs recurrencyKind"
    if recurring and profile.charging_schedule.start_schedule is None:
        yield "a Recurring profile needs startSchedule"
    of_station = profile.charging_profile_purpose is ChargingProfilePurpose.CHARGE_POINT_MAX_PROFILE
    if of_station and not starts_by_date(profile):
        yield "a ChargePointMaxProfile needs a startSchedule: it has no transaction to count from"


def _schedule(connector: int, profile: ChargingProfile, bounds: Bounds) -> Iterator[str]:  # noqa: ARG001
    schedule = profile.charging_schedule
    periods = schedule.charging_schedule_period
    if schedule.charging_rate_unit not in bounds.units:
        yield f"chargingRateUnit {schedule.charging_rate_unit}; this station takes {', '.join(bounds.units)}"
    if len(periods) > bounds.max_periods:
        yield f"{len(periods)} periods; at most {bounds.max_periods}"
    # Before the first period there would be a time without a limit that nobody has asked for (ERR-3.45-01).
    if periods[0].start_period != 0:
        yield f"the first period starts at {periods[0].start_period}; it has to start at 0"
    # A period ends where the next one begins (CS-7.14-01): that takes an order, and no two at once.
    if any(later.start_period <= earlier.start_period for earlier, later in pairwise(periods)):
        yield "the periods have to be in ascending order of startPeriod"


def _numbers(connector: int, profile: ChargingProfile, bounds: Bounds) -> Iterator[str]:  # noqa: ARG001
    schedule = profile.charging_schedule
    if schedule.duration is not None and schedule.duration < 0:
        yield f"duration {schedule.duration}; it cannot be negative"
    # The schema allows any number here and below; the fields mean a length, rates and a count.
    if schedule.min_charging_rate is not None and schedule.min_charging_rate < 0:
        yield f"minChargingRate {schedule.min_charging_rate}; it cannot be negative"
    for period in schedule.charging_schedule_period:
        if period.limit < 0:
            yield f"limit {period.limit}; it cannot be negative"
        if period.number_phases is not None and period.number_phases < 1:
            yield f"numberPhases {period.number_phases}; at least 1"


_CHECKS: tuple[Callable[[int, ChargingProfile, Bounds], Iterator[str]], ...] = (_place, _kind, _schedule, _numbers)
