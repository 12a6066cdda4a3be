"""Reading and changing the station's settings: GetConfiguration and ChangeConfiguration."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import Boolean, CiString50, CiString500


class ConfigurationStatus(StrEnum):
    """What became of a change (CS-7.22-01 to -04)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


@message
class KeyValue:
    """One setting (CS-7.29-01 to -03); a key that is known but not set has no value."""

    key: CiString50
    readonly: Boolean
    value: CiString500 | None = None


@message
class GetConfigurationReq:
    """The keys that are asked for, or all when there are none (CS-6.23-01)."""

    key: tuple[CiString50, ...] | None = None


@message
class GetConfigurationConf:
    """The known among the keys asked for, and the unknown ones (CS-6.24-01)."""

    configuration_key: tuple[KeyValue, ...] | None = None
    unknown_key: tuple[CiString50, ...] | None = None


@message
class ChangeConfigurationReq:
    """A new value for a key, always as text; the empty text is a value (CS-6.9-01)."""

    key: CiString50
    value: CiString500


@message
class ChangeConfigurationConf:
    """Whether the change was made (CS-6.10-01)."""

    status: ConfigurationStatus
