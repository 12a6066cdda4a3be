"""Real processes and real sockets for tests: a station started as a user would, and a scripted central system.

Waits poll a condition and have a bound; the error says what was awaited and what was seen last.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

WAIT_S = 120.0
"""For a condition that comes at once on a machine that has time; nothing is asserted about how long it took."""

PYTHON = (sys.executable, "-P", "-m", "runtime.commands.cli")
MARK = "control interface on "
T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, within_s: float = WAIT_S) -> T:
    """What ``look`` gives, once it gives something."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {within_s:g} s for {what}")


def provenpoint(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run([*PYTHON, *words], capture_output=True, text=True, timeout=2 * WAIT_S, check=False, cwd=cwd)


class Heard:
    """What a central system has heard from the station, frame by frame, and the ways to wait for more."""

    def __init__(self) -> None:
        self.heard: list[list[Any]] = []

    def answer_to(self, message_id: str) -> list[Any] | None:
        return next((frame for frame in list(self.heard) if frame[0] in (3, 4) and frame[1] == message_id), None)

    def requests(self, action: str) -> list[dict[str, Any]]:
        """The payloads of the station's calls of that action, in order."""
        return [frame[3] for frame in list(self.heard) if frame[0] == 2 and frame[2] == action]

    def saw(self, action: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """Wait for the n-th call of that action with those fields."""

        def look() -> list[dict[str, Any]]:
            return [payload for payload in self.requests(action) if fields.items() <= payload.items()][count - 1 :]

        return until(look, f"{action} {fields or ''} number {count}; heard {self.heard[-3:]}")[0]


class Central(Heard):
    """A central system that answers by default, keeps what it heard, and sends what it is told to, hostile or not."""

    def __init__(self) -> None:
        super().__init__()
        self.silent_on: set[str] = set()
        self.connections: list[ServerConnection] = []
        self._ids = iter(range(1, 1000))
        self._server: Server = serve(
            self._serve, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], compression=None
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/ocpp"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        for connection in self.connections:
            connection.close()
        self._thread.join(WAIT_S)

    def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        try:
            for text in connection:
                frame = json.loads(text)
                self.heard.append(frame)
                if frame[0] == 2 and frame[2] not in self.silent_on:
                    self._reply(connection, frame)
        except ConnectionClosed:
            pass

    def _reply(self, connection: ServerConnection, frame: list[Any]) -> None:
        """Whoever has hung up gets no answer; what he said before that is heard all the same."""
        with suppress(ConnectionClosed):
            connection.send(json.dumps([3, frame[1], self._answer(frame[2])]))

    def _answer(self, action: str) -> dict[str, Any]:
        accepted = {"idTagInfo": {"status": "Accepted"}}
        match action:
            case "BootNotification":
                return {"currentTime": datetime.now(UTC).isoformat(), "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": datetime.now(UTC).isoformat()}
            case "Authorize":
                return accepted
            case "StartTransaction":
                return {"transactionId": next(self._ids), **accepted}
            case "DataTransfer":
                return {"status": "Accepted"}
        return {}

    def send(self, text: str | bytes) -> None:
        """Send this, as it is, on the newest connection."""
        self.connections[-1].send(text)

    def call(self, action: str, payload: dict[str, Any]) -> list[Any]:
        """Call the station; its answer, CALLRESULT or CALLERROR."""
        message_id = str(uuid.uuid4())
        self.send(json.dumps([2, message_id, action, payload]))
        return until(lambda: self.answer_to(message_id), f"the answer to {action}")


class Station:
    """``provenpoint run`` as a process, with its control interface."""

    def __init__(
        self, folder: Path, csms: str, *words: str, station: str = "m06010e2eyfg", program: Path = Path(sys.executable)
    ) -> None:
        self.folder, self.csms, self.words, self.station = folder, csms, words, station
        self.command: tuple[str, ...] = (str(program), *PYTHON[1:])
        self.log = folder / "station.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.before = 0
        self.http = httpx.Client(timeout=WAIT_S, trust_env=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.http.close()

    def arguments(self) -> list[str]:
        return [
            "run", "--station", self.station, "--id", "CP/1 ü", "--csms", self.csms, "--data",
            str(self.folder / "data"), "--control", "127.0.0.1:0", *self.words,
        ]  # fmt: skip

    def start(self) -> None:
        """Power up, and wait for the control interface."""
        self.before = len(self.said())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self.command, *self.arguments()], stderr=log, stdout=log)
        self.find()

    def find(self) -> None:
        """Wait for the control interface of the latest start, or of a reset since: its port is a new one."""
        assert self.process is not None
        until(lambda: MARK in self.said()[self.before :] or self.process is None or self.process.poll(), "a start")
        assert self.process.poll() is None, self.said()[self.before :]
        self.http.base_url = self.said().rpartition(MARK)[2].split()[0]

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)

    def kill(self) -> None:
        """A power cut."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)

    def post(self, path: str, body: object = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json={} if body is None else body, **options)

    def do(self, path: str, body: object = None) -> dict[str, Any]:
        """Do something that works; the state that it led to."""
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        state: dict[str, Any] = response.json()
        return state

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.http.get("/state").json()
        return state
