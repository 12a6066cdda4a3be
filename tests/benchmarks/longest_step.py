"""How long one step holds the loop, with the most that a CSMS can send or have stored: so long the stop button waits.

``python -m tests.benchmarks.longest_step [--json FILE]`` prints a table: for each case the median and the longest step,
in CPU time of its thread, and its commit, in wall time. The bound is 50 ms for what lies between two turns of the loop
(``runtime/link_inbox.py`` tells one frame a turn). The station is full: ten profiles of ten periods that take turns all
day, the longest list, a full cache, and a transaction at each connector.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter_ns, thread_time_ns
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from model.messages.types import AuthorizationStatus, IdTagInfo
from model.station_file import load_station
from runtime.inputs import (
    FrameReceived,
    Input,
    LinkOpened,
    MeterReading,
    Moment,
    PluggedIn,
    PowerUp,
    TimerDue,
    TokenPresented,
)
from runtime.ports import SendFrame, Step
from runtime.rpc import Call, parse
from runtime.station import Station
from runtime.store import SqliteStore
from tests.benchmarks.processes import STATION
from tests.benchmarks.wire import ANSWERS, start_answer

OUTPUT: Final = Path("bench-output/longest_step.json")
ROUNDS: Final = 9
DAY_S: Final = 86_400
FRAME_CHARS: Final = 999_000
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
PLACES: Final = (
    *((0, "ChargePointMaxProfile", level) for level in range(2)),
    *((0, "TxDefaultProfile", level) for level in range(4)),
    *((1 + level % 2, "TxProfile", level) for level in range(4)),
)
"""As many profiles as the station holds."""

Ask = Callable[["Box"], object]


class Box:
    """A station with its store, driven step by step."""

    def __init__(self, directory: Path) -> None:
        self.store, self.station = SqliteStore(directory), Station(load_station(STATION), {}, seed=1)
        self.numbers, self.waiting, self.began_s = count(1), list[Call](), monotonic()
        self.step_ms = self.commit_ms = 0.0

    def now(self) -> Moment:
        """The moment, with meters that stand."""
        at_s = monotonic()
        meters = tuple(MeterReading(connector, 1_000, 400.0, 100.0, 40_000.0, 60_000.0) for connector in (1, 2))
        return Moment(at_s, START + timedelta(seconds=at_s - self.began_s), meters)

    def give(self, given: Input) -> Step:
        """One step and its commit, measured."""
        began_ns, now = thread_time_ns(), self.now()
        step = self.station.step(given, now)
        self.step_ms = (thread_time_ns() - began_ns) / 1e6
        began_ns = perf_counter_ns()
        if step.writes:
            self.store.commit(step.writes)
        self.commit_ms = (perf_counter_ns() - began_ns) / 1e6
        sent = [parse(effect.text) for effect in step.effects if isinstance(effect, SendFrame)]
        self.waiting.extend(frame for frame in sent if isinstance(frame, Call))
        return step

    def settle(self) -> None:
        """Answer what the station asks, and let it do what is due, until it has nothing more to do."""
        while True:
            if self.waiting:
                call = self.waiting.pop(0)
                answer = ANSWERS.get(call.action) or start_answer(next(self.numbers))
                self.give(FrameReceived(f'[3,"{call.message_id}",{answer}'))
            elif (due := self.station.next_deadline()) is not None and due <= monotonic():
                self.give(TimerDue())
            else:
                return

    def ask(self, action: str, payload: object) -> str:
        """The CSMS asks; the answer's text."""
        step = self.give(FrameReceived(orjson.dumps([2, f"{next(self.numbers)}", action, payload]).decode()))
        return next(effect.text for effect in step.effects if isinstance(effect, SendFrame))


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


def tokens(number: int) -> list[dict[str, Any]]:
    """Entries of a list, as long as they can be."""
    info = {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00Z", "parentIdTag": "P" * 20}
    return [{"idTag": f"LIST{nth:016d}", "idTagInfo": info} for nth in range(number)]


def fill(box: Box) -> None:
    """The most of everything."""
    box.give(PowerUp())
    box.give(LinkOpened())
    box.settle()
    for connector in (1, 2):
        box.give(PluggedIn(connector, asking=True))
        box.give(TokenPresented(f"DRIVER{connector}", (connector,)))
        box.settle()
    for number, place in enumerate(PLACES):
        assert "Accepted" in box.ask("SetChargingProfile", profile(number, place)), place
    assert "Accepted" in send_list(box)
    learn(box)


def send_list(box: Box) -> str:
    """The longest list, whole."""
    most = box.station.desk.settings.integer("SendLocalListMaxLength")
    sent = {"listVersion": next(box.numbers), "updateType": "Full", "localAuthorizationList": tokens(most)}
    return box.ask("SendLocalList", sent)


def learn(box: Box) -> None:
    """A full cache."""
    info = IdTagInfo(status=AuthorizationStatus.ACCEPTED, expiry_date=datetime(2030, 1, 1, tzinfo=UTC))
    box.station.desk.now = box.now()
    for number in range(box.station.desk.station.runtime.max_cache_entries):
        box.station.tokens.cache.learn(f"CACHE{number:015d}", info)


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
    box.ask("ClearCache", {})


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
    "SendLocalList": send_list,
    "ClearCache": clear_cache,
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
    """Every case, on one full station; the first round of each has what is made at first use, and is not taken."""
    box = Box(directory)
    fill(box)
    return {name: _measured(box, ask, rounds) for name, ask in CASES.items()}


def _measured(box: Box, ask: Ask, rounds: int) -> dict[str, float]:
    steps, commits = [], []
    for _ in range(rounds + 1):
        ask(box)
        steps.append(box.step_ms)
        commits.append(box.commit_ms)
        box.settle()
    first, *rest = steps
    made = {"first": first, "median": median(rest), "longest": max(rest), "commit": median(commits[1:])}
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
