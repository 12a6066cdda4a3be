"""``provenpoint replay FILE``: a counterexample of ``verify`` on the real station, step by step.

Exit codes: 0 reproduced: the real station violates the property (or does what the trace says, where it names none),
1 it does not (each step at which it goes another way is shown), 2 the file cannot be used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from model.language.composition import Composition
from model.language.loader import TABLES, load_composition
from model.language.matrix import load_matrix
from model.language.table_source import TableError
from model.station_file import load_station
from model.station_reader import StationFileError
from properties.blocks.registry import property_files_of, stimuli_of
from properties.registry import load_registry
from properties.replay.monitor import MonitoredProperty
from properties.replay.replay import Replay, ReplayFileError, Trace, read_trace, report
from runtime.commands.command_error import USAGE, command_error
from runtime.commands.command_error import report as report_trouble

app = App(name="replay", help="Run a counterexample on the real station, and compare the rows that fire.")


@app.default
def replay(
    file: Path,
    *,
    station: str = "m06010e2eyfg",
    tables: Annotated[Path, Parameter(show_default=False)] = TABLES,
) -> int:
    """Run a counterexample on the real station, and compare the rows that fire.

    Parameters
    ----------
    file
        What ``provenpoint verify`` has written for a property that fails.
    station
        A built-in station, or a station file.
    tables
        The tables that were explored; the built-in ones where it is left out.
    """
    try:
        composition = load_composition(tables)
        trace = read_trace(file, composition)
        monitored = _charge(trace, composition, tables)
        box = load_station(station)
    except (TableError, ReplayFileError, StationFileError) as refused:
        return report_trouble(command_error(refused, USAGE))
    lines, reproduced = report(Replay(trace, composition, box, stimuli_of(), monitored).run(), trace, monitored)
    print("\n".join(lines))
    return 0 if reproduced else 1


def _charge(trace: Trace, composition: Composition, tables: Path) -> MonitoredProperty:
    """The property that the file names, as the project's registry has it; a name of no property brings none."""
    named = (one for one in load_registry(composition, *property_files_of()).properties if one.name == trace.property)
    return MonitoredProperty(trace.property, next(named, None), trace.end, load_matrix(tables))
