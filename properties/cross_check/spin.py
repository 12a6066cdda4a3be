"""The same scope through Spin: an engine of other people has to see the same states and the same failures.

Spin stops at the first assertion that fails. So the run is repeated without that one, until nothing fails: the last
run gives the number of states, and what was left out on the way are the failures. A model in which all holds takes
one run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from model.language.composition import Composition
from model.language.matrix import Matrix
from model.remedy import RemediableError
from properties.cross_check.promela import Exported, exported
from properties.findings import FAILS
from properties.reference import Reference
from properties.registry import Property, decidable
from properties.scope import Scope
from properties.verification import Verification

DEPTH = 4_000_000
"""Spin's search stack, in steps of its own, of which one of ours has several."""
TIMEOUT_S = 900
_STORED = re.compile(r"^\s*(\d+) states, stored", re.MULTILINE)
_TRANSITIONS = re.compile(r"^\s*(\d+) transitions", re.MULTILINE)
_VIOLATED = re.compile(r"assertion violated \(?\(?failed!=(\d+)")
_BYTES = re.compile(r"^\s*([\d.]+)\s+actual memory usage for states", re.MULTILINE)


class ToolMissingError(RemediableError, RuntimeError):
    """A program that the cross-check needs is not there; the message names its package."""

    usual_remedy = "install it, or leave --cross-check out"


class SpinError(RemediableError, RuntimeError):
    """Spin or the compiler did not do what it should; the message has its last words."""

    usual_remedy = "the rest can be verified without --cross-check"


@frozen
class CrossCheck:
    """What the other engine saw, beside what ours saw."""

    engine: str
    scope: str
    states: int
    our_states: int
    failed: tuple[str, ...]
    our_failed: tuple[str, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Same states, same failures."""
        return self.states == self.our_states and self.failed == self.our_failed

    def line(self) -> str:
        """One line for a person."""
        word = "agrees" if self.agrees else "DISAGREES"
        return (
            f"{self.engine} {word} on {self.scope!r}: {self.states:,} states (ours {self.our_states:,}), "
            f"failing {', '.join(self.failed) or 'nothing'} (ours {', '.join(self.our_failed) or 'nothing'}), "
            f"{self.seconds:.1f} s"
        )

    def as_json(self) -> dict[str, Any]:
        """The entry of the report."""
        plain = {"engine": self.engine, "scope": self.scope, "states": self.states, "agrees": self.agrees}
        failed = {"failed": list(self.failed), "our_failed": list(self.our_failed)}
        return {**plain, "our_states": self.our_states, **failed, "seconds": round(self.seconds, 3)}


@frozen
class SpinRun:
    """The figures of one run of the verifier that Spin generates."""

    stored: int
    transitions: int
    seconds: float
    megabytes: float
    violated: str | None


def cross_check(
    composition: Composition, properties: Sequence[Property], matrix: Matrix, scope: Scope, ours: Verification
) -> CrossCheck:
    """Run Spin on the scope and compare it with our verification of it. Raises ToolMissingError, SpinError."""
    begun = time.perf_counter()
    graph = Reference(composition, scope)
    decided = [what for what in properties if decidable(what, scope, graph.composition)]
    failed: list[str] = []
    while True:
        model = exported(graph, decided, matrix, failed)
        run = run_spin(model)
        if run.violated is None:
            break
        failed.append(run.violated)
    mine = next(report for report in ours.scopes if report.name == scope.name)
    broken = _broken(ours, scope, model)
    extra = 1 + bool(mine.cut)  # the dark station, and the sink for what leads out of the scope
    seconds = time.perf_counter() - begun
    return CrossCheck("spin", scope.name, run.stored - extra, mine.states, tuple(sorted(failed)), broken, seconds)


def _broken(ours: Verification, scope: Scope, model: Exported) -> tuple[str, ...]:
    """What fails in our exploration of the scope, of all that the model asserts."""
    reports = (one for one in ours.properties.values() if one.name in model.asserted)
    return tuple(sorted(r.name for r in reports if (scope.name, FAILS) in {(s, f.verdict) for s, f in r.findings}))


def check_tools() -> None:
    """Raises ToolMissingError: before anything is explored, for that takes its time."""
    for tool in ("spin", "gcc"):
        if shutil.which(tool) is None:
            raise ToolMissingError(f"{tool} is not installed; install the Debian packages spin and gcc")


def run_spin(model: Exported, *, optimise: str = "-O0") -> SpinRun:
    """Generate, compile and run the verifier. Raises ToolMissingError, SpinError."""
    check_tools()
    with tempfile.TemporaryDirectory(prefix="provenpoint-spin-") as name:
        folder = Path(name)
        (folder / "model.pml").write_text(model.text, encoding="utf-8")
        _run(["spin", "-a", "model.pml"], folder)
        _run(["gcc", optimise, "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], folder)
        begun = time.perf_counter()
        said = _run(["./pan", "-n", f"-m{DEPTH}"], folder)
        return _figures(said, model, time.perf_counter() - begun)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603 - our own.
    said = done.stdout + done.stderr
    if done.returncode or "error: max search depth" in said or "out of memory" in said:
        raise SpinError(f"{' '.join(command)}: {said.strip()[-400:]}")
    return said


def _figures(said: str, model: Exported, seconds: float) -> SpinRun:
    stored, transitions, memory = _STORED.search(said), _TRANSITIONS.search(said), _BYTES.search(said)
    if stored is None or transitions is None:
        raise SpinError(f"the verifier's report is not understood: {said.strip()[-400:]}")
    broken = _VIOLATED.search(said)
    if broken is None and "errors: 0" not in said:
        raise SpinError(f"the verifier stopped, and not at an assertion: {said.strip()[:400]}")
    name = model.asserted[int(broken.group(1)) - 1] if broken else None
    megabytes = float(memory.group(1)) if memory else 0.0
    return SpinRun(int(stored.group(1)), int(transitions.group(1)), seconds, megabytes, name)
