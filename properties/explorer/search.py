"""Breadth first over the packed states: what is reachable, and the shortest way to it.

The frontier is a stretch of the array of states; it is taken in pieces that fit the processor's cache. A piece
gives back the states that it leads to, each once, and what was seen on the way. Pieces are joined in their order,
so the result does not depend on how many processes made them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import numpy as np
from attrs import define, field, frozen

from properties.explorer.layout import Packed, same
from properties.explorer.observations import Observations
from properties.explorer.seen import Events, Numbers, Seen
from properties.explorer.steps import Stepper

PIECE = 1 << 15
"""States in one piece: 256 KiB for each word of a state, so that a piece and what becomes of it stay in the cache."""


@frozen(eq=False)
class Reached:
    """What one piece of the frontier leads to. Parents are numbers within the piece."""

    keys: Packed
    parents: Numbers
    events: Events
    stuck: Numbers
    """Those of the piece that nothing but a power cut leads away from."""
    observed: Observations


Expand = Callable[[Iterable[Packed]], Iterator[Reached]]
Progress = Callable[[int, int, int], None]
"""Called with the depth, the states and the transitions so far."""


@define
class Exploration:
    """What an exploration found."""

    stepper: Stepper
    seen: Seen
    observed: Observations
    stuck: list[int] = field(factory=list)
    depth: int = 0
    seconds: float = 0.0
    complete: bool = True

    @property
    def transitions(self) -> int:
        """How many steps were taken."""
        return self.observed.transitions


def expand(stepper: Stepper, states: Packed, known: Seen) -> Reached:
    """Everything one step away from these states that is not known yet, each once."""
    observed = Observations()
    targets, origins, events = stepper.steps(states, observed)
    # Event 0 is the power cut, which leads away from everywhere: a state that has no other way on is stuck.
    leads = ~same(targets, states.take(origins, axis=0)) & (events != 0)
    leaves = np.zeros(len(states), dtype=np.bool_)
    leaves[origins[leads]] = True
    stuck = np.flatnonzero(~leaves & ~stepper.down(states)).astype(np.int32)
    fresh = known.unknown(targets)
    return Reached(targets.take(fresh, axis=0), origins[fresh], events[fresh], stuck, observed)


def alone(stepper: Stepper, known: Seen) -> Expand:
    """Expand pieces in this process."""
    return lambda pieces: (expand(stepper, piece, known) for piece in pieces)


def explore(
    stepper: Stepper,
    workers: AbstractContextManager[Expand] | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Go through the scope to its last state, or to its bounds."""
    begun, scope = time.perf_counter(), stepper.graph.scope
    found = Exploration(stepper, _starts(stepper), Observations())
    if workers is None:
        _deepen(found, alone(stepper, found.seen), progress, scope.depth, scope.states)
    else:
        with workers as shared:
            _deepen(found, shared, progress, scope.depth, scope.states)
    found.seconds = time.perf_counter() - begun
    return found


def _starts(stepper: Stepper) -> Seen:
    seen = Seen(stepper.layout.words)
    packed = stepper.layout.pack_all(stepper.graph.starts)
    nobody, power = np.full(len(packed), -1, dtype=np.int32), np.zeros(len(packed), dtype=np.uint16)
    seen.add(packed, nobody, power)
    return seen


def _deepen(found: Exploration, run: Expand, progress: Progress | None, depth: int | None, states: int | None) -> None:
    # States are numbered as they are met, so a level of the search is a stretch of the array, and the next one begins
    # where it ends: no queue is needed.
    low, high = 0, found.seen.size
    while low < high:
        if (depth is not None and found.depth >= depth) or (states is not None and high >= states):
            found.complete = False
            return
        pieces = range(low, high, PIECE)
        frontier = (found.seen.states[at : min(at + PIECE, high)].copy() for at in pieces)
        for at, reached in zip(pieces, run(frontier), strict=True):
            _join(found, at, reached)
        low, high = high, found.seen.size
        # The last level leads nowhere new, and is not counted.
        found.depth += high > low
        if progress:
            progress(found.depth, high, found.transitions)


def _join(found: Exploration, at: int, reached: Reached) -> None:
    # A piece counts its states from 0; from here on they have their numbers in the whole.
    found.seen.add(reached.keys, reached.parents + np.int32(at), reached.events)
    found.stuck.extend(int(one) + at for one in reached.stuck)
    reached.observed.moved(at)
    found.observed.join(reached.observed)
