"""Who the station is, whether it may work, and what time it is: BootNotification and Heartbeat."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import CiString20, CiString25, CiString50, DateTime, Integer


class RegistrationStatus(StrEnum):
    """Whether the central system has accepted the station (CS-7.38-01 to -03)."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@message
class BootNotificationReq:
    """The station's names and versions (CS-6.3-01). `charge_box_serial_number` is deprecated."""

    charge_point_vendor: CiString20
    charge_point_model: CiString20
    charge_point_serial_number: CiString25 | None = None
    charge_box_serial_number: CiString25 | None = None
    firmware_version: CiString50 | None = None
    iccid: CiString20 | None = None
    imsi: CiString20 | None = None
    meter_type: CiString25 | None = None
    meter_serial_number: CiString25 | None = None


@message
class BootNotificationConf:
    """Registration (CS-6.4-01); its `interval` has that name (ERR-4.6-01), whatever OCPP-J's example says (J-4.2.2-06).

    `interval` in seconds: the heartbeat's when Accepted, else the wait before the next try. The specification gives it
    no range: what 0 or a negative one means is the boot machine's business.
    """

    status: RegistrationStatus
    current_time: DateTime
    interval: Integer


@message
class HeartbeatReq:
    """No fields (CS-6.29-01)."""


@message
class HeartbeatConf:
    """The central system's time (CS-6.30-01)."""

    current_time: DateTime
