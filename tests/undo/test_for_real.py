"""A fault in a real station process, on a real socket and a real disk: it costs what it strikes, and nothing else."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Central, Station, until

SABOTAGED = (sys.executable, "-P", "-m", "tests.campaigns.sabotage")
LIST = {
    "listVersion": 1, "updateType": "Full",
    "localAuthorizationList": [{"idTag": "bob", "idTagInfo": {"status": "Accepted"}}],
}  # fmt: skip


def sabotaged(folder: Path, central: Central, name: str) -> Station:
    station = Station(folder, central.url, "--set", "MeterValueSampleInterval=1")
    station.command = (*SABOTAGED, name)
    return station


def version(central: Central) -> Any:
    return central.call("GetLocalListVersion", {})[2]


@pytest.mark.exhaustive
def test_a_handler_that_raises_costs_its_call_and_nothing_else(tmp_path: Path) -> None:
    with Central() as central, sabotaged(tmp_path, central, "raises_in_a_handler") as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        box.do("/connectors/1/plug_in")
        box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
        central.saw("MeterValues")
        assert central.call("SendLocalList", LIST)[2] == "InternalError"
        assert "ZeroDivisionError" in box.said()
        assert version(central) == {"listVersion": 0}, "it has done nothing of it"
        central.saw("MeterValues", count=len(central.requests("MeterValues")) + 1)
        assert box.state()["connectors"][0]["status"] == "Charging"
        assert central.call("SendLocalList", LIST)[2] == {"status": "Accepted"}
        box.kill()
        box.command = Station(tmp_path, central.url).command
        box.start()
        assert central.saw("StopTransaction")["reason"] == "PowerLoss"
        assert version(central) == {"listVersion": 1}, "a fresh process finds what was answered"


def test_a_control_server_that_fails_is_named_and_the_station_goes_on(tmp_path: Path) -> None:
    with Central() as central, sabotaged(tmp_path, central, "loses_its_control_server") as box:
        until(lambda: "the control interface has failed; the station goes on without it" in box.said(), "a line")
        central.saw("StatusNotification", connectorId=2, status="Available")
        assert version(central) == {"listVersion": 0}
        assert box.end(signal.SIGTERM) == 0
