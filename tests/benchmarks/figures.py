"""What was measured, as data: samples of each peer and measure, and the medians and ratios that are made of them.

Blocks alternate, so the figures of one round were made within a second of each other, under the same load of the
machine. A ratio is therefore taken within a round, and the median over the rounds is what is reported: a busy
neighbour spoils a round, not the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from attrs import define, field, frozen


@frozen
class Measured:
    """One block: its percentiles in us, its rate, and the CPU time of the station per 1,000 calls."""

    calls: int
    p50_us: float
    p99_us: float
    calls_per_s: float
    cpu_ms: float


Series = dict[str, list[float]]
"""Peer -> one figure for each round."""


@define
class Figures:
    """Everything of one run."""

    blocks: dict[str, dict[str, list[Measured]]] = field(factory=dict)
    """Measure -> peer -> one block for each round."""
    remote_start_us: Series = field(factory=dict)
    cold_start_ms: Series = field(factory=dict)
    resident_mib: Series = field(factory=dict)
    bare_commit_us: list[float] = field(factory=list)
    """One figure for each round, made right after ours changed its configuration."""
    micro_us: dict[str, float] = field(factory=dict)
    generator_cpu_us: float = 0.0
    explorer: list[dict[str, Any]] = field(factory=list)
    """One row for each scope and engine (``tests/benchmarks/explorer.py``)."""

    def column(self, measure: str, of: Callable[[Measured], float]) -> Series:
        """One figure of a measure."""
        return {peer: [of(block) for block in blocks] for peer, blocks in self.blocks[measure].items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies; of the values themselves, nothing between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ratio(series: Series, one: str, other: str) -> float:
    """The median over the rounds of one peer's figure over another's."""
    return median(a / b for a, b in zip(series[one], series[other], strict=True))


def middle(values: Sequence[float]) -> float:
    """The median; of nothing, not a number."""
    return median(values) if values else float("nan")
