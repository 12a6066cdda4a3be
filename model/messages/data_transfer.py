"""What vendors have to say to one another: DataTransfer, in both directions."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import CiString50, CiString255, FreeText


class DataTransferStatus(StrEnum):
    """Whether the receiver understood (CS-7.23-01 to -04)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


@message
class DataTransferReq:
    """Vendor data: always text, even where it holds JSON (CS-6.15-01)."""

    vendor_id: CiString255
    message_id: CiString50 | None = None
    data: FreeText | None = None


@message
class DataTransferConf:
    """The receiver's answer (CS-6.16-01)."""

    status: DataTransferStatus
    data: FreeText | None = None
