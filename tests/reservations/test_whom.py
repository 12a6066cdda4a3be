"""Whom a reserved connector is kept for, at the reader and from afar (hard case 19)."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT, late, says
from properties.world.invariants import violations
from properties.world.world import World
from runtime.operations.tokens import Tokens
from tests.covering import covers
from tests.reservations.asking import Json, reservations_started, reserve, shown, status

# ---- hard case 19: whom it is for --------------------------------------------------------------------------


@covers("CS-5.13-11", "CS-3.11-01", rows=("authorization:reserved",))
@pytest.mark.parametrize("online", [True, False])
def test_case_19_a_wrong_tag_is_refused_without_a_question(world: World, online: bool) -> None:
    reserve(world)
    world.plug_in()
    if not online:
        world.link_down()
    world.present("bob", 1)
    assert (shown(world), world.state("connector", 1)) == ("Refused", "Reserved")
    assert not world.csms.got("Authorize")


@covers(
    "CS-4.9-G2", "CS-4.8-02", "CS-5.13-19", "CS-5.13-22", "CS-5.13-26", "CS-3.11-04", "CS-4.1-04", "CS-6.45-01",
    rows=("connector:G2", "reservation:claim", "reservation:use"),
)  # fmt: skip
def test_case_19_the_tag_that_it_is_for_starts_and_its_id_is_in_the_start(world: World) -> None:
    reserve(world, "ALICE")
    world.present("alice", 1)
    assert (status(world), world.csms.got("Authorize")) == ("Preparing", [{"idTag": "alice"}])
    world.plug_in()
    assert world.csms.statuses(1) == ["Available", "Reserved", "Preparing", "Charging"]
    assert reservations_started(world) == [7]
    world.present("alice").plug_out().plug_in().present("alice")
    assert reservations_started(world) == [7, None], "the next one is an ordinary start"


@covers("CS-4.9-G2", "CS-4.9-G3", "CS-4.9-G4", "CS-4.9-G5", rows=("connector:G2",))
@pytest.mark.parametrize("then", ["Charging", "SuspendedEV", "SuspendedEVSE"])
def test_whatever_the_ev_does_it_is_preparing_first(world: World, then: str) -> None:
    reserve(world)
    world.plug_in()
    if then != "Charging":
        world.ev_wants(False)
    if then == "SuspendedEVSE":
        world.fault(error_code="EVCommunicationError")
    world.present("alice", 1)
    assert world.csms.statuses(1)[-2:] == ["Preparing", then]
    assert not violations(world)


@covers("CS-5.13-26", "CS-4.1-01", rows=("authorization:refuse",))
def test_a_reservation_makes_no_token_valid(world: World) -> None:
    reserve(world, "mallory")
    world.plug_in().present("mallory", 1)
    assert (shown(world), status(world)) == ("Refused", "Reserved")


@covers(
    "CS-5.13-17", "CS-5.13-18", "CS-5.13-11", "CS-3.11-02", "CS-4.1-04",
    rows=("authorization:ask", "authorization:grant", "reservation:use"),
)  # fmt: skip
def test_case_19_the_parent_of_an_unknown_tag_is_asked_of_the_csms(world: World) -> None:
    reserve(world, "alice", parentIdTag="group")
    world.plug_in().present("carol", 1)
    assert world.csms.got("Authorize") == [{"idTag": "carol"}]
    assert reservations_started(world) == [7]
    known = world.station.part(Tokens).known("carol")
    assert known is not None
    assert known.parent_id_tag == "GROUP", "and is remembered"


@covers("CS-5.13-18", "CS-5.13-17", "CS-5.13-11", "ERR-4.12-01", rows=("authorization:grant.reserved",))
@pytest.mark.parametrize("info", [{"status": "Accepted"}, {"status": "Accepted", "parentIdTag": "OTHERS"}])
def test_an_accepted_tag_without_that_parent_is_refused(world: World, info: Json) -> None:
    reserve(world, "alice", parentIdTag="GROUP")
    world.csms.plan("Authorize", says(idTagInfo=info))
    world.plug_in().present("bob", 1)
    assert (shown(world), status(world)) == ("Refused", "Reserved")
    assert not world.csms.got("StartTransaction")


@covers("CS-5.13-25", rows=("authorization:ask", "authorization:grant.reserved"))
def test_what_is_said_of_a_tag_at_a_reserved_connector_is_cached_unless_the_list_knows_the_tag(world: World) -> None:
    listed = {"idTag": "alice", "idTagInfo": {"status": "Accepted"}}
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=[listed])
    reserve(world, "alice", parentIdTag="GROUP")
    world.csms.plan("Authorize", says(idTagInfo={"status": "Accepted", "parentIdTag": "OTHERS"}))
    world.present("bob", 1).present("alice", 1)
    assert world.csms.got("Authorize") == [{"idTag": "bob"}, {"idTag": "alice"}]
    assert not world.csms.got("StartTransaction"), "which would teach as much"
    cached = [(entry.id_tag, entry.parent_id_tag) for entry in world.station.context.ledger.cached.values()]
    assert cached == [("bob", "OTHERS")]


@covers("CS-5.13-11", rows=("authorization:grant.reserved",))
def test_a_parent_is_not_held_against_a_tag(world: World) -> None:
    reserve(world, "GROUP", parentIdTag="OTHERS")
    world.plug_in().present("carol", 1)
    assert status(world) == "Reserved"


@covers("CS-5.13-16", "CS-5.13-11", rows=("authorization:local", "reservation:use"))
def test_case_19_the_parent_is_looked_up_in_the_local_list(world: World) -> None:
    entry = {"idTag": "carol", "idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=[entry])
    world.ask("ChangeConfiguration", key="LocalPreAuthorize", value="true")
    reserve(world, "alice", parentIdTag="group")
    world.plug_in().present("carol", 1)
    assert not world.csms.got("Authorize")
    assert reservations_started(world) == [7]


@covers("CS-5.13-16", "CS-5.13-11", rows=("authorization:reserved",))
def test_a_tag_that_is_known_to_be_of_no_group_is_refused_without_a_question(world: World) -> None:
    world.plug_in().present("bob").present("bob").plug_out()
    reserve(world, "alice", parentIdTag="GROUP")
    asked = len(world.csms.got("Authorize"))
    world.plug_in().present("bob", 1)
    assert (shown(world), status(world), len(world.csms.got("Authorize"))) == ("Refused", "Reserved", asked)


@covers("CS-5.13-17", "CS-5.13-22", "CS-3.5.4-03", rows=("authorization:reserved", "authorization:offline"))
def test_offline_what_the_station_knows_decides_and_the_id_waits_with_the_start(world: World) -> None:
    world.plug_in().present("dave").present("dave").plug_out()
    reserve(world, "alice", parentIdTag="GROUP", seconds=600)
    world.link_down().plug_in().present("carol", 1)
    assert (shown(world), world.state("connector", 1)) == ("Refused", "Reserved")
    world.present("dave", 1).wait(30).link_up().wait(30)
    assert reservations_started(world) == [None, 7]


@covers("CS-5.13-11", rows=("authorization:grant.reserved",))
def test_a_question_that_is_open_when_the_connector_is_reserved_comes_too_late(world: World) -> None:
    world.csms.plan("Authorize", late(3.0))
    world.present("bob", 1)
    assert reserve(world, "alice") == "Accepted"
    world.wait(5)
    assert (shown(world), status(world)) == ("Refused", "Reserved")


@covers("CS-5.13-11", rows=("authorization:unanswered.refuse",))
def test_so_does_one_that_nobody_answers(world: World) -> None:
    world.plug_in().present("bob").present("bob").plug_out()
    world.csms.plan("Authorize", SILENT)
    world.present("bob", 1)
    reserve(world, "alice", seconds=600)
    world.wait(60)
    assert (shown(world), status(world)) == ("Refused", "Reserved")


@covers("CS-5.13-11", "CS-4.9-G2", rows=("connector:G2",))
def test_a_token_presented_to_the_reader_finds_the_connector_that_is_kept_for_it(world: World) -> None:
    reserve(world, "alice", connector=2)
    world.plug_in(1).present("alice")
    assert (status(world, 1), status(world, 2)) == ("Preparing", "Preparing")
    world.plug_in(2)
    assert reservations_started(world) == [7]


@covers("CS-5.13-11", rows=("authorization:ask",))
def test_another_goes_to_a_free_connector_before_it_is_asked_for_at_one_that_is_kept(world: World) -> None:
    reserve(world, "alice", connector=1, parentIdTag="GROUP")
    world.plug_in(1).present("bob")
    assert (status(world, 1), status(world, 2)) == ("Reserved", "Preparing")


@covers("CS-4.9-G6", "CS-4.9-G7", "CS-4.9-A2", "CS-5.13-23", rows=("connector:G1.plugged",))
def test_an_ev_alone_claims_nothing_and_waits_for_the_end_of_the_reservation(world: World) -> None:
    reserve(world, seconds=20)
    world.plug_in().plug_out().plug_in()
    assert world.csms.statuses(1) == ["Available", "Reserved"]
    world.wait(20)
    assert world.csms.statuses(1)[-3:] == ["Reserved", "Available", "Preparing"]
    world.present("bob", 1)
    assert reservations_started(world) == [None]


# ---- remote starts ---------------------------------------------------------------------------------------


def remote_start(world: World, id_tag: str, **where: int) -> str:
    asked = world.ask("RemoteStartTransaction", idTag=id_tag, **where)
    assert asked.answer is not None
    return str(asked.answer["status"])


@covers("CS-5.13-11", "CS-5.13-22", "CS-4.8-02", rows=("authorization:remote", "reservation:use"))
def test_a_remote_start_is_for_whom_the_connector_is_kept(world: World) -> None:
    reserve(world, "alice")
    world.plug_in()
    assert (remote_start(world, "bob", connectorId=1), status(world)) == ("Rejected", "Reserved")
    assert remote_start(world, "ALICE", connectorId=1) == "Accepted"
    assert reservations_started(world) == [7]


@covers("CS-5.13-17", rows=("authorization:remote.ask", "authorization:grant"))
def test_a_remote_start_of_an_unknown_tag_asks_for_its_parent_first(world: World) -> None:
    reserve(world, "alice", parentIdTag="GROUP")
    world.plug_in()
    assert remote_start(world, "carol", connectorId=1) == "Accepted"
    assert world.csms.got("Authorize") == [{"idTag": "carol"}]
    assert reservations_started(world) == [7]


@covers("CS-5.13-11", "CS-5.13-18", rows=("authorization:remote.ask", "authorization:grant.reserved"))
def test_and_does_not_start_if_that_is_another_one(world: World) -> None:
    reserve(world, "alice", parentIdTag="GROUP")
    world.plug_in()
    assert remote_start(world, "bob", connectorId=1) == "Accepted"
    assert (status(world), reservations_started(world)) == ("Reserved", [])


@covers("CS-5.13-11", rows=("authorization:remote",))
def test_a_remote_start_without_a_connector_finds_the_one_that_is_kept_and_leaves_those_of_others(world: World) -> None:
    reserve(world, "alice", connector=2)
    remote_start(world, "alice")
    assert (status(world, 1), status(world, 2)) == ("Available", "Preparing")
    world.plug_in(2)
    assert (reserve(world, "carol", connector=1, number=8), remote_start(world, "bob")) == ("Accepted", "Rejected")
