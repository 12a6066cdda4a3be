"""The local authorization list: versions, updates, refusals, and a driver whom it vouches for."""

from __future__ import annotations

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case, lacks
from properties.conformance.cases.remote import remote_start
from properties.conformance.cases.states import DRIVER, FRIEND, STRANGER, at_connector, cable_in
from properties.conformance.expectation import Json, message

LIST = Profile.LOCAL_AUTH_LIST_MANAGEMENT


def entry(id_tag: str, status: str = "Accepted") -> Json:
    """An entry of the list."""
    return {"idTag": id_tag, "idTagInfo": {"status": status}}


def send(t: Bench, version: int, kind: str, *entries: Json, status: str = "Accepted") -> None:
    """SendLocalList.req, answered so."""
    some = {"localAuthorizationList": list(entries)} if entries else {}
    t.call("SendLocalList", {"listVersion": version, "updateType": kind, **some}, status=status)


def version_is(t: Bench, version: int) -> None:
    """GetLocalListVersion.conf says so."""
    t.call("GetLocalListVersion", listVersion=version)


def _trusts_the_list(t: Bench) -> None:
    t.set("LocalPreAuthorize", value=True)
    t.set_if_known("AuthorizationCacheEnabled", value=False)
    t.set("LocalAuthListEnabled", value=True)


@case(
    "TC_008_CS",
    "A session with a token from the list",
    profile=LIST,
    clauses=("CS-3.5-04", "CS-3.5.2-02", "CS-9.1.13-01", "CS-9.2.1-01"),
)
def from_the_list(t: Bench) -> None:
    """A listed token starts without being asked for."""
    _trusts_the_list(t)
    t.call("GetLocalListVersion")
    send(t, 2, "Full", entry(DRIVER))
    t.present(DRIVER)
    t.status("Preparing")
    t.plug_in()
    t.any_order(message("StartTransaction", idTag=DRIVER), at_connector(t, "Charging"))


@case(
    "TC_008_2_CS",
    "A remote start with a token from the list",
    profile=LIST,
    clauses=("CS-5.11-04", "CS-9.1.13-01"),
)
def from_the_list_remotely(t: Bench) -> None:
    """A remote start that has to be authorized is, without asking."""
    _trusts_the_list(t)
    t.set("AuthorizeRemoteTxRequests", value=True)
    send(t, 2, "Full", entry(DRIVER))
    cable_in(t)
    remote_start(t)
    t.any_order(message("StartTransaction", idTag=DRIVER), at_connector(t, "Charging"))


@case("TC_042_1_CS", "No version where the list is switched off, or none", clauses=("CS-5.10-04", "CS-9.2.1-01"))
def no_version(t: Bench) -> None:
    """Version -1, or NotSupported."""
    t.set_if_known("LocalAuthListEnabled", value=False)
    t.call_refused("GetLocalListVersion", {}, "NotSupported", listVersion=-1)


@case("TC_042_2_CS", "The version of an empty list", profile=LIST, clauses=("CS-5.10-02", "CS-5.10-03"))
def version_of_nothing(t: Bench) -> None:
    """A full update without entries; version 0."""
    t.set("LocalAuthListEnabled", value=True)
    send(t, 1, "Full")
    version_is(t, 0)


@case(
    "TC_043_CS",
    "The list is sent, and then what changes in it",
    profile=LIST,
    clauses=("CS-5.15-04", "CS-5.15-05", "CS-5.15-06", "CS-3.5.2-10"),
)
def full_and_differential(t: Bench) -> None:
    """Full, Differential; both authorize their drivers."""
    _trusts_the_list(t)
    send(t, 1, "Full", entry(DRIVER), entry(STRANGER))
    send(t, 2, "Differential", entry(FRIEND))
    version_is(t, 2)
    for id_tag in (DRIVER, FRIEND):
        t.present(id_tag)
        t.status("Preparing")
        t.present(id_tag)
        t.status("Available")


@case("TC_043_1_CS", "A list where there are none is refused", needs=(lacks(LIST),), clauses=("CS-5.15-06",))
def no_lists(t: Bench) -> None:
    """NotSupported, as a status or a CALLERROR."""
    payload = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry(DRIVER)]}
    t.call_refused("SendLocalList", payload, "NotSupported", status="NotSupported")


@case("TC_043_2_CS", "An older version is refused", profile=LIST, clauses=("CS-5.15-06", "CS-7.47-04"))
def older_version(t: Bench) -> None:
    """Version 2, version 5, version 4: VersionMismatch, and 5 stays."""
    t.set("LocalAuthListEnabled", value=True)
    send(t, 2, "Full", entry(DRIVER))
    version_is(t, 2)
    send(t, 5, "Differential", entry(FRIEND))
    version_is(t, 5)
    send(t, 4, "Differential", entry(STRANGER), status="VersionMismatch")
    version_is(t, 5)


@case("TC_043_3_CS", "A list that cannot be taken is refused", profile=LIST, clauses=("CS-5.15-06", "CS-9.2.3-01"))
def too_long(t: Bench) -> None:
    """More entries than SendLocalListMaxLength allows: Failed, and the list is what it was."""
    t.set("LocalAuthListEnabled", value=True)
    send(t, 1, "Full", entry(DRIVER))
    limit = int(t.value("SendLocalListMaxLength") or 0)
    send(t, 2, "Full", *(entry(f"CONF-{n}") for n in range(limit + 1)), status="Failed")
    version_is(t, 1)
