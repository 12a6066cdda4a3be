"""One event for thousands of states at once.

A flock is a set of states that has gone the same way so far: the same rows have fired, the same events wait in
the line. Taking the next event parts the flock by what that event comes to; each part goes on by itself, until
its line is empty. What ``model.semantics.settle`` does for one state is done here for all of a part: the order of
events, the moment at which guards are read, when a slot is taken and when a projection raises are the same, and a
test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from attrs import define, evolve, field, frozen
from numpy.typing import NDArray

from model.composition import Instance
from model.machine import Create, Perform, Raise, Row
from model.semantics import MAX_EVENTS, POWER_UP, Occurrence
from properties.explorer.columns import reached
from properties.explorer.layout import Bits, Field, Layout, Packed
from properties.explorer.looks import Gauge, Look, Option, gauges, look
from properties.explorer.watch import POWER_CUT, Watch
from properties.reference import POWER, Problem, Reference, tried

Origins = NDArray[np.int32]
First = tuple[int, int]
"""Where something was met first: the state, as its number in the given states, and the number of the event."""


@frozen(eq=False)
class Flock:
    """States that have gone the same way; ``origins`` says where in the given states each began."""

    states: Packed
    origins: Origins
    line: tuple[Occurrence, ...]
    born: frozenset[Instance] = frozenset()
    spent: int = 0
    fired: bool = False

    def part(self, chosen: Bits) -> Flock:
        """Those of the states."""
        return evolve(self, states=self.states[chosen], origins=self.origins[chosen])


@define
class Witness:
    """What was seen on the way, for coverage and for claims."""

    rows: set[tuple[str, str]] = field(factory=set)
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

    def places(self, other: Witness) -> tuple[tuple[dict[object, First], dict[object, First]], ...]:
        """The records of both that say where something was met first."""
        return (  # type: ignore[return-value]
            (self.changes, other.changes), (self.problems, other.problems), (self.broken, other.broken),
        )  # fmt: skip

    def join(self, other: Witness) -> None:
        """Take in what another has seen."""
        self.rows |= other.rows
        self.met |= other.met
        for mine, theirs in self.places(other):
            for name, where in theirs.items():
                mine.setdefault(name, where)
        self.transitions += other.transitions
        self.cut += other.cut


class Stepper:
    """The compiled composition of a scope."""

    def __init__(self, graph: Reference, watches: tuple[Watch, ...] = ()) -> None:
        self.graph, self.layout = graph, Layout.of(graph)
        self.by_instance = {one.instance: one for one in self.layout.fields}
        self.gauges = gauges(graph.composition, self.layout, graph.scope.connectors)
        self.events = (POWER, *self._world())
        self.doing = {moment: [w for w in watches if moment in w.doing] for one in watches for moment in one.doing}
        self.after = tuple(self._asked_after(event, watches) for event in self.events)
        self._looks: dict[Occurrence, Look] = {}
        self._reach: dict[tuple[Instance, str], tuple[Field, ...]] = {}
        self._stirs = {f.instance: [g for g in self.gauges if g.reads(f)] for f in self.layout.fields}
        self._kept = self.layout.masked(f.instance for f in self.layout.fields if f.machine.persistent)
        self._tried = {event: self._tried_in(event) for event in self.events[1:]}

    def _world(self) -> Iterator[Occurrence]:
        for one in self.layout.fields:
            for event in one.machine.events:
                if any(tried(one.machine, event, state) for state in one.machine.state_names):
                    yield Occurrence(one.instance, event.name)

    @staticmethod
    def _asked_after(event: Occurrence, watches: tuple[Watch, ...]) -> tuple[Watch, ...]:
        name = POWER_CUT if event == POWER else f"{event.instance.machine}.{event.event}"
        return tuple(watch for watch in watches if name in watch.after)

    def _tried_in(self, occurrence: Occurrence) -> Bits:
        one = self.by_instance[occurrence.instance]
        event = one.machine.event(occurrence.event)
        assert event is not None
        names = one.machine.state_names
        able = [nth < len(names) and tried(one.machine, event, names[nth]) for nth in range(1 << one.width)]
        able[0] &= not one.instance.slot  # a free slot is nobody
        return np.array(able)

    def down(self, states: Packed) -> Bits:
        """Where only power helps."""
        down = np.zeros(len(states), dtype=np.bool_)
        for one in self.layout.fields:
            for name in one.machine.final if not one.instance.connector else ():
                down |= one.of(states) == one.number(name)
        return down

    def steps(self, states: Packed, witness: Witness) -> Iterator[tuple[int, Packed, Origins]]:
        """For each event: its number, where it leads, and from which of the given states."""
        for nth, event in enumerate(self.events):
            for flock in self._run(nth, self._begin(event, states), witness):
                yield nth, flock.states, flock.origins

    def _begin(self, event: Occurrence, states: Packed) -> Iterator[Flock]:
        if event == POWER:
            yield from self._power(states)
            return
        one = self.by_instance[event.instance]
        able = np.flatnonzero(self._tried[event][one.of(states)] & ~self.down(states))
        if len(able):
            yield Flock(states[able], able.astype(np.int32), (event,))

    def _power(self, states: Packed) -> Iterator[Flock]:
        origins = np.arange(len(states), dtype=np.int32)
        everyone = Flock(states & self._kept, origins, ())
        wake = [f for f in self.layout.fields if f.machine.event(POWER_UP)]
        for flock, living in self._living(everyone, tuple(wake)):
            yield evolve(flock, line=tuple(Occurrence(f.instance, POWER_UP) for f in living))

    def _run(self, nth: int, flocks: Iterator[Flock], witness: Witness) -> Iterator[Flock]:
        waiting = list(flocks)
        while waiting:
            flock = waiting.pop()
            if not flock.line:
                if flock.fired:
                    witness.transitions += len(flock.states)
                    yield self._end(nth, flock, witness)
            elif flock.spent == MAX_EVENTS:
                self._problem(
                    nth, Problem("does not settle", flock.line[0].instance, "any", flock.line[0].event), flock, witness
                )
            else:
                waiting.extend(self._look(nth, flock, witness))

    def _look(self, nth: int, flock: Flock, witness: Witness) -> Iterator[Flock]:
        at, rest = flock.line[0], flock.line[1:]
        compiled = self._compiled(at)
        codes = compiled.at(flock.states, flock.born)
        present = np.flatnonzero(np.bincount(codes))
        for code in present:
            case = compiled.cases[code]
            witness.met.add((at.instance.machine, case.source, at.event))
            part = flock if len(present) == 1 else flock.part(codes == code)
            part = evolve(part, line=rest, spent=flock.spent + 1)
            for option in case.options:
                yield from self._take(nth, part, compiled, case.source, option, witness)

    def _take(
        self, nth: int, flock: Flock, compiled: Look, source: str, option: Option, witness: Witness
    ) -> Iterator[Flock]:
        at = compiled.field.instance
        if option.row is not None:
            witness.rows.add((at.machine, option.row.id))
            yield from self._fire(nth, flock, compiled.field, option.row, witness)
        elif option.problem:
            self._problem(nth, Problem(option.problem, at, source, compiled.event), flock, witness)
            yield evolve(flock, fired=True)
        else:
            yield flock

    def _fire(self, nth: int, flock: Flock, one: Field, row: Row, witness: Witness) -> Iterator[Flock]:
        moved = flock.states if row.to is None else (flock.states & ~one.mask) | (one.number(row.to) << one.shift)
        fired = evolve(flock, states=moved, fired=True)
        stirred = self._stirs[one.instance] if row.to is not None else []
        for part, raises in self._changed(nth, flock, fired, stirred, witness):
            done = [part]
            for action in row.do:
                if isinstance(action, Perform):
                    self._watch(nth, one.instance, action, done, witness)
                done = [after for before in done for after in self._act(before, one.instance, action, witness)]
            for at, raised in raises:
                done = [after for before in done for after in self._raise(before, at, raised)]
            yield from done

    def _changed(
        self, nth: int, before: Flock, after: Flock, stirred: list[Gauge], witness: Witness
    ) -> Iterator[tuple[Flock, tuple[tuple[Instance, Raise], ...]]]:
        """Parts the flock by which projections changed, and says what they raise, in order."""
        parts: list[tuple[Packed, Flock, tuple[tuple[Instance, Raise], ...]]] = [(before.states, after, ())]
        for one in stirred:
            parts = [
                new for old, flock, raises in parts for new in self._changed_one(nth, one, old, flock, raises, witness)
            ]
        return ((flock, raises) for _, flock, raises in parts)

    def _changed_one(
        self,
        nth: int,
        one: Gauge,
        old: Packed,
        flock: Flock,
        raises: tuple[tuple[Instance, Raise], ...],
        witness: Witness,
    ) -> Iterator[tuple[Packed, Flock, tuple[tuple[Instance, Raise], ...]]]:
        was, now = one.of(old, flock.born), one.of(flock.states, flock.born)
        changed = was != now
        values = one.projection.values
        for pair in np.unique(was[changed].astype(np.int64) * len(values) + now[changed]):
            step = one.projection.name, values[pair // len(values)], values[pair % len(values)]
            if step not in witness.changes:
                here = changed & (was == pair // len(values)) & (now == pair % len(values))
                witness.changes[step] = (int(flock.origins[here][0]), nth)
        raised = one.projection.raises
        if raised is None or not changed.any():
            yield old, flock, raises
            return
        if not changed.all():
            yield old[~changed], flock.part(~changed), raises
        yield old[changed], flock.part(changed), (*raises, (one.at, raised))

    def _act(self, flock: Flock, at: Instance, action: object, witness: Witness) -> Iterator[Flock]:
        match action:
            case Raise():
                yield from self._raise(flock, at, action)
            case Create(machine, event):
                yield from self._create(flock, at, machine, event, witness)
            case _:
                yield flock

    def _raise(self, flock: Flock, at: Instance, action: Raise) -> Iterator[Flock]:
        for part, living in self._living(flock, self._members(at, action.machine)):
            line = (*part.line, *(Occurrence(f.instance, action.event) for f in living))
            yield evolve(part, line=line)

    def _create(self, flock: Flock, at: Instance, machine: str, event: str, witness: Witness) -> Iterator[Flock]:
        """The first free slot of the connector; states without one leave the scope."""
        for one in self._members(Instance(at.machine, at.connector), machine):
            if one.instance in flock.born or not len(flock.states):
                continue
            free = one.of(flock.states) == 0
            if free.any():
                part = flock.part(free)
                line = (*part.line, Occurrence(one.instance, event))
                yield evolve(part, line=line, born=part.born | {one.instance})
            flock = flock.part(~free)
        witness.cut += len(flock.states)

    def _living(self, flock: Flock, fields: tuple[Field, ...]) -> Iterator[tuple[Flock, tuple[Field, ...]]]:
        """Parts the flock by which of these instances live."""
        parts: list[tuple[Flock, tuple[Field, ...]]] = [(flock, ())]
        for one in fields:
            parts = [new for part, living in parts for new in self._living_one(part, living, one)]
        yield from parts

    def _living_one(
        self, flock: Flock, living: tuple[Field, ...], one: Field
    ) -> Iterator[tuple[Flock, tuple[Field, ...]]]:
        if not one.instance.slot or one.instance in flock.born:
            yield flock, (*living, one)
            return
        lives = one.of(flock.states) != 0
        if lives.all():
            yield flock, (*living, one)
        elif not lives.any():
            yield flock, living
        else:
            yield flock.part(~lives), living
            yield flock.part(lives), (*living, one)

    def _end(self, nth: int, flock: Flock, witness: Witness) -> Flock:
        ended = self._cease(nth, flock, witness)
        for watch in self.after[nth]:
            self._ask(nth, watch, self.events[nth].instance, ended, witness)
        return ended

    def _ask(self, nth: int, watch: Watch, at: Instance, flock: Flock, witness: Witness) -> None:
        if watch.name not in witness.broken:
            fails = watch.fails(self.layout, at, flock.states, flock.born)
            if fails.any():
                witness.broken[watch.name] = (int(flock.origins[fails][0]), nth)

    def _cease(self, nth: int, flock: Flock, witness: Witness) -> Flock:
        states = flock.states
        for one in self.layout.fields:
            if not one.instance.slot:
                continue
            if one.instance in flock.born and (unbegun := one.of(states) == 0).any():
                problem = Problem("created and not begun", one.instance, one.machine.initial, "cease")
                self._problem(nth, problem, flock.part(unbegun), witness)
            for name in one.machine.final:
                states = np.where(one.of(states) == one.number(name), states & ~one.mask, states)
        return evolve(flock, states=states, born=frozenset())

    def _watch(self, nth: int, at: Instance, action: Perform, flocks: list[Flock], witness: Witness) -> None:
        for watch in self.doing.get((at.machine, str(action)), ()):
            for flock in flocks:
                self._ask(nth, watch, at, flock, witness)

    def _problem(self, nth: int, problem: Problem, flock: Flock, witness: Witness) -> None:
        witness.problems.setdefault(problem, (int(flock.origins[0]), nth))

    def _members(self, at: Instance, machine: str) -> tuple[Field, ...]:
        known = self._reach.get((at, machine))
        if known is None:
            known = self._reach[at, machine] = reached(self.layout, at, machine)
        return known

    def _compiled(self, occurrence: Occurrence) -> Look:
        known = self._looks.get(occurrence)
        if known is None:
            field_ = self.by_instance[occurrence.instance]
            known = self._looks[occurrence] = look(self.layout, field_, occurrence.event)
        return known
