"""Stations as processes on a core of their own, and what the system says of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter_ns

from attrs import frozen

from runtime.adapters.meter_file import KeptBox, KeptConnector, MeterFile
from runtime.assembly import METER_FILE

STATION = "m06010e2eyfg"

Command = Callable[[str, str, Path], list[str]]


@frozen
class Peer:
    """A station that is measured: how it is called, what it is, and the command that starts it."""

    name: str
    is_a: str
    command: Command


def _provenpoint(url: str, identity: str, data: Path) -> list[str]:
    """The command as anybody gives it."""
    command = str(Path(sys.executable).with_name("provenpoint"))
    return [command, "run", "--station", STATION, "--id", identity, "--csms", url, "--data", str(data)]


def _module(name: str, *more: str) -> Command:
    """A module of ``peers``, given URL and identity, and ``more`` or the data directory."""

    def command(url: str, identity: str, data: Path) -> list[str]:
        return [sys.executable, "-m", f"tests.benchmarks.peers.{name}", url, identity, *(more or (str(data),))]

    return command


OURS = "provenpoint"
FLOOR = "bare protocol"
OCPP = "ocpp"

PEERS = (
    Peer(OURS, "Provenpoint: all checks, SQLite on the disk, uvloop", _provenpoint),
    Peer(
        FLOOR,
        "websockets' Sans-I/O protocol under uvloop, constants: the floor of our transport",
        _module("bare_protocol"),
    ),
    Peer("bare websockets", "websockets' asyncio client, constants", _module("bare_websockets")),
    Peer(OCPP, "ocpp's ChargePoint, schemas in threads (its default)", _module("ocpp_package", "threaded")),
    Peer("ocpp inline", "ocpp's ChargePoint, schemas on the loop", _module("ocpp_package", "inline")),
    Peer("ocpp unchecked", "ocpp's ChargePoint, no validation", _module("ocpp_package", "off")),
)


@frozen
class Cores:
    """Where each side runs: the CSMS, and all the stations (of which one works at a time)."""

    csms: int
    stations: int

    @classmethod
    def find(cls) -> Cores:
        """The first and the last core that we may use; with one alone, both share it."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[-1])


def go_first() -> None:
    """Before whatever else this machine does, where we may say so: both sides and all stations alike."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)


@frozen
class Process:
    """A station that runs, since when."""

    pid: int
    started_ns: int

    def cpu_ns(self) -> int:
        """Time on a core so far, all threads: from schedstat where there is one, else from the ticks of stat."""
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{self.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def resident_kib(self) -> int:
        """VmRSS."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started in here stays on that core; we are back on ours afterwards."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def running(peer: Peer, url: str, identity: str, data: Path, core: int) -> Iterator[Process]:
    """The station, from its start to its sudden end; what it says on stderr goes to a file beside its data."""
    _plug_in(data)
    with (data / "stderr").open("wb") as said:
        started_ns = perf_counter_ns()
        with on_core(core):
            environment = _plain_environment(data.parent)
            child = subprocess.Popen(peer.command(url, identity, data), stderr=said, env=environment)
        try:
            yield Process(child.pid, started_ns)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()


def _plain_environment(compiled: Path) -> dict[str, str]:
    """Ours without what would change Python's ways; modules are compiled once, as where they are installed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return plain | path | {"PYTHONPYCACHEPREFIX": str(compiled.absolute() / "compiled")}


def _plug_in(data: Path) -> None:
    """A cable sits in an EV that wants energy, so that a remote start leads to a transaction at once."""
    data.mkdir(parents=True, exist_ok=True)
    there = KeptConnector(register_wh=0.0, energy_wh=6_000.0, plugged=True, wants_energy=True, fault=None)
    free = KeptConnector(register_wh=0.0, energy_wh=6_000.0, plugged=False, wants_energy=True, fault=None)
    MeterFile(data / METER_FILE).save(KeptBox((there, free)))
