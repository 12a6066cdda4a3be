"""The CSMS of a run: answers by the book, calls the station, and records every frame with the process that it met.

It can refuse connections and come back on the same port, keep silent on some actions, and hang up without a goodbye.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from attrs import define, field
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from model.record import frozen
from tests.processes import until

CALL, RESULT, ERROR = 2, 3, 4
BOOT_INTERVAL_S = 300
ANSWER_WITHIN_S = 300.0
IDENTIFYING = ("connectorId", "idTag", "meterStart", "timestamp")
"""A StartTransaction.req that has all of these in common with another one is the same, sent again."""


@frozen
class Entry:
    """One frame: when, in which process's life, on which connection, to the station or from it."""

    at_s: float
    process: int
    connection: int
    to_station: bool
    frame: Any

    @property
    def is_call(self) -> bool:
        """Whether it is a CALL."""
        return isinstance(self.frame, list) and bool(self.frame) and self.frame[0] == CALL


@define(eq=False)
class RecordingCsms:
    """One endpoint for one station. ``process``: the number of the life that the station is in."""

    process: int = 0
    silent_on: frozenset[str] = frozenset()
    record: list[Entry] = field(factory=list)
    live: list[ServerConnection] = field(factory=list)
    port: int = 0
    _connections: int = 0
    _transactions: dict[tuple[Any, ...], int] = field(factory=dict)
    _answers: dict[str, list[Any]] = field(factory=dict)
    _server: Server | None = None

    def __enter__(self) -> Self:
        self.accept()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()

    # ---- the network

    @property
    def url(self) -> str:
        """What the station dials."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    def accept(self) -> None:
        """Listen, on the same port each time."""
        if self._server is None:
            self._server = serve(
                self._serve, "127.0.0.1", self.port, subprotocols=[Subprotocol("ocpp1.6")],
                compression=None, ping_interval=None,
            )  # fmt: skip
            self.port = self._server.socket.getsockname()[1]
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def refuse(self) -> None:
        """Listen no more, and hang up without a goodbye."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        for connection in list(self.live):
            connection.close_socket()
        self.quiet()

    def quiet(self) -> None:
        """Wait until whatever was sent before the connections ended is recorded."""
        until(lambda: not self.live, "the end of every connection", ANSWER_WITHIN_S)

    # ---- what comes, and the answer to it

    def _serve(self, connection: ServerConnection) -> None:
        self._connections += 1
        number, process = self._connections, self.process
        self.live.append(connection)
        try:
            for text in connection:
                frame = _read(text)
                self._note(process, number, False, frame)
                self._take(connection, process, number, frame)
        except ConnectionClosed:
            pass
        finally:
            self.live.remove(connection)

    def _note(self, process: int, number: int, to_station: bool, frame: Any) -> None:
        self.record.append(Entry(time.monotonic(), process, number, to_station, frame))

    def _take(self, connection: ServerConnection, process: int, number: int, frame: Any) -> None:
        match frame:
            case [2, str(message_id), str(action), dict(payload)] if action not in self.silent_on:
                answer = [RESULT, message_id, self._answer(action, payload)]
                with contextlib.suppress(ConnectionClosed):  # what was said before it hung up is heard all the same
                    connection.send(json.dumps(answer))
                    self._note(process, number, True, answer)
            case [3 | 4, str(message_id), *_]:
                self._answers.setdefault(message_id, frame)

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        now, accepted = datetime.now(UTC).isoformat(), {"idTagInfo": {"status": "Accepted"}}
        match action:
            case "BootNotification":
                return {"currentTime": now, "interval": BOOT_INTERVAL_S, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize" | "StopTransaction":
                return accepted
            case "StartTransaction":
                key = tuple(payload.get(name) for name in IDENTIFYING)
                return {"transactionId": self._transactions.setdefault(key, len(self._transactions) + 1), **accepted}
            case "DataTransfer":
                return {"status": "Accepted"}
        return {}

    # ---- what it asks of the station

    def send(self, text: str) -> bool:
        """Send this on the newest connection; whether there was one."""
        with contextlib.suppress(ConnectionClosed, IndexError, OSError):
            self.live[-1].send(text)
            return True
        return False

    def call(self, action: str, payload: dict[str, Any], within_s: float = ANSWER_WITHIN_S) -> dict[str, Any] | None:
        """Call the station; the payload of its answer, None where it died or hung up before it gave one."""
        message_id = str(uuid4())
        frame = [CALL, message_id, action, payload]
        self._note(self.process, self._connections, True, frame)
        if not self.send(json.dumps(frame)):
            return None
        until(lambda: message_id in self._answers or not self.live, f"an answer to {frame}", within_s)
        answer = self._answers.get(message_id)
        return answer[2] if answer is not None and answer[0] == RESULT else None

    # ---- the record

    def requests(self, action: str, process: int | None = None) -> list[dict[str, Any]]:
        """The payloads of the station's calls of that action, in order; of one life, or of all."""
        return [
            entry.frame[3] for entry in list(self.record)
            if entry.is_call and not entry.to_station and entry.frame[2] == action and process in (None, entry.process)
        ]  # fmt: skip

    def booted(self, process: int) -> bool:
        """Whether that life has told every connector's status, as it does after its boot was accepted."""
        told = {request["connectorId"] for request in self.requests("StatusNotification", process)}
        return {0, 1, 2} <= told

    def write(self, path: Path) -> None:
        """The record, a JSON line each."""
        path.write_text("".join(f"{line}\n" for line in self._lines()), encoding="utf-8")

    def _lines(self) -> Iterator[str]:
        began = self.record[0].at_s if self.record else 0.0
        for entry in self.record:
            sign = "<-" if entry.to_station else "->"
            yield json.dumps([round(entry.at_s - began, 4), entry.process, entry.connection, sign, entry.frame])


def _read(text: str | bytes) -> Any:
    """The frame, or the text where it is none: the judge will see it."""
    try:
        return json.loads(text)
    except ValueError:
        return str(text)
