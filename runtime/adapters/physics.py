"""Energy into batteries, as pure functions of time: no clock, no station, no randomness.

An EV draws what its battery management allows at its state of charge, a table of steps as such systems keep it; the
charger gives what the station offers, and all connectors together never more than the station's power. Between two
steps of any curve every power is constant, so energy over time is a sum of straight pieces, computed exactly: to
advance an hour is to advance sixty minutes one by one. What leaves a connector enters its battery and its register
alike. Units: W, Wh, s, V; state of charge from 0 to 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from attrs import evolve, field, validators

from model.record import frozen

HOUR_S: Final = 3600.0

FULL_WITHIN_WH: Final = 0.01
"""A battery that lacks less than this is full: less than a meter shows, more than arithmetic loses."""


@frozen
class CurveStep:
    """From this state of charge on, the EV takes this share of its greatest power."""

    from_soc: float = field(validator=[validators.ge(0), validators.lt(1)])
    share: float = field(validator=[validators.gt(0), validators.le(1)])


TYPICAL_CURVE: Final = (
    CurveStep(0.0, 0.8),
    CurveStep(0.05, 1.0),
    CurveStep(0.5, 0.85),
    CurveStep(0.7, 0.6),
    CurveStep(0.8, 0.4),
    CurveStep(0.9, 0.2),
    CurveStep(0.97, 0.08),
)
"""The shape of a mid-size car's DC charge."""


@frozen
class EvModel:
    """An EV as it arrives: its battery, how full it is, what it can take, and its pack's voltage, empty and full."""

    battery_wh: float = field(default=60_000.0, validator=validators.gt(0))
    soc: float = field(default=0.2, validator=[validators.ge(0), validators.le(1)])
    max_power_w: float = field(default=50_000.0, validator=validators.gt(0))
    curve: tuple[CurveStep, ...] = field(default=TYPICAL_CURVE)
    voltage_empty_v: float = field(default=320.0, validator=validators.gt(0))
    voltage_full_v: float = field(default=400.0, validator=validators.gt(0))

    @curve.validator
    def _check_curve(self, _: object, curve: tuple[CurveStep, ...]) -> None:
        starts = [step.from_soc for step in curve]
        if not starts or starts[0] != 0.0 or starts != sorted(set(starts)):
            raise ValueError(f"charge curve: its steps begin at {starts}; they have to begin at 0 and ascend")

    @cached_property
    def edges_wh(self) -> tuple[float, ...]:
        """The battery contents at which the steps begin, and at which the last one ends."""
        return (*(step.from_soc * self.battery_wh for step in self.curve), self.battery_wh)

    def power_w(self, energy_wh: float) -> float:
        """What the EV takes with that much in its battery."""
        return self.max_power_w * self.curve[bisect_right(self.edges_wh, energy_wh) - 1].share

    def next_edge_wh(self, energy_wh: float) -> float:
        """The battery content up to which it goes on taking that."""
        return self.edges_wh[bisect_right(self.edges_wh, energy_wh)]


@frozen
class Outlet:
    """One connector as physics sees it: a battery, a register, and the most that may flow (0: contactor open)."""

    ev: EvModel
    energy_wh: float
    register_wh: float
    limit_w: float = 0.0

    @property
    def soc(self) -> float:
        """How full the battery is."""
        return self.energy_wh / self.ev.battery_wh

    @property
    def full(self) -> bool:
        """Whether the battery takes no more."""
        return self.ev.battery_wh - self.energy_wh < FULL_WITHIN_WH

    @property
    def voltage_v(self) -> float:
        """The voltage of the pack, which rises in a straight line with the state of charge."""
        return self.ev.voltage_empty_v + (self.ev.voltage_full_v - self.ev.voltage_empty_v) * self.soc


Outlets = tuple[Outlet, ...]


def powers_w(outlets: Outlets, ceiling_w: float) -> tuple[float, ...]:
    """What flows at each connector now."""
    return share([_wanted_w(outlet) for outlet in outlets], ceiling_w)


def _wanted_w(outlet: Outlet) -> float:
    if outlet.full or outlet.limit_w <= 0:
        return 0.0
    return min(outlet.limit_w, outlet.ev.power_w(outlet.energy_wh))


def share(wanted_w: Sequence[float], ceiling_w: float) -> tuple[float, ...]:
    """Everybody gets what he wants, or an equal share of what is left, whichever is less."""
    given = [0.0] * len(wanted_w)
    left_w = ceiling_w
    smallest_first = sorted(range(len(wanted_w)), key=lambda which: wanted_w[which])
    for served, which in enumerate(smallest_first):
        given[which] = min(wanted_w[which], left_w / (len(wanted_w) - served))
        left_w -= given[which]
    return tuple(given)


def advance(outlets: Outlets, ceiling_w: float, seconds: float) -> Outlets:
    """The connectors so many seconds later, if nothing else happens."""
    for piece_s, then in _pieces(outlets, ceiling_w):
        if piece_s >= seconds:
            return _deliver(outlets, powers_w(outlets, ceiling_w), seconds)
        seconds -= piece_s
        outlets = then
    return outlets


def seconds_to_next_full(outlets: Outlets, ceiling_w: float, within_s: float) -> float | None:
    """When the next battery is full, if nothing else happens; None where none will be within that time."""
    passed_s = 0.0
    before = sum(outlet.full for outlet in outlets)
    for piece_s, then in _pieces(outlets, ceiling_w):
        passed_s += piece_s
        if passed_s > within_s:
            return None
        if sum(outlet.full for outlet in then) > before:
            return passed_s
    return None


def _pieces(outlets: Outlets, ceiling_w: float) -> Iterator[tuple[float, Outlets]]:
    """Stretches of constant power, each with what is at its end; no more than the curves have steps together."""
    while any(flows := powers_w(outlets, ceiling_w)):
        piece_s = min(_seconds_to_edge(outlet, flow) for outlet, flow in zip(outlets, flows, strict=True) if flow)
        outlets = _deliver(outlets, flows, piece_s)
        yield piece_s, outlets


def _seconds_to_edge(outlet: Outlet, flow_w: float) -> float:
    return (outlet.ev.next_edge_wh(outlet.energy_wh) - outlet.energy_wh) / flow_w * HOUR_S


def _deliver(outlets: Outlets, flows: Sequence[float], seconds: float) -> Outlets:
    return tuple(_fill(outlet, flow, seconds) if flow else outlet for outlet, flow in zip(outlets, flows, strict=True))


def _fill(outlet: Outlet, flow_w: float, seconds: float) -> Outlet:
    """Let power flow for a time that ends at the next edge of the curve or before it."""
    at_edge = seconds >= _seconds_to_edge(outlet, flow_w)
    edge_wh = outlet.ev.next_edge_wh(outlet.energy_wh)
    energy_wh = edge_wh if at_edge else min(edge_wh, outlet.energy_wh + flow_w * seconds / HOUR_S)
    register_wh = outlet.register_wh + (energy_wh - outlet.energy_wh)
    return evolve(outlet, energy_wh=energy_wh, register_wh=register_wh)
