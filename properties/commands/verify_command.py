"""``provenpoint verify``: explore the tables, decide the properties, and say it so that a person can act on it.

Quiet on success: a line for each scope and one for the verdict. A property that fails prints its sentence, its
clauses, and the shortest way to the failure as numbered steps. Exit codes: 0 all holds, 1 something fails,
2 usage or broken tables, 3 a tool is missing.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from model.language.composition import Composition
from model.language.fingerprint import tables_fingerprint
from model.language.loader import TABLES, load_composition
from model.language.matrix import Matrix, load_matrix
from model.remedy import RemediableError
from properties.blocks.registry import property_files_of
from properties.cross_check.spin import CrossCheck, SpinError, ToolMissingError, check_tools
from properties.cross_check.spin import cross_check as spin_check
from properties.findings import FAILS, HOLDS, OPEN
from properties.registry import Registry, load_registry
from properties.scope import Scope
from properties.trace.evidence import FOLDER as EVIDENCE
from properties.trace.evidence import VERIFY
from properties.verification import Progress, PropertyReport, ScopeReport, Verification, verify
from properties.writable import check_writable
from runtime.commands.command_error import TOOL_MISSING, USAGE, command_error
from runtime.commands.command_error import report as report_trouble

app = App(name="verify", help="Explore the tables to the last reachable state and decide what must hold.")


@app.default
def verify_tables(
    *,
    scope: str | None = None,
    workers: Annotated[int, Parameter(validator=lambda _t, n: _positive(n))] = 1,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    cross_check: Annotated[bool, Parameter(negative="")] = False,
    tables: Annotated[Path, Parameter(show_default=False)] = TABLES,
) -> int:
    """Explore the tables and decide every property.

    Parameters
    ----------
    scope
        Only the scope of this name; all of properties.toml where it is left out.
    workers
        Processes over which a frontier is spread.
    json_file
        Write the report here as well.
    cross_check
        Export some scopes to Promela, run Spin on them, and compare states and verdicts.
    tables
        A folder with station.toml and its machines; the built-in tables where it is left out.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        composition = load_composition(tables)
        registry = load_registry(composition, *property_files_of())
        matrix, scopes = load_matrix(tables), _chosen(registry, scope)
        check_writable(json_file)
        check_writable(EVIDENCE / VERIFY, make=True)
    except RemediableError as refused:
        return report_trouble(command_error(refused, USAGE))
    try:
        if cross_check:
            check_tools()
        _forget_counterexamples()
        found = verify(composition, registry, matrix, scopes, workers=workers, progress=_progress())
        checks = _cross(composition, registry, matrix, found) if cross_check else []
    except ToolMissingError as missing:
        return report_trouble(command_error(missing, TOOL_MISSING))
    except SpinError as failed:
        return report_trouble(command_error(failed))
    _write(found, checks, json_file)
    _show(console, found, checks, tables)
    if found.whole and all(one.complete for one in found.scopes) and tables.resolve() == TABLES.resolve():
        _leave_evidence(found, checks, tables)
    else:
        console.print(f"{EVIDENCE / VERIFY} is left as it was: evidence is all scopes of the project's own tables")
    return 1 if _verdict(found, checks) == FAILS else 0


def _forget_counterexamples() -> None:
    for stale in EVIDENCE.glob(_counterexample("*").name):
        stale.unlink()


def _positive(number: int) -> None:
    if number < 1:
        raise ValueError("at least one worker")


class NoSuchScopeError(RemediableError):
    """No exploration has that name."""


def _chosen(registry: Registry, name: str | None) -> tuple[Scope, ...]:
    if name is None:
        return registry.scopes
    chosen = tuple(one for one in registry.scopes if one.name == name)
    if not chosen:
        raise NoSuchScopeError(f"no scope {name!r}; there are {', '.join(repr(one.name) for one in registry.scopes)}")
    return chosen


def _cross(composition: Composition, registry: Registry, matrix: Matrix, found: Verification) -> list[CrossCheck]:
    """Spin on the scopes that were asked for and are small enough; on all such, explored by us now, where none was."""
    seen = {one.name for one in found.scopes}
    small = [one for one in registry.scopes if one.cross_check]
    scopes = [one for one in small if one.name in seen] or small
    ours = [found if one.name in seen else verify(composition, registry, matrix, [one]) for one in scopes]
    pairs = zip(scopes, ours, strict=True)
    return [spin_check(composition, registry.properties, matrix, scope, mine) for scope, mine in pairs]


def _verdict(found: Verification, checks: list[CrossCheck]) -> str:
    return found.verdict if all(check.agrees for check in checks) else FAILS


def _progress() -> Progress | None:
    """A line that renews itself, where a person looks on."""
    if not sys.stderr.isatty():
        return None

    def report(scope: str, depth: int, states: int, transitions: int) -> None:
        line = f"{scope}: depth {depth}, {states:,} states, {transitions:,} transitions"
        sys.stderr.write(f"\r\x1b[2K{line}" if depth else "")

    return report


def _show(console: Console, found: Verification, checks: list[CrossCheck], tables: Path) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
    for report in found.scopes:
        _show_scope(console, report)
    for check in checks:
        console.print(check.line())
    for one in found.properties.values():
        if one.verdict == FAILS or (found.whole and one.verdict == OPEN):
            _show_property(console, one)
            _show_replay(console, one, tables)
    verdicts = [one.verdict for one in found.properties.values()]
    elsewhere = f", {verdicts.count(OPEN)} not decided in these scopes" if OPEN in verdicts else ""
    held = f"{verdicts.count(HOLDS)} of {len(verdicts)} properties hold{elsewhere}"
    console.print(f"{held}: {_verdict(found, checks)}")


def _show_scope(console: Console, report: ScopeReport) -> None:
    bound = "complete" if report.complete else f"bounded at depth {report.depth}"
    rate = report.transitions / max(report.seconds, 1e-9) / 1e6
    console.print(
        f"{report.name}: {report.states:,} states, {report.transitions:,} transitions, depth {report.depth}, "
        f"{report.seconds:.1f} s ({rate:.2f} M/s), {bound}; rows fired {len(report.rows)} of {report.rows_total}; "
        f"{report.dead_ends} dead ends, {report.cut:,} branches out of scope; {len(report.cells)} status transitions"
    )
    for title, names in (
        ("rows never fired", report.silent),
        ("of these, guard never true", report.never_true),
        ("states never reached", report.unreached),
    ):
        if names:
            console.print(f"  {title}: {', '.join(names)}")


def _show_property(console: Console, one: PropertyReport) -> None:
    console.print(f"[bold]{one.verdict}[/bold]: {one.name} ({', '.join(one.clauses) or 'built in'})")
    console.print(f"  {escape(one.says)}")
    if one.failure is None:
        for scope, finding in one.findings:
            console.print(escape(f"  {scope}: {finding.why}"))
        if not one.findings:
            console.print("  no scope has all machines that it reads: add one to properties.toml")
        return
    scope, finding = one.failure
    console.print(escape(f"  in {scope}: {finding.why}"))
    for line in finding.counterexample.lines() if finding.counterexample else ():
        console.print(escape(f"  {line}"))


def _show_replay(console: Console, one: PropertyReport, tables: Path) -> None:
    """Where the counterexample lies, and what plays it on the real station."""
    if one.counterexample is None:
        return
    words = ["provenpoint", "replay", str(_counterexample(one.name))]
    words += [] if tables.resolve() == TABLES.resolve() else ["--tables", str(tables)]
    console.print(escape(f"  on the real station: {shlex.join(words)}"))


def _counterexample(name: str) -> Path:
    return EVIDENCE / f"counterexample-{name}.json"


def _report(found: Verification, checks: list[CrossCheck]) -> dict[str, Any]:
    return {
        "verdict": _verdict(found, checks),
        "scopes": [one.as_json() for one in found.scopes],
        "properties": [one.as_json() for one in found.properties.values()],
        "cross_check": [check.as_json() for check in checks],
    }


def _write(found: Verification, checks: list[CrossCheck], json_file: Path | None) -> None:
    if json_file:
        json_file.write_text(json.dumps(_report(found, checks), indent=2) + "\n", encoding="utf-8")
    for example in (one.counterexample for one in found.properties.values()):
        if example:
            text = json.dumps(example.as_json(), indent=2) + "\n"
            _counterexample(example.property).write_text(text, encoding="utf-8")


def _leave_evidence(found: Verification, checks: list[CrossCheck], tables: Path) -> None:
    """What ``provenpoint trace`` reads."""
    rows = sorted({row for one in found.scopes for row in one.rows})
    stamped = {**_report(found, checks), "tables": tables_fingerprint(tables), "rows": rows}
    (EVIDENCE / VERIFY).write_text(json.dumps(stamped, indent=1) + "\n", encoding="utf-8")
