"""Hard case 27: a token is presented just before ConnectionTimeOut, and accepted after it. The session begins.

Its kind: a token that was presented, and never gets an end at the reader. Every end of a question is tried, and
read off the table.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model.language.loader import load_composition
from model.language.machine import Perform, Row
from properties.world.csms import SILENT, Reply, error, late, says
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.reader_invariants import longest_wait_s
from properties.world.world import World
from tests.covering import FiredRows, covers

TIME_OUT_S = 60.0
REFUSED_LATE = Reply({"idTagInfo": {"status": "Invalid"}}, after_s=2.0)
ASKING = ("Asking", "AskingToStop")
ENDS = (["Accepted"], ["Refused"])


@pytest.fixture
def world(fired: FiredRows) -> World:
    """Accepted by the CSMS."""
    return World(fired.see).power_up()


def almost_timed_out(world: World) -> World:
    """An EV has been at connector 1 for half a second less than it may without a token."""
    return world.plug_in().wait(TIME_OUT_S - 1.0)


@covers(
    "CS-4.1-06", "CS-9.1.6-01", "CS-4.9-B3", rows=("connector:timeout.asked", "authorization:grant", "connector:B3")
)
@pytest.mark.parametrize("where", [(), (1,)], ids=["anywhere", "here"])
def test_case_27_the_session_begins(world: World, where: tuple[int, ...]) -> None:
    world.csms.plan("Authorize", late(2.0))
    almost_timed_out(world).present("alice", *where).wait(5)
    assert world.csms.statuses(1)[-2:] == ["Preparing", "Charging"]
    assert world.box.last_verdict == (1, "Accepted")
    assert not violations(world)


@covers("CS-5.11-05", "CS-9.1.3-01", rows=("connector:timeout.asked", "authorization:remote.ask", "connector:B3"))
def test_case_27_so_does_one_that_the_csms_asked_for(fired: FiredRows) -> None:
    world = World(fired.see, settings={"AuthorizeRemoteTxRequests": "true"}).power_up()
    world.csms.plan("Authorize", late(2.0))
    asked = almost_timed_out(world).ask("RemoteStartTransaction", connectorId=1, idTag="alice")
    assert asked.answer == {"status": "Accepted"}
    assert [start["idTag"] for start in world.wait(5).csms.got("StartTransaction")] == ["alice"]
    assert not violations(world)


@covers("CS-4.9-B6", "CS-4.1-01", rows=("connector:timeout.asked", "authorization:refuse", "connector:B6.timeout"))
def test_case_27_who_is_refused_may_present_another_and_otherwise_time_runs_out(world: World) -> None:
    world.csms.plan("Authorize", REFUSED_LATE)
    almost_timed_out(world).present("mallory").wait(5)
    assert world.box.last_verdict == (1, "Refused")
    assert world.csms.statuses(1)[-1] == "Preparing"
    world.wait(TIME_OUT_S)
    assert world.csms.statuses(1)[-1] == "Finishing"


@covers("CS-4.1-06", rows=("connector:timeout.asked", "authorization:unanswered.refuse", "connector:B6.timeout"))
@pytest.mark.parametrize("never", [SILENT, error()], ids=["silent", "error"])
def test_case_27_a_question_that_nobody_answers_ends_too(world: World, never: Reply) -> None:
    world.csms.plan("Authorize", never if never.silent else Reply(error=never.error, after_s=3.0))
    almost_timed_out(world).present("alice").wait(15)
    assert world.box.last_verdict == (1, "Refused")
    assert world.wait(TIME_OUT_S).csms.statuses(1)[-1] == "Finishing"
    assert not violations(world)


@covers("CS-4.9-F1", "CS-4.9-A2", rows=("connector:F1", "authorization:grant", "connector:A2.token"))
def test_the_cable_of_the_one_before_leaves_and_the_token_of_the_next_counts(world: World) -> None:
    world.plug_in().present("alice").present("alice")
    world.csms.plan("Authorize", late(2.0))
    world.present("bob", 1).plug_out().wait(5)
    assert world.csms.statuses(1)[-3:] == ["Finishing", "Available", "Preparing"]
    assert world.box.last_verdict == (1, "Accepted")


# ---- every end of a question -------------------------------------------------------------------------------


def _deregister(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Rejected", interval=30))
    world.ask("TriggerMessage", requestedMessage="BootNotification")


End = Callable[[World], object]
ENDINGS: dict[str, End] = {
    "the cable moves": lambda world: world.plug_out() if world.is_plugged(1) else world.plug_in(),
    "the connector goes out of use": lambda world: world.ask("ChangeAvailability", connectorId=1, type="Inoperative"),
    "the station goes out of use": lambda world: world.ask("ChangeAvailability", connectorId=0, type="Inoperative"),
    "a fault": lambda world: world.fault(),
    "a fault of the station": lambda world: world.fault(0),
    "a full store": lambda world: world.fill_disk().ask("ChangeConfiguration", key="HeartbeatInterval", value="90"),
    "a soft reset": lambda world: world.ask("Reset", type="Soft"),
    "a hard reset": lambda world: world.ask("Reset", type="Hard"),
    "an orderly stop": lambda world: world.shut_down(),
    "the link goes": lambda world: world.flap(),
    "the network goes": lambda world: world.link_down(),
    "the link is half open": lambda world: setattr(world.network, "half_open", True),
    "a reservation": lambda world: world.ask(
        "ReserveNow", connectorId=1, expiryDate="2026-01-02T12:00:00Z", idTag="dave", reservationId=1
    ),
    "the acceptance is taken back": _deregister,
    "another token": lambda world: world.present("carol", 1),
    "the stop button": lambda world: world.press_stop(),
    "time": lambda world: world.wait(TIME_OUT_S),
}


@covers("CS-4.1-01", rows=("authorization:ask",))
@pytest.mark.parametrize("reply", [SILENT, late(4.0), Reply({"idTagInfo": {"status": "Blocked"}}, after_s=4.0)])
@pytest.mark.parametrize("plugged", [True, False])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_driver_who_wants_to_start_gets_a_last_word(world: World, ending: str, plugged: bool, reply: Reply) -> None:
    world.csms.plan("Authorize", reply)
    if plugged:
        world.plug_in()
    world.present("bob", 1)
    last_word(world, ending)


@covers("CS-4.1-01", rows=("authorization:other",))
@pytest.mark.parametrize("reply", [SILENT, late(4.0)])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_driver_who_wants_to_stop_gets_a_last_word(world: World, ending: str, reply: Reply) -> None:
    world.plug_in().present("dave", 1)
    world.csms.plan("Authorize", reply)
    world.present("bob", 1)
    last_word(world, ending)


def last_word(world: World, ending: str) -> None:
    """After whatever ends the question, no driver is left waiting."""
    assert world.box.last_verdict == (1, "Wait")
    ENDINGS[ending](world)
    world.wait(longest_wait_s(world) + 1.0)
    assert not violations(world)
    assert world.box.last_verdict in ((1, "Accepted"), (1, "Refused"))


@covers("CS-4.1-01", rows=("authorization:reset.asked", "connector:down.asked"))
def test_who_waits_as_the_station_goes_down_is_told_before(world: World) -> None:
    world.csms.always("Authorize", SILENT)
    world.present("alice", 1).present("bob", 2).ask("Reset", type="Hard")
    assert world.rows().count("connector:down.asked") == 2
    assert not violations(world)


def test_every_row_that_takes_a_token_shows_something_and_every_end_of_a_question_is_an_end() -> None:
    for row in load_composition()["authorization"].rows:
        shown = verdicts(row)
        if "token_presented" in row.events:
            assert shown, f"{row.id}: a token is presented, and the reader shows nothing"
        for source in row.sources:
            asked = row.target(source) in ASKING
            assert asked or source not in ASKING or shown[-1:] in ENDS, f"{row.id}: the reader goes on showing Wait"
            assert asked or "Wait" not in shown, f"{row.id}: the reader shows Wait, and nobody is asked"


def verdicts(row: Row) -> list[str]:
    """What the reader shows in that row, in order."""
    return [act.value for act in row.do if isinstance(act, Perform) and act.operation == "tell driver" and act.value]


# ---- two tokens at one connector -----------------------------------------------------------------------------


@covers("CS-3.4-06", "CS-4.1-03", rows=("authorization:stop.meanwhile", "connector:CDE6.token"))
@pytest.mark.parametrize("where", [(), (1,)], ids=["anywhere", "here"])
def test_case_34_the_owner_stops_at_once_while_a_stranger_is_asked_about(world: World, where: tuple[int, ...]) -> None:
    world.plug_in().present("alice", 1)
    world.csms.plan("Authorize", late(8.0))
    world.present("carol", 1).present("ALICE", *where)
    (stop,) = world.csms.got("StopTransaction") or world.wait(10).csms.got("StopTransaction")
    assert world.csms.statuses(1)[-1] in ("Charging", "Finishing")
    assert (stop["reason"], stop["idTag"]) == ("Local", "ALICE")
    assert world.state("connector", 1) == "Finishing"
    assert [asked["idTag"] for asked in world.csms.got("Authorize")] == ["alice", "carol"]
    assert world.box.last_verdict == (1, "Accepted")
    assert not violations(world.wait(20))


@covers("CS-4.1-06", rows=("authorization:wait", "authorization:busy"))
def test_a_token_that_is_presented_twice_waits_once_and_another_one_has_to_come_again(world: World) -> None:
    world.csms.plan("Authorize", late(5.0))
    world.plug_in().present("alice").present("Alice")
    assert world.box.last_verdict == (1, "Wait")
    world.present("bob", 1)
    assert world.box.last_verdict == (1, "Refused")
    world.wait(5)
    assert world.box.last_verdict == (1, "Accepted")
    assert [asked["idTag"] for asked in world.csms.got("Authorize")] == ["alice"]
    assert [world.state("authorization", connector) for connector in (1, 2)] == ["Granted", "Idle"]


@covers("CS-4.9-F2", "ERR-3.20-01", rows=("authorization:refuse", "connector:F2"))
def test_a_refused_token_does_not_become_the_last_user(world: World) -> None:
    world.plug_in().present("alice").present("alice").present("mallory", 1).present("alice").wait(5)
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == ["alice", "alice"]


@covers("CS-4.1-01", rows=("authorization:give_up",))
def test_who_gives_up_is_told(world: World) -> None:
    world.present("alice", 1).present("alice", 1)
    assert world.box.last_verdict == (1, "Accepted")
    assert not violations(world)


@covers("CS-4.1-06", "J-4.1.1-01", rows=("authorization:reset.asked",))
def test_a_question_that_nobody_waits_for_any_more_holds_nobody_up(world: World) -> None:
    world.csms.always("Authorize", SILENT)
    world.csms.always("StatusNotification", SILENT)
    world.present("carol", 2)
    for _ in range(5):
        world.plug_in().present("bob", 1).plug_out()
    world.present("alice", 1).wait(longest_wait_s(world))
    assert not violations(world)
    assert not undelivered(heal(world))
