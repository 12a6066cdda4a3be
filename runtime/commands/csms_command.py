"""``provenpoint csms``: a central system for trying things, which accepts everything and prints what passes.

It can be typed at: a line is an action of OCPP 1.6 and its payload, and goes to the station that is connected, or to
the one whose name and a colon stand before it::

    RemoteStartTransaction {"connectorId": 1, "idTag": "04A2B3C4"}
    CP-1: TriggerMessage {"requestedMessage": "Heartbeat"}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from model.host_name import is_host
from runtime.adapters.background_writer import BackgroundWriter, write_all
from runtime.commands.command_error import TOOL_MISSING, USAGE, CommandError

if TYPE_CHECKING:
    from runtime.csms import CentralSystem, Passed

app = App(name="csms", help="A central system for trying things: accepts everything, prints what passes.")

STDOUT: Final = 1
MAX_WAITING_BYTES: Final = 4 * 1024 * 1024
"""What a reader of standard output may be behind; a line has at most a message."""

ARROWS: Final = {"in": "->", "out": "<-", "link": "--", "typed": "??"}
MAX_PORT: Final = 65535
MAX_LINE_BYTES: Final = 64 * 1024
_TYPED: Final = re.compile(r"\s*(?:(?P<station>[^{}:]+):\s+)?(?P<action>[A-Za-z]+)\s*(?P<payload>\{.*\})?\s*")


@app.default
def run_csms(*, port: int, host: str = "127.0.0.1", as_json: Annotated[bool, Parameter("--json")] = False) -> int:
    """Listen for stations until SIGTERM or SIGINT.

    Parameters
    ----------
    port
        The port to listen on; stations dial ws://HOST:PORT/<identity>. 0 takes one that is free, and says which.
    host
        The address to listen on.
    as_json
        Print what passes as JSON lines {at, station, dir, text}.
    """
    if not 0 <= port <= MAX_PORT:
        raise CommandError(
            f"--port {port}: not a port", f"give --port one from 0 to {MAX_PORT}; 0 is any free one", USAGE
        )
    if not is_host(host):
        raise CommandError(f"--host {host!a}: not a host", "write it like --host 127.0.0.1", USAGE)
    try:
        from runtime.csms import CentralSystem  # noqa: PLC0415 - the package may be missing, and this says so
    except ModuleNotFoundError as missing:
        remedy = "make env installs everything, pinned; elsewhere: pip install 'provenpoint[csms]'"
        raise CommandError(f"the package {missing.name!r} is not installed", remedy, TOOL_MISSING) from missing
    text_of = _as_json if as_json else _as_line
    out = BackgroundWriter(
        lambda line: write_all(STDOUT, line), _dropped_json if as_json else _dropped, MAX_WAITING_BYTES
    )

    def show(passed: Passed) -> None:
        out.put(text_of(passed).encode(errors="backslashreplace"))

    try:
        return asyncio.run(_serve(CentralSystem(show), show, out, host, port))
    finally:
        out.close()


async def _serve(
    system: CentralSystem, show: Callable[[Passed], None], out: BackgroundWriter, host: str, port: int
) -> int:
    try:
        own_port = await system.listen(host, port)
    except OSError as error:
        raise CommandError(f"{host}:{port}: {error.strerror or error}", "give --port one that is free") from error
    out.put(f"listening on ws://{host}:{own_port}\n".encode())
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    tasks: set[asyncio.Task[None]] = set()
    _read_lines(loop, lambda line: tasks.add(loop.create_task(_typed(system, show, line))))
    await over.wait()
    await system.close()
    return 0


def _read_lines(loop: asyncio.AbstractEventLoop, take: Callable[[str], object]) -> None:
    """Read what is typed, in a thread: standard input may be a terminal, a pipe, a file or nothing at all."""

    def read() -> None:
        rest = b""
        with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: the loop has ended
            while data := os.read(0, MAX_LINE_BYTES):
                *lines, rest = (rest + data)[-MAX_LINE_BYTES:].split(b"\n")
                for line in lines:
                    loop.call_soon_threadsafe(take, line.decode(errors="replace"))

    threading.Thread(target=read, daemon=True, name="typed").start()


async def _typed(system: CentralSystem, show: Callable[[Passed], None], line: str) -> None:
    from runtime.csms import NoSuchCallError  # noqa: PLC0415

    if not line.strip():
        return
    try:
        station, action, payload = parse_typed(line)
        await system.call(station, action, payload)
    except (NoSuchCallError, ValueError, TimeoutError) as problem:
        _complain(show, str(problem) or "no answer")


def parse_typed(line: str) -> tuple[str | None, str, dict[str, Any]]:
    """Station, action and payload of a typed line. Raises ValueError."""
    match = _TYPED.fullmatch(line)
    if match is None:
        raise ValueError('not understood; write it like TriggerMessage {"requestedMessage": "Heartbeat"}')
    return match["station"], match["action"], json.loads(match["payload"] or "{}")


def _complain(show: Callable[[Passed], None], text: str) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from runtime.csms import Passed  # noqa: PLC0415

    show(Passed(datetime.now(UTC), "typed", "typed", text))


def _as_line(passed: Passed) -> str:
    return f"{passed.at:%H:%M:%S} {passed.station} {ARROWS[passed.dir]} {passed.text}\n"


def _as_json(passed: Passed) -> str:
    at = passed.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"at": at, "station": passed.station, "dir": passed.dir, "text": passed.text}) + "\n"


def _dropped(count: int) -> bytes:
    return f"{count} lines were dropped here: not read in time\n".encode()


def _dropped_json(count: int) -> bytes:
    return f'{{"dropped": {count}}}\n'.encode()
