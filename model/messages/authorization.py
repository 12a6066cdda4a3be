"""May this identifier charge: Authorize, and the cache that remembers the answer."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import IdTagInfo, IdToken


@message
class AuthorizeReq:
    """The identifier to be authorized (CS-6.1-01)."""

    id_tag: IdToken


@message
class AuthorizeConf:
    """The outcome of the authorization (CS-6.2-01)."""

    id_tag_info: IdTagInfo


class ClearCacheStatus(StrEnum):
    """Whether the cache was cleared (CS-7.20-01, CS-7.20-02)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


@message
class ClearCacheReq:
    """No fields (CS-6.11-01)."""


@message
class ClearCacheConf:
    """Whether the cache was cleared (CS-6.12-01)."""

    status: ClearCacheStatus
