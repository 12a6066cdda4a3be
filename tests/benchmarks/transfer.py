"""A firmware comes while the station works: what it takes in memory, and how late the loop is meanwhile.

``python -m tests.benchmarks.transfer [--mib N] [--json FILE]``. A server in a process of its own gives a file over HTTP
on loopback; here it is fetched as the station does it, beside a loop with a timer of 1 ms. The memory is that of this
process, at its peak, above what it took before the first file was moved (so libcurl is in it). Beside it, in turns: the
same timer with nothing else to do.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import orjson
import uvloop
from attrs import asdict, define, field
from rich.console import Console
from rich.table import Table

from runtime.adapters.transfers.attempt import TransferSettings
from runtime.adapters.transfers.curl_transfers import CurlTransfers
from runtime.core.inputs import Input
from runtime.core.transfers import StartDownload, TransferEnded, TransferOutcome
from tests.benchmarks.figures import percentile
from tests.benchmarks.processes import go_first

OUTPUT = Path("bench-output/transfer.json")
MIB = 1024 * 1024
TICK_S = 0.001
PATIENCE_S = 600.0
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""Sets the peak of resident memory back to what is resident (proc(5))."""


@define
class Figures:
    """Memory in MiB, delays of the timer in ms."""

    mib: int
    idle_mib: float = 0.0
    peak_mib: float = 0.0
    rate_mib_per_s: float = 0.0
    idle_late_ms: list[float] = field(factory=list)
    busy_late_ms: list[float] = field(factory=list)


def resident_mib(what: str) -> float:
    """``VmRSS`` or ``VmHWM``."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    """The peak of resident memory is what is resident now."""
    CLEAR.write_text(RESET_PEAK)


async def ticking(late_ms: list[float], until: asyncio.Event) -> None:
    """How much later than asked each wake came."""
    while not until.is_set():
        asked_s = perf_counter()
        await asyncio.sleep(TICK_S)
        late_ms.append((perf_counter() - asked_s - TICK_S) * 1000)


async def ticking_for(seconds: float, late_ms: list[float]) -> None:
    """With nothing else to do."""
    until = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, until.set)
    await ticking(late_ms, until)


async def fetch(url: str, directory: Path, late_ms: list[float]) -> float:
    """Seconds of one download."""
    over, ended = asyncio.Event(), list[Input]()
    loop = asyncio.get_running_loop()
    transfers = CurlTransfers(directory, loop.call_soon_threadsafe, TransferSettings(spare_bytes=0))

    def hear(given: Input) -> None:
        if isinstance(given, TransferEnded):
            ended.append(given)
            over.set()

    transfers.subscribe(hear)
    begun_s = perf_counter()
    transfers.download(StartDownload("t", url, "fw.bin", 2**40, PATIENCE_S))
    await ticking(late_ms, over)
    assert isinstance(ended[0], TransferEnded)
    assert ended[0].outcome is TransferOutcome.DONE, ended
    return perf_counter() - begun_s


async def measure(mib: int, rounds: int, url: str, directory: Path) -> Figures:
    """Idle and busy in turns."""
    figures, took_s = Figures(mib), 0.0
    await ticking_for(0.5, [])
    forget_peak()
    figures.idle_mib = resident_mib("VmRSS")
    for _ in range(rounds):
        seconds = await fetch(url, directory, figures.busy_late_ms)
        took_s += seconds
        (directory / "fw.bin").unlink()
        await ticking_for(seconds, figures.idle_late_ms)
    figures.peak_mib, figures.rate_mib_per_s = resident_mib("VmHWM"), mib * rounds / took_s
    return figures


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """The URL of a server of the standard library, which gives what lies there."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(directory), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split(" port ")[1].split()[0]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def show(figures: Figures, console: Console) -> None:
    """A row for each."""
    table = Table("of a download", "", title=f"{figures.mib} MiB over HTTP on loopback")
    table.add_row("resident before, MiB", f"{figures.idle_mib:.1f}")
    table.add_row("peak above that, MiB", f"{figures.peak_mib - figures.idle_mib:.1f}")
    table.add_row("rate, MiB/s", f"{figures.rate_mib_per_s:,.0f}")
    for when, late_ms in (("idle", figures.idle_late_ms), ("meanwhile", figures.busy_late_ms)):
        for share in (50, 99, 100):
            table.add_row(f"timer of 1 ms late, p{share}, {when}, ms", f"{percentile(late_ms, share / 100):.2f}")
    console.print(table)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.transfer", description=__doc__)
    parser.add_argument("--mib", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=OUTPUT, metavar="FILE")
    given = parser.parse_args()
    go_first()
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch)) as url:
        with (Path(scratch) / "fw").open("wb") as file:
            for number in range(given.mib):
                file.write(number.to_bytes(8) * (MIB // 8))
        figures = uvloop.run(measure(given.mib, given.rounds, f"{url}/fw", Path(scratch) / "transfers"))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_bytes(orjson.dumps(asdict(figures), option=orjson.OPT_INDENT_2))
    show(figures, Console())


if __name__ == "__main__":
    main()
