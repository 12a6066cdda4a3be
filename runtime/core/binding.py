"""How the names in the tables find the functions that stand for them.

A functional block is one class in ``runtime/operations/``. Its methods say by decorator which operation of which
machine they perform, which question they answer, which duration they know, whom a call of the CSMS is for and which
input they take. ``Bindings`` gathers them once, and refuses a station in which a name of the tables has no
function, two, or a function has no name: a row that does nothing cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from attrs import Factory, define

from model.language.composition import Composition, Instance
from model.language.machine import Machine, Perform, Timer
from model.language.requests import carried
from model.language.semantics import Occurrence
from model.messages.registry import action_of
from model.remedy import RemediableError
from runtime.core.ports import Effect
from runtime.core.table_machine import Predicate
from runtime.core.undo import FixedOnceBuilt

F = TypeVar("F", bound=Callable[..., Any])
Tag = tuple[str, object]

_TAGS = "_bound_to"


class UnboundError(RemediableError, RuntimeError):
    """The tables and the operations do not fit together; the message names what is missing or left over."""

    usual_remedy = "provenpoint lint checks the tables"


def _tag(tag: Tag) -> Callable[[F], F]:
    def mark(function: F) -> F:
        function.__dict__.setdefault(_TAGS, []).append(tag)
        return function

    return mark


def performs(machine: str, operation: str) -> Callable[[F], F]:
    """The method performs that operation: called with the instance, and the value where the operation takes one."""
    return _tag(("perform", (machine, operation)))


def answers(machine: str, question: str) -> Callable[[F], F]:
    """The method answers that question of a guard: called with the instance, returns a bool, changes nothing."""
    return _tag(("answer", (machine, question)))


def lasts(duration: str) -> Callable[[F], F]:
    """The method knows that duration in seconds: called with the instance; None or 0 for no timer at all."""
    return _tag(("last", duration))


def shows(operation: str) -> Callable[[F], F]:
    """The method does what a projection's change asks for: called with the connector and the new value."""
    return _tag(("show", operation))


def addresses(request: type) -> Callable[[F], F]:
    """The method says whom that call of the CSMS is for: called with the request, returns an ``Occurrence`` or None.

    None, where there is no such connector or id: the table's [[unaddressed]] entry answers. A request that one event of
    one machine of the station carries needs no such method. What the occurrence carries goes to questions, operations
    and the response in place of the request: it may hold what was worked out of it, once.
    """
    return _tag(("address", request))


def responds(request: type) -> Callable[[F], F]:
    """The method fills the response to that call: called with the instance (None for none), the request, the answer.

    It returns the response, with the answer of the row as its status, if it has one; for a refusal the description.
    """
    return _tag(("respond", request))


def raises(machine: str, event: str) -> Callable[[F], F]:
    """The method raises that event on its own, and the event says that it comes from this block (rule L023)."""
    return _tag(("raise", (machine, event)))


def raised_by(block: type) -> set[tuple[str, str]]:
    """The events, machine and name, that the methods of a block raise on their own."""
    tags = (tag for name in dir(block) for tag in getattr(getattr(block, name), _TAGS, ()))
    return {key for kind, key in tags if kind == "raise"}


def takes(given: type) -> Callable[[F], F]:
    """The method takes that input of the station, or that kind of frame: called with it."""
    return _tag(("take", given))


def fails(given: type) -> Callable[[F], F]:
    """The method says what is done where the step of that input was undone: called with it, returns effects.

    It changes nothing.
    """
    return _tag(("fail", given))


def at_power_up(function: F) -> F:
    """The method is called once, when the machines have got ``power_up``: what the block found in the store."""
    return _tag(("power_up", function.__qualname__))(function)


@define
class Bindings(FixedOnceBuilt):
    """Who does what, by name."""

    perform: dict[tuple[str, str], Callable[..., None]] = Factory(dict)
    answer: dict[tuple[str, str], Callable[..., bool]] = Factory(dict)
    last: dict[str, Callable[[Instance], float | None]] = Factory(dict)
    show: dict[str, Callable[[int, str], None]] = Factory(dict)
    address: dict[type, Callable[[Any], Occurrence | None]] = Factory(dict)
    respond: dict[type, Callable[[Instance | None, Any, str], Any]] = Factory(dict)
    take: dict[type, Callable[[Any], None]] = Factory(dict)
    fail: dict[type, Callable[[Any], tuple[Effect, ...]]] = Factory(dict)
    power_up: dict[str, Callable[[], None]] = Factory(dict)
    reading: set[tuple[str, str]] = Factory(set)
    """The questions and operations that are called with the request too."""

    def gather(self, blocks: Iterable[object]) -> None:
        """Take in every tagged method. Raises UnboundError where two claim the same name."""
        for block in blocks:
            for name in dir(type(block)):
                for kind, key in getattr(getattr(type(block), name), _TAGS, ()):
                    if kind == "raise":  # of one event there may be many
                        continue
                    bound = getattr(self, kind)
                    if key in bound:
                        raise UnboundError(f"{key} is bound twice: by {bound[key].__qualname__} and {name}")
                    bound[key] = getattr(block, name)

    def check(self, composition: Composition, settings: Iterable[str]) -> None:
        """Every name of the tables is bound, and nothing else is. Raises UnboundError.

        What is bound to a table is bound to every machine that shares it (``instance_of``).
        """
        machines = composition.machines
        performed = {(m.table, o.name) for m in machines for o in m.operations}
        asked = {(m.table, q.name) for m in machines for q in m.questions}
        lasting = {t.duration for m in machines for t in m.timers} - set(settings)
        shown = {p.operation for p in composition.projections if p.operation}
        _compare("operation", performed, set(self.perform))
        _compare("question", asked, set(self.answer))
        _compare("duration", lasting, set(self.last))
        _compare("projection's operation", shown, set(self.show))
        self._check_requests(composition)

        for machine in machines:
            if machine.table != machine.name:
                self._share(machine)

    def _share(self, machine: Machine) -> None:
        for operation in machine.operations:
            self.perform[machine.name, operation.name] = self.perform[machine.table, operation.name]
        for question in machine.questions:
            self.answer[machine.name, question.name] = self.answer[machine.table, question.name]

    def _check_requests(self, composition: Composition) -> None:
        """Every request that the CSMS may send is taken by some table, and finds its way. Raises UnboundError."""
        machines, taken = composition.machines, composition.takers
        self.reading |= {(m.name, question.name) for m in machines for question in m.questions if question.requests}
        self.reading |= {(m.name, operation.name) for m in machines for operation in m.operations if operation.requests}
        if untaken := set(carried()) - set(taken):
            raise UnboundError(f"no table takes {min(untaken)}.req: say request = {min(untaken)!r} at an event")
        chosen = {request for request, takers in taken.items() if len(takers) > 1 or takers[0][0].scope != "station"}
        _compare("address of", chosen, {action_of(request).name for request in self.address} & chosen)
        filled = {response.request for machine in machines for response in machine.responses}
        _compare("response to", filled, {action_of(request).name for request in self.respond})

    def do(self, instance: Instance, action: Perform, request: Any = None) -> None:
        """Perform an operation for a row, whose event carries that request."""
        name = instance.machine, action.operation
        given = () if action.value is None else (action.value,)
        self.perform[name](instance, *((request, *given) if name in self.reading else given))

    def question(self, machine: str, question: str) -> Predicate:
        """A question of a guard, as a function of the instance and the request that its event brings."""
        answer = self.answer[machine, question]
        return answer if (machine, question) in self.reading else lambda at, _request: answer(at)

    def duration_s(self, instance: Instance, timer: Timer) -> float | None:
        """What a bound duration lasts; None where no function is bound to it."""
        function = self.last.get(timer.duration)
        return function(instance) if function else None


def _compare(what: str, declared: set[Any], bound: set[Any]) -> None:
    if missing := declared - bound:
        raise UnboundError(f"no function for {what} {min(missing)}: tag one in runtime/operations/")
    if extra := bound - declared:
        raise UnboundError(f"no table has the {what} {min(extra)}: declare it, or remove the function")
