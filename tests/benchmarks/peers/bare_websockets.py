"""The floor that most Python stations stand on: the asyncio client of ``websockets``, answering with constants."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.benchmarks.wire import BOOT, constants


async def run(url: str, identity: str) -> None:
    """Answer until the CSMS hangs up."""
    async with connect(f"{url}/{identity}", subprotocols=[Subprotocol("ocpp1.6")], compression=None) as socket:
        await socket.send(BOOT)
        async for text in socket:
            for answer in constants(str(text)):
                await socket.send(answer)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
