"""The invariants of a world: what crossed the wire, and what may never be found there.

Every judgement is made from outside: from the frames at the station's end of the socket, and from what the CSMS saw.
``violations`` holds at any moment, in the middle of any trouble; ``undelivered`` is asked after everything has healed.
A fault is one sentence that names the message and the moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import orjson

from properties.world.firmware_invariants import firmware_violations
from properties.world.reader_invariants import reader_violations
from properties.world.sent import CALL, ERROR, RESULT, Json, Sent, call_in, sent
from properties.world.status_invariants import status_violations, untold_errors
from properties.world.upload_invariants import upload_violations
from properties.world.world import World
from runtime.core.inputs import PowerUp
from runtime.core.ports import SetPowerLimit, Step

QUEUED = ("StartTransaction", "MeterValues", "StopTransaction")
REGISTER = "Energy.Active.Import.Register"
MOST_REFUSALS = 5
"""Of the same message with 1009: the attempts of the worlds that ask, and what a power cut makes forget of them."""


def violations(world: World) -> list[str]:
    """What is on the wire and may not be."""
    calls = sent(world)
    return [
        *_twice(calls),
        *_together(world),
        *_too_early(world),
        *status_violations(world),
        *reader_violations(world),
        *firmware_violations(world),
        *_backwards(calls, _connectors(world)),
        *_out_of_order(calls),
        *_two_ends(calls),
        *_given_up_early(world),
        *_too_long_again(world),
        *_taken_back(calls),
        *_off_the_clock(calls),
        *_undated(calls),
        *_reserved_for_others(world),
        *upload_violations(world),
        *_peaks(world),
    ]


def undelivered(world: World) -> list[str]:
    """What is still owed to the CSMS, or was never sent to it; empty once all has healed."""
    ledger = world.station.context.ledger
    begun = int(ledger.station.get("transaction", "0"))
    states = [world.state("connector", connector) for connector in world.file.connector_ids]
    running = [state for state in states if state in ("Charging", "SuspendedEV", "SuspendedEVSE")]
    starts = contents(world, "StartTransaction")
    stops = {orjson.dumps(_without_data(stop)) for stop in world.csms.got("StopTransaction")}
    found = []
    if ledger.queue:
        found.append(f"{len(ledger.queue)} messages are still in the queue")
    if ledger.security:
        found.append(f"{len(ledger.security)} security events are still owed (SEC-A04.FR.02)")
    if ledger.uploads or ledger.upload_statuses:
        found.append(f"an upload goes on, or {len(ledger.upload_statuses)} of its statuses are owed (CS-4.4-01)")
    if ledger.update_statuses:
        found.append(f"{len(ledger.update_statuses)} statuses of an update are still owed (CS-4.5-01)")
    if len(starts) != begun:
        found.append(f"{begun} transactions began, and the CSMS saw {len(starts)} different starts")
    if len(stops) != begun - len(running):
        found.append(f"{begun - len(running)} transactions ended, and the CSMS saw {len(stops)} different stops")
    return [*found, *_untold(world)]


def _untold(world: World) -> Iterator[str]:
    """The CSMS knows every status as it stands, and gets heartbeats."""
    engine = world.station.context.engine
    for connector in (0, *world.file.connector_ids):
        stands = engine.value("status", connector) if connector else engine.value("status_zero")
        told = world.csms.statuses(connector)
        if told[-1:] != [stands]:
            yield f"connector {connector} is {stands}, and the CSMS was told {told[-1] if told else 'nothing'}"
    yield from untold_errors(world)
    lately_s = world.clock.now_s - 2 * world.csms.heartbeat_interval_s
    if world.clock.now_s > 2 * world.csms.heartbeat_interval_s and not any(s.at_s > lately_s for s in world.csms.seen):
        yield f"the CSMS has received nothing since {lately_s:.0f} s (CS-4.6-02)"


def contents(world: World, action: str) -> list[Json]:
    """The different payloads of an action that reached the CSMS; one that was sent again counts once."""
    different: list[Json] = []
    for payload in world.csms.got(action):
        if payload not in different:
            different.append(payload)
    return different


# ---- one sentence each -----------------------------------------------------------------------------------


def _twice(calls: list[Sent]) -> Iterator[str]:
    seen: set[str] = set()
    for call in calls:
        if call.message_id in seen:
            yield f"{call} has the message id of an earlier call (J-4.1.4-01)"
        seen.add(call.message_id)


def _together(world: World) -> Iterator[str]:
    """One call at a time, until its answer, its time-out or the end of the connection."""
    timeout_s = world.file.runtime.call_timeout_s
    open_calls: dict[int, Sent] = {}
    for passed in world.network.log:
        frame = json.loads(passed.text) if passed.outward or passed.text.startswith("[") else [0, ""]
        before = open_calls.get(passed.connection)
        if passed.outward and (call := call_in(passed)):
            if before and call.at_s < before.at_s + timeout_s - 1e-6:
                yield f"{call} left while {before} was open (J-4.1.1-01)"
            open_calls[passed.connection] = call
        elif before and not passed.outward and frame[0] in (RESULT, ERROR) and frame[1] == before.message_id:
            del open_calls[passed.connection]


def _too_early(world: World) -> Iterator[str]:
    """Before Accepted nothing but BootNotification leaves; in Pending what was triggered; after Rejected nothing."""
    asked: dict[str, str] = {}
    standing, life, triggered = "", -1, set[str]()
    for passed in world.network.log:
        if passed.life != life:
            life, standing = passed.life, ""
            triggered.clear()
        frame = json.loads(passed.text)
        match frame:
            case [2, message_id, action, _] if passed.outward:
                if action == "BootNotification":
                    asked[message_id] = action
                elif not _may_leave(action, standing, triggered):
                    yield f"{action} at {passed.at_s:.2f} s left in standing {standing or 'unregistered'!r} (CS-4.2-04)"
            case [2, _, "TriggerMessage", payload]:
                triggered.add(payload["requestedMessage"])
            case [3, message_id, payload] if not passed.outward and message_id in asked:
                standing = payload.get("status", standing)
                del asked[message_id]


def _may_leave(action: str, standing: str, triggered: set[str]) -> bool:
    return standing == "Accepted" or (standing == "Pending" and action in triggered)


def _connectors(world: World) -> dict[int, int]:
    """The connector of each transaction id that the CSMS gave."""
    given = ((seen.answer, seen.payload) for seen in world.csms.seen if seen.action == "StartTransaction")
    return {answer["transactionId"]: payload["connectorId"] for answer, payload in given if answer}


def _backwards(calls: list[Sent], connectors: dict[int, int]) -> Iterator[str]:
    """The register of a connector never decreases, in the order of the timestamps that go with it."""
    readings: dict[int, set[tuple[str, int]]] = {}
    for call in calls:
        for connector, at, register_wh in _registers(call, connectors):
            readings.setdefault(connector, set()).add((at, register_wh))
    for connector, shown in readings.items():
        for (earlier, more), (later, less) in pairwise(sorted(shown)):
            if less < more:
                yield f"connector {connector} showed {more} Wh at {earlier} and {less} Wh at {later}"


def _registers(call: Sent, connectors: dict[int, int]) -> Iterator[tuple[int, str, int]]:
    body = call.payload
    if call.action == "StartTransaction":
        yield body["connectorId"], body["timestamp"], body["meterStart"]
    elif call.action == "MeterValues":
        for value in body["meterValue"]:
            yield from ((body["connectorId"], value["timestamp"], wh) for wh in _energy(value))
    elif call.action == "StopTransaction" and body["transactionId"] in connectors:
        yield connectors[body["transactionId"]], body["timestamp"], body["meterStop"]


def _energy(value: Json) -> Iterator[int]:
    return (int(s["value"]) for s in value["sampledValue"] if s.get("measurand", REGISTER) == REGISTER)


def _out_of_order(calls: list[Sent]) -> Iterator[str]:
    """What went through the queue left in the order of its timestamps, each message first.

    A stop for a power loss is dated by the register that was kept last (AQ-7.2), before others that were queued since.
    """
    latest, seen = "", set[bytes]()
    for call in calls:
        key = orjson.dumps([call.action, _without_data(_without_id(call.payload))], option=orjson.OPT_SORT_KEYS)
        if call.action not in QUEUED or _triggered(call) or key in seen:
            continue
        seen.add(key)
        at = _timestamp(call)
        if call.payload.get("reason") == "PowerLoss":
            continue
        if at < latest:
            yield f"{call} is dated {at}, and one of {latest} left before it (CS-3.7-01)"
        latest = at


def _two_ends(calls: list[Sent]) -> Iterator[str]:
    """A transaction has one end: its stop is always the same, and nothing of it follows."""
    ends: dict[int, Json] = {}
    for call in calls:
        number = call.payload.get("transactionId")
        if number is None or number == -1:
            continue
        if call.action == "StopTransaction" and not _same_end(ends.setdefault(number, call.payload), call.payload):
            yield f"{call} ends transaction {number} a second time, and otherwise"
        if call.action == "MeterValues" and number in ends:
            yield f"{call} follows the stop of its transaction {number} (CS-3.7-01)"


def _same_end(first: Json, later: Json) -> bool:
    """The same, but for samples that have given way since (ERR-3.89-03)."""
    kept = first.get("transactionData", [])
    return _without_data(first) == _without_data(later) and all(v in kept for v in later.get("transactionData", []))


def _given_up_early(world: World) -> Iterator[str]:
    """A start is given up only when the CSMS has had it as often as the key says (CS-3.7.1-02, ERR-3.18-01)."""
    keys = [asked.payload for asked in world.csms.calls if asked.action == "ChangeConfiguration"]
    set_to = [key["value"] for key in keys if key.get("key") == "TransactionMessageAttempts"]
    most = min(map(int, [world.settings.get("TransactionMessageAttempts", "3"), *filter(str.isdigit, set_to)]))
    starts = Counter(orjson.dumps(start) for start in world.csms.got("StartTransaction"))
    enough = sum(times >= most for times in starts.values())
    chosen = any(seen.answer and seen.answer.get("transactionId") == -1 for seen in world.csms.seen)
    given_up = [stop for stop in contents(world, "StopTransaction") if stop["transactionId"] == -1]
    if len(given_up) > enough and not chosen and not world.network.refused:
        yield f"a start was given up before the CSMS had it {most} times: {given_up[enough]}"


def _too_long_again(world: World) -> Iterator[str]:
    """What the CSMS closes the connection for, because it takes none so long, is not sent again alike for ever."""
    calls = [frame for text in world.network.refused if (frame := json.loads(text))[0] == CALL]
    times = Counter(orjson.dumps(frame[2:]) for frame in calls)
    for message, refused in times.items():
        if refused > MOST_REFUSALS:
            yield f"the CSMS closed {refused} times for the same {len(message)} bytes of {json.loads(message)[0]}"


def _taken_back(calls: list[Sent]) -> Iterator[str]:
    """A stop does not go behind a register that was shown of its transaction, whatever its date."""
    shown: dict[int, int] = {}
    for call in calls:
        number = call.payload.get("transactionId", -1)
        if number == -1:
            continue
        if call.action == "MeterValues":
            registers = (wh for value in call.payload["meterValue"] for wh in _energy(value))
            shown[number] = max(shown.get(number, 0), *registers, 0)
        elif call.action == "StopTransaction" and call.payload["meterStop"] < shown.get(number, 0):
            yield f"{call} says {call.payload['meterStop']} Wh, and {shown[number]} Wh was shown before"


def _off_the_clock(calls: list[Sent]) -> Iterator[str]:
    """A value on the clock is dated by its boundary, a whole second, and is the only one of its connector there."""
    taken: dict[tuple[int, str], Json] = {}
    for call in calls:
        if call.action != "MeterValues" or _context(call) != "Sample.Clock":
            continue
        at, payload = _timestamp(call), _without_id(call.payload)
        if datetime.fromisoformat(at).microsecond:
            yield f"{call} is dated {at}, which is no boundary (CS-9.1.5-01)"
        if taken.setdefault((payload["connectorId"], at), payload) != payload:
            yield f"{call} gives connector {payload['connectorId']} a second value for {at}"


def _undated(calls: list[Sent]) -> Iterator[str]:
    """Nothing leaves with the date of a clock that was never set (hard case 12)."""
    for call in calls:
        if '"1970-' in orjson.dumps(call.payload).decode():
            yield f"{call} is dated 1970 (CS-4.2.1-04)"


def _reserved_for_others(world: World) -> Iterator[str]:
    """The reservation that a start ends was asked for there, for that token or its group, and ends but once."""
    asked: dict[int, list[Json]] = {}
    for passed in world.network.log:
        match json.loads(passed.text):
            case [2, _, "ReserveNow", body] if not passed.outward:
                asked.setdefault(body["reservationId"], []).append(body)
    used: dict[int, list[Json]] = {}
    for call in sent(world):
        number = call.payload.get("reservationId")
        if number is None or call.payload in used.setdefault(number, []):
            continue
        used[number].append(call.payload)
        if not any(_is_for(world, body, call.payload) for body in asked.get(number, ())):
            yield f"{call} ends reservation {number}, which was not for {call.payload['idTag']} there (CS-5.13-11)"
        elif len(used[number]) > len(asked[number]):
            yield f"{call} ends reservation {number} once more than it was made (CS-5.13-19)"


def _peaks(world: World) -> Iterator[str]:
    """Between two offers of one step the sum is never above what it was before and what it becomes (CS-3.13.3-07)."""
    offered: dict[int, float] = {}
    for at_s, given, step in world.steps:
        if isinstance(given, PowerUp):
            offered.clear()
        sums = [sum(offered.values()), *_sums(offered, step)]
        if max(sums) > max(sums[0], sums[-1]):
            yield f"{max(sums)} W are offered at {at_s:g} s, on the way from {sums[0]} W to {sums[-1]} W"


def _sums(offered: dict[int, float], step: Step) -> Iterator[float]:
    for effect in step.effects:
        if isinstance(effect, SetPowerLimit):
            offered[effect.connector] = effect.limit_w
            yield sum(offered.values())


def _is_for(world: World, reservation: Json, start: Json) -> bool:
    tag = start["idTag"].lower()
    named = tag == reservation["idTag"].lower() or reservation.get("parentIdTag") in _parents(world, tag)
    return named and start["connectorId"] == reservation["connectorId"]


def _parents(world: World, tag: str) -> set[str]:
    """Every parent that the CSMS has ever given the token."""
    answers = (seen.answer for seen in world.csms.seen if seen.payload.get("idTag", "").lower() == tag and seen.answer)
    infos = (answer.get("idTagInfo", {}) for answer in answers)
    return {info["parentIdTag"] for info in infos if "parentIdTag" in info}


def _without_id(payload: Json) -> Json:
    return {name: value for name, value in payload.items() if name != "transactionId"}


def _without_data(payload: Json) -> Json:
    return {name: value for name, value in payload.items() if name != "transactionData"}


def _timestamp(call: Sent) -> str:
    at = call.payload["meterValue"][0]["timestamp"] if call.action == "MeterValues" else call.payload["timestamp"]
    return str(at)


def _triggered(call: Sent) -> bool:
    if call.action != "MeterValues":
        return False
    return _context(call) == "Trigger"


def _context(call: Sent) -> str:
    return str(call.payload["meterValue"][0]["sampledValue"][0].get("context", ""))
