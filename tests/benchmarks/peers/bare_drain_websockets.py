"""The same with the asyncio client of ``websockets`` as its documentation shows it: call after call, one in flight."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.benchmarks.wire import BOOT, METER_VALUES


async def run(url: str, identity: str, calls: int) -> None:
    """Send them, each when the one before is answered; then wait for the CSMS to hang up."""
    call = METER_VALUES.decode()
    async with connect(f"{url}/{identity}", subprotocols=[Subprotocol("ocpp1.6")], compression=None) as socket:
        await socket.send(BOOT)
        await socket.recv()
        for _ in range(calls):
            await socket.send(call)
            await socket.recv()
        await socket.wait_closed()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
