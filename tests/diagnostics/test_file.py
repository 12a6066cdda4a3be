"""The file of diagnostics: what is in it, of which period, how much, and that no secret is."""

from __future__ import annotations

import asyncio
import gzip
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from model.language.composition import Instance
from properties.world.world import World
from runtime.adapters.archive import pack
from runtime.adapters.diagnostics_folder import DiagnosticsFolder
from runtime.adapters.frame_archive import MOST_BYTES, frames_of, oldest_frame, without_secrets
from runtime.core.diagnostics_file import (
    Diagnostics,
    DiagnosticsCollected,
    DiagnosticsKept,
    DiagnosticsNotCollected,
    Period,
    parts_of,
)
from runtime.core.inputs import Input
from runtime.core.journal import MOST_STEPS, Journal
from runtime.core.ports import Fired
from runtime.operations.diagnostics import snapshot
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import FOLDER, ask, hold, parts
from tests.firmware.updating import NEW, PREPARED_S, serve, update

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


def known(**other: Any) -> Diagnostics:
    """What a station knows of itself."""
    world = World().power_up()
    return snapshot(world.station.context, Period(**other), world.file.product.firmware_version)


# ---- what the station puts into it ------------------------------------------------------------------------


@covers("CS-5.9-01", "CS-5.9-04", "CS-5.9-05", rows=("diagnostics:ask",))
def test_it_says_what_the_station_is_how_it_stands_and_what_it_did(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.plug_in().present("alice").wait(60)
    hold(world)
    ask(world)
    found = parts(world)
    assert orjson.loads(found["about.json"])["model"] == world.file.product.charge_point_model
    assert orjson.loads(found["states.json"])["connector/1"] == "Charging"
    assert orjson.loads(found["configuration.json"])["ConnectionTimeOut"] == "60"
    assert orjson.loads(found["owed.json"])["transaction_messages"] == 0
    rows = [orjson.loads(line) for line in found["rows.jsonl"].splitlines()]
    assert {f"{row['machine']}:{row['row']}" for row in rows} >= {"boot:accept", "connector/1:B3", "call:send"}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


@covers("CS-5.9-01")
def test_it_says_which_version_of_the_firmware_runs(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    update(serve(world))
    world.wait(PREPARED_S)
    hold(world)
    ask(world)
    assert orjson.loads(parts(world)["about.json"])["firmware_version"] == NEW


@covers("CS-5.9-01", "CS-6.25-01")
def test_of_the_rows_it_has_those_of_the_period(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.wait(100).flap().wait(100).flap().wait(100)
    start, stop = "2026-01-01T12:01:00Z", "2026-01-01T12:03:00Z"
    hold(world)
    ask(world, startTime=start, stopTime=stop)
    found = parts(world)
    rows = [orjson.loads(line) for line in found["rows.jsonl"].splitlines()]
    assert rows
    assert all("2026-01-01T12:01" <= row["at"] <= "2026-01-01T12:03:00Z" for row in rows)


@covers("SEC-7.2-01")
def test_no_secret_is_in_it(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    shown = world.ask("GetConfiguration").answer
    hold(world)
    ask(world, location=FOLDER)
    found = parts(world)
    assert shown is not None
    assert set(orjson.loads(found["configuration.json"])) == {key["key"] for key in shown["configurationKey"]}
    assert not [name for name, content in found.items() if b"secret" in content or b"files.example" in content]


def test_the_rows_that_are_kept_are_bounded() -> None:
    journal, row = Journal(), Fired(Instance("link"), "a", "b", "c", "d")
    for second in range(MOST_STEPS + 50):
        journal.add(NOON + timedelta(seconds=second), (row,))
    assert next(at for at, _ in journal) == NOON + timedelta(seconds=50)
    assert len(list(journal)) == MOST_STEPS


# ---- the archive ------------------------------------------------------------------------------------------


def test_the_same_snapshot_makes_the_same_bytes() -> None:
    files = parts_of(known())
    packed = pack(files, NOON)
    assert packed == pack(dict(reversed(files.items())), NOON)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == [f"diagnostics/{name}" for name in sorted(files)]
        assert {entry.mtime for entry in archive} == {int(NOON.timestamp())}
    assert int.from_bytes(packed[4:8], "little") == int(NOON.timestamp()), "the date of the gzip header (RFC 1952)"


def written(folder: Path, frames: Path | None, do: Callable[[DiagnosticsFolder], None]) -> list[Input]:
    """What the folder says of what is done with it."""
    said: list[Input] = []

    async def run() -> None:
        writes = DiagnosticsFolder(folder, frames)
        over = asyncio.Event()

        def hear(given: Input) -> None:
            said.append(given)
            if not isinstance(given, DiagnosticsKept):
                over.set()

        writes.subscribe(hear)
        do(writes)
        await over.wait()

    asyncio.run(asyncio.wait_for(run(), 60))
    return said


def test_a_folder_holds_the_whole_file_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "transfers"
    said = written(folder, None, lambda to: to.write("diagnostics-1.tar.gz", known()))
    assert said == [DiagnosticsCollected("diagnostics-1.tar.gz")]
    (file,) = folder.iterdir()
    assert (file.name, file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (file.name, 0o600, 0o700)
    with tarfile.open(file) as archive:
        assert "diagnostics/program.json" in archive.getnames()


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "transfers").write_text("a file")
    (told,) = written(tmp_path / "transfers", None, lambda to: to.write("diagnostics-1.tar.gz", known()))
    assert isinstance(told, DiagnosticsNotCollected)


def test_of_a_file_that_cannot_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "diagnostics-1.tar.gz").mkdir()
    (told,) = written(tmp_path, None, lambda to: to.write("diagnostics-1.tar.gz", known()))
    assert isinstance(told, DiagnosticsNotCollected)
    assert [left.name for left in tmp_path.iterdir()] == ["diagnostics-1.tar.gz"]


def test_files_of_an_earlier_life_go(tmp_path: Path) -> None:
    for name in ("diagnostics-7.tar.gz", ".diagnostics-7.tar.gz.part", "firmware.bin"):
        (tmp_path / name).write_text("x")
    DiagnosticsFolder(tmp_path, None)
    assert [left.name for left in tmp_path.iterdir()] == ["firmware.bin"]


# ---- the frames -------------------------------------------------------------------------------------------


def log_of(path: Path, *texts: str, since: datetime = NOON) -> Path:
    """A log with these frames, a second apart."""
    lines = [
        {"at": f"{since + timedelta(seconds=at):%Y-%m-%dT%H:%M:%S.000Z}", "dir": "in", "connection": 1, "text": text}
        for at, text in enumerate(texts)
    ]
    path.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))
    return path


def test_of_the_frames_it_has_those_of_the_period_of_both_files(tmp_path: Path) -> None:
    log_of(tmp_path / "frames.1", *[f'[3,"{at}",{{}}]' for at in range(10)])
    log = log_of(tmp_path / "frames", *[f'[3,"{at}",{{}}]' for at in range(10, 20)], since=NOON + timedelta(seconds=10))
    period = Period(NOON + timedelta(seconds=8), NOON + timedelta(seconds=11))
    assert [orjson.loads(line)["text"] for line in frames_of(log, period).splitlines()] == [
        f'[3,"{at}",{{}}]' for at in (8, 9, 10, 11)
    ]
    assert oldest_frame(log) == NOON
    assert oldest_frame(tmp_path / "nothing") is None
    assert frames_of(tmp_path, Period()) == b"", "a folder is no log"


def test_of_many_frames_it_has_the_last_ones(tmp_path: Path) -> None:
    log = log_of(tmp_path / "frames", *[f'[3,"{at}",{{"x":"{"y" * 10_000}"}}]' for at in range(1000)])
    shown = frames_of(log, Period())
    assert len(shown) <= MOST_BYTES
    assert orjson.loads(shown.splitlines()[-1])["text"].startswith('[3,"999"')


def test_lines_that_are_none_cost_themselves_alone(tmp_path: Path) -> None:
    log = log_of(tmp_path / "frames", '[3,"1",{}]')
    whole = log.read_bytes()
    log.write_bytes(b'\xff\n{"dropped":3}\n' + whole + whole[: len(whole) // 2])
    assert len(frames_of(log, Period()).splitlines()) == 1


@covers("SEC-7.2-01")
@pytest.mark.parametrize(
    "text",
    [
        f'[2,"1","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{KEY}"}}]',
        f'[2,"1","ChangeConfiguration",{{"key":"authorizationkey","value":"{KEY}"}}]',
        f'[2,"1","ChangeConfiguration",{{"key":"Authorization\\u004bey","value":"{KEY}"}}]',
        f'[2,"1","ChangeConfiguration",{{"key":"VendorsPassword","value":"{KEY}"}}]',
        f'[2,"1","ChangeConfiguration",{{"Key":"AuthorizationKey","Value":"{KEY}"}}]',
        f'[2,"1","ChangeConfiguration","{KEY}"]',
        f'[2,"1","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{KEY}"',
        f'[2,"1","GetDiagnostics",{{"location":"ftp://who:{KEY}@files.example/"}}]',
        f'[2,"1","GetDiagnostics",{{"location":"ftp:\\/\\/who:{KEY}@files.example/"}}]',
        f'[2,"1","UpdateFirmware",{{"location":"https://{KEY}@files.example/","retrieveDate":"x"}}]',
        f'[2,"1","GetLog",{{"log":{{"remoteLocation":"FTPS://who:{KEY}@files.example/"}}}}]',
    ],
)
def test_no_frame_shows_a_secret(text: str) -> None:
    assert KEY not in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]',
        '[3, "1", {"currentTime": "2026-01-01T12:00:00Z"}]',
        '[2,"1","GetDiagnostics",{"location":"ftp://files.example/a"}]',
    ],
)
def test_a_frame_without_a_secret_is_shown_as_it_passed(text: str) -> None:
    assert without_secrets(text) == text


def test_the_folder_says_from_when_on_there_are_frames_and_packs_them(tmp_path: Path) -> None:
    log = log_of(tmp_path / "frames", '[3,"1",{}]')
    said = written(tmp_path / "transfers", log, lambda to: to.write("diagnostics-1.tar.gz", known()))
    assert said[0] == DiagnosticsKept(NOON)
    content = gzip.decompress((tmp_path / "transfers" / "diagnostics-1.tar.gz").read_bytes())
    assert b'[3,\\"1\\",{}]' in content


@covers("CS-5.9-06", rows=("diagnostics:ask",))
def test_what_an_earlier_life_has_left_can_be_asked_for(fired: FiredRows) -> None:
    world = World(fired.see)
    world.diagnostics.since = NOON - timedelta(days=3)
    world.power_up()
    assert ask(world, stopTime="2025-12-30T00:00:00Z") is not None
    assert ask(world, stopTime="2025-12-28T00:00:00Z") is None
