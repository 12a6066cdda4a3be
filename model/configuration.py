"""The configuration keys: what each may hold, and who acts upon it, from ``model/configuration.toml``.

Everything here is a pure function over that table and a station file: a text from ChangeConfiguration.req becomes
a checked value or a ``BadValueError`` with its reason, a value becomes a text again. What is stored, and when it
takes effect, is the runtime's. A bound may be the id of a row of the station file, so that another certificate
brings other bounds without a change here.

A key is *offered* where the block that acts upon it is built, and is of a profile that the station has: a key that
changes nothing is a defect (CS-9-02, CS-9-03).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from attrs import field
from attrs.validators import deep_iterable, in_, matches_re, min_len

from model.record import frozen
from model.remedy import RemediableError
from model.station_file import StationFile
from model.station_reader import FeatureValue, StationFileError, read_source, structured

TABLE = Path(__file__).parent / "configuration.toml"

Value = bool | int | str | tuple[str, ...]
TYPES = ("integer", "boolean", "string", "csl")
ACCESSES = ("R", "RW", "W")
MAX_TEXT = 500
"""Space for a value in ChangeConfiguration.req (CS-6.9-01)."""

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_PROFILES, _UNITS = "profiles", "units"
_UNIT_ROWS = {"Current": "SC-1.1", "Power": "SC-1.2"}
"""The words of ChargingScheduleAllowedChargingRateUnit, each with the row that has it (ERR-3.86-01)."""


class ConfigurationError(ValueError):
    """The table of keys, or a row that it refers to, is wrong; the message names the place."""


class BadValueError(RemediableError, ValueError):
    """A text is no value of this key; the message says why. ChangeConfiguration answers Rejected (CS-5.3-07)."""

    usual_remedy = "model/configuration.toml has the keys and their values"


@frozen
class Key:
    """One configuration key, as the table has it; bounds may still be ids of rows of a station file."""

    name: str = field(validator=min_len(1))
    type: str = field(validator=in_(TYPES))
    access: str = field(validator=in_(ACCESSES))
    clauses: tuple[str, ...] = field(validator=min_len(1))
    read_by: tuple[str, ...] = field(validator=min_len(1))
    raises: tuple[str, ...] = field(default=(), validator=deep_iterable(matches_re(r"[a-z_]+\.[a-z_]+")))
    default: FeatureValue | None = None
    unit: str = ""
    since: str = "core"
    min: int | str | None = None
    max: int | str | None = None
    also: tuple[int, ...] = ()
    allowed: FeatureValue | None = None
    max_items: int | str | None = None
    max_length: int = MAX_TEXT
    pattern: str = ""
    reboot_required: bool = False
    raised: tuple[tuple[str, str], ...] = field(init=False)
    """The events, machine and name, that a change brings to every instance of the machine."""
    readable: bool = field(init=False)
    """Whether GetConfiguration returns it (CS-9-04, CS-9-05; SEC-7.2-02 for write-only)."""
    writable: bool = field(init=False)
    """Whether ChangeConfiguration may set it; else it is ``readonly`` (CS-7.29-02)."""

    @raised.default
    def _raised(self) -> tuple[tuple[str, str], ...]:
        return tuple((machine, event) for machine, _, event in (name.partition(".") for name in self.raises))

    @readable.default
    def _readable(self) -> bool:
        return "R" in self.access

    @writable.default
    def _writable(self) -> bool:
        return "W" in self.access

    def parse(self, text: str, station: StationFile) -> Value:
        """The value that the text stands for. Raises BadValueError. CS-5.3-08."""
        if len(text) > MAX_TEXT:
            raise BadValueError(f"{self.name} has {len(text)} characters; at most {MAX_TEXT}")
        match self.type:
            case "integer":
                return self._integer(text, station)
            case "boolean":
                return self._boolean(text)
            case "csl":
                return self._list(text, station)
        return self._string(text)

    def default_for(self, station: StationFile) -> Value | None:
        """What it holds before anybody set it, within what this certificate has; None for a secret not yet given."""
        if self.default == _PROFILES:
            return _built_profiles(station)
        if self.default == _UNITS:
            rows = station.features
            return tuple(word for word, row in _UNIT_ROWS.items() if row in rows and rows[row].value is True)
        value = self._resolve(self.default, station)
        if isinstance(value, tuple):
            allowed = self.allowed_for(station)
            return tuple(item for item in _each_connector(value, station) if allowed is None or item in allowed)
        return self.nearest(value, station) if type(value) is int else value

    def nearest(self, value: int, station: StationFile) -> int:
        """The integer nearest to this one that ChangeConfiguration would take."""
        low, high = self._bound(self.min, station), self._bound(self.max, station)
        if value in self.also:
            return value
        raised = value if low is None else max(low, value)
        return raised if high is None else min(raised, high)

    def _integer(self, text: str, station: StationFile) -> int:
        if not _INTEGER.fullmatch(text):
            raise BadValueError(f"{self.name} is {text!r}; it has to be a whole number")
        value, low, high = int(text), self._bound(self.min, station), self._bound(self.max, station)
        too_low, too_high = low is not None and value < low, high is not None and value > high
        if value not in self.also and (too_low or too_high):
            raise BadValueError(f"{self.name} is {value}; it has to be {self._range(low, high)}")
        return value

    def _range(self, low: int | None, high: int | None) -> str:
        also = "".join(f"{value} or " for value in self.also)
        return f"{also}from {'any' if low is None else low} to {'any' if high is None else high}"

    def _boolean(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise BadValueError(f"{self.name} is {text!r}; it has to be true or false")
        return text.lower() == "true"

    def _string(self, text: str) -> str:
        if len(text) > self.max_length:
            raise BadValueError(f"{self.name} has {len(text)} characters; at most {self.max_length}")
        # The text itself stays out of the message: it may be a secret (SEC-A01.FR.12).
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise BadValueError(f"{self.name} has to look like {self.pattern}")
        return text

    def _list(self, text: str, station: StationFile) -> tuple[str, ...]:
        """Blanks after commas are accepted; one bad item refuses the whole list. CS-9.1.7-01, ERR-3.13-11."""
        items = tuple(item.strip() for item in text.split(",")) if text.strip() else ()
        allowed, most = self.allowed_for(station), self._bound(self.max_items, station)
        for item in items:
            if not item or (allowed is not None and item not in allowed):
                raise BadValueError(f"{self.name} has {item!r}; any of {', '.join(allowed or ())}")
        if most is not None and len(items) > most:
            raise BadValueError(f"{self.name} has {len(items)} items; at most {most}")
        if len(set(items)) < len(items):
            raise BadValueError(f"{self.name} has an item twice: keep one")
        return items

    def allowed_for(self, station: StationFile) -> tuple[str, ...] | None:
        """The items that a list may have; None where any will do."""
        value = self._resolve(self.allowed, station)
        return _each_connector(value, station) if isinstance(value, tuple) else None

    def _bound(self, bound: int | str | None, station: StationFile) -> int | None:
        value = self._resolve(bound, station)
        return value if isinstance(value, int) else None

    def _resolve(self, value: FeatureValue | None, station: StationFile) -> FeatureValue | None:
        """The value itself, or that of the station's row of this name."""
        if not isinstance(value, str) or not value:
            return value
        if value not in station.features:
            raise ConfigurationError(f"key {self.name} refers to row {value!r}, which station {station.name} lacks")
        return station.features[value].value


def render(value: Value) -> str:
    """The text of a value on the wire: no blank in lists, lower-case booleans."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(value)
    return str(value)


@frozen
class AbsentKey:
    """A key of the specification that this station does not know, and why."""

    name: str
    because: str
    clauses: tuple[str, ...]


@frozen(slots=False)
class Configuration:
    """The whole table."""

    built: tuple[str, ...]
    profiles: dict[str, str]
    key: tuple[Key, ...]
    absent: tuple[AbsentKey, ...]

    def offered(self, station: StationFile) -> Mapping[str, Key]:
        """The keys of a station by name, in the order of the table (CS-3.3-03, CS-9-01)."""
        lacking = set(self.profiles.values()) - {self.profiles.get(profile) for profile in station.profiles}
        return {key.name: key for key in self.key if key.since in self.built and key.since not in lacking}


@cache
def load_configuration(path: Path = TABLE) -> Configuration:
    """The table of keys, read once. Raises ConfigurationError."""
    try:
        source = read_source(path)
        table = structured(source, source.raw, Configuration)
    except StationFileError as problem:
        raise ConfigurationError(str(problem)) from problem
    entries: tuple[Key | AbsentKey, ...] = (*table.key, *table.absent)
    names = [entry.name.casefold() for entry in entries]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"{path}: {', '.join(twins)} stands twice: keep one")
    return table


def _each_connector(items: tuple[str, ...], station: StationFile) -> tuple[str, ...]:
    """``{connector}`` replaced by every connector in turn."""
    ids = station.connector_ids
    return tuple(
        item.replace("{connector}", str(number))
        for item in items
        for number in (ids if "{connector}" in item else ids[:1])
    )


def _built_profiles(station: StationFile) -> tuple[str, ...]:
    """The feature profiles that the station file claims and whose block is built. CS-9.1.29-01."""
    table = load_configuration()
    return tuple(name for name in station.profiles if table.profiles.get(name) in table.built)
