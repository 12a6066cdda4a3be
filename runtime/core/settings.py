"""The configuration keys of one station: their values now, typed, and where they come from.

Three layers, the last one wins: the default of the key (``model/configuration.toml``), a first value given when
the station was set up (``--set``), and what ChangeConfiguration.req has stored.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.configuration import BadValueError, Key, Value, load_configuration, render
from model.station_file import StationFile


class Settings:
    """The values of the offered keys."""

    def __init__(self, station: StationFile, first: Mapping[str, str], stored: Mapping[str, str]) -> None:
        """``first`` and ``stored``: texts by key name. Raises BadValueError for a first value that does not fit."""
        self.station, self.offered = station, load_configuration().offered(station)
        self._folded = {name.casefold(): key for name, key in self.offered.items()}
        self.values: dict[str, Value | None] = {name: key.default_for(station) for name, key in self.offered.items()}
        for name, text in first.items():
            key = self._writable(name)
            self.values[key.name] = key.parse(text, station)
        self.refused: list[str] = []
        for name, text in stored.items():
            self._restore(name, text)

    def _writable(self, name: str) -> Key:
        key = self._known(name)
        if not key.writable:
            raise BadValueError(f"{key.name} is read-only: it follows from the station file; change it there")
        return key

    def _restore(self, name: str, text: str) -> None:
        """A stored value that the station file no longer allows stays in the store, and the layer below holds."""
        if (known := self.find(name)) is None:
            return
        try:
            self.values[known.name] = known.parse(text, self.station)
        except BadValueError as problem:
            self.refused.append(f"stored value not used: {problem}")

    def _known(self, name: str) -> Key:
        key = self.find(name)
        if key is None:
            raise BadValueError(f"{name} is no key of this station; GetConfiguration lists them")
        return key

    def find(self, name: str) -> Key | None:
        """The key of that name, in any case: key names are CiString50 (CS-6.9-01); None where unknown."""
        return self._folded.get(name.casefold())

    def set(self, key: Key, value: Value) -> str:
        """Give a key a new value, of those that it parses; the text as it is to be stored."""
        self.values[key.name] = value
        return render(value)

    def set_nearest(self, name: str, value: int) -> int:
        """Give an integer key the value nearest to this one that ``set`` would take; what it is now."""
        self.values[name] = nearest = self.offered[name].nearest(value, self.station)
        return nearest

    def text(self, name: str) -> str | None:
        """A value as GetConfiguration shows it; None for one that was never given."""
        value = self.values[name]
        return None if value is None else render(value)

    def integer(self, name: str) -> int:
        """The value of an integer key."""
        value = self.values[name]
        assert isinstance(value, int), name
        return value

    def truth(self, name: str) -> bool:
        """The value of a boolean key; false for one of a profile that the station does not have."""
        return self.values.get(name) is True

    def items(self, name: str) -> tuple[str, ...]:
        """The value of a list key."""
        value = self.values[name]
        assert isinstance(value, tuple), name
        return value
