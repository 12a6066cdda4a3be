"""The CSMS that measures: picows on uvloop, lighter than any station that it measures.

Everything in the timed path happens in the callback of a frame: the clock is read first, then the next call is sent.
No task, no future, no JSON. ``Wire`` is the connection of one station; a block of calls runs on one wire while the
others stay open and silent.
"""

from __future__ import annotations

import asyncio
import gc
from time import perf_counter_ns
from typing import Final

from attrs import define, field, frozen
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from tests.benchmarks.wire import ANSWERS, REMOTE_START, REQUESTS, remote_stop, start_answer

ANSWER: Final = "answer"
AWAITED: Final = {"get": ANSWER, "change": ANSWER, "trigger": "Heartbeat"}
"""What ends a round trip: the answer, or a call of that action by the station."""

PATIENCE_S: Final = 30.0


class UnexpectedFrameError(AssertionError):
    """A station sent something that a measure cannot count."""


@define
class Block:
    """A block of round trips under way."""

    wants: str
    tails: tuple[str, ...]
    left: int
    done: asyncio.Future[None]
    sent_ns: int = 0
    ended_ns: int = 0
    times_ns: list[int] = field(factory=list)


@frozen
class Timed:
    """What a block gave: each round trip in ns, and the time from the first call to the last answer."""

    times_ns: tuple[int, ...]
    elapsed_ns: int


class Wire(WSListener):  # type: ignore[misc, unused-ignore]
    """The connection of one station."""

    def __init__(self, csms: Csms, identity: str) -> None:
        self.csms, self.identity = csms, identity
        self.block: Block | None = None
        self.marks: dict[str, int] = {}
        self.waiting: tuple[str, asyncio.Future[None]] | None = None
        self.transaction_id = 0
        self.count = 0
        self.last_answer = ""

    # ---- the connection ----------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """A station is here."""
        self.transport = transport
        self.csms.wires[self.identity] = self

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """It has left."""
        self.csms.wires.pop(self.identity, None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Read the clock, answer a call, go on with the block."""
        now_ns = perf_counter_ns()
        if frame.msg_type is not WSMsgType.TEXT:
            return
        text = frame.get_payload_as_utf8_text()
        kind = text[1]
        if kind == "2":
            what = self._answer(text)
        elif kind == "3":
            what, self.last_answer = ANSWER, text
        else:
            raise UnexpectedFrameError(f"{self.identity}: {text}")
        block = self.block
        if block is not None:
            if what == block.wants:
                self._next(block, now_ns)
        else:
            self._mark(what, now_ns)

    def _answer(self, text: str) -> str:
        parts = text.split('"', 4)
        message_id, action = parts[1], parts[3]
        tail = ANSWERS.get(action)
        if tail is None:
            self.transaction_id += 1
            tail = start_answer(self.transaction_id)
        self.transport.send(WSMsgType.TEXT, f'[3,"{message_id}",{tail}'.encode())
        return action

    def call(self, tail: str) -> None:
        """Send a call of our own."""
        self.count += 1
        self.transport.send(WSMsgType.TEXT, f'[2,"{self.count}",{tail}'.encode())

    # ---- a block of round trips --------------------------------------------------------------------------

    async def run(self, measure: str, calls: int) -> Timed:
        """So many calls, one after the other."""
        done = asyncio.get_running_loop().create_future()
        block = self.block = Block(AWAITED[measure], REQUESTS[measure], calls, done)
        gc.disable()
        try:
            started_ns = block.sent_ns = perf_counter_ns()
            self.call(block.tails[0])
            await asyncio.wait_for(done, PATIENCE_S)
        finally:
            self.block = None
            gc.enable()
        return Timed(tuple(block.times_ns), block.ended_ns - started_ns)

    def _next(self, block: Block, now_ns: int) -> None:
        block.times_ns.append(now_ns - block.sent_ns)
        block.left -= 1
        if block.left > 0:
            tail = block.tails[block.left & 1]
            block.sent_ns = perf_counter_ns()
            self.call(tail)
        elif not block.done.done():
            block.ended_ns = now_ns
            block.done.set_result(None)

    # ---- one remote start --------------------------------------------------------------------------------

    async def remote_start(self) -> int:
        """From RemoteStartTransaction.req to StartTransaction.req in ns; then the transaction is ended again."""
        self.marks.clear()
        sent_ns = perf_counter_ns()
        self.call(REMOTE_START)
        await self._until("StartTransaction")
        started_ns = self.marks["StartTransaction"]
        await self.quiet()
        self.call(remote_stop(self.transaction_id))
        await self._until("StopTransaction")
        await self.quiet()
        return started_ns - sent_ns

    async def _until(self, what: str) -> None:
        if what in self.marks:
            return
        self.waiting = (what, asyncio.get_running_loop().create_future())
        await asyncio.wait_for(self.waiting[1], PATIENCE_S)

    def _mark(self, what: str, now_ns: int) -> None:
        self.marks[what] = now_ns
        self.marks["anything"] = now_ns
        if self.waiting is not None and self.waiting[0] == what and not self.waiting[1].done():
            self.waiting[1].set_result(None)

    async def quiet(self, for_ms: float = 8.0) -> None:
        """Until the station has had nothing to say for a while."""
        while perf_counter_ns() - self.marks.get("anything", 0) < for_ms * 1e6:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(for_ms / 1000)


class Csms:
    """The listening end; ``wires`` by identity."""

    def __init__(self) -> None:
        self.wires: dict[str, Wire] = {}
        self.url = ""

    async def open(self) -> None:
        """Listen on a free port of the loopback interface."""
        self._server = await ws_create_server(self._listen, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ocpp"

    def close(self) -> None:
        """Hang up on everybody."""
        for wire in list(self.wires.values()):
            wire.transport.disconnect(graceful=False)
        self._server.close()

    def _listen(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        identity = request.path.decode().rsplit("/", 1)[-1]
        response = WSUpgradeResponse.create_101_response({"Sec-WebSocket-Protocol": "ocpp1.6"})
        return WSUpgradeResponseWithListener(response, Wire(self, identity))

    async def booted(self, identity: str) -> int:
        """When that station's BootNotification came, on the clock of ``perf_counter_ns``."""
        while (wire := self.wires.get(identity)) is None or "BootNotification" not in wire.marks:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return wire.marks["BootNotification"]
