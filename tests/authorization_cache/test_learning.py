"""What the CSMS says of a token is learnt, whoever asked."""

from __future__ import annotations

import pytest

from properties.world.csms import refuses, says
from properties.world.world import World
from tests.authorization_cache.looking import LATER, NOON, Json, authorize, held, said, starts_offline
from tests.covering import FiredRows, covers


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


@covers("CS-4.10-23", rows=("local_list:replace", "transaction:settle"))
def test_whom_the_list_names_is_not_learnt_by_stopping(world: World) -> None:
    info = {"status": "Accepted", "parentIdTag": "group"}
    world.csms.tokens["carol"] = info
    named = [{"idTag": "dave", "idTagInfo": info}]
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=named)
    world.plug_in().present("carol").wait(5).present("dave").wait(5)
    assert world.csms.got("StopTransaction")[0]["idTag"] == "dave"
    assert held(world) == {"carol": "Valid"}


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
