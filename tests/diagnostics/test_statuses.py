"""The statuses of an upload reach the CSMS once and in their order, whatever is in their way (hard case 37)."""

from __future__ import annotations

import pytest

from properties.world.csms import HANGS_UP, SILENT, Reply, error, says
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked
from runtime.core.transfers import TransferEnded, TransferOutcome
from runtime.operations.calls import MAX_OUTBOX
from runtime.operations.diagnostics import MAX_STATUSES
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import ask, hold, plan, statuses

STATUS = "DiagnosticsStatusNotification"


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up().wait(30)


@covers("CS-4.4-01", rows=("diagnostics_status:keep", "diagnostics_status:wait", "diagnostics_status:send"))
def test_what_came_about_offline_is_told_when_the_link_is_back(world: World) -> None:
    hold(world)
    ask(world)
    world.wait(5).link_down()
    ended(world)
    world.wait(500)
    assert statuses(world) == ["Uploading"]
    world.link_up().wait(200)
    assert statuses(world) == ["Uploading", "Uploaded"]


def ended(world: World) -> None:
    """The attempt that goes on has come to its good end."""
    (transfer,) = world.transfers.under_way
    world.transfers.stop(transfer, keep=True)
    world.submit(TransferEnded(transfer, TransferOutcome.DONE))


@covers("CS-4.4-01", rows=("diagnostics_status:lose", "diagnostics_status:send"))
def test_a_status_that_the_link_took_with_it_is_sent_again_ahead_of_the_next(world: World) -> None:
    world.csms.plan(STATUS, HANGS_UP)
    ask(world)
    world.wait(300)
    assert list(dict.fromkeys(statuses(world))) == ["Uploading", "Uploaded"]
    assert statuses(world) == ["Uploading", "Uploading", "Uploaded"]


@covers("CS-4.4-01", rows=("diagnostics_status:keep", "diagnostics_status:send"))
def test_owed_statuses_outlive_the_power(world: World) -> None:
    hold(world)
    ask(world)
    world.wait(5).link_down()
    ended(world)
    world.power_cycle().wait(60).power_cycle().link_up().wait(300)
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-4.4-03", rows=("diagnostics_status:settle",))
@pytest.mark.parametrize("reply", [error("NotImplemented"), SILENT])
def test_what_the_csms_has_received_is_not_sent_again(world: World, reply: Reply) -> None:
    world.csms.always(STATUS, reply)
    ask(world)
    world.wait(3000)
    assert statuses(world) == ["Uploading", "Uploaded"]
    assert world.state("diagnostics") == "Idle"


@covers("CS-4.2-19", rows=("diagnostics_status:settle.wait",))
def test_the_next_status_waits_while_the_acceptance_is_taken_back(fired: FiredRows) -> None:
    world = World(fired.see, settings={"WebSocketPingInterval": "0"}).power_up().flap().wait(30)
    world.csms.plan(STATUS, SILENT)
    ask(world)
    world.csms.plan("BootNotification", says(status="Pending", interval=30))
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.wait(20)
    assert statuses(world) == ["Uploading"]
    world.wait(300)
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-4.4-01", rows=("diagnostics_status:lose", "diagnostics_status:send"))
def test_behind_a_long_line_no_status_is_lost(world: World) -> None:
    world.csms.plan("DataTransfer", SILENT)
    world.submit(DataTransferAsked("org.example"))
    ask(world)
    for _ in range(MAX_OUTBOX):
        world.csms.call("TriggerMessage", requestedMessage="Heartbeat")
    world.wait(600)
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-4.4-01")
def test_the_statuses_that_are_owed_are_bounded_and_none_overtakes(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=100))
    world.power_cycle().wait(5)
    for _ in range(MAX_STATUSES + 5):
        ask(world)
    assert len(world.station.context.ledger.upload_statuses) == MAX_STATUSES
    world.csms.behave()
    world.wait(3000)
    assert len(statuses(world)) == MAX_STATUSES
    assert statuses(world)[-1] == "Uploaded"


@covers("CS-4.2-05", "CS-4.2-19", rows=("diagnostics_status:keep", "diagnostics_status:settle.next"))
def test_while_pending_an_upload_goes_on_and_says_nothing(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=100))
    world.power_cycle().wait(5)
    plan(world, TransferOutcome.DONE)
    ask(world)
    world.wait(50)
    assert (world.state("diagnostics"), statuses(world)) == ("Idle", [])
    world.csms.behave()
    world.wait(300)
    assert statuses(world) == ["Uploading", "Uploaded"]
