"""SecurityEventNotification, of the security whitepaper's clause on security events."""

from model.messages.message import message
from model.messages.types import CiString50, CiString255, DateTime


@message
class SecurityEventNotificationReq:
    """A security event of the station: type, when, and technical detail (SEC-5.15-01)."""

    type: CiString50
    timestamp: DateTime
    tech_info: CiString255 | None = None


@message
class SecurityEventNotificationConf:
    """The central system has taken note; no fields (SEC-5.16-01)."""
