"""Reservations: what a CSMS can reserve, whom the connector is then kept for, and when that ends (hard case 19).

The world begins with both connectors Available. alice and bob are of no group, carol and dave of one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from properties.world.books import complaints, contents, debts
from properties.world.csms import SILENT, late, says
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.world import World
from tests.covering import FiredRows, covers

Json = dict[str, Any]


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings={"ConnectionTimeOut": "30"}).power_up()


def in_s(world: World, seconds: float) -> str:
    """A date so far ahead, by the clock of the CSMS."""
    return (world.clock.true_utc() + timedelta(seconds=world.csms.ahead_s + seconds)).isoformat()


def reserve(
    world: World, id_tag: str = "alice", connector: int = 1, number: int = 7, seconds: float = 60, **more: Any
) -> str:
    asked = world.ask(
        "ReserveNow", connectorId=connector, expiryDate=in_s(world, seconds), idTag=id_tag, reservationId=number, **more
    )
    assert asked.answer is not None, asked.error
    assert list(asked.answer) == ["status"]
    return str(asked.answer["status"])


def cancel(world: World, number: int = 7) -> str:
    asked = world.ask("CancelReservation", reservationId=number)
    assert asked.answer is not None, asked.error
    assert list(asked.answer) == ["status"]
    return str(asked.answer["status"])


def status(world: World, connector: int = 1) -> str:
    """What the CSMS was told last."""
    return world.csms.statuses(connector)[-1]


def shown(world: World) -> str | None:
    verdict = world.box.last_verdict
    return verdict[1] if verdict else None


def reservations_started(world: World) -> list[int | None]:
    """The reservationId of each StartTransaction.req."""
    return [start.get("reservationId") for start in contents(world, "StartTransaction")]


# ---- ReserveNow.conf: each answer ------------------------------------------------------------------------


@covers(
    "CS-3.3-07", "CS-5.13-01", "CS-5.13-02", "CS-5.13-03", "CS-5.13-05", "CS-6.38-01", "CS-7.40-01", "CS-7.7-10",
    "CS-4.9-A7", "CS-3.11-03", "ERR-3.2-01", "CS-3.9-05",
    rows=("reservation:reserve", "connector:A7"),
)  # fmt: skip
def test_a_free_connector_is_reserved_and_the_answer_comes_before_the_status(world: World) -> None:
    assert reserve(world, id_tag="x-1 ä", connector=2) == "Accepted"
    assert (status(world, 1), status(world, 2)) == ("Available", "Reserved")
    answer, report = [passed.text for passed in world.network.log if passed.outward][-2:]
    assert '{"status":"Accepted"}' in answer
    assert '"status":"Reserved"' in report


@covers("CS-5.13-06", "CS-7.40-03", "CS-4.9-B7", "CS-4.9-F7", "CS-4.9-03", rows=("reservation:occupied",))
def test_a_connector_in_use_is_occupied(world: World) -> None:
    world.plug_in()
    assert (status(world), reserve(world)) == ("Preparing", "Occupied")
    world.present("alice").present("alice")
    assert (status(world), reserve(world)) == ("Finishing", "Occupied")
    assert "Reserved" not in world.csms.statuses(1)


@covers("CS-4.9-C7", "CS-4.9-D7", "CS-4.9-E7", "CS-5.13-06", rows=("reservation:occupied",))
def test_a_connector_in_a_transaction_is_occupied_whatever_flows(world: World) -> None:
    world.plug_in().present("alice")
    assert (status(world), reserve(world)) == ("Charging", "Occupied")
    world.ev_wants(False)
    assert (status(world), reserve(world)) == ("SuspendedEV", "Occupied")
    world.fault(error_code="EVCommunicationError")
    assert (status(world), reserve(world)) == ("SuspendedEVSE", "Occupied")


@covers("CS-5.13-07", "CS-7.40-03", rows=("reservation:reserved_already",))
@pytest.mark.parametrize("id_tag", ["alice", "bob"])
def test_a_connector_that_is_reserved_is_occupied_for_the_same_token_too(world: World, id_tag: str) -> None:
    reserve(world, number=7)
    assert reserve(world, id_tag, number=8) == "Occupied"
    assert (cancel(world, 8), cancel(world, 7)) == ("Rejected", "Accepted")


@covers("CS-5.13-08", "CS-7.40-02", rows=("reservation:faulted",))
@pytest.mark.parametrize("where", [0, 1])
def test_a_faulted_connector_or_station_is_faulted(world: World, where: int) -> None:
    world.fault(where)
    assert reserve(world) == "Faulted"


@covers("CS-5.13-09", "CS-7.40-05", rows=("reservation:unavailable",))
@pytest.mark.parametrize("where", [0, 1])
def test_an_unavailable_connector_or_station_is_unavailable(world: World, where: int) -> None:
    world.ask("ChangeAvailability", connectorId=where, type="Inoperative")
    assert reserve(world) == "Unavailable"


@covers("CS-5.13-10", "CS-7.40-04", rows=("reservation:switched_off", "reservation:use"))
def test_where_reservations_are_switched_off_they_are_rejected_and_what_is_held_is_held(world: World) -> None:
    reserve(world)
    world.ask("ChangeConfiguration", key="ReservationEnabled", value="false")
    assert (reserve(world, number=7), reserve(world, connector=2, number=8)) == ("Rejected", "Rejected")
    world.present("bob", 1).plug_in().present("alice")
    assert reservations_started(world) == [7]


@covers("CS-5.13-03", rows=("reservation:too_late", "reservation:replace.too_late"))
def test_a_date_that_has_passed_on_arrival_is_rejected_and_replaces_nothing(world: World) -> None:
    assert reserve(world, seconds=-1) == "Rejected"
    reserve(world, seconds=60)
    assert reserve(world, "bob", seconds=-1) == "Rejected"
    world.present("bob", 1)
    assert status(world) == "Reserved"


@covers("CS-5.13-15", "CS-5.13-12", "CS-9.3.1-01", "CS-3.11-03", "CS-3.8-05", "CS-7.40-04")
@pytest.mark.parametrize("state", ["free", "plugged", "faulted", "inoperative"])
def test_connector_0_is_rejected_in_every_state(world: World, state: str) -> None:
    if state == "plugged":
        world.plug_in(1).plug_in(2)
    elif state == "faulted":
        world.fault(0)
    elif state == "inoperative":
        world.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert reserve(world, connector=0) == "Rejected"
    answer = world.ask("GetConfiguration", key=["ReserveConnectorZeroSupported"]).answer
    assert answer is not None
    told = {"key": "ReserveConnectorZeroSupported", "readonly": True, "value": "false"}
    assert answer["configurationKey"] == [told]


@covers("CS-5.13-03")
def test_a_connector_that_does_not_exist_is_rejected(world: World) -> None:
    assert reserve(world, connector=3) == "Rejected"


@covers("CS-3.3-10", "CS-9.1.29-01")
def test_the_station_says_that_it_has_the_profile(world: World) -> None:
    answer = world.ask("GetConfiguration", key=["SupportedFeatureProfiles"]).answer
    assert answer is not None
    assert "Reservation" in answer["configurationKey"][0]["value"].split(",")


WHOLE = {"connectorId": 1, "expiryDate": "2026-01-01T13:00:00Z", "idTag": "alice", "reservationId": 7}


@covers("CS-6.37-01", "CS-6.5-01", "J-4.2.3-02")
@pytest.mark.parametrize("field", sorted(WHOLE))
def test_every_field_is_needed(world: World, field: str) -> None:
    asked = world.ask("ReserveNow", **{name: value for name, value in WHOLE.items() if name != field})
    assert asked.error == "ProtocolError"
    assert world.ask("CancelReservation").error == "ProtocolError"
    assert world.ask("CancelReservation", reservationId="7").error == "TypeConstraintViolation"
    assert world.state("reservation", 1) == "Free"


@covers("CS-6.37-01", "CS-3.15-02", rows=("reservation:expire",))
def test_a_date_with_an_offset_is_the_moment_that_it_names(world: World) -> None:
    assert world.ask("ReserveNow", **WHOLE | {"expiryDate": "2026-01-01T17:31:00.123456+05:30"}).answer
    world.wait(58)
    assert status(world) == "Reserved"
    world.wait(2)
    assert status(world) == "Available"


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1])
@covers("CS-5.13-22", "CS-5.1-02", rows=("reservation:use",))
def test_any_number_is_an_id(world: World, number: int) -> None:
    assert (reserve(world, number=number), cancel(world, number)) == ("Accepted", "Accepted")
    reserve(world, number=number)
    world.plug_in().present("alice")
    assert reservations_started(world) == [number]


# ---- the same id again -------------------------------------------------------------------------------------


@covers("CS-5.13-04", "CS-7.28-01", rows=("reservation:replace", "reservation:use"))
def test_the_same_id_takes_the_place_of_the_reservation(world: World) -> None:
    reserve(world, "alice", seconds=20)
    assert reserve(world, "BOB", seconds=90) == "Accepted"
    world.wait(60)
    assert world.csms.statuses(1) == ["Available", "Reserved"]
    world.plug_in().present("alice", 1)
    assert status(world) == "Reserved"
    world.present("bob", 1)
    assert reservations_started(world) == [7]


@covers("CS-5.13-04", rows=("reservation:move", "connector:G1"))
def test_the_same_id_at_another_connector_moves_the_reservation(world: World) -> None:
    reserve(world, connector=1)
    assert reserve(world, connector=2) == "Accepted"
    assert (status(world, 1), status(world, 2)) == ("Available", "Reserved")
    assert (cancel(world), cancel(world)) == ("Accepted", "Rejected")


@covers("CS-5.13-04", rows=("reservation:occupied",))
def test_if_the_other_connector_cannot_be_had_the_reservation_stays_where_it_is(world: World) -> None:
    reserve(world, "alice", connector=1)
    world.plug_in(2)
    assert reserve(world, "bob", connector=2) == "Occupied"
    world.plug_in(1).present("bob", 1)
    assert status(world, 1) == "Reserved"
    world.present("alice", 1)
    assert reservations_started(world) == [7]


@covers("CS-5.13-04", rows=("reservation:reserved_already",))
def test_nor_does_it_push_another_reservation_away(world: World) -> None:
    reserve(world, "alice", connector=1, number=7)
    reserve(world, "bob", connector=2, number=8)
    assert reserve(world, "alice", connector=2, number=7) == "Occupied"
    assert (status(world, 1), status(world, 2)) == ("Reserved", "Reserved")


@covers("CS-5.13-04", rows=("reservation:replace.claimed", "reservation:use"))
def test_who_is_about_to_start_may_be_given_more_time(world: World) -> None:
    reserve(world, "carol", seconds=20)
    world.present("carol", 1)
    assert reserve(world, "dave", seconds=300, parentIdTag="group") == "Accepted"
    assert status(world) == "Preparing"
    world.wait(25).plug_in()
    assert reservations_started(world) == [7]


@covers("CS-5.13-04", "CS-5.13-11", rows=("reservation:replace.other", "connector:B1.outbid"))
def test_who_is_about_to_start_is_outbid_when_the_reservation_goes_to_somebody_else(world: World) -> None:
    reserve(world, "alice")
    world.present("alice", 1)
    assert reserve(world, "bob") == "Accepted"
    assert world.csms.statuses(1)[-3:] == ["Preparing", "Available", "Reserved"]
    world.plug_in()
    assert not world.csms.got("StartTransaction")
    world.present("bob", 1)
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == ["bob"]


# ---- CancelReservation ---------------------------------------------------------------------------------------


@covers(
    "CS-5.1-01", "CS-5.1-02", "CS-7.5-01", "CS-6.6-01", "CS-4.9-G1", "CS-3.11-04", "CS-3.3-07",
    rows=("reservation:cancel", "connector:G1"),
)  # fmt: skip
def test_a_cancelled_reservation_frees_the_connector(world: World) -> None:
    reserve(world)
    assert cancel(world) == "Accepted"
    assert world.csms.statuses(1) == ["Available", "Reserved", "Available"]
    world.plug_in().present("bob", 1)
    assert reservations_started(world) == [None]


@covers("CS-5.1-03", "CS-7.5-02", rows=("reservation:expire", "reservation:use"))
def test_what_is_not_held_any_more_cannot_be_cancelled(world: World) -> None:
    assert cancel(world) == "Rejected"
    reserve(world, number=7, seconds=10)
    assert (cancel(world, 8), status(world)) == ("Rejected", "Reserved")
    world.wait(10)
    assert cancel(world, 7) == "Rejected"
    reserve(world, number=9)
    world.plug_in().present("alice")
    assert cancel(world, 9) == "Rejected"


@covers("CS-5.1-02", rows=("reservation:cancel",))
def test_who_is_about_to_start_does_so_without_a_reservation_that_was_cancelled(world: World) -> None:
    reserve(world)
    world.present("alice", 1)
    assert (cancel(world), status(world)) == ("Accepted", "Preparing")
    world.plug_in()
    assert reservations_started(world) == [None]


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
    assert not complaints(world)


@covers("CS-5.13-26", "CS-4.1-01", rows=("authorization:refuse",))
def test_a_reservation_makes_no_token_valid(world: World) -> None:
    reserve(world, "mallory")
    world.plug_in().present("mallory", 1)
    assert (shown(world), status(world)) == ("Refused", "Reserved")


@covers(
    "CS-5.13-17", "CS-5.13-18", "CS-5.13-11", "CS-3.11-02", "CS-4.1-04", "CS-5.13-25",
    rows=("authorization:ask", "authorization:grant", "reservation:use"),
)  # fmt: skip
def test_case_19_the_parent_of_an_unknown_tag_is_asked_of_the_csms(world: World) -> None:
    reserve(world, "alice", parentIdTag="group")
    world.plug_in().present("carol", 1)
    assert world.csms.got("Authorize") == [{"idTag": "carol"}]
    assert reservations_started(world) == [7]
    known = world.station.tokens.known("carol")
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


# ---- hard case 19: its end -------------------------------------------------------------------------------


@covers(
    "CS-5.13-20", "CS-5.13-23", "CS-5.13-24", "CS-4.9-G1", "CS-3.11-01", "CS-3.11-04",
    rows=("reservation:expire", "connector:G1"),
)  # fmt: skip
def test_case_19_a_reservation_ends_at_its_date_and_the_csms_is_told(world: World) -> None:
    reserve(world, seconds=20)
    world.wait(18)
    assert status(world) == "Reserved"
    world.wait(2)
    told = world.csms.got("StatusNotification")[-1]
    assert (told["connectorId"], told["status"], told["errorCode"]) == (1, "Available", "NoError")
    world.plug_in().present("bob", 1)
    assert reservations_started(world) == [None]


@covers("CS-5.13-20", "CS-5.13-23", "CS-5.13-24", rows=("reservation:expire", "reporting:catch_up"))
def test_case_19_it_ends_while_offline_and_the_csms_is_told_later(world: World) -> None:
    reserve(world, seconds=20)
    world.link_down().wait(30)
    assert world.state("connector", 1) == "Available"
    world.link_up().wait(5)
    assert world.csms.statuses(1) == ["Available", "Reserved", "Available"]


@covers("CS-5.13-20", "CS-5.13-23", rows=("reservation:expire", "connector:B3"))
def test_case_19_it_ends_while_the_holder_is_preparing_who_goes_on_without_it(world: World) -> None:
    reserve(world, seconds=10)
    world.present("alice", 1).wait(15)
    assert status(world) == "Preparing"
    world.plug_in()
    assert reservations_started(world) == [None]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-20", "CS-5.13-23", rows=("reservation:power_up.late",))
def test_it_ends_while_the_power_is_off(world: World) -> None:
    reserve(world, seconds=20)
    before = len(world.csms.statuses(1))
    world.power_cycle(dark_s=30)
    assert world.csms.statuses(1)[before:] == ["Available"]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-20", rows=("reservation:clock", "reservation:expire"))
@pytest.mark.parametrize(("ahead_s", "ended"), [(3600, True), (-3600, False)])
def test_its_date_is_of_the_csmss_clock_which_may_jump(world: World, ahead_s: float, ended: bool) -> None:
    reserve(world, seconds=600)
    world.csms.ahead_s = ahead_s
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert (status(world) == "Available") is ended
    if not ended:
        world.wait(4100)
        assert status(world) == "Reserved"
        world.wait(120)
        assert status(world) == "Available"


@covers("CS-5.13-21", "CS-4.9-G9", "CS-4.9-I1", rows=("fault:fault", "reservation:close", "connector:G1"))
def test_a_fault_ends_it_for_good(world: World) -> None:
    reserve(world)
    world.fault().clear_fault()
    assert world.csms.statuses(1) == ["Available", "Reserved", "Faulted", "Available"]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-21", rows=("station_fault:fault", "reservation:close"))
def test_a_fault_of_the_station_ends_all(world: World) -> None:
    reserve(world, connector=1, number=7)
    reserve(world, connector=2, number=8)
    world.fault(0).clear_fault(0)
    assert (status(world, 1), status(world, 2)) == ("Available", "Available")
    assert (cancel(world, 7), cancel(world, 8)) == ("Rejected", "Rejected")


@covers("CS-4.9-18", rows=("fault:warn",))
def test_a_warning_does_not(world: World) -> None:
    reserve(world)
    world.fault(error_code="WeakSignal").clear_fault()
    assert cancel(world) == "Accepted"


@covers("CS-5.13-21", "CS-4.9-G8", "CS-4.9-H7", "CS-7.7-02", rows=("connector:G8", "reservation:close"))
@pytest.mark.parametrize("where", [0, 1])
def test_unavailable_ends_it_at_once(world: World, where: int) -> None:
    reserve(world)
    asked = world.ask("ChangeAvailability", connectorId=where, type="Inoperative")
    assert (asked.answer, status(world)) == ({"status": "Accepted"}, "Unavailable")
    world.ask("ChangeAvailability", connectorId=where, type="Operative")
    assert (status(world), cancel(world)) == ("Available", "Rejected")


@covers("CS-7.7-02", "CS-5.2-07", rows=("reservation:reserve",))
def test_reserved_is_operative(world: World) -> None:
    reserve(world)
    asked = world.ask("ChangeAvailability", connectorId=1, type="Operative")
    assert (asked.answer, status(world)) == ({"status": "Accepted"}, "Reserved")


# ---- an abandoned session goes back to Reserved ------------------------------------------------------------


@covers("CS-9.1.6-02", "ERR-3.76-01", "CS-4.9-B7", rows=("connector:B1.timeout", "reservation:return", "connector:A7"))
def test_a_holder_who_does_not_plug_in_leaves_it_reserved(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).wait(31)
    assert world.csms.statuses(1)[-3:] == ["Preparing", "Available", "Reserved"]
    world.plug_in().present("alice", 1)
    assert reservations_started(world) == [7]


@covers("CS-9.1.6-02", rows=("connector:B1.again", "reservation:return"))
def test_so_does_one_who_takes_the_token_back(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).present("alice", 1)
    assert status(world) == "Reserved"


@covers("CS-4.9-F7", "CS-9.1.6-02", "CS-5.13-11", rows=("reservation:give_up", "reservation:return.later"))
def test_one_whose_ev_is_still_there_blocks_it_until_the_cable_is_out(world: World) -> None:
    """A station that is going down starts nothing: the token is taken back while the EV is at the cable."""
    reserve(world, seconds=300)
    world.present("alice", 1)
    world.plug_in(2).present("bob", 2)
    world.csms.plan("StopTransaction", late(4.0))
    world.ask("Reset", type="Soft")
    world.plug_in(1).present("alice", 1)
    assert (world.state("connector", 1), world.state("reservation", 1)) == ("Finishing", "Held")
    world.plug_out(1)
    assert (world.state("connector", 1), world.state("reservation", 1)) == ("Reserved", "Held")
    world.wait(30)
    assert status(world) == "Reserved", "after the reset, too"


# ---- power -----------------------------------------------------------------------------------------------


@covers("CS-5.13-20", "CS-3.11-01", rows=("reservation:power_up", "connector:A7"))
def test_it_outlives_a_power_cut_and_keeps_its_date(world: World) -> None:
    reserve(world, seconds=60)
    before = len(world.csms.statuses(1))
    world.power_cycle(dark_s=20)
    assert world.csms.statuses(1)[before:] == ["Reserved"], "no Available between"
    world.present("bob", 1)
    assert status(world) == "Reserved"
    world.wait(40)
    assert status(world) == "Available"


@covers("CS-5.13-20", "CS-5.13-23", rows=("clock:count", "reservation:power_up", "reservation:clock"))
@pytest.mark.parametrize(("dark_s", "then"), [(5, "Reserved"), (600, "Available")])
def test_while_nobody_knows_the_date_it_is_held_and_then_judged(world: World, dark_s: float, then: str) -> None:
    reserve(world, seconds=300)
    world.link_down()
    world.keeps_time = False
    world.power_cycle(dark_s).wait(60)
    world.present("bob", 1)
    assert world.state("connector", 1) == "Reserved"
    world.link_up().wait(130)
    assert status(world) == then


@covers("CS-5.13-20", rows=("reservation:power_up",))
def test_a_holder_who_was_preparing_when_the_power_went_finds_it_reserved(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).power_cycle()
    assert status(world) == "Reserved"
    world.plug_in().present("alice", 1)
    assert reservations_started(world) == [7]


def ask_to_reserve(world: World, id_tag: str, connector: int, number: int) -> None:
    """Ask, whether or not anybody is there to answer."""
    date = in_s(world, 300)
    world.ask("ReserveNow", connectorId=connector, expiryDate=date, idTag=id_tag, reservationId=number)


def whole_life(world: World) -> None:
    """Reserved, moved, claimed, given up, used; and another one, cancelled."""
    world.power_up()
    for connector in (1, 2):
        ask_to_reserve(world, "alice", connector, 7)
    ask_to_reserve(world, "bob", 1, 8)
    world.present("alice", 2).present("alice", 2)
    world.ask("CancelReservation", reservationId=8)
    world.plug_in(2).present("alice", 2)


def cut_at(place: int, death: Death, fired: FiredRows) -> World:
    world = World(fired.see)
    world.death = death
    world.fuse.set(place)
    whole_life(world)
    world.fuse.blows_at = None
    return world.cut_power(death).wait(3).power_up()


@covers("CS-5.13-04", "CS-5.1-02", "CS-5.13-19", rows=("reservation:power_up", "reservation:move", "reservation:use"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_wherever_the_power_goes_what_was_answered_holds(fired: FiredRows, death: Death) -> None:
    ran = World()
    whole_life(ran)
    for place in range(1, ran.fuse.passed + 1):
        world = cut_at(place, death, fired)
        held = {record.reservation_id: c for c, record in world.station.desk.ledger.reservations.items()}
        for number, wanted in promised(world).items():
            assert held.get(number) == wanted, f"place {place} ({world.fuse.blew})"
        assert not complaints(world), f"place {place} ({world.fuse.blew})"
        assert not debts(heal(world)), f"place {place} ({world.fuse.blew})"


def promised(world: World) -> dict[int, int | None]:
    """Where each reservation has to be, by what the CSMS was answered and told; left out where that is open."""
    found: dict[int, int | None] = {}
    for asked in world.csms.calls:
        number = asked.payload.get("reservationId")
        if number is None:
            continue
        found.pop(number, None)
        if asked.answer == {"status": "Accepted"}:
            found[number] = asked.payload.get("connectorId")
    for number in reservations_started(world):
        if number is not None:
            found[number] = None
    return found


# ---- a CSMS that is not there ------------------------------------------------------------------------------


@covers("CS-5.13-24", "CS-4.9-26", rows=("reservation:reserve",))
def test_a_reservation_is_shown_after_a_reconnect(world: World) -> None:
    reserve(world, seconds=600)
    world.flap().wait(30)
    assert status(world) == "Reserved"
    assert not complaints(world)
