"""The central system's process: what passed there, as it prints it, and what it is made to call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from model.record import frozen
from runtime.core.rpc import Call, CallResult, parse
from runtime.demo.children import Child, DemoError

WAIT_S: Final = 15.0
"""What has to follow, follows within this time."""

LISTENING: Final = "listening on "


@frozen
class Request:
    """A call that passed the central system: who called, what, with which payload, and after how many lines."""

    from_station: bool
    action: str
    payload: dict[str, Any]
    message_id: str
    nth: int


@frozen
class Line:
    """A line of the central system: ``in`` and ``out`` are frames, ``link`` says what the connection did."""

    dir: str
    text: str


Wanted = Callable[[Request], bool]


@define(eq=False)
class Csms:
    """What the demo knows of its central system."""

    child: Child
    lines: list[Line] = field(factory=list)
    url: str = ""
    _news: asyncio.Event = field(factory=asyncio.Event)

    @classmethod
    async def start(cls, folder: Path) -> Csms:
        """Start it on a free port, and wait until it listens."""
        csms = cls(Child("CSMS", folder / "csms.log", lambda line: csms.hear(line)))  # noqa: PLW0108 - csms is made in this line
        await csms.child.start("csms", "--port", "0", "--json")
        await csms.until(lambda: bool(csms.url), "the CSMS to listen")
        return csms

    def hear(self, line: str) -> None:
        """Take one line of its output."""
        if line.startswith(LISTENING):
            self.url = line.removeprefix(LISTENING)
        elif line.startswith("{"):
            said = json.loads(line)
            self.lines.append(Line(said["dir"], said["text"]))
        self._news.set()

    def call(self, action: str, payload: dict[str, Any]) -> None:
        """Have it call the station."""
        self.child.say(f"{action} {json.dumps(payload)}")

    def requests(self, since: int = 0) -> list[Request]:
        """The calls that have passed, after so many lines."""
        return requests_in(self.lines, since)

    async def saw(self, wanted: Wanted, what: str, since: int = 0) -> Request:
        """Wait until a call of the station that is wanted has come and is answered; the first of them."""
        found: list[Request] = []

        def look() -> bool:
            found[:] = [r for r in self.requests(since) if r.from_station and wanted(r)][:1]
            return bool(found) and self._answered(found[0])

        await self.until(look, what)
        return found[0]

    def _answered(self, request: Request) -> bool:
        frames = (parse(line.text) for line in self.lines[request.nth :] if line.dir == "out")
        return any(isinstance(frame, CallResult) and frame.message_id == request.message_id for frame in frames)

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until it holds, looking again at each line. Raises ``DemoError``."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            last = self.lines[-1].text[:160] if self.lines else "nothing"
            raise DemoError(f"waited {WAIT_S:g} s for {what}; the last that the CSMS saw: {last}") from None


def requests_in(lines: list[Line], since: int = 0) -> list[Request]:
    """The calls among these lines."""
    found = []
    for nth, line in enumerate(lines[since:], start=since + 1):
        frame = parse(line.text) if line.dir in ("in", "out") else None
        if isinstance(frame, Call):
            found.append(Request(line.dir == "in", frame.action, frame.payload, frame.message_id, nth))
    return found
