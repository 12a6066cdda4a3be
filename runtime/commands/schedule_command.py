"""``provenpoint schedule``: what comes of a set of charging profiles, as a table and as a picture.

A file holds one SetChargingProfile.req, or a list of them, as they go over the wire; they are installed one after the
other, and judged as the station would. A TxProfile is taken as if its transaction ran.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from diagrams.schedule import draw_plan
from model.messages.errors import BadPayloadError
from model.smart_charging.cases import installed_of
from model.smart_charging.composite import Period, TooManyBoundariesError
from model.smart_charging.judgement import refusal
from model.smart_charging.limits import Installed, with_installed
from model.smart_charging.plan import Plan
from model.smart_charging.station import bounds_of, site_of
from model.smart_charging.timeline import Timeline, instant_of, second_of
from model.station_file import StationFile, load_station
from model.station_reader import StationFileError
from runtime.commands.command_error import USAGE, CommandError, command_error

app = App(name="schedule", help="What comes of a set of charging profiles, as a table and as a picture.")

HOUR_S: Final = Decimal(3600)
MOST_HOURS: Final = Decimal(24 * 366 * 10)
PICTURE: Final = Path("schedule.svg")
EXAMPLE: Final = "write it like 2026-03-01T08:00:00Z"


@app.default
def schedule(  # noqa: PLR0913 - one for each option
    *,
    profiles: Path,
    start: Annotated[str, Parameter("--from")],
    hours: str = "24",
    connector: int = 1,
    began: str | None = None,
    station: str = "m06010e2eyfg",
    out: Path = PICTURE,
) -> int:
    """Print the composite schedule, and draw it with its stack.

    Parameters
    ----------
    profiles
        A JSON file: one SetChargingProfile.req, or a list of them.
    start
        Where the window begins, a date and time; without an offset it is UTC.
    hours
        How long the window is.
    connector
        The connector whose limit is asked for; 0 is the station as a whole.
    began
        When the transactions began; without it, where the window begins.
    station
        A built-in station, or a station file.
    out
        Where the picture goes.
    """
    file = _station(station)
    from_s = _second("--from", start)
    began_s = from_s if began is None else _second("--began", began)
    if connector not in (0, *file.connector_ids):
        known = ", ".join(map(str, (0, *file.connector_ids)))
        raise CommandError(
            f"--connector {connector}: station {file.name} has no such connector", f"there are {known}", USAGE
        )
    plan = Plan(site_of(file), _installed(profiles, file), connector, from_s, _seconds(hours), began_s)
    try:
        periods = plan.periods()
        picture = draw_plan(plan, "schedule", f"Schedule of {profiles.name}")
    except (TooManyBoundariesError, OverflowError) as error:
        raise CommandError(str(error).partition(";")[0], "ask for fewer --hours", USAGE) from error
    for line in _table(plan, periods):
        print(line)
    _write(out, picture)
    return 0


def _write(out: Path, picture: str) -> None:
    try:
        out.write_text(picture, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"--out {out}: {error.strerror}", "name another file", USAGE) from error
    print(f"drawn: {out}", file=sys.stderr)


# ---- what was asked for ---------------------------------------------------------------------------------------


def _station(name: str) -> StationFile:
    try:
        return load_station(name)
    except StationFileError as error:
        raise command_error(error, USAGE) from error


def _second(option: str, text: str) -> int:
    try:
        instant = datetime.fromisoformat(text)
        return second_of(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise CommandError(f"{option} {text}: not a date and time", EXAMPLE, USAGE) from error


def _seconds(hours: str) -> int:
    try:
        length = Decimal(hours)
    except ArithmeticError as error:
        raise CommandError(f"--hours {hours}: not a number", "give --hours like 24 or 0.5", USAGE) from error
    if not (length.is_finite() and 0 < length <= MOST_HOURS and int(length * HOUR_S) > 0):
        raise CommandError(f"--hours {hours}: out of range", f"from a second to {MOST_HOURS} hours", USAGE)
    return int(length * HOUR_S)


def _installed(path: Path, station: StationFile) -> tuple[Installed, ...]:
    installed: tuple[Installed, ...] = ()
    for number, body in enumerate(_bodies(path), 1):
        installed = with_installed(installed, _judged(f"{path}: profile {number}", body, station))
    return installed


def _bodies(path: Path) -> list[Any]:
    remedy = "give --profiles a JSON file with one SetChargingProfile.req, or a list of them"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", remedy, USAGE) from error
    except ValueError as error:
        raise CommandError(f"{path}: not JSON: {error}", remedy, USAGE) from error
    return content if isinstance(content, list) else [content]


def _judged(where: str, body: Any, station: StationFile) -> Installed:
    remedy = "docs/smart-charging.md says what is taken"
    if not isinstance(body, dict):
        raise CommandError(f"{where}: not an object", remedy, USAGE)
    try:
        one = installed_of(body)
    except BadPayloadError as error:
        raise CommandError(f"{where}: {error.path or 'payload'}: {error.why}", remedy, USAGE) from error
    if one.connector not in (0, *station.connector_ids):
        raise CommandError(f"{where}: there is no connector {one.connector}", remedy, USAGE)
    if reason := refusal(one.connector, one.profile, bounds_of(station)):
        raise CommandError(f"{where}: {reason}", remedy, USAGE)
    return one


# ---- the table ------------------------------------------------------------------------------------------------


def _table(plan: Plan, periods: tuple[Period, ...]) -> Iterator[str]:
    """Since when, for how long, how much, and of which profile."""
    yield f"{'from':20}  {'for':>14}  {'limit':>12}  set by"
    for period, end_s in plan.ends(periods):
        since = f"{instant_of(plan.from_s + period.start_s):%Y-%m-%dT%H:%M:%SZ}"
        limit = "none" if period.limit_w is None else f"{period.limit_w.normalize():f} W"
        yield f"{since:20}  {_length(end_s - period.start_s):>14}  {limit:>12}  {_name(plan, period.by)}"


def _length(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock


def _name(plan: Plan, by: Timeline | None) -> str:
    if by is None:
        return "the connectors together, or the station itself" if not plan.connector else "the station itself"
    one = next(one for one in plan.installed if one.profile.charging_profile_id == by.profile_id)
    return f"{one.purpose}, level {one.level}, id {by.profile_id}"
