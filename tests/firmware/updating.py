"""What a CSMS asks of a station about its firmware, what it serves, and what can be seen of it from outside."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from properties.world.csms import Asked
from properties.world.world import World
from runtime.adapters.firmware_slots import Image

OLD, NEW = "TCU:V3.01.4", "TCU:V3.02.0"
PLACE = "https://firmware.example/new.image"
NOWHERE = "https://firmware.example/none.image"
DONE = ["Downloading", "Downloaded", "Installing", "Installed"]
FAILED = ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
NO_IMAGE = "not an image"

PREPARED_S = 30.0
"""Longer than a download and an installation take together in a world."""


def serve(world: World, content: object = Image(NEW)) -> World:
    """It lies there from now on."""
    world.transfers.served[PLACE] = content
    return world


def in_s(world: World, seconds: float) -> str:
    """A date so far ahead, by the clock of the CSMS."""
    return (world.clock.true_utc() + timedelta(seconds=world.csms.ahead_s + seconds)).isoformat()


def update(world: World, location: str = PLACE, ahead_s: float = -60.0, **more: Any) -> Asked:
    """Ask for it."""
    return world.ask("UpdateFirmware", location=location, retrieveDate=in_s(world, ahead_s), **more)


def told(world: World) -> list[str]:
    """The statuses that the CSMS has received, in order."""
    return [status["status"] for status in world.csms.got("FirmwareStatusNotification")]


def version(world: World) -> str:
    """What the last BootNotification.req said."""
    return str(world.csms.got("BootNotification")[-1]["firmwareVersion"])


def attempts_s(world: World) -> list[float]:
    """Seconds between the beginnings of the attempts."""
    begun = [at_s for at_s, _ in world.transfers.attempts]
    return [round(later - earlier, 1) for earlier, later in pairwise(begun)]
