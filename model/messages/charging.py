"""Charging profiles: limits over time, which RemoteStartTransaction and the smart charging messages carry.

Only what one field can be judged by stands here. What takes several fields, or the station (a first period at 0, a
TxProfile in a remote start, the levels that fit), is decided by the operation, with an answer instead of an error.
"""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import DateTime, FromZero, Integer, OneOrMore, Tenth


class ChargingProfilePurpose(StrEnum):
    """What a profile limits (CS-7.10-01 to -03)."""

    CHARGE_POINT_MAX_PROFILE = "ChargePointMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"


class ChargingProfileKind(StrEnum):
    """From what instant a schedule counts (CS-7.9-01 to -03)."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class RecurrencyKind(StrEnum):
    """How often a recurring schedule starts again (CS-7.37-01, CS-7.37-02)."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


class ChargingRateUnit(StrEnum):
    """W is total power, A is current per phase (CS-7.12-01, CS-7.12-04)."""

    W = "W"
    A = "A"


@message
class ChargingSchedulePeriod:
    """From `start_period`, in seconds after the start, `limit` holds, in the schedule's unit (clause 7.14)."""

    start_period: Integer
    limit: Tenth
    number_phases: Integer | None = None


@message
class ChargingSchedule:
    """Limits over time (clause 7.13); `duration` in seconds, `min_charging_rate` in `charging_rate_unit`."""

    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: OneOrMore[ChargingSchedulePeriod]
    duration: Integer | None = None
    start_schedule: DateTime | None = None
    min_charging_rate: Tenth | None = None


@message
class ChargingProfile:
    """A schedule with its place among others (CS-7.8-01 to -10); a higher `stack_level` has precedence."""

    charging_profile_id: Integer
    stack_level: FromZero
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: ChargingSchedule
    transaction_id: Integer | None = None
    recurrency_kind: RecurrencyKind | None = None
    valid_from: DateTime | None = None
    valid_to: DateTime | None = None
