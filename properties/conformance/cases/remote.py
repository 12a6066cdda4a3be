"""The CSMS starts and stops transactions, or may not."""

from __future__ import annotations

from typing import Final

from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.states import DRIVER, FRIEND, at_connector, cable_in, charging, times_out
from properties.conformance.csms import Heard
from properties.conformance.expectation import Expectation, message

UNKNOWN_TRANSACTION: Final = 2**31 - 7


def _asks_first(t: Bench) -> list[Expectation]:
    """The Authorize.req that AuthorizeRemoteTxRequests wants before a remote start."""
    asked = t.value("AuthorizeRemoteTxRequests")
    t.check("the station knows AuthorizeRemoteTxRequests", asked is not None, "an unknown key")
    return [message("Authorize", idTag=DRIVER)] if asked == "true" else []


def remote_start(t: Bench, id_tag: str = DRIVER) -> None:
    """RemoteStartTransaction.req for the connector under test is accepted."""
    t.call("RemoteStartTransaction", {"connectorId": t.connector, "idTag": id_tag}, status="Accepted")


def _starts(t: Bench) -> None:
    t.any_order(message("StartTransaction", connectorId=t.connector, idTag=DRIVER), at_connector(t, "Charging"))


@case(
    "TC_010_CS",
    "A remote start, cable first",
    clauses=("CS-5.11-02", "CS-5.11-03", "CS-5.11-09", "CS-5.11-10"),
)
def cable_then_remote_start(t: Bench) -> None:
    """Cable, Preparing, RemoteStart, Authorize where it is wanted, StartTransaction, Charging."""
    asks = _asks_first(t)
    cable_in(t)
    remote_start(t)
    for want in asks:
        t.expect(want.action, **want.fields)
    _starts(t)


@case(
    "TC_011_1_CS",
    "A remote start, then the cable",
    clauses=("CS-5.11-02", "CS-5.11-03", "CS-4.9-A2", "CS-4.9-B3"),
)
def remote_start_then_cable(t: Bench) -> None:
    """RemoteStart, Authorize where it is wanted, Preparing, cable, StartTransaction, Charging."""
    _remotely_preparing(t)
    t.plug_in()
    _starts(t)


@case(
    "TC_011_2_CS",
    "A remote start, and no cable until ConnectionTimeOut is over",
    clauses=("CS-4.9-B1", "CS-9.1.6-01", "CS-9.1.6-02"),
)
def remote_start_and_no_cable(t: Bench) -> None:
    """RemoteStart, Preparing, nothing; Available when the time is over and no earlier."""
    t.set("ConnectionTimeOut", t.pace.connection_timeout_s)
    times_out(t, _remotely_preparing(t))


def _remotely_preparing(t: Bench) -> Heard:
    asks = _asks_first(t)
    remote_start(t)
    for want in asks:
        t.expect(want.action, **want.fields)
    return t.status("Preparing")


@case(
    "TC_012_CS",
    "A remote stop",
    clauses=("CS-5.12-02", "CS-5.12-04", "CS-5.12-05", "CS-4.9-C6"),
)
def remote_stop(t: Bench) -> None:
    """RemoteStop of the running transaction; StopTransaction Remote, Finishing."""
    number = charging(t)
    t.call("RemoteStopTransaction", {"transactionId": number}, status="Accepted")
    t.any_order(message("StopTransaction", transactionId=number, reason="Remote"), at_connector(t, "Finishing"))


@case("TC_026_CS", "A remote start where a transaction runs is refused", clauses=("CS-5.11-02",))
def remote_start_while_charging(t: Bench) -> None:
    """RemoteStart at the connector that charges: Rejected."""
    t.set("LocalPreAuthorize", value=False)
    charging(t)
    t.call("RemoteStartTransaction", {"connectorId": t.connector, "idTag": FRIEND}, status="Rejected")


@case("TC_027_CS", "A remote start at connector 0 is refused", clauses=("CS-5.11-02",))
def remote_start_at_zero(t: Bench) -> None:
    """RemoteStart with connectorId 0: Rejected, or a CALLERROR that says so."""
    payload = {"connectorId": 0, "idTag": DRIVER}
    t.call_refused("RemoteStartTransaction", payload, "PropertyConstraintViolation", status="Rejected")
    t.never(message("StartTransaction"), message("Authorize"))


@case("TC_028_CS", "A remote stop of an unknown transaction is refused", clauses=("CS-5.12-02",))
def remote_stop_of_nothing(t: Bench) -> None:
    """RemoteStop with another transactionId: Rejected, and the transaction goes on."""
    charging(t)
    t.call("RemoteStopTransaction", {"transactionId": UNKNOWN_TRANSACTION}, status="Rejected")
    t.never(message("StopTransaction"), at_connector(t, "Finishing"))
