"""Spin sees what we see: the same states, the same failures.

On a person's machine without spin or gcc these are skipped, and say so; where CI runs they have to be there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from model.language.loader import TABLES, load_composition
from model.language.matrix import load_matrix
from properties.cross_check.promela import exported
from properties.cross_check.spin import CrossCheck, cross_check
from properties.reference import Reference
from properties.registry import load_registry
from properties.scope import Scope
from properties.verification import verify
from tests.broken_tables import copied, with_row, without_row

pytestmark = pytest.mark.exhaustive

CONNECTOR = Scope(
    "connector", 1, 1, ("connector",), still=("firmware", "station_fault", "storage", "lifecycle", "reservation")
)
STATION = Scope("station", 1, 1, ("clock", "security_event"))
CACHE = Scope("cache", part=("cache_entry",), entries=2)

needs_spin = pytest.mark.skipif(
    not (shutil.which("spin") and shutil.which("gcc")) and "CI" not in os.environ,
    reason="spin and gcc are not installed (Debian: spin, gcc)",
)


def compared(scope: Scope, tables: Path = TABLES) -> CrossCheck:
    composition = load_composition(tables)
    registry, matrix = load_registry(composition), load_matrix(tables)
    ours = verify(composition, registry, matrix, [scope])
    return cross_check(composition, registry.properties, matrix, scope, ours)


@needs_spin
@pytest.mark.parametrize("scope", [STATION, CONNECTOR, CACHE])
def test_both_engines_see_the_same_states_and_no_failure(scope: Scope) -> None:
    check = compared(scope)
    assert check.agrees, check.line()
    assert check.states > 50
    assert not check.failed


@needs_spin
def test_a_row_broken_on_purpose_is_caught_by_both_engines(tmp_path: Path) -> None:
    tables = copied(tmp_path)
    with_row(tables, "availability:schedule", r'^to      = "Scheduled"', 'to      = "Inoperative"')
    check = compared(CONNECTOR, tables)
    assert "inoperative_is_not_used" in check.failed
    assert check.agrees, check.line()


@needs_spin
def test_a_row_taken_out_on_purpose_is_caught_by_both_engines(tmp_path: Path) -> None:
    tables = copied(tmp_path)
    without_row(tables, "boot:lost")
    check = compared(STATION, tables)
    assert check.failed == ("claims_hold",)
    assert check.agrees, check.line()


@needs_spin
def test_entries_of_the_cache_are_seen_alike_when_a_row_is_broken(tmp_path: Path) -> None:
    tables = copied(tmp_path)
    with_row(tables, "cache:clear", r'"raise cache_entry.cleared"', "")
    check = compared(CACHE, tables)
    assert check.failed == ("cleared_cache_holds_nobody",)
    assert check.agrees, check.line()


def test_the_export_is_the_same_text_every_time() -> None:
    composition = load_composition()
    registry, graph = load_registry(composition), Reference(composition, STATION)
    one, other = (exported(graph, registry.properties[:0], load_matrix()) for _ in range(2))
    assert one == other
    assert "chan line" in one.text
