"""What has to hold of every record, whatever was done to the station: each rule gives a sentence for each violation.

The rules know nothing of how the station works; they read the record as an operator and his billing would.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from model.record import frozen
from tests.campaigns.csms import CALL, ERROR, IDENTIFYING, RESULT, Entry

REGISTER: Final = "Energy.Active.Import.Register"
OF_TRANSACTIONS: Final = ("StartTransaction", "MeterValues", "StopTransaction")


@frozen
class Request:
    """A request of the station, with the answer that it got (None for none)."""

    entry: Entry
    action: str
    payload: dict[str, Any]
    answer: dict[str, Any] | None


@frozen
class Told:
    """The record, read once: the station's requests in order, each with its answer."""

    record: Sequence[Entry]
    requests: tuple[Request, ...]

    def of(self, *actions: str) -> list[Request]:
        """Those of these actions."""
        return [request for request in self.requests if request.action in actions]

    def firsts(self, *actions: str) -> list[Request]:
        """Those of these actions, each content once: what was sent again is left out."""
        return list({_content(request): request for request in reversed(self.of(*actions))}.values())[::-1]


def read(record: Sequence[Entry]) -> Told:
    """The record as requests and answers."""
    answers = {
        (entry.connection, entry.frame[1]): entry.frame[2]
        for entry in record if entry.to_station and entry.frame[0] == RESULT
    }  # fmt: skip
    calls = (entry for entry in record if entry.is_call and not entry.to_station)
    return Told(
        record,
        tuple(
            Request(entry, entry.frame[2], entry.frame[3], answers.get((entry.connection, entry.frame[1])))
            for entry in calls
        ),
    )


def _content(request: Request) -> str:
    return json.dumps([request.action, request.payload], sort_keys=True)


# ---- the wire --------------------------------------------------------------------------------------------


def boots_first(told: Told) -> Iterator[str]:
    """CS-4.2: the first frame of each life is a BootNotification, and nothing else goes before one is accepted."""
    lives: dict[int, list[Request]] = defaultdict(list)
    for request in told.requests:
        lives[request.entry.process].append(request)
    for process, requests in lives.items():
        for request in requests:
            if request.action != "BootNotification":
                yield f"life {process}: {request.action} before a BootNotification was accepted"
                break
            if request.answer is not None:
                break


def answers_once(told: Told) -> Iterator[str]:
    """OCPP-J 4.1: each CALL is answered once at most, nothing else is answered, and none of ours is refused."""
    asked = {entry.frame[1]: entry.frame[2] for entry in told.record if entry.to_station and entry.is_call}
    said = [
        entry.frame for entry in told.record
        if not entry.to_station and isinstance(entry.frame, list) and entry.frame[:1] in ([RESULT], [ERROR])
    ]  # fmt: skip
    for message_id, times in Counter(str(frame[1]) for frame in said).items():
        if times > 1 or message_id not in asked:
            yield f"{asked.get(message_id, 'nothing')} ({message_id}) was answered {times} times"
    yield from (f"a sound call was refused: {frame}" for frame in said if frame[0] == ERROR)


def sends_frames(told: Told) -> Iterator[str]:
    """Everything that the station sends is a frame of OCPP-J."""
    for entry in told.record:
        frame = entry.frame
        if not entry.to_station and not (isinstance(frame, list) and frame and frame[0] in (CALL, RESULT, ERROR)):
            yield f"no frame: {str(frame)[:200]}"


# ---- transactions ----------------------------------------------------------------------------------------


def one_content_of_each_stop(told: Told) -> Iterator[str]:
    """One StopTransaction.req for each transaction; what is sent again is the same to the letter (ERR-3.18)."""
    stops: dict[int, list[Request]] = defaultdict(list)
    for stop in told.firsts("StopTransaction"):
        stops[stop.payload["transactionId"]].append(stop)
    for transaction_id, contents in stops.items():
        if len(contents) > 1:
            yield f"transaction {transaction_id} was stopped in {len(contents)} ways: {[c.payload for c in contents]}"


def one_start_of_each_session(told: Told) -> Iterator[str]:
    """Every session has a token of its own here, so one token has one StartTransaction.req."""
    for id_tag, times in Counter(start.payload["idTag"] for start in told.firsts("StartTransaction")).items():
        if times > 1:
            yield f"{times} different StartTransaction.req for {id_tag}"


def keeps_its_order(told: Told) -> Iterator[str]:
    """CS-3.7.1-02: start, meter values, stop; nothing of a transaction comes behind its stop, or before its start."""
    known: set[int] = set()
    stopped: set[int] = set()
    for request in told.of(*OF_TRANSACTIONS):
        if request.action == "StartTransaction":
            known |= {request.answer["transactionId"]} if request.answer else set()
            continue
        number = request.payload.get("transactionId")
        if number is None:
            continue
        if number not in known:
            yield f"{request.action} of transaction {number}, which the CSMS never answered"
        if request.action == "MeterValues" and number in stopped:
            yield f"MeterValues of transaction {number} behind its stop"
        stopped |= {number} if request.action == "StopTransaction" else set()


def registers_rise(told: Told) -> Iterator[str]:
    """The meter of a connector never goes back, from transaction to transaction."""
    connectors: dict[int, int] = {}
    last: dict[int, tuple[int, str]] = {}
    for request in told.firsts(*OF_TRANSACTIONS):
        if request.action == "StartTransaction" and request.answer:
            connectors[request.answer["transactionId"]] = request.payload["connectorId"]
        connector = request.payload.get("connectorId") or connectors.get(request.payload.get("transactionId", -1))
        for register in _registers(request.payload):
            before, by = last.get(connector or 0, (0, ""))
            if connector and register < before:
                yield f"connector {connector} went from {before} Wh ({by}) to {register} Wh ({request.payload})"
            last[connector or 0] = (register, f"{request.action} {request.payload.get('transactionId', '')}")


def _registers(payload: dict[str, Any]) -> list[int]:
    ends = [int(payload[name]) for name in ("meterStart", "meterStop") if name in payload]
    samples = [sample for value in payload.get("meterValue", []) for sample in value["sampledValue"]]
    return ends + [int(float(s["value"])) for s in samples if s.get("measurand", REGISTER) == REGISTER]


def _key(start: Request) -> tuple[Any, ...]:
    return tuple(start.payload.get(name) for name in IDENTIFYING)


def every_transaction_ends(told: Told) -> Iterator[str]:
    """Once all is healed and delivered: each transaction that the CSMS knows has its stop."""
    stopped = {stop.payload["transactionId"] for stop in told.of("StopTransaction")}
    numbers = {_key(start): start.answer["transactionId"] for start in told.of("StartTransaction") if start.answer}
    for start in told.firsts("StartTransaction"):
        number = numbers.get(_key(start))
        if number is None:
            yield f"the start for {start.payload['idTag']} was never answered, nor sent again"
        elif number not in stopped:
            yield f"transaction {number} ({start.payload['idTag']}) has no stop"


def nothing_is_lost(told: Told, seen: Iterable[str]) -> Iterator[str]:
    """What somebody at the box saw running, by its token, the CSMS has heard of."""
    started = {start.payload["idTag"] for start in told.of("StartTransaction")}
    yield from (
        f"the session of {id_tag} ran, and the CSMS has not heard of it" for id_tag in sorted({*seen} - started)
    )


Rule = Callable[[Told], Iterator[str]]
ALWAYS: Final[tuple[Rule, ...]] = (
    boots_first, answers_once, sends_frames, one_content_of_each_stop, one_start_of_each_session, keeps_its_order,
    registers_rise,
)  # fmt: skip
"""What holds at any moment."""

DELIVERED: Final[tuple[Rule, ...]] = (*ALWAYS, every_transaction_ends)
"""And what holds once the faults are over and all is delivered."""


def violations(record: Sequence[Entry], rules: Iterable[Rule], seen: Iterable[str] = ()) -> list[str]:
    """Everything that does not hold, each with the name of its rule."""
    told = read(record)
    found = [f"{rule.__name__}: {sentence}" for rule in rules for sentence in rule(told)]
    return found + [f"nothing_is_lost: {sentence}" for sentence in nothing_is_lost(told, seen)]
