"""The station of a run: a real process, which may die at any moment, and the hand at its box.

Whoever acts on it gets ``ProcessGoneError`` where it has died in the meantime; whether it was allowed to, the run says.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

import httpx

from tests.processes import MARK, PYTHON, Station, until

FAST = """extends = "m06010e2eyfg"
[runtime]
back_off_base_s = 0.1
back_off_cap_s = 0.3
checkpoint_interval_s = 0.5
shutdown_wait_s = 1.0
"""
KEYS = ("MeterValueSampleInterval=1", "TransactionMessageRetryInterval=1", "LocalPreAuthorize=true")
ATTEMPTS = "TransactionMessageAttempts={}"
PATIENT = ATTEMPTS.format(20)
"""So often is a transaction message tried on a link that works: nothing is given up because the machine is slow."""
START_WITHIN_S = 600.0
"""Generous: the machine may be busy, and no campaign judges speed."""


class ProcessGoneError(Exception):
    """The process has ended, or does not answer because it is about to."""


class Victim(Station):
    """A station that is going to be killed. ``sabotage``: the name of what is wrong with it, empty for nothing."""

    def __init__(self, folder: Path, csms: str, sabotage: str = "") -> None:
        file = folder / "fast.toml"
        file.write_text(FAST)
        words = [word for key in KEYS for word in ("--set", key)]
        super().__init__(folder, csms, *words, station=str(file))
        if sabotage:
            self.command = (sys.executable, "-P", "-m", "tests.campaigns.sabotage", sabotage)
        else:
            self.command = PYTHON
        self.http.timeout = START_WITHIN_S
        self.killed = threading.Event()

    def __enter__(self) -> Self:
        """Not started yet: the run says when."""
        return self

    def tune(self, runtime: str, *keys: str) -> None:
        """Other durations and first values of keys, before its first start."""
        Path(self.station).write_text(FAST + runtime)
        self.words += tuple(word for key in keys for word in ("--set", key))

    def launch(self) -> None:
        """Power up, and wait for nothing."""
        self.before = len(self.said())
        self.killed.clear()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self.command, *self.arguments()], stderr=log, stdout=log)

    def find(self) -> None:
        """Wait for its control interface. Raises ProcessGoneError."""
        assert self.process is not None
        process = self.process
        until(lambda: MARK in self.said()[self.before :] or process.poll() is not None, "a start", START_WITHIN_S)
        if process.poll() is not None:
            raise ProcessGoneError
        self.http.base_url = self.said().rpartition(MARK)[2].split()[0]

    def kill(self) -> None:
        """A power cut."""
        if self.process is not None and self.process.poll() is None:
            self.killed.set()
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def kill_soon(self, seconds: float) -> threading.Timer:
        """A power cut in so many seconds, whatever anybody is doing then."""
        timer = threading.Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()
        return timer

    @property
    def ended_by_itself(self) -> bool:
        """Whether the process is gone, and nobody has killed it."""
        return self.process is not None and self.process.poll() is not None and not self.killed.is_set()

    def hand(self, path: str, body: object = None) -> dict[str, Any] | None:
        """Do something at the box; the state that it led to, None where it cannot be done. Raises ProcessGoneError."""
        try:
            response = self.post(path, body)
        except httpx.TransportError as error:
            raise ProcessGoneError from error
        return response.json() if response.status_code == httpx.codes.OK else None

    def look(self) -> dict[str, Any]:
        """Its state. Raises ProcessGoneError."""
        try:
            return self.state()
        except httpx.TransportError as error:
            raise ProcessGoneError from error

    def memory_kib(self, name: str = "VmRSS") -> int:
        """What ``/proc`` says of its memory, in KiB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))
