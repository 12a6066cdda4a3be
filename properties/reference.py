"""The explorer that is obviously right: ``model.language.semantics.run_to_completion`` over a plain tuple of states.

Slow on purpose. It is what the fast explorer is compared with, state by state, and what turns a counterexample
into steps that a person can read. What it adds to the semantics is the world:

* *Events of the world* are tried at every instance in every state in which a row could answer them. Where the
  table says ``ignored`` nothing happens; where it says ``impossible`` and has no row at all, the world cannot do
  it. A timer's event comes only in states in which the timer runs.
* *Claims.* An event raised by a row that meets ``impossible``, or nothing at all, is a violation. So is an event
  of the world whose rows all decline where the table calls the rest ``impossible``.
* *Questions* are about data, which the tables do not hold: each time an event is looked at, every question gets
  an answer of its own, both ways; the rows of that one look share it, the next look asks anew.
* *Slots.* What comes and goes, a transaction or an entry of the cache, needs a slot; it is free while its state is the
  initial one. A ``create`` without a free slot leads out of the scope: that branch is cut, and counted.
* *Power* can go at any moment: volatile machines begin anew, then everyone gets ``power_up``. While a machine of
  the station itself is in a final state the station is down, and only power helps.

Two branches of a step that fire the same rows in the same order are one transition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import define, field, frozen

from model.language.composition import Composition, Instance, Projection, in_reach
from model.language.guard import Guard
from model.language.machine import Event, Machine, Perform, Row
from model.language.semantics import (
    POWER_UP,
    AmbiguousError,
    DoesNotSettleError,
    Occurrence,
    choose,
    power_up,
    project,
    run_to_completion,
    truth,
)
from properties.scope import Scope, left_alone, part_of

State = tuple[str, ...]
POWER = Occurrence(Instance("power"), POWER_UP)
"""The event that cuts the power and brings it back."""


@frozen
class Fired:
    """One look at an event inside a step: the row that fired, or None where nothing happened."""

    instance: Instance
    event: str
    source: str
    row: str | None
    answers: tuple[tuple[str, bool], ...] = ()


@frozen
class Problem:
    """What a table claimed cannot be, and was: its kind, and where."""

    kind: str
    instance: Instance
    state: str
    event: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.instance} in {self.state} on {self.event}"


@frozen
class Change:
    """A projection that changed after a row fired."""

    projection: str
    connector: int
    before: str
    after: str


@frozen
class Outcome:
    """One way in which a step can go. ``target`` is None where it left the scope."""

    target: State | None
    fired: tuple[Fired, ...]
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...]
    operations: tuple[tuple[Instance, str, State], ...]
    """Each operation with its instance and the states as they stood when it was done."""


class _OutOfScopeError(Exception):
    """An instance was to be created, and no slot is free."""


class Reference:
    """The composed tables within a scope, as a graph: where it begins, what can come, what it does."""

    def __init__(self, composition: Composition, scope: Scope) -> None:
        self.scope = scope
        self.composition = left_alone(part_of(composition, scope.part), scope.still)
        self.instances = self.composition.instances(scope.connectors, scope.slots, scope.entries)
        self.index = {instance: nth for nth, instance in enumerate(self.instances)}
        self.machines: tuple[Machine, ...] = tuple(self.composition[i.machine] for i in self.instances)
        self.dark: State = tuple(machine.initial for machine in self.machines)

    @cached_property
    def starts(self) -> tuple[State, ...]:
        """The states after the power came for the first time; the one before it where power means nothing."""
        targets = (outcome.target for outcome in self.step(self.dark, POWER))
        return tuple(dict.fromkeys(target for target in targets if target is not None)) or (self.dark,)

    @cached_property
    def watched(self) -> tuple[tuple[Projection, Instance], ...]:
        """Each projection with each place at which it has a value."""
        places = {"station": (0,), "connector": range(1, self.scope.connectors + 1)}
        return tuple((p, Instance(p.name, at)) for p in self.composition.projections for at in places[p.scope])

    def states_of(self, state: State, machine: str, at: Instance) -> Iterator[str]:
        """The states of the living instances of a machine in reach."""
        for nth, other in enumerate(self.instances):
            if other.machine == machine and in_reach(at, other) and self.lives(state, nth):
                yield state[nth]

    def lives(self, state: State, nth: int) -> bool:
        """Whether the instance exists: a slot is free while its state is the initial one."""
        return not self.instances[nth].slot or state[nth] != self.machines[nth].initial

    def down(self, state: State) -> bool:
        """Whether a machine of the station itself is in a final state."""
        return any(
            state[nth] in self.machines[nth].final
            for nth, one in enumerate(self.instances)
            if not (one.connector or one.slot)
        )

    def comes(self, state: State) -> Iterator[Occurrence]:
        """What the world could do now: power loss first, then every event in the composition's order."""
        yield POWER
        if self.down(state):
            return
        for nth, instance in enumerate(self.instances):
            if self.lives(state, nth):
                machine = self.machines[nth]
                yield from (Occurrence(instance, e.name) for e in machine.events if tried(machine, e, state[nth]))

    def step(self, state: State, occurrence: Occurrence) -> tuple[Outcome, ...]:
        """Every way in which the step can go, each once."""
        found: dict[tuple[tuple[Instance, str, str | None], ...], Outcome] = {}
        script: list[bool] = []
        while True:
            run = _Run(self, list(state), script)
            outcome = run.outcome(occurrence)
            if any(fired.row for fired in outcome.fired) or outcome.problems:
                found.setdefault(tuple((f.instance, f.event, f.row) for f in outcome.fired), outcome)
            script = run.given
            while script and script[-1]:
                script.pop()
            if not script:
                return tuple(found.values())
            script[-1] = True


def tried(machine: Machine, event: Event, state: str) -> bool:
    """Whether the world may bring this event in this state of the machine, so far as its table says."""
    if not event.external or event.origins == ("power",):
        return False
    if event.origins == ("timer",):
        return any(timer.event == event.name and state in timer.runs_in for timer in machine.timers)
    return bool(machine.rows_for(state, event.name)) or machine.unanswered_for(state, event.name) is None


@define
class _Run:
    """An ``Interpreter`` over a list of states, with answers from a script; what the script lacks is answered no."""

    graph: Reference
    states: list[str]
    script: list[bool]
    given: list[bool] = field(factory=list)
    born: set[int] = field(factory=set)
    fired: list[Fired] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    changes: list[Change] = field(factory=list)
    operations: list[tuple[Instance, str, State]] = field(factory=list)
    values: dict[Instance, str] = field(factory=dict)
    asked: dict[str, bool] = field(factory=dict)

    def outcome(self, occurrence: Occurrence) -> Outcome:
        """Run the step with the script's answers."""
        target: State | None = None
        try:
            run_to_completion(self, self._begin(occurrence))
            target = tuple(self.states)
        except _OutOfScopeError:
            list(self._changed())  # the row that leads out of the scope has fired, and is seen
        except DoesNotSettleError:
            self.problems.append(Problem("does not settle", occurrence.instance, "any", occurrence.event))
        parts = (self.fired, self.problems, self.changes, self.operations)
        return Outcome(target, *(tuple(part) for part in parts))  # type: ignore[arg-type]

    def _begin(self, occurrence: Occurrence) -> Iterable[Occurrence]:
        given = self._power() if occurrence == POWER else [occurrence]
        self.values = {at: self._value(projection, at) for projection, at in self.graph.watched}
        return given

    def _power(self) -> list[Occurrence]:
        for nth, machine in enumerate(self.graph.machines):
            if not machine.persistent:
                self.states[nth] = machine.initial
        return power_up(self.graph.composition, (i for nth, i in enumerate(self.graph.instances) if self._lives(nth)))

    def _lives(self, nth: int) -> bool:
        return nth in self.born or self.graph.lives(tuple(self.states), nth)

    def _states_of(self, machine: str, at: Instance) -> Iterator[str]:
        return (self.states[self.graph.index[member]] for member in self.members(machine, at))

    def _answer(self, _at: Instance, question: str) -> bool:
        if question not in self.asked:
            at = len(self.given)
            self.given.append(self.script[at] if at < len(self.script) else False)
            self.asked[question] = self.given[-1]
        return self.asked[question]

    def _holds(self, guard: Guard, at: Instance) -> bool:
        return truth(guard, at, self._states_of, self._answer)

    def _value(self, projection: Projection, at: Instance) -> str:
        return project(projection, lambda guard: self._holds(guard, at))

    # ---- Interpreter ----

    def react(self, occurrence: Occurrence) -> tuple[Row, str] | None:
        """Fire the one row whose guard holds; note a violated claim."""
        nth = self.graph.index[occurrence.instance]
        machine, source, self.asked = self.graph.machines[nth], self.states[nth], {}
        try:
            row = choose(machine, source, occurrence.event, lambda guard: self._holds(guard, occurrence.instance))
        except AmbiguousError:
            row = None
            self.problems.append(Problem("two rows at once", occurrence.instance, source, occurrence.event))
        else:
            self._check(machine, row, occurrence, source)
        answers = tuple(sorted(self.asked.items()))
        self.fired.append(Fired(occurrence.instance, occurrence.event, source, row.id if row else None, answers))
        if row is None:
            return None
        self.states[nth] = row.target(source)
        return row, source

    def _check(self, machine: Machine, row: Row | None, occurrence: Occurrence, source: str) -> None:
        if row is not None:
            return
        said = machine.unanswered_for(source, occurrence.event)
        if said is None or said.kind == "impossible":
            kind = "unaccounted" if said is None else "impossible, yet it came"
            self.problems.append(Problem(kind, occurrence.instance, source, occurrence.event))

    def members(self, machine: str, reached_from: Instance) -> Iterator[Instance]:
        """The living instances in reach, in the composition's order."""
        for nth, other in enumerate(self.graph.instances):
            if other.machine == machine and in_reach(reached_from, other) and self._lives(nth):
                yield other

    def create(self, machine: str, creator: Instance) -> Instance:
        """The first free slot of the creator's connector."""
        for nth, other in enumerate(self.graph.instances):
            if other.machine == machine and other.connector == creator.connector and not self._lives(nth):
                self.born.add(nth)
                return other
        raise _OutOfScopeError

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Note the operation, and the states in which it was done."""
        self.operations.append((occurrence.instance, str(action), tuple(self.states)))

    def restart(self, instance: Instance, timer: str) -> None:
        """Time is not explored: a timer that runs may be due at any moment."""

    def row_fired(self, occurrence: Occurrence, row: Row, source: str) -> Iterator[Occurrence]:
        """Look at the projections; those that changed raise what they raise."""
        del occurrence, row, source
        return self._changed()

    def _changed(self) -> Iterator[Occurrence]:
        for projection, at in self.graph.watched:
            before, after = self.values[at], self._value(projection, at)
            if before != after:
                self.values[at] = after
                self.changes.append(Change(projection.name, at.connector, before, after))
                if projection.raises:
                    machine, event = projection.raises.machine, projection.raises.event
                    yield from (Occurrence(member, event) for member in self.members(machine, at))

    def cease(self) -> None:
        """Instances in a final state free their slots; one that never began is a violation."""
        for nth, instance in enumerate(self.graph.instances):
            machine = self.graph.machines[nth]
            if instance.slot and self.states[nth] in machine.final:
                self.states[nth] = machine.initial
            elif nth in self.born and self.states[nth] == machine.initial:
                self.problems.append(Problem("created and not begun", instance, machine.initial, "cease"))


def named(graph: Reference, state: State) -> Mapping[str, str]:
    """The states by instance, for people."""
    return {str(instance): name for instance, name in zip(graph.instances, state, strict=True)}
