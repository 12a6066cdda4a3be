"""The two slots of the box for images of its firmware: one runs, the other takes the next image (A/B update).

The station says which file is to be installed, and which slot to start; the box verifies, writes, starts, and starts
the old slot again where the new one does not boot. At each start it says which image runs. An image that runs on trial
is started once: unless it is kept, the next start is the old one's.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar, Protocol

from attrs import field
from attrs.validators import max_len

from model.record import frozen
from runtime.core.inputs import HardwareInput, Input
from runtime.core.ports import Effect

MAX_VERSION_CHARS = 50
"""BootNotification.req has no space for more (CS-6.3-01)."""


class Slot(StrEnum):
    """A place for an image."""

    A = "A"
    B = "B"

    @property
    def other(self) -> Slot:
        """The one that does not run where this one does."""
        return Slot.B if self is Slot.A else Slot.A


class Start(StrEnum):
    """How the image came to run."""

    KEPT = "Kept"
    """As at the last start."""
    ON_TRIAL = "OnTrial"
    """For the first time, and for the last unless it is kept."""
    FELL_BACK = "FellBack"
    """Because the one that was to be tried did not boot, or was not kept."""


@frozen
class FirmwareStarted(HardwareInput):
    """Power has come: this image runs. An empty ``version``: the one of the station file."""

    slot: Slot
    version: str = field(default="", validator=max_len(MAX_VERSION_CHARS))
    start: Start = Start.KEPT


@frozen
class FirmwareInstalled(HardwareInput):
    """The image of that file is valid, and in that slot."""

    file: str
    slot: Slot
    version: str


@frozen
class FirmwareNotInstalled(HardwareInput):
    """The image of that file is none for this box, or could not be written; ``why`` is for the log."""

    file: str
    why: str


@frozen
class FirmwareKept(HardwareInput):
    """From now on the box starts that slot."""

    slot: Slot


class FirmwareSlots(Protocol):
    """The slots of the box, and what starts them."""

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on call ``emit`` with what the box says, on the loop's thread; what has started it says at once."""

    def install(self, file: str) -> None:
        """Perform InstallFirmware."""

    def activate(self, slot: Slot) -> None:
        """Perform ActivateFirmware."""

    def keep(self) -> None:
        """Perform KeepFirmware."""


@frozen
class InstallFirmware(Effect):
    """Verify an image of the transfer directory, and write it into the slot that does not run.

    Ended by FirmwareInstalled or FirmwareNotInstalled, once.
    """

    port: ClassVar[type | None] = FirmwareSlots
    file: str

    def perform(self, port: FirmwareSlots) -> None:
        """Beside the loop."""
        port.install(self.file)

    def failed(self, why: str) -> FirmwareNotInstalled:
        """An installation that cannot be begun has failed."""
        return FirmwareNotInstalled(self.file, f"it could not be begun: {why}")


@frozen
class ActivateFirmware(Effect):
    """Try that slot at the next start."""

    port: ClassVar[type | None] = FirmwareSlots
    slot: Slot

    def perform(self, port: FirmwareSlots) -> None:
        """Durably; nothing changes until then."""
        port.activate(self.slot)


@frozen
class KeepFirmware(Effect):
    """The image that runs is good: start it from now on. FirmwareKept follows."""

    port: ClassVar[type | None] = FirmwareSlots

    def perform(self, port: FirmwareSlots) -> None:
        """Durably."""
        port.keep()


FIRMWARE_EFFECTS = (InstallFirmware, ActivateFirmware, KeepFirmware)
"""For the ``effects`` of the block that updates the firmware."""


class NoFirmwareSlots:
    """Satisfies ``FirmwareSlots`` for a box that runs the one image that it has."""

    def __init__(self) -> None:
        self._emit: Callable[[Input], None] = lambda _: None

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """The version that runs is that of the station file; nothing is to be said of it."""
        self._emit = emit

    def install(self, file: str) -> None:
        """It cannot."""
        self._emit(FirmwareNotInstalled(file, "this box has no slot for another image"))

    def activate(self, slot: Slot) -> None:
        """Nothing has been installed that could be started."""

    def keep(self) -> None:
        """There is nothing else to start."""
