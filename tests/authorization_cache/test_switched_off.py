"""ClearCache, and AuthorizationCacheEnabled: who is forgotten, and who is only not looked at."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.authorization_cache.looking import LATER, authorize, clear, held, set_key, starts_offline
from tests.covering import FiredRows, covers


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


@covers("CS-3.5.3-01", "CS-3.5.3-02", "CS-4.1-10", rows=("cache_entry:list", "local_list:replace.empty"))
@pytest.mark.parametrize("kind", ["Full", "Differential"])
def test_whom_the_list_names_is_out_of_the_cache_for_good(world: World, kind: str) -> None:
    authorize(world, "alice", "bob")
    named = [{"idTag": "ALICE", "idTagInfo": {"status": "Accepted"}}]
    world.ask("SendLocalList", updateType=kind, listVersion=1, localAuthorizationList=named)
    assert held(world) == {"bob": "Valid"}
    authorize(world, "alice")
    assert held(world) == {"bob": "Valid"}, "nor does it come back while it is named"
    world.ask("SendLocalList", updateType="Full", listVersion=2)
    assert not starts_offline(world, "alice")
    assert starts_offline(world, "bob")
