"""What a counterexample's property says on the real station: judged on its states, not on those that the trace has.

A formula is held against the states of the station's engine when a step ends, or in the middle of one where the
property asks for that. The status matrix and the tables' claims are watched as the rows fire. A way that is missing
(``recoverable``, ``leads_to``, a dead end) cannot be seen in one state: there the station has to be where the
exploration found none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import Factory, define, field, frozen

from model.language.composition import Composition, Instance, Projection, in_reach
from model.language.machine import Machine, Perform, Row, Timer
from model.language.matrix import Matrix, load_matrix
from model.language.semantics import Occurrence, truth
from properties.explorer.watch import POWER_CUT
from properties.registry import Property
from runtime.core.engine import Engine, EngineCallbacks
from runtime.core.table_machine import Predicate

EVERYWHERE = Instance("station")


@frozen
class MonitoredProperty:
    """What the real station is to be convicted of. ``end``: the states at the end of the trace, by instance."""

    name: str = ""
    what: Property | None = None
    end: Mapping[str, str] = field(factory=dict)
    matrix: Matrix = Factory(load_matrix)

    @property
    def provable(self) -> bool:
        """Whether the station itself can show it; otherwise only the rows are compared."""
        if self.what is None:
            return self.name in ("status_matrix", "claims_hold") or (self.name == "no_dead_ends" and bool(self.end))
        return self.what.kind in ("always", "single") or bool(self.end)


@define(eq=False)
class PropertyMonitor:
    """Looks on while the station acts; satisfies ``runtime.core.engine.EngineCallbacks`` and passes everything on."""

    monitored: MonitoredProperty
    composition: Composition
    engine: Engine
    callbacks: EngineCallbacks
    found: str = ""
    """What was seen to be violated, in words."""
    _values: dict[tuple[str, int], str] = field(factory=dict)

    @classmethod
    def of(cls, monitored: MonitoredProperty, composition: Composition, engine: Engine) -> PropertyMonitor:
        """A monitor between an engine and its callbacks."""
        monitor = cls(monitored, composition, engine, engine.callbacks, values=dict(engine.values))
        engine.callbacks = monitor
        return monitor

    def step_ends(self, event: Instance, name: str, *, last: bool) -> str:
        """The violation that stands when a step of the trace has ended; empty where there is none."""
        what = self.monitored.what
        if self.found or what is None or what.kind not in ("always", "single"):
            return self.found or (self._at_the_end() if last else "")
        after = POWER_CUT if event.machine == "power" else f"{event.machine}.{name}"
        if not what.doing and (not what.after or after in what.after):
            self._judge(what, event if what.after else EVERYWHERE, f"it does not hold: {what.formula}")
        return self.found

    def _at_the_end(self) -> str:
        """Where no way leads on: the station is in the very states from which the exploration found none."""
        what, end = self.monitored.what, self.monitored.end
        if (what is None and self.monitored.name != "no_dead_ends") or not end:
            return ""
        here = sorted(self._standing(end))
        there = sorted((_place(name), state) for name, state in end.items() if not self._is_free(name, state))
        return "it stands where the exploration found no way on" if here == there else ""

    def _standing(self, end: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        explored = {name.partition("/")[0] for name in end}
        for instance, member in self.engine.members_by.items():
            if instance.machine in explored:
                yield _place(str(instance)), member.state

    def _is_free(self, name: str, state: str) -> bool:
        return name.count("/") > 1 and state == self._table(name.partition("/")[0]).initial

    def _table(self, machine: str) -> Machine:
        return self.composition[machine]

    def _judge(self, what: Property, at: Instance, said: str) -> None:
        holding = [place for place in self._places(what.scope) if self._holds(what, place)]
        if what.kind == "single":
            connectors = [place.connector for place in holding]
            twice = [one for one in connectors if connectors.count(one) > 1]
            found = f"at connector/{twice[0]} more than one has: {what.formula}" if twice else ""
        else:
            failing = [one for one in self._places(what.scope) if one not in holding and in_reach(at, one)]
            found = f"at {failing[0]} {said}" if failing else ""
        self.found = self.found or found

    def _places(self, scope: str) -> list[Instance]:
        if scope == "station":
            return [EVERYWHERE]
        if scope == "connector":
            return [Instance(scope, number) for number in range(1, self.engine.connectors + 1)]
        fleeting = (machine.name for machine in self.composition.machines if machine.scope == scope)
        return [instance for name in fleeting for instance in self.engine.living(name)]

    def _holds(self, what: Property, at: Instance) -> bool:
        states = lambda name, place: (  # noqa: E731 - what a guard reads, in one place
            self.engine.members_by[other].state for other in self.engine.members(name, place)
        )
        return truth(what.formula, at, states, lambda _at, _question: False)

    # ---- Hands ----

    def question(self, machine: str, question: str) -> Predicate:
        """Pass on."""
        return self.callbacks.question(machine, question)

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Look at the states of that moment, and pass on."""
        what = self.monitored.what
        if what is not None and (occurrence.instance.machine, str(action)) in what.doing:
            self._judge(what, occurrence.instance, f"it does not hold while {action} is done: {what.formula}")
        self.callbacks.perform(occurrence, action)

    def duration_s(self, instance: Instance, timer: Timer) -> float | None:
        """Pass on."""
        return self.callbacks.duration_s(instance, timer)

    def next_slot(self, machine: str) -> int:
        """Pass on."""
        return self.callbacks.next_slot(machine)

    def state_changed(self, instance: Instance, state: str | None) -> None:
        """Pass on."""
        self.callbacks.state_changed(instance, state)

    def projected(self, projection: Projection, connector: int, value: str) -> None:
        """Look whether the status may change so, and pass on."""
        matrix, key = self.monitored.matrix, (projection.name, connector)
        before, self._values[key] = self._values[key], value
        if self.monitored.name == "status_matrix" and projection.name == matrix.projection:
            cell = matrix.cell(before, value)
            if not cell.lawful:
                self.found = self.found or f"connector {connector} went from {before} to {value} ({cell.id})"
        self.callbacks.projected(projection, connector, value)

    def fired(self, occurrence: Occurrence, row: Row, source: str, to: str) -> None:
        """Pass on."""
        self.callbacks.fired(occurrence, row, source, to)

    def ignored(self, occurrence: Occurrence, state: str) -> None:
        """Look whether a table had called this impossible, and pass on."""
        said = self._table(occurrence.instance.machine).unanswered_for(state, occurrence.event)
        claimed = said is None or said.kind == "impossible"
        if self.monitored.name == "claims_hold" and claimed:
            self.found = self.found or f"{occurrence} came in {state}, which its table calls impossible"
        self.callbacks.ignored(occurrence, state)


def _place(name: str) -> str:
    """An instance without its slot: which number a transaction has does not matter."""
    return "/".join(name.split("/")[:2])
