"""Hard case 33: the log's pipe is not read, descriptors run out, a listener stalls, 200 costly requests come at once.

The station goes on in each, and the box is dealt with first. How long it takes is for the benchmark to say
(``tests/benchmarks/longest_step.py``); here is shown in which order things happen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Opcode
from websockets.typing import Subprotocol

from runtime.assembly import assemble, start
from runtime.commands.run_arguments import options
from runtime.core.inputs import FrameReceived, Input, Moment, StopPressed
from runtime.core.ports import Step
from tests.processes import PYTHON, Central, until
from tests.transport.servers import PATIENCE_S, framed

DESCRIPTORS = 100
MANY_SILENT = 200
COSTLY = 200


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


class Pressed:
    """A station process whose standard error and descriptors are as the case wants them; found by its file."""

    def __init__(self, folder: Path, csms: str, *, descriptors: int | None = None) -> None:
        self.data = folder / "data"
        words = ["run", "--station", "m06010e2eyfg", "--id", "CP1", "--csms", csms, "--data", str(self.data)]

        limit = ["sh", "-c", f'ulimit -n {descriptors or "1024"}; exec "$@"', "sh"]
        self.process = subprocess.Popen(
            [*limit, sys.executable, *PYTHON[1:], *words, "--control", "127.0.0.1:0"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        place = until(self._place, "a place", 60).strip()
        self.host, _, port = place.rpartition(":")
        self.port = int(port)
        self.http = httpx.Client(base_url=f"http://{place}", timeout=PATIENCE_S, trust_env=False)

    def _place(self) -> str:
        place = self.data / "control"
        return place.read_text() if place.exists() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.http.close()

    def state(self) -> dict[str, Any] | None:
        """What it says of itself; None where it says nothing."""
        with contextlib.suppress(httpx.HTTPError):
            answer = self.http.get("/state")
            found: dict[str, Any] = answer.json()
            return found if answer.status_code == 200 else None
        return None

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def knock(self) -> socket.socket:
        """A connection that says nothing."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_S)


def _booted(box: Pressed) -> bool:
    return (box.state() or {}).get("boot") == "Accepted"


def test_a_pipe_at_stderr_that_nobody_reads_costs_lines_of_the_log_and_nothing_else(
    tmp_path: Path, central: Central
) -> None:
    with Pressed(tmp_path, central.url) as box:
        until(lambda: _booted(box), "boot", 60)
        for _ in range(2500):
            central.send(
                json.dumps([2, "noise", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "x" * 450}])
            )
        assert central.call("GetConfiguration", {"key": ["HeartbeatInterval"]})[0] == 3
        assert box.http.post("/connectors/1/plug_in").status_code == 200
        central.saw("StatusNotification", connectorId=1, status="Preparing")
        assert box.process.stderr is not None
        said = b""
        os.set_blocking(box.process.stderr.fileno(), False)
        end = time.monotonic() + PATIENCE_S
        while b"lines of the log were dropped here" not in said and time.monotonic() < end:
            said += box.process.stderr.read() or b""
            time.sleep(0.01)
        assert b"lines of the log were dropped here" in said
        assert len(said) < 1_000_000, "what waited was bounded"


@pytest.mark.exhaustive
def test_silent_connections_keep_nobody_out_and_are_closed_and_files_of_the_station_have_descriptors(
    tmp_path: Path, central: Central
) -> None:
    with Pressed(tmp_path, central.url, descriptors=DESCRIPTORS) as box, contextlib.ExitStack() as stack:
        until(lambda: _booted(box), "boot", 60)
        before = box.open_files()
        silent = [stack.enter_context(box.knock()) for _ in range(MANY_SILENT)]
        silent[-1].sendall(b"GET /state HTTP/1.1\r\nHost: loc")
        until(box.state, "an answer")
        assert box.open_files() < DESCRIPTORS - 16, "some are kept back"
        assert box.http.post("/connectors/1/plug_in").status_code == 200
        assert box.http.post("/tokens", json={"id_tag": "AB12", "connectors": [1]}).json()["token"] == "asking"
        central.saw("StartTransaction")
        until(lambda: box.open_files() <= before + 1, "the silent ones, and the one that dribbles, to be closed", 60)
        assert box.process.poll() is None


@pytest.mark.exhaustive
def test_a_listener_that_stalls_is_dropped_with_its_socket(tmp_path: Path, central: Central) -> None:
    head = "GET /events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    with Pressed(tmp_path, central.url) as box:
        until(lambda: _booted(box), "boot", 60)
        box.http.get("/state")
        before = box.open_files()
        with box.knock() as lazy:
            lazy.sendall(head.encode())
            until(lambda: box.open_files() > before, "the listener")
            for _ in range(150):
                answer = box.http.post("/data_transfer", json={"vendor_id": "com.example", "data": "x" * 60_000})
                assert answer.json()["data_transfer"]["status"] == "Accepted"
            until(lambda: box.open_files() <= before, "the listener's socket to be closed", 60)
        assert _booted(box)


# ---- 200 costly requests at once -----------------------------------------------------------------------------


def _profile(number: int, connector: int, purpose: str, level: int) -> dict[str, Any]:
    periods = [{"startPeriod": nth * (700 + number), "limit": 1000 + nth + number} for nth in range(10)]
    schedule = {
        "chargingRateUnit": "W", "startSchedule": f"2026-01-01T{2 * number:02d}:00:00Z",
        "duration": 10 * (700 + number), "chargingSchedulePeriod": periods,
    }  # fmt: skip
    return {
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "chargingSchedule": schedule,
        },
    }  # fmt: skip


async def _answering(connection: ServerConnection, booted: asyncio.Future[ServerConnection]) -> None:
    """A CSMS that accepts everything."""
    async for text in connection:
        frame = json.loads(text)
        if frame[0] != 2:
            continue
        accepted = {"currentTime": "2026-11-30T00:00:00Z", "interval": 300, "status": "Accepted"}
        await connection.send(json.dumps([3, frame[1], accepted if frame[2] == "BootNotification" else {}]))
        if frame[2] == "StatusNotification" and not booted.done():
            booted.set_result(connection)


@pytest.mark.exhaustive
def test_the_stop_button_waits_for_one_costly_request_at_most_and_not_for_two_hundred(tmp_path: Path) -> None:
    heard: list[Input] = []

    async def scenario() -> None:
        booted: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()
        async with serve(
            lambda c: _answering(c, booted), "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], ping_interval=None
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            parts = assemble(options("m06010e2eyfg", "CP1", f"ws://127.0.0.1:{port}/ocpp", tmp_path / "data"))
            all_taken = asyncio.Event()

            def watch(given: Input, _now: Moment, _step: Step) -> None:
                costly = isinstance(given, FrameReceived) and "GetCompositeSchedule" in given.text
                if costly and not heard:
                    asyncio.get_running_loop().call_soon(parts.charger.stop, 1)
                if costly or isinstance(given, StopPressed):
                    heard.append(given)
                if len(heard) == COSTLY + 1:
                    all_taken.set()

            parts.host.watchers.append(watch)
            start(parts)
            connection = await asyncio.wait_for(booted, PATIENCE_S)
            for level in range(4):
                call = [2, f"set{level}", "SetChargingProfile", _profile(level, 0, "TxDefaultProfile", level)]
                await connection.send(json.dumps(call))
            asked = json.dumps([2, "ask", "GetCompositeSchedule", {"connectorId": 0, "duration": 2**31 - 1}])
            connection.transport.write(framed(Opcode.TEXT, asked.encode()) * COSTLY)
            await asyncio.wait_for(all_taken.wait(), 120)
            parts.transport.hang_up("done")
            await asyncio.sleep(0)
            parts.store.close()

    uvloop.run(scenario())
    place = next(place for place, given in enumerate(heard) if isinstance(given, StopPressed))
    assert place <= 2, f"{place} costly requests went before the stop button, one of them before it was pressed"
