"""The link of a real station process on real sockets: lost, half open, closed, and over two interfaces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from tests.covering import covers
from tests.half_open_proxy import HalfOpenProxy
from tests.processes import Central, Station, until

TWO_WAYS = """
extends = "m06010e2eyfg"
[[interface]]
name = "Ethernet"
local_address = "127.0.0.2"
[[interface]]
name = "MobileNetwork"
local_address = "127.0.0.3"
[runtime]
back_off_base_s = 0.2
interface_settle_s = 1.0
"""
ETHERNET, MODEM = "127.0.0.2", "127.0.0.3"
PING_S = 4
"""Longer than a process may have to wait for its turn on a busy machine."""


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.fixture
def wire(central: Central) -> Iterator[HalfOpenProxy]:
    with HalfOpenProxy(central.url) as wire:
        yield wire


@pytest.fixture
def box(tmp_path: Path, central: Central, wire: HalfOpenProxy) -> Iterator[Station]:
    file = tmp_path / "two-ways.toml"
    file.write_text(TWO_WAYS)
    words = ("--set", f"WebSocketPingInterval={PING_S}", "--set", "MeterValueSampleInterval=1")
    with Station(tmp_path, wire.url, *words, station=str(file)) as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        yield box


def _online(box: Station, wire: HalfOpenProxy, central: Central, dials: int) -> str:
    """Where the n-th connection came from, once station and central system have it."""
    until(lambda: len(central.connections) >= dials and box.state()["link"] == "Online", f"link {dials}")
    return wire.came_from[-1]


@covers("J-5.4-01", "J-5.4-03")
@pytest.mark.exhaustive
def test_losing_one_interface_it_goes_on_over_the_other_and_comes_back(
    box: Station, central: Central, wire: HalfOpenProxy
) -> None:
    assert wire.came_from == [ETHERNET]
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
    central.saw("MeterValues")
    box.do("/network", {"up": False, "interface": "Ethernet"})
    assert _online(box, wire, central, 2) == MODEM
    count = len(central.requests("MeterValues"))
    central.saw("MeterValues", count=count + 2)
    box.do("/network", {"up": True, "interface": "Ethernet"})
    assert _online(box, wire, central, 3) == ETHERNET
    assert box.state()["machines"]["interface_selection"] == "Ethernet"
    box.do("/connectors/1/stop")
    assert central.saw("StopTransaction")["reason"] == "Local"
    assert len(central.requests("BootNotification")) == 1, "a reconnect is no boot"


@covers("J-5.4-03")
def test_both_gone_it_dials_at_once_when_one_is_back(box: Station, central: Central, wire: HalfOpenProxy) -> None:
    box.do("/network", {"up": False})
    until(lambda: box.state()["link"] == "Offline", "no link")
    before = len(wire.came_from)
    box.do("/network", {"up": True, "interface": "MobileNetwork"})
    assert _online(box, wire, central, before + 1) == MODEM


@covers("JERR-3.9-01", "J-5.3-01", "J-7-03")
@pytest.mark.exhaustive
def test_case_11_a_half_open_connection_is_found_by_its_ping_and_dialled_again(
    box: Station, central: Central, wire: HalfOpenProxy
) -> None:
    wire.swallow()
    _online(box, wire, central, 2)
    assert "no pong" in box.said()
    assert central.call("GetConfiguration", {"key": ["HeartbeatInterval"]})[0] == 3
    assert len(central.requests("BootNotification")) == 1


@covers("J-5.4-01")
def test_case_11_a_clean_close_and_a_cut_are_dialled_again(box: Station, central: Central, wire: HalfOpenProxy) -> None:
    central.connections[-1].close()
    _online(box, wire, central, 2)
    wire.cut()
    _online(box, wire, central, 3)
    assert central.call("GetConfiguration", {"key": ["HeartbeatInterval"]})[0] == 3
    assert len(central.requests("BootNotification")) == 1


@covers("CS-3.7.1-02")
def test_case_7_a_link_that_flaps_during_one_send_loses_and_repeats_nothing(
    box: Station, central: Central, wire: HalfOpenProxy
) -> None:
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
    central.saw("MeterValues")
    central.silent_on = {"StopTransaction"}
    box.do("/connectors/1/stop")
    for flap in range(1, 4):
        central.saw("StopTransaction", count=flap)
        wire.cut()
    central.silent_on = set()
    until(lambda: box.state()["queue_length"] == 0, "an empty queue")
    stops = central.requests("StopTransaction")
    assert len(stops) >= 4
    assert all(stop == stops[0] for stop in stops)


@covers("JERR-3.3-01")
@pytest.mark.exhaustive
def test_a_station_that_the_csms_does_not_know_yet_asks_again_at_growing_waits(tmp_path: Path) -> None:
    file = tmp_path / "quick.toml"
    file.write_text(TWO_WAYS)
    asked: list[float] = []

    class Unknown(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(time.monotonic())
            self.send_error(404, "unknown charge point")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Unknown)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Station(tmp_path, f"ws://127.0.0.1:{server.server_port}/ocpp", station=str(file)) as box:
            until(lambda: len(asked) >= 5, "five dials")
            waits = [later - earlier for earlier, later in pairwise(asked)]
            assert all(wait >= least for wait, least in zip(waits, (0.2, 0.4, 0.8, 1.6), strict=False)), waits
            assert "404" in box.said()
    finally:
        server.shutdown()
        server.server_close()
