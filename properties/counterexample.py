"""From a state's number to steps that a person can follow, and that ``provenpoint replay`` can run.

The exploration keeps for each state its parent and the event; the reference interpreter takes these steps once
more and says which rows fired, and how the questions were answered. Breadth first makes the way the shortest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from model.language.semantics import Occurrence
from properties.explorer.search import Exploration
from properties.reference import POWER, Fired, Outcome, Reference, State
from properties.scope import Scope


@frozen
class Step:
    """One step: what came, and the way it went."""

    occurrence: Occurrence
    outcome: Outcome


@frozen
class Counterexample:
    """The steps from power up to where the property fails. ``why`` says what is wrong there."""

    property: str
    why: str
    steps: tuple[Step, ...]
    end: Mapping[str, str]
    """The states at the end, by instance."""
    scope: Scope

    def lines(self) -> Iterator[str]:
        """Numbered steps, as they are printed."""
        for number, step in enumerate(self.steps, 1):
            yield f"{number:3}. {step.occurrence}"
            for fired in step.outcome.fired:
                if fired.row:
                    yield f"       {fired.instance}: {fired.row} (in {fired.source}){_answers(fired)}"
        yield f"     {self.why}"

    def as_json(self) -> dict[str, Any]:
        """What a counterexample file holds."""
        scope = self.scope
        bounds = {"connectors": scope.connectors, "slots": scope.slots, "entries": scope.entries}
        return {
            "property": self.property,
            "why": self.why,
            "scope": {"name": scope.name, **bounds, "part": list(scope.part)},
            "steps": [_step(step) for step in self.steps],
            "end": dict(self.end),
        }


def _answers(fired: Fired) -> str:
    said = ", ".join(f"{name}: {'yes' if yes else 'no'}" for name, yes in fired.answers)
    return f" [{said}]" if said else ""


def _step(step: Step) -> dict[str, Any]:
    looks = [
        {"instance": str(f.instance), "event": f.event, "row": f.row, "answers": dict(f.answers)}
        for f in step.outcome.fired
    ]
    return {
        "instance": str(step.occurrence.instance),
        "event": step.occurrence.event,
        "answers": {f"{f.instance}.{name}": said for f in reversed(step.outcome.fired) for name, said in f.answers},
        "rows": [f"{f.instance.machine}:{f.row}" for f in step.outcome.fired if f.row],
        "looks": looks,
    }


def way_to(found: Exploration, number: int) -> tuple[Step, ...]:
    """The steps from the station without power to a state."""
    graph, layout = found.stepper.graph, found.stepper.layout
    way = found.seen.path(number)
    states = [graph.dark, *(layout.unpack(found.seen.states[at]) for at in way)]
    events = [POWER, *(found.stepper.events[found.seen.events[at]] for at in way[1:])]
    pairs = zip(events, states, states[1:], strict=False)
    return tuple(leading_to(graph, before, event, after) for event, before, after in pairs)


def leading_to(graph: Reference, before: State, event: Occurrence, after: State) -> Step:
    """The step with this target."""
    return such_that(graph, before, event, lambda outcome: outcome.target == after)


def such_that(graph: Reference, before: State, event: Occurrence, wanted: Callable[[Outcome], bool]) -> Step:
    """The step that goes as wanted. Raises LookupError where the two engines disagree."""
    for outcome in graph.step(before, event):
        if wanted(outcome):
            return Step(event, outcome)
    raise LookupError(f"the reference has no such step: {event} in {before}; the fast explorer is wrong")


def plainest(graph: Reference, steps: tuple[Step, ...], wanted: Callable[[Outcome], bool]) -> tuple[Step, ...]:
    """The same events with as few answers of yes as lead to a wanted outcome too: the plainest data that do it."""
    ways: dict[State, tuple[int, tuple[Step, ...]]] = {graph.dark: (0, ())}
    for nth, step in enumerate(steps, 1):
        after: dict[State, tuple[int, tuple[Step, ...]]] = {}
        ended: list[tuple[int, tuple[Step, ...]]] = []
        for state, (yes, way) in ways.items():
            for outcome in graph.step(state, step.occurrence):
                longer = (yes + _yes(outcome), (*way, Step(step.occurrence, outcome)))
                if nth == len(steps) and wanted(outcome):
                    ended.append(longer)
                if outcome.target is not None and longer[0] < after.get(outcome.target, (longer[0] + 1, ()))[0]:
                    after[outcome.target] = longer
        ways = after
    return min(ended, key=lambda way: way[0], default=(0, steps))[1]


def _yes(outcome: Outcome) -> int:
    return sum(said for fired in outcome.fired for _, said in fired.answers)


def end_of(graph: Reference, steps: tuple[Step, ...]) -> dict[str, str]:
    """The states after the last step that stayed within the scope."""
    last = next((s.outcome.target for s in reversed(steps) if s.outcome.target is not None), graph.dark)
    return {str(instance): state for instance, state in zip(graph.instances, last, strict=True)}
