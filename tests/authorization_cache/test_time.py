"""How long an entry holds, by the clock of the CSMS, wherever that clock goes."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT
from properties.world.world import World
from tests.authorization_cache.looking import LATER, SOON, Json, authorize, held, starts_offline
from tests.covering import covers


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
