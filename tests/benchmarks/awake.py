"""Keeps the cores from falling asleep between two frames.

A core that idles for 50 us is put to sleep, and in a virtual machine to wake it takes as long again as a whole round
trip; every figure would then say how the hypervisor sleeps. So on each core a process of the scheduling class IDLE
runs, which gets what nobody else wants and yields at once. It touches no figure of CPU time.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from tests.benchmarks.processes import Cores, on_core

SPIN = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(100_000):
        pass
"""


@contextlib.contextmanager
def awake(cores: Cores) -> Iterator[None]:
    """Both cores, until the run is over or this process is gone."""
    spinning = [_spinning(core) for core in {cores.csms, cores.stations}]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def _spinning(core: int) -> subprocess.Popen[bytes]:
    with on_core(core):
        return subprocess.Popen([sys.executable, "-c", SPIN])
