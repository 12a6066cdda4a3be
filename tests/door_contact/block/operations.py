"""The door contact: what the hardware says of the door, and the lamp above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from model.language.composition import Instance
from model.record import frozen
from runtime.core.binding import performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import HardwareInput, Input
from runtime.core.ports import Effect


@frozen
class DoorOpened(HardwareInput):
    """The contact has opened."""


@frozen
class DoorClosed(HardwareInput):
    """The contact has closed."""


class DoorPanel(Protocol):
    """The door with its contact and its lamp."""

    def subscribe(self, submit: Callable[[Input], None]) -> None:
        """From now on call ``submit`` with what the contact does, on the loop's thread."""

    def set_lamp(self, on: bool) -> None:
        """Perform SetDoorLamp."""


@frozen
class SetDoorLamp(Effect):
    """The lamp above the door, on or off."""

    port: ClassVar[type | None] = DoorPanel
    on: bool

    def perform(self, port: DoorPanel) -> None:
        """Until the next."""
        port.set_lamp(self.on)


class SimulatedDoor:
    """Satisfies ``DoorPanel``: a door that somebody opens and closes."""

    def __init__(self) -> None:
        self.is_open = self.lamp = False
        self._tell: Callable[[Input], None] = lambda _: None

    def subscribe(self, submit: Callable[[Input], None]) -> None:
        """A station that has just got its power is told of a door that stands open."""
        self._tell = submit
        if self.is_open:
            submit(DoorOpened())

    def set_lamp(self, on: bool) -> None:
        """Show it."""
        self.lamp = on

    def open(self) -> None:
        """Somebody opens it."""
        self.is_open = True
        self._tell(DoorOpened())

    def close(self) -> None:
        """Somebody closes it."""
        self.is_open = False
        self._tell(DoorClosed())


class Door:
    """What the contact says, and what the lamp shows."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context

    @takes(DoorOpened)
    def opened(self, given: DoorOpened) -> None:
        """For every connector: it is one box."""
        self.context.act("door", "opened")

    @takes(DoorClosed)
    def closed(self, given: DoorClosed) -> None:
        """The same."""
        self.context.act("door", "closed")

    @performs("door", "set lamp")
    def set_lamp(self, at: Instance, value: str) -> None:
        """As the row says."""
        self.context.effect(SetDoorLamp(value == "On"))


BLOCK = Block("door", lambda parts: Door(parts.context), effects=(SetDoorLamp,), ports={DoorPanel: SimulatedDoor})
