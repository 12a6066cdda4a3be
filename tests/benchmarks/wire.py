"""What passes in a benchmark: the requests of the CSMS, its answers, and what a peer without any logic says.

One place, so that every station gets byte for byte the same requests, and the floors send frames of the length that a
station sends. Texts are built once; only message ids are filled in.
"""

from __future__ import annotations

from typing import Final

KEY: Final = "HeartbeatInterval"
CHANGED_KEY: Final = "ConnectionTimeOut"
ID_TAG: Final = "BENCH"

_TIME: Final = '"currentTime":"2026-01-01T00:00:00.000Z"'

REQUESTS: Final = {
    "get": ('"GetConfiguration",{"key":["' + KEY + '"]}]',) * 2,
    "change": tuple(f'"ChangeConfiguration",{{"key":"{CHANGED_KEY}","value":"{value}"}}]' for value in (60, 61)),
    "trigger": ('"TriggerMessage",{"requestedMessage":"Heartbeat"}]',) * 2,
}
"""What follows the message id in a request of each measure; two of them take turns, so that each change is one."""

REMOTE_START: Final = '"RemoteStartTransaction",{"connectorId":1,"idTag":"' + ID_TAG + '"}]'


def remote_stop(transaction_id: int) -> str:
    """What follows the message id in a RemoteStopTransaction."""
    return f'"RemoteStopTransaction",{{"transactionId":{transaction_id}}}]'


ANSWERS: Final = {
    "BootNotification": "{" + _TIME + ',"interval":3600,"status":"Accepted"}]',
    "Heartbeat": "{" + _TIME + "}]",
    "StatusNotification": "{}]",
    "MeterValues": "{}]",
    "Authorize": '{"idTagInfo":{"status":"Accepted"}}]',
    "StopTransaction": "{}]",
    "SecurityEventNotification": "{}]",
}
"""What follows the message id in the CSMS's answer to a station; StartTransaction gets a number of its own."""


def start_answer(transaction_id: int) -> str:
    """What follows the message id in the answer to StartTransaction."""
    return f'{{"transactionId":{transaction_id},"idTagInfo":{{"status":"Accepted"}}}}]'


# ---- the floors: constants ---------------------------------------------------------------------------------

_ACCEPTED: Final = '[3,"0",{"status":"Accepted"}]'
_AT: Final = '"timestamp":"2026-01-01T00:00:00.000Z"'
_STATUS: Final = '[2,"{}","StatusNotification",{{"connectorId":1,"errorCode":"NoError","status":"{}",' + _AT + "}}]"

BOOT: Final = (
    '[2,"boot","BootNotification",{"chargePointVendor":"Livoltek","chargePointModel":"M06010E2EYFG",'
    '"chargePointSerialNumber":"M06010E2EYFG0001"}]'
)

CONSTANTS: Final = {
    "GetConfiguration": ('[3,"0",{"configurationKey":[{"key":"' + KEY + '","readonly":false,"value":"3600"}]}]',),
    "ChangeConfiguration": (_ACCEPTED,),
    "TriggerMessage": (_ACCEPTED, '[2,"heartbeat","Heartbeat",{}]'),
    "RemoteStartTransaction": (_ACCEPTED, _STATUS.format("preparing", "Preparing")),
    "RemoteStopTransaction": (
        _ACCEPTED,
        '[2,"stop","StopTransaction",{"transactionId":1,"meterStop":8,"reason":"Remote",' + _AT + "}]",
    ),
    "preparing": (
        '[2,"start","StartTransaction",{"connectorId":1,"idTag":"' + ID_TAG + '","meterStart":0,' + _AT + "}]",
    ),
    "start": (_STATUS.format("charging", "Charging"),),
    "stop": (_STATUS.format("finishing", "Finishing"),),
}
"""What a floor sends on a request of that action, or on the answer to its own call of that id."""


def constants(text: str) -> tuple[str, ...]:
    """What a floor says to a frame; it looks at the action, or the id, and at nothing else."""
    parts = text.split('"', 4)
    return CONSTANTS.get(parts[3] if text[1] == "2" else parts[1], ())


_SAMPLED: Final = ",".join(
    f'{{"value":"{value}","context":"Sample.Periodic","measurand":"{measurand}","location":"Outlet","unit":"{unit}"}}'
    for value, measurand, unit in (
        ("1200033", "Energy.Active.Import.Register", "Wh"),
        ("400.0", "Voltage", "V"),
        ("60000", "Power.Offered", "W"),
        ("150.0", "Current.Import", "A"),
        ("60000", "Power.Active.Import", "W"),
    )
)

METER_VALUES: Final = (
    '[2,"12345678-1234-4123-8123-123456789012","MeterValues",{"connectorId":1,"transactionId":1001,"meterValue":'
    '[{"timestamp":"2026-01-01T00:00:00.000Z","sampledValue":[' + _SAMPLED + "]}]}]"
).encode()
"""A queued sample of five measurands, as a station sends it."""
