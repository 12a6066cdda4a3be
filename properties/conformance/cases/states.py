"""States that scenarios begin from, and the tokens that people in them have.

The document calls them reusable states. Each is reached by steps of its own, which are judged like any other.
"""

from __future__ import annotations

from typing import Final

from properties.conformance.bench import TICK_S, Bench
from properties.conformance.csms import Heard
from properties.conformance.expectation import Expectation, maybe, message

DRIVER: Final = "CONF-DRIVER"
FRIEND: Final = "CONF-FRIEND"
STRANGER: Final = "CONF-STRANGER"
FAMILY: Final = "CONF-FAMILY"
"""A parentIdTag."""


def authorized(t: Bench, id_tag: str = DRIVER) -> None:
    """A token is accepted, and the connector waits for the cable."""
    t.present(id_tag)
    t.any_order(maybe("Authorize", idTag=id_tag), at_connector(t, "Preparing"))


def others_out_of_use(t: Bench) -> None:
    """Every connector but the one under test is inoperative: where one reader serves all, a token is for this one."""
    for connector in t.station.connector_ids:
        if connector != t.connector:
            t.call("ChangeAvailability", {"connectorId": connector, "type": "Inoperative"}, status="Accepted")


def cable_in(t: Bench) -> None:
    """The cable is in, and the connector waits for a token."""
    t.plug_in()
    t.status("Preparing")


def begins(t: Bench, id_tag: str = DRIVER, **fields: object) -> Heard:
    """StartTransaction.req and Charging, in either order; an Authorize.req may come before. The start."""
    _, start, _ = t.any_order(
        maybe("Authorize", idTag=id_tag),
        message("StartTransaction", connectorId=t.connector, idTag=id_tag, **fields),
        at_connector(t, "Charging"),
    )
    assert start is not None
    return start


def charging(t: Bench, id_tag: str = DRIVER) -> int:
    """A transaction runs; its id."""
    cable_in(t)
    t.present(id_tag)
    return number_of(begins(t, id_tag))


def times_out(t: Bench, preparing: Heard) -> None:
    """Available again when ConnectionTimeOut has passed since Preparing, and no earlier."""
    limit_s = t.pace.connection_timeout_s
    with t.due(limit_s):
        waited_s = t.status("Available").at_s - preparing.at_s
    t.check(f"Available comes after {limit_s} s", waited_s >= limit_s - TICK_S, f"{waited_s:.2f} s")


def number_of(start: Heard) -> int:
    """The transactionId that the CSMS has given it."""
    number: int = start.answer["transactionId"]
    return number


def at_connector(t: Bench, status: object, connector: int | None = None) -> Expectation:
    """StatusNotification.req of the connector under test, for `any_order`."""
    at = t.connector if connector is None else connector
    return message("StatusNotification", connectorId=at, status=status)


def all_statuses(t: Bench, status: object, others: object = "Available", station: object = "Available") -> None:
    """As after a boot: the status of connector 0, of the one under test, and of all others, in whatever order."""
    rest = [n for n in t.station.connector_ids if n != t.connector]
    t.any_order(
        at_connector(t, station, 0),
        at_connector(t, status),
        *(at_connector(t, others, n) for n in rest),
    )
