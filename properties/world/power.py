"""Power that can go between any two things a station does.

Every place at which a power cut makes a difference calls ``Fuse.passes`` with its name: before a step, after it and
before its commit, within the commit, after it, before each effect. A fuse that was set to blow at the n-th place
raises ``PowerCut`` there; so a scenario can be cut at the first place, at the second, and so on until it runs through
("fail the n-th operation, for every n").

``PowerCut`` is no ``Exception``: the host stops for whatever fails, but no handler outlives the power.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define

from runtime.core.inputs import HardwareInput, Input, MeterReading, Moment
from runtime.core.ports import Hardware, Station, Step


class PowerCut(BaseException):
    """The power is gone; the message names the place."""


@define(eq=False)
class Fuse:
    """Counts the places that were passed, and blows at one of them."""

    passed: int = 0
    blows_at: int | None = None
    blew: str = ""

    def passes(self, place: str) -> None:
        """The station is at that place. Raises PowerCut if this is where the power goes."""
        self.passed += 1
        if self.blows_at is not None and self.passed >= self.blows_at:
            self.blows_at, self.blew = None, place
            raise PowerCut(place)

    def set(self, after: int) -> None:
        """Blow at the n-th place from here on, 1 for the next."""
        self.blows_at = self.passed + after


@define(eq=False)
class FusedStation:
    """The station, with a place before and after each step; satisfies ``runtime.core.ports.Station``."""

    station: Station
    fuse: Fuse

    def step(self, given: Input, now: Moment) -> Step:
        """The station's own step."""
        self.fuse.passes(f"before {type(given).__name__}")
        step = self.station.step(given, now)
        self.fuse.passes(f"after {type(given).__name__}, before its commit")
        return step

    def next_deadline(self) -> float | None:
        """The station's own deadline."""
        return self.station.next_deadline()


@define(eq=False)
class FusedPort:
    """What a block performs its own effects by, with a place before whatever is asked of it but to listen."""

    port: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        if name != "subscribe":
            self.fuse.passes(f"before {name}")
        return getattr(self.port, name)


@define(eq=False)
class FusedHardware:
    """The box, with a place before each effect; satisfies ``runtime.core.ports.Hardware``."""

    hardware: Hardware
    fuse: Fuse

    def subscribe(self, emit: Callable[[HardwareInput], None]) -> None:
        """Pass on."""
        self.hardware.subscribe(emit)

    def meters(self, monotonic_s: float) -> tuple[MeterReading, ...]:
        """Pass on."""
        return self.hardware.meters(monotonic_s)

    def set_power_limit(self, connector: int, limit_w: float, monotonic_s: float) -> None:
        """Pass on, if there is power."""
        self.fuse.passes("before SetPowerLimit")
        self.hardware.set_power_limit(connector, limit_w, monotonic_s)

    def tell_driver(self, connector: int, verdict: str) -> None:
        """Pass on, if there is power."""
        self.fuse.passes("before TellDriver")
        self.hardware.tell_driver(connector, verdict)

    def restart(self) -> None:
        """Pass on, if there is power."""
        self.fuse.passes("before RestartHardware")
        self.hardware.restart()
