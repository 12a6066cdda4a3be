"""What the central system does from afar: start, stop, unlock, reset, trigger.

Two fields are read more widely than their table says, because a well-formed request that names a connector which
does not exist has an answer of its own, a status, and not a CALLERROR: `connectorId` of RemoteStartTransaction
(CS-6.33-01, Rejected), of UnlockConnector (CS-7.46-03, NotSupported) and of TriggerMessage (CS-6.51-01, where the
specification's own example uses 0). The operation judges them.
"""

from enum import StrEnum
from typing import Annotated

from model.messages.charging import ChargingProfile
from model.messages.kinds import EnumKind
from model.messages.message import message
from model.messages.types import IdToken, Integer


class RemoteStartStopStatus(StrEnum):
    """Whether the command will be executed (CS-7.39-01, CS-7.39-02)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


@message
class RemoteStartTransactionReq:
    """Start a transaction for `id_tag`; the profile's purpose has to be TxProfile (CS-6.33-01)."""

    id_tag: IdToken
    connector_id: Integer | None = None
    charging_profile: ChargingProfile | None = None


@message
class RemoteStartTransactionConf:
    """Whether the request to start is accepted (CS-6.34-01)."""

    status: RemoteStartStopStatus


@message
class RemoteStopTransactionReq:
    """Stop a transaction; any integer is a possible id (CS-6.35-01)."""

    transaction_id: Integer


@message
class RemoteStopTransactionConf:
    """Whether the request to stop is accepted (CS-6.36-01)."""

    status: RemoteStartStopStatus


class UnlockStatus(StrEnum):
    """What became of the lock (CS-7.46-01 to -03)."""

    UNLOCKED = "Unlocked"
    UNLOCK_FAILED = "UnlockFailed"
    NOT_SUPPORTED = "NotSupported"


@message
class UnlockConnectorReq:
    """Unlock a connector (CS-6.53-01)."""

    connector_id: Integer


@message
class UnlockConnectorConf:
    """Whether the connector has been unlocked (CS-6.54-01)."""

    status: UnlockStatus


class ResetType(StrEnum):
    """Restart the hardware, or stop what runs and restart the software (CS-7.42-01 to -05)."""

    HARD = "Hard"
    SOFT = "Soft"


class ResetStatus(StrEnum):
    """Whether the command will be executed (CS-7.41-01, CS-7.41-02)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


@message
class ResetReq:
    """The kind of reset (CS-6.39-01)."""

    type: ResetType


@message
class ResetConf:
    """Whether the reset can be performed (CS-6.40-01)."""

    status: ResetStatus


class MessageTrigger(StrEnum):
    """The messages that can be triggered (CS-7.32-01 to -06)."""

    BOOT_NOTIFICATION = "BootNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"
    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    STATUS_NOTIFICATION = "StatusNotification"


class TriggerMessageStatus(StrEnum):
    """Whether the message will be sent (CS-7.44-01 to -03)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_IMPLEMENTED = "NotImplemented"


@message
class TriggerMessageReq:
    """Send a message now (CS-6.51-01).

    `requested_message` is a `MessageTrigger`, or a plain string for a message that this version does not know: the
    answer to that is the status NotImplemented and not a CALLERROR (CS-7.44-03).
    """

    requested_message: Annotated[str, EnumKind(MessageTrigger, open_to_others=True)]
    connector_id: Integer | None = None


@message
class TriggerMessageConf:
    """Whether the requested message will be sent (CS-6.52-01)."""

    status: TriggerMessageStatus
