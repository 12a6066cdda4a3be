"""How the statuses of an update reach the CSMS: each once, in their order, whatever else goes on."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT, Reply, error, says
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.operations.firmware import MAX_STATUSES
from tests.covering import FiredRows, covers
from tests.firmware.updating import DONE, FAILED, NO_IMAGE, NOWHERE, PREPARED_S, serve, told, update


def trigger(world: World) -> object:
    """What TriggerMessage.conf says."""
    asked = world.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    return asked.answer and asked.answer["status"]


# ---- TriggerMessage.req ----------------------------------------------------------------------------------------


@covers("CS-4.5-02", "CS-7.25-04", "CS-7.25-05", "CS-5.17-11", rows=("firmware:trigger",))
def test_idle_is_told_on_a_trigger_and_at_no_other_time(world: World) -> None:
    update(serve(world), ahead_s=600)
    assert (trigger(world), told(world)) == ("Accepted", ["Idle"]), "who waits for a date updates nothing yet"
    world.wait(600 + PREPARED_S)
    assert told(world)[1:] == DONE
    assert (trigger(world), told(world)[5:]) == ("Accepted", ["Idle"])
    world.power_cycle().wait(60)
    assert told(world).count("Idle") == 2


@covers("CS-4.5-02", "CS-7.25-03", rows=("firmware:trigger.downloading",))
def test_a_trigger_during_the_download_is_told_so(world: World) -> None:
    update(world, NOWHERE, retryInterval=60)
    assert (trigger(world), told(world)) == ("Accepted", ["Downloading", "Downloading"])
    world.wait(10)
    assert world.state("firmware") == "Waiting"
    assert (trigger(world), told(world)[2:]) == ("Accepted", ["Downloading"])


@covers("CS-4.5-02", "CS-7.25-01", "CS-7.25-07", rows=("firmware:trigger.downloaded", "firmware:trigger.installing"))
def test_so_is_one_before_and_during_the_installation(world: World) -> None:
    update(serve(world))
    world.wait(1).present("alice", 1).wait(5)
    assert (trigger(world), told(world)[-1]) == ("Accepted", "Downloaded")
    world.present("alice", 1).wait(1)
    assert (trigger(world), told(world)[-1]) == ("Accepted", "Installing")


@covers("CS-5.17-11", "CS-4.5-01", rows=("firmware:trigger.owed",))
def test_a_trigger_does_not_overtake_what_is_owed(world: World) -> None:
    world.csms.plan("FirmwareStatusNotification", SILENT)
    update(serve(world, NO_IMAGE))
    world.wait(4.5)
    assert trigger(world) == "Accepted"
    world.wait(60)
    assert told(world) == FAILED


@covers("CS-4.2-19", "CS-5.17-11", rows=("firmware:trigger",))
def test_a_station_that_is_pending_answers_a_trigger(fired: FiredRows) -> None:
    world = World(fired.see)
    world.csms.always("BootNotification", says(status="Pending", interval=60))
    world.power_up()
    assert (trigger(world), told(world)) == ("Accepted", ["Idle"])


@covers("CS-5.17-11")
def test_a_trigger_whose_link_is_gone_triggers_nothing(world: World) -> None:
    world.link_down()
    assert world.station.context.engine.state("link") != "Online"
    assert trigger(world) is None
    assert told(world.link_up().wait(60)) == []


# ---- links and answers ---------------------------------------------------------------------------------------


@covers(
    "CS-4.5-01", "CS-4.2-19", "CS-5.19-05",
    rows=("firmware_status:keep", "firmware_status:send", "firmware_status:settle.next"),
)  # fmt: skip
def test_what_happens_offline_is_told_afterwards_in_its_order(world: World) -> None:
    update(serve(world, NO_IMAGE), ahead_s=5)
    world.link_down().wait(60)
    assert (told(world), world.state("firmware")) == ([], "Idle")
    world.link_up().wait(130)
    assert told(world) == FAILED


@covers("CS-4.5-03", "CS-4.5-01", rows=("firmware_status:settle", "firmware_status:settle.next"))
@pytest.mark.parametrize("reply", [error(), SILENT], ids=["CALLERROR", "silence"])
def test_an_update_goes_on_whatever_the_csms_answers(world: World, reply: Reply) -> None:
    world.csms.always("FirmwareStatusNotification", reply)
    update(serve(world, NO_IMAGE))
    world.wait(120)
    assert told(world) == FAILED, "what has been received is not sent again"


@covers("CS-4.5-01", rows=("firmware_status:lose", "firmware_status:send"))
def test_a_status_whose_arrival_nothing_has_shown_is_sent_again(world: World) -> None:
    world.csms.plan("FirmwareStatusNotification", Reply(hangs_up=True))
    update(serve(world))
    heal(world)
    assert told(world) == ["Downloading", *DONE]
    assert not violations(world)


@covers("CS-4.5-01", "CS-4.2-19", rows=("firmware_status:wait", "firmware_status:keep"))
def test_who_is_not_accepted_waits(world: World) -> None:
    world.csms.always("BootNotification", says(status="Rejected", interval=200))
    update(serve(world), ahead_s=600)
    world.power_cycle().wait(900)
    assert (told(world), world.state("firmware_status")) == ([], "Owed")
    heal(world)
    assert told(world) == DONE
    assert not undelivered(world)


@covers("CS-4.5-01", rows=("firmware:ask.instead",))
def test_no_number_of_requests_makes_the_owed_grow_for_ever(world: World) -> None:
    world.csms.always("FirmwareStatusNotification", SILENT)
    for _ in range(MAX_STATUSES + 20):
        world.csms.call("UpdateFirmware", location=NOWHERE, retrieveDate="2025-01-01T00:00:00Z", retries=0)
        world.wait(0.05)
    assert len(world.station.context.ledger.update_statuses) <= MAX_STATUSES
    heal(world)
    assert told(world)[-1] == "DownloadFailed"
