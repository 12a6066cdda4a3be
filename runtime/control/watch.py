"""What happens, to those who listen: one JSON line for each row that fires and for each frame that passes.

The station never waits for a listener. Each has a line of its own, of at most ``MAX_WAITING_CHARS``; who falls further
behind is dropped, and there are at most ``MAX_LISTENERS``. ``/events?past=true`` begins with the last ``MAX_PAST``
steps, as far as they have space in ``MAX_PAST_CHARS``, so that a listener who comes right after the start has missed
nothing. A long frame is shown cut, with its length. Without listeners no line is written.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from runtime.adapters.frame_tap import Seen, frame_line, moment_text
from runtime.core.ports import Fired

MAX_WAITING_CHARS: Final = 4 * 1024 * 1024
MAX_LISTENERS: Final = 16
MAX_PAST: Final = 200
MAX_PAST_CHARS: Final = 1024 * 1024
ROW_CHARS: Final = 200
"""What a row that fired counts for, about as much as its line has."""

STALLED_S: Final = 10.0
"""A listener who takes nothing for so long is dropped."""

TRY_AGAIN_LATER: Final = 1013
"""The WebSocket close code for a listener too many, or too slow."""


def row_line(fired: Fired, at: datetime) -> dict[str, Any]:
    """A row that fired, as JSON says it."""
    return {
        "kind": "row",
        "at": moment_text(at),
        "machine": fired.machine,
        "instance": fired.instance,
        "connector": fired.connector,
        "row": fired.row,
        "from": fired.state,
        "event": fired.event,
        "to": fired.to,
        "clauses": list(fired.clauses),
    }


def step_lines(seen: Seen) -> list[str]:
    """What one step has to report: the frame that came, the rows that fired, the frames that went."""
    frames = [{"kind": "frame", **frame_line(frame, seen.at)} for frame in seen.frames]
    rows = [row_line(fired, seen.at) for fired in seen.fired]
    came = [frame for frame in frames if frame["dir"] == "in"]
    went = [frame for frame in frames if frame["dir"] == "out"]
    return [orjson.dumps(line).decode() for line in (*came, *rows, *went)]


class _Waiting:
    """What is still to be sent to one listener."""

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


def _size(seen: Seen) -> int:
    return sum(len(frame.text) for frame in seen.frames) + ROW_CHARS * len(seen.fired)


class _Past:
    """The last steps, bounded in number and in size."""

    def __init__(self) -> None:
        self.steps: deque[Seen] = deque()
        self._chars = 0

    def add(self, seen: Seen) -> None:
        """The newest; the oldest give way."""
        self.steps.append(seen)
        self._chars += _size(seen)
        while len(self.steps) > MAX_PAST or self._chars > MAX_PAST_CHARS:
            self._chars -= _size(self.steps.popleft())


class Listeners:
    """A reader of ``runtime.adapters.frame_tap`` that sends to its listeners."""

    def __init__(self) -> None:
        self._waiting: dict[WebSocket, _Waiting] = {}
        self._past = _Past()

    def __call__(self, seen: Seen) -> None:
        """Hand one step to everybody."""
        seen = seen._replace(frames=tuple(frame.shown() for frame in seen.frames))
        self._past.add(seen)
        if not self._waiting:
            return
        lines = step_lines(seen)
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
        for past in self._past.steps if socket.query_params.get("past") == "true" else ():
            waiting.add(step_lines(past))
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
    """Until he has gone, or falls behind: in what waits for him, or in taking what is on its way to him."""
    with contextlib.suppress(WebSocketDisconnect):
        try:
            while (text := await waiting.next()) is not None:
                async with asyncio.timeout(STALLED_S):
                    await socket.send_text(text)
        except TimeoutError:
            pass
        await socket.close(TRY_AGAIN_LATER, f"more than {MAX_WAITING_CHARS} characters or {STALLED_S:g} s behind")


async def _heard_or_done(socket: WebSocket, sending: asyncio.Task[None]) -> None:
    hearing = asyncio.create_task(socket.receive())
    try:
        await asyncio.wait((hearing, sending), return_when=asyncio.FIRST_COMPLETED)
        if hearing.done() and hearing.result()["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
    finally:
        hearing.cancel()
