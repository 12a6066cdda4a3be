"""A store at its bound and a disk that takes no more refuse a step whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.adapters.sqlite.errors import StoreFailedError
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put
from runtime.core.ports import Quarantine
from tests.store.children import PATIENCE_S, next_line, start_child, stored
from tests.store.file_world import no_copies_in


def test_a_store_at_its_bound_refuses_the_step_whole_and_goes_on_with_smaller_ones(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, max_bytes=64 * 1024)
    store.commit([Put("queue", "kept", "1")])

    with pytest.raises(StoreFailedError, match=r"full.*make space"):
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


def test_where_no_copy_can_be_made_a_record_leaves_for_quarantine_at_a_later_start(tmp_path: Path) -> None:
    store, in_the_way = SqliteStore(tmp_path), no_copies_in(tmp_path)
    store.commit([Put("queue", "bad", "{}")])
    store.commit([Quarantine("queue", "bad")])
    assert store.load() == {"queue": {"bad": "{}"}}
    in_the_way.unlink()
    store.commit([Quarantine("queue", "bad")])
    assert store.load() == {"queue": {"bad": "{}"}}, "one attempt a start: it takes its time"
    store.close()
    store = SqliteStore(tmp_path)
    store.commit([Quarantine("queue", "bad")])
    assert store.load() == {}
    assert (tmp_path / f"{DATABASE}.quarantined-1").exists()
