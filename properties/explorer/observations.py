"""What is seen on the way through the states: for coverage, for the tables' claims, for properties of a moment."""

from __future__ import annotations

from attrs import define, field

from properties.explorer.seen import Events, Numbers
from properties.reference import Problem

First = tuple[int, int]
"""Where something was met first: the state, as its number in the given states, and the number of the event."""


@define
class Observations:
    """Notes of one exploration, or of a piece of it."""

    rows: set[tuple[str, str]] = field(factory=set)
    """Machine and row: each row that fired."""
    met: set[tuple[str, str, str]] = field(factory=set)
    """Machine, state, event: each look that was taken."""
    changes: dict[tuple[str, str, str], First] = field(factory=dict)
    """Projection, value before, value after."""
    problems: dict[Problem, First] = field(factory=dict)
    """Each violated claim."""
    broken: dict[str, First] = field(factory=dict)
    """Each property that failed after an event, or while an operation was done."""
    transitions: int = 0
    cut: int = 0
    """Branches that left the scope."""
    left: list[tuple[Numbers, Events]] | None = None
    """Which these were, by state and event; kept where a list is given."""

    def moved(self, by: int) -> None:
        """Count the states from elsewhere: the given ones were a stretch that begins there."""
        for firsts in (self.changes, self.problems, self.broken):
            # The keys differ in type and are not touched; a dict's type does not allow to say so.
            _move(firsts, by)  # type: ignore[arg-type]

    def join(self, other: Observations) -> None:
        """Take in what another has seen later."""
        self.rows |= other.rows
        self.met |= other.met
        # Of two with the same key the right one stays: ours, met earlier, so the way to it is no longer than the
        # other's.
        self.changes = other.changes | self.changes
        self.problems = other.problems | self.problems
        self.broken = other.broken | self.broken
        self.transitions += other.transitions
        self.cut += other.cut


def _move(firsts: dict[object, First], by: int) -> None:
    for name, (state, event) in firsts.items():
        firsts[name] = (state + by, event)
