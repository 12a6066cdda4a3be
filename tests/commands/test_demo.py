"""The demo: runs green as a user runs it, leaves its pictures, and its verdict is strict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from runtime.demo.csms import Line
from runtime.demo.verdict import Cut, judge
from tests.processes import provenpoint


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    ended = provenpoint("demo", cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (folder / "said.txt").write_text(ended.stdout)
    return folder


def _seen(ran: Path) -> list[Line]:
    said = [json.loads(line) for line in (ran / "demo-output/csms.log").read_text().splitlines() if line[0] == "{"]
    return [Line(one["dir"], one["text"]) for one in said]


def _cut() -> Cut:
    return Cut(10_000_000, datetime.now(UTC) + timedelta(days=1))


@pytest.mark.exhaustive
def test_it_runs_green_in_plain_lines_where_there_is_no_terminal(ran: Path) -> None:
    said = (ran / "said.txt").read_text()
    assert "\x1b" not in said
    assert "POWER CUT" in said
    assert said.count("  ok  ") == 11
    assert "FAIL" not in said


@pytest.mark.exhaustive
def test_it_leaves_pictures_with_the_rows_that_fired(ran: Path) -> None:
    out = ran / "demo-output"
    for name in ("run", "connector", "transaction"):
        ET.parse(out / f"{name}.svg")
    assert "power_loss" in (out / "transaction.svg").read_text()
    assert "POWER CUT" in (out / "run.svg").read_text()
    frames = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    assert sum('"BootNotification"' in frame["text"] for frame in frames) == 2


def test_it_empties_only_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ended = provenpoint("demo", "--out", str(tmp_path))
    assert ended.returncode == 2
    assert "no earlier demo's" in ended.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("remove", "fails"),
    [
        ('"PowerLoss"', "one stop for each"),
        ('"StopTransaction"', "one stop for each"),
        ('"Preparing"', "goes through its statuses"),
        ('"MeterValues"', "MeterValues of a register that rises"),
        ('"BootNotification"', "one BootNotification for each power up"),
    ],
)
@pytest.mark.exhaustive
def test_the_verdict_fails_when_the_csms_did_not_see_it(ran: Path, remove: str, fails: str) -> None:
    lines = _seen(ran)
    assert all(check.holds for check in judge(lines, _cut()))
    checks = judge([line for line in lines if remove not in line.text], _cut())
    assert any(fails in check.sentence and not check.holds for check in checks)


@pytest.mark.exhaustive
def test_the_verdict_fails_on_a_stop_too_many_a_register_from_the_future_and_an_error(ran: Path) -> None:
    lines = _seen(ran)
    stop = next(line for line in lines if '"PowerLoss"' in line.text)
    assert not all(check.holds for check in judge([*lines, stop], _cut()))
    assert not all(check.holds for check in judge(lines, Cut(1_200_001, _cut().at)))
    assert not all(check.holds for check in judge([*lines, Line("in", '[4,"x","GenericError","",{}]')], _cut()))
