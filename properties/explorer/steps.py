"""Every event of the world, for thousands of states at once.

A flock is a set of states in the middle of a step that have the same events before them: the same line. Taking
the first event parts the flock by what that event comes to; parts whose lines have become the same join into one
flock again, whatever brought them there. So the work grows with the number of different lines, of which there are
some dozens, and hardly with the number of states. What ``model.language.semantics.settle`` does for one state is done
here for all of a flock: the order of events, the moment at which guards are read, when a slot is taken and when a
projection raises are the same, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from attrs import evolve, frozen

from model.language.composition import Instance
from model.language.machine import Action, Create, Perform, Raise, Row
from model.language.semantics import MAX_EVENTS, POWER_UP, Occurrence
from properties.explorer.columns import reached
from properties.explorer.layout import WORD_BITS, Bits, Column, Field, Layout, Packed
from properties.explorer.looks import Gauge, Look, Option, gauges, look
from properties.explorer.seen import Events, Numbers
from properties.explorer.watch import POWER_CUT, Watch
from properties.explorer.witness import Witness
from properties.reference import POWER, Problem, Reference, tried

Born = frozenset[Instance]
Raised = tuple[Instance, Raise]
NOBODY: Born = frozenset()


@frozen(eq=False)
class Flock:
    """States with the same line before them. Row by row: where it began, by which event, where it stands."""

    states: Packed
    origins: Numbers
    events: Events
    line: tuple[Occurrence, ...]
    born: Born = NOBODY
    fired: bool = False
    urgent: int = 0
    """So many events at the head of the line come of projections, and go before the others."""

    def part(self, chosen: Bits) -> Flock:
        """Those of the states."""
        states = self.states.compress(chosen, axis=0)  # several times as fast as states[chosen]
        return evolve(self, states=states, origins=self.origins.compress(chosen), events=self.events.compress(chosen))

    def at(self, line: tuple[Occurrence, ...], born: Born | None = None) -> Flock:
        """The same states with another line before them."""
        return evolve(self, line=line, born=self.born if born is None else born)

    def next(self) -> Flock:
        """The same states with the first event taken."""
        return evolve(self, line=self.line[1:], urgent=max(0, self.urgent - 1))

    def hearing(self, events: tuple[Occurrence, ...]) -> Flock:
        """The same states with what projections raise before everything but what they have raised by now."""
        line = (*self.line[: self.urgent], *events, *self.line[self.urgent :])
        return evolve(self, line=line, urgent=self.urgent + len(events))

    def moved(self, states: Packed) -> Flock:
        """The same flock after a row has fired."""
        return evolve(self, states=states, fired=True)

    def first(self, where: Bits | None = None) -> tuple[int, int]:
        """One of the states, as a witness."""
        nth = 0 if where is None else int(np.argmax(where))
        return int(self.origins[nth]), int(self.events[nth])


def joined(flocks: Iterable[Flock]) -> list[Flock]:
    """One flock for each line."""
    by_line: dict[tuple[tuple[Occurrence, ...], Born, bool, int], list[Flock]] = {}
    for flock in flocks:
        by_line.setdefault((flock.line, flock.born, flock.fired, flock.urgent), []).append(flock)
    return [_one(alike) for alike in by_line.values()]


def _one(alike: list[Flock]) -> Flock:
    if len(alike) == 1:
        return alike[0]
    states = np.concatenate([flock.states for flock in alike])
    origins = np.concatenate([flock.origins for flock in alike])
    events = np.concatenate([flock.events for flock in alike])
    return evolve(alike[0], states=states, origins=origins, events=events)


class Stepper:
    """The compiled composition of a scope."""

    def __init__(self, graph: Reference, watches: tuple[Watch, ...] = (), word_bits: int = WORD_BITS) -> None:
        self.graph, self.layout = graph, Layout.of(graph, word_bits)
        self.by_instance = {one.instance: one for one in self.layout.fields}
        self.gauges = gauges(graph.composition, self.layout, graph.scope.connectors)
        self.events = (POWER, *self._world())
        self.doing = {moment: [w for w in watches if moment in w.doing] for one in watches for moment in one.doing}
        self.after = {nth: self._asked_after(event, watches) for nth, event in enumerate(self.events)}
        self._looks: dict[Occurrence, Look] = {}
        self._reach: dict[tuple[Instance, str], tuple[Field, ...]] = {}
        self._stirs = {f.instance: [g for g in self.gauges if g.reads(f)] for f in self.layout.fields}
        self._kept = self.layout.masked(f.instance for f in self.layout.fields if f.machine.persistent)
        self._tried = {event: self._tried_in(event) for event in self.events[1:]}
        self._slots = [f for f in self.layout.fields if f.instance.slot]

    def _world(self) -> Iterator[Occurrence]:
        for one in self.layout.fields:
            for event in one.machine.events:
                if any(tried(one.machine, event, state) for state in one.names):
                    yield Occurrence(one.instance, event.name)

    @staticmethod
    def _asked_after(event: Occurrence, watches: tuple[Watch, ...]) -> list[Watch]:
        name = POWER_CUT if event == POWER else f"{event.instance.machine}.{event.event}"
        return [watch for watch in watches if name in watch.after]

    def _tried_in(self, occurrence: Occurrence) -> Bits:
        one = self.by_instance[occurrence.instance]
        event = one.machine.event(occurrence.event)
        assert event is not None
        able = one.is_one_of(name for name in one.names if tried(one.machine, event, name))
        able[0] &= not one.instance.slot  # a free slot is nobody
        return able

    def down(self, states: Packed) -> Bits:
        """Where only power helps."""
        down = np.zeros(len(states), dtype=np.bool_)
        for one in self.layout.fields:
            if one.machine.final and not (one.instance.connector or one.instance.slot):
                down |= one.is_one_of(one.machine.final)[one.of(states)]
        return down

    def steps(self, states: Packed, witness: Witness) -> tuple[Packed, Numbers, Events]:
        """Every step from these states: where it leads, from which of them, and by which event."""
        flocks, ended = joined(self._begin(states)), list[Flock]()
        for _ in range(MAX_EVENTS):
            ended.extend(flock for flock in flocks if not flock.line and flock.fired)
            flocks = joined(after for flock in flocks if flock.line for after in self._look(flock, witness))
            if not flocks:
                break
        for flock in flocks:
            problem = Problem("does not settle", flock.line[0].instance, "any", flock.line[0].event)
            witness.problems.setdefault(problem, flock.first())
        return self._ended(ended, witness)

    def _ended(self, flocks: list[Flock], witness: Witness) -> tuple[Packed, Numbers, Events]:
        parts = [self._cease(flock, witness) for flock in joined(flocks)]
        everyone = _one([flock.at((), NOBODY) for flock in parts]) if parts else _nobody(self.layout.words)
        witness.transitions += len(everyone.states)
        for nth, watches in self.after.items():
            for watch in watches:
                at = self.events[nth].instance
                self._ask(watch, at, everyone.part(everyone.events == nth), witness)
        return everyone.states, everyone.origins, everyone.events

    # ---- how a step begins ----

    def _begin(self, states: Packed) -> Iterator[Flock]:
        yield from self._power(states)
        up = ~self.down(states)
        own: dict[Instance, Column] = {}
        for nth, event in enumerate(self.events[1:], 1):
            if event.instance not in own:
                own[event.instance] = self.by_instance[event.instance].of(states)
            able = np.flatnonzero(self._tried[event][own[event.instance]] & up).astype(np.int32)
            if len(able):
                yield Flock(states.take(able, axis=0), able, np.full(len(able), nth, dtype=np.uint16), (event,))

    def _power(self, states: Packed) -> Iterator[Flock]:
        origins = np.arange(len(states), dtype=np.int32)
        everyone = Flock(states & self._kept, origins, np.zeros(len(states), dtype=np.uint16), ())
        wake = tuple(f for f in self.layout.fields if f.machine.event(POWER_UP))
        for flock, living in self._living(everyone, wake):
            yield flock.at(tuple(Occurrence(f.instance, POWER_UP) for f in living))

    # ---- one look ----

    def _look(self, flock: Flock, witness: Witness) -> Iterator[Flock]:
        at, rest = flock.line[0], flock.next()
        compiled = self._compiled(at)
        codes = compiled.at(flock.states, flock.born)
        present = np.flatnonzero(np.bincount(codes))
        for code in present:
            case = compiled.cases[code]
            witness.met.add((at.instance.machine, case.source, at.event))
            part = rest if len(present) == 1 else rest.part(codes == code)
            for option in case.options:
                yield from self._take(part, compiled, case.source, option, witness)

    def _take(self, flock: Flock, compiled: Look, source: str, option: Option, witness: Witness) -> Iterator[Flock]:
        at = compiled.field.instance
        if option.row is not None:
            witness.rows.add((at.machine, option.row.id))
            yield from self._fire(flock, compiled.field, option.row, witness)
        elif option.problem:
            witness.problems.setdefault(Problem(option.problem, at, source, compiled.event), flock.first())
            yield flock.moved(flock.states)
        else:
            yield flock

    def _fire(self, flock: Flock, one: Field, row: Row, witness: Witness) -> Iterator[Flock]:
        if row.to is None:
            yield from self._act(flock.moved(flock.states), one.instance, row.do, (), witness)
            return
        after = flock.moved(one.put(flock.states, one.number(row.to)))
        for part, raises in self._changed(flock.states, after, self._stirs[one.instance], witness):
            yield from self._act(part, one.instance, row.do, raises, witness)

    def _changed(
        self, before: Packed, after: Flock, stirred: list[Gauge], witness: Witness
    ) -> Iterator[tuple[Flock, tuple[Raised, ...]]]:
        """Parts the flock by which projections have changed, and says what they raise, in order."""
        if not stirred:
            yield after, ()
            return
        one, others = stirred[0], stirred[1:]
        changed = self._noted(one, before, after, witness)
        raised = one.projection.raises
        parts = [(changed, ((one.at, raised),)), (~changed, ())] if raised else [(np.ones_like(changed), ())]
        for chosen, raises in parts:
            if chosen.any():
                for part, more in self._changed(before.compress(chosen, axis=0), after.part(chosen), others, witness):
                    yield part, (*raises, *more)

    @staticmethod
    def _noted(one: Gauge, before: Packed, after: Flock, witness: Witness) -> Bits:
        """Where a projection has changed; notes from what to what."""
        was, now = one.of(before, after.born), one.of(after.states, after.born)
        changed: Bits = was != now
        values = one.projection.values
        pairs = was[changed].astype(np.int64) * len(values) + now[changed]
        for pair in np.flatnonzero(np.bincount(pairs)):
            old, new = divmod(int(pair), len(values))
            step = (one.projection.name, values[old], values[new])
            if step not in witness.changes:
                witness.changes[step] = after.first((was == old) & (now == new))
        return changed

    # ---- what a row does ----

    def _act(
        self, flock: Flock, at: Instance, actions: tuple[Action, ...], raises: tuple[Raised, ...], witness: Witness
    ) -> Iterator[Flock]:
        """Do the actions from left to right, then raise what the projections raise."""
        if not actions:
            yield from self._raised(flock, raises)
            return
        for after in self._do(flock, at, actions[0], witness):
            yield from self._act(after, at, actions[1:], raises, witness)

    def _raised(self, flock: Flock, raises: tuple[Raised, ...]) -> Iterator[Flock]:
        if not raises:
            yield flock
            return
        at, raised = raises[0]
        for part, living in self._living(flock, self._members(at, raised.machine)):
            heard = part.hearing(tuple(Occurrence(f.instance, raised.event) for f in living))
            yield from self._raised(heard, raises[1:])

    def _do(self, flock: Flock, at: Instance, action: Action, witness: Witness) -> Iterator[Flock]:
        match action:
            case Raise():
                yield from self._raise(flock, at, action)
            case Create(machine, event):
                yield from self._create(flock, at, machine, event, witness)
            case Perform():
                for watch in self.doing.get((at.machine, str(action)), ()):
                    self._ask(watch, at, flock, witness)
                yield flock
            case _:
                yield flock

    def _raise(self, flock: Flock, at: Instance, action: Raise) -> Iterator[Flock]:
        for part, living in self._living(flock, self._members(at, action.machine)):
            yield part.at((*part.line, *(Occurrence(f.instance, action.event) for f in living)))

    def _create(self, flock: Flock, at: Instance, machine: str, event: str, witness: Witness) -> Iterator[Flock]:
        """The first free slot of the connector; states without one leave the scope."""
        for one in self._members(Instance(at.machine, at.connector), machine):
            if one.instance not in flock.born:
                free = one.of(flock.states) == 0
                if free.any():
                    line = (*flock.line, Occurrence(one.instance, event))
                    yield flock.part(free).at(line, flock.born | {one.instance})
                flock = flock.part(~free)
        witness.cut += len(flock.states)
        if witness.left is not None:
            witness.left.append((flock.origins, flock.events))

    def _living(self, flock: Flock, fields: tuple[Field, ...]) -> Iterator[tuple[Flock, tuple[Field, ...]]]:
        """Parts the flock by which of these instances live."""
        if not fields:
            yield flock, ()
            return
        one, others = fields[0], fields[1:]
        if not one.instance.slot or one.instance in flock.born:
            yield from ((part, (one, *more)) for part, more in self._living(flock, others))
            return
        lives = one.of(flock.states) != 0
        if lives.any():
            yield from ((part, (one, *more)) for part, more in self._living(flock.part(lives), others))
        if not lives.all():
            yield from self._living(flock.part(~lives), others)

    # ---- how a step ends ----

    def _cease(self, flock: Flock, witness: Witness) -> Flock:
        states = flock.states
        for one in self._slots:
            if one.instance in flock.born and (unbegun := one.of(states) == 0).any():
                problem = Problem("created and not begun", one.instance, one.machine.initial, "cease")
                witness.problems.setdefault(problem, flock.first(unbegun))
            ceased = one.is_one_of(one.machine.final)[one.of(states)]
            if ceased.any():
                states = np.where(ceased[:, np.newaxis], one.put(states, 0), states)
        return flock.moved(states)

    def _ask(self, watch: Watch, at: Instance, flock: Flock, witness: Witness) -> None:
        if watch.name not in witness.broken:
            fails = watch.fails(self.layout, at, flock.states, flock.born)
            if fails.any():
                witness.broken[watch.name] = flock.first(fails)

    def _members(self, at: Instance, machine: str) -> tuple[Field, ...]:
        known = self._reach.get((at, machine))
        if known is None:
            known = self._reach[at, machine] = reached(self.layout, at, machine)
        return known

    def _compiled(self, occurrence: Occurrence) -> Look:
        known = self._looks.get(occurrence)
        if known is None:
            known = look(self.layout, self.by_instance[occurrence.instance], occurrence.event)
            self._looks[occurrence] = known
        return known


def _nobody(words: int) -> Flock:
    none = np.empty(0, dtype=np.int64)
    return Flock(none.reshape(0, words), none.astype(np.int32), none.astype(np.uint16), ())
