"""Hard case 34: a CSMS that never answers StatusNotification. A driver at the box does not wait behind it.

Only one call may be open (J-4.1.1-01), so Authorize waits for at most the time-out of the one that is open already.
"""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.sent import Sent, sent
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted
from tests.covering import FiredRows, covers


@pytest.fixture
def world(fired: FiredRows) -> World:
    """Accepted, with three statuses to tell to a CSMS that answers none."""
    world = World(fired.see)
    world.csms.always("StatusNotification", SILENT)
    return world.power_up()


def since(world: World, at_s: float) -> list[Sent]:
    """What the station has sent since then."""
    return [call for call in sent(world) if call.at_s > at_s]


@covers("CS-4.1-06", "J-4.1.1-01", rows=("call:timeout.next", "authorization:ask", "authorization:grant"))
@pytest.mark.parametrize("seconds", [0.0, 4.0, 9.0, 14.0])
def test_case_34_authorize_leaves_at_the_next_free_slot(world: World, seconds: float) -> None:
    world.wait(seconds)
    at_s = world.clock.now_s
    world.present("alice", 1).wait(2 * world.file.runtime.call_timeout_s)
    first = since(world, at_s)[0]
    assert (first.action, first.payload) == ("Authorize", {"idTag": "alice"})
    assert first.at_s <= at_s + world.file.runtime.call_timeout_s
    assert world.state("authorization", 1) == "Granted"
    assert not violations(world)


@covers("CS-4.1-06", rows=("authorization:ask",))
def test_case_34_two_drivers_leave_in_the_order_in_which_they_came(world: World) -> None:
    at_s = world.clock.now_s
    world.submit(SecurityEventNoted("TamperDetectionActivated")).submit(DataTransferAsked("vendor"))
    world.present("alice", 1).present("bob", 2).wait(60)
    later = since(world, at_s)
    assert [call.payload["idTag"] for call in later[:2]] == ["alice", "bob"]
    assert {"DataTransfer", "SecurityEventNotification"} <= {call.action for call in later[2:]}
    assert not violations(world)


@covers("CS-4.10-01", "CS-3.7-05", rows=("transaction_queue:send",))
def test_case_34_a_driver_comes_before_a_session_and_a_session_before_the_statuses(world: World) -> None:
    world.wait(40)
    world.plug_in()
    at_s = world.clock.now_s
    world.present("bob", 2).present("alice", 1).wait(60)
    assert [call.action for call in since(world, at_s)][:3] == ["Authorize", "Authorize", "StartTransaction"]
    assert not violations(world)


@covers("CS-3.7-01", rows=("transaction_queue:send", "metering:trigger.sampling"))
def test_case_34_a_triggered_value_is_not_passed_by_the_stop_of_its_transaction(world: World) -> None:
    world.wait(40).plug_in().present("alice").wait(60)
    world.ev_wants(False)
    world.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    at_s = world.clock.now_s
    world.present("bob", 2).present("alice", 1).wait(40)
    found = [call.action for call in since(world, at_s) if call.action not in ("StatusNotification", "Heartbeat")]
    assert found == ["Authorize", "MeterValues", "StopTransaction"]
    assert not violations(world)
    assert not undelivered(heal(world))
