"""The control interface of a real process: every action, every refusal, and what it reports of what happens."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from model.language.loader import load_composition
from tests.covering import covers
from tests.processes import WAIT_S, Central, Station, provenpoint, until


@pytest.fixture(scope="module")
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, central: Central) -> Iterator[Station]:
    with Station(tmp_path_factory.mktemp("box"), central.url) as box:
        until(lambda: box.state()["boot"] == "Accepted", "boot")
        yield box


def _connector(box: Station, number: int) -> dict[str, Any]:
    found: dict[str, Any] = box.state()["connectors"][number - 1]
    return found


def _events(box: Station, query: str = "", **options: Any) -> ClientConnection:
    url = f"{box.http.base_url}/events{query}".replace("http", "ws", 1)
    listener: ClientConnection = connect(url, compression=None, max_queue=None, **options)
    return listener


# ---- what can be seen ------------------------------------------------------------------------------------


def test_state_names_every_machine_and_what_one_could_read_off_the_box(box: Station) -> None:
    state = box.state()
    assert (state["link"], state["boot"], state["queue_length"], state["status"]) == (
        "Online",
        "Accepted",
        0,
        "Available",
    )
    assert state["machines"]["connector/1"] == "Available"
    assert state["cached"] == {}
    assert {name.split("/")[0] for name in state["machines"]} >= {"link", "boot", "call", "cable", "fault", "metering"}
    assert [c["connector"] for c in state["connectors"]] == [1, 2]
    assert set(state["connectors"][0]) >= {"status", "register_wh", "transaction"}


@covers("CS-5.13-05", "CS-5.1-02")
def test_state_says_for_whom_a_connector_is_kept(box: Station, central: Central) -> None:
    wish = {"connectorId": 2, "idTag": "alice", "expiryDate": "2099-01-01T01:00:00+01:00", "reservationId": 7}
    assert central.call("ReserveNow", wish)[2] == {"status": "Accepted"}
    kept = {"reservation_id": 7, "id_tag": "alice", "parent_id_tag": None, "expiry_date": "2099-01-01T00:00:00+00:00"}
    assert (_connector(box, 2)["status"], _connector(box, 2)["reservation"]) == ("Reserved", kept)
    assert central.call("CancelReservation", {"reservationId": 7})[2] == {"status": "Accepted"}
    assert (_connector(box, 2)["status"], _connector(box, 2)["reservation"]) == ("Available", None)


# ---- a session by hand -----------------------------------------------------------------------------------


@covers("CS-5.11-01")
def test_a_session_by_hand_from_plug_to_plug(box: Station, central: Central) -> None:
    assert box.do("/connectors/1/plug_in")["connectors"][0]["status"] == "Preparing"
    box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
    central.saw("StartTransaction", connectorId=1, idTag="AB12")
    until(lambda: _connector(box, 1)["status"] == "Charging", "charging")
    running = _connector(box, 1)["transaction"]
    assert running["id_tag"] == "AB12"
    assert box.state()["cached"] == {"Valid": 1}
    assert not [name for name in box.state()["machines"] if name.startswith("cache_entry")]
    assert box.do("/connectors/1/ev", {"wants_energy": False})["connectors"][0]["status"] == "SuspendedEV"
    assert box.do("/connectors/1/ev", {"wants_energy": True})["connectors"][0]["status"] == "Charging"
    box.do("/connectors/1/stop")
    central.saw("StopTransaction", reason="Local", transactionId=running["transaction_id"])
    assert _connector(box, 1)["status"] == "Finishing"
    assert box.do("/connectors/1/plug_out")["connectors"][0]["status"] == "Available"


def test_a_fault_is_seen_by_the_csms_and_can_be_cleared(box: Station, central: Central) -> None:
    body = {"error_code": "GroundFailure", "info": "leak"}
    assert box.do("/connectors/2/fault", body)["connectors"][1]["status"] == "Faulted"
    central.saw("StatusNotification", connectorId=2, status="Faulted", errorCode="GroundFailure", info="leak")
    assert box.do("/connectors/2/clear_fault")["connectors"][1]["status"] == "Available"


def test_connector_0_is_the_station_itself(box: Station, central: Central) -> None:
    assert box.do("/connectors/0/fault", {"error_code": "InternalError"})["status"] == "Faulted"
    central.saw("StatusNotification", connectorId=0, status="Faulted", errorCode="InternalError")
    assert box.do("/connectors/0/clear_fault")["status"] == "Available"


def test_the_diode_of_the_control_pilot_can_fail(box: Station, central: Central) -> None:
    box.do("/connectors/2/plug_in")
    box.do("/connectors/2/diode_fault")
    central.saw("StatusNotification", connectorId=2, errorCode="EVCommunicationError")
    box.do("/connectors/2/clear_fault")
    box.do("/connectors/2/plug_out")


def test_the_network_cable_comes_out_and_goes_in_again(box: Station, central: Central) -> None:
    boots = len(central.requests("BootNotification"))
    box.do("/network", {"up": False})
    until(lambda: box.state()["link"] != "Online", "the link to be gone")
    box.do("/network", {"up": True})
    until(lambda: box.state()["link"] == "Online", "the link, at once")
    assert len(central.requests("BootNotification")) == boots


def test_a_security_event_and_a_data_transfer_reach_the_csms(box: Station, central: Central) -> None:
    box.do("/security_event", {"type": "TamperDetectionActivated", "tech_info": "door"})
    central.saw("SecurityEventNotification", type="TamperDetectionActivated", techInfo="door")
    box.do("/data_transfer", {"vendor_id": "com.example", "message_id": "hello", "data": "1"})
    central.saw("DataTransfer", vendorId="com.example", messageId="hello", data="1")


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/connectors/1/ev", b"{", "not JSON"),
        ("/connectors/1/ev", b"[]", "not a JSON object"),
        ("/connectors/1/ev", b"{}", "wants_energy is missing"),
        ("/connectors/1/ev", b'{"wants_energy": "no"}', "wants_energy: must be a boolean"),
        ("/connectors/1/ev", b'{"wants_energy": true, "x": 1}', "'x' is unknown"),
        ("/connectors/1/plug_in", b'{"x": 1}', "'x' is unknown"),
        ("/connectors/1/fault", b'{"error_code": "Fire"}', "there is no error 'Fire'"),
        ("/connectors/1/fault", json.dumps({"error_code": "OtherError", "info": "x" * 51}).encode(), "at most 50"),
        ("/tokens", b'{"id_tag": "123456789012345678901"}', "at most 20"),
        ("/tokens", b'{"id_tag": "A", "connectors": [true]}', "connectors"),
        ("/tokens", b'{"id_tag": ""}', "id_tag: must have at least one character"),
        ("/security_event", b'{"type": ""}', "type: must have at least one character"),
        ("/data_transfer", b'{"vendor_id": ""}', "vendor_id: must have at least one character"),
        ("/network", b'{"up": 1}', "up: must be a boolean"),
        ("/power", b'{"cut": false}', "cut: must be true"),
        ("/security_event", b'{"type": 1}', "type: must be a string"),
        ("/data_transfer", b"{}", "vendor_id is missing"),
    ],
)  # fmt: skip
def test_a_bad_body_is_400_and_says_what_was_wrong(box: Station, path: str, body: bytes, why: str) -> None:
    before = box.state()
    response = box.http.post(path, content=body)
    assert response.status_code == 400, response.text
    assert why in response.json()["error"]
    assert box.state()["machines"] == before["machines"]


@pytest.mark.parametrize(
    ("path", "body", "there_are"),
    [
        ("/connectors/3/plug_in", {}, "1 to 2"),
        ("/connectors/0/plug_in", {}, "1 to 2"),
        ("/connectors/3/fault", {"error_code": "OtherError"}, "0 to 2"),
        ("/connectors/1/dance", {}, "plug_in, plug_out"),
        ("/connectors/one/plug_in", {}, "GET /state"),
        ("/tokens", {"id_tag": "A", "connectors": [3]}, "1 to 2"),
        ("/nothing", {}, "GET /state, WS /events, POST /tokens"),
        ("/tokens/", {"id_tag": "A"}, "GET /state, WS /events, POST /tokens"),
    ],
)
def test_what_is_not_there_is_404_and_lists_what_there_is(
    box: Station, path: str, body: object, there_are: str
) -> None:
    response = box.post(path, body)
    assert response.status_code == 404, response.text
    assert f"there are {there_are}" in response.json()["error"]


def test_another_method_is_405(box: Station) -> None:
    refused = box.http.get("/connectors/1/plug_in")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert "GET is not for this place; there are GET /state, WS /events, POST /tokens" in refused.json()["error"]
    assert box.http.post("/state").status_code == 405


def test_what_the_box_cannot_do_now_is_409_and_names_its_state(box: Station) -> None:
    refused = box.post("/connectors/2/plug_out")
    assert (refused.status_code, refused.json()["state"]) == (409, "Unplugged")
    refused = box.post("/connectors/2/ev", {"wants_energy": False})
    assert (refused.status_code, refused.json()["state"]) == (409, "Unplugged")
    box.do("/connectors/2/plug_in")
    refused = box.post("/connectors/2/plug_in")
    assert (refused.status_code, refused.json()["state"]) == (409, "Ready")
    box.do("/connectors/2/plug_out")
    assert box.post("/connectors/2/clear_fault").status_code == 409


def test_a_data_transfer_is_refused_exactly_where_the_table_refuses_it() -> None:
    """The interface reads ``sending``, the row its own guard: the one is written in terms of the other."""
    composition = load_composition()
    sends = next(row for row in composition["call"].rows if row.id == "data")
    allowed = next(one for one in composition.projections if one.name == "sending").rows[0]
    assert (allowed.value, allowed.said) == ("Allowed", sends.said)


def test_a_data_transfer_that_cannot_be_sent_is_409_and_names_link_and_boot(tmp_path: Path, central: Central) -> None:
    body = {"vendor_id": "com.example", "data": "unheard"}
    with Station(tmp_path, central.url) as box:
        until(lambda: box.state()["boot"] == "Accepted", "boot")
        box.do("/network", {"up": False})
        until(lambda: box.state()["link"] != "Online", "the link to be gone")
        refused = box.post("/data_transfer", body)
        state = box.state()
        assert (refused.status_code, refused.json()["state"]) == (409, f"link {state['link']}, boot Accepted")
        box.kill()
        central.silent_on = {"BootNotification"}
        box.start()
        until(lambda: box.state()["link"] == "Online", "the link")
        refused = box.post("/data_transfer", body)
        central.silent_on = set()
        assert refused.status_code == 409
        assert refused.json()["state"].startswith("link Online, boot ")
    assert not [sent for sent in central.requests("DataTransfer") if sent.get("data") == "unheard"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_a_foreign_origin_is_403(box: Station, origin: str) -> None:
    assert box.http.get("/state", headers={"Origin": origin}).status_code == 403
    with pytest.raises(InvalidStatus) as refused, _events(box, origin=Origin(origin)):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "["])
def test_a_foreign_host_is_421_because_of_dns_rebinding(box: Station, host: str) -> None:
    assert box.http.get("/state", headers={"Host": host}).status_code == 421


def test_its_own_origin_and_names_are_let_in(box: Station) -> None:
    port = box.http.base_url.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        headers = {"Host": host, "Origin": f"http://{host}".lower()}
        assert box.http.get("/state", headers=headers).status_code == 200


def test_a_body_beyond_the_bound_is_413_and_the_box_goes_on(box: Station) -> None:
    assert box.http.post("/tokens", content=b"x" * 70_000).status_code == 413
    assert box.state()["link"] == "Online"


# ---- what happens ----------------------------------------------------------------------------------------


def _next(events: ClientConnection, **fields: Any) -> dict[str, Any]:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        line: dict[str, Any] = json.loads(events.recv(timeout=WAIT_S))
        if fields.items() <= line.items():
            return line
    raise AssertionError(f"no event {fields}")


def test_events_tell_each_row_and_each_frame_in_order(box: Station) -> None:
    with _events(box) as events:
        box.do("/connectors/2/plug_in")
        row = _next(events, machine="connector")
        assert row == {
            "kind": "row", "at": row["at"], "machine": "connector", "instance": "connector/2", "connector": 2,
            "row": "A2.cable", "from": "Available", "event": "cable_attached", "to": "Preparing",
            "clauses": row["clauses"],
        }  # fmt: skip
        assert "CS-4.9-A2" in row["clauses"]
        frame = _next(events, kind="frame", dir="out")
        assert json.loads(frame["text"])[2] == "StatusNotification"
        assert json.loads(_next(events, kind="frame", dir="in")["text"])[0] == 3
    box.do("/connectors/2/plug_out")


def test_who_asks_for_the_past_hears_the_start(box: Station) -> None:
    with _events(box, "?past=true") as events:
        assert _next(events, kind="row")["event"]


def test_listeners_do_not_see_the_credentials_of_a_url(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("StatusNotification", connectorId=2)
        central.call("GetDiagnostics", {"location": "ftps://operator:hunter2@files.example/logs"})
        with _events(box, "?past=true") as events:
            shown = next(text for text in map(str, events) if "files.example" in text)
    assert "ftps://***@files.example/logs" in shown
    assert "hunter2" not in shown


def test_there_is_a_bound_on_listeners(box: Station) -> None:
    with contextlib.ExitStack() as stack:
        *_, last = [stack.enter_context(_events(box)) for _ in range(17)]
        with pytest.raises(ConnectionClosed) as refused:
            last.recv(timeout=WAIT_S)
    assert refused.value.rcvd is not None
    assert refused.value.rcvd.code == 1013


def _read_to_the_end(events: ClientConnection) -> None:
    while True:
        events.recv(timeout=WAIT_S)


def test_a_listener_that_does_not_read_is_dropped_and_the_station_never_waits(box: Station) -> None:
    url = f"{box.http.base_url}/events".replace("http", "ws", 1)
    big = {"vendor_id": "com.example", "data": "x" * 60_000}
    with connect(url, compression=None, max_queue=1) as lazy:
        for _ in range(300):
            box.do("/data_transfer", big)
        assert box.state()["link"] == "Online"
        with pytest.raises(ConnectionClosed) as dropped:
            _read_to_the_end(lazy)
    assert dropped.value.rcvd is not None
    assert dropped.value.rcvd.code == 1013


def test_a_port_in_use_is_one_clear_error(box: Station, tmp_path: Path, central: Central) -> None:
    second = Station(tmp_path, central.url)
    port = box.http.base_url.port
    words = [*second.arguments()[:-1], f"127.0.0.1:{port}"]
    ended = provenpoint(*words)
    assert ended.returncode == 1
    assert f"error: --control 127.0.0.1:{port}:" in ended.stderr
    assert "  help: " in ended.stderr


def test_power_cut_is_a_death_without_goodbye(tmp_path: Path, central: Central) -> None:
    with Station(tmp_path, central.url) as box:
        until(lambda: box.state()["boot"] == "Accepted", "boot")
        with contextlib.suppress(httpx.TransportError):
            assert box.post("/power", {"cut": True}).status_code == 200
        assert box.process is not None
        assert box.process.wait(WAIT_S) == -9
        assert "orderly" not in box.said()
        assert until(lambda: central.connections[-1].close_code, "the end") == 1006
