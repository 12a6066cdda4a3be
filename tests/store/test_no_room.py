"""A store at its bound and a disk that takes no more refuse a step whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.adapters.sqlite.errors import StoreFailedError
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import Put
from tests.store.children import PATIENCE_S, next_line, start_child, stored


def test_a_store_at_its_bound_refuses_the_step_whole_and_goes_on_with_smaller_ones(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, max_bytes=64 * 1024)
    store.commit([Put("queue", "kept", "1")])

    with pytest.raises(StoreFailedError, match=r"full.*make room"):
        store.commit([Put("queue", "kept", "2"), *(Put("queue", f"{number}", "x" * 4000) for number in range(50))])

    assert store.load() == {"queue": {"kept": "1"}}
    store.commit([Put("queue", "kept", "3")])
    store.close()
    assert stored(tmp_path) == {"queue": {"kept": "3"}}


def test_a_disk_that_takes_no_more_fails_the_step_and_leaves_the_old_records_intact(tmp_path: Path) -> None:
    child = start_child("fill_the_disk", str(tmp_path))
    said = next_line(child)
    child.communicate(timeout=PATIENCE_S)

    assert said.startswith("failed after "), said
    assert "start again" in said
    committed = int(said.split()[2].rstrip(":"))
    records = stored(tmp_path)
    assert committed > 0
    assert list(records["left"]) == list(records["right"]) == [f"{number:08}" for number in range(committed)]
