"""GetDiagnostics.req: the answer, the attempts, and the statuses in their order (5.9, 7.24, 8.2)."""

from __future__ import annotations

import json

import pytest

from properties.world.disk import Death
from properties.world.world import World
from runtime.core.diagnostics_file import DiagnosticsCollected, DiagnosticsNotCollected
from runtime.core.records import MOST_ATTEMPTS
from runtime.core.transfers import RemoveTransferFile, StopTransfer, TransferEnded, TransferOutcome
from runtime.operations.diagnostics import INTERVAL_S, RETRIES
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import (
    FOLDER,
    apart_s,
    ask,
    attempts,
    hold,
    plan,
    removed,
    statuses,
    trigger,
)

REFUSED, UNREACHABLE, BAD_URL = TransferOutcome.REFUSED, TransferOutcome.UNREACHABLE, TransferOutcome.UNLAWFUL_URL
BUSY = ("Collecting", "Uploading", "Waiting")
LONG_AGO, SOON, LATE = "2025-01-01T00:00:00Z", "2026-01-01T12:30:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


def busy(world: World, state: str) -> str | None:
    """An upload that goes on, in that state; the name that was answered."""
    world.diagnostics.slow = state == "Collecting"
    if state == "Uploading":
        hold(world)
    elif state == "Waiting":
        plan(world, UNREACHABLE)
    name = ask(world, retries=1, retryInterval=3600)
    world.wait(0 if state == "Collecting" else 5)
    assert world.state("diagnostics") == state
    return name


@covers(
    "CS-3.3-05", "CS-4.4-01", "CS-5.9-01", "CS-5.9-02", "CS-5.9-03", "CS-5.9-04", "CS-5.9-07", "CS-5.9-08",
    "CS-6.17-01", "CS-6.18-01", "CS-6.25-01", "CS-6.26-01", "CS-7.24-03", "CS-7.24-05", "CS-8.2-01", "ERR-3.31-01",
    rows=("diagnostics:ask", "diagnostics:collect", "diagnostics:upload", "diagnostics_status:send.now",
          "diagnostics_status:settle"),
)  # fmt: skip
def test_the_answer_comes_first_then_uploading_then_uploaded(world: World) -> None:
    name = ask(world)
    world.wait(60)
    order = [json.loads(passed.text) for passed in world.network.log if passed.outward]
    told = [frame[2] if frame[0] == 3 else frame[3]["status"] for frame in order if frame[0] == 3 or "Diag" in frame[2]]
    assert told == [{"fileName": name}, "Uploading", "Uploaded"]
    assert [one.url for _, one in attempts(world)] == [f"{FOLDER}/{name}"]
    assert world.csms.got("DiagnosticsStatusNotification")[0] == {"status": "Uploading"}


@covers("CS-5.9-03", "CS-8.2-05")
def test_a_location_that_names_a_file_gives_its_name_to_the_answer(world: World) -> None:
    assert ask(world, location="ftp://u:p@files.example:2121/logs/site-7.zip") == "site-7.zip"
    assert [one.url for _, one in attempts(world)] == ["ftp://u:p@files.example:2121/logs/site-7.zip"]


@covers(
    "CS-6.25-01", "CS-7.24-04", "CS-4.4-01",
    rows=("diagnostics:upload.wait", "diagnostics:retry", "diagnostics:upload.give_up"),
)  # fmt: skip
def test_each_retry_is_as_far_from_the_end_of_the_one_before_as_asked(world: World) -> None:
    plan(world, *[UNREACHABLE] * 3)
    ask(world, retries=2, retryInterval=50)
    world.wait(1000)
    assert len(attempts(world)) == 3
    assert all(seconds == pytest.approx(50, abs=0.1) for seconds in apart_s(world))
    assert len({one.transfer for _, one in attempts(world)}) == 3, "each attempt has a name of its own"
    assert statuses(world) == ["Uploading", "UploadFailed"]


@covers("CS-6.25-01", rows=("diagnostics:upload.wait", "diagnostics:retry"))
@pytest.mark.parametrize(
    ("asked", "made", "wait_s"),
    [
        ({}, RETRIES + 1, INTERVAL_S),
        ({"retries": 1}, 2, INTERVAL_S),
        ({"retryInterval": 5}, RETRIES + 1, 5),
        ({"retries": 2, "retryInterval": 0}, 3, 1),
        ({"retries": 2, "retryInterval": -7}, 3, 1),
        ({"retries": 10**9, "retryInterval": 1}, MOST_ATTEMPTS, 1),
        ({"retries": 1, "retryInterval": 10**9}, 2, 86_400),
    ],
)
def test_how_often_and_how_far_apart_is_bounded(world: World, asked: dict[str, int], made: int, wait_s: int) -> None:
    plan(world, *[UNREACHABLE] * made)
    ask(world, **asked)
    world.wait(200_000)
    assert len(attempts(world)) == made
    assert all(seconds == pytest.approx(wait_s, abs=0.1) for seconds in apart_s(world))
    assert statuses(world) == ["Uploading", "UploadFailed"]


@covers("CS-8.2-02", "CS-7.24-04", rows=("diagnostics:upload.refuse",))
@pytest.mark.parametrize(
    "location", ["C:", "", "sftp://files.example/", "ftp:///logs", "ftp://files.example/a b", "\r\n"]
)
def test_what_is_no_location_fails_at_once_and_clearly(world: World, location: str) -> None:
    plan(world, BAD_URL)
    assert ask(world, location=location, retries=5) is not None
    world.wait(1000)
    assert (len(attempts(world)), statuses(world)) == (1, ["Uploading", "UploadFailed"])


@covers("CS-5.9-03", "CS-5.9-04", rows=("diagnostics:ask.instead",))
@pytest.mark.parametrize("state", BUSY)
def test_a_second_request_takes_the_place_of_the_first(world: World, state: str) -> None:
    first = busy(world, state)
    before = attempts(world)
    world.diagnostics.slow = False
    second = ask(world, location="https://other.example/in/")
    world.wait(7200)
    assert second != first
    assert [one.url for _, one in attempts(world)[len(before) :]] == [f"https://other.example/in/{second}"]
    assert statuses(world) == ["Uploading", "Uploading", "Uploaded"]
    assert removed(world) == {"diagnostics-1.tar.gz", "diagnostics-2.tar.gz"}, "neither file is left"
    stopped = {one.transfer for _, _, step in world.steps for one in step.effects if isinstance(one, StopTransfer)}
    assert stopped == ({before[0][1].transfer} if state == "Uploading" else set())
    assert not world.transfers.files


@covers("CS-5.9-06", "CS-6.26-01", rows=("diagnostics:ask.nothing",))
@pytest.mark.parametrize(
    "period",
    [
        {"startTime": SOON, "stopTime": LONG_AGO},
        {"startTime": "2026-01-01T12:01:00Z", "stopTime": "2026-01-01T12:00:30Z"},
        {"startTime": LATE},
        {"stopTime": LONG_AGO},
        {"startTime": LONG_AGO, "stopTime": LONG_AGO},
    ],
)
def test_of_a_period_of_which_there_is_nothing_no_file_is_named_and_nothing_follows(
    world: World, period: dict[str, str]
) -> None:
    world.wait(300)
    assert world.ask("GetDiagnostics", location=FOLDER, **period).answer == {}
    world.wait(600)
    assert (statuses(world), attempts(world)) == ([], [])


@covers("CS-5.9-01", rows=("diagnostics:ask",))
@pytest.mark.parametrize(
    "period", [{"startTime": LONG_AGO}, {"stopTime": LATE}, {"startTime": LONG_AGO, "stopTime": LATE}]
)
def test_a_side_that_is_open_or_far_away_is_no_limit(world: World, period: dict[str, str]) -> None:
    assert ask(world, **period) is not None


@covers("CS-5.9-06", rows=("diagnostics:ask.nothing",))
@pytest.mark.parametrize("state", BUSY)
def test_a_request_that_asks_for_nothing_leaves_what_goes_on(world: World, state: str) -> None:
    busy(world, state)
    assert ask(world, startTime=LATE) is None
    assert world.state("diagnostics") == state
    assert statuses(world) == ["Uploading"]


@covers("CS-5.9-06", rows=("diagnostics:ask.nothing",))
def test_a_full_store_has_no_space_for_a_file(world: World) -> None:
    world.fill_disk()
    world.ask("ChangeConfiguration", key="ConnectionTimeOut", value="44")
    assert world.state("storage") == "Full"
    assert ask(world) is None


@covers("CS-5.9-06", "CS-6.26-01", rows=("diagnostics:ask.nothing",))
def test_a_request_of_which_nothing_is_uploaded_writes_nothing_and_takes_no_number(world: World) -> None:
    before = len(world.steps)
    for _ in range(3):
        assert ask(world, startTime=LATE) is None
    assert [step.writes for _, _, step in world.steps[before:] if step.writes] == []
    name = ask(world)
    assert name is not None
    assert name.endswith("-1.tar.gz")


@covers("CS-7.24-04", "CS-4.4-01", rows=("diagnostics:collect.fail",))
def test_a_file_that_cannot_be_written_is_an_upload_that_failed(world: World) -> None:
    world.diagnostics.full = True
    assert ask(world) is not None
    world.wait(600)
    assert (statuses(world), attempts(world)) == (["Uploading", "UploadFailed"], [])


@covers("CS-5.9-03", rows=("diagnostics:collect.again",))
def test_a_file_that_was_being_written_when_the_power_went_is_written_anew(world: World) -> None:
    name = busy(world, "Collecting")
    world.diagnostics.slow = False
    world.power_cycle().wait(60)
    assert [one.url for _, one in attempts(world)] == [f"{FOLDER}/{name}"]
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-5.9-03", "CS-6.25-01", rows=("diagnostics:upload.wait", "diagnostics:retry.collect"))
def test_an_upload_goes_on_after_a_reboot_with_the_attempts_that_are_left(world: World) -> None:
    hold(world)
    ask(world, retries=2, retryInterval=30)
    world.wait(5)
    plan(world, UNREACHABLE)
    world.power_cycle().wait(1000)
    assert len(attempts(world)) == 3
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-6.25-01", "CS-7.24-04", rows=("diagnostics:upload.give_up",))
def test_an_attempt_that_the_power_cut_was_one(world: World) -> None:
    hold(world)
    ask(world, retries=0)
    world.wait(5).power_cycle().wait(1000)
    assert (len(attempts(world)), statuses(world)) == (1, ["Uploading", "UploadFailed"])


@covers("CS-6.25-01", rows=("diagnostics:retry.collect",))
def test_who_waits_for_the_next_attempt_waits_for_it_after_a_power_cut_too(world: World) -> None:
    busy(world, "Waiting")
    world.power_cycle().wait(3000)
    assert len(attempts(world)) == 1
    world.wait(1000)
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-5.9-08")
def test_what_is_said_of_another_attempt_is_nothing_to_this_one(world: World) -> None:
    hold(world)
    ask(world)
    world.wait(5)
    world.submit(TransferEnded("firmware-1-1", TransferOutcome.DONE))
    world.submit(TransferEnded("diagnostics-1-99", TransferOutcome.DONE))
    assert (world.state("diagnostics"), statuses(world)) == ("Uploading", ["Uploading"])


def test_a_file_that_comes_late_for_a_request_that_was_replaced_goes(world: World) -> None:
    hold(world)
    ask(world)
    hold(world)
    ask(world)
    before = len(world.steps)
    world.submit(DiagnosticsCollected("diagnostics-1.tar.gz"))
    world.submit(DiagnosticsNotCollected("diagnostics-1.tar.gz", "no space"))
    done = [effect for _, _, step in world.steps[before:] for effect in step.effects]
    assert (done, world.state("diagnostics")) == ([RemoveTransferFile("diagnostics-1.tar.gz")], "Uploading")


@covers("CS-4.4-02", "CS-5.17-11", "CS-7.24-01", "CS-7.24-02", "CS-7.32-02", rows=("diagnostics:trigger",))
def test_idle_is_what_a_trigger_brings_and_nothing_else(world: World) -> None:
    assert trigger(world) == "Idle"
    ask(world)
    world.wait(60)
    assert trigger(world) == "Idle"
    world.power_cycle().wait(60)
    assert statuses(world) == ["Idle", "Uploading", "Uploaded", "Idle"]


@covers("CS-4.4-02", "CS-7.24-05", "CS-5.17-11", rows=("diagnostics:trigger.busy",))
@pytest.mark.parametrize("state", BUSY)
def test_while_an_upload_goes_on_a_trigger_brings_uploading(world: World, state: str) -> None:
    busy(world, state)
    assert trigger(world) == "Uploading"
    assert world.state("diagnostics") == state


@covers("CS-4.2-19", "CS-5.17-11", rows=("diagnostics:trigger",))
def test_nothing_of_an_upload_shows_a_credential(world: World) -> None:
    plan(world, REFUSED)
    ask(world, retries=0)
    ask(world, location="ftp://who:secret@files.example/a b")
    world.wait(60)
    told = [repr(step) for _, _, step in world.steps]
    shown = [text.replace("StartUpload", "") for text in told if "Note" in text]
    assert shown
    assert not [text for text in shown if "secret" in text and "Put(" not in text]
    assert trigger(world) == "Idle"
    world.cut_power(Death.TORN)
