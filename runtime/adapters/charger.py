"""A simulated DC charger with an EV at each connector: actions on the hardware, and what the hardware then reports.

Physics is next door (``runtime/adapters/physics.py``), pure; here stand the cables, the drivers, the faults and the
clock. The clock and the timers are given, so that the same object runs on the system's time and on a simulated world's.

What is emitted, and when: an action emits at once; reports after ``subscribe`` and a battery that becomes full are
emitted from a timer; ``meters`` and ``set_power_limit``, which the host calls in the middle of a step, emit nothing.
Each car that arrives is a new one, as the hardware's `EvModel` describes it; an EV asks for energy by itself unless its
driver has paused it, and pauses when it is full. One connector, what it is and does, is
``runtime/adapters/simulated_connector.py``.

The register that ``meters`` shows is in the box's memory before it is shown: a power cut a moment later finds it there,
so no register ever goes back behind one that the CSMS may have seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from attrs import field, validators

from model.messages.availability import ChargePointErrorCode
from model.record import frozen
from model.remedy import RemediableError
from runtime.adapters.meter_file import BoxMemory, Fault, KeptBox
from runtime.adapters.physics import advance, powers_w, seconds_to_next_full
from runtime.adapters.simulated_connector import ConnectorHardware, SimulatedConnector, word
from runtime.core.inputs import (
    EvPaused,
    EvReady,
    FaultCleared,
    FaultRaised,
    HardwareInput,
    MeterReading,
    PluggedIn,
    PluggedOut,
    StopPressed,
    TokenPresented,
)
from runtime.core.ports import CallLater, Timer

METER_REFRESH_S: Final = 0.05
"""Meters show a new value this often while energy flows; an offer that changes shows at once."""

SAVE_EVERY_S: Final = 5.0
"""While energy flows it is saved at least this often, shown or not."""

LEAST_WAIT_S: Final = 0.001
"""No timer is set for less: a clock may tick no finer."""

ERROR_CODES: Final = tuple(code.value for code in ChargePointErrorCode if code is not ChargePointErrorCode.NO_ERROR)
"""What can be wrong with a box (OCPP 1.6, 7.6)."""

_log = logging.getLogger("provenpoint.charger")


@frozen
class ChargerHardware:
    """The box: its connectors, 1 first, and the power that they share."""

    connectors: tuple[ConnectorHardware, ...] = field(
        default=(ConnectorHardware(), ConnectorHardware()), validator=validators.min_len(1)
    )
    power_w: float = field(default=60_000.0, validator=validators.gt(0))


class WrongStateError(Exception):
    """The box could not do that in its present state."""

    def __init__(self, state: str, why: str) -> None:
        super().__init__(f"{state}: {why}")
        self.state = state
        self.why = why


class NoSuchConnectorError(LookupError):
    """The box has no connector of that number."""

    def __init__(self, connector: int, count: int, first: int = 1) -> None:
        super().__init__(f"there is no connector {connector}; there are {first} to {count}")


class NoSuchErrorCodeError(ValueError):
    """No error of that name exists (OCPP 1.6, 7.6)."""

    def __init__(self, error_code: str) -> None:
        super().__init__(f"there is no error {error_code!r}; there are {', '.join(ERROR_CODES)}")


class StationMismatchError(RemediableError, ValueError):
    """What the hardware remembers is of another station than the station file describes."""

    usual_remedy = "use the station file that the directory was made with"


@frozen
class ConnectorView:
    """What a person could see at the charger, and on the EV's dashboard."""

    connector: int
    state: str
    register_wh: int
    soc: float | None
    power_w: float
    offer_w: float


def _deaf(_: HardwareInput) -> None:
    """Nobody listens yet."""


class SimulatedCharger:
    """Satisfies ``runtime.core.ports.Hardware``; without a memory, a power cut is survived by keeping the object."""

    def __init__(
        self,
        hardware: ChargerHardware,
        monotonic: Callable[[], float],
        call_later: CallLater,
        memory: BoxMemory | None = None,
    ) -> None:
        self._hardware = hardware
        self._monotonic = monotonic
        self._call_later = call_later
        self._memory = memory
        self._emit: Callable[[HardwareInput], None] = _deaf
        self._unreported = False
        self._timer: Timer | None = None
        self._at_s = monotonic()
        self._fault: Fault | None = None
        self._units = self._remembered()
        self._saved: list[int] = []
        self._readings: tuple[MeterReading, ...] | None = None
        self._fresh_until_s = 0.0
        self.last_verdict: tuple[int, str] | None = None
        """What the reader showed last: connector and verdict."""
        self._save()  # before the station commits anything: a memory that is missing later was lost

    def _remembered(self) -> list[SimulatedConnector]:
        kept = self._memory.load() if self._memory is not None else None
        parts = self._hardware.connectors
        if kept is None:
            return [SimulatedConnector.new(part) for part in parts]
        if len(kept.connectors) != len(parts):
            raise StationMismatchError(
                f"the hardware remembers {len(kept.connectors)} connectors and the station file has {len(parts)}; "
                "use the station file that it was run with, or another data directory"
            )
        self._fault = kept.fault
        return [SimulatedConnector.remembered(part, old) for part, old in zip(parts, kept.connectors, strict=True)]

    # ---- the port

    def subscribe(self, emit: Callable[[HardwareInput], None]) -> None:
        """From now on emit what happens; first, in a moment, the present state (cables in, faults)."""
        self._emit = emit
        self._unreported = True
        self._call_later(0.0, self._report)

    def meters(self, monotonic_s: float) -> tuple[MeterReading, ...]:
        """What the meters show, connector 1 first; remembered before it is shown."""
        if self._readings is not None and monotonic_s < self._fresh_until_s:
            return self._readings
        self._settle(monotonic_s)
        if [int(unit.outlet.register_wh) for unit in self._units] != self._saved:
            self._save()
        return self._read()

    def set_power_limit(self, connector: int, limit_w: float, monotonic_s: float) -> None:
        """Offer the EV this much; 0 opens the contactor. What flowed is remembered before it is shown, as ever."""
        self._settle(monotonic_s)
        self._unit(connector).offer_w = max(0.0, limit_w)
        self._regulate()

    def tell_driver(self, connector: int, verdict: str) -> None:
        """Show the verdict at the reader."""
        self.last_verdict = (connector, verdict)
        _log.info("reader: %s (connector %d)", verdict, connector)

    # ---- what a hand can do

    def plug_in(self, connector: int) -> None:
        """A car arrives and its driver plugs the cable in."""
        unit = self._touch(connector)
        if unit.plugged:
            raise WrongStateError(unit.state, f"the cable of connector {connector} is in an EV already")
        unit.car_arrives()
        self._changed()
        self._emit(PluggedIn(connector, asking=unit.ready))

    def plug_out(self, connector: int) -> None:
        """The driver takes the cable out, whatever the station is doing."""
        unit = self._touch(connector)
        if not unit.plugged:
            raise WrongStateError(unit.state, f"the cable of connector {connector} is in no EV")
        unit.car_leaves()
        self._changed()
        self._emit(PluggedOut(connector))

    def tell_ev(self, connector: int, wants_energy: bool) -> None:
        """The driver of the EV that is there has it pause, or go on."""
        unit = self._touch(connector)
        if not unit.plugged:
            raise WrongStateError(unit.state, f"the cable of connector {connector} is in no EV")
        self.ev(connector, wants_energy)

    def ev(self, connector: int, wants_energy: bool) -> None:
        """The EV starts or stops asking for energy; without an EV, what the next one will do (for scenarios)."""
        unit = self._touch(connector)
        if wants_energy and unit.plugged and unit.outlet.full:
            raise WrongStateError(unit.state, f"the battery at connector {connector} is full")
        unit.wants_energy = wants_energy
        was, unit.ready = unit.ready, unit.plugged and wants_energy
        self._changed()
        if unit.ready != was:
            self._emit(EvReady(connector) if unit.ready else EvPaused(connector))

    def stop(self, connector: int) -> None:
        """Somebody presses the stop button."""
        self._touch(connector)
        self._emit(StopPressed(connector))

    def present_token(self, id_tag: str, connectors: tuple[int, ...] = ()) -> None:
        """Somebody holds a token to the reader."""
        self._report()
        for connector in connectors:
            self._unit(connector)
        self._emit(TokenPresented(id_tag, connectors))

    def fault(self, connector: int, error_code: str, info: str | None = None) -> None:
        """Something breaks; connector 0 is the station itself."""
        if error_code not in ERROR_CODES:
            raise NoSuchErrorCodeError(error_code)
        present = self._fault_of(connector)
        if present is not None:
            raise WrongStateError(word(present), f"connector {connector} has an error; clear it first")
        self._set_fault(connector, Fault(error_code, info))
        self._emit(FaultRaised(connector, error_code, info))

    def diode_fault(self, connector: int) -> None:
        """The diode of the control pilot fails (IEC 61851-1, A.2)."""
        self._touch(connector)
        self.fault(connector, "EVCommunicationError", "diode fault")

    def clear_fault(self, connector: int) -> None:
        """Somebody repairs it."""
        if self._fault_of(connector) is None:
            state = self._unit(connector).state if connector else "Sound"
            raise WrongStateError(state, f"connector {connector} has no error")
        self._set_fault(connector, None)
        self._emit(FaultCleared(connector))

    def cut_power(self) -> None:
        """The power goes: contactors open, and nothing is emitted until ``subscribe`` is called again."""
        self._settle(self._monotonic())
        self._emit = _deaf
        self._unreported = False
        for unit in self._units:
            unit.offer_w = 0.0
            unit.ready = False
        self._changed()

    def restart(self) -> None:
        """The controllers go down and up again: to the EVs and the meter it is a power cut."""
        self.cut_power()

    def view(self) -> tuple[ConnectorView, ...]:
        """Every connector, as it stands."""
        meters = self.meters(self._monotonic())
        return tuple(
            ConnectorView(
                meter.connector,
                unit.state,
                meter.register_wh,
                round(unit.outlet.soc, 4) if unit.plugged else None,
                meter.power_w,
                meter.offered_w,
            )
            for meter, unit in zip(meters, self._units, strict=True)
        )

    # ---- how it works

    def _unit(self, connector: int) -> SimulatedConnector:
        if not 1 <= connector <= len(self._units):
            raise NoSuchConnectorError(connector, len(self._units))
        return self._units[connector - 1]

    def _touch(self, connector: int) -> SimulatedConnector:
        """A connector at which something is about to happen, up to date."""
        unit = self._unit(connector)
        self._report()
        self._settle(self._monotonic())
        return unit

    def _fault_of(self, connector: int) -> Fault | None:
        if not 0 <= connector <= len(self._units):
            raise NoSuchConnectorError(connector, len(self._units), first=0)
        self._report()
        return self._units[connector - 1].fault if connector else self._fault

    def _set_fault(self, connector: int, fault: Fault | None) -> None:
        self._settle(self._monotonic())
        if connector:
            self._units[connector - 1].fault = fault
        else:
            self._fault = fault
        self._changed()

    def _report(self) -> None:
        """How things stand, once after ``subscribe``: a station that comes up finds cables in and faults standing."""
        if not self._unreported:
            return
        self._unreported = False
        if self._fault is not None:
            self._emit(FaultRaised(0, self._fault.error_code, self._fault.info))
        for connector, unit in enumerate(self._units, start=1):
            if unit.fault is not None:
                self._emit(FaultRaised(connector, unit.fault.error_code, unit.fault.info))
            unit.asks()
            if unit.plugged:
                self._emit(PluggedIn(connector, asking=unit.ready))
        self._changed()

    def _settle(self, now_s: float) -> None:
        """Let flow what flowed since the last time."""
        passed_s = now_s - self._at_s
        if passed_s <= 0:
            return
        self._at_s = now_s
        outlets = tuple(unit.outlet for unit in self._units)
        for unit, outlet in zip(self._units, advance(outlets, self._hardware.power_w, passed_s), strict=True):
            unit.outlet = outlet

    def _changed(self) -> None:
        """Something about the box is different: memory, limits, timer and meters follow."""
        self._save()
        self._regulate()

    def _regulate(self) -> None:
        """Limits, timer and meters as offers, cars and faults now want them; the box has nothing new to remember."""
        for unit in self._units:
            unit.regulate(self._fault)
        self._readings = None
        self._arm()

    def _flows_w(self) -> tuple[float, ...]:
        return powers_w(tuple(unit.outlet for unit in self._units), self._hardware.power_w)

    def _arm(self) -> None:
        """Wake when the next battery is full, and now and then while energy flows."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if any(self._flows_w()):
            outlets = tuple(unit.outlet for unit in self._units)
            full_s = seconds_to_next_full(outlets, self._hardware.power_w, within_s=SAVE_EVERY_S)
            wait_s = SAVE_EVERY_S if full_s is None else max(LEAST_WAIT_S, full_s)
            self._timer = self._call_later(wait_s, self._wake)

    def _wake(self) -> None:
        self._settle(self._monotonic())
        full = [connector for connector, unit in enumerate(self._units, start=1) if unit.ready and unit.outlet.full]
        for connector in full:
            self._unit(connector).ready = False
        self._changed()
        for connector in full:
            self._emit(EvPaused(connector))

    def _save(self) -> None:
        self._saved = [int(unit.outlet.register_wh) for unit in self._units]
        if self._memory is not None:
            self._memory.save(KeptBox(tuple(unit.kept() for unit in self._units), self._fault))

    def _read(self) -> tuple[MeterReading, ...]:
        flows = self._flows_w()
        self._fresh_until_s = self._at_s + METER_REFRESH_S if any(flows) else float("inf")
        self._readings = tuple(
            unit.reading(connector, flow)
            for connector, (unit, flow) in enumerate(zip(self._units, flows, strict=True), start=1)
        )
        return self._readings
