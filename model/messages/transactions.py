"""The beginning and the end of a transaction, with the registers that are billed. Energy in Wh."""

from enum import StrEnum

from model.messages.message import message
from model.messages.metering import MeterValue
from model.messages.types import ConnectorAboveZero, DateTime, IdTagInfo, IdToken, Integer


class Reason(StrEnum):
    """Why a transaction was stopped (CS-7.36-01 to -11); absent means Local."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    HARD_RESET = "HardReset"
    LOCAL = "Local"
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"


@message
class StartTransactionReq:
    """A transaction began (CS-6.45-01); `meter_start` in Wh, `timestamp` is when it began."""

    connector_id: ConnectorAboveZero
    id_tag: IdToken
    meter_start: Integer
    timestamp: DateTime
    reservation_id: Integer | None = None


@message
class StartTransactionConf:
    """The transaction's id, which holds even when the identifier is not accepted (CS-6.46-01)."""

    id_tag_info: IdTagInfo
    transaction_id: Integer


@message
class TransactionIdOnly:
    """What is left of StartTransaction.conf where its idTagInfo cannot be used (CS-4.8-04)."""

    transaction_id: Integer

    @property
    def id_tag_info(self) -> None:
        """Nothing was said of the identifier that could be used: it is not accepted (CS-7.27-04)."""


@message
class StopTransactionReq:
    """A transaction ended (CS-6.49-01); `meter_stop` in Wh, `id_tag` is whose token stopped it.

    `reason` may be left out, whatever the first schema said (JERR-2.5-01).
    """

    transaction_id: Integer
    meter_stop: Integer
    timestamp: DateTime
    reason: Reason | None = None
    id_tag: IdToken | None = None
    transaction_data: tuple[MeterValue, ...] | None = None


@message
class StopTransactionConf:
    """What is known of the identifier that stopped it, if one did (CS-6.50-01)."""

    id_tag_info: IdTagInfo | None = None
