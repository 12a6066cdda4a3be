"""Who makes space for whom in a cache that is full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.types import AuthorizationStatus, IdTagInfo, fold
from model.station_file import MAX_CACHE_ENTRIES
from properties.world.world import World
from runtime.operations.tokens import Tokens
from tests.authorization_cache.looking import authorize, clear, held, starts_offline, with_space_for
from tests.covering import FiredRows, covers


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


@covers("CS-3.5.1-06", rows=("cache_entry:use",))
def test_to_be_presented_is_use_before_any_answer(small: World) -> None:
    authorize(small, "one", "two", "three")
    small.link_down().present("one", 1)
    assert list(held(small)) == ["two", "three", "one"]


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


@given(st.lists(st.tuples(st.sampled_from("abcdeABC"), st.sampled_from([*AuthorizationStatus, None]))))
@covers("CS-3.5.1-06", "CS-3.5.1-05")
@pytest.mark.exhaustive
def test_whatever_is_learnt_and_used_the_cache_is_what_a_plain_model_says(
    steps: list[tuple[str, AuthorizationStatus | None]],
) -> None:
    """What is told of a tag; with None it is presented."""
    world = World(file=with_space_for(3)).power_up()
    model: dict[str, bool] = {}
    for id_tag, status in steps:
        tag = fold(id_tag)
        if status is None:
            world.station.part(Tokens).look_up(id_tag)
            if model.get(tag):
                model[tag] = model.pop(tag)
        else:
            world.station.part(Tokens).learn(id_tag, IdTagInfo(status=status))
            if tag not in model and len(model) == 3:
                bad = [other for other, valid in model.items() if not valid]
                for other in bad or [next(iter(model))]:
                    del model[other]
            model.pop(tag, None)
            model[tag] = status in (AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX)
        assert [fold(each) for each in held(world)] == list(model)
        assert [state in ("Valid", "Concurrent") for state in held(world).values()] == list(model.values())


@covers("CS-5.4-03", "CS-3.5.1-06", rows=("cache:clear", "cache_entry:clear", "cache:learn.evict"))
def test_the_largest_cache_that_a_station_file_may_ask_for_comes_to_its_end_in_one_step(fired: FiredRows) -> None:
    world = World(fired.see, file=with_space_for(MAX_CACHE_ENTRIES)).power_up()
    for number in range(MAX_CACHE_ENTRIES):
        world.station.part(Tokens).learn(f"tag-{number}", IdTagInfo(status=AuthorizationStatus.ACCEPTED))
    authorize(world, "alice")
    assert len(held(world)) == MAX_CACHE_ENTRIES
    assert next(iter(held(world))) == "tag-1"
    assert clear(world) == "Accepted"
    assert held(world) == {}
