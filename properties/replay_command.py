"""``provenpoint replay FILE``: a counterexample of ``verify`` on the real station, step by step.

Exit codes: 0 the station does what the trace says, 1 it does not (the first step at which it goes another way is
shown), 2 the file cannot be used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from model.loader import TABLES, load_composition
from model.station_file import load_station
from model.station_reader import StationFileError
from model.table_source import TableError
from properties.replay import Replay, ReplayFileError, read_trace, report

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
        box = load_station(station)
    except (TableError, ReplayFileError, StationFileError) as refused:
        print(refused, file=sys.stderr)
        return 2
    lines, reproduced = report(Replay(trace, composition, box).run(), trace)
    print("\n".join(lines))
    return 0 if reproduced else 1
