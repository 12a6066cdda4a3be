"""What was committed is found again; the store holds what a dictionary would hold."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.adapters.sqlite.store import DATABASE, KEYS_AT_ONCE, SqliteStore
from runtime.core.inputs import Put, Span
from runtime.core.ports import RESTING, Drop, DropAll, Write
from tests.store.children import stored


def test_what_was_committed_is_found_by_the_next_start(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("transaction", "1", '{"id":1}'), Put("queue", "b", "2"), Put("queue", "a", "1")])
    store.commit([Put("transaction", "1", '{"id":2}')])
    store.close()

    assert stored(tmp_path) == {"transaction": {"1": '{"id":2}'}, "queue": {"a": "1", "b": "2"}}


def test_keys_of_a_space_come_back_in_ascending_order(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit(Put("queue", f"{number:08}", "x") for number in (30, 2, 100, 1))

    assert list(store.load()["queue"]) == ["00000001", "00000002", "00000030", "00000100"]
    store.close()


def test_a_dropped_record_is_gone_and_dropping_an_unknown_one_is_no_error(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    store.commit([Drop("queue", "a"), Drop("queue", "never there")])

    assert store.load() == {}
    store.close()


def test_many_records_of_several_spaces_are_dropped_at_once_and_no_other(tmp_path: Path) -> None:
    odd = ["", "a\0b", "a", "'", '"', "?", "\N{SNOWMAN}", "\U0010ffff", "%"]
    keys = [*odd, *(f"{number:08}" for number in range(2 * KEYS_AT_ONCE + 7))]
    store = SqliteStore(tmp_path)
    store.commit(Put(space, key, "x") for space in ("cache", "list", "state") for key in keys)
    kept = {"cache": {"a", keys[-1]}, "list": set(keys), "state": {"a\0b"}}
    store.commit(Drop(space, key) for key in keys for space in kept if key not in kept[space])
    store.close()

    assert {space: set(records) for space, records in stored(tmp_path).items()} == kept


def test_writes_of_one_step_take_effect_in_their_order(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("s", "k", "1"), Drop("s", "k"), Put("s", "k", "3"), Put("s", "gone", "1"), Drop("s", "gone")])

    assert store.load() == {"s": {"k": "3"}}
    store.close()


def test_a_step_without_writes_touches_no_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("s", "k", "1")])
    before = (tmp_path / f"{DATABASE}-wal").stat()
    store.commit([])

    assert (tmp_path / f"{DATABASE}-wal").stat() == before
    store.close()


_WRITES = st.one_of(
    st.builds(Put, st.sampled_from("ab"), st.sampled_from("xyz"), st.text(st.characters(exclude_categories=["Cs"]))),
    st.builds(Drop, st.sampled_from("ab"), st.sampled_from("xyz")),
)


@settings(deadline=None)
@given(steps=st.lists(st.lists(_WRITES, max_size=6), max_size=6))
def test_the_store_holds_what_a_dictionary_would_hold(
    steps: list[list[Write]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected: dict[tuple[str, str], str] = {}
    directory = tmp_path_factory.mktemp("store")
    store = SqliteStore(directory)
    for writes in steps:
        store.commit(writes)
        for write in writes:
            match write:
                case Put(space, key, value):
                    expected[space, key] = value
                case Drop(space, key):
                    expected.pop((space, key), None)
    store.close()

    found = {(space, key): value for space, keys in stored(directory).items() for key, value in keys.items()}
    assert found == expected


def test_only_the_first_of_what_rests_is_loaded_and_the_rest_is_recalled(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit(Put("queue", f"{number:04}", str(number)) for number in range(100))
    store.commit([Put("sample", "1/1", "x"), Put("sample", "2/1", "y"), Put("sample", "2/2", "z")])

    records = store.load()

    assert list(records) == ["queue"]
    assert list(records["queue"]) == [f"{number:04}" for number in range(RESTING["queue"])]
    recalled = store.recall([Span("queue", "0098", "9999", 5), Span("sample", "2/", "2/9"), Span("nothing", "", "z")])
    assert [put.value for put in recalled] == ["98", "99", "y", "z"]
    assert [put.value for put in store.recall([Span("queue", "0040", "9999", 2)])] == ["40", "41"]
    store.commit([DropAll(Span("sample", "2/", "2/9"))])
    assert store.recall([Span("sample", "", "9")]) == (Put("sample", "1/1", "x"),)
    store.close()


def test_what_is_forgotten_at_leisure_becomes_durable_with_the_next_commit(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1"), Put("queue", "b", "2"), Put("queue", "c", "3")])
    before = (tmp_path / f"{DATABASE}-wal").stat()
    store.commit([Drop("queue", "a", at_leisure=True)])
    assert (tmp_path / f"{DATABASE}-wal").stat() == before
    store.commit([Put("queue", "d", "4")])
    assert sqlite3.connect(tmp_path / DATABASE).execute("SELECT key FROM record").fetchall() == [("b",), ("c",), ("d",)]
    store.commit([Drop("queue", "b", at_leisure=True)])
    assert list(store.load()["queue"]) == ["c", "d"], "whoever reads does not find it"
    store.commit([Drop("queue", "c", at_leisure=True)])
    store.close()
    assert stored(tmp_path) == {"queue": {"d": "4"}}
