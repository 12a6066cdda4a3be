"""One verification: every scope explored, every property decided, joined into one report.

A property holds when it holds in every scope that can decide it, and at least one can; it fails when one scope
fails it. The report is what ``provenpoint verify --json`` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from attrs import define, field, frozen

from model.language.composition import Composition
from model.language.matrix import Matrix
from properties.counterexample import Counterexample
from properties.explorer.search import Exploration, explore
from properties.explorer.shards import shards
from properties.explorer.steps import Stepper
from properties.findings import (
    BUILT_IN,
    FAILS,
    HOLDS,
    OPEN,
    Finding,
    able_rows,
    built_in,
    judge,
    never_true,
    silent_rows,
    status_changes,
    unreached_states,
)
from properties.reference import Reference
from properties.registry import Property, Registry, decidable
from properties.scope import Scope

Progress = Callable[[str, int, int, int], None]
"""Called with the scope's name, the depth, the states and the transitions so far."""


@frozen
class ScopeReport:
    """What one scope came to."""

    name: str
    states: int
    transitions: int
    depth: int
    seconds: float
    complete: bool
    rows: tuple[str, ...]
    rows_total: int
    silent: tuple[str, ...]
    never_true: tuple[str, ...]
    unreached: tuple[str, ...]
    pairs: int
    dead_ends: int
    cut: int
    cells: tuple[str, ...]
    bytes_per_state: float

    def as_json(self) -> dict[str, Any]:
        """The report as the command writes it."""
        plain = {
            key: getattr(self, key) for key in ("name", "states", "transitions", "depth", "complete", "rows_total")
        }
        return {
            **plain,
            "seconds": round(self.seconds, 3),
            "rows_fired": len(self.rows),
            "rows_never_fired": list(self.silent),
            "guards_never_true": list(self.never_true),
            "states_never_reached": list(self.unreached),
            "pairs_met": self.pairs,
            "dead_ends": self.dead_ends,
            "out_of_scope": self.cut,
            "status_cells": list(self.cells),
            "bytes_per_state": round(self.bytes_per_state, 1),
        }


@define
class PropertyReport:
    """What became of one property over all scopes."""

    name: str
    kind: str
    says: str
    clauses: tuple[str, ...]
    findings: list[tuple[str, Finding]] = field(factory=list)

    @property
    def verdict(self) -> str:
        """One failure fails it; one scope that decides it is enough to hold."""
        verdicts = {finding.verdict for _, finding in self.findings}
        return FAILS if FAILS in verdicts else HOLDS if HOLDS in verdicts else OPEN

    @property
    def failure(self) -> tuple[str, Finding] | None:
        """The failure that is read most easily, with its scope: with a counterexample, of few machines and steps."""
        failures = [(scope, finding) for scope, finding in self.findings if finding.verdict == FAILS]
        return min(failures, key=lambda one: _effort(one[1].counterexample), default=None)

    @property
    def counterexample(self) -> Counterexample | None:
        """The steps to the failure."""
        return self.failure[1].counterexample if self.failure else None

    def as_json(self) -> dict[str, Any]:
        """The report as the command writes it."""
        plain = {"name": self.name, "kind": self.kind, "verdict": self.verdict, "clauses": list(self.clauses)}
        scopes = [scope for scope, finding in self.findings if finding.verdict == HOLDS]
        if self.failure is None:
            return {**plain, "scopes": scopes}
        scope, finding = self.failure
        example = finding.counterexample.as_json() if finding.counterexample else None
        return {**plain, "scopes": scopes, "failed_in": scope, "why": finding.why, "counterexample": example}


def _effort(example: Counterexample | None) -> tuple[bool, int, int]:
    """What it takes to read a counterexample: the instances in it, and its steps."""
    return (True, 0, 0) if example is None else (False, len(example.end), len(example.steps))


@define
class Verification:
    """Everything that was found."""

    scopes: list[ScopeReport]
    properties: dict[str, PropertyReport]
    whole: bool = True
    """Whether every scope was explored; then a property that none could decide is a failure too."""

    @property
    def verdict(self) -> str:
        """Whether all of it holds, as far as these scopes show."""
        verdicts = {one.verdict for one in self.properties.values()}
        return FAILS if FAILS in verdicts or (self.whole and OPEN in verdicts) else HOLDS


def verify(
    composition: Composition,
    registry: Registry,
    matrix: Matrix,
    scopes: Iterable[Scope],
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Verification:
    """Explore the scopes and decide every property."""
    chosen = tuple(scopes)
    result = Verification([], _blank(registry, matrix), whole=set(chosen) >= set(registry.scopes))
    for scope in chosen:
        found, decided = explore_scope(composition, registry.properties, scope, workers=workers, progress=progress)
        findings = [*(judge(found, what) for what in decided), *built_in(found, matrix)]
        for finding in findings:
            result.properties[finding.property].findings.append((scope.name, finding))
        result.scopes.append(_report(found, matrix))
    return result


def explore_scope(
    composition: Composition,
    properties: Sequence[Property],
    scope: Scope,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[Exploration, tuple[Property, ...]]:
    """Explore one scope, and say which of the properties it can decide."""
    graph = Reference(composition, scope)
    decided = tuple(what for what in properties if decidable(what, scope, graph.composition))
    stepper = Stepper(graph, tuple(what.watch for what in decided if not what.watch.at_rest))
    shared = shards(stepper, workers) if workers > 1 else None
    report = None if progress is None else partial(progress, scope.name)
    return explore(stepper, shared, report), decided


def _blank(registry: Registry, matrix: Matrix) -> dict[str, PropertyReport]:
    """What is built in and about the matrix shows its cells: no step that has none, each step that has one."""
    written = (PropertyReport(p.name, p.kind, p.says, p.clauses) for p in registry.properties)
    shown = {
        "status_matrix": tuple(cell.clause for cell in matrix.cells if cell.kind == "absent"),
        "status_matrix_covered": tuple(cell.clause for cell in matrix.lawful if not cell.justified),
    }
    always = (PropertyReport(name, "always", says, shown.get(name, ())) for name, says in BUILT_IN.items())
    return {one.name: one for one in (*written, *always)}


def _report(found: Exploration, matrix: Matrix) -> ScopeReport:
    return ScopeReport(
        name=found.stepper.graph.scope.name, states=found.seen.size, transitions=found.transitions, depth=found.depth,
        seconds=found.seconds, complete=found.complete,
        rows=tuple(sorted(f"{machine}:{row}" for machine, row in found.observed.rows)),
        rows_total=len(able_rows(found)),
        silent=tuple(silent_rows(found)), never_true=tuple(never_true(found)),
        unreached=tuple(unreached_states(found)), pairs=len(found.observed.met), dead_ends=len(found.stuck),
        cut=found.observed.cut, cells=tuple(sorted(status_changes(found, matrix))),
        bytes_per_state=found.seen.bytes / found.seen.size,
    )  # fmt: skip
