"""How fast the explorer is, and how much memory a state takes; beside Spin on the same exported scopes.

``make bench`` runs it once; ``python -m tests.benchmarks.explorer [--rounds N] [--json FILE]`` runs it alone, several
times. Each measure is a process of its own, pinned to one core where the system allows it; the two engines take turns,
and the median of the rounds is reported. Spin is compiled with -O2, and its time is that of the search alone; ours is
that of the search as well.

The engines do not count alike: Spin counts every choice of an answer as a transition, also where nothing comes of
it. So both are also given in states per second, which mean the same for both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from model.language.loader import load_composition
from model.language.matrix import load_matrix
from properties.cross_check.promela import exported
from properties.cross_check.spin import run_spin
from properties.explorer.search import explore
from properties.explorer.steps import Stepper
from properties.reference import Reference
from properties.registry import load_registry
from properties.scope import Scope

Figures = dict[str, float]
SMALLEST = "one connector and what it touches"
BESIDE_SPIN = (SMALLEST,)
"""Where Spin is run as well; on larger scopes its search takes minutes."""


def scope_named(name: str) -> Scope:
    """A scope of properties.toml."""
    return next(one for one in load_registry(load_composition()).scopes if one.name == name)


def ours(name: str) -> Figures:
    """Explore in this process."""
    stepper = Stepper(Reference(load_composition(), scope_named(name)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = explore(stepper)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {
        "states": found.seen.size,
        "transitions": found.transitions,
        "seconds": found.seconds,
        "bytes_per_state": found.seen.bytes / found.seen.size,
        "resident_bytes_per_state": grown / found.seen.size,
    }


def spins(name: str) -> Figures:
    """Run Spin's verifier; without the properties, as ours is run here without them."""
    composition, scope = load_composition(), scope_named(name)
    graph = Reference(composition, scope)
    run = run_spin(exported(graph, (), load_matrix()), optimise="-O2")
    bytes_per_state = run.megabytes * 1024 * 1024 / run.stored
    plain = {"states": run.stored, "transitions": run.transitions, "seconds": run.seconds}
    return {**plain, "bytes_per_state": bytes_per_state}


def measured(engine: str, name: str) -> Figures:
    """One measure in a process of its own."""
    pinned = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    command = [*pinned, sys.executable, "-m", "tests.benchmarks.explorer", "--one", engine, name]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ})
    figures: Figures = json.loads(done.stdout)
    return figures


def all_rounds(rounds: int, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Every scope, or those alone, the engines taking turns."""
    spin = bool(shutil.which("spin") and shutil.which("gcc"))
    names = only or [one.name for one in load_registry(load_composition()).scopes]
    results: list[dict[str, Any]] = []
    for name in names:
        engines = ("provenpoint", "spin") if spin and name in BESIDE_SPIN else ("provenpoint",)
        runs: dict[str, list[Figures]] = {engine: [] for engine in engines}
        for _ in range(rounds):
            for engine in engines:
                runs[engine].append(measured(engine, name))
        results.extend(_result(name, engine, of) for engine, of in runs.items())
    return results


def _result(name: str, engine: str, runs: list[Figures]) -> dict[str, Any]:
    middle = {key: median(run[key] for run in runs) for key in runs[0]}
    rates = {f"{what}_per_s": round(middle[what] / middle["seconds"]) for what in ("states", "transitions")}
    return {"scope": name, "engine": engine, "rounds": len(runs), **middle, **rates}


def table(results: list[dict[str, Any]]) -> str:
    """The figures for a person."""
    columns = (("states", 11), ("transitions", 12), ("seconds", 8), ("transitions_per_s", 18), ("states_per_s", 13))
    head = f"{'scope':34} {'engine':12}" + "".join(f"{name:>{width}}" for name, width in columns) + "  B/state"
    rows = (
        f"{one['scope']:34} {one['engine']:12}"
        + "".join(f"{one[name]:{width},.{2 * (name == 'seconds')}f}" for name, width in columns)
        + f"{one['bytes_per_state']:9.0f}"
        for one in results
    )
    return "\n".join([head, *rows])


def main() -> None:
    """Measure, print, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--json", type=Path, default=Path(".provenpoint/bench-explorer.json"))
    words.add_argument("--one", nargs=2, metavar=("ENGINE", "SCOPE"))
    given = words.parse_args()
    if given.one:
        engine, name = given.one
        sys.stdout.write(json.dumps(spins(name) if engine == "spin" else ours(name)))
        return
    results = all_rounds(given.rounds)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(results) + "\n")


if __name__ == "__main__":
    main()
