"""A world whose cache has space for three."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.authorization_cache.looking import with_space_for
from tests.covering import FiredRows


@pytest.fixture
def small(fired: FiredRows) -> World:
    """A station whose cache has space for three; every token but the blocked ones of the CSMS is good."""
    world = World(fired.see, file=with_space_for(3)).power_up()
    world.csms.tokens |= {tag: {"status": "Accepted"} for tag in ("one", "two", "three", "four", "five")}
    return world
