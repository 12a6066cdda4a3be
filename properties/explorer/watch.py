"""A formula that is held against states: at rest, after a certain event, or while an operation is being done.

The place of a formula is the station, a connector, or a transaction. A transaction that does not live is no place;
one that is over counts as being in its final state, so that a formula can be about the end.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from model.language.composition import Instance, in_reach
from model.language.guard import Guard, Is
from properties.explorer.columns import decide, reached, truths
from properties.explorer.layout import Bits, Column, Field, Layout, Packed

Born = frozenset[Instance]
POWER_CUT = "power"


@frozen
class Watch:
    """A named formula, where it has its place, and when it is asked besides at rest."""

    name: str
    scope: str
    formula: Guard
    doing: frozenset[tuple[str, str]] = frozenset()
    """Machine and operation: asked whenever one of them is done, on the states of that moment."""
    after: frozenset[str] = frozenset()
    """``machine.event`` or ``power``: asked of the states in which a step that began so ends."""
    single: bool = False
    """At most one of the places of a connector may satisfy the formula, instead of all."""

    @property
    def at_rest(self) -> bool:
        """Whether it is asked of every state."""
        return not self.doing and not self.after

    def fails(self, layout: Layout, at: Instance, states: Packed, born: Born = frozenset()) -> Bits:
        """Where it does not hold, at any of its places in reach of ``at``."""
        failing = np.zeros(len(states), dtype=np.bool_)
        counts: dict[int, Column] = {}
        for place in places(layout, self.scope):
            if not in_reach(at, place):
                continue
            holds, lives = truth(layout, place, self.formula, states, born), living(layout, place, states, born)
            if self.single:
                counts[place.connector] = counts.get(place.connector, np.zeros(len(states), np.int64)) + (holds & lives)
            else:
                failing |= lives & ~holds
        # ``single`` is claimed of each connector by itself; two transactions at two connectors are no violation.
        for count in counts.values():
            failing |= count > 1
        return failing


STATION = Instance("station")


def places(layout: Layout, scope: str) -> tuple[Instance, ...]:
    """The station, each connector, or each slot: those of connectors for transactions, the station's for entries."""
    if scope == "station":
        return (STATION,)
    if scope == "connector":
        numbers = sorted({field.instance.connector for field in layout.fields} - {0})
        return tuple(Instance(scope, number) for number in numbers)
    found = {(f.instance.connector, f.instance.slot) for f in layout.fields if f.machine.scope == scope}
    return tuple(Instance(scope, *numbers) for numbers in sorted(found))


def living(layout: Layout, place: Instance, states: Packed, born: Born = frozenset()) -> Bits:
    """Where the place exists."""
    slots = [f for f in layout.fields if place.slot and _same(f.instance, place) and f.instance not in born]
    lives = np.ones(len(states), dtype=np.bool_)
    for field in slots:
        lives &= field.of(states) != 0
    return lives


def truth(layout: Layout, at: Instance, guard: Guard, states: Packed, born: Born = frozenset()) -> Bits:
    """Whether the formula holds at a place, in each of the states. Questions have no answer here."""

    def column(atom: Is) -> Bits:
        every = atom.quantifier == "every"
        joined = np.full(len(states), every)
        for field in reached(layout, at, atom.machine):
            part = _member(field, atom, born)[field.of(states)]
            joined = joined & part if every else joined | part
        return joined

    return decide(guard, column, {}, len(states))


def _member(field: Field, atom: Is, born: Born) -> Bits:
    holds = truths(field, atom)
    if field.instance.slot and field.instance not in born:
        # Number 0 of a slot says that nobody is there. For the place's own machine that is: over, so in a final state.
        # Among others, ``some`` does not count it, and ``every`` is not spoiled by it.
        over = bool(field.machine.final & set(atom.states))
        holds[0] = over if not atom.quantifier else atom.quantifier == "every"
    return holds


def _same(one: Instance, other: Instance) -> bool:
    return (one.connector, one.slot) == (other.connector, other.slot)
