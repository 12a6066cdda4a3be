"""Worlds in which a session begins: without power, booted, charging."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import FiredRows


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see)


@pytest.fixture
def booted(world: World) -> World:
    return world.power_up()


@pytest.fixture
def charging(booted: World) -> World:
    """Connector 1 charges for Alice."""
    booted.plug_in().present("alice")
    assert booted.csms.statuses(1)[-1] == "Charging"
    return booted
