"""A long queue: how fast it is worked off, what it takes in memory, how soon a station with one is back.

``python -m tests.benchmarks.queue [--messages N] [--rounds N]``. The queue is made with the station's own ledger and
store: transactions of a start, 98 samples of five measurands, and a stop. Then the station is started as a process,
killed in the middle, and started again. Beside it, in turns, as many calls of the same length, one in flight: by two
floors that do nothing else, and by the ``ocpp`` package, which keeps nothing. And what the commit of a step that begins
a transaction takes, beside a bare one on the same disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter_ns

import orjson
import uvloop
from attrs import asdict, define, evolve, field
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, WSUpgradeResponse, ws_create_server
from picows import WSUpgradeResponseWithListener as Upgrade
from rich.console import Console
from rich.table import Table

from model.language.composition import Instance
from model.messages.metering import Measurand, MeterValue, ReadingContext
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import FrameReceived, MeterReading, PluggedIn, TimerDue
from runtime.core.ledger import Ledger
from runtime.core.ports import Write
from runtime.core.records import QueueItem, TransactionRecord
from runtime.operations.metering import meter_value
from tests.benchmarks.awake import awake
from tests.benchmarks.disk import bare_commit
from tests.benchmarks.figures import percentile
from tests.benchmarks.micro import booted_station, now
from tests.benchmarks.processes import PEERS, Cores, Peer, Process, go_first, running
from tests.benchmarks.run import scratch
from tests.benchmarks.wire import ANSWERS, REMOTE_START, start_answer

OUTPUT = Path("bench-output/queue.json")
OURS, EMPTY = PEERS[0], "empty"
BESIDE = {"bare protocol": "bare_drain", "bare websockets": "bare_drain_websockets", "ocpp": "ocpp_drain"}
OF_A_TRANSACTION = 100
QUEUED = ("StartTransaction", "MeterValues", "StopTransaction")
PATIENCE_S = 300.0
START = datetime(2026, 1, 1, tzinfo=UTC)


@define
class Figures:
    """One figure for each round; rates in messages a second."""

    messages: int
    drained_per_s: list[float] = field(factory=list)
    beside_per_s: dict[str, list[float]] = field(factory=dict)
    first_frame_ms: list[float] = field(factory=list)
    resident_mib: dict[str, list[float]] = field(factory=dict)
    start_commit_us: dict[str, float] = field(factory=dict)


# ---- the CSMS ----------------------------------------------------------------------------------------------


class Heard(WSListener):  # type: ignore[misc, unused-ignore]
    """The connection of one station: answers each call, and notes when the queued ones came."""

    def __init__(self) -> None:
        self.booted_ns = 0
        self.times_ns: list[int] = []
        self.transaction_id = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """A station is here."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Note it, answer it."""
        now_ns = perf_counter_ns()
        if frame.msg_type is not WSMsgType.TEXT:
            return
        _, message_id, _, action, _ = frame.get_payload_as_utf8_text().split('"', 4)
        if action in QUEUED:
            self.times_ns.append(now_ns)
        elif action == "BootNotification":
            self.booted_ns = now_ns
        transport.send(WSMsgType.TEXT, f'[3,"{message_id}",{ANSWERS.get(action) or self._start()}'.encode())

    def _start(self) -> str:
        self.transaction_id += 1
        return start_answer(self.transaction_id)

    async def until(self, count: int) -> None:
        """Wait for so many queued messages."""
        while len(self.times_ns) < count:  # noqa: ASYNC110 - no event in the timed path
            await asyncio.sleep(0.01)

    @property
    def per_s(self) -> float:
        """The rate from the first to the last."""
        return (len(self.times_ns) - 1) / (self.times_ns[-1] - self.times_ns[0]) * 1e9


class Csms:
    """Listens; one station at a time, by the order of their coming."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    async def open(self) -> str:
        """Its URL."""
        self._server = await ws_create_server(self._listen, "127.0.0.1", 0)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ocpp"

    def close(self) -> None:
        """Hang up on everybody."""
        for heard in self.heard:
            heard.transport.disconnect(graceful=False)
        self._server.close()

    def _listen(self, request: WSUpgradeRequest) -> Upgrade:
        self.heard.append(Heard())
        response = WSUpgradeResponse.create_101_response({"Sec-WebSocket-Protocol": "ocpp1.6"})
        return Upgrade(response, self.heard[-1])

    async def newest(self, before: int) -> Heard:
        """The connection that comes after so many."""
        while len(self.heard) <= before or (not self.heard[-1].times_ns and not self.heard[-1].booted_ns):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return self.heard[-1]


# ---- the queue ---------------------------------------------------------------------------------------------


def fill(directory: Path, messages: int) -> None:
    """A store that owes so many messages, in whole transactions."""
    store, ledger = SqliteStore(directory), Ledger()
    for number in range(messages // OF_A_TRANSACTION):
        _one_transaction(ledger, START + timedelta(hours=number))
        store.commit(ledger.take_writes())
    store.close()


def _one_transaction(ledger: Ledger, at: datetime) -> None:
    slot = ledger.next_number("slot")
    instance, value = Instance("transaction", 1, slot), _value(at)
    record = TransactionRecord(1, "BENCH", None, 0, at, 0, at)
    ledger.samples[slot] = {}
    ledger.set_state(instance, "StartOwed")
    ledger.set_transaction(slot, record)
    ledger.enqueue(QueueItem(slot, "start"))
    ledger.add_sample(slot, value)
    for _ in range(OF_A_TRANSACTION - 2):
        ledger.enqueue(QueueItem(slot, "meter", meter_value=value, connector=1))
    ledger.add_sample(slot, value)
    ledger.set_state(instance, "BothOwed")
    ledger.set_transaction(slot, evolve(record, meter_stop_wh=9, stopped_at=at, reason="Local"))
    ledger.enqueue(QueueItem(slot, "stop"))
    ledger.samples.pop(slot)


def _value(at: datetime) -> MeterValue:
    reading = MeterReading(1, 1_200_033, 400.0, 150.0, 60_000.0, 60_000.0)
    measurands = (
        Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, Measurand.VOLTAGE, Measurand.POWER_OFFERED,
        Measurand.CURRENT_IMPORT, Measurand.POWER_ACTIVE_IMPORT,
    )  # fmt: skip
    return meter_value(reading, measurands, ReadingContext.SAMPLE_PERIODIC, at)


# ---- a round -----------------------------------------------------------------------------------------------


async def measure(messages: int, rounds: int, data: Path, cores: Cores) -> Figures:
    """Everything, in turns."""
    figures, csms = Figures(messages), Csms()
    url = await csms.open()
    try:
        for number in range(rounds):
            for peer in BESIDE:
                await asyncio.wait_for(_beside(peer, figures, csms, url, data / f"{peer} {number}", cores), PATIENCE_S)
            await asyncio.wait_for(_ours(figures, csms, url, data / f"ours-{number}", cores), PATIENCE_S)
    finally:
        csms.close()
    figures.start_commit_us = start_commits(data / "commit")
    return figures


async def _beside(name: str, figures: Figures, csms: Csms, url: str, data: Path, cores: Cores) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.peers.{BESIDE[name]}"]
    peer = Peer(name, "call after call", lambda url, identity, _: [*command, url, identity, str(figures.messages)])
    before = len(csms.heard)
    with running(peer, url, "beside", data, cores.stations):
        heard = await csms.newest(before)
        await heard.until(figures.messages)
    figures.beside_per_s.setdefault(name, []).append(heard.per_s)


async def _ours(figures: Figures, csms: Csms, url: str, data: Path, cores: Cores) -> None:
    """Idle with an empty memory; with a long queue until a fifth is through; and again, to its end."""
    with running(OURS, url, "empty", data / "empty", cores.stations) as process:
        await csms.newest(len(csms.heard))
        _resident(figures, EMPTY, process)
    fill(data / "full", figures.messages)
    part = figures.messages // 5
    with running(OURS, url, "full", data / "full", cores.stations) as process:
        heard = await csms.newest(len(csms.heard))
        await heard.until(part)
        _resident(figures, "while it drains", process)
    through = len(heard.times_ns)
    with running(OURS, url, "full", data / "full", cores.stations) as process:
        heard = await csms.newest(len(csms.heard))
        figures.first_frame_ms.append((heard.booted_ns - process.started_ns) / 1e6)
        await heard.until(figures.messages - through)
        await asyncio.sleep(0.2)
        _resident(figures, "after it", process)
    figures.drained_per_s.append(heard.per_s)


def _resident(figures: Figures, when: str, process: Process) -> None:
    figures.resident_mib.setdefault(when, []).append(process.resident_kib() / 1024)


# ---- a start -----------------------------------------------------------------------------------------------


def start_writes() -> tuple[Write, ...]:
    """What the step that begins a transaction commits."""
    station = booted_station()
    station.step(PluggedIn(1, asking=True), now())
    station.step(FrameReceived(f'[2,"1",{REMOTE_START}'), now())
    return station.step(TimerDue(), now()).writes


def start_commits(directory: Path, times: int = 400) -> dict[str, float]:
    """The commit of that step, and a bare one on the same disk, in turns."""
    directory.mkdir()
    store, writes = SqliteStore(directory / "store"), start_writes()
    took: dict[str, list[float]] = {"start": [], "bare": []}
    with ExitStack() as stack:
        stack.callback(store.close)
        bare = bare_commit(directory / "bare.db", stack)
        for _ in range(times):
            for name, commit in (("start", lambda: store.commit(writes)), ("bare", bare)):
                started_ns = perf_counter_ns()
                commit()
                took[name].append((perf_counter_ns() - started_ns) / 1e3)
    return {f"{name} {share}": percentile(took[name], share / 100) for name in took for share in (50, 99)}


# ---- the command -------------------------------------------------------------------------------------------


def show(figures: Figures, console: Console) -> None:
    """Medians over the rounds."""
    table = Table("of a queue", "", title=f"{figures.messages:,} messages, {len(figures.drained_per_s)} rounds")
    drained = median(figures.drained_per_s)
    table.add_row("worked off, messages/s", f"{drained:,.0f}")
    for peer, rates in figures.beside_per_s.items():
        table.add_row(f"{peer}, calls/s", f"{median(rates):,.0f} (we: {drained / median(rates):.2f} of it)")
    table.add_row("power to first frame, ms", f"{median(figures.first_frame_ms):.0f}")
    for when, mib in figures.resident_mib.items():
        table.add_row(f"resident, {when}, MiB", f"{median(mib):.1f}")
    for name, took_us in figures.start_commit_us.items():
        table.add_row(f"commit, p{name.split()[1]} of {name.split()[0]}, us", f"{took_us:,.0f}")
    console.print(table)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queue", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=OUTPUT, metavar="FILE")
    given = parser.parse_args()
    cores = Cores.find()
    go_first()
    os.sched_setaffinity(0, {cores.csms})
    with scratch() as data, awake(cores):
        figures = uvloop.run(measure(given.messages, given.rounds, Path(data), cores))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_bytes(orjson.dumps(asdict(figures), option=orjson.OPT_INDENT_2))
    show(figures, Console())


if __name__ == "__main__":
    main()
