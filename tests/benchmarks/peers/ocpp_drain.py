"""The same with the ``ocpp`` package's ChargePoint, its schemas checked as it comes: MeterValues after MeterValues."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson
from ocpp.v16 import call  # type: ignore[import-untyped]
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.benchmarks.peers.ocpp_package import station_class
from tests.benchmarks.wire import METER_VALUES


async def send(station: Any, calls: int) -> None:
    """Boot, then so many calls, each when the one before is answered."""
    payload = orjson.loads(METER_VALUES)[3]
    (value,) = payload["meterValue"]
    values = [{"timestamp": value["timestamp"], "sampled_value": value["sampledValue"]}]
    await station.boot()
    for _ in range(calls):
        await station.say(call.MeterValues(1, values, payload["transactionId"]))


async def run(url: str, identity: str, calls: int) -> None:
    """Send them; then wait for the CSMS to hang up."""
    async with connect(f"{url}/{identity}", subprotocols=[Subprotocol("ocpp1.6")], compression=None) as socket:
        station = station_class(checked=True)(identity, socket)
        listening = asyncio.create_task(station.start())
        await send(station, calls)
        await asyncio.wait([listening])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
