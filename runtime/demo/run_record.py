"""What was heard of the station while the demo ran: rows, frames and steps, for the screen and the pictures."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final

from attrs import define, field

from diagrams.sequence import RunEvent
from runtime.rpc import Call, CallError, CallResult, parse

MACHINES: Final = (
    "link",
    "boot",
    "delivery",
    "cable/1",
    "authorization/1",
    "connector/1",
    "metering/1",
    "transaction/1",
)
"""What the screen shows, in this order; a transaction without its slot."""

UNSEEN: Final = "-"


@define(eq=False)
class RunRecord:
    """Grows while the run goes on; ``states`` is where the machines stand now."""

    began_s: float = field(factory=time.monotonic)
    events: list[RunEvent] = field(factory=list)
    states: dict[str, str] = field(factory=lambda: dict.fromkeys(MACHINES, UNSEEN))
    fired: dict[str, Counter[str]] = field(factory=dict)
    _actions: dict[str, str] = field(factory=dict)

    def note(self, sentence: str) -> RunEvent:
        """Something that the story did."""
        return self._add("note", sentence)

    def hear(self, said: dict[str, Any]) -> RunEvent:
        """One line of the station's events."""
        if said["kind"] == "row":
            return self._row(said)
        return self._frame(said["dir"], said["text"])

    def _row(self, said: dict[str, Any]) -> RunEvent:
        name = said["instance"]
        short = "/".join(name.split("/")[:2])
        if short in self.states:
            self.states[short] = said["to"]
        self.fired.setdefault(said["machine"], Counter())[said["row"]] += 1
        change = f"{said['from']} to {said['to']}" if said["from"] != said["to"] else said["to"]
        return self._add("row", f"{name}: {said['row']}", f"{said['event'].replace('_', ' ')}, {change}")

    def _frame(self, direction: str, text: str) -> RunEvent:
        frame = parse(text)
        label, detail = "unreadable", text
        if isinstance(frame, Call):
            self._actions[frame.message_id] = frame.action
            label, detail = frame.action, summary(frame.action, frame.payload)
        elif isinstance(frame, CallResult):
            action = self._actions.pop(frame.message_id, "?")
            label, detail = f"{action} answered", summary(action, frame.payload)
        elif isinstance(frame, CallError):
            label, detail = frame.code, frame.description
        return self._add(f"frame_{direction}", label, detail)

    def _add(self, kind: str, label: str, detail: str = "") -> RunEvent:
        event = RunEvent(round(time.monotonic() - self.began_s, 3), kind, label, detail)
        self.events.append(event)
        return event

    def power_is_off(self) -> None:
        """Nothing is known of the machines until the next power up."""
        self.states.update(dict.fromkeys(self.states, UNSEEN))


SHOWN: Final = (
    "connectorId", "status", "idTag", "transactionId", "meterStart", "meterStop", "reason", "chargePointModel",
)  # fmt: skip
REGISTER: Final = "Energy.Active.Import.Register"


def summary(action: str, payload: Any) -> str:
    """What matters of a payload, in a few words."""
    words = [f"{name} {payload[name]}" for name in SHOWN if name in payload]
    if "idTagInfo" in payload:
        words.append(payload["idTagInfo"]["status"])
    if action == "MeterValues" and "meterValue" in payload:
        samples = payload["meterValue"][0]["sampledValue"]
        words += [f"{s['value']} {s.get('unit', '')}" for s in samples if s.get("measurand") == REGISTER]
    return ", ".join(words)
