"""The station's process, and the client of its control interface and of its events.

The box can be started again after it died; its data directory and its frame log are the same, its port is another.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from runtime.demo.children import Child, DemoError

IDENTITY: Final = "CP-DEMO"
START_WITHIN_S: Final = 15.0
ANSWER_WITHIN_S: Final = 5.0
FIRST_VALUES: Final = ("MeterValueSampleInterval=1", "HeartbeatInterval=5", "ConnectionTimeOut=30")

STATION_FILE: Final = """\
# The demo's station: the certified one, with a meter that has counted before and a fast checkpoint.
extends = "m06010e2eyfg"

[product]
charge_point_serial_number = "DEMO-0001"

[hardware]
first_register_wh = 1200000

[runtime]
checkpoint_interval_s = 0.5
shutdown_wait_s = 3.0
"""

_CONTROL: Final = re.compile(r"control interface on http://127\.0\.0\.1:(\d+)")


@define(eq=False)
class Box:
    """The station, as its user sees it."""

    folder: Path
    csms_url: str
    hear: Callable[[dict[str, Any]], None]
    child: Child = field(init=False)
    _port: int = 0
    _ready: asyncio.Event = field(factory=asyncio.Event)
    _listening: asyncio.Task[None] | None = None

    def __attrs_post_init__(self) -> None:
        """Its process has a name and a log."""
        self.child = Child("station", self.folder / "station.log", self._hear_line)

    def _hear_line(self, line: str) -> None:
        if match := _CONTROL.search(line):
            self._port = int(match[1])
            self._ready.set()

    async def power_up(self) -> None:
        """Start the process, and listen to its events from the first one on."""
        file = self.folder / "station.toml"
        file.write_text(STATION_FILE, encoding="utf-8")
        self._ready.clear()
        first = [word for value in FIRST_VALUES for word in ("--set", value)]
        await self.child.start(
            "run", "--station", str(file), "--id", IDENTITY, "--csms", self.csms_url,
            "--data", str(self.folder / "data"), "--control", "127.0.0.1:0",
            "--log-frames", str(self.folder / "frames.jsonl"), *first,
        )  # fmt: skip
        try:
            await asyncio.wait_for(self._ready.wait(), START_WITHIN_S)
        except TimeoutError:
            raise DemoError(f"the station did not start within {START_WITHIN_S:g} s; see {self.child.log}") from None
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        url = f"ws://127.0.0.1:{self._port}/events?past=true"
        with contextlib.suppress(ConnectionClosed, OSError):
            async with connect(url, compression=None, proxy=None) as socket:
                async for text in socket:
                    self.hear(json.loads(text))

    async def do(self, action: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do something to the box, as ``connectors/1/plug_in``; the state that it led to. Raises ``DemoError``."""
        return await asyncio.to_thread(self._post, action, json.dumps(body or {}))

    def _post(self, action: str, body: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_WITHIN_S)
        try:
            connection.request("POST", f"/{action}", body)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DemoError(f"POST /{action}: {error!r}; see {self.child.log}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise DemoError(f"POST /{action}: {response.status} {answer.get('error')}")
        return answer

    async def cut_power(self) -> dict[str, Any]:
        """Cut the power; the state in the last instant, once the process is dead."""
        last = await self.do("power", {"cut": True})
        code = await self.child.gone(ANSWER_WITHIN_S)
        await self._deaf()
        if code >= 0:
            raise DemoError(f"a power cut ended the station with exit code {code}, not by a signal")
        return last

    async def stop(self) -> int:
        """An orderly stop; the exit code."""
        code = await self.child.terminate()
        await self._deaf()
        return code

    async def _deaf(self) -> None:
        if self._listening is not None:
            await asyncio.wait_for(self._listening, ANSWER_WITHIN_S)
            self._listening = None

    async def clean_up(self) -> None:
        """Leave nothing behind."""
        await self.child.clean_up()
        if self._listening is not None:
            self._listening.cancel()
