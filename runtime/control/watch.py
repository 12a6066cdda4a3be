"""What happens, to those who listen: one JSON line for each row that fires and for each frame that passes.

The station never waits for a listener. Each has a line of its own, of at most ``MAX_WAITING`` events; who falls further
behind is dropped, and there are at most ``MAX_LISTENERS``. ``/events?past=true`` begins with the last ``MAX_PAST``
steps, so that a listener who comes right after the start has missed nothing. Without listeners no line is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from runtime.frame_log import frame_line, frames_of, moment_text
from runtime.ports import Fired, Input, Moment, Step

MAX_WAITING: Final = 2000
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
    rows = [row_line(fired, now) for fired in step.fired if fired.row is not None]
    came = [frame for frame in frames if frame["dir"] == "in"]
    went = [frame for frame in frames if frame["dir"] == "out"]
    return [orjson.dumps(line).decode() for line in (*came, *rows, *went)]


class Listeners:
    """A watcher of the host that tells its listeners."""

    def __init__(self) -> None:
        self._lines: dict[WebSocket, asyncio.Queue[str | None]] = {}
        self._past: deque[tuple[Input, Moment, Step]] = deque(maxlen=MAX_PAST)

    def __call__(self, given: Input, now: Moment, step: Step) -> None:
        """Hand one step to everybody."""
        self._past.append((given, now, step))
        if not self._lines:
            return
        lines = step_lines(given, now, step)
        for socket in list(self._lines):
            self._hand(socket, lines)

    def _hand(self, socket: WebSocket, lines: list[str]) -> None:
        line = self._lines[socket]
        if line.qsize() + len(lines) > MAX_WAITING:
            del self._lines[socket]
            while not line.empty():
                line.get_nowait()
            lines = []
            line.put_nowait(None)
        for text in lines:
            line.put_nowait(text)

    async def serve(self, socket: WebSocket) -> None:
        """One listener, from its handshake to its end; what it says is not listened to."""
        await socket.accept()
        if len(self._lines) >= MAX_LISTENERS:
            await socket.close(TRY_AGAIN_LATER, f"there are {MAX_LISTENERS} listeners already")
            return
        self._lines[socket] = line = asyncio.Queue[str | None]()
        for past in self._past if socket.query_params.get("past") == "true" else ():
            self._hand(socket, step_lines(*past))
        sending = asyncio.create_task(_send(socket, line))
        try:
            while not sending.done():
                await _heard_or_done(socket, sending)
        except WebSocketDisconnect:
            pass
        finally:
            self._lines.pop(socket, None)
            sending.cancel()


async def _send(socket: WebSocket, line: asyncio.Queue[str | None]) -> None:
    while (text := await line.get()) is not None:
        await socket.send_text(text)
    await socket.close(TRY_AGAIN_LATER, f"more than {MAX_WAITING} events behind")


async def _heard_or_done(socket: WebSocket, sending: asyncio.Task[None]) -> None:
    hearing = asyncio.create_task(socket.receive())
    try:
        await asyncio.wait((hearing, sending), return_when=asyncio.FIRST_COMPLETED)
        if hearing.done() and hearing.result()["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
    finally:
        hearing.cancel()
