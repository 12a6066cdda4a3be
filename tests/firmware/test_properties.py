"""What must hold of an update holds, and stops holding when a row is broken; the real station replays how."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import load_composition
from model.language.matrix import load_matrix
from model.station_file import load_station
from properties.blocks.registry import property_files_of, stimuli_of
from properties.cross_check.spin import cross_check
from properties.findings import FAILS
from properties.registry import load_registry
from properties.replay.replay import Replay, read_trace, report
from properties.verification import Verification, verify
from tests.broken_tables import copied, with_row

pytestmark = pytest.mark.exhaustive

INTO_IT = '"Downloading"\ndo = ["start download"]'
UPDATE, RESERVED, STATUSES = (
    "an update of the firmware", "an update beside a reservation", "the statuses of an update",
)  # fmt: skip


def verified(tables: Path | None, *names: str) -> tuple[Composition, Verification]:
    composition = load_composition(tables) if tables else load_composition()
    registry = load_registry(composition, *property_files_of())
    scopes = [scope for scope in registry.scopes if scope.name in names]
    return composition, verify(composition, registry, load_matrix(tables) if tables else load_matrix(), scopes)


def failing(found: Verification) -> set[str]:
    return {name for name, report in found.properties.items() if report.verdict == FAILS}


def test_what_must_hold_of_an_update_holds_and_each_of_its_rows_fires() -> None:
    _, found = verified(None, UPDATE, RESERVED, STATUSES)
    assert not failing(found)
    silent = set.intersection(*(set(scope.silent) for scope in found.scopes))
    of_update = ("firmware:", "firmware_status:", "connector:A8.update", "connector:G8", "connector:B6.update")
    assert not [row for row in silent if row.startswith((*of_update, "connector:H1", "lifecycle:restart"))]


@pytest.mark.parametrize(
    ("row", "pattern", "replacement", "name", "scope"),
    [
        ("firmware:pause", r'^to      = "Paused"\n', "", "no_download_in_a_transaction", UPDATE),
        ("firmware:retry.hold", r'"Paused"', INTO_IT, "no_download_begins_in_a_transaction",
         UPDATE),
        ("firmware:fetch.wait", r'"Downloaded"$', '"Installing"', "installed_while_nobody_is_served", UPDATE),
        ("connector:A8.update", r'^to      = "Unavailable"', 'to      = "Available"',
         "installed_while_nobody_is_served", UPDATE),
        ("connector:H1", r'^to      = "Available"\n', "", "unavailable_is_inoperative", UPDATE),
        ("connector:H1.reserved", r'^do .*vacant"\]\n', "", "reserved_while_it_is_held", RESERVED),
    ],
)  # fmt: skip
def test_a_broken_row_fails_the_property_that_guards_it(
    tmp_path: Path, row: str, pattern: str, replacement: str, name: str, scope: str
) -> None:
    tables = copied(tmp_path)
    with_row(tables, row, pattern, replacement)
    _, found = verified(tables, scope)
    assert name in failing(found)


def test_the_real_station_replays_a_counterexample(tmp_path: Path) -> None:
    tables = copied(tmp_path)
    with_row(tables, "firmware:pause", r'^to      = "Paused"\n', "")
    composition, found = verified(tables, UPDATE)
    example = found.properties["no_download_in_a_transaction"].counterexample
    assert example is not None
    file = tmp_path / "counterexample.json"
    file.write_text(json.dumps(example.as_json()), encoding="utf-8")
    replay = Replay(read_trace(file, composition), composition, load_station("m06010e2eyfg"), stimuli_of())
    lines, reproduced = report(replay.run(), replay.trace)
    assert reproduced, "\n".join(lines)


def test_spin_sees_the_same_states_and_no_failure() -> None:
    composition, found = verified(None, UPDATE)
    registry = load_registry(composition, *property_files_of())
    scope = next(scope for scope in registry.scopes if scope.name == UPDATE)
    check = cross_check(composition, registry.properties, load_matrix(), scope, found)
    assert check.agrees, check.line()
    assert not check.failed
