"""What the control interface says came of it, what it shows as sent, where it is, and how much of the past it keeps."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from model.language.loader import load_composition
from runtime.adapters.frame_tap import MAX_SHOWN_CHARS, Passed, Seen
from runtime.assembly import Address
from runtime.commands.run_arguments import first_values
from runtime.control.answers import ASKING, IDLE
from runtime.control.place import PLACE, forget_place, remember_place, remembered_port
from runtime.control.watch import MAX_PAST, MAX_PAST_CHARS, Listeners
from tests.processes import WAIT_S, Central, Station, provenpoint, until

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.fixture
def box(tmp_path: Path, central: Central) -> Iterator[Station]:
    central.silent_on = set()
    with Station(tmp_path, central.url) as box:
        until(lambda: box.state()["boot"] == "Accepted", "boot")
        yield box


def _token(box: Station, id_tag: str = "AB12") -> Any:
    return box.do("/tokens", {"id_tag": id_tag, "connectors": [1]})["token"]


def test_a_token_is_answered_with_what_became_of_it_and_the_reader_shows_its_last_word(
    box: Station, central: Central
) -> None:
    assert box.state()["reader"] is None
    central.silent_on = {"Authorize"}
    box.do("/connectors/1/plug_in")
    assert _token(box) == "asking"
    assert _token(box, "OTHER") == "ignored", "one question at a time"
    assert box.state()["reader"]["verdict"] == "Refused", "it has to be presented again"
    assert _token(box) == "asking"
    assert box.state()["reader"]["verdict"] == "Wait"
    asked = next(frame for frame in reversed(central.heard) if frame[0] == 2 and frame[2] == "Authorize")
    central.send(json.dumps([3, asked[1], {"idTagInfo": {"status": "Accepted"}}]))
    until(lambda: box.state()["reader"] == {"connector": 1, "verdict": "Accepted"}, "the verdict")
    until(lambda: box.state()["connectors"][0]["status"] == "Charging", "charging")
    assert _token(box) == "accepted", "his own token ends it"


def test_a_token_that_is_presented_again_before_a_cable_comes_is_withdrawn(box: Station) -> None:
    assert _token(box) == "asking"
    until(lambda: box.state()["connectors"][0]["status"] == "Preparing", "the token to be accepted")
    assert _token(box) == "withdrawn"
    until(lambda: box.state()["connectors"][0]["status"] == "Available", "the connector to be free")


def test_what_became_of_a_token_is_read_off_states_that_the_table_has() -> None:
    assert {IDLE, *ASKING} <= {state.name for state in load_composition()["authorization"].states}


def test_a_token_that_is_refused_says_so(box: Station) -> None:
    box.do("/connectors/1/fault", {"error_code": "GroundFailure"})
    assert _token(box) in ("refused", "ignored")
    box.do("/connectors/1/clear_fault")
    box.do("/network", {"up": False})
    until(lambda: box.state()["link"] != "Online", "the link to be gone")
    box.do("/connectors/1/plug_in")
    assert _token(box, "NOBODY") == "refused"
    assert box.state()["reader"]["verdict"] == "Refused"


@pytest.mark.exhaustive
def test_a_data_transfer_gives_the_answer_of_the_csms_or_says_why_there_is_none(box: Station, central: Central) -> None:
    body = {"vendor_id": "com.example", "data": "1"}
    assert box.do("/data_transfer", body)["data_transfer"] == {"status": "Accepted", "data": None, "why": None}
    central.silent_on = {"DataTransfer"}
    waiting = box.do("/data_transfer", body)["data_transfer"]
    assert (waiting["status"], "no answer within" in waiting["why"]) == (None, True)


def test_only_what_was_handed_to_the_socket_is_shown_as_sent_with_its_connection(tmp_path: Path) -> None:
    log = tmp_path / "frames.jsonl"
    with Central() as central, Station(tmp_path, central.url, "--log-frames", str(log)) as box:
        until(lambda: box.state()["boot"] == "Accepted", "boot")
        url = f"{box.http.base_url}/events?past=true".replace("http", "ws", 1)
        with connect(url, compression=None, max_queue=None) as events:
            box.do("/network", {"up": False})
            until(lambda: box.state()["link"] != "Online", "the link to be gone")
            box.do("/connectors/1/plug_in")
            box.do("/network", {"up": True})
            central.saw("StatusNotification", connectorId=1, status="Preparing")
            sent = [frame for frame in list(central.heard) if frame[0] == 2]
            shown = _frames_until(events, sent[-1][1])
        lines = until(lambda: _logged(log, sent[-1][1]), "the log of frames")
    for seen in (shown, lines):
        out = [json.loads(line["text"]) for line in seen if line["dir"] == "out"]
        calls = [frame[1] for frame in out if frame[0] == 2]
        assert calls == [frame[1] for frame in sent], "what the CSMS heard, and nothing else"
        assert [line["connection"] for line in seen] == sorted(line["connection"] for line in seen)
        assert {line["connection"] for line in seen} == {1, 2}


def _frames_until(events: Any, message_id: str) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    while not frames or message_id not in frames[-1]["text"]:
        line = json.loads(events.recv(timeout=WAIT_S))
        frames += [line] if line["kind"] == "frame" else []
    return frames


def _logged(log: Path, message_id: str) -> list[dict[str, Any]] | None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    place = next((nth for nth, line in enumerate(lines) if message_id in line["text"]), None)
    return None if place is None else lines[: place + 1]


# ---- the past ----------------------------------------------------------------------------------------------


def test_the_past_is_bounded_in_size_and_a_long_frame_is_cut_with_its_length() -> None:
    listeners = Listeners()
    for _ in range(2 * MAX_PAST):
        listeners(Seen(AT, (Passed("in", 1, "x" * 1_000_000),), ()))
    kept = listeners._past.steps
    assert sum(len(frame.text) for seen in kept for frame in seen.frames) <= MAX_PAST_CHARS
    assert {(len(frame.text), frame.length) for seen in kept for frame in seen.frames} == {(MAX_SHOWN_CHARS, 1_000_000)}
    for _ in range(2 * MAX_PAST):
        listeners(Seen(AT, (), ()))
    assert len(kept) == MAX_PAST


# ---- where it is ---------------------------------------------------------------------------------------------


def test_a_port_that_was_found_stands_in_a_file_and_stays_over_a_reset_and_a_kill(
    box: Station, central: Central
) -> None:
    place = box.folder / "data" / PLACE
    assert place.read_text().strip() == str(box.http.base_url).removeprefix("http://")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    boots = len(central.requests("BootNotification"))
    assert central.call("Reset", {"type": "Soft"})[2] == {"status": "Accepted"}
    central.saw("BootNotification", count=boots + 1)
    until(lambda: box.state()["boot"] == "Accepted", "the same place, without looking")
    before = box.http.base_url
    box.kill()
    box.start()
    assert box.http.base_url == before


def test_an_orderly_end_leaves_no_place(box: Station) -> None:
    assert box.end(signal.SIGTERM) == 0
    assert not (box.folder / "data" / PLACE).exists()


@pytest.mark.parametrize("content", [b"", b"127.0.0.1:", b"x:99999999", b"\xff\xfe:0", b"a:-1", b"x:65536"])
def test_a_place_that_says_nothing_is_no_port(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PLACE).write_bytes(content)
    assert remembered_port(tmp_path) is None
    remember_place(tmp_path, Address("127.0.0.1", 8180))
    assert remembered_port(tmp_path) == 8180
    forget_place(tmp_path)
    assert remembered_port(tmp_path) is None


# ---- --set ---------------------------------------------------------------------------------------------------


def test_every_first_value_that_is_refused_is_named_at_once(tmp_path: Path) -> None:
    ended = provenpoint(
        "run", "--station", "m06010e2eyfg", "--id", "A", "--csms", "ws://localhost", "--data", str(tmp_path / "d"),
        "--set", "Nonsense=1", "--set", "HeartbeatInterval=x", "--set", "NumberOfConnectors=3",
        "--set", "ResetRetries=1", "--set", "novalue", "--set", "=x", "--set", "resetretries=2",
    )  # fmt: skip
    assert ended.returncode == 2
    problems, remedies = ended.stderr.splitlines()[::2], ended.stderr.splitlines()[1::2]
    wrong = ("novalue", "=x", "resetretries", "Nonsense", "HeartbeatInterval", "NumberOfConnectors")
    assert len(problems) == len(remedies) == len(wrong)
    assert all(line.startswith("error: ") and name in line for name, line in zip(wrong, problems, strict=True))
    assert all(line.startswith("  help: ") and len(line) < 120 for line in remedies)


def test_every_pair_that_is_none_is_named_at_once() -> None:
    first, refused = first_values(["A", "B=1", "b=2", "=3"])
    assert first == {"B": "1"}
    assert [one.problem.partition(":")[0] for one in refused] == ["--set 'A'", "--set b=2", "--set '=3'"]
