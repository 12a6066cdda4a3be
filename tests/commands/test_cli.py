"""The command line: what it says, what it exits with, and that a mistake writes nothing."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.adapters.meter_file import KeptBox, KeptConnector, MeterFile
from runtime.adapters.sqlite.store import SqliteStore
from runtime.commands.cli import OURS, front_door
from runtime.commands.command_error import CommandError
from runtime.commands.csms_command import parse_typed
from runtime.commands.run_arguments import address, options, plain
from runtime.commands.run_command import app as run_app
from runtime.core.inputs import Put
from runtime.core.records import EndedTransaction, QueueItem, TransactionRecord, dump_record
from runtime.csms import identity
from tests.covering import covers
from tests.processes import PYTHON, WAIT_S, Central, Station, provenpoint, until

DATA = ("--csms", "ws://127.0.0.1:1", "--data", "data")
RUN = ("run", "--station", "m06010e2eyfg", "--id", "CP-1", *DATA)


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """What the front door says, once it has refused with that code, in two lines, and has written nothing."""
    monkeypatch.chdir(tmp_path)

    def refuse(code: int, *words: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        assert front_door(list(words)) == code
        out, said = capsys.readouterr()
        assert (out, said.count("\n"), said[:7]) == ("", 2, "error: "), said
        assert "\n  help: " in said
        assert sorted(tmp_path.rglob("*")) == before
        return said

    return refuse


# ---- the front door --------------------------------------------------------------------------------------


def test_version_and_help_come_on_stdout_with_0() -> None:
    version = provenpoint("--version")
    assert (version.returncode, version.stdout) == (0, "provenpoint 0.1.0\n")
    shown = provenpoint("--help")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in (*OURS, "draw", "lint", "verify", "trace", "replay"))


@pytest.mark.exhaustive
def test_help_of_a_command_names_every_option() -> None:
    shown = provenpoint("run", "--help")
    assert shown.returncode == 0
    for option in ("--station", "--id", "--csms", "--data", "--set", "--control", "--log-frames"):
        assert option in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dmeo",), "did you mean demo?"),
        (("xyzzy",), "there are run, csms, demo"),
        (("run",), "provenpoint run --help"),
        ((*RUN, "--speed", "9"), "--speed"),
        ((*RUN, "stray"), "provenpoint run --help"),
        (("csms",), "--port"),
        (("csms", "--port", "many"), "--port"),
        (("csms", "--port", "99999"), "--port 99999: not a port"),
        (("csms", "--port=-1"), "from 0 to 65535"),
    ],
)
def test_a_usage_error_is_2_and_says_where_to_look(refused: Refused, words: tuple[str, ...], said: str) -> None:
    assert said in refused(2, *words)


# ---- options of run --------------------------------------------------------------------------------------


@covers("J-3.1.1-08")
@pytest.mark.parametrize("option", ["--station", "--id", "--csms", "--data"])
def test_what_belongs_to_one_station_has_to_be_said_and_has_no_default(refused: Refused, option: str) -> None:
    words = list(RUN)
    at = words.index(option)
    assert option in refused(2, *words[:at], *words[at + 2 :])
    assert plain([*words[1:at], *words[at + 2 :]]) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "Nonsense=1"), "Nonsense is no key"),
        (("--set", "HeartbeatInterval"), "not KEY=VALUE"),
        (("--set", "HeartbeatInterval=soon"), "HeartbeatInterval"),
        (("--set", "HeartbeatInterval=1", "--set", "heartbeatinterval=2"), "set twice"),
        (("--control", "localhost"), "not HOST:PORT"),
        (("--control", "localhost:99999"), "not HOST:PORT"),
        (("--control", "local host:8180"), "not HOST:PORT"),
        (("--control", "local..host:8180"), "not HOST:PORT"),
        (("--set", "ConnectorPhaseRotation=1.R\n"), "not KEY=VALUE"),
    ],
)
def test_an_option_that_cannot_be_is_2(refused: Refused, words: tuple[str, ...], said: str) -> None:
    assert said in refused(2, *RUN, *words)


@pytest.mark.parametrize(
    ("csms", "said"),
    [
        ("http://x", "scheme"),
        ("ws://", "names no host"),
        ("ws://a:b@x/", "endpoint 'ws://***@x/': credentials"),
        ("ws://x/a b", "percent-encode it"),
        ("ws://x/a?b=\tc", "percent-encode it"),
        ("ws://x/a\r\nX-Injected: 1", "percent-encode it"),
        ("ws://x..y/", "'x..y' is no name of a host"),
        ("ws://x:0/", "port 0"),
        ("ws://x/%zz", "write it as %25"),
        ("ws://x/a?b=1#", "a fragment"),
    ],
)
def test_a_csms_that_cannot_be_dialled_is_2(refused: Refused, csms: str, said: str) -> None:
    words = ("run", "--station", "m06010e2eyfg", "--id", "CP-1", "--csms", csms, "--data", "data")
    assert said in refused(2, *words)


@pytest.mark.parametrize("host", ["local host", "local..host", "h\u00fcgel"])
def test_a_central_system_that_cannot_listen_there_is_2(refused: Refused, host: str) -> None:
    assert "not a host" in refused(2, "csms", "--port", "0", "--host", host)


@pytest.mark.parametrize("name", ["", "."])
def test_a_log_of_frames_without_a_name_is_2(refused: Refused, name: str) -> None:
    assert "names no file" in refused(2, *RUN, "--log-frames", name)


@pytest.mark.exhaustive
def test_a_log_of_frames_that_cannot_be_written_is_2(tmp_path: Path) -> None:
    ended = provenpoint(*RUN, "--log-frames", "no/such/folder/f", cwd=tmp_path)
    assert ended.returncode == 2
    assert "error: no/such/folder/f: " in ended.stderr


PLAIN = ("--station", "s", "--id", "i", "--csms", "ws://x", "--data", "d")


@pytest.mark.parametrize(
    "words",
    [
        PLAIN,
        (*PLAIN, "--set", "A=1", "--set", "B=x=y"),
        (*PLAIN, "--control", "8180"),
        (*PLAIN, "--control", "[::1]:0", "--log-frames", "f.jsonl"),
        ("--data", "d e", "--csms", "wss://h/p?q", "--id", "CP 1", "--station", "./s.toml"),
    ],
)
def test_the_plain_reading_and_the_library_agree(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    monkeypatch.setattr("runtime.process.run", heard.append)
    run_app(list(words), exit_on_error=False, result_action="return_value")
    assert heard == [plain(words)]


@pytest.mark.parametrize(
    "words",
    [
        (), PLAIN[:6], (*PLAIN, "--help"), (*PLAIN, "--id", "j"), (*PLAIN, "--set"), (*PLAIN, "--speed", "1"),
        ("--station=s", *PLAIN[2:]), (*PLAIN[:7], "--set"), ("--station", "", *PLAIN[2:]),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_library(words: tuple[str, ...]) -> None:
    assert plain(words) is None


def test_control_is_on_loopback_unless_told_otherwise() -> None:
    assert str(address("8180")) == "127.0.0.1:8180"
    assert str(address(":8180")) == "127.0.0.1:8180"
    assert str(address("0.0.0.0:80")) == "0.0.0.0:80"
    assert str(address("[::1]:80")) == "[::1]:80"
    with pytest.raises(CommandError):
        options("s", "i", "ws://x", "d", control="8180:")


# ---- what cannot be used ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "m06010e2eyfg"\n\n[product]\nchargepoint_vendor = "Mine"\n', "bad.toml:4: "),
        ('extends = "m06010e2eyfg"\n[hardware]\npower_w = "much"\n', "bad.toml:3: "),
        ('extends = "nobody"\n', "bad.toml:1: "),
        ("extends = \n", "bad.toml"),
        (
            'extends = "m06010e2eyfg"\n[[row]]\nid = "R-1"\nvalue = true\n',
            "bad.toml:2: R-1 is true, and the station as",
        ),
        ('extends = "m06010e2eyfg"\n[[row]]\nid = "C-09.2"\nvalue = ["SoC"]\n', "bad.toml:2: C-09.2 has 'SoC'"),
    ],
)
def test_a_bad_station_file_is_2_and_its_line_is_named(refused: Refused, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    assert said in refused(2, "run", "--station", "bad.toml", "--id", "CP-1", *DATA)


def test_an_unknown_station_is_2_and_the_known_ones_are_named(refused: Refused) -> None:
    assert "m06010e2eyfg" in refused(2, "run", "--station", "nobody", "--id", "CP-1", *DATA)


@pytest.mark.exhaustive
def test_a_data_directory_in_use_is_1_and_its_holder_is_named(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        ended = provenpoint(*box.arguments())
        assert ended.returncode == 1
        assert box.process is not None
        assert f"in use by process {box.process.pid}" in ended.stderr
        assert "\n  help: stop that one" in ended.stderr
        assert box.state()["link"] in ("Online", "Dialling")


def _owed(data: Path) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(data / "station.db")) as db:
        return db.execute("SELECT * FROM record ORDER BY space, key").fetchall()


@covers("J-3.1.1-08", "J-3.1.1-05")
@pytest.mark.exhaustive
def test_a_data_directory_belongs_to_the_identity_that_it_was_first_run_with(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        box.kill()
        before = _owed(tmp_path / "data")
        words = box.arguments()
        words[words.index("--id") + 1] = "CP-OTHER"
        ended = provenpoint(*words)
        assert ended.returncode == 2
        assert f"error: {tmp_path / 'data'}: this data directory belongs to 'CP/1 ü', not to 'CP-OTHER'" in ended.stderr
        assert "  help: give --id 'CP/1 ü', or 'CP-OTHER' a directory of its own with --data" in ended.stderr
        assert _owed(tmp_path / "data") == before

        box.start()
        assert "last run with" not in box.said()
        box.kill()
        box.station = "hexing-m06010e2eyfg"
        box.start()
        assert "last run with station file m06010e2eyfg, now with hexing-m06010e2eyfg" in box.said()


@pytest.mark.exhaustive
def test_a_data_directory_is_signed_before_the_station_dials(tmp_path: Path) -> None:
    with Central() as central:
        central.silent_on = {"BootNotification"}
        with Station(tmp_path, central.url) as box:
            box.kill()
    assert ("station", "identity", "CP/1 ü") in {row[:3] for row in _owed(tmp_path / "data")}


@covers("SEC-8-08")
@pytest.mark.exhaustive
def test_a_damaged_database_is_put_aside_and_the_station_starts_and_says_so_once(tmp_path: Path) -> None:
    database = tmp_path / "data" / "station.db"
    database.parent.mkdir()
    database.write_bytes(b"this is no database, it is a letter" * 200)
    MeterFile(database.parent / "meter.json").save(KeptBox((KeptConnector(1.0, 1.0, False, False, None),) * 2))
    with Central() as central, Station(tmp_path, central.url) as box:
        assert f"{database}: damaged: its header" in box.said()
        assert "; damaged store quarantined as station" in box.said()
        event = central.saw("SecurityEventNotification", type="SecurityLogWasCleared")
        assert event["techInfo"].startswith("damaged store quarantined as station.db.damaged-1: 0 records saved")
        assert (tmp_path / "data" / "station.db.damaged-1").read_bytes().startswith(b"this is no database")
        until(lambda: box.state()["machines"]["security_event"] == "Quiet", "the answer, kept")
        box.kill()
        box.start()
        central.saw("BootNotification", 2)
        central.saw("StatusNotification", 6)
        assert len(central.requests("SecurityEventNotification")) == 1


@pytest.mark.exhaustive
def test_records_that_make_no_sense_are_put_into_quarantine(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "data")
    store.commit([Put("transaction", "000000000001", '{"connector": "one"}')])
    store.close()
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("SecurityEventNotification", type="SecurityLogWasCleared")
        assert "record 000000000001 of transaction cannot be read" in box.said()
        assert (tmp_path / "data" / "station.db.quarantined-1").exists()


METERS: dict[str, Callable[[Path], object]] = {
    "cut": lambda meter: meter.write_text("{"),
    "a directory": Path.mkdir,
    "a pipe": os.mkfifo,
}


LOST: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _meter: None,
    "a link to nowhere": lambda meter: meter.symlink_to(meter.with_name("nowhere")),
}
PUT_ASIDE = "damaged: .*; quarantined as meter.json.damaged-1"


@pytest.mark.parametrize(
    ("make", "what"),
    [*((make, PUT_ASIDE) for make in METERS.values()), *((make, "missing") for make in LOST.values())],
    ids=[*METERS, *LOST],
)
@pytest.mark.exhaustive
def test_a_damaged_meter_is_put_aside_and_no_register_goes_back_behind_what_the_store_knows(
    tmp_path: Path, make: Callable[[Path], object], what: str
) -> None:
    data = tmp_path / "data"
    store = SqliteStore(data)
    for number in (1, 2):
        stop = Put("queue", f"{number:012}", dump_record(QueueItem(number, "stop")))
        store.commit([Put("ended", f"{number:012}", ended_at(7000 - number)), stop])
    store.commit([Put("station", "queue", "2")])
    store.close()
    make(data / "meter.json")

    with Central() as central, Station(tmp_path, central.url) as box:
        said = re.compile(f"{what}; the registers begin at 6999 Wh, 0 Wh")
        assert said.search(box.said())
        assert "Traceback" not in box.said()
        event = central.saw("SecurityEventNotification", type="TamperDetectionActivated")
        assert said.search(event["techInfo"])
        assert [connector["register_wh"] for connector in box.state()["connectors"]] == [6999, 0]
        until(lambda: box.state()["machines"]["security_event"] == "Quiet", "the answer, kept")
        box.kill()
        box.start()
        central.saw("BootNotification", 2)
        central.saw("StatusNotification", 6)
        assert len(central.requests("SecurityEventNotification")) == 1


@pytest.mark.exhaustive
def test_no_register_goes_back_behind_a_stop_that_was_confirmed_before_the_meter_was_lost(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("StatusNotification", 3)
        box.do("/connectors/1/plug_in")
        box.do("/tokens", {"id_tag": "TAG", "connectors": [1]})
        until(lambda: box.state()["connectors"][0]["register_wh"] > 0, "some energy")
        box.do("/connectors/1/stop")
        stop = central.saw("StopTransaction")
        until(lambda: box.state()["queue_length"] == 0, "an empty queue")
        box.kill()
        (tmp_path / "data" / "meter.json").unlink()
        box.start()
        assert box.state()["connectors"][0]["register_wh"] == stop["meterStop"] > 0


def test_a_box_that_was_never_switched_on_has_lost_nothing(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("BootNotification")
        assert "meter.json" not in box.said()
        box.kill()
        box.start()
        central.saw("BootNotification", 2)
        assert "meter.json" not in box.said()


def ended_at(register_wh: int) -> str:
    """An ended transaction at connector 1, as it stands in the store."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    record = TransactionRecord(
        1, "TAG", None, 0, at, register_wh, at, 5, meter_stop_wh=register_wh, stopped_at=at, reason="Local"
    )
    return dump_record(EndedTransaction(record, "StopOwed"))


@pytest.mark.exhaustive
def test_a_meter_of_another_box_is_2_and_left_as_it_is(tmp_path: Path) -> None:
    meter = tmp_path / "data" / "meter.json"
    meter.parent.mkdir()
    MeterFile(meter).save(KeptBox((KeptConnector(1.0, 1.0, False, True, None),)))
    before = meter.read_bytes()

    ended = provenpoint(*RUN, cwd=tmp_path)

    assert ended.returncode == 2
    assert "the hardware remembers 1 connectors" in ended.stderr
    assert meter.read_bytes() == before


def test_a_data_directory_that_cannot_be_made_is_1(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    ended = provenpoint(*RUN, cwd=tmp_path)
    assert ended.returncode == 1
    assert "error: data/lock: " in ended.stderr


# ---- csms ------------------------------------------------------------------------------------------------


def test_a_missing_package_is_3_and_what_to_install_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "runtime.csms", None)
    assert front_door(["csms", "--port", "0"]) == 3
    said = capsys.readouterr().err
    assert "is not installed" in said
    assert "make env" in said


@pytest.mark.exhaustive
def test_a_central_system_that_is_typed_at_answers_nonsense_and_goes_on(tmp_path: Path) -> None:
    typed = '{}\nMakeCoffee {}\nClearCache {}\nReset {"kind": 1}\nReset {\n'
    log = tmp_path / "csms.log"
    with log.open("wb") as out:
        csms = subprocess.Popen([*PYTHON, "csms", "--port", "0"], stdin=subprocess.PIPE, stdout=out, stderr=out)
    assert csms.stdin is not None
    until(lambda: "listening on ws://127.0.0.1:" in log.read_text(), "the CSMS to listen")
    csms.stdin.write(typed.encode())
    csms.stdin.close()
    until(lambda: log.read_text().count("typed ??") == 5, f"five faults; it said {log.read_text()}")
    port = log.read_text().splitlines()[0].rpartition(":")[2]
    taken = provenpoint("csms", "--port", port)
    assert (taken.returncode, f"error: 127.0.0.1:{port}: " in taken.stderr) == (1, True)
    csms.terminate()
    assert csms.wait(WAIT_S) == 0
    said = log.read_text()
    assert "there is no action 'MakeCoffee'" in said
    assert "no such station; connected: none" in said


def test_a_typed_line_is_a_station_an_action_and_a_payload() -> None:
    assert parse_typed('Reset {"type": "Soft"}') == (None, "Reset", {"type": "Soft"})
    assert parse_typed(" CP-1: ClearCache ") == ("CP-1", "ClearCache", {})
    assert parse_typed('CP/1 ü: Reset {"type": "Soft"}') == ("CP/1 ü", "Reset", {"type": "Soft"})
    with pytest.raises(ValueError, match="write it like"):
        parse_typed("{}")


def test_a_station_is_called_by_its_name_however_it_had_to_be_written_in_the_url() -> None:
    assert identity("/ocpp/CP%2F1%20%C3%BC?q=1") == "CP/1 ü"
    assert identity("/CP%0A1") == "CP%0A1", "what cannot be shown stays as it came"
