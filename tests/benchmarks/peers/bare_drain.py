"""The floor of a queue that is worked off: call after call, one in flight, constants as long as what a station sends.

No disk, no state, no JSON: what is left is the socket, the websocket protocol, and the CSMS.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from tests.benchmarks.peers.bare_protocol import Bare
from tests.benchmarks.wire import METER_VALUES


class Draining(Bare):
    """One connection; sends so many calls, each when the one before is answered."""

    def __init__(self, url: str, over: asyncio.Event, calls: int) -> None:
        super().__init__(url, over)
        self.left = calls

    def data_received(self, data: bytes) -> None:
        """An answer: the next call."""
        before = self.library.state
        self.library.receive_data(data)
        for event in self.library.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._next()
        if before is not self.library.state:
            self._next()
        self._flush()

    def _next(self) -> None:
        if self.left > 0:
            self.left -= 1
            self.library.send_text(METER_VALUES)


async def run(url: str, identity: str, calls: int) -> None:
    """Send them, then wait for the CSMS to hang up."""
    over = asyncio.Event()
    address = f"{url}/{identity}"
    uri = parse_uri(address)
    await asyncio.get_running_loop().create_connection(lambda: Draining(address, over, calls), uri.host, uri.port)
    await over.wait()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
