"""What was seen of the station while the demo ran: rows, frames and steps, for the screen and the pictures."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field

from diagrams.sequence import RunEvent
from runtime.core.rpc import Call, CallError, CallResult, parse

MACHINES: Final = (
    "link",
    "boot",
    "transaction_queue",
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

    began: datetime = field(factory=lambda: datetime.now(UTC))
    events: list[RunEvent] = field(factory=list)
    states: dict[str, str] = field(factory=lambda: dict.fromkeys(MACHINES, UNSEEN))
    fired: dict[str, Counter[str]] = field(factory=dict)
    _actions: dict[str, str] = field(factory=dict)

    def note(self, sentence: str) -> RunEvent:
        """Something that the story did."""
        return self._add(datetime.now(UTC), "note", sentence)

    def hear(self, said: dict[str, Any]) -> RunEvent:
        """One line of the station's events."""
        at = datetime.fromisoformat(said["at"])
        if said["kind"] == "row":
            return self._row(at, said)
        return self._frame(at, said["dir"], said["text"])

    def in_order(self) -> list[RunEvent]:
        """The events by their own time: what the story did and what the station said come by different ways."""
        return sorted(self.events, key=lambda event: event.at_s)

    def seconds(self) -> float:
        """Since it began."""
        return (datetime.now(UTC) - self.began).total_seconds()

    def _row(self, at: datetime, said: dict[str, Any]) -> RunEvent:
        name = said["instance"]
        short = "/".join(name.split("/")[:2])
        if short in self.states:
            self.states[short] = said["to"]
        self.fired.setdefault(said["machine"], Counter())[said["row"]] += 1
        change = f"{said['from']} to {said['to']}" if said["from"] != said["to"] else said["to"]
        return self._add(at, "row", f"{name}: {said['row']}", f"{said['event'].replace('_', ' ')}, {change}")

    def _frame(self, at: datetime, direction: str, text: str) -> RunEvent:
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
        return self._add(at, f"frame_{direction}", label, detail)

    def _add(self, at: datetime, kind: str, label: str, detail: str = "") -> RunEvent:
        event = RunEvent(round((at - self.began).total_seconds(), 3), kind, label, detail)
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
