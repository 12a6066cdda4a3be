"""Who may charge: tokens that the CSMS refuses, and tokens that the station remembers."""

from __future__ import annotations

from properties.conformance.bench import Bench
from properties.conformance.case import CACHE, case
from properties.conformance.cases.states import DRIVER, STRANGER, at_connector, authorized
from properties.conformance.expectation import message


def remember(t: Bench, id_tag: str = DRIVER) -> None:
    """The token gets into the cache: presented, accepted, and given up again."""
    authorized(t, id_tag)
    t.present(id_tag)
    t.status("Available")


@case(
    "TC_007_CS",
    "A session with a token from the cache",
    needs=(CACHE,),
    clauses=("CS-3.5.1-03", "CS-3.5-04", "CS-9.1.13-01"),
)
def from_the_cache(t: Bench) -> None:
    """A token that was accepted before starts without being asked for again."""
    _cached(t)
    remember(t)
    t.present(DRIVER)
    t.status("Preparing")
    t.plug_in()
    t.any_order(message("StartTransaction", idTag=DRIVER), at_connector(t, "Charging"))


def _cached(t: Bench) -> None:
    t.set("AuthorizationCacheEnabled", value=True)
    t.set("LocalPreAuthorize", value=True)


@case(
    "TC_061_CS",
    "The cache is cleared, and the token is asked for again",
    needs=(CACHE,),
    clauses=("CS-5.4-02", "CS-5.4-03", "CS-3.5.1-03"),
)
def cache_cleared(t: Bench) -> None:
    """Accepted, given up, ClearCache, presented again: Authorize."""
    _cached(t)
    remember(t)
    t.call("ClearCache", status="Accepted")
    t.present(DRIVER)
    t.any_order(message("Authorize", idTag=DRIVER), at_connector(t, "Preparing"))


@case(
    "TC_023_CS",
    "A token that the CSMS does not know starts nothing",
    clauses=("CS-4.1-01", "CS-4.1-02", "CS-4.1-06"),
)
def unknown_token(t: Bench) -> None:
    """Token, Authorize, Invalid; cable, Preparing, and nothing more."""
    t.set_if_known("MinimumStatusDuration", 10)
    t.set("LocalPreAuthorize", value=True)
    t.csms.answers.token(STRANGER, "Invalid")
    t.present(STRANGER)
    t.expect("Authorize", idTag=STRANGER)
    t.plug_in()
    t.status("Preparing")
    t.never(message("StartTransaction"), at_connector(t, "Charging"))


@case(
    "TC_023_5_CS",
    "A remote start with a token that the CSMS does not know starts nothing",
    clauses=("CS-5.11-04", "CS-5.11-05"),
)
def unknown_token_remotely(t: Bench) -> None:
    """Cable; RemoteStart is answered; Authorize, Invalid; nothing more."""
    t.set("AuthorizeRemoteTxRequests", value=True)
    t.csms.answers.token(STRANGER, "Invalid")
    t.plug_in()
    t.status("Preparing")
    t.call("RemoteStartTransaction", {"connectorId": t.connector, "idTag": STRANGER}, status="Accepted")
    t.expect("Authorize", idTag=STRANGER)
    t.never(message("StartTransaction"), at_connector(t, "Charging"))


@case(
    "TC_007_2_CS",
    "A remote start with a token from the cache",
    needs=(CACHE,),
    clauses=("CS-3.5.1-03", "CS-5.11-04", "CS-9.1.13-01"),
)
def from_the_cache_remotely(t: Bench) -> None:
    """A remote start that has to be authorized is, without asking."""
    _cached(t)
    t.set("AuthorizeRemoteTxRequests", value=True)
    remember(t)
    t.plug_in()
    t.status("Preparing")
    t.call("RemoteStartTransaction", {"connectorId": t.connector, "idTag": DRIVER}, status="Accepted")
    t.any_order(message("StartTransaction", idTag=DRIVER), at_connector(t, "Charging"))
