"""A station with a fault planted in one of its functions, and the world around it.

The fault is part of the bindings: whatever the tables, the CSMS or the box call by name can be the one that raises,
when it has done all that it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

from properties.world.world import Watcher, World
from runtime.core.binding import Bindings
from runtime.core.block import Setup
from runtime.core.inputs import Input, Moment, PowerUp
from runtime.core.ports import Records, Step
from runtime.core.station import Station
from tests.undo.image import image

Name = tuple[str, object]
KINDS = ("perform", "answer", "last", "show", "address", "respond", "take")


class PlantedError(Exception):
    """Nobody foresaw it."""


@define
class Fault:
    """Each function of ``names`` raises once, and any of ``always`` whenever it is called."""

    names: set[Name] = field(factory=set)
    always: set[Name] = field(factory=set)
    called: set[Name] = field(factory=set)
    at_power_up: set[Name] = field(factory=set)
    """What was called in another step than a power up, and what in one."""
    struck: list[Name] = field(factory=list)
    armed: bool = True

    def wrap(self, name: Name, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the fault in it."""

        def wrapped(*given: Any) -> Any:
            (self.called if self.armed else self.at_power_up).add(name)
            said = function(*given)
            if self.armed and (name in self.names or name in self.always):
                self.names.discard(name)
                self.struck.append(name)
                raise PlantedError(str(name))
            return said

        return wrapped


@define
class PlantedBindings(Bindings):
    """All functions of all blocks, each with the fault in it."""

    fault: Fault = field(factory=Fault)

    def gather(self, blocks: Iterable[object]) -> None:
        """Gather them as ever, and wrap them."""
        super().gather(blocks)
        for kind in KINDS:
            book = getattr(self, kind)
            for key in book:
                book[key] = self.fault.wrap((kind, key), book[key])


class PlantedStation(Station):
    """Compares all that it is before and after each step that was undone. ``fault`` and ``undone`` are the world's."""

    fault: Fault
    undone: list[Input]
    before: list[object]

    def new_bindings(self) -> Bindings:
        """They have the fault in them."""
        return PlantedBindings(fault=self.fault)

    def step(self, given: Input, now: Moment) -> Step:
        """The station's own step; a power up has no fault, for a station that cannot begin does not go on."""
        self.fault.armed = not isinstance(given, PowerUp)
        if self.fault.names or self.fault.always:
            self.before[:] = image(self)
        return super().step(given, now)

    def instead(self, given: Input, now: Moment, problem: Exception) -> Step:
        """The step is undone; now everything is as it was."""
        self.undone.append(given)
        left = [(was, now_is) for was, now_is in zip(self.before, image(self), strict=False) if was != now_is]
        assert not left, f"{self.fault.struck[-1]} leaves something behind: {left[0]}"
        return super().instead(given, now, problem)


class PlantedWorld(World):
    """The world of such a station."""

    most_failures = 1_000_000

    def __init__(self, fault: Fault, *watchers: Watcher, **options: Any) -> None:
        self.planted, self.undone = fault, list[Input]()
        super().__init__(*watchers, **options)

    def new_station(self, setup: Setup, records: Records, seed: int) -> Station:
        """Of the life that begins."""
        shared = {"fault": self.planted, "undone": self.undone, "before": []}
        kind = type("PlantedStation", (PlantedStation,), shared)
        station: Station = kind(setup, records, seed)
        return station
