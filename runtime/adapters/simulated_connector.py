"""One connector of the simulated box: the cable and the car at it, its error, what is offered, and what may flow.

A unit knows nothing of its neighbours: how the power is shared is the physics' business, when something happens the
charger's. Nothing flows at one with an error, but for those that charging survives (`SURVIVED`): there the station's
rows say what becomes of the offer.
"""

from __future__ import annotations

from typing import Final

from attrs import define, evolve, field, validators

from model.record import frozen
from runtime.adapters.meter_file import Fault, KeptConnector
from runtime.adapters.physics import EvModel, Outlet
from runtime.core.inputs import MeterReading

SURVIVED: Final = frozenset(
    {"EVCommunicationError", "WeakSignal", "ReaderFailure", "LocalListConflict", "ResetFailure"}
)
"""Errors that stop no current by themselves: of the communication with the EV, and with others."""


@frozen
class ConnectorHardware:
    """One connector: what its meter showed when it left the factory, its greatest power, and the cars that come."""

    first_register_wh: float = field(default=0.0, validator=validators.ge(0))
    max_power_w: float = field(default=60_000.0, validator=validators.gt(0))
    ev: EvModel = field(factory=EvModel)


@define
class SimulatedConnector:
    """A connector and what is at it."""

    hardware: ConnectorHardware
    outlet: Outlet
    plugged: bool = False
    wants_energy: bool = True
    ready: bool = False
    offer_w: float = 0.0
    fault: Fault | None = None

    @classmethod
    def new(cls, hardware: ConnectorHardware) -> SimulatedConnector:
        """As it left the factory."""
        ev = hardware.ev
        return cls(hardware, Outlet(ev, ev.soc * ev.battery_wh, hardware.first_register_wh))

    @classmethod
    def remembered(cls, hardware: ConnectorHardware, kept: KeptConnector) -> SimulatedConnector:
        """As the power went: register, battery, cable and error."""
        outlet = Outlet(hardware.ev, min(kept.energy_wh, hardware.ev.battery_wh), kept.register_wh)
        return cls(hardware, outlet, kept.plugged, kept.wants_energy, fault=kept.fault)

    def kept(self) -> KeptConnector:
        """What a power cut leaves."""
        return KeptConnector(
            self.outlet.register_wh, self.outlet.energy_wh, self.plugged, self.wants_energy, self.fault
        )

    @property
    def state(self) -> str:
        """Its state in one word, for error messages."""
        if self.fault is not None and stops(self.fault):
            return word(self.fault)
        if not self.plugged:
            return "Unplugged"
        if self.outlet.limit_w > 0:
            return "Charging"
        return "Ready" if self.ready else "Plugged"

    @property
    def offered_w(self) -> float:
        """What the EV is offered: never more than the connector can give."""
        return min(self.offer_w, self.hardware.max_power_w)

    # ---- what happens at it

    def car_arrives(self) -> None:
        """A new car, as the hardware describes it; it asks for energy by itself unless its driver has paused it."""
        ev = self.hardware.ev
        self.outlet = evolve(self.outlet, energy_wh=ev.soc * ev.battery_wh)
        self.plugged = True
        self.asks()

    def car_leaves(self) -> None:
        """The next car is not paused."""
        self.plugged = self.ready = False
        self.wants_energy = True

    def asks(self) -> None:
        """Whether the EV asks for energy: one that is there, wants it and is not full."""
        self.ready = self.plugged and self.wants_energy and not self.outlet.full

    def regulate(self, box_fault: Fault | None) -> None:
        """Let flow what is offered, wanted and safe; `box_fault` is the error of the box as a whole."""
        flows = self.ready and not stops(self.fault) and not stops(box_fault)
        self.outlet = evolve(self.outlet, limit_w=self.offered_w if flows else 0.0)

    def reading(self, connector: int, flow_w: float) -> MeterReading:
        """What the meter shows: whole Wh, tenths of W and V, hundredths of A; no voltage behind an open contactor."""
        voltage_v = round(self.outlet.voltage_v, 1) if self.outlet.limit_w > 0 else 0.0
        return MeterReading(
            connector=connector,
            register_wh=int(self.outlet.register_wh),
            voltage_v=voltage_v,
            current_a=round(flow_w / voltage_v, 2) if voltage_v else 0.0,
            power_w=round(flow_w, 1),
            offered_w=self.offered_w,
        )


def stops(fault: Fault | None) -> bool:
    """Whether it stops the current by itself."""
    return fault is not None and fault.error_code not in SURVIVED


def word(fault: Fault) -> str:
    """The state that an error is, for error messages."""
    return f"{'Faulted' if stops(fault) else 'Warned'} ({fault.error_code})"
