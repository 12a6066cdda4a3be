"""The simulated hardware that a station file describes.

A station file draws an EV's charge curve with straight lines; a battery management keeps it as a table of steps, and so
does the physics. The table made here follows the line at the middle of each step, and stays within what the cable may
carry: the greatest current, at the voltage with which the step begins.
"""

from __future__ import annotations

from typing import Final

from model.station_file import Ev, Hardware, StationFile
from runtime.adapters.charger import ChargerHardware
from runtime.adapters.physics import CurveStep, EvModel
from runtime.adapters.simulated_connector import ConnectorHardware

CURVE_STEPS: Final = 50
"""Steps of two percent."""

LEAST_SHARE: Final = 0.01
"""An EV that still wants energy takes this share of its power at least: a line down to zero never gets there."""

EMPTY_SHARE: Final = 0.9
FULL_SHARE: Final = 1.1
"""The voltage of a pack, empty and full, as a share of its nominal voltage."""


def station_hardware(station: StationFile) -> ChargerHardware:
    """The box that this station file describes."""
    hardware = station.hardware
    ev = _ev(hardware.ev, hardware)
    registers_wh = [station.first_register_wh(connector.id) for connector in station.connectors]
    connectors = [ConnectorHardware(float(register_wh), float(hardware.power_w), ev) for register_wh in registers_wh]
    return ChargerHardware(tuple(connectors), float(hardware.power_w))


def _ev(ev: Ev, hardware: Hardware) -> EvModel:
    empty_v = min(EMPTY_SHARE * ev.nominal_voltage_v, hardware.max_voltage_v)
    full_v = min(FULL_SHARE * ev.nominal_voltage_v, hardware.max_voltage_v)
    return EvModel(
        battery_wh=float(ev.battery_wh),
        soc=ev.state_of_charge,
        max_power_w=float(ev.max_power_w),
        curve=tuple(_step(number, ev, hardware, empty_v, full_v) for number in range(CURVE_STEPS)),
        voltage_empty_v=empty_v,
        voltage_full_v=full_v,
    )


def _step(number: int, ev: Ev, hardware: Hardware, empty_v: float, full_v: float) -> CurveStep:
    begin, middle = number / CURVE_STEPS, (number + 0.5) / CURVE_STEPS
    cable_w = hardware.max_current_a * (empty_v + (full_v - empty_v) * begin)
    share = min(ev.fraction_at(middle), cable_w / ev.max_power_w)
    return CurveStep(begin, max(LEAST_SHARE, share))
