"""A simulated box for tests: a charger, a clock of the scenario's own, and everything that it has told."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from properties.world.clock import VirtualClock
from runtime.adapters.charger import ChargerHardware, SimulatedCharger
from runtime.adapters.meter_file import MeterFile
from runtime.adapters.physics import CurveStep, EvModel
from runtime.adapters.simulated_connector import ConnectorHardware
from runtime.core.inputs import HardwareInput

EV: Final = EvModel(battery_wh=10_000, soc=0.5, max_power_w=36_000, curve=(CurveStep(0.0, 1.0),))
"""Takes 10 Wh a second, and is full after 500 seconds."""

BOX: Final = ChargerHardware((ConnectorHardware(1_000.0, ev=EV), ConnectorHardware(2_000.0, ev=EV)))


@define(eq=False)
class Time(VirtualClock):
    """A clock that moves when the scenario says so, and the timers that hang on it."""

    now_s: float = 1_000.0

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and everything that it brings."""
        end_s = self.now_s + seconds
        while (due_s := self.next_s()) is not None and due_s <= end_s:
            self.run_next()
        self.now_s = end_s

    @property
    def waits(self) -> bool:
        """Whether a timer is set."""
        return self.next_s() is not None


@define
class Box:
    """A charger, its time, and everything that it has told."""

    time: Time = field(factory=Time)
    memory: MeterFile | None = None
    hardware: ChargerHardware = BOX
    told: list[HardwareInput] = field(factory=list)
    charger: SimulatedCharger = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.charger = SimulatedCharger(self.hardware, self.time.monotonic_s, self.time.call_later, self.memory)
        self.charger.subscribe(self.told.append)
        self.time.pass_by(0)

    def heard(self) -> list[HardwareInput]:
        told = list(self.told)
        self.told.clear()
        return told

    def offer(self, connector: int, limit_w: float) -> None:
        self.charger.set_power_limit(connector, limit_w, self.time.now_s)

    def registers(self) -> list[int]:
        return [meter.register_wh for meter in self.charger.meters(self.time.now_s)]


def charging(box: Box, connector: int = 1) -> Box:
    """A car is there, and is offered all that it can take."""
    box.charger.plug_in(connector)
    box.offer(connector, 36_000)
    box.heard()
    return box
