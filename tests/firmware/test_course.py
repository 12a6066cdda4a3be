"""The course of an update: asked for, fetched, installed, started; what the CSMS hears, and who is closed out."""

from __future__ import annotations

import pytest

from properties.world.csms import GOOD, SILENT, late
from properties.world.world import World
from runtime.adapters.firmware_slots import Image, SimulatedSlots
from runtime.operations.firmware import INSTALL_LIMIT_S
from tests.covering import FiredRows, covers
from tests.firmware.updating import DONE, NEW, NO_IMAGE, NOWHERE, OLD, PLACE, PREPARED_S, serve, told, update, version

# ---- it goes well --------------------------------------------------------------------------------------------


@covers(
    "CS-4.5-01", "CS-4.5-04", "CS-5.19-03", "CS-5.19-05", "CS-5.19-09", "CS-5.19-10", "CS-5.19-12", "CS-6.56-01",
    "CS-7.25-01", "CS-7.25-03", "CS-7.25-07", "CS-7.25-08", "CS-8.1-01", "CS-8.1-02", "ERR-3.12-01", "ERR-3.47-01",
    "ERR-3.47-02", "ERR-3.48-01", "CS-6.19-01",
    rows=(
        "firmware:ask", "firmware:begin", "firmware:fetch", "firmware:activate", "firmware:keep", "firmware:finish",
        "lifecycle:restart", "firmware_status:send.now", "firmware_status:settle", "firmware_status:settle.next",
    ),
)  # fmt: skip
def test_an_image_is_fetched_installed_started_and_reported(world: World) -> None:
    assert update(serve(world)).answer == {}
    world.wait(PREPARED_S)
    assert told(world) == DONE
    assert [place for _, place in world.transfers.attempts] == [PLACE]
    assert (version(world), world.state("firmware")) == (NEW, "Idle")
    boots = [nth for nth, action in enumerate(world.csms.actions()) if action == "BootNotification"]
    installed = [seen.payload for seen in world.csms.seen].index({"status": "Installed"})
    assert boots[-1] < installed, "it is told by the version that it is about"
    assert not world.transfers.files, "no image is left"


@covers("CS-7.25-08", rows=("firmware:finish", "security_event:note.keep"))
def test_the_security_event_comes_once_and_names_the_version(world: World) -> None:
    update(serve(world))
    world.wait(PREPARED_S).power_cycle().wait(5)
    events = [event for event in world.csms.got("SecurityEventNotification") if event["type"] == "FirmwareUpdated"]
    assert [event["techInfo"] for event in events] == [f"version {NEW}"]


@covers("CS-7.25-08", rows=("firmware:finish",))
def test_the_next_update_goes_into_the_other_slot(world: World) -> None:
    for number in ("V4", "V5", "V6"):
        update(serve(world, Image(number)))
        world.wait(PREPARED_S)
        assert version(world) == number
    assert told(world) == DONE * 3
    assert version(world.power_cycle()) == "V6"


@covers("CS-5.19-09", rows=("firmware:activate.wait", "firmware:activate.told"))
def test_what_is_owed_is_told_before_the_station_starts_anew(world: World) -> None:
    world.csms.plan("FirmwareStatusNotification", GOOD, late(9.0))
    update(serve(world))
    world.wait(8.5)
    assert world.state("firmware") == "Reporting"
    world.wait(PREPARED_S)
    assert told(world) == DONE
    before = world.csms.actions()[: world.csms.actions().index("BootNotification", 1)]
    assert before.count("FirmwareStatusNotification") == 3


@covers("CS-5.19-09", rows=("firmware:activate.wait", "firmware:activate.told"))
def test_a_csms_that_answers_nothing_does_not_hold_it_up_for_long(world: World) -> None:
    world.csms.always("FirmwareStatusNotification", SILENT)
    update(serve(world))
    world.wait(40)
    assert (version(world), world.csms.actions().count("BootNotification")) == (NEW, 2)


# ---- it fails ------------------------------------------------------------------------------------------------


@covers("CS-7.25-02", "CS-4.5-01", rows=("firmware:fail",))
def test_an_image_that_is_not_there_is_a_failed_download(world: World) -> None:
    update(world, NOWHERE, retries=0)
    world.wait(PREPARED_S)
    assert told(world) == ["Downloading", "DownloadFailed"]
    assert (world.state("firmware"), version(world)) == ("Idle", OLD)
    assert world.csms.statuses(1) == ["Available"]


@covers("CS-7.25-02", "CS-8.1-03", rows=("firmware:refuse",))
@pytest.mark.parametrize("location", ["C:", "sftp://host/image", "https://", "http://a b/", "file:///etc/passwd", ""])
def test_a_location_that_cannot_be_dialled_fails_at_once(world: World, location: str) -> None:
    assert update(world, location, retries=5, retryInterval=1).answer == {}
    world.wait(PREPARED_S)
    assert told(world) == ["Downloading", "DownloadFailed"]
    assert len(world.transfers.attempts) == 1


@covers(
    "CS-7.25-06", "CS-5.19-06", "ERR-3.48-01", rows=("firmware:install.fail", "connector:H1", "connector:A8.update")
)
def test_what_is_no_image_is_not_installed_and_the_station_is_what_it_was(world: World) -> None:
    update(serve(world, NO_IMAGE))
    world.wait(PREPARED_S)
    assert told(world) == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
    for connector in (0, 1, 2):
        assert world.csms.statuses(connector) == ["Available", "Unavailable", "Available"]
    assert world.csms.actions().count("BootNotification") == 1, "it has not been restarted"


@covers("CS-7.25-06", rows=("firmware:install.fail", "connector:H1"))
def test_a_box_that_never_answers_does_not_keep_the_station_closed(fired: FiredRows) -> None:
    world = World(fired.see)
    world.slots = SimulatedSlots(lambda *_: None)
    update(serve(world.power_up()))
    world.wait(INSTALL_LIMIT_S)
    assert world.state("firmware") == "Installing"
    world.wait(10)
    assert (told(world)[-1], world.csms.statuses(1)[-1]) == ("InstallationFailed", "Available")


@covers("CS-7.25-06", "CS-5.19-12", rows=("firmware:fall_back", "firmware:activate"))
def test_an_image_that_does_not_boot_gives_way_to_the_old_one(world: World) -> None:
    update(serve(world, Image(NEW, boots=False)))
    world.wait(PREPARED_S)
    assert told(world) == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
    assert version(world) == OLD
    world.power_cycle().wait(5)
    assert told(world)[-1:] == ["InstallationFailed"]
    assert not [e for e in world.csms.got("SecurityEventNotification") if e["type"] == "FirmwareUpdated"]


# ---- transactions, drivers, reservations ---------------------------------------------------------------------


@covers("CS-5.19-04", rows=("firmware:hold", "firmware:release"))
def test_nothing_is_downloaded_while_a_transaction_runs(charging: World) -> None:
    update(serve(charging))
    charging.wait(120)
    assert (told(charging), charging.transfers.attempts, charging.state("firmware")) == ([], [], "Held")
    charging.present("alice").plug_out().wait(PREPARED_S)
    assert told(charging) == DONE


@covers("CS-5.19-04", rows=("firmware:pause", "firmware:resume"))
def test_a_driver_does_not_wait_for_a_download(world: World) -> None:
    update(serve(world))
    world.wait(1).plug_in().present("alice").wait(60)
    assert (told(world), world.state("firmware"), world.state("connector", 1)) == (
        ["Downloading"],
        "Paused",
        "Charging",
    )
    world.present("alice").plug_out().wait(PREPARED_S)
    assert told(world) == DONE, "each status once"


@covers("CS-5.19-04", "CS-6.55-01", rows=("firmware:retry.hold", "firmware:resume", "firmware:fail.wait"))
def test_nor_for_the_next_attempt(world: World) -> None:
    update(world, retryInterval=10)
    world.wait(5).plug_in().present("alice").wait(60)
    assert (world.state("firmware"), len(world.transfers.attempts)) == ("Paused", 1)
    serve(world).present("alice").plug_out().wait(PREPARED_S)
    assert told(world) == DONE


@covers(
    "CS-5.19-07", "CS-5.19-08", "ERR-3.49-01", "ERR-3.49-02",
    rows=("firmware:fetch.wait", "firmware:install", "connector:A8.update"),
)  # fmt: skip
def test_an_image_waits_for_the_driver_who_is_about_to_begin_and_the_rest_is_closed(world: World) -> None:
    update(serve(world))
    world.wait(1).present("alice", 1).wait(4)
    assert world.state("firmware") == "Downloaded"
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Preparing", "Unavailable"]
    world.plug_in().wait(60)
    assert world.state("connector", 1) == "Charging"
    assert world.plug_in(2).present("bob", 2).state("connector", 2) == "Unavailable", "no new session begins"
    world.plug_out(2).present("alice").wait(PREPARED_S)
    assert told(world) == DONE


@covers("CS-5.19-08", "CS-4.9-B6", rows=("connector:B6.update",))
def test_a_car_without_a_token_holds_nothing_up(world: World) -> None:
    world.settings["ConnectionTimeOut"] = "3600"
    world.power_cycle().plug_in(1)
    update(serve(world, NO_IMAGE))
    world.wait(PREPARED_S)
    assert told(world)[-1] == "InstallationFailed"
    assert world.csms.statuses(1)[-2:] == ["Preparing", "Finishing"]
    assert world.present("alice", 1).state("connector", 1) == "Charging", "and may begin afterwards"


@covers("CS-5.19-08", "CS-4.9-H2", rows=("connector:H2",))
def test_a_car_that_came_meanwhile_may_begin_afterwards(world: World) -> None:
    update(serve(world, NO_IMAGE))
    world.wait(4.5).plug_in()
    assert world.csms.statuses(1)[-1] == "Unavailable"
    world.wait(4)
    assert world.csms.statuses(1)[-1] == "Preparing"
    assert world.present("alice", 1).state("connector", 1) == "Charging"


@covers("CS-5.19-07", rows=("connector:A8.update",))
def test_nobody_begins_while_an_image_is_installed(world: World) -> None:
    update(serve(world, NO_IMAGE))
    world.wait(4.5)
    assert world.ask("RemoteStartTransaction", idTag="bob").answer == {"status": "Rejected"}
    asked = world.ask("ReserveNow", connectorId=1, expiryDate="2026-02-01T00:00:00Z", idTag="bob", reservationId=1)
    assert asked.answer == {"status": "Unavailable"}
    assert world.present("alice", 1).csms.got("StartTransaction") == []
