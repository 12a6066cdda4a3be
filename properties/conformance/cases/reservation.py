"""Reservations: a connector kept for one driver, until he comes, the time is over, or the CSMS takes it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from model.messages.registry import Profile
from properties.conformance.bench import TICK_S, Bench
from properties.conformance.case import CONNECTOR_ZERO, NO_CONNECTOR_ZERO, case, lacks
from properties.conformance.cases.remote import remote_start
from properties.conformance.cases.states import (
    DRIVER,
    FAMILY,
    FRIEND,
    STRANGER,
    at_connector,
    authorized,
    begins,
    cable_in,
    others_out_of_use,
)
from properties.conformance.expectation import Json, absent, maybe, message

RESERVATION = Profile.RESERVATION
NUMBER: Final = 7
LONG_S: Final = 600


def reserve(t: Bench, status: str, *, connector: int | None = None, for_s: float = LONG_S, parent: str = "") -> None:
    """ReserveNow.req for the driver, answered so."""
    t.call("ReserveNow", _reserve_now(t, connector, for_s, parent), status=status)


def _reserve_now(t: Bench, connector: int | None = None, for_s: float = LONG_S, parent: str = "") -> Json:
    until = datetime.now(UTC) + timedelta(seconds=for_s)
    return {
        "connectorId": t.connector if connector is None else connector,
        "expiryDate": until.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "idTag": DRIVER,
        "reservationId": NUMBER,
        **({"parentIdTag": parent} if parent else {}),
    }


def _reserved(t: Bench, *, for_s: float = LONG_S, parent: str = "") -> float:
    """The connector is reserved for the driver; the monotonic moment at which it said so."""
    reserve(t, "Accepted", for_s=for_s, parent=parent)
    return t.status("Reserved").at_s


@case(
    "TC_046_1_CS",
    "A reserved connector, used by its driver",
    profile=RESERVATION,
    clauses=("CS-5.13-05", "CS-5.13-11", "CS-5.13-19", "CS-5.13-22", "CS-4.9-A7", "CS-4.9-G2"),
)
def driver_comes(t: Bench) -> None:
    """Reserved; a stranger is not even asked for; the driver starts with the reservationId."""
    others_out_of_use(t)
    _reserved(t)
    t.present(STRANGER)
    t.never(message("Authorize"), at_connector(t, "Preparing"))
    authorized(t)
    t.plug_in()
    begins(t, reservationId=NUMBER)


@case(
    "TC_046_2_CS",
    "A reserved connector, started remotely",
    profile=RESERVATION,
    clauses=("CS-5.13-05", "CS-5.13-19", "CS-5.13-22"),
)
def driver_is_started(t: Bench) -> None:
    """Reserved; RemoteStart for the driver; StartTransaction with the reservationId."""
    _reserved(t)
    remote_start(t)
    t.any_order(maybe("Authorize", idTag=DRIVER), at_connector(t, "Preparing"))
    t.plug_in()
    begins(t, reservationId=NUMBER)


@case(
    "TC_047_CS",
    "A reservation whose time is over",
    profile=RESERVATION,
    clauses=("CS-5.13-20", "CS-5.13-23", "CS-5.13-24", "CS-4.9-G1"),
)
def nobody_comes(t: Bench) -> None:
    """Reserved; Available when the time is over and no earlier; then any token starts."""
    others_out_of_use(t)
    for_s = t.pace.reservation_s
    reserve(t, "Accepted", for_s=for_s)
    reserved = t.status("Reserved")
    with t.due(for_s):
        kept_s = t.status("Available").at_s - reserved.at_s
    t.check(f"it is kept for {for_s} s", kept_s >= for_s - 0.5 - TICK_S, f"{kept_s:.2f} s")
    cable_in(t)
    t.present(FRIEND)
    begins(t, FRIEND, reservationId=absent())


@case("TC_048_1_CS", "A broken connector is not reserved", profile=RESERVATION, clauses=("CS-5.13-08",))
def broken(t: Bench) -> None:
    """Faulted."""
    t.break_down("GroundFailure")
    t.status("Faulted")
    reserve(t, "Faulted")


@case("TC_048_2_CS", "An occupied connector is not reserved", profile=RESERVATION, clauses=("CS-5.13-06",))
def occupied(t: Bench) -> None:
    """Occupied."""
    cable_in(t)
    reserve(t, "Occupied")


@case("TC_048_3_CS", "A connector out of use is not reserved", profile=RESERVATION, clauses=("CS-5.13-09",))
def out_of_use(t: Bench) -> None:
    """Unavailable."""
    t.call("ChangeAvailability", {"connectorId": t.connector, "type": "Inoperative"}, status="Accepted")
    t.status("Unavailable")
    reserve(t, "Unavailable")


@case(
    "TC_048_4_CS",
    "A station that takes no reservations",
    needs=(lacks(RESERVATION),),
    clauses=("CS-5.13-10", "CS-3.3-03"),
)
def no_reservations(t: Bench) -> None:
    """Rejected, or NotSupported."""
    t.call_refused("ReserveNow", _reserve_now(t), "NotSupported", status="Rejected")


@case("TC_049_CS", "The station is reserved, and used", profile=RESERVATION, needs=(CONNECTOR_ZERO,))
def station_for_the_driver(t: Bench) -> None:
    """Connector 0 reserved; the driver starts with the reservationId."""
    reserve(t, "Accepted", connector=0)
    authorized(t)
    t.plug_in()
    begins(t, reservationId=NUMBER)


@case("TC_050_1_CS", "A broken station is not reserved", profile=RESERVATION, needs=(CONNECTOR_ZERO,))
def station_broken(t: Bench) -> None:
    """Faulted."""
    for connector in t.station.connector_ids:
        t.break_down("GroundFailure", connector)
    t.status("Faulted")
    reserve(t, "Faulted", connector=0)


@case("TC_050_2_CS", "An occupied station is not reserved", profile=RESERVATION, needs=(CONNECTOR_ZERO,))
def station_occupied(t: Bench) -> None:
    """Occupied."""
    for connector in t.station.connector_ids:
        t.plug_in(connector)
    t.status("Preparing")
    reserve(t, "Occupied", connector=0)


@case("TC_050_3_CS", "A station out of use is not reserved", profile=RESERVATION, needs=(CONNECTOR_ZERO,))
def station_out_of_use(t: Bench) -> None:
    """Unavailable."""
    t.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, status="Accepted")
    t.status("Unavailable")
    reserve(t, "Unavailable", connector=0)


@case(
    "TC_050_4_CS",
    "A station that cannot be reserved as a whole",
    profile=RESERVATION,
    needs=(NO_CONNECTOR_ZERO,),
    clauses=("CS-5.13-15", "CS-9.3.1-01"),
)
def station_cannot_be(t: Bench) -> None:
    """Rejected."""
    reserve(t, "Rejected", connector=0)


@case("TC_051_CS", "A reservation is cancelled", profile=RESERVATION, clauses=("CS-5.1-02", "CS-4.9-G1"))
def cancelled(t: Bench) -> None:
    """Accepted, Available; another token starts, without a reservationId."""
    _reserved(t)
    t.call("CancelReservation", {"reservationId": NUMBER}, status="Accepted")
    t.status("Available")
    cable_in(t)
    t.present(FRIEND)
    begins(t, FRIEND, reservationId=absent())


@case("TC_052_CS", "A reservation that is none is not cancelled", profile=RESERVATION, clauses=("CS-5.1-03",))
def not_cancelled(t: Bench) -> None:
    """Rejected, and the connector stays reserved."""
    _reserved(t)
    t.call("CancelReservation", {"reservationId": NUMBER + 1}, status="Rejected")
    t.never(at_connector(t, "Available"))


@case(
    "TC_053_CS",
    "A reserved connector, used by a token of the same group",
    profile=RESERVATION,
    clauses=("CS-5.13-17", "CS-5.13-19", "CS-5.13-22"),
)
def family_comes(t: Bench) -> None:
    """Reserved with a parentIdTag; another token with that parent starts with the reservationId."""
    t.csms.answers.token(FRIEND, parent=FAMILY)
    others_out_of_use(t)
    _reserved(t, parent=FAMILY)
    authorized(t, FRIEND)
    t.plug_in()
    begins(t, FRIEND, reservationId=NUMBER)


@case(
    "TC_053_2_CS",
    "A reserved connector, started remotely for a token of the same group",
    profile=RESERVATION,
    clauses=("CS-5.13-17", "CS-5.13-19", "CS-5.13-22"),
)
def family_is_started(t: Bench) -> None:
    """Reserved with a parentIdTag; RemoteStart for another token with that parent."""
    t.csms.answers.token(FRIEND, parent=FAMILY)
    t.set("AuthorizeRemoteTxRequests", value=True)
    _reserved(t, parent=FAMILY)
    remote_start(t, FRIEND)
    t.any_order(maybe("Authorize", idTag=FRIEND), at_connector(t, "Preparing"))
    t.plug_in()
    begins(t, FRIEND, reservationId=NUMBER)
