"""Whom the list speaks for, and when: the key, the cache beside it, and a CSMS that contradicts it."""

from __future__ import annotations

import pytest

from properties.world.csms import GOOD, HANGS_UP, SILENT, refuses
from properties.world.invariants import violations
from properties.world.world import World
from tests.authorization_cache.looking import starts_offline
from tests.covering import FiredRows, covers
from tests.local_list.sending import Json, cached, change, enable, entry, full, listed, version

# ---- the key -------------------------------------------------------------------------------------------------


@covers(
    "CS-9.2.1-01", "CS-3.5.2-09", "CS-7.47-03", "CS-5.10-04", "CS-5.15-06",
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


@covers(
    "CS-3.5.2-02", "CS-3.5.2-03", "CS-3.5.4-02", "CS-3.5.4-03", "CS-3.5-02", "CS-3.5-03", rows=("local_list:replace",)
)
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


@covers("CS-3.5.2-12", "CS-7.27-02", "CS-3.5.4-03", rows=("authorization:offline.refuse",))
def test_an_entry_expires_where_it_stands_and_is_not_changed(world: World) -> None:
    full(world, 1, entry("stranger", expiryDate="2026-01-01T12:02:00Z"))
    assert starts_offline(world, "stranger")
    world.wait(150)
    assert not starts_offline(world, "stranger")
    assert world.station.context.ledger.listed["stranger"].status == "Accepted"


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
@pytest.mark.parametrize("before_asking", ["false", "true"])
def test_without_local_authorize_offline_the_list_starts_nobody(fired: FiredRows, before_asking: str) -> None:
    settings = {"LocalAuthorizeOffline": "false", "LocalPreAuthorize": before_asking}
    world = World(fired.see, settings=settings).power_up()
    full(world, 1, entry("alice"))
    assert not starts_offline(world, "alice")


@covers("CS-3.10-02", rows=("authorization:other.offline",))
def test_the_group_of_the_list_stops_offline(world: World) -> None:
    full(world, 1, entry("first", parentIdTag="G"), entry("second", parentIdTag="g"))
    world.link_down().plug_in().present("first").present("second")
    assert world.state("connector", 1) == "Finishing"


@covers("CS-3.10-02", "CS-9.1.12-01", rows=("authorization:other", "authorization:stop.unanswered"))
@pytest.mark.parametrize("how", ["the CSMS is silent", "the link goes down"])
def test_the_group_of_the_list_stops_where_the_csms_does_not_answer(world: World, how: str) -> None:
    full(world, 1, entry("first", parentIdTag="G"), entry("second", parentIdTag="g"))
    _ask_in_vain(world, "second", how)
    assert world.state("connector", 1) == "Finishing"
    world.csms.always("Authorize", GOOD)
    world.link_up().wait(60)
    assert world.csms.got("StopTransaction")[0]["idTag"] == "second"


@covers("CS-3.10-02", "CS-3.5.4-02", rows=("authorization:stop.unanswered.refuse",))
@pytest.mark.parametrize("how", ["the CSMS is silent", "the link goes down"])
@pytest.mark.parametrize("second", ["of another group", "blocked", "unknown"])
def test_nobody_else_stops_where_the_csms_does_not_answer(world: World, how: str, second: str) -> None:
    others = [entry("of another group", parentIdTag="H"), entry("blocked", "Blocked", parentIdTag="G")]
    full(world, 1, entry("first", parentIdTag="G"), *others)
    _ask_in_vain(world, second, how)
    assert world.state("connector", 1) == "Charging"
    assert world.box.last_verdict == (1, "Refused")


def _ask_in_vain(world: World, id_tag: str, how: str) -> None:
    world.csms.tokens["first"] = {"status": "Accepted", "parentIdTag": "G"}
    world.plug_in().present("first")
    world.csms.always("Authorize", SILENT)
    world.present(id_tag, 1)
    assert world.state("authorization", 1) == "AskingToStop"
    if how == "the link goes down":
        world.link_down()
    world.wait(60)


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
    assert not violations(world)


@covers("CS-3.5.2-12", "CS-3.5.2-13", "CS-4.8-06", rows=("local_list:conflict", "transaction:refuse.stop"))
def test_the_answer_to_a_start_contradicts_too_and_changes_neither_list_nor_cache(world: World) -> None:
    full(world, 1, entry("alice"))
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice").wait(5)
    assert len(conflicts(world)) == 1
    assert world.station.context.ledger.listed["alice"].status == "Accepted"
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
