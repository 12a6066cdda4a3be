"""What power cuts and resets leave of the cache."""

from __future__ import annotations

from itertools import count

import pytest

from properties.world.disk import Death
from properties.world.world import World
from tests.authorization_cache.looking import SOON, authorize, held, starts_offline, with_space_for
from tests.covering import FiredRows, covers


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
    """Learning, making space both ways, expiring, clearing: whatever writes to the cache. Whether it was cleared."""
    world.power_up()
    world.csms.tokens |= {"two": {"status": "Accepted", "expiryDate": SOON}, "three": {"status": "Accepted"}}
    authorize(world, "two", "mallory", "three", "alice", "bob", "carol").wait(30)
    return world.ask("ClearCache").answer == {"status": "Accepted"}


@pytest.mark.exhaustive
@covers(
    "CS-3.5.1-07", "CS-3.5.1-08", rows=("cache_entry:hold", "cache_entry:purge", "cache_entry:evict", "cache:clear")
)
@pytest.mark.parametrize("death", [Death.DROPPED, Death.TORN], ids=lambda death: death.name.lower())
def test_wherever_the_power_goes_the_cache_is_whole_and_a_cleared_one_stays_so(fired: FiredRows, death: Death) -> None:
    for place in count(1):
        world = World(fired.see, file=with_space_for(3))
        world.death = death
        world.fuse.set(place)
        cleared, cut = busy(world), not world.powered
        context = world.power_up().station.context
        entries = {entry.slot for entry in context.engine.living("cache_entry")}
        assert entries == set(context.ledger.cached), f"place {place} ({world.fuse.blew})"
        assert len(entries) <= (0 if cleared else 3)
        if not cut:
            break
    assert place > 100
