"""What single parts take, in one process without a socket: the sum has to explain the round trip.

``python -m tests.benchmarks.micro DIRECTORY [--quick]`` prints one JSON object, part -> median in microseconds. Each
figure is the median of short batches; the parts take turns, so that all of them see the same machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter_ns

import orjson
import uvloop

from model.messages.codec import structure, unstructure
from model.messages.configuration import GetConfigurationConf, GetConfigurationReq, KeyValue
from model.station_file import load_station
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import FrameReceived, LinkOpened, MeterReading, Moment, PowerUp, Put
from runtime.core.ports import SendFrame, Step
from runtime.core.rpc import Call, encode_result, parse
from runtime.core.station import Station
from runtime.hosting import setup_of
from tests.benchmarks import parts
from tests.benchmarks.disk import bare_commit
from tests.benchmarks.pipeline import bare_pipeline, frame_of, new_server, our_pipeline
from tests.benchmarks.processes import STATION
from tests.benchmarks.wire import ANSWERS, KEY, REQUESTS

BATCH = 200
BATCHES, QUICK_BATCHES = 25, 9
METERS = tuple(MeterReading(connector, 0, 0.0, 0.0, 0.0, 0.0) for connector in (1, 2))


def _frames(measure: str) -> tuple[str, ...]:
    return tuple(f'[2,"{number}",{tail}' for number, tail in enumerate(REQUESTS[measure]))


def now() -> Moment:
    """The moment, as the host makes it."""
    return Moment(monotonic(), datetime.now(UTC), METERS)


def booted_station() -> Station:
    """A station that is registered and idle."""
    station = Station(setup_of(load_station(STATION)), {}, seed=1)
    station.step(PowerUp(), now())
    step = station.step(LinkOpened(), now())
    while calls := [call for call in map(_call, step.effects) if call]:
        answer = f'[3,"{calls[0].message_id}",{ANSWERS[calls[0].action]}'
        step = station.step(FrameReceived(answer), now())
    return station


def _call(effect: object) -> Call | None:
    frame = parse(effect.text) if isinstance(effect, SendFrame) else None
    return frame if isinstance(frame, Call) else None


def read(text: str) -> object:
    """From the text of a GetConfiguration to its checked value."""
    frame = parse(text)
    assert isinstance(frame, Call)
    return structure(GetConfigurationReq, frame.payload)


CONF = GetConfigurationConf(configuration_key=(KeyValue(key=KEY, readonly=False, value="3600"),))


def write() -> str:
    """From the answer's value to its text."""
    return encode_result("1", unstructure(CONF))


def step_of(station: Station, frames: tuple[str, ...]) -> Callable[[], Step]:
    """A step of the station on one frame after the other, its moment included."""
    turn = iter(range(sys.maxsize))

    def take() -> Step:
        return station.step(FrameReceived(frames[next(turn) & 1]), now())

    return take


def trigger(station: Station) -> None:
    """TriggerMessage, the Heartbeat that follows in the same step, and the answer to it."""
    call = next(filter(None, map(_call, station.step(FrameReceived(_frames("trigger")[0]), now()).effects)))
    station.step(FrameReceived(f'[3,"{call.message_id}",{ANSWERS[call.action]}'), now())


def commit(store: SqliteStore) -> Callable[[], None]:
    """One write of one step, as ChangeConfiguration makes it."""
    return lambda: store.commit((Put("configuration", "ConnectionTimeOut", "60"),))


def everything_in(directory: Path, stack: ExitStack) -> dict[str, tuple[Callable[[], object], int]]:
    """Every part, and how many make a batch."""
    directory.mkdir(parents=True, exist_ok=True)
    station, store = booted_station(), SqliteStore(directory / "store")
    stack.callback(store.close)
    text = _frames("get")[0]
    server, bare_server = new_server(), new_server()
    ours, bare = our_pipeline(directory / "station", server, stack), bare_pipeline(bare_server)
    frame, bare_frame = frame_of(server, text), frame_of(bare_server, text)
    return {
        parts.BYTES_OURS: (lambda: ours(frame), BATCH),
        parts.BYTES_FLOOR: (lambda: bare(bare_frame), BATCH),
        parts.READ: (lambda: read(text), BATCH),
        parts.WRITE: (write, BATCH),
        parts.STEP_GET: (step_of(station, _frames("get")), BATCH),
        parts.STEP_CHANGE: (step_of(station, _frames("change")), BATCH),
        parts.STEP_TRIGGER: (lambda: trigger(station), BATCH // 10),
        parts.COMMIT: (commit(store), BATCH // 10),
        parts.BARE_COMMIT: (bare_commit(directory / "bare.db", stack), BATCH // 10),
    }


def batch_us(part: Callable[[], object], times: int) -> float:
    """What one takes, over a batch."""
    started_ns = perf_counter_ns()
    for _ in range(times):
        part()
    return (perf_counter_ns() - started_ns) / 1e3 / times


async def figures(directory: Path, batches: int) -> dict[str, float]:
    """The medians; a coroutine, because a station wants a loop that runs."""
    with ExitStack() as stack:
        everything = everything_in(directory, stack)
        samples: dict[str, list[float]] = {name: [] for name in everything}
        for _ in range(batches):
            for name, (part, times) in everything.items():
                samples[name].append(batch_us(part, times))
    return {name: median(values[1:] or values) for name, values in samples.items()}


if __name__ == "__main__":
    made = uvloop.run(figures(Path(sys.argv[1]), QUICK_BATCHES if "--quick" in sys.argv else BATCHES))
    sys.stdout.write(orjson.dumps(made).decode())
