"""The local authorization list: what a CSMS can send, what it is told, and whom the list then speaks for.

Online the CSMS is asked unless LocalPreAuthorize says otherwise; offline the list is asked first, then the cache.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.world.books import complaints
from properties.world.csms import HANGS_UP, refuses
from properties.world.disk import Death
from properties.world.world import World
from tests.covering import FiredRows, covers

Json = dict[str, Any]


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


def entry(id_tag: str, status: str | None = "Accepted", **info: str) -> Json:
    """One entry; without a status it deletes."""
    return {"idTag": id_tag} if status is None else {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


def many(count: int, first: int = 0, status: str | None = "Accepted") -> list[Json]:
    return [entry(f"tag-{number}", status) for number in range(first, first + count)]


def send(world: World, kind: str, version: int, *entries: Json) -> str:
    asked = world.ask("SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=list(entries))
    assert asked.answer is not None, asked.error
    return str(asked.answer["status"])


def full(world: World, version: int, *entries: Json) -> str:
    return send(world, "Full", version, *entries)


def change(world: World, version: int, *entries: Json) -> str:
    return send(world, "Differential", version, *entries)


def version(world: World) -> int:
    answer = world.ask("GetLocalListVersion").answer
    assert answer is not None
    assert list(answer) == ["listVersion"]
    return int(answer["listVersion"])


def listed(world: World) -> list[str]:
    return sorted(world.station.desk.ledger.listed)


def cached(world: World) -> list[str]:
    return [entry.id_tag for entry in world.station.desk.ledger.cached.values()]


def enable(world: World, value: str) -> None:
    asked = world.ask("ChangeConfiguration", key="LocalAuthListEnabled", value=value)
    assert asked.answer == {"status": "Accepted"}


def starts_offline(world: World, id_tag: str) -> bool:
    """Whether a token starts a session at connector 1 with the network gone; what began is ended again."""
    world.link_down().plug_in().present(id_tag, 1)
    started = world.state("connector", 1) == "Charging"
    world.press_stop().plug_out().link_up().wait(5)
    return started


# ---- updates -------------------------------------------------------------------------------------------------


@covers("CS-5.10-03", "CS-6.28-01", rows=("local_list:version.empty",))
def test_a_station_without_entries_has_version_0(world: World) -> None:
    assert version(world) == 0


@covers(
    "CS-3.5.2-01", "CS-3.5.2-10", "CS-5.15-01", "CS-5.15-04", "CS-5.15-05", "CS-5.15-06", "CS-7.47-01", "CS-7.48-02",
    "CS-6.41-01", "CS-6.42-01",
    rows=("local_list:replace", "local_list:version"),
)  # fmt: skip
def test_a_full_list_takes_the_place_of_the_one_held_whatever_its_version(world: World) -> None:
    assert full(world, 7, entry("alice"), entry("bob")) == "Accepted"
    assert version(world) == 7
    assert full(world, 3, entry("carol")) == "Accepted"
    assert (version(world), listed(world)) == (3, ["carol"])


@covers("CS-6.41-01", "CS-5.10-03", "ERR-3.52-01", rows=("local_list:replace.empty", "local_list:version.empty"))
@pytest.mark.parametrize("payload", [{}, {"localAuthorizationList": []}])
def test_a_full_list_of_nobody_empties_and_has_version_0(world: World, payload: Json) -> None:
    full(world, 7, entry("alice"))
    asked = world.ask("SendLocalList", updateType="Full", listVersion=9, **payload)
    assert asked.answer == {"status": "Accepted"}
    assert (version(world), listed(world)) == (0, [])
    assert change(world, 1, entry("bob")) == "Accepted", "the next change is held against 0"


@covers("CS-5.10-02", "CS-3.5.2-05", rows=("local_list:replace", "local_list:version"))
def test_the_version_is_that_of_the_last_update_after_a_power_cut_too(world: World) -> None:
    full(world, 5, entry("alice"))
    assert version(world.power_cycle().wait(10)) == 5
    assert change(world, 6, entry("bob")) == "Accepted"
    assert version(world.power_cycle().wait(10)) == 6
    assert listed(world) == ["alice", "bob"]


@covers("CS-3.5.2-11", rows=("local_list:replace.empty", "local_list:change"))
def test_the_updates_of_the_figures(world: World) -> None:
    assert world.ask("SendLocalList", updateType="Full", listVersion=234).answer == {"status": "Accepted"}
    assert change(world, 239, entry("alice")) == "Accepted"
    assert version(world) == 239


@covers("CS-5.15-02", "CS-7.1-03", "CS-7.1-04", "CS-7.48-01", "CS-7.28-01", rows=("local_list:change",))
def test_a_differential_list_adds_replaces_and_deletes(world: World) -> None:
    full(world, 1, entry("alice", expiryDate="2030-01-01T00:00:00Z"), entry("bob"), entry("carol"))
    assert (
        change(world, 5, entry("ALICE", "Blocked"), entry("BOB", None), entry("dave"), entry("nobody", None))
        == "Accepted"
    )
    assert (version(world), listed(world)) == (5, ["alice", "carol", "dave"])
    alice = world.station.desk.ledger.listed["alice"]
    assert (alice.status, alice.expiry_date) == ("Blocked", None), "the whole idTagInfo is replaced"


@covers("CS-6.41-01", "CS-5.15-04", rows=("local_list:change",))
def test_a_differential_list_without_entries_changes_the_version_alone(world: World) -> None:
    full(world, 1, entry("alice"))
    assert world.ask("SendLocalList", updateType="Differential", listVersion=2).answer == {"status": "Accepted"}
    assert (version(world), listed(world)) == (2, ["alice"])


@covers("CS-7.1-04", "CS-5.10-03", rows=("local_list:change.empty",))
def test_deleting_the_last_entry_leaves_version_0(world: World) -> None:
    full(world, 1, entry("alice"))
    assert change(world, 2, entry("alice", None)) == "Accepted"
    assert (version(world), listed(world)) == (0, [])


@covers("CS-7.47-04", "CS-5.15-07", "ERR-3.52-01", rows=("local_list:change.mismatch",))
@pytest.mark.parametrize("stale", [5, 4, 0, -1])
def test_a_differential_list_that_is_not_newer_is_a_mismatch(world: World, stale: int) -> None:
    full(world, 5, entry("alice"))
    assert change(world, stale, entry("bob")) == "VersionMismatch"
    assert (version(world), listed(world)) == (5, ["alice"])
    assert full(world, 5, entry("bob")) == "Accepted"


@covers("CS-5.15-06", "CS-7.47-02", "CS-7.1-02", "ERR-3.52-01", "CS-9.2.3-01", rows=("local_list:replace.fail",))
@pytest.mark.parametrize(
    ("number", "entries"),
    [
        (0, [entry("bob")]),
        (-1, [entry("bob")]),
        (6, [entry("bob"), entry("BOB")]),
        (6, [entry("bob"), entry("carol", None)]),
        (6, many(51)),
    ],
    ids=["version 0", "version -1", "twice", "no idTagInfo", "too many"],
)
def test_a_full_list_that_cannot_be_taken_changes_nothing(world: World, number: int, entries: list[Json]) -> None:
    full(world, 5, entry("alice"))
    assert full(world, number, *entries) == "Failed"
    assert (version(world), listed(world)) == (5, ["alice"])


@covers("CS-9.2.2-01", "CS-9.2.3-01", "CS-5.15-06", rows=("local_list:change.fail", "local_list:change"))
def test_the_list_holds_50_and_what_is_deleted_no_longer_counts(world: World) -> None:
    assert full(world, 1, *many(50)) == "Accepted"
    assert change(world, 2, entry("alice")) == "Failed", "51 would be held"
    assert change(world, 2, *many(51, status=None)) == "Failed", "51 are sent"
    assert change(world, 2, entry("alice"), entry("ALICE")) == "Failed", "one of them twice"
    assert (version(world), len(listed(world))) == (1, 50)
    assert change(world, 2, entry("alice"), entry("tag-0", None)) == "Accepted"
    assert (version(world), len(listed(world))) == (2, 50)


@covers("CS-7.1-01", "CS-7.28-01")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"updateType": "Full"}, "ProtocolError"),
        ({"listVersion": 1}, "ProtocolError"),
        ({"listVersion": 1, "updateType": "full"}, "PropertyConstraintViolation"),
        ({"listVersion": "1", "updateType": "Full"}, "TypeConstraintViolation"),
        ({"listVersion": 1, "updateType": "Full", "localAuthorizationList": [{}]}, "ProtocolError"),
        (
            {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry("x" * 21)]},
            "PropertyConstraintViolation",
        ),
    ],
)
def test_a_request_that_is_none_is_refused_and_changes_nothing(world: World, payload: Json, code: str) -> None:
    full(world, 5, entry("alice"))
    assert world.ask("SendLocalList", **payload).error == code
    assert (version(world), listed(world)) == (5, ["alice"])


# ---- the key -------------------------------------------------------------------------------------------------


@covers(
    "CS-9.2.1-01", "CS-3.5.2-09", "CS-7.47-03", "CS-5.10-04",
    rows=("local_list:disable", "local_list:unsupported", "local_list:version.unsupported", "local_list:enable"),
)  # fmt: skip
def test_a_disabled_list_is_kept_and_speaks_for_nobody(world: World) -> None:
    full(world, 5, entry("stranger"))
    enable(world, "false")
    assert version(world) == -1
    assert full(world, 6, entry("bob")) == change(world, 6, entry("bob")) == "NotSupported"
    assert not starts_offline(world, "stranger")
    enable(world, "true")
    assert (version(world), listed(world)) == (5, ["stranger"])
    assert starts_offline(world, "stranger")


@covers("CS-9.2.1-01", rows=("local_list:disable", "local_list:enable.empty"))
def test_a_list_that_is_disabled_from_the_beginning(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalAuthListEnabled": "false"}).power_up()
    assert version(world) == -1
    enable(world, "true")
    assert version(world) == 0
    assert full(world, 1, entry("alice")) == "Accepted"


@covers("CS-9.1.29-01", "CS-9.2.2-01", "CS-9.2.3-01")
def test_the_profile_and_the_limits_are_told(world: World) -> None:
    keys = ["SupportedFeatureProfiles", "LocalAuthListMaxLength", "SendLocalListMaxLength"]
    answer = world.ask("GetConfiguration", key=keys).answer
    assert answer is not None
    told = {found["key"]: (found["value"], found["readonly"]) for found in answer["configurationKey"]}
    assert "LocalAuthListManagement" in told["SupportedFeatureProfiles"][0].split(",")
    assert told["LocalAuthListMaxLength"] == told["SendLocalListMaxLength"] == ("50", True)


# ---- whom it speaks for ------------------------------------------------------------------------------------------


@covers("CS-3.5.2-02", "CS-3.5.2-03", "CS-3.5.4-02", "CS-3.5-02", "CS-3.5-03", rows=("local_list:replace",))
@pytest.mark.parametrize(
    ("status", "info", "starts"),
    [
        ("Accepted", {}, True),
        ("Accepted", {"expiryDate": "2026-01-01T13:00:00Z"}, True),
        ("Accepted", {"expiryDate": "2026-01-01T11:59:00Z"}, False),
        ("Blocked", {}, False),
        ("Expired", {}, False),
        ("Invalid", {}, False),
        ("ConcurrentTx", {}, False),
    ],
)
def test_offline_the_list_decides(world: World, status: str, info: dict[str, str], starts: bool) -> None:
    full(world, 1, entry("stranger", status, **info))
    assert starts_offline(world, "STRANGER") == starts


@covers("CS-3.5.2-12", "CS-7.27-02", rows=("authorization:offline.refuse",))
def test_an_entry_expires_where_it_stands_and_is_not_changed(world: World) -> None:
    full(world, 1, entry("stranger", expiryDate="2026-01-01T12:02:00Z"))
    assert starts_offline(world, "stranger")
    world.wait(150)
    assert not starts_offline(world, "stranger")
    assert world.station.desk.ledger.listed["stranger"].status == "Accepted"


@covers("CS-3.5.3-01", "CS-3.5.3-03", rows=("authorization:offline.refuse",))
def test_the_list_goes_before_the_cache(world: World) -> None:
    world.plug_in().present("alice").press_stop().plug_out()
    assert starts_offline(world, "alice"), "cached"
    full(world, 1, entry("Alice", "Blocked"))
    assert not starts_offline(world, "alice")


@covers("CS-3.5.3-02", rows=("local_list:replace", "local_list:enable", "cache_entry:list"))
def test_nobody_is_in_both(world: World) -> None:
    world.plug_in().present("alice").press_stop().plug_out()
    full(world, 1, entry("alice"), entry("bob"))
    world.plug_in().present("alice").press_stop().plug_out()
    world.plug_in().present("bob").press_stop().plug_out()
    assert not cached(world)
    enable(world, "false")
    world.plug_in().present("bob").press_stop().plug_out()
    assert cached(world) == ["bob"], "a list that is disabled names nobody"
    enable(world, "true")
    assert not cached(world)


@covers("CS-3.5-04", "CS-4.1-05", "CS-9.1.13-01", "CS-3.5.1-09", rows=("authorization:local", "authorization:ask"))
def test_with_local_pre_authorize_the_list_answers_online(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalPreAuthorize": "true"}).power_up()
    full(world, 1, entry("bob"), entry("alice", "Blocked"))
    world.plug_in().present("bob", 1)
    assert not world.csms.got("Authorize")
    world.plug_in(2).present("alice", 2)
    assert world.csms.got("Authorize") == [{"idTag": "alice"}], "one that the list refuses is asked for"


@covers("CS-9.1.12-01", rows=("authorization:offline.refuse",))
def test_without_local_authorize_offline_the_list_starts_nobody(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalAuthorizeOffline": "false"}).power_up()
    full(world, 1, entry("alice"))
    assert not starts_offline(world, "alice")


@covers("CS-3.10-02", rows=("authorization:other.offline",))
def test_the_group_of_the_list_stops_offline(world: World) -> None:
    full(world, 1, entry("first", parentIdTag="G"), entry("second", parentIdTag="g"))
    world.link_down().plug_in().present("first").present("second")
    assert world.state("connector", 1) == "Finishing"


@covers("CS-5.4-02", "CS-3.5.3-01")
def test_clear_cache_leaves_the_list_alone(world: World) -> None:
    full(world, 1, entry("stranger"))
    assert world.ask("ClearCache").answer == {"status": "Accepted"}
    assert starts_offline(world, "stranger")


# ---- the CSMS contradicts its own list ------------------------------------------------------------------------------


def conflicts(world: World) -> list[Json]:
    return [status for status in world.csms.got("StatusNotification") if status["errorCode"] == "LocalListConflict"]


@covers("CS-3.5.2-13", "CS-7.6-07", "CS-4.1-07", rows=("local_list:conflict", "reporting_zero:report"))
def test_an_answer_that_contradicts_the_list_is_reported_once(world: World) -> None:
    full(world, 1, entry("alice", "Blocked"), entry("bob"))
    world.plug_in().present("bob").press_stop().plug_out()
    assert not conflicts(world), "they agree"
    world.csms.tokens["bob"] = {"status": "Invalid"}
    world.plug_in().present("bob").wait(5)
    (conflict,) = conflicts(world)
    assert (conflict["connectorId"], conflict["status"]) == (0, "Available")
    world.ask("TriggerMessage", requestedMessage="StatusNotification", connectorId=0)
    assert world.csms.got("StatusNotification")[-1]["errorCode"] == "NoError"
    world.present("alice")
    assert world.state("connector", 1) == "Charging", "online the CSMS has the last word"
    assert not complaints(world)


@covers("CS-3.5.2-13", "CS-4.8-06", rows=("local_list:conflict", "transaction:refuse.stop"))
def test_the_answer_to_a_start_contradicts_too_and_changes_neither_list_nor_cache(world: World) -> None:
    full(world, 1, entry("alice"))
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice").wait(5)
    assert len(conflicts(world)) == 1
    assert world.station.desk.ledger.listed["alice"].status == "Accepted"
    assert cached(world) == []


@covers("CS-3.5.2-13", rows=("local_list:conflict", "transaction:settle"))
def test_and_so_does_the_answer_to_a_stop(world: World) -> None:
    full(world, 1, entry("dave"))
    world.plug_in().present("carol").wait(5)
    world.csms.plan("StopTransaction", refuses("Blocked"))
    world.present("dave", 1).wait(5)
    assert world.csms.got("StopTransaction")[-1]["idTag"] == "dave"
    assert len(conflicts(world)) == 1


@covers("CS-3.5.2-13", rows=("local_list:conflict", "reporting_zero:lost", "reporting_zero:catch_up"))
def test_a_conflict_whose_report_is_lost_with_the_link_is_reported_again(world: World) -> None:
    full(world, 1, entry("bob", "Blocked"))
    world.csms.plan("StatusNotification", HANGS_UP)
    world.present("bob", 1).wait(30)
    assert len(conflicts(world)) >= 2


@covers("CS-7.2-05", rows=("transaction:refuse.stop",))
def test_concurrent_tx_contradicts_nothing(world: World) -> None:
    full(world, 1, entry("alice"))
    world.csms.plan("StartTransaction", refuses("ConcurrentTx"))
    world.plug_in().present("alice").wait(5)
    assert world.csms.got("StopTransaction")
    assert not conflicts(world)


# ---- what a power cut leaves ----------------------------------------------------------------------------------------


@covers("CS-3.5.2-05", "CS-3.5.2-06", "CS-6.42-01", rows=("local_list:replace", "local_list:change"))
@pytest.mark.parametrize("death", list(Death))
def test_a_power_cut_finds_the_old_list_or_the_new_one_and_never_a_mixture(fired: FiredRows, death: Death) -> None:
    for place in count(1):
        world = World(fired.see).power_up()
        full(world, 1, *many(30))
        world.death = death
        world.fuse.set(place)
        asked = world.ask("SendLocalList", updateType="Differential", listVersion=2, localAuthorizationList=CHANGES)
        if world.powered:
            break
        world.power_cycle()
        found = (version(world), len(listed(world)), world.state("local_list"))
        assert found in ((1, 30, "Held"), (2, 21, "Held"))
        assert found[0] == 2 or asked.answer is None, "what was answered is kept"
    assert place > 4, "the step, its commit and its answer were all cut"


CHANGES = [*many(10, status=None), entry("alice")]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-1, 9), st.lists(st.sampled_from("aAbBc"), max_size=4), st.booleans())
    )
)
@covers("CS-5.15-06", "CS-7.47-04", "CS-5.10-03")
def test_whatever_is_sent_the_version_is_that_of_the_list(updates: list[tuple[bool, int, list[str], bool]]) -> None:
    world = World().power_up()
    for is_full, number, tags, deletes in updates:
        before = (version(world), listed(world))
        entries = [entry(tag, None if deletes else "Accepted") for tag in tags]
        status = send(world, "Full" if is_full else "Differential", number, *entries)
        after = (version(world), listed(world))
        assert after[0] == (number if after[1] else 0) or status != "Accepted"
        assert status == "Accepted" or after == before
        assert (after[0] == 0) == (not after[1])
