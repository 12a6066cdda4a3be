"""Every action of OCPP 1.6 and of its security extension: who may send it, and which classes carry it.

An action that stands here without classes is known and not built in: a Call of it is answered NotSupported. So is a
Call that only a station may send, and one of a feature profile that the station does not have. An action that does not
stand here is NotImplemented (J-4.2.3-09, J-4.2.3-10).
A functional block that is added later gives its actions their classes here, and nothing else changes.
"""

from collections.abc import Container, Mapping
from enum import Enum, StrEnum
from types import MappingProxyType

from model.messages.authorization import AuthorizeConf, AuthorizeReq, ClearCacheConf, ClearCacheReq
from model.messages.availability import (
    ChangeAvailabilityConf,
    ChangeAvailabilityReq,
    StatusNotificationConf,
    StatusNotificationReq,
)
from model.messages.boot import BootNotificationConf, BootNotificationReq, HeartbeatConf, HeartbeatReq
from model.messages.charging import (
    ClearChargingProfileConf,
    ClearChargingProfileReq,
    GetCompositeScheduleConf,
    GetCompositeScheduleReq,
    SetChargingProfileConf,
    SetChargingProfileReq,
)
from model.messages.configuration import (
    ChangeConfigurationConf,
    ChangeConfigurationReq,
    GetConfigurationConf,
    GetConfigurationReq,
)
from model.messages.data_transfer import DataTransferConf, DataTransferReq
from model.messages.errors import CallErrorCode
from model.messages.firmware import (
    DiagnosticsStatusNotificationConf,
    DiagnosticsStatusNotificationReq,
    FirmwareStatusNotificationConf,
    FirmwareStatusNotificationReq,
    GetDiagnosticsConf,
    GetDiagnosticsReq,
    UpdateFirmwareConf,
    UpdateFirmwareReq,
)
from model.messages.local_list import (
    GetLocalListVersionConf,
    GetLocalListVersionReq,
    SendLocalListConf,
    SendLocalListReq,
)
from model.messages.metering import MeterValuesConf, MeterValuesReq
from model.messages.remote import (
    RemoteStartTransactionConf,
    RemoteStartTransactionReq,
    RemoteStopTransactionConf,
    RemoteStopTransactionReq,
    ResetConf,
    ResetReq,
    TriggerMessageConf,
    TriggerMessageReq,
    UnlockConnectorConf,
    UnlockConnectorReq,
)
from model.messages.reservation import (
    CancelReservationConf,
    CancelReservationReq,
    ReserveNowConf,
    ReserveNowReq,
)
from model.messages.security import SecurityEventNotificationConf, SecurityEventNotificationReq
from model.messages.transactions import (
    StartTransactionConf,
    StartTransactionReq,
    StopTransactionConf,
    StopTransactionReq,
)
from model.record import frozen


class Profile(StrEnum):
    """The feature profiles of OCPP 1.6, and the security extension."""

    CORE = "Core"
    FIRMWARE_MANAGEMENT = "FirmwareManagement"
    LOCAL_AUTH_LIST_MANAGEMENT = "LocalAuthListManagement"
    REMOTE_TRIGGER = "RemoteTrigger"
    RESERVATION = "Reservation"
    SMART_CHARGING = "SmartCharging"
    SECURITY = "Security"


class Sender(Enum):
    """Who may send the request."""

    STATION = "station"
    CSMS = "csms"
    EITHER = "either"


@frozen
class Pair:
    """The classes of a request and of its answer."""

    req: type
    conf: type


@frozen
class Action:
    """One operation of the protocol; `pair` is None where it is known and not built in."""

    name: str
    profile: Profile
    sender: Sender
    pair: Pair | None = None


def _core() -> tuple[Action, ...]:
    """All of it (CS-3.3-02, CS-3.3-04)."""
    table: tuple[tuple[str, Sender, type, type], ...] = (
        ("Authorize", Sender.STATION, AuthorizeReq, AuthorizeConf),
        ("BootNotification", Sender.STATION, BootNotificationReq, BootNotificationConf),
        ("ChangeAvailability", Sender.CSMS, ChangeAvailabilityReq, ChangeAvailabilityConf),
        ("ChangeConfiguration", Sender.CSMS, ChangeConfigurationReq, ChangeConfigurationConf),
        ("ClearCache", Sender.CSMS, ClearCacheReq, ClearCacheConf),
        ("DataTransfer", Sender.EITHER, DataTransferReq, DataTransferConf),
        ("GetConfiguration", Sender.CSMS, GetConfigurationReq, GetConfigurationConf),
        ("Heartbeat", Sender.STATION, HeartbeatReq, HeartbeatConf),
        ("MeterValues", Sender.STATION, MeterValuesReq, MeterValuesConf),
        ("RemoteStartTransaction", Sender.CSMS, RemoteStartTransactionReq, RemoteStartTransactionConf),
        ("RemoteStopTransaction", Sender.CSMS, RemoteStopTransactionReq, RemoteStopTransactionConf),
        ("Reset", Sender.CSMS, ResetReq, ResetConf),
        ("StartTransaction", Sender.STATION, StartTransactionReq, StartTransactionConf),
        ("StatusNotification", Sender.STATION, StatusNotificationReq, StatusNotificationConf),
        ("StopTransaction", Sender.STATION, StopTransactionReq, StopTransactionConf),
        ("UnlockConnector", Sender.CSMS, UnlockConnectorReq, UnlockConnectorConf),
    )
    return tuple(Action(name, Profile.CORE, sender, Pair(req, conf)) for name, sender, req, conf in table)


def _local_list() -> tuple[Action, ...]:
    """Both messages (CS-3.3-06)."""
    profile = Profile.LOCAL_AUTH_LIST_MANAGEMENT
    return (
        Action("GetLocalListVersion", profile, Sender.CSMS, Pair(GetLocalListVersionReq, GetLocalListVersionConf)),
        Action("SendLocalList", profile, Sender.CSMS, Pair(SendLocalListReq, SendLocalListConf)),
    )


def _smart_charging() -> tuple[Action, ...]:
    table = (
        ("ClearChargingProfile", ClearChargingProfileReq, ClearChargingProfileConf),
        ("GetCompositeSchedule", GetCompositeScheduleReq, GetCompositeScheduleConf),
        ("SetChargingProfile", SetChargingProfileReq, SetChargingProfileConf),
    )
    return tuple(Action(name, Profile.SMART_CHARGING, Sender.CSMS, Pair(req, conf)) for name, req, conf in table)


def _remote_trigger() -> tuple[Action, ...]:
    """The one message (CS-3.3-09)."""
    return (Action("TriggerMessage", Profile.REMOTE_TRIGGER, Sender.CSMS, Pair(TriggerMessageReq, TriggerMessageConf)),)


def _firmware() -> tuple[Action, ...]:
    diagnostics = Pair(DiagnosticsStatusNotificationReq, DiagnosticsStatusNotificationConf)
    firmware = Pair(FirmwareStatusNotificationReq, FirmwareStatusNotificationConf)
    update = Pair(UpdateFirmwareReq, UpdateFirmwareConf)
    return (
        Action("DiagnosticsStatusNotification", Profile.FIRMWARE_MANAGEMENT, Sender.STATION, diagnostics),
        Action("FirmwareStatusNotification", Profile.FIRMWARE_MANAGEMENT, Sender.STATION, firmware),
        Action("GetDiagnostics", Profile.FIRMWARE_MANAGEMENT, Sender.CSMS, Pair(GetDiagnosticsReq, GetDiagnosticsConf)),
        Action("UpdateFirmware", Profile.FIRMWARE_MANAGEMENT, Sender.CSMS, update),
    )


def _reservation() -> tuple[Action, ...]:
    """Both of them, as the errata has the table of 3.3 (CS-3.3-07)."""
    profile = Profile.RESERVATION
    return (
        Action("CancelReservation", profile, Sender.CSMS, Pair(CancelReservationReq, CancelReservationConf)),
        Action("ReserveNow", profile, Sender.CSMS, Pair(ReserveNowReq, ReserveNowConf)),
    )


def _security() -> tuple[Action, ...]:
    pair = Pair(SecurityEventNotificationReq, SecurityEventNotificationConf)
    return (Action("SecurityEventNotification", Profile.SECURITY, Sender.STATION, pair),)


def _not_built_in() -> tuple[Action, ...]:
    return (
        Action("CertificateSigned", Profile.SECURITY, Sender.CSMS),
        Action("DeleteCertificate", Profile.SECURITY, Sender.CSMS),
        Action("ExtendedTriggerMessage", Profile.SECURITY, Sender.CSMS),
        Action("GetInstalledCertificateIds", Profile.SECURITY, Sender.CSMS),
        Action("GetLog", Profile.SECURITY, Sender.CSMS),
        Action("InstallCertificate", Profile.SECURITY, Sender.CSMS),
        Action("LogStatusNotification", Profile.SECURITY, Sender.STATION),
        Action("SignCertificate", Profile.SECURITY, Sender.STATION),
        Action("SignedFirmwareStatusNotification", Profile.SECURITY, Sender.STATION),
        Action("SignedUpdateFirmware", Profile.SECURITY, Sender.CSMS),
    )


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        action.name: action
        for block in (
            _core,
            _local_list,
            _smart_charging,
            _remote_trigger,
            _reservation,
            _firmware,
            _security,
            _not_built_in,
        )
        for action in block()
    }
)
"""Every action of the protocol by its name, which is case-sensitive (J-4.2.1-03)."""


def acceptable(name: str, profiles: Container[Profile]) -> Pair | CallErrorCode:
    """The classes of a Call that the central system sent to a station of these profiles, or the code that refuses it.

    What belongs to another profile is known and not supported, whatever it says (CS-3.3-03, ERR-3.39-02).
    """
    action = ACTIONS.get(name)
    if action is None:
        return CallErrorCode.NOT_IMPLEMENTED
    if action.pair is None or action.sender is Sender.STATION or action.profile not in profiles:
        return CallErrorCode.NOT_SUPPORTED
    return action.pair


def _names_of_requests() -> Mapping[type, Action]:
    return MappingProxyType({action.pair.req: action for action in ACTIONS.values() if action.pair})


_ACTION_OF = _names_of_requests()


def action_of(req: type) -> Action:
    """The action that a request class belongs to; KeyError for a class that is no request."""
    return _ACTION_OF[req]
