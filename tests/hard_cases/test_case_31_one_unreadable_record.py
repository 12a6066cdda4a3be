"""Hard case 31: one record that cannot be used is lost and told, and nothing else; what is gone holds up no other.

The store is the real one. What becomes of a file that is damaged stands in ``tests/store/test_damage.py``, what of any
other bad value in ``tests/store/test_whatever_is_stored.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from properties.world.sent import sent
from properties.world.world import World
from runtime.adapters.sqlite.migrations import checksum
from runtime.adapters.sqlite.store import DATABASE
from runtime.core.inputs import Put
from runtime.core.queue_window import MOST, number
from tests.covering import FiredRows, covers
from tests.processes import Central, Station
from tests.store.file_world import no_copies_in, put, world_on
from tests.store.session import SETTINGS, fill

QUEUED = ("StartTransaction", "MeterValues", "StopTransaction")


def _offline_sessions(directory: Path, count: int = 1, meter_s: float = 35) -> World:
    """A world in the dark, after sessions at connector 2 of which the CSMS has heard nothing."""
    world = world_on(directory).power_up()
    world.plug_in(2).present("alice", 2).wait(1).present("alice", 2).plug_out(2).link_down()
    for _ in range(count):
        world.plug_in(2).present("alice", 2).wait(meter_s).present("alice", 2).plug_out(2)
    return world.cut_power()


def _rows(directory: Path, query: str, *values: str | int) -> list[Any]:
    with closing(sqlite3.connect(directory / DATABASE, isolation_level=None)) as db:
        return db.execute(query, values).fetchall()


def _lose(directory: Path, space: str, where: str = "1") -> int:
    """Let rows vanish while no station runs; how many."""
    found = _rows(directory, f"SELECT key FROM record WHERE space = ? AND {where}", space)
    _rows(directory, f"DELETE FROM record WHERE space = ? AND {where}", space)
    return len(found)


def _spoil(directory: Path, keys: list[str]) -> None:
    """Leave rows of the queue that no station can read, with good checksums."""
    for key in keys:
        _rows(
            directory, "INSERT OR REPLACE INTO record VALUES ('queue', ?, '{}', ?)", key, checksum("queue", key, "{}")
        )


def _delivered(world: World) -> list[str]:
    """Power and link come back; which transaction messages arrive."""
    since = len(sent(world))
    world.link_up().power_up().wait(1200)
    assert len(world.station.context.ledger.queue) == 0
    return [message.action for message in sent(world)[since:] if message.action in QUEUED]


def _told(world: World) -> list[str]:
    events = [message.payload for message in sent(world) if message.action == "SecurityEventNotification"]
    return [event["techInfo"] for event in events if event["type"] == "SecurityLogWasCleared"]


@covers("CS-3.7-01", "CS-3.7-03")
@pytest.mark.parametrize(("before", "count"), [(0, MOST), (10, 2 * MOST), (MOST, MOST)])
def test_rows_that_cannot_be_read_nor_leave_the_store_hold_up_no_delivery(
    tmp_path: Path, before: int, count: int
) -> None:
    world = _offline_sessions(tmp_path, meter_s=1500)
    keys = [key for (key,) in _rows(tmp_path, "SELECT key FROM record WHERE space = 'queue' ORDER BY key")]
    spoilt = keys[before : before + count]
    _spoil(tmp_path, spoilt)
    no_copies_in(tmp_path)
    arrived = _delivered(world)
    assert (arrived[0], arrived[-1]) == ("StartTransaction", "StopTransaction")
    assert len(arrived) == len(keys) - count + (before == 0), "the start is written again where it was among them"
    assert sum(int(told.split()[0]) for told in _told(world)) == count, "each is told once"
    left = _rows(tmp_path, "SELECT key FROM record WHERE space = 'queue' ORDER BY key")
    assert [key for (key,) in left] == spoilt[: count - (before == 0)], "without a copy they stay where they are"


@covers("CS-3.7-01", "CS-3.7-03")
def test_rows_under_keys_that_no_station_writes_hold_up_no_delivery(tmp_path: Path) -> None:
    world = _offline_sessions(tmp_path, meter_s=900)
    keys = [key for (key,) in _rows(tmp_path, "SELECT key FROM record WHERE space = 'queue' ORDER BY key")]
    _spoil(tmp_path, [f"{keys[5]}/{nth:03}" for nth in range(MOST + 5)] + [f"!{nth:03}" for nth in range(MOST + 5)])
    no_copies_in(tmp_path)
    arrived = _delivered(world)
    assert (arrived[0], arrived[-1], len(arrived)) == ("StartTransaction", "StopTransaction", len(keys))


def _kind(kind: str) -> str:
    return f'value LIKE \'%"kind":"{kind}"%\''


@covers("CS-3.7-01", "SEC-8-08")
def test_a_record_that_cannot_be_read_is_told_and_a_copy_of_its_store_is_kept(tmp_path: Path) -> None:
    world = _offline_sessions(tmp_path)
    row = ("reservation", number(1), '{"reservation_id": "nine"}')
    _rows(tmp_path, "INSERT INTO record VALUES (?, ?, ?, ?)", *row, checksum(*row))
    assert _delivered(world)[0] == "StartTransaction"
    assert _told(world) == ["1 records quarantined, 0 messages lost: reservation 000000000001"]
    assert _rows(tmp_path, "SELECT key FROM record WHERE space = 'reservation'") == []
    with closing(sqlite3.connect(tmp_path / f"{DATABASE}.quarantined-1")) as copy:
        assert copy.execute("SELECT value FROM record WHERE space = 'reservation'").fetchall() == [
            ('{"reservation_id": "nine"}',)
        ]
    world.power_cycle().wait(60)
    assert len(_told(world)) == 1, "once"


@covers("CS-3.7-01", "CS-3.7-03")
@pytest.mark.parametrize("which", ["IN", "NOT IN"])
def test_meter_values_that_have_vanished_from_the_queue_are_passed_over_and_told(tmp_path: Path, which: str) -> None:
    world = _offline_sessions(tmp_path, meter_s=1500)
    first = f"(SELECT key FROM record WHERE space = 'queue' ORDER BY key LIMIT {MOST + 10})"
    lost = _lose(tmp_path, "queue", f"key {which} {first} AND {_kind('meter')}")
    assert lost > 10
    arrived = _delivered(world)
    assert (arrived[0], arrived[-1]) == ("StartTransaction", "StopTransaction")
    assert _told(world) in ([f"0 records quarantined, {lost} messages lost"], [])
    assert bool(_told(world)) == (which == "NOT IN" or lost > 0)


@covers("CS-3.7-01", "CS-4.8-01")
def test_a_start_that_has_vanished_is_written_again_from_its_transaction(tmp_path: Path) -> None:
    world = _offline_sessions(tmp_path, count=2)
    assert _lose(tmp_path, "queue", _kind("start")) == 2
    arrived = [action for action in _delivered(world) if action != "MeterValues"]
    assert arrived == ["StartTransaction", "StopTransaction"] * 2
    stops = [message.payload for message in sent(world) if message.action == "StopTransaction"]
    assert all(stop["transactionId"] > 0 for stop in stops)


@covers("CS-3.7-01", "CS-4.10-01")
def test_a_stop_that_has_vanished_is_written_again_from_its_transaction(tmp_path: Path) -> None:
    world = _offline_sessions(tmp_path, count=2)
    assert _lose(tmp_path, "queue", _kind("stop")) == 2
    arrived = [action for action in _delivered(world) if action != "MeterValues"]
    assert sorted(arrived) == ["StartTransaction"] * 2 + ["StopTransaction"] * 2


def test_a_queue_that_has_vanished_is_written_again_but_for_meter_values(tmp_path: Path) -> None:
    world = _offline_sessions(tmp_path, count=2)
    assert _lose(tmp_path, "queue") > 4
    assert _delivered(world) == ["StartTransaction", "StopTransaction"] * 2


@covers("CS-3.7-05", rows=("transaction_queue:recalled.nothing",))
def test_messages_whose_transaction_is_gone_are_passed_over(tmp_path: Path, fired: FiredRows) -> None:
    world = _offline_sessions(tmp_path)
    world.watchers = (fired.see,)
    assert _lose(tmp_path, "ended") == 1
    assert _delivered(world) == []
    assert "messages lost" in _told(world)[0]
    assert _rows(tmp_path, "SELECT key FROM record WHERE space = 'sample'") == [], "and so are its samples"
    world.plug_in(2).present("bob", 2).wait(20).present("bob", 2).plug_out(2).wait(60)
    assert [message.action for message in sent(world) if message.action in QUEUED][-1] == "StopTransaction"


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


@pytest.mark.exhaustive
def test_a_new_process_passes_over_what_has_vanished_from_the_store(tmp_path: Path, central: Central) -> None:
    with Station(tmp_path, central.url, *SETTINGS) as box:
        fill(box, central)
        box.kill()
        assert _lose(tmp_path / "data", "ended") == 1
        put(tmp_path / "data", Put("profile", "7", "{}"))
        central.silent_on = set()
        box.start()
        assert central.saw("StopTransaction", reason="PowerLoss")
        told = central.saw("SecurityEventNotification", type="SecurityLogWasCleared")["techInfo"]
        assert "profile 7" in told
        assert central.call("GetLocalListVersion", {})[2] == {"listVersion": 5}
