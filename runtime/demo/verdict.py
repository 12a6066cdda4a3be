"""What the central system has to have seen: exact checks on its own frames, after the run.

The checks know nothing of how the station works; they read what passed as a bill would. Each has a sentence, and where
it fails it says what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from model.record import frozen
from runtime.core.rpc import CallError, CallResult, parse
from runtime.demo.csms import Line, Request, requests_in

LOCAL_TAG: Final = "04A2B3C4D5"
REMOTE_TAG: Final = "REMOTE-77"
STATUSES: Final = (
    "Available", "Preparing", "Charging",               # the first power up
    "Preparing", "Charging", "Finishing", "Available",  # the second: the cable was in all the time
)  # fmt: skip
REGISTER: Final = "Energy.Active.Import.Register"


@frozen
class Cut:
    """The power cut, as the box knew it: the register of connector 1 in the last instant, and when that was."""

    register_wh: int
    at: datetime


@frozen
class Check:
    """One thing that has to be so, and what was seen instead."""

    sentence: str
    seen: str = ""

    @property
    def holds(self) -> bool:
        """Nothing else was seen."""
        return not self.seen


def judge(lines: list[Line], cut: Cut) -> list[Check]:
    """Every check over what passed."""
    told = [request for request in requests_in(lines) if request.from_station]
    return [
        _boots(lines),
        _no_errors(lines),
        _same("connector 1 goes through its statuses, in order", list(STATUSES), _statuses(told, 1)),
        _same("connector 2 is Available at each power up", ["Available"] * 2, _statuses(told, 2)),
        _same("the station as a whole is Available at each power up", ["Available"] * 2, _statuses(told, 0)),
        _same("one transaction for each token", [LOCAL_TAG, REMOTE_TAG], [s.payload["idTag"] for s in _starts(told)]),
        _same(
            "one stop for each, the first with PowerLoss",
            list(zip(_ids(lines, told), ("PowerLoss", "Local"), strict=False)),
            [(s.payload["transactionId"], s.payload.get("reason")) for s in _stops(told)],
        ),
        _stop_register(told, cut),
        *_meter_values(lines, told),
        _registers(told),
    ]


def _same(sentence: str, wanted: list[Any], seen: list[Any]) -> Check:
    return Check(sentence, "" if wanted == seen else f"{seen}, not {wanted}")


def _named(told: list[Request], action: str) -> list[Request]:
    return [request for request in told if request.action == action]


def _starts(told: list[Request]) -> list[Request]:
    return _named(told, "StartTransaction")


def _stops(told: list[Request]) -> list[Request]:
    return _named(told, "StopTransaction")


def _statuses(told: list[Request], connector: int) -> list[str]:
    mine = [r.payload for r in _named(told, "StatusNotification") if r.payload["connectorId"] == connector]
    return [payload["status"] for payload in mine]


def _boots(lines: list[Line]) -> Check:
    """The first call on each connection, and no other."""
    calls = [request.action for request in requests_in(lines)]
    first = [
        next((request.action for request in requests_in(lines, nth)), "nothing")
        for nth, line in enumerate(lines)
        if (line.dir, line.text) == ("link", "connected")
    ]
    others = ["BootNotification"] * (calls.count("BootNotification") - first.count("BootNotification"))
    sentence = "one BootNotification for each power up, ahead of everything"
    return _same(sentence, ["BootNotification"] * 2, first + others)


def _no_errors(lines: list[Line]) -> Check:
    errors = [line.text for line in lines if line.dir in ("in", "out") and isinstance(parse(line.text), CallError)]
    return _same("no CALLERROR from either side", [], errors)


def _ids(lines: list[Line], told: list[Request]) -> list[int]:
    """The transaction ids that the central system gave, in order."""
    answers: dict[str, Any] = {}
    for line in lines:
        frame = parse(line.text) if line.dir == "out" else None
        if isinstance(frame, CallResult):
            answers[frame.message_id] = frame.payload
    return [answers[start.message_id]["transactionId"] for start in _starts(told) if start.message_id in answers]


def _stop_register(told: list[Request], cut: Cut) -> Check:
    """Not behind what the CSMS had seen, not ahead of what the meter showed in the last instant."""
    sentence = "the PowerLoss stop has the last register and time that were safe before the cut"
    stop = next((s for s in _stops(told) if s.payload.get("reason") == "PowerLoss"), None)
    if stop is None:
        return Check(sentence, "no such stop")
    known = [value for value in _samples(told, stop.payload["transactionId"]) if value <= cut.register_wh]
    least, seen = max(known, default=0), stop.payload["meterStop"]
    at = datetime.fromisoformat(stop.payload["timestamp"])
    if not least <= seen <= cut.register_wh:
        return Check(sentence, f"{seen} Wh, outside {least} to {cut.register_wh} Wh")
    return Check(sentence, "" if at <= cut.at else f"{at}, after the cut at {cut.at}")


def _samples(told: list[Request], transaction_id: int) -> list[int]:
    """The registers of a transaction's MeterValues, in order, in Wh."""
    mine = [r.payload for r in _named(told, "MeterValues") if r.payload.get("transactionId") == transaction_id]
    sampled = [sample for payload in mine for value in payload["meterValue"] for sample in value["sampledValue"]]
    return [int(sample["value"]) for sample in sampled if sample.get("measurand", REGISTER) == REGISTER]


def _meter_values(lines: list[Line], told: list[Request]) -> Iterator[Check]:
    for transaction_id in _ids(lines, told):
        seen = _samples(told, transaction_id)
        sentence = f"transaction {transaction_id} has MeterValues of a register that rises"
        # One that was in flight when the power went comes again: at least once, never lost.
        rising = len(set(seen)) > 1 and seen == sorted(seen)
        yield Check(sentence, "" if rising else str(seen))


def _registers(told: list[Request]) -> Check:
    ends = [request.payload for request in told if request.action in ("StartTransaction", "StopTransaction")]
    seen: list[int] = [payload["meterStart" if "meterStart" in payload else "meterStop"] for payload in ends]
    return Check("the register never goes back between transactions", "" if seen == sorted(seen) else str(seen))
