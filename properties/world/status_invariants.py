"""What may never be found in the StatusNotifications of a station: a judgement is one sentence, as in ``books.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from model.language.matrix import load_matrix
from properties.world.sent import Sent, call_in, sent
from properties.world.world import World


def status_violations(world: World) -> list[str]:
    """What is in the StatusNotifications and may not be."""
    calls = sent(world)
    return [*_unlawful(calls), *_wrong_error(calls), *_said_again(world)]


def untold_errors(world: World) -> Iterator[str]:
    """Where nothing is faulted the last report to the CSMS was that there is no error (CS-7.6-08).

    What is reported once, with the status as it stands, has no end that could be reported (CS-3.5.2-13).
    """
    told = {p["connectorId"]: p["errorCode"] for p in world.csms.got("StatusNotification")}
    for connector, code in told.items():
        if not world.broken and code not in ("NoError", "LocalListConflict"):
            yield f"nothing is broken, and of connector {connector} the CSMS was told {code} last"


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
    """Faulted says what is wrong, which no warning is; silence goes with few statuses (CS-7.7-14, CS-4.9-19)."""
    for call in calls:
        if call.action == "StatusNotification":
            status, code = call.payload["status"], call.payload["errorCode"]
            unsaid = status == "Faulted" and code in ("NoError", "WeakSignal", "ReaderFailure")
            if unsaid or (code == "EVCommunicationError" and status not in WITH_A_SILENT_EV):
                yield f"{call}: {status} with {code}"


def _said_again(world: World) -> Iterator[str]:
    """What the CSMS has confirmed of a connector is not said anew on the same connection (ERR-3.19-01).

    Unless it may be: one that was asked for or has failed waits its turn behind others, so from then on nothing is
    judged.
    """
    said: dict[int, Sent] = {}
    confirmed, excused = set[str](), set[int]()
    for passed in world.network.log:
        if passed.outward:
            if (call := call_in(passed)) and call.action == "StatusNotification":
                before, said[call.payload["connectorId"]] = said.get(call.payload["connectorId"]), call
                if before and before.message_id not in confirmed:
                    excused.add(call.connection)
                if before and call.connection not in excused and _same_status(before, call):
                    yield f"{call}: {_status(call)}, which it said at {before.at_s:.2f} s"
        else:
            match json.loads(passed.text):
                case [3, message_id, _]:
                    confirmed.add(message_id)
                case [4, *_] | [2, _, "TriggerMessage", _]:
                    excused.add(passed.connection)


def _same_status(one: Sent, other: Sent) -> bool:
    same = one.connection == other.connection and _status(one) == _status(other)
    return same and one.payload["connectorId"] > 0


def _status(call: Sent) -> tuple[str, ...]:
    body = call.payload
    return f"connector {body['connectorId']}", body["status"], body["errorCode"], body.get("info", "")
