"""The figures as a table on the terminal and as JSON; both say what was measured, on what, and how often."""

from __future__ import annotations

import platform
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks import explorer
from tests.benchmarks.figures import Figures, Measured, Series, middle, ratio
from tests.benchmarks.parts import BYTES_FLOOR, BYTES_OURS, COMMIT, STEP_CHANGE, STEP_GET
from tests.benchmarks.processes import FLOOR, OCPP, OURS, PEERS

TITLES = {
    "get": "GetConfiguration of one key",
    "change": "ChangeConfiguration (ours: durable before it is answered)",
    "trigger": "TriggerMessage to the Heartbeat that it triggers",
}

COLUMNS: tuple[tuple[str, str], ...] = (
    ("p50_us", "p50 us"),
    ("p99_us", "p99 us"),
    ("calls_per_s", "calls/s"),
    ("cpu_ms", "CPU ms / 1,000"),
)

SINGLE: tuple[tuple[str, str, str], ...] = (
    ("remote_start_us", "RemoteStartTransaction to StartTransaction", "us"),
    ("cold_start_ms", "Cold start to BootNotification", "ms"),
    ("resident_mib", "Resident memory after the run", "MiB"),
)

PACKAGES = ("websockets", "uvloop", "ocpp", "picows", "orjson", "cattrs", "transitions")


def machine() -> dict[str, str]:
    """What all this ran on, in general terms."""
    names = [line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": str(len(names)),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


# ---- JSON --------------------------------------------------------------------------------------------------


def document(figures: Figures) -> dict[str, Any]:
    """Everything, with ratios to the floor of our transport and to ``ocpp`` with its default checks."""
    return {
        "machine": machine(),
        "peers": {peer.name: peer.is_a for peer in PEERS},
        "round_trips": {measure: _round_trip(figures, measure) for measure in figures.blocks},
        **{name: _single(getattr(figures, name)) for name, _, _ in SINGLE},
        "bare_commit_us": round(middle(figures.bare_commit_us), 1),
        "micro_us": figures.micro_us,
        "explorer": figures.explorer,
        "generator_cpu_us_per_call": round(figures.generator_cpu_us, 1),
        "goals": [{"goal": text, "reached": reached, "figure": figure} for text, figure, reached in goals(figures)],
    }


def _round_trip(figures: Figures, measure: str) -> dict[str, Any]:
    columns = {name: figures.column(measure, attrgetter(name)) for name, _ in COLUMNS}
    return {
        peer: {
            **{name: round(middle(series[peer]), 2) for name, series in columns.items()},
            "p50_of_floor": round(ratio(columns["p50_us"], peer, FLOOR), 3),
            "p99_of_floor": round(ratio(columns["p99_us"], peer, FLOOR), 3),
            "p50_of_ocpp": round(ratio(columns["p50_us"], peer, OCPP), 3),
            "blocks": len(blocks),
            "calls": sum(block.calls for block in blocks),
        }
        for peer, blocks in figures.blocks[measure].items()
    }


def _single(series: Series) -> dict[str, Any]:
    return {
        peer: {
            "median": round(middle(values), 2),
            "of_ocpp": round(ratio(series, peer, OCPP), 3),
            "samples": len(values),
        }
        for peer, values in series.items()
    }


def write(figures: Figures, path: Path) -> None:
    """Keep the document."""
    path.write_bytes(orjson.dumps(document(figures), option=orjson.OPT_INDENT_2) + b"\n")


# ---- goals -------------------------------------------------------------------------------------------------

Goal = tuple[str, float, bool]


def goals(figures: Figures) -> list[Goal]:
    """What we set out to reach, what it is, and whether it is reached."""
    p50 = {measure: figures.column(measure, lambda block: block.p50_us) for measure in figures.blocks}
    p99 = figures.column("get", lambda block: block.p99_us)
    resident_mib = middle(figures.resident_mib[OURS])
    limits = [
        ("GetConfiguration p50 / floor of our transport <= 1.5", ratio(p50["get"], OURS, FLOOR), 1.5),
        ("GetConfiguration p50 / ocpp checked <= 0.19", ratio(p50["get"], OURS, OCPP), 0.19),
        ("GetConfiguration p99 / floor's p99 <= 1.5", ratio(p99, OURS, FLOOR), 1.5),
        ("ChangeConfiguration p50, durable, in ms <= 0.33", middle(p50["change"][OURS]) / 1000, 0.33),
        ("ChangeConfiguration p50 / bare commit of the same disk <= 1.5", _of_a_commit(p50["change"], figures), 1.5),
        ("Remote start to StartTransaction / ocpp <= 0.75", ratio(figures.remote_start_us, OURS, OCPP), 0.75),
        ("Cold start / ocpp <= 1", ratio(figures.cold_start_ms, OURS, OCPP), 1.0),
        ("Resident MiB <= 40", resident_mib, 40.0),
    ]
    return [(text, round(figure, 3), figure <= limit) for text, figure, limit in limits]


def _of_a_commit(change_us: Series, figures: Figures) -> float:
    pairs = zip(change_us[OURS], figures.bare_commit_us, strict=True)
    return middle([change / commit for change, commit in pairs])


# ---- the terminal ------------------------------------------------------------------------------------------


def show(figures: Figures, console: Console) -> None:
    """The tables."""
    for measure in figures.blocks:
        console.print(_round_trip_table(figures, measure))
    console.print(_single_table(figures))
    console.print(_micro_table(figures))
    console.print(_goal_table(figures))
    console.print(f"The explorer\n{explorer.table(figures.explorer)}", soft_wrap=True, highlight=False, markup=False)
    on = machine()
    console.print(f"{on['cpu']}, {on['cores']} cores, {on['system']}, Python {on['python']}; "
                  + ", ".join(f"{name} {on[name]}" for name in PACKAGES))  # fmt: skip
    console.print(f"A bare commit on this disk took {middle(figures.bare_commit_us):,.0f} us in the median round.")
    console.print(f"The CSMS spends {figures.generator_cpu_us:.0f} us of its own core on a call.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _round_trip_table(figures: Figures, measure: str) -> Table:
    blocks = next(iter(figures.blocks[measure].values()))
    title = f"{TITLES[measure]} (medians of {len(blocks)} blocks of {blocks[0].calls})"
    table = _table(title, "station", *(name for _, name in COLUMNS), "p50 / floor", "p50 / ocpp")
    p50 = figures.column(measure, _p50)
    for peer, of_peer in figures.blocks[measure].items():
        cells = [f"{middle([getattr(block, name) for block in of_peer]):,.0f}" for name, _ in COLUMNS]
        table.add_row(peer, *cells, f"{ratio(p50, peer, FLOOR):.2f}", f"{ratio(p50, peer, OCPP):.2f}")
    return table


def _p50(block: Measured) -> float:
    return block.p50_us


def _single_table(figures: Figures) -> Table:
    table = _table("Once in a session", "station", *(f"{title}, {unit}" for _, title, unit in SINGLE))
    for peer in figures.remote_start_us:
        cells = [middle(getattr(figures, name)[peer]) for name, _, _ in SINGLE]
        table.add_row(peer, f"{cells[0]:,.0f}", f"{cells[1]:,.0f}", f"{cells[2]:.1f}")
    return table


def _micro_table(figures: Figures) -> Table:
    table = _table("Parts of ours, in one process, without a socket", "part", "us")
    for part, figure_us in figures.micro_us.items():
        table.add_row(part, f"{figure_us:,.1f}")
    for what, figure_us in reconciled(figures):
        table.add_row(what, f"{figure_us:,.1f}", style="italic")
    return table


def reconciled(figures: Figures) -> list[tuple[str, float]]:
    """What the floor over the wire and our parts add up to, beside what was measured over the wire."""
    if not figures.micro_us:
        return []
    part = figures.micro_us
    floor_us = {measure: middle(figures.column(measure, _p50)[FLOOR]) for measure in figures.blocks}
    ours_us = {measure: middle(figures.column(measure, _p50)[OURS]) for measure in figures.blocks}
    own_us = part[BYTES_OURS] - part[BYTES_FLOOR]
    steps_us = part[STEP_CHANGE] - part[STEP_GET]
    sums = {
        "get": ("floor + what is ours from bytes to bytes", floor_us["get"] + own_us),
        "change": ("the same + commit", floor_us["change"] + own_us + steps_us + part[COMMIT]),
    }
    return [(f"{name}: {what} = {total:,.0f}; over the wire", ours_us[name]) for name, (what, total) in sums.items()]


def _goal_table(figures: Figures) -> Table:
    table = _table("Goals", "goal", "is", "reached")
    for text, figure, reached in goals(figures):
        table.add_row(text, f"{figure:.2f}", "yes" if reached else "no", style="" if reached else "yellow")
    return table
