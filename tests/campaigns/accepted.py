"""What the station has promised to remember: everything that it answered with Accepted, with what may be so by now.

A call that was not answered before the station died may have been carried out or not: then both are possible, until
the station is seen. Whatever is *not* possible is a broken promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from attrs import define, field

from tests.campaigns.csms import RecordingCsms

V = TypeVar("V")
STATION_W = 60_000.0
CONNECTORS = (1, 2)
SCHEDULE_S = 60


@define
class Possible(Generic[V]):
    """The values that something may have now."""

    values: set[V]

    def becomes(self, value: V, certain: bool) -> None:
        """It was told to be that; ``certain``: and has said that it is."""
        self.values = {value} if certain else self.values | {value}

    def refused(self) -> None:
        """It was told, and has refused: all is as before."""

    def admits(self, value: V) -> bool:
        """Whether it may be that; from now on it is."""
        admitted = value in self.values
        self.values = {value}
        return admitted

    @property
    def sure(self) -> V | None:
        """What it is, where that is known."""
        return next(iter(self.values)) if len(self.values) == 1 else None


List = tuple[int, tuple[str, ...]]


@define
class Accepted:
    """The promises of one station."""

    local_list: Possible[List] = field(factory=lambda: Possible({(0, ())}))
    configuration: dict[str, Possible[str]] = field(factory=dict)
    limits: dict[tuple[str, int], Possible[float]] = field(factory=dict)
    operative: dict[int, Possible[bool]] = field(factory=lambda: {each: Possible({True}) for each in CONNECTORS})
    reserved: dict[int, Possible[int | None]] = field(factory=lambda: {each: Possible({None}) for each in CONNECTORS})

    def limit(self, purpose: str, connector: int) -> Possible[float]:
        """The limit of the profile in that place; the station's own power where there is none."""
        return self.limits.setdefault((purpose, connector), Possible({STATION_W}))

    def is_listed(self, id_tag: str) -> bool:
        """Whether that token certainly is on the list."""
        return all(id_tag in tags for _, tags in self.local_list.values)

    # ---- asking

    def broken(self, csms: RecordingCsms, state: dict[str, Any], process: int) -> Iterator[str]:
        """Ask the station for all that can be asked for, after a start; what is not as it was accepted."""
        yield from self._list(csms)
        yield from self._configuration(csms)
        yield from self._limits(csms)
        yield from self._availability(csms, process)
        yield from self._reservations(state)

    def _list(self, csms: RecordingCsms) -> Iterator[str]:
        answer = csms.call("GetLocalListVersion", {})
        if answer is None:
            return
        version = answer["listVersion"]
        possible = {known for known in self.local_list.values if known[0] == version}
        if not possible:
            yield f"the local list has version {version}, accepted was {sorted(self.local_list.values)}"
        self.local_list.values = possible or {(version, ())}

    def _configuration(self, csms: RecordingCsms) -> Iterator[str]:
        answer = csms.call("GetConfiguration", {"key": sorted(self.configuration)}) if self.configuration else None
        for pair in answer["configurationKey"] if answer else ():
            possible = self.configuration[pair["key"]]
            before = sorted(possible.values)
            if not possible.admits(pair["value"]):
                yield f"{pair['key']} is {pair['value']}, accepted was {' or '.join(before)}"

    def _limits(self, csms: RecordingCsms) -> Iterator[str]:
        for connector in CONNECTORS:
            answer = csms.call("GetCompositeSchedule", {"connectorId": connector, "duration": SCHEDULE_S})
            if answer is None:
                return
            periods = answer.get("chargingSchedule", {}).get("chargingSchedulePeriod", [])
            seen = {float(period["limit"]) for period in periods}
            over_all, own = self.limit("ChargePointMaxProfile", 0), self.limit("TxDefaultProfile", connector)
            possible = {min(one, other, STATION_W) for one in over_all.values for other in own.values}
            if len(seen) != 1 or not seen <= possible:
                yield f"the limit of connector {connector} is {sorted(seen)} W, accepted was {sorted(possible)}"

    def _availability(self, csms: RecordingCsms, process: int) -> Iterator[str]:
        first: dict[int, str] = {}
        for request in csms.requests("StatusNotification", process):
            first.setdefault(request["connectorId"], request["status"])
        for connector, possible in self.operative.items():
            status = first.get(connector)
            if status in (None, "Faulted"):
                continue
            before = possible.values
            if not possible.admits(status != "Unavailable"):
                yield f"connector {connector} begins as {status}, accepted was operative: {before}"

    def _reservations(self, state: dict[str, Any]) -> Iterator[str]:
        for each in state["connectors"]:
            reservation = each["reservation"]
            number, possible = reservation and reservation["reservation_id"], self.reserved[each["connector"]]
            before = possible.values
            if not possible.admits(number):
                yield f"connector {each['connector']} is reserved by {number}, accepted was {before}"
