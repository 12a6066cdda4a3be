"""The authorization cache: what the station learns of id tags, how long it holds, and who makes room for whom.

Online the CSMS is asked unless LocalPreAuthorize says otherwise; offline the cache speaks where the list is silent.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from model.messages.types import AuthorizationStatus, IdTagInfo, fold
from model.station_file import MAX_CACHE_ENTRIES, StationFile, load_station
from properties.world.csms import SILENT, refuses, says
from properties.world.disk import Death
from properties.world.world import World
from runtime.records import CacheEntry
from tests.covering import FiredRows, covers

NOON, SOON, LATER = "2026-01-01T12:00:00Z", "2026-01-01T12:00:30Z", "2026-01-01T13:00:00Z"
Json = dict[str, Any]


def with_room_for(entries: int) -> StationFile:
    """The station, with a small cache."""
    file = load_station("m06010e2eyfg")
    runtime = evolve(file.contents.runtime, max_cache_entries=entries)
    return evolve(file, contents=evolve(file.contents, runtime=runtime))


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


@pytest.fixture
def small(fired: FiredRows) -> World:
    """A station whose cache has room for three; every token but the blocked ones of the CSMS is good."""
    world = World(fired.see, file=with_room_for(3)).power_up()
    world.csms.tokens |= {tag: {"status": "Accepted"} for tag in ("one", "two", "three", "four", "five")}
    return world


def held(world: World) -> dict[str, str]:
    """Id tag and state of each entry, the one that was used longest ago first."""
    engine, cached = world.station.desk.engine, world.station.desk.ledger.cached
    return {entry.id_tag: engine.state("cache_entry", slot=slot) for slot, entry in cached.items()}


def said(world: World, id_tag: str) -> CacheEntry:
    """What the entry of an id tag keeps of the answer."""
    return next(e for e in world.station.desk.ledger.cached.values() if fold(e.id_tag) == fold(id_tag))


def authorize(world: World, *id_tags: str) -> World:
    """Present each token without a car, twice where it is accepted, so that the connector is free again."""
    for id_tag in id_tags:
        world.present(id_tag, 1)
        if world.powered and world.state("authorization", 1) == "Granted":
            world.present(id_tag, 1)
    return world


def starts_offline(world: World, id_tag: str) -> bool:
    """Whether a token starts a session at connector 1 with the network gone; what began is ended again."""
    world.link_down().plug_in().present(id_tag, 1)
    started = world.state("connector", 1) == "Charging"
    world.press_stop().plug_out().link_up().wait(5)
    return started


def set_key(world: World, key: str, value: str) -> None:
    assert world.ask("ChangeConfiguration", key=key, value=value).answer == {"status": "Accepted"}


def clear(world: World) -> str:
    answer = world.ask("ClearCache").answer
    assert answer is not None
    assert list(answer) == ["status"]
    return str(answer["status"])


# ---- what the CSMS says is learnt ---------------------------------------------------------------------------


@covers(
    "CS-3.5.1-01", "CS-3.5.1-03", "CS-4.1-10", "CS-3.5-02", "CS-3.5-03",
    rows=("cache:learn", "cache_entry:hold", "cache_entry:use", "authorization:offline"),
)  # fmt: skip
def test_a_token_that_was_accepted_once_starts_offline_ever_after(world: World) -> None:
    assert not starts_offline(world, "alice")
    authorize(world, "alice")
    assert held(world) == {"alice": "Valid"}
    assert starts_offline(world, "alice")


@covers(
    "CS-3.5.1-02", "CS-3.5.1-03", "CS-4.1-10", "CS-3.5.4-02",
    rows=("cache_entry:refuse", "authorization:offline.refuse"),
)  # fmt: skip
@pytest.mark.parametrize("status", ["Blocked", "Invalid"])
def test_a_token_that_was_refused_is_held_as_refused(world: World, status: str) -> None:
    world.csms.tokens["mallory"] = {"status": status}
    authorize(world, "mallory")
    assert held(world) == {"mallory": "Refused"}
    assert said(world, "mallory").status == status
    assert not starts_offline(world, "mallory")


@covers("CS-3.5.1-02", "CS-3.5.4-02", "CS-7.27-02", rows=("cache_entry:expire", "authorization:offline.refuse"))
@pytest.mark.parametrize("info", [{"status": "Expired"}, {"status": "Accepted", "expiryDate": NOON}])
def test_a_token_that_has_expired_already_is_held_as_expired(world: World, info: Json) -> None:
    world.csms.tokens["bob"] = info
    authorize(world, "bob")
    assert held(world) == {"bob": "Expired"}
    assert not starts_offline(world, "bob")


@covers(
    "CS-3.5.1-02", "CS-3.5.1-05", "CS-4.8-06", "CS-3.5.4-02",
    rows=("cache_entry:concur", "cache_entry:concur.again", "authorization:offline.refuse"),
)  # fmt: skip
def test_a_token_that_is_in_use_elsewhere_is_good_and_starts_nothing_offline(world: World) -> None:
    world.csms.plan("Authorize", refuses("ConcurrentTx"))
    authorize(world, "alice")
    assert held(world) == {"alice": "Concurrent"}
    authorize(world, "alice")
    assert held(world) == {"alice": "Valid"}
    world.csms.plan("StartTransaction", refuses("ConcurrentTx"))
    world.plug_in().present("alice").wait(1).plug_out()
    assert held(world) == {"alice": "Concurrent"}
    assert not starts_offline(world, "alice")


@covers(
    "CS-3.5.1-05", "CS-4.1-10", "ERR-3.72-01", rows=("cache_entry:refuse", "cache_entry:hold.again", "cache_entry:hold")
)
def test_the_last_word_of_the_csms_takes_the_place_of_the_one_before(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER, "parentIdTag": "GROUP"}
    authorize(world, "bob")
    assert (said(world, "bob").parent_id_tag, said(world, "bob").expiry_date is None) == ("GROUP", False)
    world.csms.tokens["bob"] = {"status": "Accepted"}
    authorize(world, "bob")
    assert (said(world, "bob").parent_id_tag, said(world, "bob").expiry_date) == (None, None)
    world.csms.tokens["bob"] = {"status": "Blocked"}
    authorize(world, "bob")
    assert held(world) == {"bob": "Refused"}
    world.csms.tokens["bob"] = {"status": "Accepted"}
    authorize(world, "bob")
    assert held(world) == {"bob": "Valid"}


@covers("CS-4.8-06", "CS-3.5.1-03", "CS-3.5.1-05", rows=("cache_entry:refuse", "transaction:refuse.stop"))
def test_start_transaction_answers_for_the_cache_too(world: World) -> None:
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice").wait(5).plug_out()
    assert held(world) == {"alice": "Refused"}
    assert not starts_offline(world, "alice")


@covers("CS-4.8-06", rows=("cache:learn", "cache_entry:refuse"))
def test_it_does_so_when_the_transaction_is_over_by_then(world: World) -> None:
    authorize(world, "alice")
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.link_down().plug_in().present("alice").wait(5).present("alice").plug_out()
    assert held(world) == {"alice": "Valid"}
    world.link_up().wait(5)
    assert held(world) == {"alice": "Refused"}


@covers("CS-4.10-06", "CS-4.10-23", rows=("cache_entry:refuse", "transaction:settle"))
def test_stop_transaction_answers_for_the_token_that_stopped(world: World) -> None:
    world.csms.plan("StopTransaction", says(idTagInfo={"status": "Blocked"}))
    world.plug_in().present("carol").wait(5).present("dave").wait(5)
    assert world.csms.got("StopTransaction")[0]["idTag"] == "dave"
    assert held(world) == {"carol": "Valid", "dave": "Refused"}


@covers("CS-4.10-23", rows=("transaction:settle",))
def test_an_answer_without_id_tag_info_leaves_the_cache_as_it_was(world: World) -> None:
    world.plug_in().present("alice").wait(5)
    before = said(world, "alice")
    world.present("alice").wait(5)
    assert world.csms.got("StopTransaction")
    assert (held(world), said(world, "alice").status) == ({"alice": "Valid"}, before.status)


@covers("CS-3.5.1-09", "CS-4.1-06", "CS-3.5-04", rows=("authorization:ask", "authorization:local"))
def test_online_only_a_valid_entry_saves_the_question(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalPreAuthorize": "true"}).power_up()
    authorize(world, "alice", "mallory")
    before = len(world.csms.got("Authorize"))
    authorize(world, "alice")
    assert len(world.csms.got("Authorize")) == before
    world.csms.tokens["mallory"] = {"status": "Accepted"}
    world.plug_in().present("mallory", 1)
    assert world.csms.got("Authorize")[before:] == [{"idTag": "mallory"}]
    assert world.state("connector", 1) == "Charging"


@covers("CS-3.5.1-05", rows=("cache_entry:hold.again",))
def test_letter_case_does_not_count(world: World) -> None:
    authorize(world, "alice", "ALICE")
    assert held(world) == {"ALICE": "Valid"}
    assert starts_offline(world, "aLiCe")


@covers("CS-3.10-02", "CS-3.4-04", rows=("authorization:other.offline", "cache:learn"))
def test_the_group_of_the_cache_stops_offline(world: World) -> None:
    authorize(world, "carol", "dave", "alice")
    world.link_down().plug_in().present("carol").present("alice")
    assert world.state("connector", 1) == "Charging"
    world.present("dave")
    assert world.state("connector", 1) == "Finishing"


# ---- time -----------------------------------------------------------------------------------------------------


@covers("CS-3.5.1-04", "CS-7.27-02", "CS-3.5.4-03", rows=("cache_entry:lapse", "authorization:offline.refuse"))
@pytest.mark.parametrize("status", ["Accepted", "ConcurrentTx"])
def test_an_entry_whose_date_passes_is_changed_to_expired_there_and_then(world: World, status: str) -> None:
    world.csms.tokens["bob"] = {"status": status, "expiryDate": SOON}
    authorize(world, "bob").wait(29 - world.clock.now_s)
    assert held(world)["bob"] in ("Valid", "Concurrent")
    world.wait(1.1)
    assert held(world) == {"bob": "Expired"}
    assert not starts_offline(world, "bob")


@covers("CS-3.5.1-04", "CS-3.5.1-05", rows=("cache_entry:hold.again", "cache_entry:lapse"))
def test_a_new_date_takes_the_place_of_the_old_one(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": SOON}
    authorize(world, "bob")
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER}
    authorize(world, "bob").wait(3000)
    assert held(world) == {"bob": "Valid"}
    world.wait(700)
    assert held(world) == {"bob": "Expired"}


@covers("CS-3.5.1-04", "CS-3.5.1-05", rows=("cache_entry:lapse",))
@pytest.mark.parametrize("status", ["Accepted", "ConcurrentTx"])
@pytest.mark.parametrize("before", [{}, {"expiryDate": LATER}])
def test_a_date_that_comes_with_later_news_is_kept_to_the_second(world: World, status: str, before: Json) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", **before}
    authorize(world, "bob")
    world.csms.tokens["bob"] = {"status": status, "expiryDate": SOON}
    authorize(world, "bob").wait(30.1 - world.clock.now_s)
    assert held(world) == {"bob": "Expired"}


@covers("CS-7.27-01", rows=("cache_entry:hold",))
def test_without_a_date_a_status_does_not_end(world: World) -> None:
    authorize(world, "alice").wait(3 * 24 * 3600.0)
    assert held(world) == {"alice": "Valid"}


@covers("CS-3.5.1-04", "CS-3.5.1-08", rows=("cache_entry:lapse",))
def test_a_date_passes_in_the_dark_too(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": SOON}
    authorize(world, "bob").link_down().power_cycle(dark_s=60)
    assert held(world) == {"bob": "Expired"}


def csms_says_it_is(world: World, ahead_s: float) -> World:
    """The CSMS's clock jumps, and the station follows it; then the link is gone."""
    world.csms.ahead_s = ahead_s
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    return world.link_down()


@covers("CS-3.5.1-04", "CS-3.5.4-03", rows=("cache_entry:lapse", "authorization:offline.refuse"))
def test_a_date_that_jumps_ahead_takes_the_entry_with_it_when_it_is_looked_up(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER}
    csms_says_it_is(authorize(world, "bob"), 7200)
    assert held(world) == {"bob": "Valid"}, "its timer runs on"
    world.plug_in().present("bob", 1)
    assert world.box.last_verdict == (1, "Refused")
    assert held(world) == {"bob": "Expired"}


@covers("CS-3.5.1-04", rows=("cache_entry:lapse",))
def test_nor_does_the_timer_run_on_for_ever(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER}
    csms_says_it_is(authorize(world, "bob"), 7200).wait(600)
    assert held(world) == {"bob": "Expired"}


@covers("CS-7.27-02", rows=("cache_entry:wait", "cache_entry:lapse"))
def test_a_date_that_is_set_back_gives_the_entry_its_time(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": SOON}
    csms_says_it_is(authorize(world, "bob"), -60).wait(60)
    assert held(world) == {"bob": "Valid"}
    world.wait(60)
    assert held(world) == {"bob": "Expired"}


@covers("CS-3.5.4-03", "CS-3.5.1-08", rows=("cache_entry:wait", "cache_entry:lapse", "authorization:offline.refuse"))
def test_while_nobody_knows_the_date_an_entry_that_has_one_starts_nothing_and_is_kept(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER}
    authorize(world, "bob", "alice")
    world.keeps_time = False
    world.link_down().power_cycle().wait(700)
    assert held(world) == {"bob": "Valid", "alice": "Valid"}
    world.plug_in().present("bob", 1)
    assert world.box.last_verdict == (1, "Refused")
    world.present("alice", 1)
    assert world.box.last_verdict == (1, "Accepted")
    world.present("alice", 1).plug_out().link_up().wait(5).link_down().plug_in().present("bob", 1)
    assert world.box.last_verdict == (1, "Accepted"), "the CSMS has said what day it is"
    world.present("bob", 1).plug_out().wait(3600)
    assert held(world)["bob"] == "Expired"


@covers("CS-3.5.1-04", rows=("authorization:unanswered.refuse",))
def test_an_entry_that_lapses_while_the_csms_is_asked_starts_nothing(world: World) -> None:
    authorize(world, "bob")
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": SOON}
    authorize(world, "bob").wait(28 - world.clock.now_s)
    world.csms.always("Authorize", SILENT)
    world.plug_in().present("bob", 1).wait(11)
    assert world.box.last_verdict == (1, "Refused")


# ---- who makes room ---------------------------------------------------------------------------------------------


@covers("CS-3.5.1-06", rows=("cache:learn.purge", "cache_entry:purge"))
def test_those_that_are_not_valid_leave_first_however_young(small: World) -> None:
    authorize(small, "one", "two", "mallory", "three")
    assert held(small) == {"one": "Valid", "two": "Valid", "three": "Valid"}


@covers("CS-3.5.1-06", rows=("cache:learn.purge", "cache_entry:purge"))
def test_all_that_are_not_valid_leave_together(small: World) -> None:
    small.csms.tokens["bob"] = {"status": "Expired"}
    authorize(small, "mallory", "one", "bob", "two")
    assert held(small) == {"one": "Valid", "two": "Valid"}


@covers("CS-3.5.1-06", rows=("cache:learn.evict", "cache_entry:evict", "cache_entry:use"))
def test_of_the_valid_the_one_leaves_that_was_used_longest_ago(small: World) -> None:
    authorize(small, "one", "two", "three")
    assert starts_offline(small, "one")
    authorize(small, "four")
    assert list(held(small)) == ["three", "one", "four"]
    authorize(small, "three", "five")
    assert list(held(small)) == ["four", "three", "five"], "an answer is use as well"


@covers("CS-3.5.1-06", "CS-3.5.1-08", rows=("cache:learn.evict",))
def test_who_was_used_when_is_known_after_a_power_cut(small: World) -> None:
    authorize(small, "one", "two", "three")
    assert starts_offline(small, "one")
    authorize(small.power_cycle().wait(5), "four")
    assert list(held(small)) == ["three", "one", "four"]


@covers("CS-3.5.1-05", "CS-3.5.1-06", rows=("cache_entry:hold.again",))
def test_news_of_one_that_is_held_costs_nobody_his_place(small: World) -> None:
    authorize(small, "one", "two", "three", "one")
    assert list(held(small)) == ["two", "three", "one"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(list(AuthorizationStatus)), st.booleans())))
@covers("CS-3.5.1-06", "CS-3.5.1-05")
def test_whatever_is_learnt_the_cache_is_what_a_plain_model_says(
    told: list[tuple[str, AuthorizationStatus, bool]],
) -> None:
    world = World(file=with_room_for(3)).power_up()
    model: dict[str, bool] = {}
    for tag, status, used in told:
        good = status in (AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX)
        if tag not in model and len(model) == 3:
            bad = [other for other, valid in model.items() if not valid]
            for other in bad or [next(iter(model))]:
                del model[other]
        model.pop(tag, None)
        model[tag] = good
        world.station.tokens.learn(tag.upper() if used else tag, IdTagInfo(status=status))
        if used and good:
            world.station.tokens.look_up(tag)
        assert [fold(each) for each in held(world)] == list(model)
        assert [state in ("Valid", "Concurrent") for state in held(world).values()] == list(model.values())


# ---- ClearCache, and the key ----------------------------------------------------------------------------------


@covers("CS-5.4-02", "CS-5.4-03", "CS-7.20-01", "CS-6.12-01", rows=("cache:clear", "cache_entry:clear"))
def test_a_cache_that_was_cleared_holds_nobody(world: World) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": LATER}
    authorize(world, "alice", "mallory", "bob")
    assert clear(world) == "Accepted"
    assert held(world) == {}
    assert not starts_offline(world, "alice")
    authorize(world, "alice")
    assert held(world) == {"alice": "Valid"}, "it learns anew"


@covers("CS-5.4-03", "CS-7.20-01", rows=("cache:clear",))
def test_an_empty_cache_is_cleared_as_well(world: World) -> None:
    assert clear(world) == "Accepted"


@covers("CS-5.4-03", "CS-3.5-04", "CS-4.1-06", rows=("cache:clear", "authorization:ask"))
def test_who_was_cleared_is_asked_for_again(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalPreAuthorize": "true"}).power_up()
    authorize(world, "alice")
    clear(world)
    authorize(world, "alice")
    assert world.csms.got("Authorize") == [{"idTag": "alice"}] * 2


@covers(
    "CS-9.1.2-01", "CS-3.5.1-10", "CS-9-02", "ERR-3.23-01", "CS-7.20-02",
    rows=("cache:disable", "cache:enable", "cache:clear.reject", "authorization:offline.refuse"),
)  # fmt: skip
def test_a_disabled_cache_is_kept_and_neither_consulted_nor_changed(world: World) -> None:
    authorize(world, "alice")
    set_key(world, "AuthorizationCacheEnabled", "false")
    assert not starts_offline(world, "alice")
    world.csms.tokens["alice"] = {"status": "Blocked"}
    authorize(world, "alice", "bob")
    assert clear(world) == "Rejected"
    assert held(world) == {"alice": "Valid"}
    set_key(world, "AuthorizationCacheEnabled", "true")
    assert starts_offline(world, "alice")


@covers("CS-9.1.2-01", "CS-3.5.1-06", rows=("cache:disable",))
def test_nor_is_an_entry_used_in_it(small: World) -> None:
    authorize(small, "one", "two")
    set_key(small, "AuthorizationCacheEnabled", "false")
    assert not starts_offline(small, "one")
    assert list(held(small)) == ["one", "two"]


@covers("CS-9.1.2-01", "CS-4.1-06", rows=("cache:disable", "authorization:ask"))
def test_a_disabled_cache_saves_no_question(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalPreAuthorize": "true"}).power_up()
    authorize(world, "alice")
    set_key(world, "AuthorizationCacheEnabled", "false")
    authorize(world, "alice")
    assert len(world.csms.got("Authorize")) == 2


@covers("CS-9.1.2-01", "CS-3.5.1-08", rows=("cache:enable",))
def test_disabled_and_enabled_it_is_so_after_a_power_cut(world: World) -> None:
    authorize(world, "alice")
    set_key(world, "AuthorizationCacheEnabled", "false")
    assert not starts_offline(world.power_cycle().wait(5), "alice")
    set_key(world, "AuthorizationCacheEnabled", "true")
    assert starts_offline(world.power_cycle().wait(5), "alice")


@covers("CS-3.5.3-01", "CS-3.5.3-02", rows=("cache_entry:list", "local_list:replace.empty"))
def test_whom_the_list_names_is_out_of_the_cache_for_good(world: World) -> None:
    authorize(world, "alice", "bob")
    named = [{"idTag": "ALICE", "idTagInfo": {"status": "Accepted"}}]
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=named)
    assert held(world) == {"bob": "Valid"}
    authorize(world, "alice")
    assert held(world) == {"bob": "Valid"}, "nor does it come back while it is named"
    world.ask("SendLocalList", updateType="Full", listVersion=2)
    assert not starts_offline(world, "alice")
    assert starts_offline(world, "bob")


# ---- what power cuts and resets leave -------------------------------------------------------------------------


@covers("CS-3.5.1-07", "CS-3.5.1-08", "ERR-3.4-01", "CS-5.14-12", rows=("cache_entry:hold", "authorization:offline"))
@pytest.mark.parametrize("how", ["Soft", "Hard", "power cut"])
def test_the_cache_survives(world: World, how: str) -> None:
    authorize(world, "alice", "mallory")
    if how == "power cut":
        world.power_cycle().wait(5)
    else:
        world.ask("Reset", type=how)
        world.wait(30)
    assert world.boots == 2
    assert held(world) == {"alice": "Valid", "mallory": "Refused"}
    assert starts_offline(world, "alice")


def busy(world: World) -> bool:
    """Learning, making room both ways, expiring, clearing: whatever writes to the cache. Whether it was cleared."""
    world.power_up()
    world.csms.tokens |= {"two": {"status": "Accepted", "expiryDate": SOON}, "three": {"status": "Accepted"}}
    authorize(world, "two", "mallory", "three", "alice", "bob", "carol").wait(30)
    return world.ask("ClearCache").answer == {"status": "Accepted"}


@covers(
    "CS-3.5.1-07", "CS-3.5.1-08", rows=("cache_entry:hold", "cache_entry:purge", "cache_entry:evict", "cache:clear")
)
@pytest.mark.parametrize("death", [Death.DROPPED, Death.TORN], ids=lambda death: death.name.lower())
def test_wherever_the_power_goes_the_cache_is_whole_and_a_cleared_one_stays_so(fired: FiredRows, death: Death) -> None:
    for place in count(1):
        world = World(fired.see, file=with_room_for(3))
        world.death = death
        world.fuse.set(place)
        cleared, cut = busy(world), not world.powered
        desk = world.power_up().station.desk
        entries = {entry.slot for entry in desk.engine.living("cache_entry")}
        assert entries == set(desk.ledger.cached), f"place {place} ({world.fuse.blew})"
        assert len(entries) <= (0 if cleared else 3)
        if not cut:
            break
    assert place > 100


@covers("CS-5.4-03", "CS-3.5.1-06", rows=("cache:clear", "cache_entry:clear", "cache:learn.evict"))
def test_the_largest_cache_that_a_station_file_may_ask_for_comes_to_its_end_in_one_step(fired: FiredRows) -> None:
    world = World(fired.see, file=with_room_for(MAX_CACHE_ENTRIES)).power_up()
    for number in range(MAX_CACHE_ENTRIES):
        world.station.tokens.learn(f"tag-{number}", IdTagInfo(status=AuthorizationStatus.ACCEPTED))
    authorize(world, "alice")
    assert len(held(world)) == MAX_CACHE_ENTRIES
    assert next(iter(held(world))) == "tag-1"
    assert clear(world) == "Accepted"
    assert held(world) == {}
