"""What is told that is no status: security events, data; and what gives way, or cannot be done."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted
from tests.covering import covers


@covers("CS-3.7.1-02", rows=("call:timeout.next",))
def test_more_calls_than_can_wait_do_not_push_out_what_is_owed(world: World) -> None:
    world.csms.always("*", SILENT)
    world.plug_in(2).present("alice", 2).wait(11)
    for _ in range(110):
        world.plug_in(1).plug_out(1)
    heal(world)
    assert not undelivered(world)
    assert not violations(world)


@covers("SEC-A04.FR.01", "SEC-A04.FR.02", "SEC-A04.FR.03", rows=("security_event:note.keep", "security_event:send"))
def test_security_events_survive_and_are_told_in_order(world: World) -> None:
    world.link_down()
    for name in ("TamperDetectionActivated", "InvalidFirmwareSignature"):
        world.submit(SecurityEventNoted(name))
    world.power_cycle().link_up().wait(30)
    assert [event["type"] for event in world.csms.got("SecurityEventNotification")] == [
        "TamperDetectionActivated", "InvalidFirmwareSignature",
    ]  # fmt: skip


@covers("SEC-A04.FR.02", rows=("security_event:lose", "security_event:confirm"))
def test_a_security_event_without_an_answer_is_sent_again(world: World) -> None:
    world.csms.plan("SecurityEventNotification", SILENT)
    world.submit(SecurityEventNoted("MemoryExhaustion")).wait(60)
    assert len(world.csms.got("SecurityEventNotification")) == 2


@covers("CS-3.12-01", "CS-4.3-04", "CS-4.3-01", rows=("call:data", "call:data.refuse"))
def test_data_from_the_box_goes_out_only_to_who_hears_it(world: World) -> None:
    world.submit(DataTransferAsked("livoltek", "hello", "1")).link_down().submit(
        DataTransferAsked("livoltek")
    ).link_up()
    assert world.csms.got("DataTransfer") == [{"vendorId": "livoltek", "messageId": "hello", "data": "1"}]


@covers(
    "ERR-3.85-02",
    "CS-5.18-02",
    "CS-5.18-07",
    "ERR-4.15-01",
    "CS-5.18-04",
    "CS-5.18-05",
    rows=("connector_lock:unlock",),
)
@pytest.mark.parametrize("connector", [1, 2, 3])
def test_fixed_cables_cannot_be_unlocked_nor_can_a_connector_that_is_not_there(world: World, connector: int) -> None:
    assert world.ask("UnlockConnector", connectorId=connector).answer == {"status": "NotSupported"}
