"""What UpdateFirmware.req may say, when it may come, and how often it is tried."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from model.station_file import load_station
from properties.world.csms import SILENT
from properties.world.world import World
from runtime.adapters.firmware_slots import Image
from runtime.operations.firmware import INTERVAL_S, RETRIES
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import ask, hold, parts
from tests.firmware.updating import (
    DONE,
    NEW,
    NO_IMAGE,
    NOWHERE,
    PLACE,
    PREPARED_S,
    attempts_s,
    serve,
    told,
    update,
    version,
)

# ---- retries ---------------------------------------------------------------------------------------------------


@covers("CS-6.55-01", rows=("firmware:fail.wait", "firmware:retry", "firmware:fail"))
@pytest.mark.parametrize(
    ("asked", "more", "apart_s"),
    [
        ({"retries": 2, "retryInterval": 10}, 2, 10),
        ({}, RETRIES, INTERVAL_S),
        ({"retries": 1, "retryInterval": 0}, 1, 1),
        ({"retries": 1, "retryInterval": -5}, 1, 1),
        ({"retries": 1, "retryInterval": 10**9}, 1, 86_400),
    ],
)
def test_so_many_more_attempts_are_made_so_far_apart(
    world: World, asked: dict[str, int], more: int, apart_s: float
) -> None:
    """An attempt lasts 4 s in a world; the next is waited for from its end."""
    update(world, NOWHERE, **asked)
    world.wait((more + 1) * (apart_s + 10))
    assert attempts_s(world) == [4.0 + apart_s] * more
    assert told(world) == ["Downloading", "DownloadFailed"], "each status once"


@covers("CS-6.55-01", rows=("firmware:fail",))
@pytest.mark.parametrize("retries", [0, -1])
def test_without_retries_one_attempt_is_made(world: World, retries: int) -> None:
    update(world, NOWHERE, retries=retries)
    world.wait(600)
    assert (len(world.transfers.attempts), told(world)) == (1, ["Downloading", "DownloadFailed"])


@covers("CS-6.55-01", rows=("firmware:fail",))
def test_no_number_of_retries_makes_a_flood(world: World) -> None:
    update(world, NOWHERE, retries=10**9, retryInterval=1)
    world.wait(3600)
    assert (len(world.transfers.attempts), told(world)) == (101, ["Downloading", "DownloadFailed"])


@covers("CS-6.55-01", "CS-8.1-05", rows=("firmware:retry",))
def test_an_attempt_that_succeeds_is_the_last(world: World) -> None:
    update(world, retries=5, retryInterval=10)
    serve(world.wait(10)).wait(PREPARED_S)
    assert (len(world.transfers.attempts), told(world)) == (2, DONE)


@covers("JERR-2.4-01")
def test_a_number_that_is_none_is_refused(world: World) -> None:
    assert update(world, retries=2.5).error == "TypeConstraintViolation"
    assert world.ask("UpdateFirmware", location=PLACE).error == "ProtocolError"
    assert world.state("firmware") == "Idle"


# ---- retrieveDate ----------------------------------------------------------------------------------------------


@covers("CS-5.19-04", "ERR-3.63-01", "CS-5.19-02", rows=("firmware:not_yet", "firmware:begin"))
def test_nothing_is_fetched_before_its_date(world: World) -> None:
    update(serve(world), ahead_s=3600)
    world.wait(3590)
    assert (told(world), world.state("firmware")) == ([], "Scheduled")
    world.wait(20 + PREPARED_S)
    assert told(world) == DONE


@covers("CS-5.19-04", "CS-4.5-04", rows=("firmware:not_yet", "firmware:begin"))
def test_a_date_outlives_the_power(world: World) -> None:
    update(serve(world), ahead_s=3600)
    world.power_cycle().wait(1000).power_cycle(dark_s=1000).wait(1500)
    assert told(world) == []
    world.wait(200)
    assert told(world) == DONE


@covers("CS-5.19-04", rows=("firmware:begin",))
def test_a_date_that_passed_in_the_dark_has_passed(world: World) -> None:
    update(serve(world), ahead_s=600)
    world.power_cycle(dark_s=3600).wait(PREPARED_S)
    assert told(world) == DONE


@covers("CS-5.19-04", rows=("firmware:clock", "firmware:begin"))
def test_a_clock_that_is_set_forward_brings_it(world: World) -> None:
    update(serve(world), ahead_s=3600)
    world.csms.ahead_s = 7200
    world.wait(world.csms.heartbeat_interval_s + PREPARED_S)
    assert told(world) == DONE


@covers("CS-5.19-04", "ERR-3.63-01", rows=("firmware:clock", "firmware:not_yet"))
def test_a_clock_that_is_set_back_puts_it_off(world: World) -> None:
    update(serve(world), ahead_s=3600)
    world.csms.ahead_s = -7200
    world.wait(2 * 3600)
    assert told(world) == []
    world.wait(3600 + PREPARED_S)
    assert told(world) == DONE


@covers("CS-5.19-04", rows=("clock:count", "firmware:clock", "firmware:begin"))
def test_without_a_date_nobody_can_say_that_it_has_passed(world: World) -> None:
    update(serve(world), ahead_s=60)
    world.link_down()
    world.keeps_time = False
    world.power_cycle(dark_s=600).wait(600)
    assert (world.transfers.attempts, world.state("firmware")) == ([], "Scheduled")
    world.link_up().wait(130 + PREPARED_S)
    assert told(world) == DONE


@covers("ERR-3.63-01", rows=("firmware:not_yet",))
def test_a_date_in_the_far_future_is_looked_at_once_a_day(world: World) -> None:
    asked = world.ask("UpdateFirmware", location=PLACE, retrieveDate="9999-12-31T23:59:59Z")
    world.wait(3 * 86_400)
    looks = [fired for fired in world.fired if (fired.machine, fired.row) == ("firmware", "not_yet")]
    assert (asked.answer, len(looks), told(world)) == ({}, 4, [])


@covers("CS-5.19-04", rows=("firmware:begin",))
@pytest.mark.parametrize("date", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_date_in_the_far_past_is_now(world: World, date: str) -> None:
    serve(world).ask("UpdateFirmware", location=PLACE, retrieveDate=date)
    world.wait(PREPARED_S)
    assert told(world) == DONE


# ---- a second request ------------------------------------------------------------------------------------------


def busy(world: World, state: str) -> World:
    """An update of another image has got there."""
    other = "https://firmware.example/other.image"
    world.transfers.served[other] = Image("other")
    if state == "Held":
        world.plug_in().present("alice")
    if state == "Waiting":
        del world.transfers.served[other]
    if state == "Downloaded":
        world.present("alice", 2)
    update(world, other, ahead_s=3600 if state == "Scheduled" else -60)
    world.wait({"Downloading": 0, "Paused": 1, "Waiting": 4, "Downloaded": 4, "Installing": 4.5}.get(state, 0))
    if state == "Paused":
        world.plug_in().present("alice")
    return world


@covers("CS-5.19-03", rows=("firmware:ask.instead",))
@pytest.mark.parametrize("state", ["Scheduled", "Held", "Downloading", "Paused", "Waiting", "Downloaded"])
def test_the_newest_request_counts(world: World, state: str) -> None:
    busy(world, state)
    assert world.state("firmware") == state
    before = len(told(world))
    assert update(serve(world)).answer == {}
    for connector in (1, 2):
        if world.state("connector", connector) == "Charging":
            world.present("alice", connector).plug_out(connector)
    world.wait(60 + PREPARED_S)
    assert (told(world)[before:], version(world)) == (DONE, NEW)
    assert not world.transfers.files, "nothing is left of the other one"


@covers("CS-5.19-03", rows=("firmware:ask.too_late",))
def test_an_image_that_is_being_installed_goes_on(world: World) -> None:
    busy(world, "Installing")
    assert update(serve(world)).answer == {}
    world.wait(PREPARED_S)
    assert (told(world), version(world)) == (DONE, "other")


@covers("CS-5.19-03", "CS-5.19-10", rows=("firmware:ask.too_late", "lifecycle:restart"))
@pytest.mark.parametrize(("wait_s", "state"), [(7, "Reporting"), (10, "Activating")])
def test_nor_is_one_given_up_that_is_about_to_be_started(world: World, wait_s: float, state: str) -> None:
    """The station still tries to deliver a stop, as at a soft reset."""
    world.plug_in().present("alice").csms.always("StopTransaction", SILENT)
    world.present("alice").plug_out()
    busy(world, "Downloading").wait(wait_s)
    assert world.state("firmware") == state
    assert update(serve(world)).answer == {}
    world.csms.behave()
    world.wait(PREPARED_S)
    assert (told(world), version(world)) == (DONE, "other")


# ---- who takes none --------------------------------------------------------------------------------------------


@covers("SEC-L01.FR.20", "SEC-L01.FR.20b", rows=("firmware:ask.unsigned",))
def test_a_station_that_takes_signed_images_only_refuses(fired: FiredRows, tmp_path: Path) -> None:
    path = tmp_path / "locked.toml"
    path.write_text('extends = "m06010e2eyfg"\n[firmware]\nunsigned = "refuse"\n', encoding="utf-8")
    world = serve(World(fired.see, file=load_station(path)).power_up())
    assert update(world).error == "NotSupported"
    world.wait(PREPARED_S)
    assert (told(world), world.transfers.attempts) == ([], [])


@covers("CS-5.19-03", rows=("firmware:ask.full",))
def test_a_full_store_promises_nothing(world: World) -> None:
    serve(world).fill_disk().present("mallory").wait(5)
    assert world.state("storage") == "Full"
    assert update(world).error == "InternalError"
    update(world.empty_disk().wait(15))
    world.wait(PREPARED_S)
    assert told(world) == DONE


# ---- credentials -----------------------------------------------------------------------------------------------


@covers("CS-8.1-06", "SEC-7.2-01")
def test_nothing_of_an_update_shows_a_credential(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the log, nor a message, nor an effect, nor the diagnostics that are collected meanwhile."""
    caplog.set_level(logging.DEBUG)
    folder = "https://who:secret@firmware.example/"
    world.transfers.served[f"{folder}no.image"] = NO_IMAGE
    for file in ("none.image", "a b", "no.image"):
        update(world, folder + file, retries=0)
        world.wait(PREPARED_S)
    update(world, f"{folder}later.image", ahead_s=3600)
    hold(world)
    ask(world)
    assert told(world).count("DownloadFailed") == 2, "of the first two, each once"
    assert "firmware.example" in caplog.text, "the log says where from"
    shown = [caplog.text, repr(parts(world)), *(repr((step.effects, step.fired)) for _, _, step in world.steps)]
    assert not [text for text in shown if "secret" in text]
