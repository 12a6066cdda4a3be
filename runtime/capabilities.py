"""What a station file may say of a station, and this program cannot be.

A station file describes any station: the conformance suite takes it for that. Who runs one here learns before
anything starts what of it this software does not provide.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.station_file import StationFile, built_in_stations
from model.station_reader import StationFileError, read_source
from model.station_rows import refuse_row
from runtime.operations.metering import UNIT

MEASURANDS = ("C-09.1", "C-09.2")
"""The rows that say what is measured."""


def check_promises(name: str, file: StationFile) -> None:
    """Raises StationFileError, at the row of the first promise that is empty."""
    for row, why in _empty(file):
        raise (
            StationFileError(f"{name}: {why}")
            if name in built_in_stations()
            else refuse_row(read_source(Path(name)), row, why)
        )


def _empty(file: StationFile) -> Iterator[tuple[str, str]]:
    rows = file.features
    if "R-1" in rows and rows["R-1"].value is True:
        yield "R-1", "R-1 is true, and the station as a whole cannot be reserved: say false"
    if "AQ-4" in rows and rows["AQ-4"].value is True:
        yield "AQ-4", "AQ-4 is true, and firmware is downloaded here only while no transaction runs: say false"
    for name in MEASURANDS:
        value = rows[name].value if name in rows else ()
        for measurand in value if isinstance(value, tuple) else ():
            if measurand not in UNIT:
                yield name, f"{name} has {measurand!r}, which is not measured here; any of {', '.join(UNIT)}"
