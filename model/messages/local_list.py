"""The local authorization list: SendLocalList and GetLocalListVersion."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import IdTagInfo, IdToken, Integer


class UpdateType(StrEnum):
    """Whether the list of the request replaces the one held, or changes it (CS-7.48-01, CS-7.48-02)."""

    DIFFERENTIAL = "Differential"
    FULL = "Full"


class UpdateStatus(StrEnum):
    """What became of an update (CS-7.47-01 to -04)."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_SUPPORTED = "NotSupported"
    VERSION_MISMATCH = "VersionMismatch"


@message
class AuthorizationData:
    """One entry (CS-3.5.2-02): an identifier and what is known of it; in a differential update, nothing deletes it.

    Expiry date and parent stand in the info, beside its status (JERR-2.2-01).
    """

    id_tag: IdToken
    id_tag_info: IdTagInfo | None = None


@message
class SendLocalListReq:
    """A list, and the version that it is to have (CS-6.41-01, CS-3.5.2-10, CS-3.5.2-11, JERR-2.2-01).

    How many entries are too many, and which versions are none, no field says: that is answered with a status.
    """

    list_version: Integer
    local_authorization_list: tuple[AuthorizationData, ...] | None = None
    update_type: UpdateType


@message
class SendLocalListConf:
    """Whether the update was received and applied (CS-6.42-01)."""

    status: UpdateStatus


@message
class GetLocalListVersionReq:
    """No fields (CS-6.27-01)."""


@message
class GetLocalListVersionConf:
    """The version of the list; 0 for an empty one, -1 where there is none (CS-6.28-01)."""

    list_version: Integer
