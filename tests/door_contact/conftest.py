"""The station with a door contact: its tables with the block's, and one block more in the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import load_composition
from properties.world.world import World
from runtime.blocks import BLOCKS
from tests.covering import FiredRows
from tests.door_contact.block.operations import BLOCK, DoorPanel, SimulatedDoor
from tests.door_contact.tables import with_door


@pytest.fixture(scope="session")
def composition(tmp_path_factory: pytest.TempPathFactory) -> Composition:
    return load_composition(with_door(tmp_path_factory.mktemp("door")))


@pytest.fixture
def boxed(composition: Composition, fired: FiredRows) -> World:
    """A station with a door that is closed."""
    return World(fired.see, composition=composition, blocks=(*BLOCKS, BLOCK)).power_up()


@pytest.fixture
def door(boxed: World) -> SimulatedDoor:
    found: SimulatedDoor = boxed.ports[DoorPanel]
    return found


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy that may be broken."""
    return with_door(tmp_path)
