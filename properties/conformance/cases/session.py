"""A driver, a cable, a token: how sessions begin and how drivers end them."""

from __future__ import annotations

from properties.conformance.bench import Bench
from properties.conformance.case import DETACHABLE, FIXED, GOES_ON_WITHOUT_EV, STOPS_WITH_EV, case
from properties.conformance.cases.states import (
    DRIVER,
    FAMILY,
    FRIEND,
    STRANGER,
    at_connector,
    authorized,
    begins,
    cable_in,
    charging,
    others_out_of_use,
    times_out,
)
from properties.conformance.expectation import absent, message, one_of


@case("TC_003_CS", "A session, cable first", clauses=("CS-4.1-01", "CS-4.8-01", "CS-4.9-A2", "CS-4.9-B3"))
def cable_first(t: Bench) -> None:
    """Cable, Preparing, token, Authorize, StartTransaction, Charging."""
    cable_in(t)
    t.present(DRIVER)
    t.expect("Authorize", idTag=DRIVER)
    begins(t)


@case("TC_004_1_CS", "A session, token first", clauses=("CS-4.1-01", "CS-4.8-01", "CS-4.9-A2", "CS-4.9-B3"))
def token_first(t: Bench) -> None:
    """Token, Preparing, cable, StartTransaction, Charging."""
    t.set("MeterValueSampleInterval", t.pace.sample_interval_s)
    authorized(t)
    t.plug_in()
    begins(t)


@case(
    "TC_004_2_CS",
    "A token, and no cable until ConnectionTimeOut is over",
    clauses=("CS-4.9-B1", "CS-9.1.6-01", "CS-9.1.6-02"),
)
def token_and_no_cable(t: Bench) -> None:
    """Token, Preparing, nothing; Available when the time is over and no earlier."""
    t.set("ConnectionTimeOut", t.pace.connection_timeout_s)
    t.present(DRIVER)
    _, preparing = t.any_order(message("Authorize", idTag=DRIVER), at_connector(t, "Preparing"))
    assert preparing is not None
    times_out(t, preparing)


@case(
    "TC_005_1_CS",
    "The EV is unplugged: stop, and unlock at the station",
    needs=(DETACHABLE, STOPS_WITH_EV),
)
def ev_leaves_and_unlocks(t: Bench) -> None:
    """EV side unplugged; stop and Finishing; unplugged at the station; Available."""
    _ev_side(t, stops=True, unlocks=True)
    charging(t)
    _ev_leaves(t)
    t.status("Available")


@case(
    "TC_005_2_CS",
    "The EV is unplugged: stop, and stay locked at the station",
    needs=(STOPS_WITH_EV,),
    clauses=("CS-4.9-23", "CS-4.9-25", "CS-4.10-17", "CS-9.1.23-02", "CS-5.18-04"),
)
def ev_leaves_and_stays_locked(t: Bench) -> None:
    """EV side unplugged; stop EVDisconnected and Finishing; then an UnlockConnector is answered."""
    _ev_side(t, stops=True, unlocks=False)
    charging(t)
    _ev_leaves(t)
    fixed = FIXED.met_by(t.station)
    t.call("UnlockConnector", {"connectorId": t.connector}, status="NotSupported" if fixed else "Unlocked")
    t.status("Available")


@case(
    "TC_005_3_CS",
    "The EV is unplugged: the transaction goes on",
    needs=(GOES_ON_WITHOUT_EV,),
)
def ev_leaves_and_goes_on(t: Bench) -> None:
    """EV side unplugged; SuspendedEV; RemoteStop; Finishing and the stop."""
    _ev_side(t, stops=False, unlocks=False)
    number = charging(t)
    t.plug_out()
    t.status("SuspendedEV")
    t.call("RemoteStopTransaction", {"transactionId": number}, status="Accepted")
    t.any_order(at_connector(t, "Finishing"), message("StopTransaction", transactionId=number))


def _ev_side(t: Bench, *, stops: bool, unlocks: bool) -> None:
    t.set_if_known("MinimumStatusDuration", 0)
    t.set("StopTransactionOnEVSideDisconnect", stops)
    t.set("UnlockConnectorOnEVSideDisconnect", unlocks)


def _ev_leaves(t: Bench) -> None:
    t.plug_out()
    t.any_order(message("StopTransaction", reason="EVDisconnected"), at_connector(t, "Finishing"))


@case(
    "TC_068_CS",
    "Who started stops; a stranger's token does not",
    clauses=("CS-3.4-06", "CS-4.1-03", "CS-4.9-C6", "CS-4.10-01"),
)
def starter_stops(t: Bench) -> None:
    """Another token stops nothing (one reader for all connectors may ask for it); the same one stops."""
    charging(t)
    t.present(STRANGER)
    t.never(message("StopTransaction"), at_connector(t, "Finishing"))
    t.only(message("Authorize", idTag=STRANGER))
    t.present(DRIVER)
    t.any_order(
        message("StopTransaction", idTag=DRIVER, reason=one_of("Local", absent())), at_connector(t, "Finishing")
    )


@case(
    "TC_069_CS",
    "A token of the same group stops",
    clauses=("CS-3.10-01", "CS-3.10-02", "CS-4.1-03"),
)
def family_stops(t: Bench) -> None:
    """Two tokens with one parentIdTag: the second is asked for, and stops what the first began."""
    t.csms.answers.token(DRIVER, parent=FAMILY)
    t.csms.answers.token(FRIEND, parent=FAMILY)
    others_out_of_use(t)
    charging(t)
    t.present(FRIEND)
    t.expect("Authorize", idTag=FRIEND)
    t.any_order(message("StopTransaction", idTag=FRIEND), at_connector(t, "Finishing"))
