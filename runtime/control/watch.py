"""What happens, to those who listen: one JSON line for each row that fires and for each frame that passes.

The station never waits for a listener. Each has a line of its own, of at most ``MAX_WAITING_CHARS``; who falls further
behind is dropped, and there are at most ``MAX_LISTENERS``. ``/events?past=true`` begins with the last ``MAX_PAST``
steps, so that a listener who comes right after the start has missed nothing. Without listeners no line is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from runtime.frame_log import frame_line, frames_of, moment_text
from runtime.inputs import Input, Moment
from runtime.ports import Fired, Step

MAX_WAITING_CHARS: Final = 4 * 1024 * 1024
MAX_LISTENERS: Final = 16
MAX_PAST: Final = 200
TRY_AGAIN_LATER: Final = 1013
"""The WebSocket close code for a listener too many, or too slow."""


def row_line(fired: Fired, now: Moment) -> dict[str, Any]:
    """A row that fired, as JSON says it."""
    return {
        "kind": "row",
        "at": moment_text(now.utc),
        "machine": fired.machine,
        "instance": fired.instance,
        "connector": fired.connector,
        "row": fired.row,
        "from": fired.state,
        "event": fired.event,
        "to": fired.to,
        "clauses": list(fired.clauses),
    }


def step_lines(given: Input, now: Moment, step: Step) -> list[str]:
    """What one step has to tell: the frame that came, the rows that fired, the frames that went."""
    frames = [{"kind": "frame", **frame_line(frame)} for frame in frames_of(given, now, step)]
    rows = [row_line(fired, now) for fired in step.fired]
    came = [frame for frame in frames if frame["dir"] == "in"]
    went = [frame for frame in frames if frame["dir"] == "out"]
    return [orjson.dumps(line).decode() for line in (*came, *rows, *went)]


class _Waiting:
    """What one listener has still to be told."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._chars = 0
        self._news = asyncio.Event()
        self.too_slow = False

    def add(self, lines: Iterable[str]) -> None:
        """At the end; everything is forgotten where it becomes too much."""
        for text in lines:
            self._lines.append(text)
            self._chars += len(text)
        if self._chars > MAX_WAITING_CHARS:
            self.too_slow = True
            self._lines.clear()
        self._news.set()

    async def next(self) -> str | None:
        """The oldest, once there is one; None where the listener was too slow."""
        while not self._lines and not self.too_slow:
            self._news.clear()
            await self._news.wait()
        if self.too_slow:
            return None
        text = self._lines.popleft()
        self._chars -= len(text)
        return text


class Listeners:
    """A watcher of the host that tells its listeners."""

    def __init__(self) -> None:
        self._waiting: dict[WebSocket, _Waiting] = {}
        self._past: deque[tuple[Input, Moment, Step]] = deque(maxlen=MAX_PAST)

    def __call__(self, given: Input, now: Moment, step: Step) -> None:
        """Hand one step to everybody."""
        self._past.append((given, now, step))
        if not self._waiting:
            return
        lines = step_lines(given, now, step)
        for socket, waiting in list(self._waiting.items()):
            waiting.add(lines)
            if waiting.too_slow:
                del self._waiting[socket]

    async def serve(self, socket: WebSocket) -> None:
        """One listener, from its handshake to its end; what it says is not listened to."""
        await socket.accept()
        if len(self._waiting) >= MAX_LISTENERS:
            await socket.close(TRY_AGAIN_LATER, f"there are {MAX_LISTENERS} listeners already")
            return
        self._waiting[socket] = waiting = _Waiting()
        for past in self._past if socket.query_params.get("past") == "true" else ():
            waiting.add(step_lines(*past))
        sending = asyncio.create_task(_send(socket, waiting))
        try:
            while not sending.done():
                await _heard_or_done(socket, sending)
        except WebSocketDisconnect:
            pass
        finally:
            self._waiting.pop(socket, None)
            sending.cancel()


async def _send(socket: WebSocket, waiting: _Waiting) -> None:
    while (text := await waiting.next()) is not None:
        await socket.send_text(text)
    await socket.close(TRY_AGAIN_LATER, f"more than {MAX_WAITING_CHARS} characters behind")


async def _heard_or_done(socket: WebSocket, sending: asyncio.Task[None]) -> None:
    hearing = asyncio.create_task(socket.receive())
    try:
        await asyncio.wait((hearing, sending), return_when=asyncio.FIRST_COMPLETED)
        if hearing.done() and hearing.result()["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
    finally:
        hearing.cancel()
