"""Worlds that have something to say: idle, and charging."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import FiredRows


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


@pytest.fixture
def charging(world: World) -> World:
    return world.plug_in().present("alice")
