"""Joins every test to the evidence plugin (``covering.py``), and names the long search (``searching.py``).

And the two worlds in which most scenarios begin; a file that wants another one says so itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from properties.world.world import World

if TYPE_CHECKING:
    from tests.covering import FiredRows  # pytest has to load it itself, as a plugin

pytest_plugins = ["tests.covering", "tests.searching"]


@pytest.fixture
def world(fired: FiredRows) -> World:
    """The station has power, and the CSMS has accepted it."""
    return World(fired.see).power_up()


@pytest.fixture
def charging(world: World) -> World:
    """An EV charges at connector 1."""
    return world.plug_in().present("alice")
