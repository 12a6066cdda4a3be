"""Runs side by side, each in a process of its own; progress, the first violation, and a report to run it again by."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from attrs import Factory

from model.record import frozen
from tests.campaigns.csms import RecordingCsms
from tests.campaigns.run import Run
from tests.campaigns.station import Victim

IN_ONE_RUN: Final = {"kills": 15, "frames": 20_000, "half_open": 3, "damage": 4}
"""The campaigns, and how much of each is played with one data directory."""

Say = Callable[[str], None]


@frozen
class Plan:
    """A campaign: how much of what, from which seed. ``only``: one run of it alone, as a report asks for it."""

    name: str
    count: int
    seed: int = 1
    workers: int = 2
    sabotage: str = ""
    only: int | None = None
    keep: Path | None = None

    def sizes(self) -> dict[int, int]:
        """How much each run plays, by the number of the run."""
        size = IN_ONE_RUN[self.name]
        whole, rest = divmod(self.count, size)
        sizes = dict(enumerate([size] * whole + ([rest] if rest else [])))
        return sizes if self.only is None else {self.only: sizes[self.only]}

    def again(self, number: int) -> str:
        """The command that plays one run again."""
        sabotage = f" --sabotage {self.sabotage}" if self.sabotage else ""
        return (
            f"python -m tests.campaigns {self.name} --count {self.count} --seed {self.seed} --only {number}{sabotage}"
        )


@frozen
class Outcome:
    """What came of one run; ``kept``: where its data lies, if it found something."""

    number: int
    figures: Counter[str]
    violations: tuple[str, ...] = ()
    kept: Path | None = None


@frozen
class Verdict:
    """What came of a campaign, as far as it went."""

    figures: Counter[str] = Factory(Counter)
    violations: tuple[str, ...] = ()
    kept: Path | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        figures = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(self.figures.items()))
        return f"{figures}; {len(self.violations)} violations; {self.seconds:.0f} s"


def campaign(plan: Plan, say: Say = lambda _: None) -> Verdict:
    """Play it, until it is over or has found something."""
    began, figures = time.monotonic(), Counter[str]()
    sizes = plan.sizes()
    with ProcessPoolExecutor(plan.workers, multiprocessing.get_context("spawn"), _ends_with_its_parent) as pool:
        runs: list[Future[Outcome]] = [pool.submit(play, plan, number, size) for number, size in sizes.items()]
        for done, future in enumerate(as_completed(runs), 1):
            outcome = future.result()
            figures += outcome.figures
            verdict = Verdict(figures, outcome.violations, outcome.kept, time.monotonic() - began)
            say(f"run {done} of {len(runs)}: {verdict}")
            if outcome.violations:
                pool.shutdown(wait=True, cancel_futures=True)
                return verdict
    return Verdict(figures, seconds=time.monotonic() - began)


def _ends_with_its_parent() -> None:
    """Nothing is left behind where a campaign is killed: its worker ends, and the station of that."""
    threading.Thread(target=_watch, args=(multiprocessing.parent_process(),), daemon=True).start()


def _watch(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        os._exit(1)


def play(plan: Plan, number: int, size: int) -> Outcome:
    """One run. Its folder is left where it found something, and removed otherwise."""
    folder = Path(tempfile.mkdtemp(prefix=f"{plan.name}-{plan.seed}-{number}-", dir=plan.keep))
    with RecordingCsms() as csms, Victim(folder, csms.url, plan.sabotage) as victim:
        run = Run(f"{plan.seed}/{number}", folder, csms, victim, random.Random(f"{plan.seed}/{number}"))
        try:
            import_module(f"tests.campaigns.{plan.name}").play(run, size)
        except Exception as problem:  # noqa: BLE001 - whatever it was, it is reported with everything recorded
            run.found.append(f"{type(problem).__name__}: {problem}")
    if not run.found:
        shutil.rmtree(folder)
        return Outcome(number, run.figures)
    report(plan, number, run)
    return Outcome(number, run.figures, tuple(run.found), folder)


def report(plan: Plan, number: int, run: Run) -> None:
    """Everything that is known, beside the data: ``report.txt`` and every frame in ``frames.jsonl``."""
    run.csms.write(run.folder / "frames.jsonl")
    lines = ["Violations:", *run.found, "", "Again (what is random comes again, the moments are the machine's):",
             plan.again(number), "", "What was done:", *run.acts]  # fmt: skip
    (run.folder / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
