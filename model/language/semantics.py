"""What an event does: the one definition of how machines act together.

1. A step begins with one event at one instance, or with power coming up (4).
2. Events wait in one line, first in, first out. The first is taken: of the rows for the instance's state and
   that event, the one whose guard holds fires. The guards are read at that moment, on the states as they then
   stand. Exactly one guard holds, or none does and nothing happens; the lint proves that never two do. A request
   of the CSMS comes with its event, and is answered as the row says, or the entry that says why nothing happens.
3. A row that fires changes the state first, then does its actions from left to right. A raise puts its event
   at the end of the line, once for each instance in reach, in the composition's order. A create brings a new
   instance into being and puts its first event there. An operation is performed at once and may bring data
   with it, never an event: what an operation has to raise comes as a later step's event from outside. Then
   the projections are looked at again, in the composition's order. Where a value has changed, its event goes
   into a second line that is worked off before the first: a change is processed while it still holds, and one
   that lasts no time is not missed.
4. Power up: instances of machines that are not persistent begin anew in their initial state; then every
   instance whose machine has an event ``power_up`` gets it, in the composition's order, all in one line.
5. When the line is empty the step is over, and instances in a final state cease to be.

The runtime, the explorer and the exporters give ``run_to_completion`` an ``Interpreter``: it has the
states, answers the questions and performs the operations.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from model.language.composition import Composition, Instance, Projection
from model.language.guard import Ask, Atom, Guard, Is, holds
from model.language.machine import Create, Machine, Perform, Raise, Restart, Row

MAX_EVENTS = 4096
"""The most events that one step may work off: twice the instances there can be; more is a loop in the tables."""

POWER_UP = "power_up"


class DoesNotSettleError(RuntimeError):
    """The rows raise each other without end; the message names the last events."""


class AmbiguousError(RuntimeError):
    """Two rows could fire at once; the message names both. The lint finds this before it can happen."""


class Occurrence(NamedTuple):
    """An event at an instance; ``request``: what it carries, for the rows that take it, and for nobody after them."""

    instance: Instance
    event: str
    request: Any = None

    def __str__(self) -> str:
        return f"{self.instance}.{self.event}"


class Interpreter(Protocol):
    """What the semantics needs of an engine that runs the machines."""

    def react(self, occurrence: Occurrence) -> tuple[Row, str] | None:
        """Fire the one row whose guard holds, and change the state; the row and the state before, or None."""

    def members(self, machine: str, reached_from: Instance) -> Iterable[Instance]:
        """The living instances of a machine that this instance reaches, in order."""

    def create(self, machine: str, creator: Instance) -> Instance:
        """A new instance of a machine at the creator's connector, in its initial state."""

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        """Do an operation."""

    def restart(self, instance: Instance, timer: str) -> None:
        """Start a running timer anew."""

    def row_fired(self, occurrence: Occurrence, row: Row, source: str) -> Iterable[Occurrence]:
        """A row fired and its actions are done: look at timers and projections; what changed projections raise."""

    def cease(self) -> None:
        """The step is over: let instances in final states go."""


def run_to_completion(interpreter: Interpreter, given: Iterable[Occurrence]) -> None:
    """Run a step to its end. Raises DoesNotSettleError."""
    line = deque(given)
    changes: deque[Occurrence] = deque()
    budget = MAX_EVENTS
    while line or changes:
        occurrence = changes.popleft() if changes else line.popleft()
        budget -= 1
        if budget < 0:
            left = ", ".join(map(str, (occurrence, *changes, *line)))
            raise DoesNotSettleError(f"after {MAX_EVENTS} events still to do: {left[:400]}")
        fired = interpreter.react(occurrence)
        if fired is not None:
            _act(interpreter, occurrence, fired[0], line)
            changes.extend(interpreter.row_fired(occurrence, *fired))
    interpreter.cease()


def _act(interpreter: Interpreter, occurrence: Occurrence, row: Row, line: deque[Occurrence]) -> None:
    for action in row.do:
        match action:
            case Raise(machine, event):
                line.extend([Occurrence(member, event) for member in interpreter.members(machine, occurrence.instance)])
            case Create(machine, event):
                line.append(Occurrence(interpreter.create(machine, occurrence.instance), event))
            case Restart(timer):
                interpreter.restart(occurrence.instance, timer)
            case Perform():
                interpreter.perform(occurrence, action)


def power_up(composition: Composition, instances: Iterable[Instance]) -> list[Occurrence]:
    """The line with which a powered-up station begins (4)."""
    return [Occurrence(i, POWER_UP) for i in instances if composition[i.machine].event(POWER_UP)]


def choose(machine: Machine, state: str, event: str, truth: Callable[[Guard], bool]) -> Row | None:
    """The one row that fires, by the table alone; the reference that other engines are compared with.

    Raises AmbiguousError.
    """
    able = [row for row in machine.rows_for(state, event) if truth(row.when)]
    if len(able) > 1:
        raise AmbiguousError(
            f"{machine.name} in {state} on {event}: {able[0].id} and {able[1].id}: make their guards exclude each other"
        )
    return able[0] if able else None


def truth(
    guard: Guard,
    at: Instance,
    state_of: Callable[[str, Instance], Iterable[str]],
    answer: Callable[[Instance, str], bool],
) -> bool:
    """Whether a guard holds at an instance. ``state_of`` gives the states of a machine's instances in reach."""

    def decide(atom: Atom) -> bool:
        match atom:
            case Ask(question):
                return answer(at, question)
            case Is(machine, states, "every"):
                return all(state in states for state in state_of(machine, at))
            case Is(machine, states, _):
                return any(state in states for state in state_of(machine, at))

    return holds(guard, decide)


def project(projection: Projection, decide: Callable[[Guard], bool]) -> str:
    """The value of a projection: that of the first row whose guard holds. Raises ValueError where none does."""
    for row in projection.rows:
        if decide(row.when):
            return row.value
    raise ValueError(f"{projection.place}: no row of projection {projection.name} holds: add one without a guard")
