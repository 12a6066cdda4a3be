"""A file that cannot be trusted is put aside as it is; one of another version is taken forward or left alone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.inputs import Put
from runtime.store import DATABASE, SqliteStore
from runtime.store_errors import StoreFailed, StoreTooNew
from runtime.store_file import APPLICATION_ID, MAX_ASIDE
from runtime.store_migrations import MIGRATIONS, SCHEMA, checksum
from tests.store.children import stored


def _with_records(directory: Path, count: int = 200) -> Path:
    store = SqliteStore(directory)
    store.commit(Put("queue", f"{number:08}", f"message {number} " * 20) for number in range(count))
    store.close()
    return directory / DATABASE


def _spoil(path: Path, offset: int, rubbish: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(rubbish)


def _flipped(path: Path, offset: int) -> None:
    byte = path.read_bytes()[offset]
    _spoil(path, offset, bytes([byte ^ 0xFF]))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "nothing but rubbish": lambda path: path.write_text("a letter to a friend\n" * 100),
    "half a page": lambda path: path.write_bytes(b"\0" * 2000),
    "a page too few": lambda path: os.truncate(path, path.stat().st_size - 4096),
    "half of it": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut within a page": lambda path: os.truncate(path, 5 * 4096 + 100),
    "the first byte": lambda path: _flipped(path, 0),
    "the page size": lambda path: _flipped(path, 17),
    "the application": lambda path: _flipped(path, 68),
    "the schema's text": lambda path: _flipped(path, path.read_bytes().index(b"CREATE TABLE")),
    "the root of the table": lambda path: _flipped(path, 4096 + 3),
    "the head of a leaf": lambda path: _flipped(path, 7 * 4096),
    "a pointer to a cell": lambda path: _flipped(path, 9 * 4096 + 10),
    "one letter of a record": lambda path: _spoil(path, path.read_bytes().index(b"message 77 "), b"massage"),
    "one bit of a key": lambda path: _flipped(path, path.read_bytes().index(b"queue00000042")),
    "a patch of rubbish": lambda path: _spoil(path, 5 * 4096 + 8, b"\xff\xfe rubbish " * 30),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_put_aside_as_it_is_and_an_empty_memory_begun(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = _with_records(tmp_path)
    damage(path)
    damaged = path.read_bytes()

    store = SqliteStore(tmp_path)

    assert store.aside is not None
    assert store.aside.place == tmp_path / f"{DATABASE}.damaged-1"
    assert store.aside.why.startswith("damaged: ")
    assert store.aside.place.read_bytes() == damaged
    assert store.load() == {}
    store.commit([Put("queue", "new", "1")])
    store.close()
    assert stored(tmp_path) == {"queue": {"new": "1"}}


def test_the_record_that_is_not_what_was_written_is_named(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    _spoil(path, path.read_bytes().index(b"message 77 "), b"massage")

    store = SqliteStore(tmp_path)

    assert store.aside is not None
    assert "record '00000077' of 'queue'" in store.aside.why
    store.close()


def test_a_log_goes_with_its_database_and_a_sound_one_is_never_put_aside(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    assert store.aside is None
    shutil.copytree(tmp_path, tmp_path / "cut")  # what a power cut leaves: a database, and what it owes to its log
    store.close()
    assert stored(tmp_path / "cut") == {"queue": {"a": "1"}}
    (tmp_path / "cut" / f"{DATABASE}-wal").write_bytes((tmp_path / DATABASE).read_bytes())
    (tmp_path / "cut" / DATABASE).unlink()

    again = SqliteStore(tmp_path / "cut")

    assert again.newest_aside() == f"{DATABASE}.damaged-1"
    assert again.aside is not None, "what is put aside is named in the log"
    assert "a log without its database" in again.aside.why
    assert (tmp_path / "cut" / f"{DATABASE}.damaged-1-wal").exists()
    assert again.load() == {}
    again.close()


def test_only_the_newest_damaged_files_are_kept(tmp_path: Path) -> None:
    for number in range(MAX_ASIDE + 3):
        (tmp_path / DATABASE).write_text(f"letter {number}" * 100)
        SqliteStore(tmp_path).close()

    kept = sorted(tmp_path.glob(f"{DATABASE}.damaged-*"))
    assert [path.name[-1] for path in kept] == ["4", "5", "6", "7"]
    assert kept[-1].read_text().startswith(f"letter {MAX_ASIDE + 2}")


def test_a_database_of_another_program_is_put_aside_whole(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / DATABASE)
    other.execute("CREATE TABLE holiday_pictures (name TEXT)")
    other.close()
    before = (tmp_path / DATABASE).read_bytes()

    store = SqliteStore(tmp_path)

    assert store.aside is not None
    assert "not a database of Provenpoint" in store.aside.why
    assert store.aside.place.read_bytes() == before
    store.close()


def test_a_memory_that_cannot_be_understood_is_begun_again(tmp_path: Path) -> None:
    _with_records(tmp_path)
    store = SqliteStore(tmp_path)
    store.begin_again("record 12 of queue cannot be read")

    assert store.aside is not None
    assert store.aside.why == "record 12 of queue cannot be read"
    assert store.load() == {}
    store.close()
    assert stored(tmp_path) == {}


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    later = sqlite3.connect(path)
    later.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    later.close()
    before = path.read_bytes()

    with pytest.raises(StoreTooNew, match=f"schema {SCHEMA + 1}.*run the version that wrote it"):
        SqliteStore(tmp_path)

    assert path.read_bytes() == before


def test_a_database_of_an_earlier_schema_is_taken_forward(tmp_path: Path) -> None:
    earlier = sqlite3.connect(tmp_path / DATABASE)
    MIGRATIONS[0](earlier)
    before = [
        ("transaction", "000000000007", '{"connector":2,"reason":"Local","id_tag":"a/b"}'),
        ("state", "transaction/2/7", "StopOwed"),
        ("transaction", "000000000008", '{"connector":1,"reason":null}'),
        ("state", "transaction/1/8", "Running"),
        ("queue", "000000000001", '{"slot":7}'),
    ]
    earlier.executemany("INSERT INTO record VALUES (?, ?, ?, ?)", [(*row, checksum(*row)) for row in before])
    earlier.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    earlier.execute("PRAGMA user_version = 1")
    earlier.commit()
    earlier.close()

    store = SqliteStore(tmp_path)

    assert store.aside is None
    records = store.load()
    assert json.loads(records["ended"].pop("000000000007")) == {
        "record": {"connector": 2, "reason": "Local", "id_tag": "a/b"}, "state": "StopOwed",
    }  # fmt: skip
    assert records == {
        "ended": {},
        "state": {"transaction/1/8": "Running"},
        "transaction": {"000000000008": '{"connector":1,"reason":null}'},
        "queue": {"000000000001": '{"slot":7}'},
    }
    store.close()
    assert list(stored(tmp_path)["ended"]) == ["000000000007"], "and is sound when it is opened again"


def test_a_refused_open_does_not_keep_the_directory_locked(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    later = sqlite3.connect(path)
    later.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    later.close()
    for _ in range(2):
        with pytest.raises(StoreTooNew):
            SqliteStore(tmp_path)


def test_a_data_directory_that_is_a_file_gets_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(StoreFailed, match="choose a directory"):
        SqliteStore(tmp_path / "data")
