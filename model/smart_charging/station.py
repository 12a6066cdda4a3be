"""What a station file means for smart charging: which profiles it has space for, and how much it can give.

The rows are those of the certificate from which the configuration keys of 9.4 take their values, so that what
GetConfiguration reports is what is acted upon (CS-3.13.5-01, CS-3.13.5-02, CS-3.13.5-03, CS-3.13.5-04).
"""

from __future__ import annotations

from decimal import Decimal

from model.messages.charging import ChargingRateUnit
from model.smart_charging.judgement import Bounds
from model.smart_charging.limits import Site
from model.smart_charging.supply import Supply
from model.station_file import StationFile

MAX_STACK_LEVEL, MAX_PERIODS, MAX_INSTALLED = "ORS-14", "ORS-15", "ORS-19"
UNIT_ROWS = {ChargingRateUnit.A: "SC-1.1", ChargingRateUnit.W: "SC-1.2"}


def units_of(station: StationFile) -> tuple[ChargingRateUnit, ...]:
    """The units in which the station takes limits (SC-1)."""
    return tuple(unit for unit, row in UNIT_ROWS.items() if row in station.features and station.features[row].value)


def bounds_of(station: StationFile) -> Bounds:
    """What is judged by. Raises KeyError for a station without the rows of smart charging."""
    return Bounds(station.limits[MAX_STACK_LEVEL], station.limits[MAX_PERIODS], units_of(station))


def room_of(station: StationFile) -> int:
    """How many profiles it holds at most (CS-9.4.5-01). Raises KeyError for a station without the row."""
    return station.limits[MAX_INSTALLED]


def site_of(station: StationFile) -> Site:
    """Its connectors, and what all of them have together (HFS-11)."""
    line = station.supply
    supply = None if line is None else Supply(Decimal(line.voltage_v), line.phases)
    return Site(station.connector_ids, Decimal(station.hardware.power_w), supply)
