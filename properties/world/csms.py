"""A central system on the other end, which exchanges real frames and can be set to misbehave.

What it says to a call follows from its ``script``: the next reply that was planned for the action, else the standing
one, else the good answer. ``seen`` is everything that reached it, in order, with what it answered: the only evidence
that the world judges a station by.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import orjson
from attrs import define, evolve, field, frozen

from properties.world.clock import VirtualClock

Json = dict[str, Any]


@frozen
class Reply:
    """How the CSMS treats one call."""

    answer: Json = field(factory=dict)
    """Laid over the good answer, key by key."""
    error: str = ""
    """A CALLERROR of that code instead."""
    silent: bool = False
    after_s: float = 0.0
    times: int = 1
    hangs_up: bool = False
    """The socket dies instead of an answer: the call has been received."""


GOOD = Reply()
SILENT = Reply(silent=True)
TWICE = Reply(times=2)
HANGS_UP = Reply(hangs_up=True)


def error(code: str = "InternalError") -> Reply:
    """A CALLERROR."""
    return Reply(error=code)


def late(after_s: float) -> Reply:
    """The good answer, too late or nearly so."""
    return Reply(after_s=after_s)


def says(**answer: Any) -> Reply:
    """The good answer with these fields."""
    return Reply(answer=answer)


def refuses(status: str = "Blocked") -> Reply:
    """An idTagInfo that is not Accepted."""
    return Reply(answer={"idTagInfo": {"status": status}})


@frozen
class Seen:
    """One call of the station that reached the CSMS, and how it was answered (None: not, or not yet)."""

    at_s: float
    connection: int
    message_id: str
    action: str
    payload: Json
    answer: Json | None = None
    error: str = ""


@define(eq=False)
class Asked:
    """A call of the CSMS, and what the station said to it."""

    action: str
    payload: Json
    message_id: str
    answer: Json | None = None
    error: str = ""
    answered_at_s: float | None = None


@define(eq=False)
class Csms:
    """Satisfies ``properties.world.network.Listener``."""

    clock: VirtualClock
    send: Callable[[str], None] = field(default=lambda _: None)
    hang_up: Callable[[str], None] = field(default=lambda _: None)
    tokens: dict[str, Json] = field(factory=dict)
    """What Authorize and StartTransaction say of an id tag, by its lower-case text; all others are Invalid."""
    transaction_ids: Iterator[int] = field(factory=lambda: count(1001))
    heartbeat_interval_s: int = 300
    ahead_s: float = 0.0
    """How far its clock is ahead of everybody else's."""
    seen: list[Seen] = field(factory=list)
    strays: list[str] = field(factory=list)
    """Frames that were no call and no answer to one of ours."""
    calls: list[Asked] = field(factory=list)
    standing: dict[str, Reply] = field(factory=dict)
    planned: dict[str, deque[Reply]] = field(factory=dict)
    connection: int = 0
    _asked: dict[str, Asked] = field(factory=dict)
    _given: dict[str, int] = field(factory=dict)
    _numbers: Iterator[int] = field(factory=lambda: count(1))

    # ---- its script --------------------------------------------------------------------------------------

    def plan(self, action: str, *replies: Reply) -> None:
        """Treat the next calls of that action so, one reply each."""
        self.planned.setdefault(action, deque()).extend(replies)

    def always(self, action: str, reply: Reply) -> None:
        """Treat every call of that action so, until this is set anew."""
        self.standing[action] = reply

    def behave(self) -> None:
        """Answer everything well from now on."""
        self.standing.clear()
        self.planned.clear()

    def call(self, action: str, **payload: Any) -> Asked:
        """Ask the station for something; the answer appears in what is returned."""
        asked = Asked(action, payload, f"csms-{next(self._numbers)}")
        self._asked[asked.message_id] = asked
        self.calls.append(asked)
        self.send(orjson.dumps([2, asked.message_id, action, payload]).decode())
        return asked

    # ---- what it saw -------------------------------------------------------------------------------------

    def got(self, action: str) -> list[Json]:
        """The payloads of every call of that action."""
        return [seen.payload for seen in self.seen if seen.action == action]

    def actions(self) -> list[str]:
        """The actions that reached it, in order."""
        return [seen.action for seen in self.seen]

    def statuses(self, connector: int) -> list[str]:
        """The statuses of a connector that were reported to it, in order."""
        return [p["status"] for p in self.got("StatusNotification") if p["connectorId"] == connector]

    # ---- Listener ----------------------------------------------------------------------------------------

    def opened(self, connection: int) -> None:
        """A websocket is open."""
        self.connection = connection

    def closed(self, connection: int) -> None:
        """The websocket is gone, and the answers with it."""
        assert connection == self.connection, "one websocket at a time"
        self._asked.clear()

    def received(self, connection: int, text: str) -> None:
        """A frame has arrived."""
        frame = orjson.loads(text)
        match frame:
            case [2, message_id, action, payload]:
                self._treat(Seen(self.clock.now_s, connection, message_id, action, payload))
            case [3, message_id, payload] if message_id in self._asked:
                self._close(message_id, payload, "")
            case [4, message_id, code, *_] if message_id in self._asked:
                self._close(message_id, None, code)
            case _:
                self.strays.append(text)

    def _close(self, message_id: str, answer: Json | None, code: str) -> None:
        asked = self._asked.pop(message_id)
        asked.answer, asked.error, asked.answered_at_s = answer, code, self.clock.now_s

    def _treat(self, seen: Seen) -> None:
        reply = self._reply(seen.action)
        answer = None if reply.error or reply.silent or reply.hangs_up else self._good(seen) | reply.answer
        self.seen.append(evolve(seen, answer=answer, error=reply.error))
        if reply.hangs_up:
            self.hang_up("the CSMS is gone")
        elif not reply.silent:
            text = _answer(seen.message_id, answer, reply.error)
            for _ in range(reply.times):
                self._send(reply.after_s, text)

    def _reply(self, action: str) -> Reply:
        planned = self.planned.get(action) or self.planned.get("*")
        if planned:
            return planned.popleft()
        return self.standing.get(action) or self.standing.get("*") or GOOD

    def _send(self, after_s: float, text: str) -> None:
        if not after_s:
            self.send(text)
            return
        # A late answer goes out on whatever connection is then open, as a CSMS behind a proxy may do.
        self.clock.call_later(after_s, lambda: self.send(text))

    # ---- good answers ------------------------------------------------------------------------------------

    def _good(self, seen: Seen) -> Json:
        now = (self.clock.true_utc() + timedelta(seconds=self.ahead_s)).isoformat().replace("+00:00", "Z")
        match seen.action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": now, "interval": self.heartbeat_interval_s}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize":
                return {"idTagInfo": self._info(seen.payload["idTag"])}
            case "StartTransaction":
                info = self._info(seen.payload["idTag"])
                return {"idTagInfo": info, "transactionId": self._transaction_id(seen.payload)}
            case "DataTransfer":
                return {"status": "Accepted"}
        return {}

    def _info(self, id_tag: str) -> Json:
        return self.tokens.get(id_tag.lower(), {"status": "Invalid"})

    def _transaction_id(self, start: Mapping[str, Any]) -> int:
        """The same start, sent again, is the same transaction."""
        key = f"{start['connectorId']} {start['idTag']} {start['timestamp']} {start['meterStart']}"
        if key not in self._given:
            self._given[key] = next(self.transaction_ids)
        return self._given[key]


def _answer(message_id: str, answer: Json | None, code: str) -> str:
    if answer is None:
        return orjson.dumps([4, message_id, code, "as planned", {}]).decode()
    return json.dumps([3, message_id, answer])  # orjson would not write half a surrogate pair
