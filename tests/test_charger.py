"""What a hand does to the simulated box, and what the box then says; on a clock of the scenario's own."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field, frozen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runtime.charger import (
    METER_REFRESH_S,
    SAVE_EVERY_S,
    SURVIVED,
    BoxMismatch,
    CannotNow,
    ChargerHardware,
    ConnectorHardware,
    NoSuchConnector,
    SimulatedCharger,
    UnknownErrorCode,
)
from runtime.meter_file import MeterFile, MeterUnusable
from runtime.operations.status import WARNINGS
from runtime.physics import CurveStep, EvModel
from runtime.ports import (
    EvPaused,
    EvReady,
    FaultCleared,
    FaultRaised,
    HardwareInput,
    PluggedIn,
    PluggedOut,
    StopPressed,
    TokenPresented,
)
from tests.searching import searching

ROOT: Final = Path(__file__).parent.parent
PATIENCE_S: Final = 30.0
EV: Final = EvModel(battery_wh=10_000, soc=0.5, max_power_w=36_000, curve=(CurveStep(0.0, 1.0),))
"""Takes 10 Wh a second, and is full after 500 seconds."""

BOX: Final = ChargerHardware((ConnectorHardware(1_000.0, ev=EV), ConnectorHardware(2_000.0, ev=EV)))


@frozen(order=True)
class _Due:
    at_s: float
    number: int
    callback: Callable[[], None] = field(order=False)
    cancelled: list[bool] = field(factory=list, order=False)

    def cancel(self) -> None:
        self.cancelled.append(True)


@define
class Time:
    """A clock that moves when the scenario says so, and the timers that hang on it."""

    now_s: float = 1_000.0
    _due: list[_Due] = field(factory=list)
    _numbers: itertools.count[int] = field(factory=itertools.count)

    def monotonic(self) -> float:
        return self.now_s

    def call_later(self, delay: float, callback: Callable[[], None]) -> _Due:
        due = _Due(self.now_s + delay, next(self._numbers), callback)
        heapq.heappush(self._due, due)
        return due

    def pass_by(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self._due and self._due[0].at_s <= end_s:
            due = heapq.heappop(self._due)
            self.now_s = max(self.now_s, due.at_s)
            if not due.cancelled:
                due.callback()
        self.now_s = end_s

    @property
    def waiting(self) -> int:
        return sum(not due.cancelled for due in self._due)


@define
class Box:
    """A charger, its time, and everything that it has told."""

    time: Time = field(factory=Time)
    memory: MeterFile | None = None
    hardware: ChargerHardware = BOX
    told: list[HardwareInput] = field(factory=list)
    charger: SimulatedCharger = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.charger = SimulatedCharger(self.hardware, self.time.monotonic, self.time.call_later, self.memory)
        self.charger.listen(self.told.append)
        self.time.pass_by(0)

    def heard(self) -> list[HardwareInput]:
        told = list(self.told)
        self.told.clear()
        return told

    def offer(self, connector: int, limit_w: float) -> None:
        self.charger.set_offer(connector, limit_w, self.time.now_s)

    def registers(self) -> list[int]:
        return [meter.register_wh for meter in self.charger.meters(self.time.now_s)]


def _charging(box: Box, connector: int = 1) -> Box:
    box.charger.plug_in(connector)
    box.offer(connector, 36_000)
    box.heard()
    return box


# ---- cables and cars ----------------------------------------------------------------------------------------


def test_a_car_that_is_plugged_in_asks_for_energy_by_itself() -> None:
    box = Box()
    box.charger.plug_in(2)

    assert box.heard() == [PluggedIn(2, asking=True)]


def test_a_car_whose_driver_tells_it_not_to_asks_for_none_until_told() -> None:
    box = Box()
    box.charger.plug_in(1)
    box.charger.ev(1, wants_energy=False)
    box.charger.cut_power()
    box.charger.listen(box.told.append)
    box.time.pass_by(0)
    assert box.heard() == [PluggedIn(1, asking=True), EvPaused(1), PluggedIn(1)]

    box.charger.tell_ev(1, wants_energy=True)
    box.charger.tell_ev(1, wants_energy=True)
    assert box.heard() == [EvReady(1)]


def test_a_scenario_may_say_beforehand_what_the_next_car_does() -> None:
    box = Box()
    box.charger.ev(1, wants_energy=False)
    box.charger.plug_in(1)
    assert box.heard() == [PluggedIn(1)]


def test_the_next_car_knows_nothing_of_what_the_last_driver_wanted() -> None:
    box = Box()
    box.charger.plug_in(1)
    box.charger.ev(1, wants_energy=False)
    box.charger.plug_out(1)
    for wants in (True, False):
        with pytest.raises(CannotNow, match="Unplugged: the cable of connector 1 is in no EV"):
            box.charger.tell_ev(1, wants_energy=wants)
    box.heard()
    box.charger.plug_in(1)
    assert box.heard() == [PluggedIn(1, asking=True)]


def test_a_car_that_arrives_full_asks_for_none() -> None:
    full = ConnectorHardware(ev=EvModel(soc=1.0))
    box = Box(hardware=ChargerHardware((full,)))
    box.charger.plug_in(1)

    assert box.heard() == [PluggedIn(1)]
    with pytest.raises(CannotNow, match="full"):
        box.charger.ev(1, wants_energy=True)


def test_the_cable_can_leave_in_mid_charge_and_nothing_flows_any_more() -> None:
    box = _charging(Box())
    box.time.pass_by(10)
    box.charger.plug_out(1)
    box.time.pass_by(100)

    assert box.heard() == [PluggedOut(1)]
    assert box.registers() == [1_100, 2_000]


def test_each_car_that_arrives_is_a_new_one_and_the_register_goes_on() -> None:
    box = _charging(Box())
    box.time.pass_by(300)
    box.charger.plug_out(1)
    box.charger.plug_in(1)

    assert box.charger.view()[0].soc == 0.5
    assert box.registers()[0] == 4_000


def test_what_cannot_be_done_now_is_refused_with_the_state_and_changes_nothing() -> None:
    box = Box()
    with pytest.raises(CannotNow, match="Unplugged: the cable of connector 1 is in no EV") as refused:
        box.charger.plug_out(1)
    assert refused.value.state == "Unplugged"
    with pytest.raises(CannotNow, match="Unplugged: connector 1 has no error"):
        box.charger.clear_fault(1)
    box.charger.plug_in(1)
    with pytest.raises(CannotNow, match="Ready: the cable of connector 1 is in an EV already"):
        box.charger.plug_in(1)
    box.offer(1, 1_000)
    with pytest.raises(CannotNow, match="Charging"):
        box.charger.plug_in(1)

    assert box.heard() == [PluggedIn(1, asking=True)]


def test_a_connector_that_is_not_there_is_named_with_those_that_are() -> None:
    box = Box()
    for act in (box.charger.plug_in, box.charger.plug_out, box.charger.stop, box.charger.diode_fault):
        for connector in (0, 3, -1):
            with pytest.raises(NoSuchConnector, match="there are 1 to 2"):
                act(connector)
    with pytest.raises(NoSuchConnector, match="there are 0 to 2"):
        box.charger.fault(3, "GroundFailure")
    with pytest.raises(NoSuchConnector):
        box.charger.present_token("04E91C", (1, 9))
    assert box.heard() == []


def test_stop_button_and_reader_say_what_was_done() -> None:
    box = Box()
    box.charger.stop(2)
    box.charger.present_token("04E91C", (2,))
    box.charger.present_token("04E91C")
    box.charger.tell_driver(2, "Accepted")

    assert box.heard() == [StopPressed(2), TokenPresented("04E91C", (2,)), TokenPresented("04E91C", ())]
    assert box.charger.last_verdict == (2, "Accepted")


# ---- faults --------------------------------------------------------------------------------------------------


def test_nothing_flows_at_a_connector_with_a_fault_and_it_goes_on_when_it_is_cleared() -> None:
    box = _charging(Box())
    box.time.pass_by(10)
    box.charger.fault(1, "GroundFailure", "to earth")
    box.time.pass_by(10)
    assert box.registers()[0] == 1_100
    box.charger.clear_fault(1)
    box.time.pass_by(10)

    assert box.registers()[0] == 1_200
    assert box.heard() == [FaultRaised(1, "GroundFailure", "to earth"), FaultCleared(1)]


@pytest.mark.parametrize("error_code", sorted(SURVIVED))
def test_an_error_that_charging_survives_stops_no_current_by_itself(error_code: str) -> None:
    box = _charging(Box())
    box.charger.fault(1, error_code)
    box.time.pass_by(10)
    assert box.registers()[0] == 1_100
    assert box.charger.view()[0].state == "Charging"
    with pytest.raises(CannotNow, match=rf"Warned \({error_code}\)"):
        box.charger.fault(1, "GroundFailure")
    box.offer(1, 0)
    box.time.pass_by(10)

    assert box.registers()[0] == 1_100
    assert box.heard() == [FaultRaised(1, error_code)]


def test_the_box_and_the_station_agree_on_the_errors_that_charging_survives() -> None:
    assert {code.value for code in WARNINGS} | {"EVCommunicationError"} == SURVIVED


def test_a_fault_of_the_station_stops_every_connector() -> None:
    box = _charging(_charging(Box()), 2)
    box.charger.fault(0, "PowerSwitchFailure")
    box.time.pass_by(10)

    assert box.registers() == [1_000, 2_000]
    assert box.heard() == [FaultRaised(0, "PowerSwitchFailure")]
    with pytest.raises(CannotNow, match="Faulted"):
        box.charger.fault(0, "OtherError")
    box.charger.clear_fault(0)
    with pytest.raises(CannotNow, match="Sound"):
        box.charger.clear_fault(0)


def test_a_diode_of_the_control_pilot_that_fails_is_an_ev_communication_error() -> None:
    box = Box()
    box.charger.diode_fault(1)

    assert box.heard() == [FaultRaised(1, "EVCommunicationError", "diode fault")]


def test_a_second_error_at_one_connector_and_an_error_that_does_not_exist_are_refused() -> None:
    box = Box()
    box.charger.fault(1, "OverVoltage")
    box.heard()

    with pytest.raises(CannotNow, match=r"Faulted \(OverVoltage\)"):
        box.charger.fault(1, "GroundFailure")
    for code in ("NoError", "Kaputt"):
        with pytest.raises(UnknownErrorCode, match="there are ConnectorLockFailure"):
            box.charger.fault(2, code)
    assert box.heard() == []


def test_while_faulted_a_cable_can_come_and_go() -> None:
    box = Box()
    box.charger.fault(1, "OverVoltage")
    box.charger.plug_in(1)
    box.charger.plug_out(1)

    assert box.heard()[1:] == [PluggedIn(1, asking=True), PluggedOut(1)]


# ---- energy --------------------------------------------------------------------------------------------------


def test_the_meters_agree_with_each_other_and_show_what_was_offered() -> None:
    box = _charging(Box())
    box.offer(1, 20_000)
    box.time.pass_by(9)
    first, second = box.charger.meters(box.time.now_s)

    assert (first.power_w, first.offered_w, first.register_wh) == (20_000, 20_000, 1_050)
    assert first.voltage_v * first.current_a == pytest.approx(first.power_w, rel=1e-3)
    assert (second.power_w, second.offered_w, second.voltage_v, second.current_a) == (0, 0, 0, 0)


def test_a_changed_offer_shows_at_once() -> None:
    box = _charging(Box())
    assert box.charger.meters(box.time.now_s)[0].power_w == 36_000
    box.offer(1, 6_000)
    assert box.charger.meters(box.time.now_s)[0].power_w == 6_000
    box.offer(1, 0)
    assert box.charger.meters(box.time.now_s)[0].power_w == 0


def test_two_cars_never_draw_more_than_the_station_has() -> None:
    box = _charging(_charging(Box()), 2)
    box.offer(1, 60_000)
    box.offer(2, 60_000)

    assert [meter.power_w for meter in box.charger.meters(box.time.now_s)] == [30_000, 30_000]


def test_a_battery_that_becomes_full_pauses_the_ev_at_that_moment() -> None:
    box = _charging(Box())
    box.time.pass_by(499.9)
    assert box.heard() == []
    box.time.pass_by(0.2)

    assert box.heard() == [EvPaused(1)]
    assert box.charger.view()[0].soc == 1
    assert box.registers()[0] == 6_000


def test_an_ev_that_pauses_draws_nothing_and_goes_on_when_it_asks_again() -> None:
    box = _charging(Box())
    box.charger.ev(1, wants_energy=False)
    box.time.pass_by(100)
    box.charger.ev(1, wants_energy=True)
    box.time.pass_by(10)

    assert box.heard() == [EvPaused(1), EvReady(1)]
    assert box.registers()[0] == 1_100


def test_an_idle_box_waits_for_nothing() -> None:
    box = _charging(Box())
    assert box.time.waiting == 1
    box.offer(1, 0)

    assert box.time.waiting == 0


# ---- the power cut -------------------------------------------------------------------------------------------


def test_after_a_power_cut_the_cable_is_still_in_and_the_register_goes_on(tmp_path: Path) -> None:
    before = _charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    before.charger.fault(2, "HighTemperature", "fan")
    before.time.pass_by(7)
    shown = before.registers()

    after = Box(memory=MeterFile(tmp_path / "meter.json"))

    assert after.heard() == [PluggedIn(1, asking=True), FaultRaised(2, "HighTemperature", "fan")]
    assert after.registers() == shown == [1_070, 2_000]
    assert after.charger.view()[0].soc == pytest.approx(0.507)
    assert after.charger.view()[0].power_w == 0, "contactors are open after a power cut"


def test_a_register_once_shown_is_never_taken_back(tmp_path: Path) -> None:
    box = _charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    for _ in range(50):
        box.time.pass_by(METER_REFRESH_S * 3)
        shown = box.registers()
        assert Box(memory=MeterFile(tmp_path / "meter.json")).registers() == shown


def test_energy_that_nobody_looked_at_is_remembered_now_and_then(tmp_path: Path) -> None:
    box = _charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    box.time.pass_by(10 * SAVE_EVERY_S)

    assert Box(memory=MeterFile(tmp_path / "meter.json")).registers()[0] >= 1_000 + 10 * 9 * SAVE_EVERY_S


def test_an_offer_is_nothing_to_remember(tmp_path: Path) -> None:
    kept = tmp_path / "meter.json"
    box = _charging(Box(memory=MeterFile(kept)))
    box.registers()
    before = kept.stat().st_mtime_ns

    box.offer(1, 12_000)
    box.offer(1, 0)

    assert kept.stat().st_mtime_ns == before


def test_a_box_without_a_memory_lives_through_a_power_cut_as_the_same_object() -> None:
    box = _charging(Box())
    box.time.pass_by(10)
    box.charger.cut_power()
    box.time.pass_by(100)
    assert box.heard() == []
    box.charger.listen(box.told.append)
    assert box.heard() == [], "told from inside a call of the host"
    box.time.pass_by(0)

    assert box.heard() == [PluggedIn(1, asking=True)]
    assert box.registers()[0] == 1_100


def test_what_is_done_before_the_first_report_comes_after_it() -> None:
    box = Box()
    box.charger.plug_in(1)
    box.charger.cut_power()
    box.heard()
    box.charger.listen(box.told.append)
    box.charger.plug_out(1)
    box.time.pass_by(1)

    assert box.heard() == [PluggedIn(1, asking=True), PluggedOut(1)]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"version": 1}', '{"version": 2, "box": {}}', '{"version": 1, "box": {"connectors": [{}]}}'],
)
def test_a_memory_that_is_damaged_gets_one_clear_error_and_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "meter.json"
    path.write_text(content)

    with pytest.raises(MeterUnusable, match=r"meter\.json: .*move the file away"):
        Box(memory=MeterFile(path))

    assert path.read_text() == content


def test_a_memory_of_another_box_is_refused(tmp_path: Path) -> None:
    Box(memory=MeterFile(tmp_path / "meter.json")).charger.plug_in(1)

    with pytest.raises(BoxMismatch, match="remembers 2 connectors and the station file has 1"):
        Box(memory=MeterFile(tmp_path / "meter.json"), hardware=ChargerHardware(BOX.connectors[:1]))


def test_a_memory_that_cannot_be_written_says_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MeterUnusable, match=r"meter\.json: cannot be written.*make room"):
        Box(memory=MeterFile(tmp_path / "gone" / "meter.json"))


def charge_for_ever(path: str) -> None:
    """Charge in real time and print each register shown, until killed (the child process of the test below)."""

    async def charge() -> None:
        loop = asyncio.get_running_loop()
        charger = SimulatedCharger(BOX, time.monotonic, loop.call_later, MeterFile(Path(path)))
        charger.listen(lambda _: None)
        if charger.view()[0].state == "Unplugged":
            charger.plug_in(1)
        await asyncio.sleep(0)
        charger.set_offer(1, 36_000, time.monotonic())
        while True:
            os.write(1, f"{charger.meters(time.monotonic())[0].register_wh}\n".encode())
            await asyncio.sleep(METER_REFRESH_S)

    asyncio.run(charge())


def test_a_process_killed_in_mid_charge_comes_back_with_the_register_that_it_showed_last(tmp_path: Path) -> None:
    path = tmp_path / "meter.json"
    last = 1_000
    for _ in range(2):
        command = [sys.executable, "-c", f"from tests.test_charger import charge_for_ever as go; go({str(path)!r})"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            shown = [int(child.stdout.readline()) for _ in range(20)]
            os.kill(child.pid, signal.SIGKILL)
            rest, _ = child.communicate(timeout=PATIENCE_S)
        shown += [int(line) for line in rest.splitlines(keepends=True) if "\n" in line]
        assert shown[0] >= last
        assert shown == sorted(shown)
        assert shown[-1] > shown[0]
        last = shown[-1]
        kept = json.loads(path.read_text())["box"]["connectors"][0]
        assert int(kept["register_wh"]) >= last


# ---- whatever is done ------------------------------------------------------------------------------------------

_connectors = st.sampled_from([1, 2])


class AnyDriver(RuleBasedStateMachine):
    """Whatever hands do in whatever order: registers only grow, and the station's power is never exceeded."""

    @initialize()
    def power_on(self) -> None:
        self.box = Box()
        self.seen = self.box.registers()

    @rule(connector=_connectors)
    def cable(self, connector: int) -> None:
        plugged = self.box.charger.view()[connector - 1].soc is not None
        (self.box.charger.plug_out if plugged else self.box.charger.plug_in)(connector)

    @rule(connector=_connectors, limit_w=st.sampled_from([0, 1_400, 20_000, 60_000, 1e6]))
    def offer(self, connector: int, limit_w: float) -> None:
        self.box.offer(connector, limit_w)

    @rule(seconds=st.sampled_from([0.01, 0.05, 1.0, 7.3, 600.0]))
    def wait(self, seconds: float) -> None:
        self.box.time.pass_by(seconds)

    @rule(connector=_connectors, wants=st.booleans())
    def ev(self, connector: int, wants: bool) -> None:
        view = self.box.charger.view()[connector - 1]
        if view.soc is not None and not (wants and view.soc > 0.9999):
            self.box.charger.ev(connector, wants)

    @rule(connector=st.sampled_from([0, 1, 2]))
    def fault(self, connector: int) -> None:
        try:
            self.box.charger.fault(connector, "OtherError")
        except CannotNow:
            self.box.charger.clear_fault(connector)

    @rule()
    def power_cut(self) -> None:
        self.box.charger.cut_power()
        self.box.charger.listen(self.box.told.append)

    @invariant()
    def registers_only_grow(self) -> None:
        if hasattr(self, "box"):
            registers = self.box.registers()
            assert all(now >= then for now, then in zip(registers, self.seen, strict=True))
            self.seen = registers

    @invariant()
    def the_stations_power_is_never_exceeded(self) -> None:
        if hasattr(self, "box"):
            meters = self.box.charger.meters(self.box.time.now_s)
            assert sum(meter.power_w for meter in meters) <= BOX.power_w + 0.1
            assert all(meter.power_w <= meter.offered_w + 0.1 for meter in meters)


TestAnyDriver = AnyDriver.TestCase
TestAnyDriver.settings = searching(40, stateful_step_count=30)
