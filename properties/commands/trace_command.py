"""``provenpoint trace``: which requirement is cited where, and what shows it.

Without an id, a table of counts for each profile; with ids, everything that leads to those requirements. Exit code 0
where the trace is sound, however much is missing; 1 where something cites a requirement that does not exist; 2 for
an unknown id or a file of evidence that cannot be read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich import box
from rich.console import Console
from rich.table import Table

from properties.trace.evidence import FOLDER, EvidenceError, load_evidence
from properties.trace.trace import WORDS, Item, Trace, counts, trace
from properties.trace.trace import report as as_report
from properties.writable import UnwritableError, check_writable
from runtime.commands.command_error import USAGE, CommandError, command_error, report

app = App(name="trace", help="Walk from each requirement to the rows, functions, properties and tests that cite it.")

PLAIN_WIDTH = 120
COLUMNS = ("total", "in_scope", *WORDS)


@app.default
def trace_requirements(
    *ids: str,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    evidence: Path = FOLDER,
    word: Annotated[str | None, Parameter(name="--list")] = None,
) -> int:
    """Judge every requirement of the catalogue.

    Parameters
    ----------
    ids
        Requirements to show in full, such as CS-4.9-A2.
    json_file
        Write the whole trace to this file.
    evidence
        The folder with what the tests and the explorer left.
    word
        List the requirements of this status: covered, shallow, partial, missing or justified.
    """
    if word is not None and word not in WORDS:
        return report(CommandError(f"--list {word}: no such verdict", f"one of {', '.join(WORDS)}", USAGE))
    try:
        check_writable(json_file)
        result = trace(load_evidence(evidence))
    except (EvidenceError, UnwritableError) as problem:
        return report(command_error(problem, USAGE))
    if json_file:
        json_file.write_text(json.dumps(as_report(result), indent=1) + "\n", encoding="utf-8")
    if ids:
        return _show(result, ids)
    _summary(result, word)
    return 1 if result.dangling else 0


def _summary(result: Trace, word: str | None) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    console.print(_table(result, plain=not console.is_terminal))
    console.print(f"rows: {result.rows_total}, of which {result.rows_cited} cite a clause")
    for note in result.notes:
        console.print(f"note: {note}", soft_wrap=True)
    for citation in result.dangling:
        console.print(f"{citation.place}: cites {citation.requirement}, not in the catalogue", soft_wrap=True)
    for item in result.items:
        if item.word == word:
            console.print(_line(item), soft_wrap=True, markup=False, highlight=False)


def _table(result: Trace, *, plain: bool) -> Table:
    table = Table(box=None if plain else box.SIMPLE_HEAD)
    table.add_column("profile", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    profiles = sorted({item.requirement.profile for item in result.items})
    for profile in profiles:
        _row(table, profile, [item for item in result.items if item.requirement.profile == profile])
    table.add_section()
    _row(table, "all", list(result.items))
    _row(table, "SHALL, SHALL NOT", [item for item in result.items if item.requirement.mandatory])
    return table


def _row(table: Table, name: str, items: list[Item]) -> None:
    numbers = counts(items)
    table.add_row(name, *(str(numbers[column]) for column in COLUMNS))


def _line(item: Item) -> str:
    return f"{item.requirement.id}  {item.requirement.level}  {item.requirement.title}"


def _show(result: Trace, ids: tuple[str, ...]) -> int:
    """Everything that leads to these requirements."""
    by_id = {item.requirement.id: item for item in result.items}
    if unknown := [name for name in ids if name not in by_id]:
        return report(CommandError(f"{', '.join(unknown)}: not in the catalogue", "an id looks like CS-4.9-A2", USAGE))
    for name in ids:
        print("\n".join(_full(by_id[name])))
    return 0


def _full(item: Item) -> list[str]:
    one = item.requirement
    lines = [f"{_line(item)}: {item.word}", f"  {one.text}", f"  catalogue  {one.place}"]
    lines += [f"  {citation.kind:9}  {citation.name}  {citation.place}" for citation in item.citations]
    lines += [f"  {shown.kind:9}  {shown.name}" for shown in item.shown]
    lines += [f"  silent     {row}: no test and no exploration fired it" for row in item.silent_rows]
    return lines + ([f"  because    {item.reason}"] if item.reason else [])
