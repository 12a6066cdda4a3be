"""``provenpoint run``: a charging station, on the wire until it is stopped.

What the options say is read by ``runtime/commands/run_arguments.py``; here they are explained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from runtime.commands.run_arguments import options

app = App(name="run", help="Run a charging station against a CSMS, on a simulated charger.")


@app.default
def run_station(  # noqa: PLR0913 - one for each option
    *,
    station: str,
    identity: Annotated[str, Parameter(name="--id")],
    csms: str,
    data: Path,
    pairs: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = (),
    control: str | None = None,
    log_frames: Path | None = None,
) -> int:
    """Run a charging station until SIGTERM (an orderly stop) or SIGKILL (a power cut).

    Parameters
    ----------
    station
        A built-in station by name (m06010e2eyfg, hexing-m06010e2eyfg), or a station file of your own.
    identity
        The charge point identity: what follows the last slash of the URL that is dialled.
    csms
        The CSMS's endpoint, like wss://csms.example/ocpp.
    data
        The directory in which the station remembers; one for each station.
    pairs
        KEY=VALUE: the first value of an OCPP configuration key. What is stored wins.
    control
        HOST:PORT for the control interface: what a person does at the station. Loopback where no host is given.
    log_frames
        Append every frame to this file as a JSON line; at 16 MiB it becomes FILE.1 and a new one begins.
    """
    from runtime.process import run  # noqa: PLC0415 - uvloop, TLS and SQLite: not for --help

    return run(options(station, identity, csms, data, pairs=pairs, control=control, log_frames=log_frames))
