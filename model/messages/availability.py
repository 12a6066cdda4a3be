"""What a connector can be used for, and what it is doing: ChangeAvailability and StatusNotification."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import CiString50, CiString255, ConnectorId, DateTime


class AvailabilityType(StrEnum):
    """The availability that is asked for (CS-7.4-01, CS-7.4-02)."""

    INOPERATIVE = "Inoperative"
    OPERATIVE = "Operative"


class AvailabilityStatus(StrEnum):
    """Whether the change is made, refused, or made when the transaction ends (CS-7.3-01 to -03)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class ChargePointStatus(StrEnum):
    """The status of a connector; of connector 0 only Available, Unavailable and Faulted (CS-7.7-01 to -11).

    Five of them are what was Occupied (CS-4.9-03, CS-4.9-06, CS-4.9-11, ERR-3.64-01, ERR-3.64-02, ERR-4.5-05).
    """

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class ChargePointErrorCode(StrEnum):
    """What is wrong, or NoError (CS-7.6-01 to -17)."""

    CONNECTOR_LOCK_FAILURE = "ConnectorLockFailure"
    EV_COMMUNICATION_ERROR = "EVCommunicationError"
    GROUND_FAILURE = "GroundFailure"
    HIGH_TEMPERATURE = "HighTemperature"
    INTERNAL_ERROR = "InternalError"
    LOCAL_LIST_CONFLICT = "LocalListConflict"
    NO_ERROR = "NoError"
    OTHER_ERROR = "OtherError"
    OVER_CURRENT_FAILURE = "OverCurrentFailure"
    OVER_VOLTAGE = "OverVoltage"
    POWER_METER_FAILURE = "PowerMeterFailure"
    POWER_SWITCH_FAILURE = "PowerSwitchFailure"
    READER_FAILURE = "ReaderFailure"
    RESET_FAILURE = "ResetFailure"
    UNDER_VOLTAGE = "UnderVoltage"
    WEAK_SIGNAL = "WeakSignal"


@message
class ChangeAvailabilityReq:
    """Make a connector, or with 0 the whole station, operative or inoperative (CS-6.7-01, CS-5.2-09)."""

    connector_id: ConnectorId
    type: AvailabilityType


@message
class ChangeAvailabilityConf:
    """Whether the change can be performed (CS-6.8-01)."""

    status: AvailabilityStatus


@message
class StatusNotificationReq:
    """The status of a connector, or of the main controller as connector 0 (CS-6.47-01, CS-3.8-06)."""

    connector_id: ConnectorId
    error_code: ChargePointErrorCode
    status: ChargePointStatus
    info: CiString50 | None = None
    timestamp: DateTime | None = None
    vendor_id: CiString255 | None = None
    vendor_error_code: CiString50 | None = None


@message
class StatusNotificationConf:
    """No fields (CS-6.48-01)."""
