"""What a composite schedule takes: ten profiles of ten periods each, over a day and over a year.

``python -m tests.benchmarks.composite [--json FILE]`` prints a table: boundaries in the window, p50 and p99. The
profiles take turns through the day, so that each has its say and nothing is hidden:

- *dated*: ten profiles of one day each, one above the other. Beyond that day nothing changes, so a year has as many
  boundaries as a day, and has to take as long;
- *daily*: the same again every day. A week has seven times the boundaries, and takes seven times as long.
"""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from time import perf_counter_ns
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from model.messages.charging import ChargingProfile
from model.messages.codec import structure
from model.smart_charging.composite import composite, walk
from model.smart_charging.limits import Installed, Limits, Site

OUTPUT = Path("bench-output/composite.json")
DAY_S = 86_400
FROM_S = 1_772_323_200  # 2026-03-01T00:00:00Z
SPANS = {"a day": DAY_S, "a week": 7 * DAY_S, "a year": 365 * DAY_S}
ROUNDS = 200
PLACES = (
    *((0, "ChargePointMaxProfile", level) for level in range(2)),
    *((0, "TxDefaultProfile", level) for level in range(4)),
    *((1, "TxProfile", level) for level in range(4)),
)
SITE = Site((1, 2), Decimal(60_000))


def installed(kind: str) -> tuple[Installed, ...]:
    """Ten profiles of ten periods."""
    return tuple(_profile(number, place, kind) for number, place in enumerate(PLACES))


def _profile(number: int, place: tuple[int, str, int], kind: str) -> Installed:
    connector, purpose, level = place
    apart_s = 900 + 60 * number
    periods = [{"startPeriod": nth * apart_s, "limit": 1_000 * (1 + (nth + number) % 7)} for nth in range(10)]
    recurring = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    body: dict[str, Any] = {
        "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose,
        **(recurring if kind == "daily" else {"chargingProfileKind": "Absolute"}),
        "chargingSchedule": {
            "chargingRateUnit": "W", "startSchedule": f"2026-03-01T{2 * number % 24:02d}:00:00Z",
            "duration": 10 * apart_s, "chargingSchedulePeriod": periods,
        },
    }  # fmt: skip
    return Installed(connector, structure(ChargingProfile, body))


def measure(kind: str, span_s: int, rounds: int) -> dict[str, float]:
    """One case: from the profiles as they are stored to the periods of connector 1."""
    profiles, taken_us = installed(kind), []
    for _ in range(rounds):
        started_ns = perf_counter_ns()
        limits = Limits(SITE, profiles, {1: FROM_S, 2: FROM_S})
        composite(lambda second: limits.of_connector(1, second), FROM_S, span_s)  # noqa: B023 - used at once
        taken_us.append((perf_counter_ns() - started_ns) / 1e3)
    limits = Limits(SITE, profiles, {1: FROM_S, 2: FROM_S})
    boundaries = sum(1 for _ in walk(lambda second: limits.of_connector(1, second), FROM_S, span_s))
    cuts = quantiles(taken_us, n=100)
    return {"boundaries": boundaries, "p50_us": round(cuts[49], 1), "p99_us": round(cuts[98], 1)}


def figures(rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Every case; a year of a daily schedule is beyond what is reported."""
    cases = [("dated", "a day"), ("dated", "a year"), ("daily", "a day"), ("daily", "a week")]
    return {f"{kind}, {span}": measure(kind, SPANS[span], rounds) for kind, span in cases}


def show(taken: dict[str, dict[str, float]], console: Console) -> None:
    """One line for each case."""
    table = Table("profiles, window", "boundaries", "p50, ms", "p99, ms", title="Composite schedule of ten profiles")
    for case, one in taken.items():
        table.add_row(case, f"{one['boundaries']:,.0f}", f"{one['p50_us'] / 1e3:.2f}", f"{one['p99_us'] / 1e3:.2f}")
    console.print(table)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.composite", description=__doc__)
    parser.add_argument("--json", type=Path, default=OUTPUT, metavar="FILE")
    given = parser.parse_args()
    taken = figures()
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_bytes(orjson.dumps(taken, option=orjson.OPT_INDENT_2))
    show(taken, Console())


if __name__ == "__main__":
    main()
