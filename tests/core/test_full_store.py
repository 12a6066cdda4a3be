"""A store without space: what charges goes on, nothing old is lost, nobody begins, and the CSMS is told why.

First the station in its world, then the real store at the bound of its file, then on a real disk that is full to the
last byte: a small one in memory, which a user namespace lets anybody mount.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import pytest

from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from runtime.adapters.sqlite.errors import StoreFailedError
from runtime.adapters.sqlite.reserve import RESERVE
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.core.inputs import Put, Span
from runtime.core.ports import DropAll
from tests.covering import FiredRows, covers
from tests.processes import Central, Station, until
from tests.reservations.asking import reserve

SETTINGS = {"MeterValueSampleInterval": "10", "TransactionMessageRetryInterval": "1"}
FULL = {"errorCode": "OtherError", "info": "store full: no new sessions"}


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings=SETTINGS).power_up()


@covers("CS-7.7-14", "CS-7.6-09", "SEC-8-10", rows=("storage:fill", "metering:sample.full", "connector:CDE6.token"))
def test_charging_goes_on_and_the_free_connector_is_faulted_and_says_why(world: World) -> None:
    world.plug_in(1).present("alice", 1).wait(25)
    before = len(world.csms.got("MeterValues"))
    world.fill_disk().wait(40)
    assert (world.csms.statuses(1)[-1], world.csms.statuses(2)[-1]) == ("Charging", "Faulted")
    said = [seen.payload for seen in world.csms.seen if seen.action == "StatusNotification"]
    assert [FULL.items() <= payload.items() for payload in said if payload["status"] == "Faulted"] == [True, True]
    assert [event["type"] for event in world.csms.got("SecurityEventNotification")] == ["MemoryExhaustion"]
    assert len(world.csms.got("MeterValues")) - before <= 1, "values are the first that is given up"
    world.wait(300).present("alice", 1)
    (stop,) = contents(world, "StopTransaction")
    assert stop["reason"] == "Local"
    assert stop["transactionData"][-1]["sampledValue"][0]["context"] == "Transaction.End"
    assert world.csms.statuses(1)[-1] == "Faulted"
    assert not violations(world)


@covers("CS-7.7-14", "CS-4.9-I1", rows=("authorization:closed", "storage:look", "storage:empty"))
def test_new_sessions_are_refused_until_there_is_space(world: World) -> None:
    world.plug_in(1).present("alice", 1).wait(5).fill_disk().wait(20)
    world.plug_in(2).present("bob", 2)
    assert world.ask("RemoteStartTransaction", idTag="bob", connectorId=2).answer == {"status": "Rejected"}
    world.wait(60)
    assert len(world.csms.got("StartTransaction")) == 1
    world.empty_disk().wait(11)
    assert world.csms.statuses(2)[-1] in ("Preparing", "Finishing")
    world.present("bob", 2)
    assert len(world.csms.got("StartTransaction")) == 2
    heal(world)
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-3.6-06", "CS-4.9-B3", rows=("storage:empty", "connector:B3"))
def test_a_driver_who_was_granted_when_it_filled_charges_when_there_is_space(world: World) -> None:
    world.present("alice", 1).fill_disk().plug_in(2).wait(1)
    world.ask("ChangeConfiguration", key="HeartbeatInterval", value="77")
    assert world.state("storage") == "Full"
    world.plug_in(1)
    assert world.state("connector", 1) == "Preparing"
    world.empty_disk().wait(11)
    assert world.csms.statuses(1)[-1] == "Charging"


@covers(
    "CS-5.13-21",
    "CS-5.13-08",
    "CS-7.40-02",
    "CS-7.40-03",
    rows=("storage:fill", "reservation:close", "reservation:faulted"),
)
def test_nothing_is_kept_for_anybody_until_there_is_space(world: World) -> None:
    world.plug_in(1).present("alice", 1)
    assert reserve(world, connector=2, number=7) == "Accepted"
    world.fill_disk().wait(20)
    assert world.csms.statuses(2) == ["Available", "Reserved", "Faulted"]
    assert reserve(world, connector=2, number=8) == "Faulted"
    assert reserve(world, connector=1, number=9) == "Occupied"
    world.empty_disk().wait(11)
    assert world.csms.statuses(2)[-1] == "Available"
    assert reserve(world, connector=2, number=8) == "Accepted"
    assert not violations(world)


@covers("CS-4.7-02", rows=("metering:clock.full", "storage:fill"))
def test_values_on_the_clock_give_way_and_come_back(fired: FiredRows) -> None:
    world = World(fired.see, settings={"ClockAlignedDataInterval": "10"}).power_up()
    world.wait(21).fill_disk().wait(60)
    while_full = len(world.csms.got("MeterValues"))
    world.wait(60)
    assert len(world.csms.got("MeterValues")) == while_full
    world.empty_disk().wait(61)
    assert len(world.csms.got("MeterValues")) > while_full
    assert not violations(world)


@covers("CS-7.36-07", "CS-3.7-03", rows=("storage:fill", "transaction:power_loss"))
def test_a_power_cut_with_a_full_store_loses_nothing(world: World) -> None:
    world.plug_in(1).present("alice", 1).wait(25).link_down().wait(15).fill_disk().wait(30)
    world.power_cycle().wait(5)
    assert world.state("storage") == "Full", "it is found out again"
    heal(world)
    (stop,) = contents(world, "StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert not violations(world)
    assert not undelivered(world)


# ---- the bound of the file -----------------------------------------------------------------------------------

KIB = 1024
MESSAGE = "x" * 700
"""A queued sample of five measurands is about so long."""


def is_full(store: SqliteStore) -> bool:
    """What the store says now."""
    return store.full


def fill(store: SqliteStore) -> int:
    """Queue messages until the store says that it is full; how many."""
    for number in range(1_000_000):
        if is_full(store):
            return number
        store.commit([Put("queue", f"{number:012}", MESSAGE)])
    raise AssertionError("it never was")


def test_from_its_bound_less_the_reserve_on_a_file_is_full_and_still_takes_what_the_reserve_is_for(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path, max_bytes=1024 * KIB, reserve_bytes=256 * KIB)
    assert not is_full(store)
    queued = fill(store)
    assert 800 < queued < 1100

    for number in range(200):
        store.commit([Put("ended", f"{number:012}", MESSAGE), Put("queue", f"stop {number}", "y" * 100)])
    assert is_full(store)
    with pytest.raises(StoreFailedError, match="full"):
        store.commit(Put("queue", f"more {number}", MESSAGE) for number in range(1000))
    assert len(store.recall([Span("ended", "", "~")])) == 200, "nothing old is lost"
    assert len(store.recall([Span("queue", "0", "1")])) == queued
    store.close()


def test_it_has_space_again_when_enough_was_forgotten_and_not_before(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, max_bytes=1024 * KIB, reserve_bytes=128 * KIB)
    queued = fill(store)
    store.commit([DropAll(Span("queue", "", f"{queued // 20:012}"))])
    store.look_for_space()
    assert is_full(store), "a store at its edge is not full and roomy by turns"
    store.commit([DropAll(Span("queue", "", f"{queued // 3:012}"))])
    assert is_full(store), "as long as nobody has looked"
    store.look_for_space()
    assert not is_full(store)
    store.close()


def test_a_full_store_is_full_at_the_next_start_too(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, max_bytes=1024 * KIB, reserve_bytes=128 * KIB)
    fill(store)
    store.close()
    store = SqliteStore(tmp_path, max_bytes=1024 * KIB, reserve_bytes=128 * KIB)
    assert is_full(store)
    store.close()


# ---- a real disk, full to the last byte ----------------------------------------------------------------------

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
MOUNT = 'mount -t tmpfs -o size=32m none "$0" && echo mounted && exec sleep 600'
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
MIB = 1024 * KIB


class SmallDisk:
    """A disk of 32 MiB that only one process sees, and those that join it (``joined``)."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        command = [*NAMESPACE, "sh", "-c", MOUNT, str(place)]
        self.keeper = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.keeper.stdout is not None
        self.mounted = self.keeper.stdout.readline() == "mounted\n"

    @property
    def joined(self) -> tuple[str, ...]:
        """What stands before the command of a process that sees the disk."""
        who = ("--user", "--mount", "--preserve-credentials", "--target", str(self.keeper.pid))
        return ("nsenter", *who, f"--wd={ROOT}")

    def do(self, body: str) -> None:
        """Run a function of this module in a process that sees the disk; fails as it does."""
        words = "from tests.core import test_full_store as t; from pathlib import Path; "
        words += f"t.{body}(Path({str(self.place)!r}))"
        command = [*self.joined, sys.executable, "-c", words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.keeper.kill()
        self.keeper.communicate(timeout=PATIENCE_S)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if shutil.which("unshare") is None:
        pytest.skip("unshare and nsenter (util-linux) are not installed")
    with SmallDisk(tmp_path / "data") as small:
        if not small.mounted:
            pytest.skip("this system lets no user mount a disk of his own (user namespaces)")
        yield small


def take_every_byte(disk: Path) -> None:
    """Fill what is free, and be refused."""
    with (disk / "filler").open("ab", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        consume(filler.write(b"\0" * 4096) for _ in range(MIB))
    assert os.statvfs(disk).f_bavail == 0


def consume(writes: Iterable[int]) -> None:
    """One after the other."""
    for _ in writes:
        pass


def give_it_back(disk: Path) -> None:
    """The filler goes."""
    (disk / "filler").unlink()


def finish_from_the_reserve(disk: Path) -> None:
    """Hours of two sessions on a full disk, some of which end; then there is space."""
    store = SqliteStore(disk)
    store.commit(Put("queue", f"{number:012}", MESSAGE) for number in range(1000))
    take_every_byte(disk)
    assert not is_full(store), "nobody has written since"
    for number in range(1000):
        if is_full(store):
            break
        store.commit([Put("queue", f"more {number}", MESSAGE * 40)])
    assert is_full(store)
    assert (disk / RESERVE).stat().st_size == 0
    for number in range(3000):
        store.commit([Put("transaction", f"{number % 2}", f"{number}" * 100)])
        if number % 30 == 0:
            store.commit([Put("ended", f"{number:012}", MESSAGE), Put("queue", f"stop {number:012}", "y" * 100)])
    store.look_for_space()
    assert is_full(store)
    give_it_back(disk)
    store.look_for_space()
    assert not is_full(store)
    assert (disk / RESERVE).stat().st_blocks * 512 >= 8 * MIB
    store.close()
    again = SqliteStore(disk)
    assert again.quarantined is None
    assert len(again.recall([Span("ended", "", "~")])) == 100
    assert len(again.recall([Span("queue", "0", "1")])) == 1000


@pytest.mark.exhaustive
def test_on_a_disk_without_a_byte_sessions_are_finished_from_the_reserve(disk: SmallDisk) -> None:
    disk.do("finish_from_the_reserve")


def die_with_a_long_log(disk: Path) -> None:
    """What a kill leaves on a disk without a byte: nothing of the log is folded in."""
    if os.fork():
        _, status = os.wait()
        assert os.waitstatus_to_exitcode(status) == 7
        return
    store = SqliteStore(disk)
    for number in range(60):
        store.commit([Put("queue", f"{number:012}", MESSAGE * 5)])
    take_every_byte(disk)
    os._exit(7)


def start_from_the_reserve(disk: Path) -> None:
    """A start after that folds the log in, into what the reserve held."""
    die_with_a_long_log(disk)
    again = SqliteStore(disk)
    assert again.quarantined is None
    assert len(again.recall([Span("queue", "0", "1")])) == 60
    for number in range(50):
        again.commit([Put("ended", f"{number:012}", MESSAGE * 40)])
    assert is_full(again)
    give_it_back(disk)
    again.look_for_space()
    assert not is_full(again)
    again.close()


def save_into_the_reserve(disk: Path) -> None:
    """So does one that has to put a damaged store aside, and finds space for its report, not for the records."""
    die_with_a_long_log(disk)
    os.truncate(disk / "filler", (disk / "filler").stat().st_size - 100 * KIB)
    log = disk / f"{DATABASE}-wal"
    raw = bytearray(log.read_bytes())
    raw[2000] ^= 1
    with log.open("r+b") as file:
        file.write(raw)
    again = SqliteStore(disk)
    assert again.quarantined is not None
    assert "60 records saved; not readable: none that was found" in again.quarantined.report
    again.close()


@pytest.mark.parametrize("body", ["start_from_the_reserve", "save_into_the_reserve"])
def test_after_a_kill_on_a_disk_without_a_byte_the_reserve_lets_it_start(disk: SmallDisk, body: str) -> None:
    disk.do(body)


def run_out(disk: Path) -> None:
    """A reserve that is too small is used up too."""
    store = SqliteStore(disk, reserve_bytes=64 * KIB)
    store.commit([Put("queue", "kept", MESSAGE)])
    take_every_byte(disk)
    with pytest.raises(StoreFailedError, match="make space on the disk"):
        store.commit(Put("queue", f"{number:012}", MESSAGE) for number in range(1000))
    give_it_back(disk)
    store.close()
    again = SqliteStore(disk)
    assert again.quarantined is None
    assert again.load() == {"queue": {"kept": MESSAGE}}


def test_when_the_reserve_is_gone_too_the_step_fails_and_what_was_committed_is_there(disk: SmallDisk) -> None:
    disk.do("run_out")


@covers("CS-7.7-14", "SEC-8-10")
@pytest.mark.exhaustive
def test_a_real_station_on_a_full_disk_finishes_what_runs_and_begins_again_when_there_is_space(
    disk: SmallDisk, tmp_path: Path
) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.join((*disk.joined, sys.executable))} "$@"\n')
    program.chmod(0o755)
    options = ("--set", "MeterValueSampleInterval=1")
    with Central() as central, Station(tmp_path, central.url, *options, program=program) as box:
        central.saw("StatusNotification", 3)
        box.do("/connectors/1/plug_in")
        box.do("/tokens", {"id_tag": "ABC", "connectors": [1]})
        central.saw("MeterValues")
        disk.do("take_every_byte")
        faulted = central.saw("StatusNotification", connectorId=2, status="Faulted")
        assert faulted.items() >= FULL.items()
        central.saw("SecurityEventNotification", type="MemoryExhaustion")
        assert box.state()["connectors"][0]["status"] == "Charging"
        box.do("/connectors/2/plug_in")
        box.do("/tokens", {"id_tag": "DEF", "connectors": [2]})
        box.do("/tokens", {"id_tag": "ABC", "connectors": [1]})
        central.saw("StopTransaction", reason="Local")
        assert len(central.requests("StartTransaction")) == 1
        disk.do("give_it_back")
        until(lambda: box.state()["connectors"][1]["status"] != "Faulted", "space to be found", PATIENCE_S)
        box.do("/tokens", {"id_tag": "DEF", "connectors": [2]})
        central.saw("StartTransaction", 2)
        assert box.end(signal.SIGTERM) == 0
