"""What stands at the other end of the websocket, and an ear that hears what the transport reports."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from attrs import define, field
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from runtime.adapters.transport import WebsocketTransport
from runtime.core.inputs import InterfaceDown, LinkClosed, LinkInput, LinkOpened

PATIENCE_S: Final = 60.0
QUIET_S: Final = 0.05
OCPP: Final = [Subprotocol("ocpp1.6")]

_Input = TypeVar("_Input", bound=LinkInput)
Run = Callable[[Coroutine[None, None, None]], None]


@define(eq=False)
class Ear:
    """Hears what the transport reports, and lets a scenario wait for it."""

    heard: list[LinkInput] = field(factory=list)
    _read: int = 0
    _news: asyncio.Event = field(factory=asyncio.Event)

    def emit(self, given: LinkInput) -> None:
        self.heard.append(given)
        self._news.set()

    async def next(self, kind: type[_Input]) -> _Input:
        """The next input, which has to be of this kind; cables that are pulled out on the way are passed over."""
        given = await self._next()
        while isinstance(given, InterfaceDown) and kind is not InterfaceDown:
            given = await self._next()
        assert isinstance(given, kind), f"heard {given} where a {kind.__name__} was due"
        return given

    async def _next(self) -> LinkInput:
        while self._read == len(self.heard):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE_S)
        self._read += 1
        return self.heard[self._read - 1]

    async def silence(self, seconds: float = QUIET_S) -> None:
        """Nothing more is heard for a moment."""
        await asyncio.sleep(seconds)
        assert len(self.heard) == self._read, self.heard[self._read :]


def ear_of(transport: WebsocketTransport) -> Ear:
    ear = Ear()
    transport.subscribe(ear.emit)
    return ear


def dialler(port: int, **changes: float) -> WebsocketTransport:
    return WebsocketTransport(f"ws://127.0.0.1:{port}/ocpp", "CP001", **changes)  # type: ignore[arg-type]


def dialling(transport: WebsocketTransport) -> tuple[WebsocketTransport, Ear]:
    """The transport, which dials, and an ear that hears what comes of it."""
    ear = ear_of(transport)
    transport.dial()
    return transport, ear


async def opened(transport: WebsocketTransport) -> tuple[WebsocketTransport, Ear]:
    """The transport, once its dial has opened the link, and its ear."""
    transport, ear = dialling(transport)
    await ear.next(LinkOpened)
    return transport, ear


async def closes(transport: WebsocketTransport, ear: Ear) -> None:
    """The station hangs up; that is told once, and nothing after it."""
    transport.hang_up("done")
    await ear.next(LinkClosed)
    await ear.silence()


# ---- servers ---------------------------------------------------------------------------------------------


@define(eq=False)
class Csms:
    """A real websocket server that keeps its connections for the scenario to use."""

    port: int = 0
    arrivals: asyncio.Queue[ServerConnection] = field(factory=asyncio.Queue)

    async def arrival(self) -> ServerConnection:
        return await asyncio.wait_for(self.arrivals.get(), PATIENCE_S)


@asynccontextmanager
async def serving(
    subprotocols: list[Subprotocol] | None = OCPP, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Csms]:
    csms = Csms()

    async def keep(connection: ServerConnection) -> None:
        csms.arrivals.put_nowait(connection)
        await connection.wait_closed()

    async with serve(keep, "127.0.0.1", 0, subprotocols=subprotocols, ssl=tls, ping_interval=None) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms


Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(conversation: Conversation) -> AsyncIterator[int]:
    """A server that does with the socket what the scenario says, and closes it afterwards."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def switching(request: bytes, subprotocol: bytes = b"ocpp1.6") -> bytes:
    """The answer that RFC 6455 wants to this upgrade request."""
    key = next(line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: " + subprotocol + b"\r\n\r\n"


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, then: bytes = b"") -> None:
    """Accept the upgrade, with frames in the same segment."""
    writer.write(switching(await reader.readuntil(b"\r\n\r\n")) + then)
    await writer.drain()


def framed(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


def sending(*data: bytes) -> Conversation:
    """Accept, send these bytes, and read until the station goes."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        for part in data:
            writer.write(part)
            await writer.drain()
        await reader.read()

    return send
