"""Hard case 26 on real sockets: a station process, a central system, and a proxy between them that swallows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.covering import covers
from tests.half_open_proxy import HalfOpenProxy
from tests.processes import Central, Station, until

QUICK = """
extends = "m06010e2eyfg"
[runtime]
back_off_base_s = 0.2
call_timeout_s = 0.5
silence_s = 1.0
"""
WAYS = [
    pytest.param(True, True, id="both"),
    pytest.param(True, False, id="outward"),
    pytest.param(False, True, id="inward"),
]
FOUND_OUT_S = 60.0
"""What a busy machine may need to find out by itself and to dial again."""


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.fixture
def proxy(central: Central) -> Iterator[HalfOpenProxy]:
    with HalfOpenProxy(central.url) as proxy:
        yield proxy


@pytest.fixture(params=[0, 1], ids=["no pings", "pings"])
def box(tmp_path: Path, central: Central, proxy: HalfOpenProxy, request: pytest.FixtureRequest) -> Iterator[Station]:
    """It has charged an EV of AB12 before, and knows the token."""
    file = tmp_path / "quick.toml"
    file.write_text(QUICK)
    keys = {"WebSocketPingInterval": request.param, "LocalPreAuthorize": "true", "MeterValueSampleInterval": 0,
            "TransactionMessageAttempts": 1, "TransactionMessageRetryInterval": 0}  # fmt: skip
    words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    with Station(tmp_path, proxy.url, *words, station=str(file)) as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        session(box)
        central.saw("StopTransaction")
        until(lambda: _at_rest(box), "a station at rest")
        yield box


def session(box: Station) -> None:
    """From the cable in to the cable out."""
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
    until(lambda: box.state()["machines"]["connector/1"] == "Charging", "a session")
    box.do("/connectors/1/stop")
    box.do("/connectors/1/plug_out")


def _at_rest(box: Station) -> bool:
    machines = box.state()["machines"]
    return bool(machines["call"] == "Free" and machines["reporting/1"] == "Told")


@covers("CS-4.9-26", "CS-3.7.1-01", "CS-3.7.1-02", "CS-3.7.1-03")
@pytest.mark.parametrize(("outward", "inward"), WAYS)
@pytest.mark.exhaustive
def test_case_26_a_session_arrives_whole_and_the_status_that_is_so(
    box: Station, central: Central, proxy: HalfOpenProxy, outward: bool, inward: bool
) -> None:
    proxy.swallow(outward=outward, inward=inward)
    session(box)
    box.do("/connectors/1/fault", {"error_code": "GroundFailure"})
    until(lambda: len(central.connections) > 1, "another connection", FOUND_OUT_S)
    until(lambda: _at_rest(box) and box.state()["queue_length"] == 0, "nothing owed", FOUND_OUT_S)
    starts, stops = central.requests("StartTransaction")[1:], central.requests("StopTransaction")[1:]
    assert starts == starts[:1] * len(starts) != [], "one start, sent again alike"
    assert stops == stops[:1] * len(stops) != [], "and one stop"
    assert stops[0]["transactionId"] > 0
    told = [status for status in central.requests("StatusNotification") if status["connectorId"] == 1]
    assert (told[-1]["status"], told[-1]["errorCode"]) == ("Faulted", "GroundFailure")
    assert proxy.swallowed > 0
