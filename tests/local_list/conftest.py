"""The world in which lists are sent."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import FiredRows


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()
