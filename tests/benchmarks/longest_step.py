"""How long one step holds the loop, with the most that a CSMS can send or have stored: so long the stop button waits.

``python -m tests.benchmarks.longest_step [--json FILE]`` prints a table: for each case the median and the longest step,
in CPU time of its thread, and its commit, in wall time. The bound is 50 ms for what lies between two turns of the loop
(``runtime/adapters/link_inbox.py`` hands over one frame a turn). The station is full: ten profiles of ten periods that
take turns all day, the longest list, a full cache, and a transaction at each connector.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter_ns, thread_time_ns
from typing import Any, Final, NamedTuple

import orjson
from attrs import evolve
from rich.console import Console
from rich.table import Table

from model.messages.metering import Measurand, ReadingContext
from model.messages.types import AuthorizationStatus, IdTagInfo
from model.station_file import MAX_CACHE_ENTRIES, StationFile, load_station
from model.station_rows import MOST
from runtime import collector
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import (
    FrameReceived,
    Input,
    LinkClosed,
    LinkOpened,
    MeterReading,
    Moment,
    PluggedIn,
    PluggedOut,
    PowerUp,
    Recalled,
    Span,
    StopPressed,
    TimerDue,
    TokenPresented,
)
from runtime.core.ledger import everything_in
from runtime.core.ports import Recall, SendFrame, Step
from runtime.core.records import BEGINNING
from runtime.core.station import Station
from runtime.hosting import setup_of
from runtime.operations.cache import Cache
from runtime.operations.calls import MAX_OUTBOX
from runtime.operations.metering import UNIT, meter_value
from tests.benchmarks.processes import STATION
from tests.benchmarks.wire import ANSWERS, start_answer

OUTPUT: Final = Path("bench-output/longest_step.json")
CALL: Final = 2
ROUNDS: Final = 9
DAY_S: Final = 86_400
FRAME_CHARS: Final = 999_000
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
REGISTER: Final = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
PLACES: Final = (
    *((0, "ChargePointMaxProfile", level) for level in range(2)),
    *((0, "TxDefaultProfile", level) for level in range(4)),
    *((1 + level % 2, "TxProfile", level) for level in range(4)),
)
"""As many profiles as the station holds."""

Ask = Callable[["Box"], object]


class Measured(NamedTuple):
    """One step: CPU time of its thread, and of its commit the wall time."""

    step_ms: float
    commit_ms: float


def full_station() -> StationFile:
    """The certified one, with the most that a station file may ask for."""
    file = load_station(STATION)
    rows = tuple(evolve(row, value=MOST.get(row.id, row.value)) for row in file.contents.row)
    runtime = evolve(file.contents.runtime, max_cache_entries=MAX_CACHE_ENTRIES)
    return evolve(file, contents=evolve(file.contents, row=rows, runtime=runtime))


class Box:
    """A station with its store, driven step by step."""

    def __init__(self, directory: Path) -> None:
        self.store, self.station = SqliteStore(directory), Station(setup_of(full_station()), {}, seed=1)
        self.numbers, self.waiting, self.began_s = count(1), list[tuple[str, str]](), monotonic()
        self.asked: list[tuple[Span, ...]] = []
        self.lead_s = 0.0
        self.steps: list[Measured] = []

    def now_s(self) -> float:
        """The station's monotonic clock, which a case may set ahead."""
        return monotonic() + self.lead_s

    def now(self) -> Moment:
        """The moment, with meters that stand."""
        at_s = self.now_s()
        meters = tuple(MeterReading(connector, 1_000, 400.0, 100.0, 40_000.0, 60_000.0) for connector in (1, 2))
        return Moment(at_s, START + timedelta(seconds=at_s - self.began_s), meters)

    def give(self, given: Input | tuple[Span, ...]) -> Step:
        """One step and its commit, measured; of what it asks the store for, the reading is part of the next."""
        began_ns, now = thread_time_ns(), self.now()
        given = Recalled(given, self.store.recall(given)) if isinstance(given, tuple) else given
        step = self.station.step(given, now)
        step_ms = (thread_time_ns() - began_ns) / 1e6
        assert step.failure is None, step.failure
        began_ns = perf_counter_ns()
        if step.writes:
            self.store.commit(step.writes)
        self.steps.append(Measured(step_ms, (perf_counter_ns() - began_ns) / 1e6))
        sent = [orjson.loads(effect.text) for effect in step.effects if isinstance(effect, SendFrame)]
        self.waiting.extend((frame[2], frame[1]) for frame in sent if frame[0] == CALL)
        self.asked.extend(effect.spans for effect in step.effects if isinstance(effect, Recall))
        return step

    def settle(self) -> None:
        """Answer what the station asks, and let it do what is due, until it has nothing more to do."""
        while True:
            if self.asked:
                self.give(self.asked.pop(0))
            elif self.waiting:
                action, message_id = self.waiting.pop(0)
                answer = ANSWERS.get(action) or start_answer(next(self.numbers))
                self.give(FrameReceived(f'[3,"{message_id}",{answer}'))
            elif (due := self.station.next_deadline()) is not None and due <= self.now_s():
                self.give(TimerDue())
            else:
                return

    def ask(self, action: str, payload: object) -> str:
        """The CSMS asks; the answer's text."""
        step = self.give(FrameReceived(orjson.dumps([2, f"{next(self.numbers)}", action, payload]).decode()))
        return next(effect.text for effect in step.effects if isinstance(effect, SendFrame))

    def ready(self) -> None:
        """What a case has prepared is not measured."""
        self.settle()
        self.steps.clear()


# ---- the most that is stored -----------------------------------------------------------------------------------


def profile(number: int, place: tuple[int, str, int]) -> dict[str, Any]:
    """Ten periods through the day, at moments of its own, and every day again."""
    connector, purpose, level = place
    periods = [{"startPeriod": nth * (700 + number), "limit": 1_000.0 * (1 + (nth + number) % 7)} for nth in range(10)]
    return {
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Recurring", "recurrencyKind": "Daily",
            "chargingSchedule": {
                "chargingRateUnit": "W", "startSchedule": f"2025-12-01T{2 * number:02d}:00:00Z",
                "duration": 10 * (700 + number), "chargingSchedulePeriod": periods, "minChargingRate": 500.0,
            },
        },
    }  # fmt: skip


def tokens(number: int, name: str = "LIST") -> list[dict[str, Any]]:
    """Entries of a list, as long as they can be."""
    info = {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00Z", "parentIdTag": "P" * 20}
    return [{"idTag": f"{name}{nth:0{20 - len(name)}d}", "idTagInfo": info} for nth in range(number)]


def fill(box: Box) -> None:
    """The most of everything."""
    box.give(PowerUp())
    box.give(LinkOpened())
    box.settle()
    for connector in (1, 2):
        charge(box, connector)
    for number, place in enumerate(PLACES):
        assert "Accepted" in box.ask("SetChargingProfile", profile(number, place)), place
    assert "Accepted" in send_list(box, "LIST")
    learn(box)
    collector.settle()


def charge(box: Box, connector: int) -> None:
    """A transaction begins."""
    box.give(PluggedIn(connector, asking=True))
    box.give(TokenPresented(f"DRIVER{connector}", (connector,)))
    box.settle()
    state = box.station.context.engine.state("connector", connector)
    assert state in ("Charging", "SuspendedEVSE"), state


def send_list(box: Box, name: str, kind: str = "Full") -> str:
    """The longest list, whole."""
    most = box.station.context.settings.integer("SendLocalListMaxLength")
    sent = {"listVersion": next(box.numbers), "updateType": kind, "localAuthorizationList": tokens(most, name)}
    return box.ask("SendLocalList", sent)


def learn(box: Box, status: AuthorizationStatus = AuthorizationStatus.ACCEPTED, for_s: float = 10**8) -> None:
    """A full cache, and nobody else in it."""
    box.ask("ClearCache", {})
    box.station.context.begin(box.now())
    info = IdTagInfo(status=status, expiry_date=box.now().utc + timedelta(seconds=for_s))
    for number in range(box.station.context.station.runtime.max_cache_entries):
        box.station.part(Cache).learn(f"CACHE{number:015d}", info)
    box.give(TimerDue())


# ---- the most that is asked ------------------------------------------------------------------------------------


def asks(action: str, **payload: object) -> Ask:
    """A call."""
    return lambda box: box.ask(action, payload)


def frame(text: str) -> Ask:
    """A frame, as it is."""
    return lambda box: box.give(FrameReceived(text))


def huge(action: str, before: str, part: str, after: str) -> Ask:
    """A call of the greatest length, most of it the same part again and again."""
    parts = ",".join([part] * (FRAME_CHARS // (len(part) + 1)))
    return frame(f'[2,"huge","{action}",{before}{parts}{after}]')


def clear_cache(box: Box) -> None:
    """All entries at once."""
    learn(box)
    box.ready()
    assert "Accepted" in box.ask("ClearCache", {})


def list_whom_the_cache_holds(box: Box) -> None:
    """All entries at once, and as many of the list."""
    learn(box)
    box.ready()
    assert "Accepted" in send_list(box, "CACHE")
    box.settle()
    box.steps[1:] = []
    send_list(box, "LIST")
    del box.steps[1:]


def change_the_list(box: Box) -> None:
    """One entry of the longest list."""
    send_list(box, "LIST")
    box.ready()
    sent = {"listVersion": next(box.numbers), "updateType": "Differential", "localAuthorizationList": tokens(1)}
    assert "Accepted" in box.ask("SendLocalList", sent)


def purge(box: Box) -> None:
    """One answer to a cache that is full of those who are not valid."""
    learn(box, AuthorizationStatus.BLOCKED)
    box.ready()
    present(box)


def evict(box: Box) -> None:
    """One answer to a cache that is full of those who are valid."""
    learn(box)
    box.ready()
    present(box)


def present(box: Box) -> None:
    """A token that nobody knows, at a connector in use: the CSMS is asked."""
    box.give(TokenPresented(f"NEW{next(box.numbers)}", (1,)))
    box.settle()


def expire(box: Box) -> None:
    """The dates of all entries pass at once."""
    learn(box, for_s=100.0)
    box.ready()
    box.lead_s += 101.0
    box.settle()


def stop(measurands: Collection[Measurand], *, counted: bool = False) -> Ask:
    """The stop button, after a transaction with as many samples as a StopTransaction.req carries.

    ``counted``: they were taken when nobody knew the date, and each is dated as it leaves.
    """

    def ask(box: Box) -> None:
        dates, context = box.station.context.dates, box.station.context
        if counted:
            dates.shifts = ((DAY_S, (START - BEGINNING).total_seconds()),)
        sample_to_the_limit(box, measurands, BEGINNING if counted else context.utc())
        box.give(StopPressed(1))
        box.settle()
        dates.shifts = ()
        go_on(box, 1)

    return ask


def go_on(box: Box, *connectors: int) -> None:
    """The next transactions begin, unmeasured."""
    taken = list(box.steps)
    for connector in connectors:
        box.give(PluggedOut(connector))
        box.settle()
        charge(box, connector)
    for number in range(len(PLACES) - 4, len(PLACES)):
        if PLACES[number][0] in connectors:
            assert "Accepted" in box.ask("SetChargingProfile", profile(number, PLACES[number]))
    box.steps = taken


def close_for_the_stop(box: Box) -> None:
    """The CSMS takes no message as long as the longest StopTransaction.req."""
    sample_to_the_limit(box, [REGISTER])
    box.give(StopPressed(1))
    box.waiting.clear()
    box.give(LinkClosed("message too big", too_long=True))
    while box.station.context.next_steps:
        box.give(TimerDue())
    taken = list(box.steps)
    box.lead_s += DAY_S
    while box.station.context.engine.state("link") != "Dialling":
        box.give(TimerDue())
    box.give(LinkOpened())
    box.settle()
    box.steps = taken
    go_on(box, 1)


def recall_the_stop(box: Box) -> None:
    """The longest StopTransaction.req after a power cut, out of the store."""
    sample_to_the_limit(box, [REGISTER])
    box.station = Station(setup_of(full_station()), everything_in(box.store), seed=next(box.numbers))
    box.give(PowerUp())
    box.ready()
    box.give(LinkOpened())
    box.settle()
    go_on(box, 1, 2)


def thin(measurands: Collection[Measurand]) -> Ask:
    """A sample for which others have to go."""

    def ask(box: Box) -> None:
        sample_to_the_limit(box, measurands)
        box.lead_s += box.station.context.settings.integer("MeterValueSampleInterval")
        box.settle()

    return ask


def sample_to_the_limit(box: Box, measurands: Collection[Measurand], at: datetime | None = None) -> None:
    """As many samples as there may be, taken at that moment."""
    box.ask("ChangeConfiguration", {"key": "StopTxnSampledData", "value": ",".join(measurands)})
    context = box.station.context
    context.begin(box.now())
    running = context.running(1)
    assert running is not None
    samples = context.ledger.samples[running[0]]
    most, most_bytes = context.settings.integer("StopTransactionMaxMeterValues"), context.station.runtime
    size = sum(map(len, samples.values()))
    while len(samples) < most - 1 and size <= most_bytes.max_transaction_data_bytes:
        value = meter_value(context.meter(1), measurands, ReadingContext.SAMPLE_PERIODIC, at or context.utc())
        context.ledger.add_sample(running[0], value)
        size += len(next(reversed(samples.values())))
    box.give(TimerDue())
    box.ready()


def trigger_many(box: Box) -> None:
    """A call that finds the outbox full, and the CSMS silent."""
    for connector in (1, 2) * MAX_OUTBOX:
        box.ask("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": connector})


def reserve(box: Box) -> None:
    """A connector is kept, and let go."""
    ends = (box.now().utc + timedelta(days=1)).isoformat()
    kept = {"connectorId": 1, "expiryDate": ends, "idTag": "D" * 20, "parentIdTag": "P" * 20, "reservationId": 7}
    box.ask("ReserveNow", kept)
    box.ask("CancelReservation", {"reservationId": 7})


_PROFILE: Final = (
    '{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile",'
    '"chargingProfileKind":"Absolute","chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":['
)
CASES: Final[dict[str, Ask]] = {
    "GetCompositeSchedule 0, a day": asks("GetCompositeSchedule", connectorId=0, duration=DAY_S),
    "GetCompositeSchedule 0, a week": asks("GetCompositeSchedule", connectorId=0, duration=7 * DAY_S),
    "GetCompositeSchedule 0, 68 years": asks("GetCompositeSchedule", connectorId=0, duration=2**31 - 1),
    "GetCompositeSchedule 1, 68 years": asks("GetCompositeSchedule", connectorId=1, duration=2**31 - 1),
    "SetChargingProfile": lambda box: box.ask("SetChargingProfile", profile(0, PLACES[0])),
    "ClearChargingProfile of none": asks("ClearChargingProfile", id=99),
    "RemoteStartTransaction with a profile": asks(
        "RemoteStartTransaction",
        idTag="D" * 20,
        connectorId=1,
        chargingProfile=profile(6, PLACES[6])["csChargingProfiles"],
    ),
    "SendLocalList, the longest": lambda box: send_list(box, "LIST" if next(box.numbers) % 2 else "OTHER"),
    "SendLocalList, one entry of the longest": change_the_list,
    "SendLocalList of all that are cached": list_whom_the_cache_holds,
    "ClearCache": clear_cache,
    "Authorize.conf, the cache full of invalid": purge,
    "Authorize.conf, the cache full of valid": evict,
    "a token at the reader": present,
    "all entries of the cache expire": expire,
    "the stop button, StopTransaction at its limit of bytes": stop(UNIT),
    "the stop button, StopTransaction at its limit of values": stop([REGISTER]),
    "the same, dated as it leaves": stop([REGISTER], counted=True),
    "the same, out of the store after a power cut": recall_the_stop,
    "the same, and longer than the CSMS takes": close_for_the_stop,
    "a sample, StopTransaction at its limit of bytes": thin(UNIT),
    "a sample, StopTransaction at its limit of values": thin([REGISTER]),
    "ReserveNow, CancelReservation": reserve,
    "TriggerMessage, the outbox full": trigger_many,
    "GetConfiguration of all": asks("GetConfiguration"),
    "GetConfiguration, 1 MB of keys": huge("GetConfiguration", '{"key":[', '"k"', "]}"),
    "SetChargingProfile, 1 MB of periods": huge(
        "SetChargingProfile", _PROFILE, '{"startPeriod":0,"limit":1.0}', "]}}}"
    ),
    "SendLocalList, 1 MB of entries": huge(
        "SendLocalList", '{"listVersion":1,"updateType":"Full","localAuthorizationList":[', '{"idTag":"a"}', "]}"
    ),
    "1 MB of numbers": huge("DataTransfer", "[", "0", "]"),
    "1 MB of fields": frame('[2,"x","DataTransfer",{' + ",".join(f'"k{nth}":1' for nth in range(90_000)) + "}]"),
    "1 MB of text": huge("DataTransfer", '{"vendorId":"x","data":"', "abcdefgh", '"}'),
    "1 MB of brackets": frame('[2,"x","GetConfiguration",' + "[" * FRAME_CHARS),
    "DataTransfer of all states": asks("DataTransfer", vendorId="org.provenpoint", messageId="States"),
    "TriggerMessage": asks("TriggerMessage", requestedMessage="StatusNotification"),
}


def figures(directory: Path, rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Every case, on one full station; the first round of each has what is made at first use, and stands by itself."""
    box = Box(directory)
    fill(box)
    return {name: _measured(box, ask, rounds) for name, ask in CASES.items()} | {"power up": _power_up(box, rounds)}


def _measured(box: Box, ask: Ask, rounds: int) -> dict[str, float]:
    """Of each round the longest step, with what follows from it."""
    taken = []
    for _ in range(rounds + 1):
        box.ready()
        ask(box)
        box.settle()
        taken.append(Measured(*(max(figures) for figures in zip(*box.steps, strict=True))))
    return _summary(taken)


def _power_up(box: Box, rounds: int) -> dict[str, float]:
    """From the full store to the first effects; no hardware is there yet that could wait."""
    taken = []
    for _ in range(rounds + 1):
        began_ns = thread_time_ns()
        Station(setup_of(full_station()), everything_in(box.store), seed=1).step(PowerUp(), box.now())
        taken.append(Measured((thread_time_ns() - began_ns) / 1e6, 0.0))
    return _summary(taken)


def _summary(taken: list[Measured]) -> dict[str, float]:
    first, *rest = (one.step_ms for one in taken)
    commit = median(one.commit_ms for one in taken[1:])
    made = {"first": first, "median": median(rest), "longest": max(rest), "commit": commit}
    return {name: round(value, 2) for name, value in made.items()}


def show(taken: dict[str, dict[str, float]], console: Console) -> None:
    """One line for each case."""
    table = Table(
        "step", "first, ms", "median, ms", "longest, ms", "commit, ms", title="The longest steps (bound: 50 ms)"
    )
    for case, one in taken.items():
        table.add_row(case, *(f"{one[name]:.2f}" for name in ("first", "median", "longest", "commit")))
    console.print(table)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.longest_step", description=__doc__)
    parser.add_argument("--json", type=Path, default=OUTPUT, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        taken = figures(Path(directory) / "store")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_bytes(orjson.dumps(taken, option=orjson.OPT_INDENT_2))
    show(taken, Console())


if __name__ == "__main__":
    main()
