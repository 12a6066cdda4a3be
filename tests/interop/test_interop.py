"""A whole scenario against two central systems of other people: not one fault, from either side.

Where node or ocpp-rpc is missing, its half is skipped, and says so (`make interop` brings ocpp-rpc); where CI runs they
have to be there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.covering import covers
from tests.interop.foreign import OCPP, OCPP_RPC, ForeignCentral, has_ocpp_rpc
from tests.interop.scenario import Scenario
from tests.processes import Station, until

pytestmark = pytest.mark.exhaustive

needs_ocpp_rpc = pytest.mark.skipif(
    not has_ocpp_rpc() and "CI" not in os.environ, reason="node or ocpp-rpc is not installed: make interop"
)
SENT = {
    "Authorize", "BootNotification", "DataTransfer", "Heartbeat", "MeterValues", "SecurityEventNotification",
    "StartTransaction", "StatusNotification", "StopTransaction",
}  # fmt: skip


each_central = pytest.mark.parametrize(
    "command", [pytest.param(OCPP, id="ocpp"), pytest.param(OCPP_RPC, id="ocpp-rpc", marks=needs_ocpp_rpc)]
)


@covers("JERR-3.1-01")
@each_central
def test_a_strict_central_system_of_somebody_else_has_nothing_to_object(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    with ForeignCentral(command) as central, Station(tmp_path, central.url) as box:
        try:
            Scenario(central, box).play()
        finally:
            assert central.faults() == []
        assert central.told() >= SENT


@each_central
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        pytest.param("BootNotification", {"chargePointVendor": "v" * 21, "chargePointModel": "m"}, id="over-long"),
        pytest.param("BootNotification", {"chargePointVendor": "v"}, id="missing"),
        pytest.param("BootNotification", {"chargePointVendor": 1, "chargePointModel": "m"}, id="wrong type"),
        pytest.param("Heartbeat", {"vendor": 1}, id="too many"),
        pytest.param(
            "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Asleep"}, id="wrong enum"
        ),
    ],
)
def test_it_would_object_to_a_request(command: tuple[str, ...], action: str, payload: dict[str, Any]) -> None:
    with ForeignCentral(command) as central, dialled(central) as socket:
        socket.send(json.dumps([2, "x1", action, payload]))
        until(lambda: [frame for frame in central.said if frame[0] == 4], "a CALLERROR")
        assert central.faults()


@each_central
def test_it_would_object_to_an_answer(command: tuple[str, ...]) -> None:
    with ForeignCentral(command) as central, dialled(central) as socket:
        until(lambda: central.links, "a connection")
        central.begin_call("ClearCache", {})
        socket.send(json.dumps([3, json.loads(socket.recv())[1], {"status": "Perhaps"}]))
        assert until(lambda: central.objections, "an objection")


def dialled(central: ForeignCentral) -> ClientConnection:
    return connect(f"{central.url}/CP-1", subprotocols=[Subprotocol("ocpp1.6")])
