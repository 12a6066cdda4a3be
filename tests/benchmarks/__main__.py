"""``make bench``: figures side by side, a table on the terminal, ``bench-output/bench.json`` for machines.

First the stations on the wire and their parts, then the explorer. ``--quick`` measures less (under 40 s instead of
some four minutes) and ``--json FILE`` writes elsewhere.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvloop
from rich.console import Console

from tests.benchmarks.awake import awake
from tests.benchmarks.explorer import SMALLEST, all_rounds
from tests.benchmarks.figures import Figures
from tests.benchmarks.processes import PEERS, Cores, go_first
from tests.benchmarks.report import show, write
from tests.benchmarks.run import FULL, QUICK, Size, measure, micro, scratch

OUTPUT = Path("bench-output/bench.json")


async def bench(size: Size, quick: bool) -> Figures:
    """The whole run, the CSMS in this process."""
    cores = Cores.find()
    go_first()
    os.sched_setaffinity(0, {cores.csms})
    with scratch() as data, awake(cores):
        figures = await measure(PEERS, size, Path(data), cores)
        figures.micro_us = await micro(Path(data) / "micro", cores, quick)
    return figures


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", type=Path, default=OUTPUT, metavar="FILE")
    given = parser.parse_args()
    figures = uvloop.run(bench(QUICK if given.quick else FULL, given.quick))
    figures.explorer = all_rounds(1, [SMALLEST] if given.quick else ())
    given.json.parent.mkdir(parents=True, exist_ok=True)
    write(figures, given.json)
    console = Console()
    show(figures, console)
    console.print(f"Written to {given.json}")


if __name__ == "__main__":
    main()
