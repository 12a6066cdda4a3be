"""``provenpoint conformance``: play the cases of OCTT's test case document against a station, and say what it did.

Without ``--control`` the station is this installation's own, as a process. Exit codes: 0 every case that applies has
passed, 1 a case failed or the station never came, 2 usage.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from model.station_file import StationFile, load_station
from model.station_reader import StationFileError
from properties.blocks.registry import all_cases, cleanups_of
from properties.conformance.bench import Pace
from properties.conformance.case import Case
from properties.conformance.csms import ScriptedCsms
from properties.conformance.report import as_json, failure, line, summary, table
from properties.conformance.run import Outcome, Result, Suite
from properties.conformance.schema import second_opinion
from properties.conformance.setup import NotConnectedError, UnderTest, bench_with
from properties.writable import UnwritableError, check_writable
from runtime.capabilities import check_promises
from runtime.commands.command_error import FAILED, USAGE, CommandError, command_error

MAX_PORT: Final = 65535

app = App(name="conformance", help="Play the cases of OCTT's test case document against a station.")


@app.default
def run_conformance(  # noqa: PLR0913 - one for each option
    *,
    csms_port: int = 0,
    control: str | None = None,
    station: str = "m06010e2eyfg",
    only: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    listing: Annotated[bool, Parameter(name="--list", negative="")] = False,
    host: str = "127.0.0.1",
    patience: float = 10.0,
) -> int:
    """Play every case that applies.

    Parameters
    ----------
    csms_port
        The port on which the scripted CSMS listens, and that the station dials; 0 takes a free one, and says which.
    control
        The URL of the station's control interface. Without it, this installation's own station is started.
    station
        The station under test: a built-in name or a station file. It says which cases apply.
    only
        Cases whose id begins so, like TC_003; can be given more than once.
    json_file
        Write the results here as well.
    listing
        Print the cases as a table, with what applies to the station, and play none.
    host
        The address on which the scripted CSMS listens.
    patience
        Seconds from a cause to the message that has to follow.
    """
    _check(csms_port, control, patience)
    cases, facts = chosen(only), _facts(station, is_ours=control is None and not listing)
    if listing:
        print("\n".join(table(facts, cases)))
        return 0
    try:
        check_writable(json_file)
    except UnwritableError as problem:
        raise command_error(problem, USAGE) from problem
    console = Console(highlight=False, soft_wrap=True)
    csms, under_test = ScriptedCsms(host, csms_port), UnderTest(station, facts, control)
    results = _play(console, csms, under_test, cases, Pace(patience_s=patience))
    return _conclude(console, facts, results, json_file)


def _check(csms_port: int, control: str | None, patience: float) -> None:
    if not 0 <= csms_port <= MAX_PORT:
        raise CommandError(f"--csms-port {csms_port}: not a port", f"give one from 0 to {MAX_PORT}", USAGE)
    if control is not None and not _is_http(control):
        raise CommandError(f"--control {control}: not a URL", "write it like http://127.0.0.1:8180", USAGE)
    if patience <= 0:
        raise CommandError(f"--patience {patience:g}: not a time", "give seconds, more than 0", USAGE)


def _play(
    console: Console, csms: ScriptedCsms, under_test: UnderTest, cases: tuple[Case, ...], pace: Pace
) -> list[Result]:
    """All of them, once a station is there; each result is printed as it comes."""
    with ExitStack() as stack:
        _listen(stack, csms)
        console.print(f"listening on {csms.url}")
        if not second_opinion():
            console.print("the package 'ocpp' is not installed: frames are judged by our own classes alone")
        try:
            bench = stack.enter_context(bench_with(csms, under_test, pace, cleanups_of()))
        except NotConnectedError as nobody:
            raise command_error(nobody) from nobody
        suite = Suite(bench, under_test.unbuilt)
        return [_told(console, suite.run(one)) for one in cases]


def _listen(stack: ExitStack, csms: ScriptedCsms) -> None:
    try:
        stack.enter_context(csms)
    except OSError as error:
        problem = f"{csms.host}:{csms.port}: {error.strerror or error}"
        raise CommandError(problem, "give --csms-port one that is free", FAILED) from error


def _told(console: Console, result: Result) -> Result:
    console.print(escape(line(result)))
    return result


def chosen(only: tuple[str, ...]) -> tuple[Case, ...]:
    """The cases whose ids begin so; all of them where nothing is said. Raises ``CommandError``."""
    if not only:
        return all_cases()
    for word in only:
        if not any(one.id.startswith(word.upper()) for one in all_cases()):
            raise CommandError(f"--only {word}: no case begins so", "--list shows them all, like TC_003_CS", USAGE)
    words = tuple(word.upper() for word in only)
    return tuple(one for one in all_cases() if one.id.startswith(words))


def _is_http(url: str) -> bool:
    """Whether it is an http URL with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        return False


def _facts(station: str, *, is_ours: bool) -> StationFile:
    try:
        facts = load_station(station)
        if is_ours:
            check_promises(station, facts)
    except StationFileError as problem:
        raise command_error(problem, USAGE) from problem
    return facts


def _conclude(console: Console, facts: StationFile, results: list[Result], json_file: Path | None) -> int:
    failed = [result for result in results if result.outcome in (Outcome.FAILED, Outcome.NOT_RUN)]
    for result in failed:
        if result.outcome is Outcome.FAILED:
            console.print(escape("\n" + "\n".join(failure(result))))
    console.print(f"\n{facts.name}: {summary(results)}")
    if json_file:
        json_file.write_text(json.dumps(as_json(facts.name, results), indent=1) + "\n", encoding="utf-8")
    return FAILED if failed else 0
