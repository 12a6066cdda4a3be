"""A damaged or missing log is noticed at the next start, and costs what cannot be verified; a kill is no damage."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.adapters.sqlite.log import FRAME, FRAME_BYTES, HEADER, PAGE_BYTES
from runtime.adapters.sqlite.opening import CHECKPOINT_PAGES
from runtime.adapters.sqlite.salvage import DAMAGE
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put
from runtime.core.ports import Drop
from tests.store.children import PATIENCE_S, next_line, start_child, stored

LOG, MARK = f"{DATABASE}-wal", f"{DATABASE}-mark"
Content = dict[tuple[str, str], str]


def content(directory: Path) -> Content:
    found = stored(directory, whole=True)
    return {(space, key): value for space, keys in found.items() for key, value in keys.items() if "damage/" not in key}


class Session:
    """A station's commits, one after the other, and what the store held after each."""

    def __init__(self, directory: Path, commits: int = 40) -> None:
        self.place = directory / "data"
        self.after: list[Content] = [{}]
        store = SqliteStore(self.place)
        now: Content = {}
        for number in range(commits):
            writes = [
                Put("queue", f"{number:012}", f"message {number} " * (5 + number * 7 % 40)),
                Put("station", "queue", str(number)),
            ]
            writes += [Put("state", f"connector/{number % 3}", f"State{number}")] * (number % 4 == 0)
            drops = [Drop("queue", f"{number - 25:012}")] * (number > 25)
            store.commit([*writes, *drops])
            now = now | {(put.space, put.key): put.value for put in writes}
            now = {at: value for at, value in now.items() if at not in {(drop.space, drop.key) for drop in drops}}
            self.after.append(now)
        self.killed = directory / "killed"
        shutil.copytree(self.place, self.killed)  # what a process leaves that is killed now
        store.close()

    def frames(self) -> int:
        return ((self.killed / LOG).stat().st_size - HEADER.size) // FRAME_BYTES

    def commit_of(self, frame: int) -> int:
        """Which commit a frame belongs to, 1 the first."""
        raw = (self.killed / LOG).read_bytes()
        sizes = [FRAME.unpack_from(raw, HEADER.size + number * FRAME_BYTES)[1] for number in range(frame)]
        return 1 + len(sizes) - sizes.count(0)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(tmp_path_factory.mktemp("session"))


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is such: a kill leaves there what it leaves on a disk, and no sync waits."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as place:
        yield Path(place)


def copy_of(session: Session, tmp_path: Path) -> Path:
    return Path(shutil.copytree(session.killed, tmp_path / "copy"))


def flip(path: Path, bit: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)


def told(directory: Path) -> str:
    """What a start says of damage; empty where it says nothing."""
    store = SqliteStore(directory)
    try:
        return "" if store.quarantined is None else f"{store.quarantined.why}; {store.quarantined.report}"
    finally:
        store.close()


def test_a_killed_process_left_no_damage(session: Session, tmp_path: Path) -> None:
    copy = copy_of(session, tmp_path)
    assert (copy / LOG).stat().st_size > 20 * PAGE_BYTES
    assert told(copy) == ""
    assert content(copy) == session.after[-1]


def flips(count: int) -> list[int]:
    """Bits of a log of 100 frames and more: some of each part of a frame, and anywhere."""
    chance = random.Random(31)
    parts = [*range(FRAME.size), *(chance.randrange(FRAME.size, FRAME_BYTES) for _ in range(24))]
    frames = [chance.randrange(100) for _ in parts]
    known = [
        8 * (HEADER.size + frame * FRAME_BYTES + part) + chance.randrange(8)
        for frame, part in zip(frames, parts, strict=True)
    ]
    return [*(8 * byte + byte % 8 for byte in range(HEADER.size)), *known][: count or None]


@pytest.mark.parametrize("bit", flips(0))
def test_each_flipped_bit_in_the_log_is_told_and_costs_nothing_outside_its_commit(
    session: Session, quick_disk: Path, bit: int
) -> None:
    copy = copy_of(session, quick_disk)
    total = session.frames()
    place = bit // 8 - HEADER.size
    frame = place // FRAME_BYTES % total
    if place >= 0:
        bit = 8 * (HEADER.size + frame * FRAME_BYTES + place % FRAME_BYTES) + bit % 8
    flip(copy / LOG, bit)

    said = told(copy)

    assert LOG in said
    assert (copy / f"{DATABASE}.damaged-1-wal").exists()
    hit = session.commit_of(frame) if place >= 0 else 0
    touched = {at for at in session.after[-1] if session.after[hit].get(at) != session.after[max(hit - 1, 0)].get(at)}
    found = content(copy)
    for at, value in session.after[-1].items():
        assert found.get(at) == value or at in touched, (at, hit, said)
    resurrected = found.keys() - session.after[-1].keys()
    assert resurrected <= session.after[max(hit - 1, 0)].keys() - session.after[hit].keys(), said


@pytest.mark.parametrize("frame", [-1, -2, -3])
def test_the_last_commit_is_missed_too(session: Session, tmp_path: Path, frame: int) -> None:
    copy = copy_of(session, tmp_path)
    flip(copy / LOG, 8 * (HEADER.size + (session.frames() + frame) * FRAME_BYTES + 2000))

    assert "is not what was written" in told(copy)


def without(place: Path, *names: str) -> None:
    for name in names:
        (place / name).unlink()


LOSSES: dict[str, Callable[[Path], object]] = {
    "no log": lambda place: (place / LOG).unlink(),
    "an empty log": lambda place: os.truncate(place / LOG, 0),
    "half a log": lambda place: os.truncate(place / LOG, (place / LOG).stat().st_size // 2),
    "a log that ends in a frame": lambda place: os.truncate(place / LOG, (place / LOG).stat().st_size - 1),
    "a log full of nothing": lambda place: (place / LOG).write_bytes(bytes((place / LOG).stat().st_size)),
    "no database": lambda place: (place / DATABASE).unlink(),
    "an empty database": lambda place: os.truncate(place / DATABASE, 0),
    "a database of one byte": lambda place: os.truncate(place / DATABASE, 1),
    "neither database nor log": lambda place: without(place, DATABASE, LOG),
    "nothing but the reserve": lambda place: without(place, DATABASE, LOG, MARK),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_what_is_missing_is_told(session: Session, tmp_path: Path, lose: Callable[[Path], object]) -> None:
    copy = copy_of(session, tmp_path)
    lose(copy)

    assert told(copy) != ""
    assert content(copy).items() <= {item for now in session.after for item in now.items()}, "nothing is made up"
    assert told(copy) == "", "once"


def break_mark(place: Path) -> None:
    """A log that was deleted, beside a mark that says nothing that can be believed."""
    without(place, LOG)
    (place / MARK).write_bytes(b"x" * 64)


@pytest.mark.parametrize(
    "lose",
    [lambda place: without(place, LOG, MARK), break_mark, lambda place: without(place, LOG, MARK, f"{DATABASE}-shm")],
    ids=["neither log nor mark", "no log, a mark of rubbish", "no index either"],
)
@pytest.mark.parametrize("folded", [False, True], ids=["nothing folded", "some folded"])
def test_a_log_that_nobody_knows_of_any_more_is_told(
    tmp_path: Path, lose: Callable[[Path], object], folded: bool
) -> None:
    store = SqliteStore(tmp_path / "data")
    store.commit([Put("station", "identity", "CP1")])
    if folded:
        store.fold()
    store.commit([Put("queue", "a", "1")])
    copy = Path(shutil.copytree(tmp_path / "data", tmp_path / "copy"))
    store.close()
    lose(copy)

    said = told(copy)

    assert "-mark is missing or damaged" in said
    assert f"{int(folded)} records saved; not readable: what its log held" in said
    assert content(copy) == ({("station", "identity"): "CP1"} if folded else {})
    assert told(copy) == "", "once"


def test_a_copy_of_a_closed_database_is_a_store(session: Session, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    shutil.copy(session.place / DATABASE, tmp_path / "copy")
    assert told(tmp_path / "copy") == ""
    assert content(tmp_path / "copy") == session.after[-1]


def test_how_much_of_the_log_is_gone_is_told(session: Session, tmp_path: Path) -> None:
    total = session.frames()
    gone = copy_of(session, tmp_path)
    (gone / LOG).unlink()
    assert f"not readable: {total} pages of its committed log" in told(gone)

    cut = Path(shutil.copytree(session.killed, tmp_path / "cut"))
    os.truncate(cut / LOG, HEADER.size + 30 * FRAME_BYTES - 1)
    assert f"{total - 29} pages of its committed log" in told(cut)


def test_what_the_log_alone_holds_is_saved_without_the_database(session: Session, tmp_path: Path) -> None:
    copy = copy_of(session, tmp_path)
    (copy / DATABASE).unlink()

    told(copy)

    assert content(copy) == session.after[-1], "it was never folded in"


def test_a_closed_store_needs_no_log(session: Session, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(session.place, tmp_path / "copy"))
    assert not (copy / LOG).exists()
    assert told(copy) == ""
    assert content(copy) == session.after[-1]


# ---- what a power cut leaves is no damage ------------------------------------------------------------------


@pytest.mark.parametrize("beyond", [1, 23, 24, 500, PAGE_BYTES, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES - 1])
def test_the_torn_end_of_a_commit_that_never_was_is_dropped_without_a_word(
    session: Session, tmp_path: Path, beyond: int
) -> None:
    """Its frames are written, but for the last bytes, when the process dies."""
    copy = Path(shutil.copytree(session.killed, tmp_path / "copy"))
    raw = (copy / LOG).read_bytes()
    more = _uncommitted(raw)[:beyond]
    (copy / LOG).write_bytes(raw + more)

    assert told(copy) == ""
    assert content(copy) == session.after[-1]


@pytest.mark.parametrize("sectors", [0, 1, 4, 8])
def test_sectors_of_the_last_commit_that_a_power_cut_left_unwritten_are_no_damage(
    session: Session, tmp_path: Path, sectors: int
) -> None:
    """The file has grown, and its new end is zeros but for some sectors: no commit was there."""
    copy = Path(shutil.copytree(session.killed, tmp_path / "copy"))
    raw = (copy / LOG).read_bytes()
    (copy / LOG).write_bytes(raw + _uncommitted(raw)[: FRAME.size + 512 * sectors].ljust(3 * FRAME_BYTES, b"\0"))

    assert told(copy) == ""
    assert content(copy) == session.after[-1]


def _uncommitted(log: bytes) -> bytes:
    """Three frames of the log's generation that end no commit."""
    salts = log[16:24]
    frame = struct.pack(">II8s8s", 2, 0, salts, b"\x5a" * 8) + b"\xa5" * PAGE_BYTES
    return frame * 3


def test_a_mark_that_a_power_cut_left_behind_the_log_is_no_damage(session: Session, tmp_path: Path) -> None:
    copy = copy_of(session, tmp_path)
    (copy / MARK).unlink()
    assert told(copy) == ""
    assert content(copy) == session.after[-1]


def test_a_mark_of_an_earlier_generation_is_no_damage(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "data")
    store.commit([Put("queue", "a", "1")])
    early = (tmp_path / "data" / MARK).read_bytes()
    for number in range(2 * CHECKPOINT_PAGES):
        store.commit([Put("queue", f"{number:012}", "x" * 3000)])
    shutil.copytree(tmp_path / "data", tmp_path / "cut")
    store.close()
    (tmp_path / "cut" / MARK).write_bytes(early)

    assert told(tmp_path / "cut") == ""


def test_the_log_stays_short(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for number in range(3 * CHECKPOINT_PAGES):
        store.commit([Put("queue", f"{number:012}", "x" * 3000)])
    assert (tmp_path / LOG).stat().st_size < 2 * CHECKPOINT_PAGES * PAGE_BYTES
    store.close()


@pytest.mark.exhaustive
def test_kills_at_any_moment_raise_no_alarm_and_lose_nothing(tmp_path: Path) -> None:
    for death in range(12):
        child = start_child("commit_for_ever", str(tmp_path))
        for _ in range(1 + 41 * death % 97):
            acknowledged = int(next_line(child))
        os.kill(child.pid, signal.SIGKILL)
        child.communicate(timeout=PATIENCE_S)
        assert told(tmp_path) == "", f"death {death}"
        assert len(stored(tmp_path)["left"]) >= acknowledged + 1


@pytest.mark.exhaustive
def test_kills_of_starts_and_ends_raise_no_alarm(tmp_path: Path) -> None:
    chance = random.Random(10)
    for death in range(12):
        child = start_child("open_and_close", str(tmp_path))
        for _ in range(1 + death % 4):
            next_line(child)
        time.sleep(chance.random() / 50)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate(timeout=PATIENCE_S)
        assert told(tmp_path) == "", f"death {death}"


def cut_everywhere(source: Path, place: Path) -> list[dict[str, Any]]:
    """What each start found after a cut at each step of a start, a commit and an end; the last was not cut."""
    child = start_child("cut_everywhere", str(source), str(place))
    said, _ = child.communicate(timeout=10 * PATIENCE_S)
    ends: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    assert child.returncode == 0
    assert [end["died"] for end in ends] == [True] * (len(ends) - 1) + [False]
    assert all("new" in end["found"]["queue"] for end in ends if end["acknowledged"])
    return ends


@pytest.mark.exhaustive
def test_a_cut_at_each_step_of_a_start_a_commit_and_an_end_raises_no_alarm(session: Session, quick_disk: Path) -> None:
    ends = cut_everywhere(session.killed, quick_disk)

    assert len(ends) > 40
    for number, end in enumerate(ends, start=1):
        assert end["why"] == "", number
        assert sum(len(keys) for keys in end["found"].values()) - ("new" in end["found"]["queue"]) == len(
            session.after[-1]
        )


@pytest.mark.exhaustive
def test_a_salvage_that_is_cut_at_any_step_is_finished_by_the_next_start(session: Session, quick_disk: Path) -> None:
    damaged = copy_of(session, quick_disk)
    flip(damaged / LOG, 8 * (HEADER.size + 20 * FRAME_BYTES + 1000))

    ends = cut_everywhere(damaged, quick_disk)

    assert len(ends) > 100
    for number, end in enumerate(ends, start=1):
        reports = [key for key in end["found"]["station"] if key.startswith(DAMAGE)]
        assert reports == [f"{DAMAGE}{DATABASE}.damaged-1"], number
        assert len(list((quick_disk / f"{number}").glob(f"{DATABASE}.damaged-*"))) == 2, "one database, one log"
        assert not list((quick_disk / f"{number}").glob("*.new")), number
        assert len(end["found"]["queue"]) == len(ends[-1]["found"]["queue"]) - ("new" not in end["found"]["queue"]), (
            number
        )


def test_another_program_may_read_what_a_kill_left(session: Session, tmp_path: Path) -> None:
    """It folds the log into the database, and deletes it."""
    copy = copy_of(session, tmp_path)
    reader = sqlite3.connect(copy / DATABASE)
    assert reader.execute("SELECT count(*) FROM record").fetchone() == (len(session.after[-1]),)
    reader.close()
    assert not (copy / LOG).exists()

    assert told(copy) == ""
    assert content(copy) == session.after[-1]


def test_another_program_may_read_the_store_while_it_runs(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "data")
    reader = sqlite3.connect(tmp_path / "data" / DATABASE)
    for number in range(2 * CHECKPOINT_PAGES):
        store.commit([Put("queue", f"{number:012}", "x" * 3000)])
        reader.execute("SELECT count(*) FROM record").fetchone()
    shutil.copytree(tmp_path / "data", tmp_path / "cut")
    store.close()
    reader.close()
    assert told(tmp_path / "cut") == ""
