"""The floor of Provenpoint's own transport: the Sans-I/O protocol of ``websockets`` in an asyncio.Protocol, on uvloop.

It answers with constants: no JSON, no check, no state, no gate before the library. What a station of this construction
takes beyond this is what it does for a living.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.benchmarks.wire import BOOT, constants


class Bare(asyncio.Protocol):
    """One connection."""

    def __init__(self, url: str, over: asyncio.Event) -> None:
        self.over = over
        self.library = ClientProtocol(parse_uri(url), subprotocols=[Subprotocol("ocpp1.6")])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self.transport = cast("asyncio.Transport", transport)
        self.library.send_request(self.library.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Answer each frame of text."""
        self.library.receive_data(data)
        for event in self.library.events_received():
            if isinstance(event, Response):
                self.library.send_text(BOOT.encode())
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                for answer in constants(str(event.data, "utf-8")):
                    self.library.send_text(answer.encode())
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The run is over."""
        self.over.set()

    def _flush(self) -> None:
        for data in self.library.data_to_send():
            if data:
                self.transport.write(data)


async def run(url: str, identity: str) -> None:
    """Answer until the CSMS hangs up."""
    over = asyncio.Event()
    address = f"{url}/{identity}"
    uri = parse_uri(address)
    await asyncio.get_running_loop().create_connection(lambda: Bare(address, over), uri.host, uri.port)
    await over.wait()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], sys.argv[2]))
