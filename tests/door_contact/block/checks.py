"""How the world brings about that the door opens and closes, and what must hold of it."""

from __future__ import annotations

from pathlib import Path

from properties.blocks.checks import BlockChecks
from properties.replay.stage import Stimuli
from properties.replay.stimuli import submits
from tests.door_contact.block.operations import DoorClosed, DoorOpened

CHECKS = BlockChecks(
    "door",
    stimuli=Stimuli({"door.opened": submits(lambda _: DoorOpened()), "door.closed": submits(lambda _: DoorClosed())}),
    properties=Path(__file__).parent / "door_properties.toml",
)
