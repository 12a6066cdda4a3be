"""What the station committed is found again, whatever happened to the process, the disk or the file.

Everything here is the real SQLite on a real disk; the process that dies is a real process, killed with SIGKILL.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.inputs import Put
from runtime.ports import RESTING, Drop, DropAll, Records, Span, Write
from runtime.store import DATABASE, SqliteStore
from runtime.store_errors import StoreFailed, StoreInUse, StoreTooNew
from runtime.store_file import APPLICATION_ID, MAX_ASIDE
from runtime.store_migrations import MIGRATIONS, SCHEMA, checksum

ROOT = Path(__file__).parent.parent
PATIENCE_S = 30.0
DEATHS = 5


def _child(body: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process of its own that runs a function of this module."""
    command = [sys.executable, "-c", f"import sys; from tests import test_store; test_store.{body}(*sys.argv[1:])"]
    return subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _line(child: subprocess.Popen[str]) -> str:
    """The child's next line, in bounded time."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], PATIENCE_S)
    assert ready, "the child process said nothing in time"
    return child.stdout.readline().strip()


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=PATIENCE_S)


def _stored(directory: Path) -> Records:
    store = SqliteStore(directory)
    try:
        return store.load()
    finally:
        store.close()


# ---- records ---------------------------------------------------------------------------------------------


def test_what_was_committed_is_found_by_the_next_start(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("transaction", "1", '{"id":1}'), Put("queue", "b", "2"), Put("queue", "a", "1")])
    store.commit([Put("transaction", "1", '{"id":2}')])
    store.close()

    assert _stored(tmp_path) == {"transaction": {"1": '{"id":2}'}, "queue": {"a": "1", "b": "2"}}


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

    found = {(space, key): value for space, keys in _stored(directory).items() for key, value in keys.items()}
    assert found == expected


# ---- the power cut -----------------------------------------------------------------------------------------


def commit_for_ever(directory: str) -> None:
    """Commit pairs of records and say so after each commit, until killed (the child process of the test below)."""
    store = SqliteStore(Path(directory))
    number = len(store.load().get("left", {}))
    while True:
        store.commit([Put("left", f"{number:08}", "x" * 500), Put("right", f"{number:08}", "y" * 500)])
        os.write(1, f"{number}\n".encode())
        number += 1


def test_a_process_killed_in_the_middle_of_commits_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for death in range(DEATHS):
        child = _child("commit_for_ever", str(tmp_path))
        for _ in range(20 + 37 * death):
            acknowledged = int(_line(child))
        os.kill(child.pid, signal.SIGKILL)
        rest, _ = child.communicate(timeout=PATIENCE_S)
        acknowledged = max(
            [acknowledged, *(int(number) for number in rest.splitlines(keepends=True) if "\n" in number)]
        )

        records = _stored(tmp_path)

        assert len(records["left"]) >= acknowledged + 1
        assert records["left"].keys() == records["right"].keys(), "a step was found in part"
        assert list(records["left"]) == [f"{number:08}" for number in range(len(records["left"]))]


# ---- two processes -------------------------------------------------------------------------------------------


def hold(directory: str) -> None:
    """Open the store and keep it (the child process of the tests below)."""
    SqliteStore(Path(directory))
    os.write(1, b"open\n")
    signal.pause()


def test_a_directory_in_use_by_another_process_is_refused_and_the_error_names_it(tmp_path: Path) -> None:
    child = _child("hold", str(tmp_path))
    try:
        assert _line(child) == "open"
        with pytest.raises(StoreInUse, match=f"in use by process {child.pid}.*--data"):
            SqliteStore(tmp_path)
    finally:
        _end(child)


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    child = _child("hold", str(tmp_path))
    assert _line(child) == "open"
    _end(child)

    assert _stored(tmp_path) == {}


def test_one_process_cannot_open_one_directory_twice_until_it_has_closed_it(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path)
    with pytest.raises(StoreInUse):
        SqliteStore(tmp_path)
    first.close()
    first.close()

    assert _stored(tmp_path) == {}


# ---- a file that cannot be trusted ---------------------------------------------------------------------------


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
    assert _stored(tmp_path) == {"queue": {"new": "1"}}


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
    assert _stored(tmp_path / "cut") == {"queue": {"a": "1"}}
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
    assert _stored(tmp_path) == {}


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
    assert list(_stored(tmp_path)["ended"]) == ["000000000007"], "and is sound when it is opened again"


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
    assert _stored(tmp_path) == {"queue": {"d": "4"}}


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


# ---- no room -------------------------------------------------------------------------------------------------


def test_a_store_at_its_bound_refuses_the_step_whole_and_goes_on_with_smaller_ones(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, max_bytes=64 * 1024)
    store.commit([Put("queue", "kept", "1")])

    with pytest.raises(StoreFailed, match=r"full.*make room"):
        store.commit([Put("queue", "kept", "2"), *(Put("queue", f"{number}", "x" * 4000) for number in range(50))])

    assert store.load() == {"queue": {"kept": "1"}}
    store.commit([Put("queue", "kept", "3")])
    store.close()
    assert _stored(tmp_path) == {"queue": {"kept": "3"}}


def fill_the_disk(directory: str) -> None:
    """Commit where no file may grow beyond a limit, until it fails (the child process of the test below)."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = SqliteStore(Path(directory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for number in range(1000):
        try:
            store.commit([Put("left", f"{number:08}", "x" * 2000), Put("right", f"{number:08}", "y" * 2000)])
        except StoreFailed as error:
            os.write(1, f"failed after {number}: {error}\n".encode())
            os._exit(0)


def test_a_disk_that_takes_no_more_fails_the_step_and_leaves_the_old_records_intact(tmp_path: Path) -> None:
    child = _child("fill_the_disk", str(tmp_path))
    said = _line(child)
    child.communicate(timeout=PATIENCE_S)

    assert said.startswith("failed after "), said
    assert "start again" in said
    committed = int(said.split()[2].rstrip(":"))
    records = _stored(tmp_path)
    assert committed > 0
    assert list(records["left"]) == list(records["right"]) == [f"{number:08}" for number in range(committed)]
