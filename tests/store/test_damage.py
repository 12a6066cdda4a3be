"""A file that cannot be trusted is quarantined as it is; one of another version is taken forward or left alone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.adapters.sqlite.errors import StoreFailedError, StoreTooNewError
from runtime.adapters.sqlite.mark import Mark
from runtime.adapters.sqlite.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA, checksum
from runtime.adapters.sqlite.salvage import DAMAGE, MAX_ASIDE
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put
from runtime.core.ports import Drop
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


def _flipped(path: Path, offset: int, bits: int = 0xFF) -> None:
    byte = path.read_bytes()[offset]
    _spoil(path, offset, bytes([byte ^ bits]))


def _made_newer(path: Path) -> None:
    """What a later version leaves: its schema in the database, and in the mark."""
    later = sqlite3.connect(path)
    later.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    later.close()
    mark = Mark(path)
    mark.clear(SCHEMA + 1)
    mark.close()


RECORDS = 200

DAMAGES: dict[str, tuple[Callable[[Path], object], int]] = {
    "nothing but rubbish": (lambda path: path.write_text("a letter to a friend\n" * 100), 0),
    "half a page": (lambda path: path.write_bytes(b"\0" * 2000), 0),
    "empty": (lambda path: os.truncate(path, 0), 0),
    "one byte": (lambda path: os.truncate(path, 1), 0),
    "gone": (lambda path: path.unlink(), 0),
    "a page too few": (lambda path: os.truncate(path, path.stat().st_size - 4096), RECORDS - 20),
    "half of it": (lambda path: os.truncate(path, path.stat().st_size // 2), RECORDS // 2 - 20),
    "cut within a page": (lambda path: os.truncate(path, 5 * 4096 + 100), 30),
    "the first byte": (lambda path: _flipped(path, 0), RECORDS),
    "the page size": (lambda path: _flipped(path, 17), RECORDS),
    # A number of an earlier schema is no damage: the file is taken forward once more, which changes nothing.
    "the schema's number": (lambda path: _flipped(path, 63, 0x04), RECORDS),
    "the schema's number, all of it": (lambda path: _spoil(path, 60, b"\0\0\0\0"), RECORDS),
    "the application": (lambda path: _flipped(path, 68), RECORDS),
    "the schema's text": (lambda path: _flipped(path, path.read_bytes().index(b"CREATE TABLE")), RECORDS),
    "all of the first page": (lambda path: _spoil(path, 0, b"\xaa" * 4096), RECORDS),
    "the root of the table": (lambda path: _flipped(path, 4096 + 3), RECORDS - 20),
    "all of the root": (lambda path: _spoil(path, 4096, b"\0" * 4096), RECORDS - 20),
    "the head of a leaf": (lambda path: _flipped(path, 7 * 4096), RECORDS - 20),
    "a pointer to a cell": (lambda path: _flipped(path, 9 * 4096 + 10), RECORDS - 1),
    "one letter": (lambda path: _spoil(path, path.read_bytes().index(b"message 77 "), b"massage"), RECORDS - 1),
    "one bit of a key": (lambda path: _flipped(path, path.read_bytes().index(b"queue00000042")), RECORDS - 1),
    "a patch of rubbish": (lambda path: _spoil(path, 5 * 4096 + 8, b"\xff\xfe rubbish " * 30), RECORDS - 20),
}  # fmt: skip
"""What is done to the file, and how many of its records are to be found again at least."""


@pytest.mark.parametrize(("damage", "least"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_put_aside_as_it_is_and_what_can_be_read_is_saved(
    tmp_path: Path, damage: Callable[[Path], object], least: int
) -> None:
    path = _with_records(tmp_path)
    before = stored(tmp_path, whole=True)
    damage(path)
    damaged = path.read_bytes() if path.exists() else None

    store = SqliteStore(tmp_path)

    assert store.quarantined is not None
    assert store.quarantined.why.startswith("damaged: ")
    if damaged is not None:
        assert (tmp_path / f"{DATABASE}.damaged-1").read_bytes() == damaged
    store.commit([Put("queue", "new", "1")])
    store.close()
    after = stored(tmp_path, whole=True)
    assert after["queue"].pop("new") == "1"
    assert after["queue"].items() <= before["queue"].items(), "nothing is found that was never written"
    assert least <= len(after["queue"]) <= RECORDS
    (report,) = (text for key, text in after["station"].items() if key.startswith(DAMAGE))
    assert report == store.quarantined.report
    assert f"{len(after['queue'])} records saved" in report
    assert ("none that was found" in report) == (len(after["queue"]) == RECORDS), report
    again = SqliteStore(tmp_path)
    assert again.quarantined is None, "and it is sound"
    again.close()


def test_the_record_that_is_not_what_was_written_is_named(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    _spoil(path, path.read_bytes().index(b"message 77 "), b"massage")

    store = SqliteStore(tmp_path)

    assert store.quarantined is not None
    assert "record '00000077' of 'queue'" in store.quarantined.why
    assert store.quarantined.report == (
        f"damaged store quarantined as {DATABASE}.damaged-1: 199 records saved; not readable: 1 of 'queue'"
    )
    store.close()


def test_records_that_were_forgotten_do_not_come_back(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    store = SqliteStore(tmp_path)
    store._db.execute("PRAGMA secure_delete = OFF").fetchall()  # some builds of SQLite wipe what is free
    store.commit(Drop("queue", f"{number:08}") for number in range(150))
    store.close()
    raw = path.read_bytes()
    assert any(b"message %d " % number in raw for number in range(100)), "some still lie in pages that are free"
    _spoil(path, 4096, b"\0" * 4096)

    left = stored(tmp_path, whole=True)["queue"]

    assert 30 < len(left) <= 50
    assert min(left) >= "00000150"


def test_what_is_owed_is_saved_before_what_can_be_had_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit(Put("cache", f"{number:08}", "x" * 900) for number in range(100))
    store.commit(Put("queue", f"{number:012}", "y" * 900) for number in range(1, 101))
    store.commit([Put("station", "queue", "100"), Put("station", "identity", "CP1")])
    store.close()
    _spoil(tmp_path / DATABASE, (tmp_path / DATABASE).read_bytes().index(b"queue000000000007"), b"quene")

    small = SqliteStore(tmp_path, max_bytes=180 * 1024, reserve_bytes=4096)

    assert small.quarantined is not None
    assert "what found no space" in small.quarantined.report
    small.close()
    saved = stored(tmp_path, whole=True)
    assert len(saved["queue"]) >= 99
    assert saved["station"]["identity"] == "CP1"
    assert len(saved.get("cache", {})) < 100


def test_a_log_without_its_database_is_saved_too(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    assert store.quarantined is None
    shutil.copytree(tmp_path, tmp_path / "cut")  # what a power cut leaves: a database, and what it owes to its log
    store.close()
    shutil.copytree(tmp_path / "cut", tmp_path / "without")
    assert stored(tmp_path / "cut") == {"queue": {"a": "1"}}
    (tmp_path / "without" / DATABASE).unlink()

    again = SqliteStore(tmp_path / "without")

    assert again.quarantined is not None, "what is quarantined is named in the log"
    assert "it is missing" in again.quarantined.why
    assert (tmp_path / "without" / f"{DATABASE}.damaged-1-wal").exists()
    assert again.load()["queue"] == {"a": "1"}
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

    assert store.quarantined is not None
    assert "not a database of Provenpoint" in store.quarantined.why
    assert (tmp_path / f"{DATABASE}.damaged-1").read_bytes() == before
    store.close()


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    _made_newer(path)
    before = path.read_bytes()

    with pytest.raises(StoreTooNewError, match=f"schema {SCHEMA + 1}.*run the version that wrote it"):
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
        ("state", "connector_zero", "Unavailable"),
        ("state", "reservation/2", "Held"),
        ("state", "local_list", "Held"),
    ]
    earlier.executemany("INSERT INTO record VALUES (?, ?, ?, ?)", [(*row, checksum(*row)) for row in before])
    earlier.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    earlier.execute("PRAGMA user_version = 1")
    earlier.commit()
    earlier.close()

    store = SqliteStore(tmp_path)

    assert store.quarantined is None
    records = store.load()
    assert json.loads(records["ended"].pop("000000000007")) == {
        "record": {"connector": 2, "reason": "Local", "id_tag": "a/b"}, "state": "StopOwed",
    }  # fmt: skip
    assert records == {
        "ended": {},
        "state": {
            "transaction/1/8": "Running",
            "station_availability": "Unavailable",
            "reservation/2": "Reserved",
            "local_list": "InUse",
        },
        "transaction": {"000000000008": '{"connector":1,"reason":null}'},
        "queue": {"000000000001": '{"slot":7}'},
    }
    store.close()
    assert list(stored(tmp_path)["ended"]) == ["000000000007"], "and is sound when it is opened again"


@pytest.mark.parametrize("earlier", range(1, SCHEMA))
def test_to_be_taken_forward_again_changes_nothing(tmp_path: Path, earlier: int) -> None:
    path = _with_records(tmp_path)
    before = stored(tmp_path, whole=True)
    _spoil(path, 60, earlier.to_bytes(4, "big"))

    store = SqliteStore(tmp_path)

    assert store.quarantined is None
    store.close()
    assert stored(tmp_path, whole=True) == before


def test_a_refused_open_does_not_keep_the_directory_locked(tmp_path: Path) -> None:
    path = _with_records(tmp_path)
    _made_newer(path)
    for _ in range(2):
        with pytest.raises(StoreTooNewError):
            SqliteStore(tmp_path)


def test_a_data_directory_that_is_a_file_gets_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(StoreFailedError, match="choose a directory"):
        SqliteStore(tmp_path / "data")


# ---- the header of the database ----------------------------------------------------------------------------


def one_of_each_byte() -> list[int]:
    return [8 * byte + (byte * 3 + 1) % 8 for byte in range(100)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store of 40 records, with pages that are free."""
    place = tmp_path_factory.mktemp("small") / "data"
    store = SqliteStore(place, reserve_bytes=4096)
    store.commit(Put("queue", f"{number:08}", f"message {number} " * 20) for number in range(100))
    store.commit(Drop("queue", f"{number:08}") for number in range(60))
    store.close()
    return place


def flip_header(small: Path, tmp_path: Path, bits: list[int]) -> None:
    """Each of these bits in a copy: it opens and takes a commit, twice, and no record is lost or comes back."""
    before = stored(small, whole=True)["queue"]
    for bit in bits:
        copy = Path(shutil.copytree(small, tmp_path / f"{bit}"))
        _flipped(copy / DATABASE, bit // 8, 1 << bit % 8)
        for start in range(2):
            store = SqliteStore(copy, reserve_bytes=4096)
            assert start == 0 or store.quarantined is None, bit
            store.commit([Put("station", "new", f"{start}")])
            store.close()
        after = stored(copy, whole=True)
        assert after["queue"] == before, bit
        assert after["station"]["new"] == "1"
        shutil.rmtree(copy)


@pytest.mark.exhaustive
def test_a_flipped_bit_of_each_byte_of_the_header_costs_no_record_and_no_start(small: Path, tmp_path: Path) -> None:
    flip_header(small, tmp_path, one_of_each_byte())


@pytest.mark.parametrize("byte", [18, 19, 20, 23, 44, 47, 59])
def test_what_sqlite_takes_for_another_kind_of_file_is_damage(small: Path, tmp_path: Path, byte: int) -> None:
    copy = Path(shutil.copytree(small, tmp_path / "copy"))
    _flipped(copy / DATABASE, byte, 0x80)

    store = SqliteStore(copy)

    assert store.quarantined is not None
    assert "header is not what was written" in store.quarantined.why
    assert "40 records saved; not readable: none that was found" in store.quarantined.report
    store.close()


@pytest.mark.exhaustive
def test_each_flipped_bit_of_the_header_costs_no_record_and_no_start(small: Path, tmp_path: Path) -> None:
    flip_header(small, tmp_path, list(range(800)))
