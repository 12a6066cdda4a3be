"""Charging profiles: limits over time, which RemoteStartTransaction carries, and the messages of smart charging.

Only what one field can be judged by stands here: a value that no enumeration has is an error (ERR-3.24-01,
ERR-3.38-01). What takes several fields, or the station (a first period at 0, a
TxProfile in a remote start, the levels that fit), is decided by the operation, with an answer instead of an error.
"""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import ConnectorId, DateTime, FromZero, Integer, OneOrMore, Tenth


class ChargingProfilePurpose(StrEnum):
    """What a profile limits (CS-7.8-05, CS-7.10-01 to -03)."""

    CHARGE_POINT_MAX_PROFILE = "ChargePointMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"


class ChargingProfileKind(StrEnum):
    """From what instant a schedule counts (CS-7.8-06, CS-7.9-01 to -03)."""

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


@message
class SetChargingProfileReq:
    """Install a profile at a connector, 0 for the station (CS-6.43-01)."""

    connector_id: ConnectorId
    cs_charging_profiles: ChargingProfile


class ChargingProfileStatus(StrEnum):
    """What became of the profile (CS-7.11-01, CS-7.11-02); NotSupported is said by CALLERROR (CS-7.11-03)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"


@message
class SetChargingProfileConf:
    """Whether the profile is installed (CS-6.44-01)."""

    status: ChargingProfileStatus


@message
class ClearChargingProfileReq:
    """Remove the profile of that `id`, or every one that matches all the other fields given.

    CS-6.13-01, ERR-3.26-01, ERR-4.11-01.
    """

    id: Integer | None = None
    connector_id: Integer | None = None
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Integer | None = None


class ClearChargingProfileStatus(StrEnum):
    """Whether any profile matched (CS-7.21-01, CS-7.21-02)."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


@message
class ClearChargingProfileConf:
    """What became of the request to clear (CS-6.14-01)."""

    status: ClearChargingProfileStatus


@message
class GetCompositeScheduleReq:
    """Report the composite schedule of a connector, 0 for the station, for `duration` seconds (CS-6.21-01).

    A connector that does not exist and a duration below 1 have an answer of their own, Rejected.
    """

    connector_id: Integer
    duration: Integer
    charging_rate_unit: ChargingRateUnit | None = None


class GetCompositeScheduleStatus(StrEnum):
    """Whether the schedule is reported (CS-7.26-01, CS-7.26-02)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


@message
class GetCompositeScheduleConf:
    """The schedule, relative to `schedule_start`; only a status where it is Rejected (CS-6.22-01, ERR-3.51-01)."""

    status: GetCompositeScheduleStatus
    connector_id: Integer | None = None
    schedule_start: DateTime | None = None
    charging_schedule: ChargingSchedule | None = None
