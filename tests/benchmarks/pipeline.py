"""A station from the bytes of a frame to the bytes of its answer, in one process: everything but the socket.

The websocket is real up to the write: the same protocol object, gate, host, station and store as in the process that is
measured over the wire, and on the other side the library's own server, which shakes hands and makes the frames. The
same for the floor, so that the difference of the two is what a station does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from model.station_file import NetworkInterface
from runtime.adapters.websocket_link import Link
from runtime.assembly import assemble
from runtime.commands.run_arguments import options
from runtime.core.rpc import Call, parse
from tests.benchmarks.peers.bare_protocol import Bare
from tests.benchmarks.processes import STATION
from tests.benchmarks.wire import ANSWERS

URL = "ws://127.0.0.1:1/ocpp"
Pipeline = Callable[[bytes], bytes]
"""Gives a station the bytes of a frame; the bytes that it wrote."""


class NoSocket:
    """Takes options."""

    def setsockopt(self, level: int, name: int, value: int) -> None:
        """Of no consequence here."""


class Wire(asyncio.Transport):
    """Where a socket would be: keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Keep it."""
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is space for all."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Something whose options can be set."""
        return NoSocket() if name == "socket" else default

    def abort(self) -> None:
        """The end."""

    def take(self) -> bytes:
        """What was written since the last time."""
        written, self.written = bytes(self.written), bytearray()
        return written


def pipeline(station: asyncio.Protocol, server: ServerProtocol) -> Pipeline:
    """Connect a station's protocol with the library's server, and see its boot through."""
    wire = Wire()
    station.connection_made(wire)
    server.receive_data(wire.take())
    (request,) = server.events_received()
    assert isinstance(request, Request)
    server.send_response(server.accept(request))
    station.data_received(b"".join(server.data_to_send()))
    _see_boot_through(station, server, wire)

    def give(data: bytes) -> bytes:
        station.data_received(data)
        return wire.take()

    return give


def _see_boot_through(station: asyncio.Protocol, server: ServerProtocol, wire: Wire) -> None:
    while written := wire.take():
        server.receive_data(written)
        for frame in server.events_received():
            call = parse(bytes(frame.data).decode()) if isinstance(frame, Frame) else None
            if isinstance(call, Call):
                station.data_received(frame_of(server, f'[3,"{call.message_id}",{ANSWERS[call.action]}'))


def frame_of(server: ServerProtocol, text: str) -> bytes:
    """The bytes of a text frame as the server sends it."""
    server.send_text(text.encode())
    return b"".join(server.data_to_send())


def new_server() -> ServerProtocol:
    """The other side."""
    return ServerProtocol(subprotocols=[Subprotocol("ocpp1.6")])


def our_pipeline(data: Path, server: ServerProtocol, stack: ExitStack) -> Pipeline:
    """Ours, put together as ``provenpoint run`` does it; needs a loop that runs, and lets go with the stack."""
    parts = assemble(options(STATION, "MICRO", URL, data))
    stack.callback(parts.store.close)
    parts.transport.set_network(up=False)  # no dial: the connection is made by hand
    parts.host.start()
    link = parts.transport._link = Link(parts.transport, NetworkInterface.ETHERNET)
    link._deadline = asyncio.get_running_loop().call_later(60, link.drop, "the benchmark takes too long")
    link._ask()
    return pipeline(link, server)


def bare_pipeline(server: ServerProtocol) -> Pipeline:
    """The floor."""
    return pipeline(Bare(f"{URL}/MICRO", asyncio.Event()), server)
