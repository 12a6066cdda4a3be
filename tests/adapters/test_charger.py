"""What a hand does to the simulated box, and what the box then says; on a clock of the scenario's own."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runtime.adapters.charger import ChargerHardware, NoSuchConnectorError, NoSuchErrorCodeError, WrongStateError
from runtime.adapters.physics import EvModel
from runtime.adapters.simulated_connector import SURVIVED, ConnectorHardware
from runtime.core.inputs import (
    EvPaused,
    EvReady,
    FaultCleared,
    FaultRaised,
    PluggedIn,
    PluggedOut,
    StopPressed,
    TokenPresented,
)
from runtime.operations.status import WARNINGS
from tests.charger_box import BOX, Box, charging
from tests.searching import searching

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
    box.charger.subscribe(box.told.append)
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
        with pytest.raises(WrongStateError, match="Unplugged: the cable of connector 1 is in no EV"):
            box.charger.tell_ev(1, wants_energy=wants)
    box.heard()
    box.charger.plug_in(1)
    assert box.heard() == [PluggedIn(1, asking=True)]


def test_a_car_that_arrives_full_asks_for_none() -> None:
    full = ConnectorHardware(ev=EvModel(soc=1.0))
    box = Box(hardware=ChargerHardware((full,)))
    box.charger.plug_in(1)

    assert box.heard() == [PluggedIn(1)]
    with pytest.raises(WrongStateError, match="full"):
        box.charger.ev(1, wants_energy=True)


def test_the_cable_can_leave_in_mid_charge_and_nothing_flows_any_more() -> None:
    box = charging(Box())
    box.time.pass_by(10)
    box.charger.plug_out(1)
    box.time.pass_by(100)

    assert box.heard() == [PluggedOut(1)]
    assert box.registers() == [1_100, 2_000]


def test_each_car_that_arrives_is_a_new_one_and_the_register_goes_on() -> None:
    box = charging(Box())
    box.time.pass_by(300)
    box.charger.plug_out(1)
    box.charger.plug_in(1)

    assert box.charger.view()[0].soc == 0.5
    assert box.registers()[0] == 4_000


def test_what_cannot_be_done_now_is_refused_with_the_state_and_changes_nothing() -> None:
    box = Box()
    with pytest.raises(WrongStateError, match="Unplugged: the cable of connector 1 is in no EV") as refused:
        box.charger.plug_out(1)
    assert refused.value.state == "Unplugged"
    with pytest.raises(WrongStateError, match="Unplugged: connector 1 has no error"):
        box.charger.clear_fault(1)
    box.charger.plug_in(1)
    with pytest.raises(WrongStateError, match="Ready: the cable of connector 1 is in an EV already"):
        box.charger.plug_in(1)
    box.offer(1, 1_000)
    with pytest.raises(WrongStateError, match="Charging"):
        box.charger.plug_in(1)

    assert box.heard() == [PluggedIn(1, asking=True)]


def test_a_connector_that_is_not_there_is_named_with_those_that_are() -> None:
    box = Box()
    for act in (box.charger.plug_in, box.charger.plug_out, box.charger.stop, box.charger.diode_fault):
        for connector in (0, 3, -1):
            with pytest.raises(NoSuchConnectorError, match="there are 1 to 2"):
                act(connector)
    with pytest.raises(NoSuchConnectorError, match="there are 0 to 2"):
        box.charger.fault(3, "GroundFailure")
    with pytest.raises(NoSuchConnectorError):
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
    box = charging(Box())
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
    box = charging(Box())
    box.charger.fault(1, error_code)
    box.time.pass_by(10)
    assert box.registers()[0] == 1_100
    assert box.charger.view()[0].state == "Charging"
    with pytest.raises(WrongStateError, match=rf"Warned \({error_code}\)"):
        box.charger.fault(1, "GroundFailure")
    box.offer(1, 0)
    box.time.pass_by(10)

    assert box.registers()[0] == 1_100
    assert box.heard() == [FaultRaised(1, error_code)]


def test_the_box_and_the_station_agree_on_the_errors_that_charging_survives() -> None:
    assert {code.value for code in WARNINGS} | {"EVCommunicationError"} == SURVIVED


def test_a_fault_of_the_station_stops_every_connector() -> None:
    box = charging(charging(Box()), 2)
    box.charger.fault(0, "PowerSwitchFailure")
    box.time.pass_by(10)

    assert box.registers() == [1_000, 2_000]
    assert box.heard() == [FaultRaised(0, "PowerSwitchFailure")]
    with pytest.raises(WrongStateError, match="Faulted"):
        box.charger.fault(0, "OtherError")
    box.charger.clear_fault(0)
    with pytest.raises(WrongStateError, match="Sound"):
        box.charger.clear_fault(0)


def test_a_diode_of_the_control_pilot_that_fails_is_an_ev_communication_error() -> None:
    box = Box()
    box.charger.diode_fault(1)

    assert box.heard() == [FaultRaised(1, "EVCommunicationError", "diode fault")]


def test_a_second_error_at_one_connector_and_an_error_that_does_not_exist_are_refused() -> None:
    box = Box()
    box.charger.fault(1, "OverVoltage")
    box.heard()

    with pytest.raises(WrongStateError, match=r"Faulted \(OverVoltage\)"):
        box.charger.fault(1, "GroundFailure")
    for code in ("NoError", "Kaputt"):
        with pytest.raises(NoSuchErrorCodeError, match="there are ConnectorLockFailure"):
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
    box = charging(Box())
    box.offer(1, 20_000)
    box.time.pass_by(9)
    first, second = box.charger.meters(box.time.now_s)

    assert (first.power_w, first.offered_w, first.register_wh) == (20_000, 20_000, 1_050)
    assert first.voltage_v * first.current_a == pytest.approx(first.power_w, rel=1e-3)
    assert (second.power_w, second.offered_w, second.voltage_v, second.current_a) == (0, 0, 0, 0)


def test_a_changed_offer_shows_at_once() -> None:
    box = charging(Box())
    assert box.charger.meters(box.time.now_s)[0].power_w == 36_000
    box.offer(1, 6_000)
    assert box.charger.meters(box.time.now_s)[0].power_w == 6_000
    box.offer(1, 0)
    assert box.charger.meters(box.time.now_s)[0].power_w == 0


def test_two_cars_never_draw_more_than_the_station_has() -> None:
    box = charging(charging(Box()), 2)
    box.offer(1, 60_000)
    box.offer(2, 60_000)

    assert [meter.power_w for meter in box.charger.meters(box.time.now_s)] == [30_000, 30_000]


def test_a_battery_that_becomes_full_pauses_the_ev_at_that_moment() -> None:
    box = charging(Box())
    box.time.pass_by(499.9)
    assert box.heard() == []
    box.time.pass_by(0.2)

    assert box.heard() == [EvPaused(1)]
    assert box.charger.view()[0].soc == 1
    assert box.registers()[0] == 6_000


def test_an_ev_that_pauses_draws_nothing_and_goes_on_when_it_asks_again() -> None:
    box = charging(Box())
    box.charger.ev(1, wants_energy=False)
    box.time.pass_by(100)
    box.charger.ev(1, wants_energy=True)
    box.time.pass_by(10)

    assert box.heard() == [EvPaused(1), EvReady(1)]
    assert box.registers()[0] == 1_100


def test_an_idle_box_waits_for_nothing() -> None:
    box = charging(Box())
    assert box.time.waits
    box.offer(1, 0)

    assert not box.time.waits


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
        except WrongStateError:
            self.box.charger.clear_fault(connector)

    @rule()
    def power_cut(self) -> None:
        self.box.charger.cut_power()
        self.box.charger.subscribe(self.box.told.append)

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
