"""Guards over many states at once: each atom is a column of truths, and the guard joins columns.

Two things are decided this way: what a table's rows say, over every combination of the few fields that they read
(``looks``), and whether a property's formula holds, over the states themselves (``watch``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from model.language.composition import Instance, in_reach
from model.language.guard import All, Any, Ask, Guard, Is, Not
from properties.explorer.layout import Bits, Field, Layout


def decide(guard: Guard, column: Callable[[Is], Bits], answers: Mapping[str, bool], size: int) -> Bits:
    """The guard's truth in each of ``size`` places, where ``column`` gives the truth of an atom in each."""
    match guard:
        case All(parts):
            # A row without ``when`` is All of nothing, and holds everywhere.
            truth = np.ones(size, dtype=np.bool_)
            for part in parts:
                truth &= decide(part, column, answers, size)
            return truth
        case Any(parts):
            truth = np.zeros(size, dtype=np.bool_)
            for part in parts:
                truth |= decide(part, column, answers, size)
            return truth
        case Not(inner):
            return ~decide(inner, column, answers, size)
        case Ask(question):
            # Data is not in a state: the caller goes through the possible answers, one set for one look.
            return np.full(size, answers[question])
        case Is():
            return column(guard)


def reached(layout: Layout, at: Instance, machine: str) -> tuple[Field, ...]:
    """The fields of a machine's instances in reach of ``at``."""
    return tuple(f for f in layout.fields if f.instance.machine == machine and in_reach(at, f.instance))


def truths(field: Field, atom: Is) -> Bits:
    """For each number that the field can hold, whether it is one of the atom's states."""
    return field.is_one_of(atom.states)
