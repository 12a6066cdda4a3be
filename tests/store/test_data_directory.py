"""The files of a data directory are their user's alone; what is no file there is named, and holds nobody up."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.adapters.frame_log import FrameLog
from runtime.adapters.meter_file import KeptBox, MeterFile
from runtime.adapters.sqlite.errors import StoreFailedError
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put

FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-mark", "lock", "reserve")


@pytest.fixture(autouse=True)
def generous_umask() -> None:
    os.umask(0o022)


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def test_what_the_station_makes_is_its_users_alone(tmp_path: Path) -> None:
    data = tmp_path / "of" / "mine"
    store = SqliteStore(data)
    store.commit([Put("queue", "a", "1")])
    MeterFile(data / "meter.json").save(KeptBox(()))
    FrameLog(data / "frames.jsonl").close()

    assert modes(data) == dict.fromkeys((*FILES, "meter.json", "frames.jsonl"), 0o600)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    store.close()


def test_what_is_put_aside_and_what_comes_in_its_place_are_too(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("a letter" * 1000)
    (tmp_path / DATABASE).chmod(0o644)
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])

    assert modes(tmp_path) == dict.fromkeys((*FILES, f"{DATABASE}.damaged-1"), 0o600)
    store.close()


def test_files_of_an_earlier_version_are_made_so_at_the_start(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    store.close()
    meter = MeterFile(tmp_path / "meter.json")
    meter.save(KeptBox(()))
    (tmp_path / f"{DATABASE}.damaged-3").write_text("tokens")
    (tmp_path / "notes.txt").write_text("not ours")
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    tmp_path.chmod(0o755)

    SqliteStore(tmp_path).close()
    meter.load()

    assert {name for name, mode in modes(tmp_path).items() if mode != 0o600} == {"notes.txt"}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "the directory is whoever's it was"


@pytest.mark.parametrize("name", [DATABASE, f"{DATABASE}-wal", f"{DATABASE}-mark", "lock", "reserve"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_what_is_no_file_is_named_and_nobody_waits(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    SqliteStore(tmp_path).close()
    (tmp_path / name).unlink(missing_ok=True)
    make(tmp_path / name)

    with pytest.raises(StoreFailedError, match=f"{name}: this is a directory, a pipe or a device.*move it away"):
        SqliteStore(tmp_path)


def full_directory(path: Path) -> None:
    path.mkdir()
    (path / "letter").write_text("to a friend")


@pytest.mark.parametrize("companion", ["-shm", "-journal"])
@pytest.mark.parametrize("make", [Path.mkdir, full_directory, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_in_the_way_of_a_disposable_file_is_moved(
    tmp_path: Path, companion: str, make: Callable[[Path], None]
) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    store.close()
    for start in (1, 2):
        make(tmp_path / f"{DATABASE}{companion}")
        store = SqliteStore(tmp_path)
        assert store.moved == (tmp_path / f"{DATABASE}{companion}.moved-{start}",)
        assert os.path.lexists(store.moved[0])
        assert store.quarantined is None
        assert store.load() == {"queue": {"a": "1"}}
        store.commit([Put("queue", "a", "1")])
        store.close()


@pytest.mark.parametrize("rubbish", [b"", b"x", b"rubbish " * 4096])
def test_rubbish_in_a_disposable_file_is_overwritten(tmp_path: Path, rubbish: bytes) -> None:
    store = SqliteStore(tmp_path)
    store.commit([Put("queue", "a", "1")])
    store.close()
    (tmp_path / f"{DATABASE}-shm").write_bytes(rubbish)
    store = SqliteStore(tmp_path)
    assert (store.moved, store.quarantined, store.load()) == ((), None, {"queue": {"a": "1"}})
    store.commit([Put("queue", "b", "1")])
    store.close()
