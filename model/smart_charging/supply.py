"""Amperes and watts: W is the total power, A the current of each phase.

CS-7.12-01, CS-7.12-04, ERR-3.68-01, ERR-3.68-03.

The calculation counts in W, whatever unit a schedule has (CS-7.13-03, ERR-3.70-01). A schedule in A becomes power by
the voltage of the line as it was set up, not as it is measured (CS-7.12-02), and by the phases that are in use
(CS-7.14-03, ERR-3.68-02); its limit is taken as it stands for those phases and never scaled by the ones that are not
(ERR-3.34-01, ERR-3.34-02). What is divided is rounded down to the tenth that a message can carry: no limit grows on
the way.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from attrs import field
from attrs.validators import gt, in_

from model.messages.charging import ChargingRateUnit
from model.record import frozen

TENTH = Decimal("0.1")
PHASES_UNSAID = 3
"""Where ``numberPhases`` is left out (CS-7.12-03)."""


def floor_to_tenth(value: Decimal) -> Decimal:
    """The greatest multiple of 0.1 that is not above it (CS-7.14-02)."""
    return value.quantize(TENTH, ROUND_FLOOR)


@frozen
class Supply:
    """What the station is connected to: the line's nominal voltage to neutral in V, and its phases."""

    voltage_v: Decimal = field(validator=gt(Decimal(0)))
    phases: int = field(validator=in_((1, 2, 3)))

    def watts(self, current_a: Decimal, number_phases: int | None) -> Decimal:
        """The power of that current in each phase that is usable."""
        # More phases than there are carry nothing: the limit of a phase stays, and is not spread (ERR-3.34-01).
        usable = min(number_phases or PHASES_UNSAID, self.phases)
        # Exact: a limit has at most 15 digits, and Decimal computes with 28.
        return current_a * self.voltage_v * usable

    def amperes(self, power_w: Decimal) -> Decimal:
        """The current in each phase that makes at most that power."""
        return floor_to_tenth(power_w / (self.voltage_v * self.phases))


def in_watts(limit: Decimal, unit: ChargingRateUnit, number_phases: int | None, supply: Supply | None) -> Decimal:
    """A limit in W. Raises ValueError for A where the station has no supply to convert by."""
    if unit is ChargingRateUnit.W:
        return limit
    if supply is None:
        raise ValueError("a limit in A needs the voltage and the phases of the supply; give them in the station file")
    return supply.watts(limit, number_phases)
