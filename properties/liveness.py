"""What must come sooner or later: ``leads_to`` under fairness, and ``recoverable``.

``recoverable`` says that from every reachable state there *is* a way to the goal: backwards from the goal.

``leads_to`` says that there is no way round it for ever. The states between promise and goal are taken with the
steps that stay among them, and with resting in place, for a world may also do nothing. A run that never arrives
ends up going round within one strongly connected part of them. That run is *fair* if each assumed event that can
come again and again does come again and again. So a part is a counterexample if every assumed event that can come
somewhere in it does come on one of its own steps; otherwise a fair run cannot stay where that event could come,
those states go, and what remains is looked at anew. Sound on cycles, because it looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from model.language.composition import Instance
from properties.explorer.layout import Bits, Packed
from properties.explorer.observations import Observations
from properties.explorer.search import PIECE, Exploration
from properties.explorer.seen import Events
from properties.explorer.watch import POWER_CUT, living, places, truth
from properties.reference import POWER
from properties.registry import Property

Ints = NDArray[np.int64]
Steps = tuple[Ints, Ints, Events]
"""From, to, and by which event."""
MAX_STATES = 400_000
"""Liveness is decided in scopes up to this size; the steps among the states are held in memory."""


@frozen(eq=False)
class Region:
    """Some states, numbered from 0, and the steps among them."""

    states: Packed
    sources: Ints
    targets: Ints
    events: Events
    able: dict[int, Bits]
    """For each assumed event: in which of the states it can come, wherever it leads."""


def never_recovers(found: Exploration, what: Property) -> Ints:
    """The states from which the goal cannot be reached."""
    reached = np.ones(found.seen.size, dtype=np.bool_)
    for place in places(found.stepper.layout, what.scope):
        goal = truth(found.stepper.layout, place, what.formula, found.seen.states)
        reached &= _backwards(found, goal)
    return np.flatnonzero(~reached)


def _backwards(found: Exploration, good: Bits) -> Bits:
    """All states with a way into the good ones. Looks forward again instead of keeping every step."""
    while True:
        rest = np.flatnonzero(~good)
        before = len(rest)
        for at in range(0, before, PIECE):
            piece = rest[at : at + PIECE]
            targets, origins, _ = found.stepper.steps(found.seen.states.take(piece, axis=0), Observations())
            good[piece[origins[good[found.seen.numbers(targets)]]]] = True
        if not before or int((~good).sum()) == before:
            return good


def never_arrives(found: Exploration, what: Property) -> Ints:
    """A state on a fair way round the goal, if there is one."""
    assert what.begins is not None
    layout, states = found.stepper.layout, found.seen.states
    for place in places(layout, what.scope):
        outside = ~truth(layout, place, what.formula, states) & living(layout, place, states)
        begins = outside & truth(layout, place, what.begins, states)
        region, numbers = _region(found, begins, outside, _assumed(found, what, place))
        trap = _fair_part(region)
        if trap is not None:
            return numbers[[trap]]
    return np.empty(0, np.int64)


def _assumed(found: Exploration, what: Property, place: Instance) -> tuple[int, ...]:
    """The numbers of the assumed events, at the place of the property or beside and above it."""
    return tuple(
        nth
        for nth, event in enumerate(found.stepper.events)
        if (POWER_CUT if event == POWER else f"{event.instance.machine}.{event.event}") in what.assumes
        and event.instance.connector in (0, place.connector, *(() if place.connector else (event.instance.connector,)))
        and event.instance.slot in (0, place.slot, *(() if place.slot else (event.instance.slot,)))
    )


def _region(found: Exploration, begins: Bits, outside: Bits, fair: tuple[int, ...]) -> tuple[Region, Ints]:
    """Everything that can be reached from the promise without arriving, with all its steps."""
    inside, fresh = begins.copy(), np.flatnonzero(begins)
    steps: list[Steps] = []
    able = {nth: np.zeros(len(begins), dtype=np.bool_) for nth in fair}
    while len(fresh):
        met = np.zeros(len(begins), dtype=np.bool_)
        for at in range(0, len(fresh), PIECE):
            piece = fresh[at : at + PIECE]
            observed = Observations(left=[])
            targets, origins, events = found.stepper.steps(found.seen.states.take(piece, axis=0), observed)
            sources, numbers = piece[origins], found.seen.numbers(targets).astype(np.int64)
            for nth, where in able.items():
                where[sources[events == nth]] = True
                for beyond, by in observed.left or ():
                    where[piece[beyond[by == nth]]] = True
            stays = outside[numbers]
            steps.append((sources[stays], numbers[stays], events[stays]))
            met[numbers[stays]] = True
        fresh = np.flatnonzero(met & ~inside)
        inside |= met
    return _numbered(found, inside, steps, able)


def _numbered(found: Exploration, inside: Bits, steps: list[Steps], able: dict[int, Bits]) -> tuple[Region, Ints]:
    numbers, place = np.flatnonzero(inside), np.cumsum(inside) - 1
    nothing = np.empty(0, np.int64)
    sources, targets = (np.concatenate([nothing, *(one[nth] for one in steps)]) for nth in (0, 1))
    events = np.concatenate([np.empty(0, np.uint16), *(one[2] for one in steps)])
    local = {nth: where[numbers] for nth, where in able.items()}
    return Region(found.seen.states[numbers], place[sources], place[targets], events, local), numbers


def _fair_part(region: Region) -> int | None:
    """A state of a strongly connected part in which a fair run can stay."""
    alive = np.ones(len(region.states), dtype=np.bool_)
    while alive.any():
        parts = components(len(alive), *_within(region, alive), alive)
        unfair = np.zeros(len(alive), dtype=np.bool_)
        for nth, able in region.able.items():
            unfair |= _cannot_stay(region, alive, parts, nth, able)
        bad = np.unique(parts[unfair & alive])
        fair = alive & ~np.isin(parts, bad)
        if fair.any():
            return int(np.flatnonzero(fair)[0])
        alive &= ~unfair
    return None


def _within(region: Region, alive: Bits) -> tuple[Ints, Ints]:
    stays = alive[region.sources] & alive[region.targets]
    return region.sources[stays], region.targets[stays]


def _cannot_stay(region: Region, alive: Bits, parts: Ints, nth: int, able: Bits) -> Bits:
    """Where the event can come, in a part none of whose own steps is that event."""
    own = (region.events == nth) & alive[region.sources] & alive[region.targets]
    own &= parts[region.sources] == parts[region.targets]
    comes = np.zeros(len(alive), dtype=np.bool_)
    comes[parts[region.sources[own]]] = True
    return alive & able & ~comes[parts]


def components(size: int, sources: Ints, targets: Ints, alive: Bits) -> Ints:
    """The strongly connected part of each living state, named by one of its members.

    What no step leads into or out of is a part by itself and is peeled off. For the rest, the greatest number that
    can reach a state is its colour; those that reach back to the state of that number are a part; and again.
    """
    parts = np.arange(size)
    left = alive.copy()
    while left.any():
        sources, targets = _peel(size, sources, targets, left)
        if not len(sources):
            break
        colour = _spread(np.arange(size), sources, targets)
        same = colour[sources] == colour[targets]
        back = np.zeros(size, dtype=np.bool_)
        back[colour[left]] = True
        back &= left & (colour == np.arange(size))
        back = _spread_back(back, sources[same], targets[same])
        parts[back] = colour[back]
        left &= ~back
        stays = left[sources] & left[targets]
        sources, targets = sources[stays], targets[stays]
    return parts


def _peel(size: int, sources: Ints, targets: Ints, left: Bits) -> tuple[Ints, Ints]:
    for sources_, targets_ in _peelings(size, sources, targets, left):
        sources, targets = sources_, targets_
    return sources, targets


def _peelings(size: int, sources: Ints, targets: Ints, left: Bits) -> Iterator[tuple[Ints, Ints]]:
    while True:
        moves = sources != targets
        out = np.bincount(sources[moves], minlength=size) > 0
        into = np.bincount(targets[moves], minlength=size) > 0
        single = left & ~(out & into)
        if not single.any():
            return
        left &= ~single
        stays = left[sources] & left[targets]
        sources, targets = sources[stays], targets[stays]
        yield sources, targets


def _spread(colour: Ints, sources: Ints, targets: Ints) -> Ints:
    while True:
        before = colour.copy()
        np.maximum.at(colour, targets, colour[sources])
        if (colour == before).all():
            return colour


def _spread_back(marked: Bits, sources: Ints, targets: Ints) -> Bits:
    while True:
        fresh = sources[marked[targets] & ~marked[sources]]
        if not len(fresh):
            return marked
        marked[fresh] = True
