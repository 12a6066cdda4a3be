"""A real station process on a real socket and a real disk: killed, stopped, started again, and sent hostile frames."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.adapters.frame_log import FrameLog
from runtime.adapters.frame_tap import Passed, Seen
from runtime.commands.command_error import USAGE
from tests.covering import covers
from tests.processes import WAIT_S, Central, Station, until

FAST = ("--set", "MeterValueSampleInterval=1", "--set", "TransactionMessageRetryInterval=1")


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.fixture
def box(tmp_path: Path, central: Central) -> Iterator[Station]:
    with Station(tmp_path, central.url, *FAST) as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        yield box


def _charge(box: Station, id_tag: str = "AB12") -> None:
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": id_tag, "connectors": [1]})


def _value(central: Central, key: str) -> str:
    answer: dict[str, Any] = central.call("GetConfiguration", {"key": [key]})[2]
    value: str = answer["configurationKey"][0]["value"]
    return value


# ---- power cuts ------------------------------------------------------------------------------------------


@covers("CS-4.10-01")
def test_killed_in_mid_charge_it_comes_back_and_delivers_exactly_one_power_loss_stop(
    box: Station, central: Central
) -> None:
    _charge(box)
    central.saw("MeterValues", count=2)
    box.kill()
    seen = len(central.heard)
    box.start()
    stop = central.saw("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("PowerLoss", 1)
    assert 0 < stop["meterStop"] <= box.state()["connectors"][0]["register_wh"]
    assert next(frame[2] for frame in central.heard[seen:] if frame[0] == 2) == "BootNotification"
    until(lambda: box.state()["queue_length"] == 0, "an empty queue")
    box.kill()
    box.start()
    central.saw("BootNotification", count=3)
    until(lambda: box.state()["boot"] == "Accepted", "the third boot")
    assert len(central.requests("StopTransaction")) == 1


def test_killed_before_the_start_was_answered_it_delivers_the_start_and_then_the_stop(
    box: Station, central: Central
) -> None:
    central.silent_on = {"StartTransaction"}
    _charge(box)
    first = central.saw("StartTransaction")
    box.kill()
    central.silent_on = set()
    box.start()
    stop = central.saw("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("PowerLoss", 1)
    assert central.requests("StartTransaction") == [first, first]


def test_killed_while_offline_nothing_of_the_transaction_is_lost(box: Station, central: Central) -> None:
    _charge(box)
    central.saw("MeterValues")
    box.do("/network", {"up": False})
    until(lambda: box.state()["queue_length"] > 0, "a sample that waits")
    box.do("/connectors/1/stop")
    box.kill()
    box.start()
    assert central.saw("StopTransaction")["reason"] == "Local"
    until(lambda: box.state()["queue_length"] == 0, "an empty queue")
    assert len(central.requests("StopTransaction")) == 1


# ---- an orderly stop -------------------------------------------------------------------------------------


@covers("CS-7.36-08")
def test_sigterm_ends_the_transaction_delivers_it_and_says_goodbye(box: Station, central: Central) -> None:
    _charge(box)
    central.saw("MeterValues")
    assert box.end(signal.SIGTERM) == 0
    stop = central.saw("StopTransaction")
    assert stop["reason"] != "PowerLoss"
    assert until(lambda: central.connections[-1].close_code, "a close frame") == 1000
    assert "INFO     link closed: hung up: the station is going down" in box.said()
    assert "WARNING" not in box.said()
    box.start()
    until(lambda: box.state()["boot"] == "Accepted", "the next boot")
    assert len(central.requests("StopTransaction")) == 1


def test_sigterm_while_offline_ends_at_once_and_the_stop_is_delivered_next_time(box: Station, central: Central) -> None:
    _charge(box)
    central.saw("MeterValues")
    box.do("/network", {"up": False})
    assert box.end(signal.SIGTERM) == 0
    assert not central.requests("StopTransaction")
    box.start()
    assert central.saw("StopTransaction")["reason"] != "PowerLoss"


@pytest.mark.exhaustive
def test_sigterm_does_not_wait_for_ever_for_a_csms_that_is_silent(box: Station, central: Central) -> None:
    _charge(box)
    central.saw("MeterValues")
    central.silent_on = {"StopTransaction"}
    assert box.end(signal.SIGINT) == 0
    central.silent_on = set()
    box.start()
    stop = central.saw("StopTransaction", count=2)
    assert stop == central.saw("StopTransaction")


# ---- a reset ---------------------------------------------------------------------------------------------


@covers("CS-5.14-02", "CS-5.14-04", "CS-5.14-07", "CS-5.14-08")
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_reset_makes_the_process_begin_again_with_exactly_one_stop(box: Station, central: Central, kind: str) -> None:
    _charge(box)
    number = central.saw("MeterValues")["transactionId"]
    assert central.call("Reset", {"type": kind})[2] == {"status": "Accepted"}
    central.saw("BootNotification", count=2)
    actions = [frame[2] for frame in central.heard if frame[0] == 2]
    again = actions.index("BootNotification", 1)
    assert "StopTransaction" in actions[:again], "before the reset"
    assert "StatusNotification" not in actions[actions.index("MeterValues") : actions.index("StopTransaction")]
    box.find()
    until(lambda: box.state()["queue_length"] == 0 and box.state()["boot"] == "Accepted", "all of it delivered")
    stops = central.requests("StopTransaction")
    assert {(stop["reason"], stop["transactionId"]) for stop in stops} == {(f"{kind}Reset", number)}
    assert stops == stops[:1] * len(stops)
    assert central.connections[0].close_code == 1000
    assert box.end(signal.SIGTERM) == 0, "it is the same process"


@covers("CS-5.14-05", "CS-5.14-10")
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
@pytest.mark.exhaustive
def test_a_reset_with_a_silent_csms_keeps_the_stop(box: Station, central: Central, kind: str) -> None:
    _charge(box)
    central.saw("MeterValues")
    central.silent_on = {"StopTransaction"}
    central.call("Reset", {"type": kind})
    central.saw("BootNotification", count=2)
    central.silent_on = set()
    box.find()
    until(lambda: box.state()["queue_length"] == 0, "an empty queue")
    first, second = central.requests("StopTransaction")
    assert first == second
    assert first["reason"] == f"{kind}Reset"


@covers("CS-9.1.22-01")
@pytest.mark.exhaustive
def test_a_reset_that_fails_is_tried_again_so_often_as_the_key_says(tmp_path: Path, central: Central) -> None:
    program = _environment(tmp_path / "env")
    with Station(tmp_path, central.url, program=program) as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        assert central.call("ChangeConfiguration", {"key": "ResetRetries", "value": "2"})[2] == {"status": "Accepted"}
        program.unlink()
        central.call("Reset", {"type": "Soft"})
        assert box.process is not None
        assert box.process.wait(WAIT_S) == 1
        left = [line.rpartition(" ")[2] for line in box.said().splitlines() if "the reset failed" in line]
        assert left == ["2", "1", "0"]


def _environment(folder: Path) -> Path:
    """An environment like this one, whose interpreter can be taken away."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", folder)
    program = folder / "bin" / "python"
    program.symlink_to(Path(sys.executable).resolve())
    return program


# ---- what is set, and what is stored ---------------------------------------------------------------------


def test_a_first_value_is_in_force_and_what_is_stored_wins(box: Station, central: Central) -> None:
    assert _value(central, "MeterValueSampleInterval") == "1"
    answer = central.call("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "33"})
    assert answer[2] == {"status": "Accepted"}
    box.kill()
    box.start()
    central.saw("StatusNotification", count=2, connectorId=2)
    assert _value(central, "MeterValueSampleInterval") == "33"


def test_a_station_file_of_ones_own_changes_names_connectors_and_hardware(tmp_path: Path, central: Central) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "m06010e2eyfg"\n[product]\ncharge_point_vendor = "Mine"\ncharge_point_model = "Box 1"\n'
        "[[connector]]\nid = 1\nfirst_register_wh = 1200000\n[hardware]\npower_w = 30000\n"
        "[hardware.ev]\nbattery_wh = 40000\nstate_of_charge = 0.79\n"
    )
    with Station(tmp_path, central.url, station=str(file)) as box:
        boot = central.saw("BootNotification")
        assert (boot["chargePointVendor"], boot["chargePointModel"]) == ("Mine", "Box 1")
        state = box.do("/connectors/1/plug_in")
        assert [c["register_wh"] for c in state["connectors"]] == [1_200_000]
        assert state["connectors"][0]["ev_state_of_charge"] == 0.79


def test_the_identity_is_percent_encoded_in_the_url(box: Station, central: Central) -> None:
    assert box.state()["id"] == "CP/1 ü"
    request = central.connections[0].request
    assert request is not None
    assert request.path == "/ocpp/CP%2F1%20%C3%BC"


# ---- hostile frames (hard case 25) -----------------------------------------------------------------------

HOSTILE: tuple[tuple[str, str | bytes, str | None], ...] = (
    ("nothing", "", None),
    ("not JSON", "hello", None),
    ("no array", "{}", None),
    ("an empty array", "[]", None),
    ("a type alone", "[2]", None),
    ("ten megabytes", '[2,"big","DataTransfer",{"vendorId":"x","data":"' + "x" * 10_000_000 + '"}]', None),
    ("deep nesting", '[2,"x#","GetConfiguration",' + "[" * 50_000, "FormationViolation"),
    ("broken off after the head", '[2,"x#","GetConfiguration",{', "FormationViolation"),
    ("no payload", '[2,"x#","GetConfiguration"]', "FormationViolation"),
    ("an element too many", '[2,"x#","GetConfiguration",{},{}]', "FormationViolation"),
    ("an action that is no string", '[2,"x#",7,{}]', "FormationViolation"),
    ("a payload that is a list", '[2,"x#","GetConfiguration",[]]', "FormationViolation"),
    ("an unknown action", '[2,"x#","MakeCoffee",{}]', "NotImplemented"),
    ("an action in another case", '[2,"x#","clearcache",{}]', "NotImplemented"),
    ("an action of the station", '[2,"x#","BootNotification",{}]', "NotSupported"),
    ("a message type of its own", '[5,"x#","GetConfiguration",{}]', None),
    ("a message type that is a float", '[2.0,"x#","GetConfiguration",{}]', None),
    ("an answer to nothing", '[3,"nobody",{"status":"Accepted"}]', None),
    ("half an answer to nothing", '[3,"nobody"]', None),
    ("an error to nothing", '[4,"nobody","GenericError","",{}]', None),
    ("a field of the wrong type", '[2,"x#","GetConfiguration",{"key":5}]', "TypeConstraintViolation"),
    ("a field too many", '[2,"x#","ClearCache",{"now":true}]', "FormationViolation"),
    ("a missing field", '[2,"x#","ChangeConfiguration",{"key":"a"}]', "ProtocolError"),
    ("an over-long string", '[2,"x#","GetConfiguration",{"key":["' + "k" * 51 + '"]}]', "PropertyConstraintViolation"),
    ("an id that is no string", '[2,7,"GetConfiguration",{}]', None),
    ("an over-long id", '[2,"x#' + "i" * 35 + '","GetConfiguration",{}]', "GenericError"),
    ("half a surrogate pair", '[2,"x#","GetConfiguration",{"key":["\\ud800"]}]', "FormationViolation"),
    ("a number that is none", '[2,"x#","ReserveNow",{"connectorId":NaN}]', "FormationViolation"),
    ("a number beyond all", '[2,"x#","UnlockConnector",{"connectorId":1e999}]', "FormationViolation"),
    ("binary", b"\x00\x01\x02", None),
)
"""What comes, and the code that answers it; None for silence. `#` stands for the number of the frame."""


def _hostile(central: Central) -> None:
    """Send each of them, and see that it has its answer, and that the next call has its own."""
    for number, (name, frame, code) in enumerate(HOSTILE):
        central.send(frame.replace("#", f"{number:02}") if isinstance(frame, str) else frame)
        assert central.call("GetConfiguration", {"key": ["HeartbeatInterval"]})[0] == 3, name
        answers = [heard for heard in central.heard if heard[0] in (3, 4) and heard[1].startswith(f"x{number:02}")]
        assert [(answer[0], answer[2]) for answer in answers] == ([(4, code)] if code else []), name


@covers("J-4.2.3-04", "J-4.2.3-14")
def test_hostile_frames_get_their_answer_or_silence_and_the_connection_lives(box: Station, central: Central) -> None:
    _hostile(central)
    assert box.state()["link"] == "Online"
    assert len(central.connections) == 1
    assert len(central.requests("BootNotification")) == 1


def test_hostile_frames_in_mid_transaction_cost_no_message_of_it(box: Station, central: Central) -> None:
    _charge(box)
    number = central.saw("MeterValues")["transactionId"]
    _hostile(central)
    seen = len(central.requests("MeterValues"))
    central.saw("MeterValues", count=seen + 2, transactionId=number)
    box.do("/connectors/1/stop")
    assert central.saw("StopTransaction", transactionId=number)["reason"] == "Local"
    until(lambda: box.state()["queue_length"] == 0, "an empty queue")


def test_a_flood_of_calls_is_answered_in_order_and_our_own_calls_get_through(box: Station, central: Central) -> None:
    ids = [f"flood-{number}" for number in range(1000)]
    for message_id in ids:
        central.send(f'[2,"{message_id}","GetLocalListVersion",{{}}]')
    box.do("/data_transfer", {"vendor_id": "com.example"})
    central.saw("DataTransfer")
    until(lambda: central.answer_to(ids[-1]), "the last answer")
    assert [frame[1] for frame in central.heard if frame[0] == 3] == ids


FORGED = '[4,"{}","x\\n23:59:59 CRITICAL forged","\\u001b[2J{long}",{{}}]'


@pytest.mark.parametrize("answer", ['[4,"{}"]', '[3,"{}"]', FORGED])
@pytest.mark.exhaustive
def test_no_answer_forges_a_line_of_the_log_or_fills_it(box: Station, central: Central, answer: str) -> None:
    central.silent_on = {"DataTransfer"}
    box.do("/data_transfer", {"vendor_id": "com.example"})
    central.saw("DataTransfer")
    open_id = next(frame[1] for frame in central.heard if frame[0] == 2 and frame[2] == "DataTransfer")
    central.send(answer.format(open_id, long="x" * 100_000))
    until(lambda: "DataTransferReq failed" in box.said(), "a line of the log")
    assert not any(line.startswith("23:59:59") or len(line) > 1000 for line in box.said().splitlines())
    assert "\x1b" not in box.said()


def test_a_duplicate_id_is_answered_each_time(box: Station, central: Central) -> None:
    for _ in range(2):
        central.send('[2,"twice","ClearCache",{}]')
    until(lambda: sum(f[0] == 3 and f[1] == "twice" for f in list(central.heard)) == 2, "both answers")
    assert box.state()["link"] == "Online"


def test_a_call_while_ours_is_open_is_answered(box: Station, central: Central) -> None:
    central.silent_on = {"DataTransfer"}
    box.do("/data_transfer", {"vendor_id": "com.example"})
    central.saw("DataTransfer")
    assert box.state()["machines"]["call"] == "Waiting"
    assert central.call("ClearCache", {})[2] == {"status": "Accepted"}


def test_hostile_frames_before_the_boot_is_accepted_do_not_cost_the_connection(
    tmp_path: Path, central: Central
) -> None:
    central.silent_on = {"BootNotification"}
    with Station(tmp_path, central.url) as box:
        central.saw("BootNotification")
        for _, frame, _ in HOSTILE:
            central.send(frame)
        assert central.call("ClearCache", {})[0] in (3, 4)
        assert box.state()["link"] == "Online"
        assert {frame[2] for frame in central.heard if frame[0] == 2} == {"BootNotification"}


# ---- frames, kept ----------------------------------------------------------------------------------------


def test_log_frames_keeps_every_frame_as_a_line(tmp_path: Path, central: Central) -> None:
    log = tmp_path / "frames.jsonl"
    with Station(tmp_path, central.url, "--log-frames", str(log)):
        central.saw("StatusNotification", connectorId=2)
        lines = until(lambda: _lines(log, 7), "seven lines")
    assert set(lines[0]) == {"at", "dir", "connection", "text"}
    assert [line["dir"] for line in lines[:3]] == ["out", "in", "out"]
    assert json.loads(lines[0]["text"])[2] == "BootNotification"


def test_the_log_of_frames_is_without_the_credentials_of_a_url(tmp_path: Path, central: Central) -> None:
    log = tmp_path / "frames.jsonl"
    with Station(tmp_path, central.url, "--log-frames", str(log)) as box:
        central.saw("StatusNotification", connectorId=2)
        central.call("GetDiagnostics", {"location": "ftps://operator:hunter2@files.example/logs"})
        until(lambda: "ftps://***@files.example/logs" in log.read_text(), "the frame in the log")
    assert "hunter2" not in log.read_text() + box.said()


def _lines(log: Path, count: int) -> list[dict[str, str]] | None:
    texts = log.read_text().splitlines() if log.exists() else []
    return [json.loads(text) for text in texts] if len(texts) >= count else None


def test_the_log_of_frames_never_has_more_than_two_files_of_the_bound(tmp_path: Path) -> None:
    log = FrameLog(tmp_path / "f.jsonl", max_bytes=1000)
    seen = Seen(datetime(2026, 1, 1, tzinfo=UTC), (Passed("in", 1, "x" * 50), Passed("out", 1, "y" * 50)), ())
    for _ in range(100):
        log(seen)
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["f.jsonl", "f.jsonl.1"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


# ---- small -----------------------------------------------------------------------------------------------


def test_a_running_station_carries_nothing_that_it_does_not_use() -> None:
    words = ["run", "--station", "no such station", "--id", "A", "--csms", "ws://localhost", "--data", "none"]
    names = f"import runtime.commands.cli, sys; print(runtime.commands.cli.front_door({words}), *sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert {str(USAGE), "runtime.process"} <= set(loaded.stdout.split())
    carried = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert not carried & {
        "cyclopts", "rich", "numpy", "starlette", "uvicorn", "graphviz", "wasmtime", "hypothesis", "pytest", "ocpp",
        "diagrams", "properties", "email", "zipfile", "csv",
    }  # fmt: skip
