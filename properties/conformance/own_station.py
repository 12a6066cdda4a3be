"""This installation's station as a process that comes back by itself, as a service manager would have it.

Whatever ends it (a power cut is SIGKILL), it starts again at once with the same arguments: the same data directory, the
same identity, the same port of its control interface. It ends for good with the context.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from attrs import define, field

IDENTITY: Final = "CONFORMANCE"
END_WITHIN_S: Final = 12.0
PAUSE_S: Final = 0.2
"""Between an end and the next start."""


def free_port() -> int:
    """A port that is free right now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@define(eq=False)
class OwnStation:
    """``provenpoint run`` of a station, by name or file, against a CSMS."""

    station: str
    csms_url: str
    python: str = sys.executable
    port: int = field(factory=free_port)
    _folder: tempfile.TemporaryDirectory[str] = field(init=False)
    _over: threading.Event = field(factory=threading.Event)
    _process: subprocess.Popen[bytes] | None = None
    _minder: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start it; it is there when its BootNotification comes."""
        self._folder = tempfile.TemporaryDirectory(prefix="conformance-")
        self._minder = threading.Thread(target=self._mind, daemon=True, name="station")
        self._minder.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._over.set()
        process = self._process
        if process is not None:
            _end(process)
        if self._minder is not None:
            self._minder.join(END_WITHIN_S)
        self._folder.cleanup()

    @property
    def control(self) -> str:
        """The URL of its control interface."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Where its data and its log are, while it lives."""
        return Path(self._folder.name)

    def said(self) -> str:
        """What it has written to its log."""
        log = self.folder / "station.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _mind(self) -> None:
        while not self._over.is_set():
            with (self.folder / "station.log").open("ab") as log:
                self._process = subprocess.Popen(self._words(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own command
                self._process.wait()
            self._over.wait(PAUSE_S)

    def _words(self) -> list[str]:
        return [
            self.python, "-P", "-m", "runtime.commands.cli", "run", "--station", self.station, "--id", IDENTITY,
            "--csms", self.csms_url, "--data", str(self.folder / "data"), "--control", f"127.0.0.1:{self.port}",
        ]  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
