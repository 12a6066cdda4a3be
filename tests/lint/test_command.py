"""``provenpoint lint``: what it prints, and with what it exits."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.finding import Finding
from runtime.commands.lint_command import find, lint_tables
from tests.lint.tables import HALL, SOUND, written


def test_the_command_prints_each_finding_with_help_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, SOUND | {"hall": HALL.replace("CS-4.9-A2", "CS-0.0", 1)})
    assert lint_tables(tables=tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "hall.toml:15: L016 clause 'CS-0.0' is not in the catalogue",
        "  help: correct the id, or add the requirement to model/requirements",
        "1 finding",
    ]


def test_the_command_exits_with_0_where_there_are_no_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint_tables(tables=written(tmp_path, SOUND)) == 0
    assert capsys.readouterr().out == "3 machines, 10 rows: no problems found\n"


def test_the_command_exits_with_2_where_there_are_no_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_tables(tables=tmp_path) == 2
    assert "help:" in capsys.readouterr().err


def test_a_finding_reads_like_a_diagnostic(tmp_path: Path) -> None:
    found: list[Finding] = find(written(tmp_path, SOUND | {"hall": "nonsense ["}))
    assert str(found[0]).startswith("hall.toml:1: L000 not TOML")
