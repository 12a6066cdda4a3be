"""Every value of every enumeration of clause 7 passes in its place in a message, both ways, and nothing else does.

The catalogue has an entry for each value, titled ``Enumeration Value``; so a value that is in one of the two and not in
the other is found here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import pytest

from model.catalogue import load_catalogue
from model.messages.authorization import AuthorizeConf, ClearCacheConf, ClearCacheStatus
from model.messages.availability import (
    AvailabilityStatus,
    AvailabilityType,
    ChangeAvailabilityConf,
    ChangeAvailabilityReq,
    ChargePointErrorCode,
    ChargePointStatus,
    StatusNotificationReq,
)
from model.messages.boot import BootNotificationConf, RegistrationStatus
from model.messages.codec import structure, unstructure
from model.messages.configuration import ChangeConfigurationConf, ConfigurationStatus
from model.messages.data_transfer import DataTransferConf, DataTransferStatus
from model.messages.errors import BadPayloadError
from model.messages.firmware import (
    DiagnosticsStatus,
    DiagnosticsStatusNotificationReq,
    FirmwareStatus,
    FirmwareStatusNotificationReq,
)
from model.messages.local_list import SendLocalListConf, SendLocalListReq, UpdateStatus, UpdateType
from model.messages.metering import (
    Location,
    Measurand,
    MeterValuesReq,
    Phase,
    ReadingContext,
    UnitOfMeasure,
    ValueFormat,
)
from model.messages.remote import (
    MessageTrigger,
    RemoteStartStopStatus,
    RemoteStartTransactionConf,
    ResetConf,
    ResetReq,
    ResetStatus,
    ResetType,
    TriggerMessageConf,
    TriggerMessageReq,
    TriggerMessageStatus,
    UnlockConnectorConf,
    UnlockStatus,
)
from model.messages.transactions import Reason, StopTransactionReq
from model.messages.types import AuthorizationStatus
from tests.covering import covers

NOW = "2026-01-01T00:00:00.000Z"
Payload = dict[str, Any]


def in_status(value: str) -> Payload:
    return {"status": value}


def in_sample(field: str) -> Callable[[str], Payload]:
    def payload(value: str) -> Payload:
        return {"connectorId": 1, "meterValue": [{"timestamp": NOW, "sampledValue": [{"value": "1", field: value}]}]}

    return payload


def in_notification(status: str, error: str) -> Payload:
    return {"connectorId": 1, "errorCode": error, "status": status}


PLACES: Mapping[type[StrEnum], tuple[type, Callable[[str], Payload]]] = {
    AuthorizationStatus: (AuthorizeConf, lambda value: {"idTagInfo": {"status": value}}),
    AvailabilityStatus: (ChangeAvailabilityConf, in_status),
    AvailabilityType: (ChangeAvailabilityReq, lambda value: {"connectorId": 0, "type": value}),
    ChargePointErrorCode: (StatusNotificationReq, lambda value: in_notification("Faulted", value)),
    ChargePointStatus: (StatusNotificationReq, lambda value: in_notification(value, "NoError")),
    ClearCacheStatus: (ClearCacheConf, in_status),
    ConfigurationStatus: (ChangeConfigurationConf, in_status),
    DataTransferStatus: (DataTransferConf, in_status),
    DiagnosticsStatus: (DiagnosticsStatusNotificationReq, in_status),
    FirmwareStatus: (FirmwareStatusNotificationReq, in_status),
    Location: (MeterValuesReq, in_sample("location")),
    Measurand: (MeterValuesReq, in_sample("measurand")),
    MessageTrigger: (TriggerMessageReq, lambda value: {"requestedMessage": value}),
    Phase: (MeterValuesReq, in_sample("phase")),
    ReadingContext: (MeterValuesReq, in_sample("context")),
    Reason: (
        StopTransactionReq,
        lambda value: {"transactionId": 1, "meterStop": 1, "timestamp": NOW, "reason": value},
    ),
    RegistrationStatus: (BootNotificationConf, lambda value: {"currentTime": NOW, "interval": 1, "status": value}),
    RemoteStartStopStatus: (RemoteStartTransactionConf, in_status),
    ResetStatus: (ResetConf, in_status),
    ResetType: (ResetReq, lambda value: {"type": value}),
    TriggerMessageStatus: (TriggerMessageConf, in_status),
    UnitOfMeasure: (MeterValuesReq, in_sample("unit")),
    UnlockStatus: (UnlockConnectorConf, in_status),
    UpdateStatus: (SendLocalListConf, in_status),
    UpdateType: (SendLocalListReq, lambda value: {"listVersion": 1, "updateType": value}),
    ValueFormat: (MeterValuesReq, in_sample("format")),
}
"""A message that each enumeration stands in, and how it is written with one of its values."""

OPEN = (MessageTrigger,)
"""A value that the enumeration lacks is answered, not refused (CS-7.44-03)."""

OTHERWISE = {
    ("Location", "Outlet"): ("CS-7.30-05",),
    ("ResetType", "Hard"): ("CS-7.42-01",),
    ("ResetType", "Soft"): ("CS-7.42-04",),
    ("ChargePointStatus", "Reserved"): (),
    **{("ChargePointStatus", name): (f"CS-7.7-{number:02}",) for number, name in [
        (4, "Available"), (5, "Preparing"), (6, "Charging"), (7, "SuspendedEVSE"), (8, "SuspendedEV"),
        (9, "Finishing"), (11, "Unavailable"), (14, "Faulted"),
    ]},
}  # fmt: skip
"""Entries of the catalogue that have a title of another form."""

WHOLE = {"Phase": ("CS-7.34-01",), "UnitOfMeasure": ("CS-7.45-01", "CS-7.45-03", "ERR5-J2.1-01")}
"""Enumerations with one entry for all their values."""

BY_TITLE = {requirement.title: requirement.id for requirement in load_catalogue()}


def entries(kind: type[StrEnum], value: str) -> tuple[str, ...]:
    named = BY_TITLE.get(f"{kind.__name__} {value}")
    return OTHERWISE.get((kind.__name__, value), (named,) if named else WHOLE.get(kind.__name__, ()))


VALUES = [
    pytest.param(kind, value.value, id=f"{kind.__name__}-{value.value}", marks=covers(*entries(kind, value.value)))
    for kind in PLACES
    for value in kind
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_each_value_passes_both_ways(kind: type[StrEnum], value: str) -> None:
    message, payload = PLACES[kind]
    assert unstructure(structure(message, payload(value))) == payload(value)


@pytest.mark.parametrize("kind", [kind for kind in PLACES if kind not in OPEN])
def test_what_the_enumeration_lacks_is_refused(kind: type[StrEnum]) -> None:
    message, payload = PLACES[kind]
    for wrong in (f"{next(iter(kind))}x", next(iter(kind)).upper(), ""):
        if wrong not in list(kind):
            with pytest.raises(BadPayloadError):
                structure(message, payload(wrong))


@covers("CS-4.9-06", "ERR-4.29-01", "ERR-3.77-01", "ERR-3.77-02", "ERR-3.77-03")
def test_the_catalogue_and_the_classes_have_the_same_values() -> None:
    names = {kind.__name__: kind for kind in PLACES}
    titled = [title.split(" ", 1) for title in BY_TITLE if title.split(" ", 1)[0] in names]
    values = {(kind, value) for kind, value in titled if value and not value.startswith(("is ", "leads ", "gets "))}
    strangers = {(kind, value) for kind, value in values if value not in list(names[kind]) and " " not in value}
    assert not strangers
    assert not [f"{kind.__name__}.{value}" for kind in PLACES for value in kind if not _known(kind, value)]


def _known(kind: type[StrEnum], value: str) -> bool:
    return bool(entries(kind, value)) or (kind.__name__, value) in OTHERWISE
