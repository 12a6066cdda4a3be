"""``provenpoint lint``: the judgement of the tables on the command line.

One finding is one line, ``file:line: rule problem``, and a second that begins with ``help:``. Exit codes: 0 where no
problems were found, 1 where some were, 2 where the folder is not one of tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import tomli
from cyclopts import App, Parameter

from model.catalogue import load_catalogue
from model.language.composition import Composition
from model.language.finding import Finding
from model.language.lint import lint
from model.language.loader import COMPOSITION_FILE, TABLES, load_composition
from model.language.place import Place
from model.language.table_source import TableError
from runtime.commands.command_error import USAGE, CommandError, report
from runtime.raisers import known_raisers

app = App(name="lint", help="Check the tables: names, guards, states, timers, clauses; with file, line and remedy.")


@app.default
def lint_tables(*, tables: Annotated[Path, Parameter(show_default=False)] = TABLES) -> int:
    """Check the tables.

    Parameters
    ----------
    tables
        A folder with station.toml and the machines that it names; the built-in tables where it is left out.
    """
    if not (tables / COMPOSITION_FILE).is_file():
        return report(
            CommandError(
                f"{tables}: no {COMPOSITION_FILE} here", "name a folder of tables, as model/tables is one", USAGE
            )
        )
    findings = find(tables)
    for finding in findings:
        print(finding)
    print(_verdict(tables, findings))
    return 1 if findings else 0


def find(tables: Path = TABLES) -> list[Finding]:
    """Every problem in a folder of tables; the one refusal where it cannot be read."""
    try:
        composition = load_composition(tables)
    except TableError as refused:
        return [Finding(refused.place, "L000", refused.problem, "fix it first; the other rules need the whole table")]
    return [*lint(composition, load_catalogue(), known_raisers()), *_strays(tables, composition)]


def _strays(tables: Path, composition: Composition) -> Iterator[Finding]:
    """Machines that lie beside the others and belong to nothing."""
    for path in sorted(tables.glob("*.toml")):
        with path.open("rb") as file:
            is_machine = "machine" in tomli.load(file)
        if is_machine and path.stem not in composition.by_name:
            problem = f"{path.name} is a machine that {COMPOSITION_FILE} does not name"
            yield Finding(Place(path.name, 1), "L018", problem, f"add {path.stem!r} to 'machines' there")


def _verdict(tables: Path, findings: list[Finding]) -> str:
    if findings:
        return f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    machines = load_composition(tables).machines
    rows = sum(len(machine.rows) for machine in machines)
    return f"{len(machines)} machines, {rows} rows: no problems found"
