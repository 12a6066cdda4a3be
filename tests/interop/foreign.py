"""A central system that is not ours, as a process: what it heard, what it is told to call, and what it objects to.

Two of them speak alike: `provenpoint csms --json`, which stands on the `ocpp` package, and `central.js` on ocpp-rpc.
The first line says where it listens, each later one is JSON with `dir` and `text`; a line typed at it is a call. `in`
and `out` are frames, `link` says what the connection did; any other line is an objection.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Final, Self

from tests.processes import PYTHON, WAIT_S, Heard, until

HERE: Final = Path(__file__).parent
OCPP: Final = (*PYTHON, "csms", "--port", "0", "--json")
OCPP_RPC: Final = ("node", str(HERE / "central.js"))
LISTENING: Final = "listening on "


def has_ocpp_rpc() -> bool:
    """Whether node and what `npm ci` brings are there."""
    return shutil.which("node") is not None and (HERE / "node_modules" / "ocpp-rpc").is_dir()


class ForeignCentral(Heard):
    """The process; its words are gathered as they come."""

    def __init__(self, command: tuple[str, ...]) -> None:
        super().__init__()
        self.said: list[list[Any]] = []
        """The frames that it sent."""
        self.objections: list[str] = []
        self.links: list[str] = []
        self.url = ""
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reading = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reading.start()
        until(lambda: self.url or self._process.poll() is not None, "a central system that listens")
        assert self.url, "the central system did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._reading.join(WAIT_S)
        self._process.communicate(timeout=WAIT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._hear(line.strip())

    def _hear(self, line: str) -> None:
        if line.startswith(LISTENING):
            self.url = line.removeprefix(LISTENING)
            return
        said = json.loads(line)
        match said["dir"]:
            case "in":
                self.heard.append(json.loads(said["text"]))
            case "out":
                self.said.append(json.loads(said["text"]))
            case "link":
                self.links.append(said["text"])
            case _:
                self.objections.append(said["text"])

    # ---- calls -------------------------------------------------------------------------------------------

    def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Call the station; the payload of its answer."""
        before = len(self.said)
        self.begin_call(action, payload)
        answer = until(lambda: self._answered(action, before), f"the answer to {action}; {self.objections}")
        assert answer[0] == 3, f"{action} {payload}: {answer}"
        found: dict[str, Any] = answer[2]
        return found

    def begin_call(self, action: str, payload: dict[str, Any]) -> None:
        """Call the station, and wait for nothing."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{action} {json.dumps(payload)}\n")
        self._process.stdin.flush()

    def _answered(self, action: str, before: int) -> list[Any] | None:
        calls = [frame for frame in self.said[before:] if frame[0] == 2 and frame[2] == action]
        return self.answer_to(calls[0][1]) if calls else None

    # ---- the verdict -------------------------------------------------------------------------------------

    def called(self) -> set[str]:
        """The actions of its own calls."""
        return {frame[2] for frame in self.said if frame[0] == 2}

    def told(self) -> set[str]:
        """The actions of the station's calls."""
        return {frame[2] for frame in self.heard if frame[0] == 2}

    def faults(self) -> list[str]:
        """Whatever it objected to, every refusal of either side, and every call of either side without an answer."""
        refused = [json.dumps(frame) for frame in self.heard + self.said if frame[0] == 4]
        return self.objections + refused + self.unanswered()

    def unanswered(self) -> list[str]:
        """The calls of either side that have no CALLRESULT yet."""
        return _unanswered(self.heard, self.said) + _unanswered(self.said, self.heard)


def _unanswered(calls: list[list[Any]], answers: list[list[Any]]) -> list[str]:
    answered = {frame[1] for frame in answers if frame[0] == 3}
    return [f"no answer: {json.dumps(frame)}" for frame in calls if frame[0] == 2 and frame[1] not in answered]
