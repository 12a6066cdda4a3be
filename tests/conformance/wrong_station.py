"""A tiny station on the `ocpp` package, somebody else's in every line that counts; and wrong in one way, if so asked.

It knows one session at a time and two connectors, keeps its configuration in memory, and serves the actions of the
control interface that the suite uses. A *flaw* is a name; what it breaks stands where the name does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from ocpp.routing import after, on  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint, call, call_result  # type: ignore[import-untyped]
from ocpp.v16.enums import Action  # type: ignore[import-untyped]
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

KEYS = {
    "MeterValueSampleInterval": "60",
    "ConnectionTimeOut": "30",
    "LocalPreAuthorize": "false",
    "AuthorizeRemoteTxRequests": "false",
    "HeartbeatInterval": "300",
}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TinyStation(ChargePoint):  # type: ignore[misc]
    """One connection's worth of station; what outlives a reset is in ``Life``."""

    def __init__(self, connection: Any, flaw: str, keys: dict[str, str]) -> None:
        super().__init__("TINY", connection)
        self.flaw, self.keys = flaw, keys
        self.plugged = False
        self.token = ""
        self.transaction: int | None = None
        self.rebooting = False

    # ---- what it says

    async def boot(self) -> None:
        await self.call(call.BootNotification("Tiny", "Somebody"))
        for connector in (0, 1, 2):
            stuck = connector == 2 and self.flaw == "never comes to rest"
            await self.say("Unavailable" if stuck else "Available", connector)

    async def say(self, status: str, connector: int = 1) -> None:
        if self.flaw == "says a status that is none" and status == "Charging":
            await self._connection.send(
                json.dumps(
                    [2, "odd", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Busy"}]
                )
            )
        elif self.flaw != f"is silent about {status}":
            await self.call(call.StatusNotification(connector, "NoError", status, timestamp=now()))

    async def begin(self) -> None:
        answer = await self.call(call.StartTransaction(1, self.token, 0, now()))
        self.transaction = answer.transaction_id
        await self.say("Charging")

    async def end(self, reason: str, id_tag: str | None = None) -> None:
        number, self.transaction, self.token = self.transaction, None, ""
        assert number is not None
        await self.call(call.StopTransaction(5, now(), number, reason=reason, id_tag=id_tag))
        await self.say("Finishing")

    # ---- what happens to it

    async def plug_in(self, _: dict[str, Any]) -> None:
        self.plugged = True
        await (self.begin() if self.token else self.say("Preparing"))

    async def plug_out(self, _: dict[str, Any]) -> None:
        self.plugged = False
        if self.transaction is not None:
            await self.end("EVDisconnected")
        if self.flaw != "forgets to be available":
            await self.say("Available")

    async def present(self, body: dict[str, Any]) -> None:
        id_tag = body["id_tag"]
        if self.transaction is not None:
            if id_tag == self.token or self.flaw == "stops for strangers":
                await self.end("Local", id_tag)
        elif await self.accepted(id_tag):
            self.token = id_tag
            await (self.begin() if self.plugged else self.wait_for_cable())

    async def accepted(self, id_tag: str) -> bool:
        if self.flaw == "asks nobody":
            return True
        answer = await self.call(call.Authorize(id_tag))
        return answer.id_tag_info["status"] == "Accepted" or self.flaw == "charges for anybody"

    async def wait_for_cable(self) -> None:
        await self.say("Preparing")
        await asyncio.sleep(0.1 if self.flaw == "has no patience" else float(self.keys["ConnectionTimeOut"]))
        if not self.plugged:
            self.token = ""
            await self.say("Available")

    # ---- what it is asked

    @on(Action.get_configuration)  # type: ignore[untyped-decorator]
    def on_get_configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        wanted = list(self.keys) if key is None else key
        known = [{"key": one, "readonly": False, "value": self.keys[one]} for one in wanted if one in self.keys]
        return call_result.GetConfiguration(known, [one for one in wanted if one not in self.keys])

    @on(Action.change_configuration)  # type: ignore[untyped-decorator]
    def on_change_configuration(self, key: str, value: str, **_: Any) -> Any:
        if self.flaw == "obeys nonsense":
            return call_result.ChangeConfiguration("Accepted")
        if key not in self.keys:
            return call_result.ChangeConfiguration("NotSupported")
        if value.startswith("-"):
            return call_result.ChangeConfiguration("Rejected")
        if self.flaw != "forgets what it is told":
            self.keys[key] = value
        return call_result.ChangeConfiguration("Accepted")

    @on(Action.remote_stop_transaction)  # type: ignore[untyped-decorator]
    async def on_remote_stop(self, transaction_id: int, **_: Any) -> Any:
        if self.flaw == "does not answer":
            await asyncio.sleep(3600)
        fits = transaction_id == self.transaction
        return call_result.RemoteStopTransaction("Accepted" if fits else "Rejected")

    @after(Action.remote_stop_transaction)  # type: ignore[untyped-decorator]
    async def after_remote_stop(self, transaction_id: int, **_: Any) -> None:
        if transaction_id == self.transaction:
            await self.end("Local" if self.flaw == "gives a wrong reason" else "Remote")

    @on(Action.clear_cache)  # type: ignore[untyped-decorator]
    def on_clear_cache(self, **_: Any) -> Any:
        return call_result.ClearCache("Rejected")

    @on(Action.unlock_connector)  # type: ignore[untyped-decorator]
    def on_unlock(self, **_: Any) -> Any:
        return call_result.UnlockConnector("NotSupported")

    @on(Action.reset)  # type: ignore[untyped-decorator]
    def on_reset(self, **_: Any) -> Any:
        return call_result.Reset("Accepted")

    @after(Action.reset)  # type: ignore[untyped-decorator]
    async def after_reset(self, **_: Any) -> None:
        await self._connection.close()


class Life:
    """A station that dials again whenever its connection is over, in a loop and a thread of its own."""

    def __init__(self, url: str, flaw: str) -> None:
        self.url, self.flaw, self.keys = url, flaw, dict(KEYS)
        self.loop: asyncio.AbstractEventLoop
        self.station: TinyStation | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.begun = threading.Event()
        self.over: asyncio.Event

    async def main(self) -> None:
        """Live until it is over, and leave nothing open."""
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        self.begun.set()
        living = asyncio.create_task(self.live())
        await self.over.wait()
        for task in (living, *self.tasks):
            task.cancel()
        await asyncio.gather(living, *self.tasks, return_exceptions=True)

    async def live(self) -> None:
        protocols = [Subprotocol("ocpp1.6")]
        for dials in count():
            with contextlib.suppress(ConnectionClosed, OSError):
                async with connect(
                    f"{self.url}/TINY", subprotocols=protocols, compression=None, close_timeout=1
                ) as line:
                    self.station = TinyStation(line, self.flaw, self.keys)
                    if self.flaw != "has booted before" or dials:
                        self._do(self.station.boot)
                    await self.station.start()
            await asyncio.sleep(0.05)

    def _do(self, what: Callable[..., Awaitable[None]], *body: Any) -> None:
        async def quietly() -> None:
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await what(*body)

        task = self.loop.create_task(quietly())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def hand(self, path: str, body: dict[str, Any]) -> int:
        station = self.station
        actions = {"/connectors/1/plug_in": "plug_in", "/connectors/1/plug_out": "plug_out", "/tokens": "present"}
        if station is None or path not in actions:
            return 404
        self.loop.call_soon_threadsafe(self._do, getattr(station, actions[path]), body)
        return 200


def _handler(life: Life) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(life.hand(self.path, json.loads(body)))

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def tiny_station(url: str, flaw: str = "") -> Iterator[str]:
    """A station that dials this CSMS; the URL of its control interface."""
    life = Life(url, flaw)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(life))
    threads = [
        threading.Thread(target=lambda: asyncio.run(life.main())),
        threading.Thread(target=server.serve_forever),
    ]
    for thread in threads:
        thread.start()
    life.begun.wait(60)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        life.loop.call_soon_threadsafe(life.over.set)
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join(5)
