"""The machines of one station, alive: who is in which state, which timers run, what follows from them.

The engine is the runtime's ``Interpreter`` (``model/language/semantics.py``): the semantics says what happens in which
order, the ``transitions`` library says which row fires, and the engine keeps the states. What rows ask and do beyond
that, it hands to its ``EngineCallbacks``: the operations that the runtime binds (``runtime/core/binding.py``). It knows
no message, no record and no clock but the second it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple, Protocol

from model.language.composition import Composition, Instance, Projection
from model.language.guard import Ask, Guard, Is, atoms
from model.language.machine import DYNAMIC_SCOPES, Create, Machine, Perform, Raise, Row, Timer
from model.language.semantics import Occurrence, choose, power_up, project, run_to_completion
from runtime.core.guard_compiler import compile_guard
from runtime.core.population import Population
from runtime.core.table_machine import Member, Predicate, TableMachine
from runtime.core.undo import Undo


class EngineCallbacks(Protocol):
    """What the engine cannot do itself."""

    def question(self, machine: str, question: str) -> Predicate:
        """The function that answers a question of that machine's guards; asked for once, when the engine is built."""

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Do an operation."""

    def duration_s(self, instance: Instance, timer: Timer) -> float | None:
        """How long a timer runs; None or 0 for not at all."""

    def next_slot(self, machine: str) -> int:
        """A number that no instance of the machine has had yet."""

    def state_changed(self, instance: Instance, state: str | None) -> None:
        """A persistent instance is in that state now; None where it has ceased to be."""

    def projected(self, projection: Projection, connector: int, value: str) -> None:
        """A projection that has an operation has changed."""

    def fired(self, occurrence: Occurrence, row: Row, source: str, to: str) -> None:
        """A row has taken an event; its actions come next."""

    def ignored(self, occurrence: Occurrence, state: str) -> None:
        """No row has taken an event."""


class Running(NamedTuple):
    """A timer that runs at an instance."""

    instance: Instance
    timer: str


class Engine:
    """The living instances of a composition. Their names are ``Instance``s; their states, plain texts."""

    def __init__(
        self,
        composition: Composition,
        connectors: int,
        callbacks: EngineCallbacks,
        kept: Mapping[Instance, str],
        undo: Undo | None = None,
    ) -> None:
        """``kept``: the states of persistent instances that the store has found again."""
        self.undo = undo or Undo()
        self.composition, self.connectors, self.callbacks = composition, connectors, callbacks
        self.population = Population(composition, self.undo)
        self.members_by: Mapping[Instance, Member] = self.population.by
        self.deadlines: dict[Running, float] = {}
        self._earliest: float | None = None
        self.now_s = 0.0
        self.values: dict[tuple[str, int], str] = {}
        self._tests: dict[tuple[str, int], Predicate] = {}
        self._timers_by = {(table.name, timer.name): timer for table in composition.machines for timer in table.timers}
        self._final = {
            machine.name: machine.final for machine in composition.machines if machine.scope in DYNAMIC_SCOPES
        }
        self._ended: list[Member] = []
        self._moved_by = {machine.name: self._projections_moved_by(machine) for machine in composition.machines}
        self._populate(kept)
        self.machines = {
            machine.name: TableMachine(machine, partial(self._test, machine.name)) for machine in composition.machines
        }
        for projection in composition.projections:
            for connector in self._connectors(projection.scope):
                self.values[projection.name, connector] = self._projected(projection, connector)

    def _populate(self, kept: Mapping[Instance, str]) -> None:
        for instance in self.composition.instances(self.connectors, slots=0):
            self.population.join(instance, kept.get(instance, self.composition[instance.machine].initial))
        for instance in sorted(kept, key=lambda i: i.slot):
            if instance.slot:
                self.population.join(instance, kept[instance])

    def _projections_moved_by(self, machine: Machine) -> tuple[Projection, ...]:
        """The projections that can change with this machine's state, or with what it creates."""
        return tuple(p for p in self.composition.projections if _moves(machine, p))

    def _connectors(self, scope: str) -> Iterable[int]:
        return (0,) if scope == "station" else range(1, self.connectors + 1)

    # ---- what the world does -----------------------------------------------------------------------------

    def power_up(self, now_s: float) -> None:
        """Power has come: every machine with such an event gets it."""
        self.now_s = now_s
        for member in self.members_by.values():
            self._timers(member, None)
        run_to_completion(self, power_up(self.composition, tuple(self.members_by)))

    def act(self, instance: Instance, event: str, now_s: float) -> None:
        """Bring one event to one instance, and run what follows to its end; of one that no row takes, nothing does."""
        self.bring(Occurrence(instance, event), now_s)

    def bring(self, occurrence: Occurrence, now_s: float) -> None:
        """The same for an event that may carry a request."""
        instance, event, request = occurrence
        member, machine = self.members_by[instance], self.machines[instance.machine]
        if machine.stays:
            self._stay(occurrence, member, machine.fire(member, event, request))
        elif machine.knows(member.state, event):
            self.now_s = now_s
            run_to_completion(self, (occurrence,))
        else:
            self.callbacks.ignored(occurrence, member.state)

    def _stay(self, occurrence: Occurrence, member: Member, row: Row | None) -> None:
        """At a machine that stays as it is: no line, no timer, no projection and nothing to undo comes of a row."""
        if row is None:
            self.callbacks.ignored(occurrence, member.state)
            return
        self.callbacks.fired(occurrence, row, member.state, member.state)
        action: Any
        for action in row.do:
            self.callbacks.perform(occurrence, action)

    def join(self, instance: Instance, state: str) -> None:
        """An instance is loaded again, as it was: no event is raised."""
        self.population.join(instance, state)

    def leave(self, instance: Instance) -> None:
        """An instance goes to rest; it is to be one for which nothing happens meanwhile, and without timers."""
        self.population.leave((self.members_by[instance],))

    def would_fire(self, instance: Instance, event: str) -> Row | None:
        """The row that the event would fire there now; nothing happens."""
        member = self.members_by.get(instance)
        if member is None:
            return None
        return choose(
            self.composition[instance.machine], member.state, event, lambda guard: self._holds(guard, instance)
        )

    def preference(self, instance: Instance, event: str) -> int | None:
        """The place in the table of the first preference for that event that holds there; None where none does."""
        table = self._table(instance)
        fitting = (nth for nth, one in enumerate(table.preferences) if event in one.events)
        return next((nth for nth in fitting if self._holds(table.preferences[nth].when, instance)), None)

    def fire_due(self, now_s: float) -> bool:
        """Raise the event of the timer that has been due for longest; False where none is due."""
        earliest = self.next_deadline()
        if earliest is None or earliest > now_s:
            return False
        running = min(self.deadlines, key=lambda r: self.deadlines[r])
        self._cancel(running)
        timer = self._timer(running.instance, running.timer)
        self.act(running.instance, timer.event, now_s)
        return True

    def put_off(self, now_s: float, until_s: float) -> list[Running]:
        """The timers that are due, and are due later from now on."""
        due = [running for running, due_s in self.deadlines.items() if due_s <= now_s]
        for running in due:
            self.deadlines[running], self._earliest = until_s, None
        return due

    def next_deadline(self) -> float | None:
        """The second at which the next timer is due."""
        if self._earliest is None and self.deadlines:
            self._earliest = min(self.deadlines.values())
        return self._earliest

    # ---- what is so --------------------------------------------------------------------------------------

    def state(self, machine: str, connector: int = 0, slot: int = 0) -> str:
        """The state of an instance; KeyError where there is none."""
        return self.members_by[Instance(machine, connector, slot)].state

    def value(self, projection: str, connector: int = 0) -> str:
        """The value of a projection."""
        return self.values[projection, connector]

    def living(self, machine: str) -> Iterator[Instance]:
        """The instances of a machine, oldest first."""
        return (member.instance for member in self.population.of[machine])

    # ---- Interpreter --------------------------------------------------------------------------------------------

    def react(self, occurrence: Occurrence) -> tuple[Row, str] | None:
        """Let the library fire the row."""
        member = self.members_by[occurrence.instance]
        source = member.state
        self.undo.note(member.put_back, source)
        row = self.machines[occurrence.instance.machine].fire(member, occurrence.event, occurrence.request)
        if row is None:
            self.callbacks.ignored(occurrence, source)
            return None
        self.callbacks.fired(occurrence, row, source, member.state)
        if member.state != source:
            if member.state in self._final.get(occurrence.instance.machine, ()):
                self._ended.append(member)  # and forgotten with the step: its last state is not worth keeping
            else:
                self._keep(member)
        return row, source

    def members(self, machine: str, reached_from: Instance) -> Iterable[Instance]:
        """The instances in reach."""
        return [member.instance for member in self.population.in_reach(machine, reached_from)]

    def create(self, machine: str, creator: Instance) -> Instance:
        """A new instance under a number never used before."""
        instance = Instance(machine, creator.connector, self.callbacks.next_slot(machine))
        self._keep(self.population.join(instance, self.composition[machine].initial))
        return instance

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Pass an operation on."""
        self.callbacks.perform(occurrence, action)

    def restart(self, instance: Instance, timer: str) -> None:
        """Start a timer anew."""
        self._start(instance, self._timer(instance, timer))

    def row_fired(self, occurrence: Occurrence, row: Row, source: str) -> Iterable[Occurrence]:  # noqa: ARG002
        """Start and stop timers, and look at the projections that the row can have changed.

        Timers come after the actions: what a row takes from an answer may be how long it is to wait.
        """
        raised: list[Occurrence] = []
        member = self.members_by[occurrence.instance]
        if member.state == source:
            return raised
        self._timers(member, source)
        for projection in self._moved_by[occurrence.instance.machine]:
            for connector in self._affected(projection.scope, occurrence.instance.connector):
                raised.extend(self._look(projection, connector))
        return raised

    def cease(self) -> None:
        """Let the instances go that are in a final state."""
        if not self._ended:
            return
        self.population.leave(self._ended)
        for member in self._ended:
            self.callbacks.state_changed(member.instance, None)
        self._ended.clear()

    # ---- guards, timers, projections ---------------------------------------------------------------------

    def _holds(self, guard: Guard, at: Instance) -> bool:
        return self._test(at.machine, guard)(at, None)

    def _test(self, machine: str, guard: Guard) -> Predicate:
        """By identity, for to hash a guard is to walk it; and by machine, for two may ask questions of one name."""
        key = machine, id(guard)
        test = self._tests.get(key)
        if test is None:
            test = self._tests[key] = compile_guard(guard, self.population, partial(self.callbacks.question, machine))
        return test

    def _table(self, instance: Instance) -> Machine:
        return self.composition[instance.machine]

    def _timer(self, instance: Instance, name: str) -> Timer:
        return self._timers_by[instance.machine, name]

    def _timers(self, member: Member, source: str | None) -> None:
        for timer in self._table(member.instance).timers:
            ran, runs = source in timer.runs_in, member.state in timer.runs_in
            if runs and not ran:
                self._start(member.instance, timer)
            elif ran and not runs:
                self._cancel(Running(member.instance, timer.name))

    def _start(self, instance: Instance, timer: Timer) -> None:
        seconds = self.callbacks.duration_s(instance, timer)
        running = Running(instance, timer.name)
        if seconds:
            self.deadlines[running] = self.now_s + seconds
            self._earliest = None
        else:
            self._cancel(running)

    def _cancel(self, running: Running) -> None:
        if running in self.deadlines and self.deadlines.pop(running) == self._earliest:
            self._earliest = None

    def _keep(self, member: Member) -> None:
        if self._table(member.instance).persistent:
            self.callbacks.state_changed(member.instance, member.state)

    def _affected(self, scope: str, connector: int) -> Iterable[int]:
        if scope == "station":
            return (0,)
        if connector > self.connectors:  # of a transaction that is owed from before the station file had fewer
            return ()
        return (connector,) if connector else range(1, self.connectors + 1)

    def _projected(self, projection: Projection, connector: int) -> str:
        at = _seen_from(projection.name, connector)
        return project(projection, lambda guard: self._holds(guard, at))

    def _look(self, projection: Projection, connector: int) -> Iterable[Occurrence]:
        value = self._projected(projection, connector)
        if value == self.values[projection.name, connector]:
            return ()
        self.values[projection.name, connector] = value
        if projection.operation:
            self.callbacks.projected(projection, connector, value)
        return self._raised(projection.raises, connector) if projection.raises else ()

    def _raised(self, raised: Raise, connector: int) -> Iterable[Occurrence]:
        at = Instance("projection", connector)
        return [Occurrence(member.instance, raised.event) for member in self.population.in_reach(raised.machine, at)]


@cache
def _seen_from(projection: str, connector: int) -> Instance:
    return Instance(f"projection {projection}", connector)


def _moves(machine: Machine, projection: Projection) -> bool:
    read = [atom for row in projection.rows for atom in atoms(row.when)]
    machines = {atom.machine for atom in read if isinstance(atom, Is)}
    made = {action.machine for row in machine.rows for action in row.do if isinstance(action, Create)}
    return not machines.isdisjoint({machine.name, *made}) or any(isinstance(atom, Ask) for atom in read)
