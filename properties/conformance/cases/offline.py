"""The network goes while something happens: nothing of a transaction is lost, and all of it comes in order."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import LOCAL_STOP, OFFLINE, case
from properties.conformance.cases.authorization import remember
from properties.conformance.cases.local_list import entry, send
from properties.conformance.cases.metering import check_apart, moment, of_transaction, samples
from properties.conformance.cases.states import DRIVER, at_connector, charging
from properties.conformance.csms import Heard
from properties.conformance.expectation import Json, absent, maybe, message, one_of

MISSED: Final = 3
"""So many samples fall into the time without a network."""


@case(
    "TC_036_CS",
    "The network goes in mid-transaction",
    clauses=("CS-3.7-01", "CS-3.7-03", "CS-3.7-05", "CS-4.7-03"),
)
def network_goes_while_charging(t: Bench) -> None:
    """Samples that fell into the silence come first, none is missing, in their order."""
    interval_s = t.pace.sample_interval_s
    t.set("MeterValueSampleInterval", interval_s)
    number = charging(t)
    last = of_transaction(t, number)[-1]
    t.cut_network()
    t.wait(MISSED * interval_s + 0.5 * interval_s)
    t.restore_network()
    values = _distinct(t, number, MISSED + 1, moment(last))
    for value in values:
        problem = samples(value, "Sample.Periodic")
        t.check("every sample is Sample.Periodic, raw, and of the station", problem is None, problem)
    at = [moment(value) for value in (last, *values)]
    check_apart(t, at, interval_s)


def _distinct(t: Bench, number: int, count: int, after: datetime) -> list[Json]:
    """So many meter values that are new; one that was on its way when the network went may come again, in its place."""
    values: list[Json] = []
    while len(values) < count:
        latest = moment(values[-1]) if values else after
        values += [value for value in of_transaction(t, number) if moment(value) > latest]
    return values


def _known_offline(t: Bench) -> None:
    """The driver is on the list and in the cache, where the station has them; then the network goes."""
    t.set("LocalAuthorizeOffline", value=True)
    t.set_if_known("AuthorizationCacheEnabled", value=True)
    t.set_if_known("AllowOfflineTxForUnknownId", value=True)
    remember(t)
    if Profile.LOCAL_AUTH_LIST_MANAGEMENT in t.station.profiles:
        t.set("LocalAuthListEnabled", value=True)
        send(t, 1, "Full", entry(DRIVER))
    t.cut_network()


def _starts_offline(t: Bench) -> None:
    t.plug_in()
    t.present(DRIVER)
    t.wait(0.3)


def _comes_back(t: Bench) -> Heard:
    """Online again: the start that was kept, and Charging, in either order."""
    t.restore_network()
    start, _ = t.any_order(message("StartTransaction", idTag=DRIVER), at_connector(t, "Charging"))
    assert start is not None
    return start


@case(
    "TC_037_1_CS",
    "A start without a network",
    needs=(OFFLINE,),
    clauses=("CS-3.5-03", "CS-3.5.4-05", "CS-3.7-03", "CS-9.1.12-01"),
)
def starts_offline(t: Bench) -> None:
    """Started offline; online again: StartTransaction, Charging."""
    _known_offline(t)
    _starts_offline(t)
    _comes_back(t)


@case(
    "TC_037_2_CS",
    "A start without a network that the CSMS refuses, and the energy stops",
    needs=(OFFLINE,),
    clauses=("CS-3.5.4-09", "CS-9.1.24-01"),
)
def refused_and_held(t: Bench) -> None:
    """StopTransactionOnInvalidId false: SuspendedEVSE, and no stop."""
    t.set_if_known("MaxEnergyOnInvalidId", 0)
    t.set("StopTransactionOnInvalidId", value=False)
    _known_offline(t)
    t.csms.answers.token(DRIVER, "Invalid")
    _starts_offline(t)
    _comes_back(t)
    t.status("SuspendedEVSE")
    t.never(message("StopTransaction"))


@case(
    "TC_037_3_CS",
    "A start without a network that the CSMS refuses, and the transaction stops",
    needs=(OFFLINE,),
    clauses=("CS-3.5.4-06", "CS-3.5.4-07", "CS-9.1.24-01"),
)
def refused_and_stopped(t: Bench) -> None:
    """StopTransactionOnInvalidId true: StopTransaction DeAuthorized, Finishing."""
    t.set("StopTransactionOnInvalidId", value=True)
    _known_offline(t)
    t.csms.answers.token(DRIVER, "Invalid")
    _starts_offline(t)
    number = _comes_back(t).answer["transactionId"]
    stop = message("StopTransaction", transactionId=number, reason="DeAuthorized")
    t.any_order(stop, at_connector(t, "Finishing"))


@case(
    "TC_038_CS",
    "A stop without a network",
    needs=(LOCAL_STOP,),
    clauses=("CS-3.7-03", "CS-4.10-01", "CS-4.9-26"),
)
def stops_offline(t: Bench) -> None:
    """Charging; offline; the same token; online: StopTransaction, Finishing."""
    number = charging(t)
    t.cut_network()
    t.present(DRIVER)
    t.wait(0.3)
    t.restore_network()
    stop = message("StopTransaction", transactionId=number, reason=one_of("Local", absent()))
    t.any_order(stop, at_connector(t, "Finishing"))


@case(
    "TC_039_CS",
    "A whole transaction without a network",
    needs=(OFFLINE, LOCAL_STOP),
    clauses=("CS-3.5.4-05", "CS-3.7-01", "CS-3.7-03"),
)
def whole_transaction_offline(t: Bench) -> None:
    """Started, stopped and unplugged offline; online: StartTransaction, then StopTransaction with its id."""
    _known_offline(t)
    _starts_offline(t)
    t.present(DRIVER)
    t.plug_out()
    t.restore_network()
    start, _ = t.any_order(message("StartTransaction", idTag=DRIVER), maybe("StatusNotification", status="Available"))
    assert start is not None
    number = start.answer["transactionId"]
    t.expect("StopTransaction", transactionId=number, reason=one_of("Local", absent()))
