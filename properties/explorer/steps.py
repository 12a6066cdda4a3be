"""Every event of the world, for thousands of states at once.

A batch is a set of states in the middle of a step that have the same events before them: the same line. Taking
the first event parts the batch by what that event comes to; parts whose lines have become the same join into one
batch again, whatever brought them there. So the work grows with the number of different lines, of which there are
some dozens, and hardly with the number of states. What ``run_to_completion`` (``model/language/semantics.py``) does
for one state is done here for all of a batch: the order of events, the moment at which guards are read, when a slot is
taken and when a projection raises are the same, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from attrs import evolve, frozen

from model.language.composition import Instance
from model.language.machine import Action, Create, Perform, Raise, Row
from model.language.semantics import MAX_EVENTS, POWER_UP, Occurrence
from properties.explorer.columns import reached
from properties.explorer.compiled import (
    CompiledProjection,
    CompiledTransition,
    Option,
    compile_projections,
    compile_transition,
)
from properties.explorer.layout import WORD_BITS, Bits, Column, Field, Layout, Packed
from properties.explorer.observations import Observations
from properties.explorer.seen import Events, Numbers
from properties.explorer.watch import POWER_CUT, Watch
from properties.reference import POWER, Problem, Reference, tried

Born = frozenset[Instance]
Raised = tuple[Instance, Raise]
NOBODY: Born = frozenset()


@frozen(eq=False)
class StateBatch:
    """States with the same line before them. Row by row: where it began, by which event, where it stands."""

    states: Packed
    origins: Numbers
    events: Events
    line: tuple[Occurrence, ...]
    born: Born = NOBODY
    fired: bool = False
    urgent: int = 0
    """So many events at the head of the line come of projections, and go before the others."""

    def part(self, chosen: Bits) -> StateBatch:
        """Those of the states."""
        states = self.states.compress(chosen, axis=0)  # several times as fast as states[chosen]
        return evolve(self, states=states, origins=self.origins.compress(chosen), events=self.events.compress(chosen))

    def at(self, line: tuple[Occurrence, ...], born: Born | None = None) -> StateBatch:
        """The same states with another line before them."""
        return evolve(self, line=line, born=self.born if born is None else born)

    def next(self) -> StateBatch:
        """The same states with the first event taken."""
        return evolve(self, line=self.line[1:], urgent=max(0, self.urgent - 1))

    def hearing(self, events: tuple[Occurrence, ...]) -> StateBatch:
        """The same states with what projections raise before everything but what they have raised by now."""
        # Two queues in one tuple: what projections raise is worked off before all else (model/language/semantics.py,
        # 3), and ``urgent`` says where it ends.
        line = (*self.line[: self.urgent], *events, *self.line[self.urgent :])
        return evolve(self, line=line, urgent=self.urgent + len(events))

    def moved(self, states: Packed) -> StateBatch:
        """The same batch after a row has fired."""
        return evolve(self, states=states, fired=True)

    def first(self, where: Bits | None = None) -> tuple[int, int]:
        """One of the states, as a witness."""
        nth = 0 if where is None else int(np.argmax(where))
        return int(self.origins[nth]), int(self.events[nth])


def joined(batches: Iterable[StateBatch]) -> list[StateBatch]:
    """One batch for each line."""
    by_line: dict[tuple[tuple[Occurrence, ...], Born, bool, int], list[StateBatch]] = {}
    for batch in batches:
        by_line.setdefault((batch.line, batch.born, batch.fired, batch.urgent), []).append(batch)
    return [_one(alike) for alike in by_line.values()]


def _one(alike: list[StateBatch]) -> StateBatch:
    if len(alike) == 1:
        return alike[0]
    states = np.concatenate([batch.states for batch in alike])
    origins = np.concatenate([batch.origins for batch in alike])
    events = np.concatenate([batch.events for batch in alike])
    return evolve(alike[0], states=states, origins=origins, events=events)


class Stepper:
    """The compiled composition of a scope."""

    def __init__(self, graph: Reference, watches: tuple[Watch, ...] = (), word_bits: int = WORD_BITS) -> None:
        self.graph, self.layout = graph, Layout.of(graph, word_bits)
        self.by_instance = {one.instance: one for one in self.layout.fields}
        self.projections = compile_projections(graph.composition, self.layout, graph.scope.connectors)
        self.events = (POWER, *self._world())
        self.doing = {moment: [w for w in watches if moment in w.doing] for one in watches for moment in one.doing}
        self.after = {nth: self._asked_after(event, watches) for nth, event in enumerate(self.events)}
        self._transitions: dict[Occurrence, CompiledTransition] = {}
        self._reach: dict[tuple[Instance, str], tuple[Field, ...]] = {}
        self._stirs = {f.instance: [g for g in self.projections if g.reads(f)] for f in self.layout.fields}
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

    def steps(self, states: Packed, observed: Observations) -> tuple[Packed, Numbers, Events]:
        """Every step from these states: where it leads, from which of them, and by which event."""
        batches, ended = joined(self._begin(states)), list[StateBatch]()
        for _ in range(MAX_EVENTS):
            # Where no row has fired nothing has happened: that is no transition, and not counted as one.
            ended.extend(batch for batch in batches if not batch.line and batch.fired)
            batches = joined(after for batch in batches if batch.line for after in self._look(batch, observed))
            if not batches:
                break
        for batch in batches:
            problem = Problem("does not settle", batch.line[0].instance, "any", batch.line[0].event)
            observed.problems.setdefault(problem, batch.first())
        return self._ended(ended, observed)

    def _ended(self, batches: list[StateBatch], observed: Observations) -> tuple[Packed, Numbers, Events]:
        parts = [self._cease(batch, observed) for batch in joined(batches)]
        everyone = _one([batch.at((), NOBODY) for batch in parts]) if parts else _nobody(self.layout.words)
        observed.transitions += len(everyone.states)
        for nth, watches in self.after.items():
            for watch in watches:
                at = self.events[nth].instance
                self._ask(watch, at, everyone.part(everyone.events == nth), observed)
        return everyone.states, everyone.origins, everyone.events

    # ---- how a step begins ----

    def _begin(self, states: Packed) -> Iterator[StateBatch]:
        yield from self._power(states)
        up = ~self.down(states)
        own: dict[Instance, Column] = {}
        for nth, event in enumerate(self.events[1:], 1):
            if event.instance not in own:
                own[event.instance] = self.by_instance[event.instance].of(states)
            able = np.flatnonzero(self._tried[event][own[event.instance]] & up).astype(np.int32)
            if len(able):
                yield StateBatch(states.take(able, axis=0), able, np.full(len(able), nth, dtype=np.uint16), (event,))

    def _power(self, states: Packed) -> Iterator[StateBatch]:
        origins = np.arange(len(states), dtype=np.int32)
        # Initial states are 0, so one mask begins every volatile machine anew; a volatile slot becomes free with it.
        everyone = StateBatch(states & self._kept, origins, np.zeros(len(states), dtype=np.uint16), ())
        wake = tuple(f for f in self.layout.fields if f.machine.event(POWER_UP))
        for batch, living in self._living(everyone, wake):
            yield batch.at(tuple(Occurrence(f.instance, POWER_UP) for f in living))

    # ---- one look ----

    def _look(self, batch: StateBatch, observed: Observations) -> Iterator[StateBatch]:
        at, rest = batch.line[0], batch.next()
        compiled = self._compiled(at)
        codes = compiled.at(batch.states, batch.born)
        # The codes that occur, in ascending order, without sorting: there are few, and small.
        present = np.flatnonzero(np.bincount(codes))
        for code in present:
            case = compiled.cases[code]
            observed.met.add((at.instance.machine, case.source, at.event))
            part = rest if len(present) == 1 else rest.part(codes == code)
            for option in case.options:
                yield from self._take(part, compiled, case.source, option, observed)

    def _take(
        self, batch: StateBatch, compiled: CompiledTransition, source: str, option: Option, observed: Observations
    ) -> Iterator[StateBatch]:
        at = compiled.field.instance
        if option.row is not None:
            observed.rows.add((at.machine, option.row.id))
            yield from self._fire(batch, compiled.field, option.row, observed)
        elif option.problem:
            observed.problems.setdefault(Problem(option.problem, at, source, compiled.event), batch.first())
            yield batch.moved(batch.states)
        else:
            yield batch

    def _fire(self, batch: StateBatch, one: Field, row: Row, observed: Observations) -> Iterator[StateBatch]:
        # Without a change of state no projection can change, and none is looked at.
        if row.to is None:
            yield from self._act(batch.moved(batch.states), one.instance, row.do, (), observed)
            return
        after = batch.moved(one.put(batch.states, one.number(row.to)))
        for part, raises in self._changed(batch.states, after, self._stirs[one.instance], observed):
            yield from self._act(part, one.instance, row.do, raises, observed)

    def _changed(
        self, before: Packed, after: StateBatch, stirred: list[CompiledProjection], observed: Observations
    ) -> Iterator[tuple[StateBatch, tuple[Raised, ...]]]:
        """Parts the batch by which projections have changed, and says what they raise, in order."""
        # A projection that raises something parts the batch in two, where it has changed and where it has not; empty
        # parts are not followed.
        if not stirred:
            yield after, ()
            return
        one, others = stirred[0], stirred[1:]
        changed = self._noted(one, before, after, observed)
        raised = one.projection.raises
        parts = [(changed, ((one.at, raised),)), (~changed, ())] if raised else [(np.ones_like(changed), ())]
        for chosen, raises in parts:
            if chosen.any():
                for part, more in self._changed(before.compress(chosen, axis=0), after.part(chosen), others, observed):
                    yield part, (*raises, *more)

    @staticmethod
    def _noted(one: CompiledProjection, before: Packed, after: StateBatch, observed: Observations) -> Bits:
        """Where a projection has changed; notes from what to what."""
        was, now = one.of(before, after.born), one.of(after.states, after.born)
        changed: Bits = was != now
        values = one.projection.values
        # Both values as one number, so that a count of numbers says which changes there are.
        pairs = was[changed].astype(np.int64) * len(values) + now[changed]
        for pair in np.flatnonzero(np.bincount(pairs)):
            old, new = divmod(int(pair), len(values))
            step = (one.projection.name, values[old], values[new])
            if step not in observed.changes:
                observed.changes[step] = after.first((was == old) & (now == new))
        return changed

    # ---- what a row does ----

    def _act(
        self,
        batch: StateBatch,
        at: Instance,
        actions: tuple[Action, ...],
        raises: tuple[Raised, ...],
        observed: Observations,
    ) -> Iterator[StateBatch]:
        """Do the actions from left to right, then raise what the projections raise."""
        if not actions:
            yield from self._raised(batch, raises)
            return
        for after in self._do(batch, at, actions[0], observed):
            yield from self._act(after, at, actions[1:], raises, observed)

    def _raised(self, batch: StateBatch, raises: tuple[Raised, ...]) -> Iterator[StateBatch]:
        if not raises:
            yield batch
            return
        at, raised = raises[0]
        for part, living in self._living(batch, self._members(at, raised.machine)):
            heard = part.hearing(tuple(Occurrence(f.instance, raised.event) for f in living))
            yield from self._raised(heard, raises[1:])

    def _do(self, batch: StateBatch, at: Instance, action: Action, observed: Observations) -> Iterator[StateBatch]:
        match action:
            case Raise():
                yield from self._raise(batch, at, action)
            case Create(machine, event):
                yield from self._create(batch, at, machine, event, observed)
            case Perform():
                for watch in self.doing.get((at.machine, str(action)), ()):
                    self._ask(watch, at, batch, observed)
                yield batch
            case _:
                yield batch

    def _raise(self, batch: StateBatch, at: Instance, action: Raise) -> Iterator[StateBatch]:
        for part, living in self._living(batch, self._members(at, action.machine)):
            yield part.at((*part.line, *(Occurrence(f.instance, action.event) for f in living)))

    def _create(
        self, batch: StateBatch, at: Instance, machine: str, event: str, observed: Observations
    ) -> Iterator[StateBatch]:
        """The first free slot of the connector; states without one leave the scope."""
        for one in self._members(Instance(at.machine, at.connector), machine):
            # Slots are taken from the first on. What finds this one free has its instance; the rest looks at the next
            # one.
            if one.instance not in batch.born:
                free = one.of(batch.states) == 0
                if free.any():
                    line = (*batch.line, Occurrence(one.instance, event))
                    yield batch.part(free).at(line, batch.born | {one.instance})
                batch = batch.part(~free)
        observed.cut += len(batch.states)
        if observed.left is not None:
            observed.left.append((batch.origins, batch.events))

    def _living(self, batch: StateBatch, fields: tuple[Field, ...]) -> Iterator[tuple[StateBatch, tuple[Field, ...]]]:
        """Parts the batch by which of these instances live."""
        if not fields:
            yield batch, ()
            return
        one, others = fields[0], fields[1:]
        # What is no slot lives always, and so does what this step has created: nothing to part.
        if not one.instance.slot or one.instance in batch.born:
            yield from ((part, (one, *more)) for part, more in self._living(batch, others))
            return
        lives = one.of(batch.states) != 0
        if lives.any():
            yield from ((part, (one, *more)) for part, more in self._living(batch.part(lives), others))
        if not lives.all():
            yield from self._living(batch.part(~lives), others)

    # ---- how a step ends ----

    def _cease(self, batch: StateBatch, observed: Observations) -> StateBatch:
        states = batch.states
        for one in self._slots:
            if one.instance in batch.born and (unbegun := one.of(states) == 0).any():
                problem = Problem("created and not begun", one.instance, one.machine.initial, "cease")
                observed.problems.setdefault(problem, batch.first(unbegun))
            # In a final state at the end of its step the slot becomes free: number 0, the initial state.
            ceased = one.is_one_of(one.machine.final)[one.of(states)]
            if ceased.any():
                states = np.where(ceased[:, np.newaxis], one.put(states, 0), states)
        return batch.moved(states)

    def _ask(self, watch: Watch, at: Instance, batch: StateBatch, observed: Observations) -> None:
        # The first is the shortest; after it the property is not asked again.
        if watch.name not in observed.broken:
            fails = watch.fails(self.layout, at, batch.states, batch.born)
            if fails.any():
                observed.broken[watch.name] = batch.first(fails)

    def _members(self, at: Instance, machine: str) -> tuple[Field, ...]:
        known = self._reach.get((at, machine))
        if known is None:
            known = self._reach[at, machine] = reached(self.layout, at, machine)
        return known

    def _compiled(self, occurrence: Occurrence) -> CompiledTransition:
        known = self._transitions.get(occurrence)
        if known is None:
            known = compile_transition(self.layout, self.by_instance[occurrence.instance], occurrence.event)
            self._transitions[occurrence] = known
        return known


def _nobody(words: int) -> StateBatch:
    none = np.empty(0, dtype=np.int64)
    return StateBatch(none.reshape(0, words), none.astype(np.int32), none.astype(np.uint16), ())
