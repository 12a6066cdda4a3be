"""One run: starts every station, lets short blocks of calls alternate between them, and reads the system's figures."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time_ns

import orjson
from attrs import frozen

from tests.benchmarks.csms import Csms, Timed, Wire
from tests.benchmarks.disk import bare_commit, commit_us
from tests.benchmarks.figures import Figures, Measured, percentile
from tests.benchmarks.processes import OURS, Cores, Peer, Process, on_core, running

MEASURES = ("get", "change", "trigger")


@frozen
class Size:
    """How much is measured."""

    rounds: int
    calls: int
    remote_starts: int
    cold_starts: int
    warm_up: int = 50


FULL = Size(rounds=21, calls=300, remote_starts=3, cold_starts=7)
QUICK = Size(rounds=7, calls=150, remote_starts=2, cold_starts=2)
TINY = Size(rounds=1, calls=3, remote_starts=1, cold_starts=1, warm_up=2)


@frozen
class Rig:
    """A peer, its process and its wire."""

    peer: Peer
    process: Process
    wire: Wire


async def measure(peers: Sequence[Peer], size: Size, data: Path, cores: Cores) -> Figures:
    """Everything that goes over a wire."""
    figures = Figures()
    csms = Csms()
    await csms.open()
    try:
        await _cold_starts(figures, csms, peers, size, data, cores)
        with contextlib.ExitStack() as stack:
            rigs = [await _start(stack, csms, peer, data / peer.name, cores) for peer in peers]
            await _warm_up(rigs, size)
            commit = bare_commit(data / "bare.db", stack)
            for number in range(size.rounds):
                await _round(figures, _turned(rigs, number), size, commit)
            for rig in rigs:
                figures.resident_mib[rig.peer.name] = [rig.process.resident_kib() / 1024]
    finally:
        csms.close()
    return figures


def _turned(rigs: Sequence[Rig], number: int) -> list[Rig]:
    """Each round begins with another peer, so that nobody always follows the same one."""
    at = number % len(rigs)
    return [*rigs[at:], *rigs[:at]]


async def _start(stack: contextlib.ExitStack, csms: Csms, peer: Peer, data: Path, cores: Cores) -> Rig:
    identity = peer.name.replace(" ", "-")
    process = stack.enter_context(running(peer, csms.url, identity, data, cores.stations))
    await asyncio.wait_for(csms.booted(identity), 30)
    wire = csms.wires[identity]
    await wire.quiet()
    return Rig(peer, process, wire)


async def _cold_starts(
    figures: Figures, csms: Csms, peers: Sequence[Peer], size: Size, data: Path, cores: Cores
) -> None:
    """From the start of the process to its BootNotification, the files' pages being in memory already."""
    for number in range(size.cold_starts + 1):
        for peer in peers:
            identity = f"cold-{number}-{peer.name.replace(' ', '-')}"
            with running(peer, csms.url, identity, data / identity, cores.stations) as process:
                booted_ns = await asyncio.wait_for(csms.booted(identity), 30)
                if number:
                    figures.cold_start_ms.setdefault(peer.name, []).append((booted_ns - process.started_ns) / 1e6)


async def _warm_up(rigs: Sequence[Rig], size: Size) -> None:
    """Let every station do everything, and look at what it says."""
    for rig in rigs:
        for measured in MEASURES:
            await rig.wire.run(measured, size.warm_up)
            assert '"HeartbeatInterval"' in rig.wire.last_answer or '"Accepted"' in rig.wire.last_answer, rig.peer.name
            await rig.wire.quiet()
        for _ in range(2):
            await rig.wire.remote_start()


async def _round(figures: Figures, rigs: Sequence[Rig], size: Size, commit: Callable[[], object]) -> None:
    for measured in MEASURES:
        for rig in rigs:
            own_ns, cpu_ns = process_time_ns(), rig.process.cpu_ns()
            timed = await rig.wire.run(measured, size.calls)
            block = _measured(timed, rig.process.cpu_ns() - cpu_ns)
            if measured == "get" and not figures.generator_cpu_us:
                figures.generator_cpu_us = (process_time_ns() - own_ns) / 1e3 / size.calls
            figures.blocks.setdefault(measured, {}).setdefault(rig.peer.name, []).append(block)
            await rig.wire.quiet(2.0)
            if measured == "change" and rig.peer.name == OURS:
                figures.bare_commit_us.append(commit_us(commit, size.calls // 5 + 1))
    for rig in rigs:
        starts_us = [await rig.wire.remote_start() / 1e3 for _ in range(size.remote_starts)]
        figures.remote_start_us.setdefault(rig.peer.name, []).append(percentile(starts_us, 0.5))


def _measured(timed: Timed, cpu_ns: int) -> Measured:
    calls, times_us = len(timed.times_ns), [time_ns / 1e3 for time_ns in timed.times_ns]
    return Measured(
        calls=calls,
        p50_us=percentile(times_us, 0.50),
        p99_us=percentile(times_us, 0.99),
        calls_per_s=calls / timed.elapsed_ns * 1e9,
        cpu_ms=cpu_ns / 1e6 / calls * 1000,
    )


async def micro(data: Path, cores: Cores, quick: bool) -> dict[str, float]:
    """The figures of single parts, made in a process of its own on the stations' core."""
    command = [sys.executable, "-m", "tests.benchmarks.micro", str(data), *(["--quick"] if quick else [])]
    with on_core(cores.stations):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    figures: dict[str, float] = orjson.loads(output)
    return figures


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A directory on the disk of the checkout (a temporary one may be memory, where a commit costs nothing)."""
    place = Path("bench-output")
    place.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=place, prefix="data-")
