"""A process that is killed loses nothing that it acknowledged; and one at a time has the directory."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from runtime.adapters.sqlite.errors import StoreInUseError
from runtime.adapters.sqlite.store import SqliteStore
from tests.store.children import PATIENCE_S, end_child, next_line, start_child, stored

DEATHS = 5


def test_a_process_killed_in_the_middle_of_commits_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for death in range(DEATHS):
        child = start_child("commit_for_ever", str(tmp_path))
        for _ in range(20 + 37 * death):
            acknowledged = int(next_line(child))
        os.kill(child.pid, signal.SIGKILL)
        rest, _ = child.communicate(timeout=PATIENCE_S)
        acknowledged = max(
            [acknowledged, *(int(number) for number in rest.splitlines(keepends=True) if "\n" in number)]
        )

        records = stored(tmp_path)

        assert len(records["left"]) >= acknowledged + 1
        assert records["left"].keys() == records["right"].keys(), "a step was found in part"
        assert list(records["left"]) == [f"{number:08}" for number in range(len(records["left"]))]


def test_a_directory_in_use_by_another_process_is_refused_and_the_error_names_it(tmp_path: Path) -> None:
    child = start_child("hold", str(tmp_path))
    try:
        assert next_line(child) == "open"
        with pytest.raises(StoreInUseError, match=f"in use by process {child.pid}.*--data"):
            SqliteStore(tmp_path)
    finally:
        end_child(child)


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    child = start_child("hold", str(tmp_path))
    assert next_line(child) == "open"
    end_child(child)

    assert stored(tmp_path) == {}


def test_one_process_cannot_open_one_directory_twice_until_it_has_closed_it(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path)
    with pytest.raises(StoreInUseError):
        SqliteStore(tmp_path)
    first.close()
    first.close()

    assert stored(tmp_path) == {}
