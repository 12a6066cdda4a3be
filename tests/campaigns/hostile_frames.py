"""Frames that no station should be sent: sound calls, each bent in one way, and how many answers are due to each.

One answer is due to each CALL whose id can be read (OCPP-J 4.2.3); nothing at all to what is no CALL.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from model.record import frozen

NEVER: Final = "2099-01-01T00:00:00Z"
PERIOD: Final = {"startPeriod": 0, "limit": 11_000}
PROFILE: Final = {
    "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [PERIOD]},
}  # fmt: skip
CALLS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("CancelReservation", {"reservationId": 4}),
    ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
    ("ClearCache", {}),
    ("ClearChargingProfile", {"id": 1}),
    ("DataTransfer", {"vendorId": "com.example", "messageId": "x", "data": "y"}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 600, "chargingRateUnit": "W"}),
    ("GetConfiguration", {"key": ["HeartbeatInterval", "Nothing"]}),
    ("GetLocalListVersion", {}),
    ("RemoteStartTransaction", {"connectorId": 2, "idTag": "REMOTE", "chargingProfile": PROFILE}),
    ("RemoteStopTransaction", {"transactionId": 999_999}),
    ("ReserveNow", {"connectorId": 2, "expiryDate": NEVER, "idTag": "SOMEBODY", "reservationId": 4}),
    ("Reset", {"type": "Medium"}),
    ("SendLocalList", {"listVersion": 7, "updateType": "Full",
                       "localAuthorizationList": [{"idTag": "LISTED", "idTagInfo": {"status": "Accepted"}}]}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("UnlockConnector", {"connectorId": 2}),
)  # fmt: skip
"""Sound, and harmless enough that the station can charge afterwards."""

ODD: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 1.5, 2**31, 2**63, -(2**63) - 1, 10**400, "", "x" * 21, "y" * 501, "z" * 50_000, [], {}, [[]],
    "\u0000", "\u202e\u2028\ufeff", "\U0001f50c" * 20, "e\u0301", "9999-12-31T23:59:60Z", "0001-01-01T00:00:00Z",
    {"a": {"b": {"c": []}}},
)  # fmt: skip
RAW: Final = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    "1" * 5000,
    "01",
    "'x'",
    "",
)
"""What no JSON library writes."""

MEGABYTE_ONE_IN: Final = 2000
SMALL_MEGABYTE, BIG_MEGABYTE = 900_000, 1_100_000
"""Below and beyond the longest message that the station takes (``max_frame_bytes``)."""


@frozen
class Hostile:
    """What is sent, the id that it shows, and how many answers carry that id; ``how`` it was bent."""

    how: str
    content: str | bytes
    message_id: str
    answers: int


Bend = Callable[[random.Random, str, str, dict[str, Any]], tuple[str | bytes, int]]


def _sound(_: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    return json.dumps([2, number, action, payload]), 1


def _cut(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    text = json.dumps([2, number, action, payload])
    readable = text.index(number) + len(number) + 1
    at = rng.randrange(len(text))
    return text[:at], int(at >= readable)


def _more_behind(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    return json.dumps([2, number, action, payload]) + rng.choice(("]", "{", "x", "[2]", "\x00")), 1


def _deep(rng: random.Random, number: str, action: str, _: dict[str, Any]) -> tuple[str, int]:
    depth = rng.choice((33, 100, 5000, 50_000))
    return f'[2,"{number}","{action}",{{"a":{"[" * depth}{"]" * depth}}}]', 1


def _odd_value(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    return json.dumps([2, number, action, _bent(rng, payload, rng.choice(ODD))]), 1


def _raw_value(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    text = json.dumps([2, number, action, _bent(rng, payload, "HERE")])
    return text.replace('"HERE"', rng.choice(RAW)), 1


def _bent(rng: random.Random, payload: dict[str, Any], value: Any) -> dict[str, Any]:
    """The payload with one field, at any depth, in place of which this stands; or one more."""
    name = rng.choice([*payload, "more"])
    inner = payload.get(name)
    if isinstance(inner, dict) and rng.random() < 0.7:
        return payload | {name: _bent(rng, inner, value)}
    if isinstance(inner, list) and inner and isinstance(inner[0], dict) and rng.random() < 0.7:
        return payload | {name: [_bent(rng, inner[0], value), *inner[1:]]}
    return payload | {name: value}


def _less(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    gone = rng.choice([*payload, "nothing"])
    return json.dumps([2, number, action, {name: payload[name] for name in payload if name != gone}]), 1


def _elements(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    rest = rng.choice(
        ([], [action], [action, payload, {}], [action, []], [action, None], [7, {}], [action, "x"], [payload, action])
    )
    return json.dumps([2, number, *rest]), 1


def _unknown(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    names = (
        "MakeCoffee",
        action.lower(),
        "",
        "BootNotification",
        "Heartbeat",
        "x" * 10_000,
        action + "\u0000",
        "__class__",
    )
    return json.dumps([2, number, rng.choice(names), payload]), 1


def _kind(rng: random.Random, number: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    return json.dumps([rng.choice((0, 1, 5, -2, 2.0, "2", None, True, [2], 10**30)), number, action, payload]), 0


def _no_id(rng: random.Random, _: str, action: str, payload: dict[str, Any]) -> tuple[str, int]:
    return json.dumps([2, rng.choice((None, 7, 1.5, [], {}, True)), action, payload]), 0


def _answer_to_nothing(rng: random.Random, number: str, _: str, payload: dict[str, Any]) -> tuple[str, int]:
    sound: tuple[list[Any], ...] = ([3, number, payload], [4, number, "GenericError", "", {}])
    bent: tuple[list[Any], ...] = ([3, number], [3, number, []], [4, number], [4, number, 1, 2, 3, 4], [3], [4])
    return json.dumps(rng.choice(sound + bent)), 0


def _no_frame(rng: random.Random, _: str, action: str, payload: dict[str, Any]) -> tuple[str | bytes, int]:
    return rng.choice(("", "hello", "{}", "[]", "[2]", "null", "2", "\ufeff[2]", json.dumps(payload), b"\x00\xff", b"",
                       json.dumps([2, action]).encode())), 0  # fmt: skip


BENDS: Final[dict[str, Bend]] = {
    "sound": _sound, "cut": _cut, "more behind": _more_behind, "deep": _deep, "odd value": _odd_value,
    "raw value": _raw_value, "field gone": _less, "elements": _elements, "unknown action": _unknown,
    "message type": _kind, "no id": _no_id, "answer to nothing": _answer_to_nothing, "no frame": _no_frame,
}  # fmt: skip


def hostile_frames(rng: random.Random, count: int) -> Iterator[Hostile]:
    """So many of them, the same for the same seed."""
    for nth in range(count):
        number = f"h{nth:07}"
        if rng.randrange(MEGABYTE_ONE_IN) == 0:
            yield _megabyte(rng, number)
            continue
        how = rng.choice(list(BENDS))
        content, answers = BENDS[how](rng, number, *rng.choice(CALLS))
        yield Hostile(how, content, number, answers)
        if how == "sound" and rng.random() < 0.1:
            yield Hostile("the same again", content, number, answers)


def _megabyte(rng: random.Random, number: str) -> Hostile:
    size = rng.choice((SMALL_MEGABYTE, BIG_MEGABYTE))
    text = json.dumps([2, number, "DataTransfer", {"vendorId": "x", "data": "y" * size}])
    return Hostile(f"{size} bytes", text, number, 1)
