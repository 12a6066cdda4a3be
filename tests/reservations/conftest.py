"""The world in which connectors are reserved."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import FiredRows


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings={"ConnectionTimeOut": "30"}).power_up()
