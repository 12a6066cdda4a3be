"""What may never be found in the StatusNotifications of a station: a judgement is one sentence, as in ``books.py``."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from model.matrix import load_matrix
from properties.world.sent import RESULT, Sent, call_in, sent
from properties.world.world import World


def status_complaints(world: World) -> list[str]:
    """What is in the StatusNotifications and may not be."""
    calls = sent(world)
    return [*_unlawful(calls), *_wrong_error(calls), *_said_again(world)]


def _unlawful(calls: list[Sent]) -> Iterator[str]:
    """Two statuses of a connector that follow each other on one connection are a transition of 4.9, or the same."""
    matrix = load_matrix()
    last: dict[tuple[int, int, int], Sent] = {}
    for call in calls:
        if call.action != "StatusNotification" or not call.payload["connectorId"]:
            continue
        key = (call.life, call.connection, call.payload["connectorId"])
        before, last[key] = last.get(key), call
        if before and (step := (before.payload["status"], call.payload["status"]))[0] != step[1]:
            cell = matrix.cell(*step)
            if not cell.lawful:
                yield f"{call}: connector {key[2]} went from {step[0]} to {step[1]}, cell {cell.id} ({cell.clause})"


WITH_A_SILENT_EV = ("Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing")


def _wrong_error(calls: list[Sent]) -> Iterator[str]:
    """Faulted says what is wrong, and an EV that is not heard goes with few statuses (CS-7.7-14, CS-4.9-19)."""
    for call in calls:
        if call.action == "StatusNotification":
            status, code = call.payload["status"], call.payload["errorCode"]
            unsaid = status == "Faulted" and code == "NoError"
            if unsaid or (code == "EVCommunicationError" and status not in WITH_A_SILENT_EV):
                yield f"{call}: {status} with {code}"


def _said_again(world: World) -> Iterator[str]:
    """What the CSMS has confirmed of a connector is said anew when it asks or has accepted the station, not else.

    Faulted may be: an error may come under another one (CS-4.9-17, CS-4.9-26).
    """
    said: dict[int, Sent] = {}
    confirmed: set[str] = set()
    for passed in world.network.log:
        call = call_in(passed) if passed.outward else None
        if call and call.action == "StatusNotification" and (connector := call.payload["connectorId"]):
            before, said[connector] = said.get(connector), call
            if before and before.message_id in confirmed and _same_status(before, call):
                yield f"{call}: {_status(call)} of connector {connector}, which it said at {before.at_s:.2f} s"
        elif (call and call.action == "BootNotification") or (not passed.outward and '"TriggerMessage"' in passed.text):
            said.clear()
        elif not passed.outward and (answer := orjson.loads(passed.text))[0] == RESULT:
            confirmed.add(answer[1])


def _same_status(one: Sent, other: Sent) -> bool:
    return one.connection == other.connection and _status(one) == _status(other) and _status(one)[0] != "Faulted"


def _status(call: Sent) -> tuple[str, str, str]:
    return call.payload["status"], call.payload["errorCode"], call.payload.get("info", "")
