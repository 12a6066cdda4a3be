"""Nothing that is stored can keep a station from starting, and one bad record costs that record alone.

A store that makes sense (``examples``) gets bad records beside its own: garbage, wrong types, missing fields, extreme
values, each with a good checksum, through the real store. Then a station starts from it in a fresh world with a sound
CSMS: an EV charges, all that is owed arrives, and every other record is still in force.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from properties.world.sent import sent
from properties.world.world import World
from runtime.core.inputs import Put
from runtime.core.queue_window import number
from runtime.core.record_kinds import KINDS
from runtime.core.station_values import NUMBERS
from tests.store.examples import example_records
from tests.store.file_world import put, world_on

GARBAGE = ("", "{}", "[]", "null", "7", '{"a":', "NaN", "\x00", "[" * 5000, '"' + "x" * 100_000 + '"')
EXTREMES: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63 - 1, 2**63, 1.5, "", " ", "x" * 100_000, "NaN", "Infinity", "Unheard", [], {}, [[]],
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-14:00",
    "2026-11-22T12:00:00", "1969-12-31T23:59:59Z",
)  # fmt: skip
PLAIN = (*(str(value) for value in EXTREMES), *GARBAGE, "9" * 5000, "-0", "1e400", "٣", "\udc80")


# ---- bad records ---------------------------------------------------------------------------------------------


def spoilt(value: Any) -> Iterator[Any]:
    """The value with each of its fields missing, and with each extreme in the place of each."""
    if isinstance(value, dict):
        for name in value:
            yield {other: one for other, one in value.items() if other != name}
            for bad in (*EXTREMES, *spoilt(value[name])):
                yield {**value, name: bad}
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from ([*value[:at], bad, *value[at + 1 :]] for bad in spoilt(one))


def texts(space: str) -> list[str]:
    """Bad values for that space."""
    if KINDS[space].holds is str:
        return list(PLAIN)
    good = orjson.loads(next(iter(example_records()[space].values())))
    return [*GARBAGE, *(orjson.dumps(bad).decode() for bad in spoilt(good) if _json(bad))]


def _json(value: Any) -> bool:
    with contextlib.suppress(TypeError):
        return bool(orjson.dumps(value))
    return False


FIRST = 1000


def crowd(space: str, numbered: Callable[[int], str]) -> list[Put]:
    """All bad values at once, each under a key of its own."""
    return [Put(space, numbered(FIRST + at), text) for at, text in enumerate(texts(space))]


MANY: dict[str, Callable[[int], str]] = {
    "transaction": number, "ended": number, "cache": number, "security": number, "queue": number, "profile": str,
    "list": "tag{}".format, "upload_status": number, "firmware": number, "firmware_status": number,
    "sample": lambda at: f"{number(1)}/{number(at)}", "configuration": "Key{}".format,
}  # fmt: skip
FEW: dict[str, tuple[str, ...]] = {
    "station": (*NUMBERS, "list_version", "clock_offset_s", "clock_showed", "clock_counted_s", "clock_shifts", "else"),
    "state": (*example_records()["state"], "availability/1", "station_availability"),
    "reservation": (number(1),),
    "upload": ("diagnostics",),
    "configuration": ("ConnectionTimeOut", "AuthorizationKey", "MeterValuesSampledData", "LocalAuthListEnabled"),
}
"""Spaces whose keys are few: there one bad value after another takes the place of a good one."""

KEYS = (
    "",
    "x",
    "-1",
    "0",
    "1_0",
    "²",
    "0000000000012",
    number(0),
    number(7),
    "99999999999999999999",
    "1/2/3",
    "a" * 5000,
    "\udc80",
)


# ---- the station ---------------------------------------------------------------------------------------------


def begun(directory: Path, bad: list[Put]) -> World:
    """A world whose store holds the example, and then what is bad."""
    good = [Put(space, key, text) for space, found in example_records().items() for key, text in found.items()]
    put(directory, *good, *bad)
    return world_on(directory)


STARTS_AND_STOPS = ("StartTransaction", "StopTransaction")


def serves(world: World) -> None:
    """It starts, an EV charges at connector 2, and all that is owed arrives."""
    world.power_up().wait(120)
    world.plug_in(2).present("bob", 2).wait(60).present("bob", 2).plug_out(2).wait(600)
    bob = [message for message in sent(world) if message.payload.get("idTag") == "bob"]
    assert [message.action for message in bob][-2:] == ["StartTransaction", "StopTransaction"]
    dates = [message.payload["timestamp"] for message in sent(world) if message.action in STARTS_AND_STOPS]
    assert all("1970" <= date < "2100" for date in dates)
    assert len(world.station.context.ledger.queue) == 0
    assert not world.station.context.ledger.security


IN_FORCE: dict[str, Callable[[World], object]] = {
    "configuration": lambda world: world.station.context.settings.integer("ConnectionTimeOut") == 77,
    "station": lambda world: int(world.station.context.ledger.station["transaction"]) > 2,
    "state": lambda world: world.station.context.engine.state("local_list") == "InUse",
    "transaction": lambda world: told(world, "StopTransaction", transactionId=42, reason="PowerLoss", meterStop=4711),
    "ended": lambda world: told(world, "StopTransaction", transactionId=41, reason="Local", meterStop=5000),
    "queue": lambda world: told(world, "MeterValues", transactionId=41),
    "sample": lambda world: told(world, "StopTransaction", transactionId=41)[0]["transactionData"],
    "cache": lambda world: "alice" in {entry.id_tag for entry in world.station.context.ledger.cached.values()},
    "list": lambda world: world.station.context.ledger.listed["listed"].id_tag == "Listed",
    "reservation": lambda world: world.station.context.engine.state("reservation", 1) == "Reserved",
    "profile": lambda world: world.station.context.ledger.profiles[7].connector == 1,
    "security": lambda world: told(world, "SecurityEventNotification", techInfo="lid"),
    "upload": lambda world: told(world, "DiagnosticsStatusNotification", status="Uploaded"),
    "upload_status": lambda world: told(world, "DiagnosticsStatusNotification", status="Uploading"),
    "firmware": lambda world: (
        set(world.station.context.ledger.updates) == {1} and world.state("firmware") == "Scheduled"
    ),
    "firmware_status": lambda world: told(world, "FirmwareStatusNotification", status="DownloadFailed"),
}
"""For each kind: whether its record of the example has done, or still does, what it is for."""


def told(world: World, action: str, **fields: Any) -> list[dict[str, Any]]:
    """What the CSMS has got of that action, with those fields."""
    found = [message.payload for message in sent(world) if message.action == action]
    return [payload for payload in found if fields.items() <= payload.items()]


ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GetConfiguration", {}),
    ("GetCompositeSchedule", {"connectorId": 0, "duration": 3600}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 3600}),
    ("CancelReservation", {"reservationId": 9}),
    ("CancelReservation", {"reservationId": 9}),
    ("GetLocalListVersion", {}),
    ("SendLocalList", {"listVersion": 6, "updateType": "Full"}),
    ("ClearChargingProfile", {}),
    ("ClearCache", {}),
)
"""What goes through all records of a kind: one that should not be there would be met."""


def answers(world: World) -> None:
    """The station answers whatever is asked of its records, and knows who is at the reader."""
    world.plug_in(2).present("alice", 2).wait(5).present("alice", 2).plug_out(2).wait(5)
    for action, payload in ASKED:
        assert world.ask(action, **payload).answer is not None, action


def test_every_kind_of_record_has_an_example_and_bad_ones() -> None:
    assert example_records().keys() == KINDS.keys() == IN_FORCE.keys() == MANY.keys() | FEW.keys()


def test_the_example_is_wholly_in_force(tmp_path: Path) -> None:
    world = begun(tmp_path, [])
    serves(world)
    assert [space for space, in_force in IN_FORCE.items() if not in_force(world)] == []
    assert not list(tmp_path.glob("*quarantined*"))


@pytest.mark.parametrize("space", MANY)
def test_any_number_of_bad_records_cost_themselves_alone(tmp_path: Path, space: str) -> None:
    world = begun(tmp_path, crowd(space, MANY[space]))
    serves(world)
    assert [other for other, in_force in IN_FORCE.items() if not in_force(world)] == []
    world.power_cycle().wait(60)
    assert world.station.context.ledger.quarantined == [], "they are told once"
    answers(world)


@pytest.mark.exhaustive
@pytest.mark.parametrize("space", FEW)
def test_a_bad_record_in_the_place_of_a_good_one_costs_no_other(tmp_path: Path, space: str) -> None:
    for at, text in enumerate(texts(space)):
        world = begun(tmp_path / str(at), [Put(space, key, text) for key in FEW[space]])
        serves(world)
        lost = {other for other, in_force in IN_FORCE.items() if not in_force(world)}
        assert lost <= {space}, text[:60]
        answers(world)


@pytest.mark.parametrize("space", KINDS)
def test_a_key_that_is_none_costs_that_record_alone(tmp_path: Path, space: str) -> None:
    good = next(iter(example_records()[space].values()))
    world = begun(tmp_path, [Put(space, key, good) for key in KEYS])
    serves(world)
    assert [other for other, in_force in IN_FORCE.items() if not in_force(world)] == []
    answers(world)
