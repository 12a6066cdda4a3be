"""The ``ocpp`` package's ChargePoint as its documentation shows it: the asyncio client of ``websockets`` below it.

Argument three says how payloads are checked: ``threaded`` (as the package comes: JSON schemas, in a thread pool),
``inline`` (the same schemas, on the loop's thread) or ``off``. The station answers what the benchmark asks and sends
what follows from it; it keeps its configuration in memory, nothing on the disk, and has no state machine.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import ocpp.messages  # type: ignore[import-untyped]
from ocpp.routing import after, on  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint, call, call_result  # type: ignore[import-untyped]
from ocpp.v16.enums import (  # type: ignore[import-untyped]
    Action,
    ConfigurationStatus,
    RegistrationStatus,
    RemoteStartStopStatus,
    TriggerMessageStatus,
)
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.benchmarks.wire import CHANGED_KEY, KEY


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def station_class(checked: bool) -> type[Any]:
    """The station; unchecked, every handler and every call passes the schemas by."""
    off = not checked

    class Station(ChargePoint):  # type: ignore[misc]
        def __init__(self, identity: str, connection: Any) -> None:
            super().__init__(identity, connection)
            self.settings = {KEY: "3600", CHANGED_KEY: "60"}

        async def say(self, request: Any) -> Any:
            return await self.call(request, skip_schema_validation=off)

        async def boot(self) -> None:
            answer = await self.say(call.BootNotification("M06010E2EYFG", "Livoltek"))
            assert answer.status == RegistrationStatus.accepted, answer

        async def status(self, status: str) -> None:
            await self.say(call.StatusNotification(1, "NoError", status, timestamp=_now()))

        @on(Action.get_configuration, skip_schema_validation=off)  # type: ignore[untyped-decorator]
        def get_configuration(self, key: list[str], **_: Any) -> Any:
            known = [{"key": one, "readonly": False, "value": self.settings[one]} for one in key]
            return call_result.GetConfiguration(configuration_key=known)

        @on(Action.change_configuration, skip_schema_validation=off)  # type: ignore[untyped-decorator]
        def change_configuration(self, key: str, value: str, **_: Any) -> Any:
            self.settings[key] = value
            return call_result.ChangeConfiguration(ConfigurationStatus.accepted)

        @on(Action.trigger_message, skip_schema_validation=off)  # type: ignore[untyped-decorator]
        def trigger_message(self, **_: Any) -> Any:
            return call_result.TriggerMessage(TriggerMessageStatus.accepted)

        @after(Action.trigger_message)  # type: ignore[untyped-decorator]
        async def triggered(self, **_: Any) -> None:
            await self.say(call.Heartbeat())

        @on(Action.remote_start_transaction, skip_schema_validation=off)  # type: ignore[untyped-decorator]
        def remote_start(self, **_: Any) -> Any:
            return call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)

        @after(Action.remote_start_transaction)  # type: ignore[untyped-decorator]
        async def begin_transaction(self, id_tag: str, **_: Any) -> None:
            await self.status("Preparing")
            answer = await self.say(call.StartTransaction(1, id_tag, 0, _now()))
            self.transaction = answer.transaction_id
            await self.status("Charging")

        @on(Action.remote_stop_transaction, skip_schema_validation=off)  # type: ignore[untyped-decorator]
        def remote_stop(self, **_: Any) -> Any:
            return call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)

        @after(Action.remote_stop_transaction)  # type: ignore[untyped-decorator]
        async def end_transaction(self, **_: Any) -> None:
            await self.say(call.StopTransaction(8, _now(), self.transaction, reason="Remote"))
            await self.status("Finishing")

    return Station


async def run(url: str, identity: str, checks: str) -> None:
    """Boot, and answer until the CSMS hangs up."""
    ocpp.messages.ASYNC_VALIDATION = checks == "threaded"
    async with connect(f"{url}/{identity}", subprotocols=[Subprotocol("ocpp1.6")], compression=None) as socket:
        station = station_class(checked=checks != "off")(identity, socket)
        await asyncio.gather(station.start(), station.boot())


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], sys.argv[3]))
