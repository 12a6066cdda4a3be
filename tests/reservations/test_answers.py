"""What a CSMS can reserve, move and cancel: each answer, and what is held after it."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import covers
from tests.reservations.asking import cancel, reservations_started, reserve, status

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
@pytest.mark.parametrize("about_to_start", [False, True])
def test_a_connector_that_is_reserved_is_occupied_for_the_same_token_too(
    world: World, id_tag: str, about_to_start: bool
) -> None:
    reserve(world, number=7)
    if about_to_start:
        world.present("alice", 1)
    assert world.state("reservation", 1) == ("Claimed" if about_to_start else "Reserved")
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


@covers("CS-5.13-03", "CS-5.13-15", "CS-5.13-12", "CS-9.3.1-01", "CS-3.11-03", "CS-3.8-05", "CS-7.40-04")
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


@covers("CS-5.13-04", rows=("reservation:claim", "reservation:move"))
def test_it_moves_from_under_a_holder_who_is_about_to_start(world: World) -> None:
    reserve(world, connector=1)
    world.present("alice", 1)
    assert reserve(world, connector=2) == "Accepted"
    assert [world.state("reservation", connector) for connector in (1, 2)] == ["Free", "Reserved"]
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
