"""A counterexample on the real station: the same events, brought as the world brings them, and the rows compared.

An exploration consists of events at machines; a station takes frames, plugs and power cuts. The blocks
(``properties/blocks/``) say for each event of the world what brings it about. The replay plays the world by
hand: the link, the CSMS and the clock do nothing of themselves, each step of the trace makes one of them do one thing.
Data that a question asks about is laid out as the trace's answers want it: a token is put into the cache, a key is set.

What counts is the property: it is judged on the real station (``properties/replay/monitor.py``). Where the station goes
another way than the trace, because its data are not what the trace assumes, that is said and the replay goes on; a
violation is reproduced where it is seen. Without a property the rows alone are compared, up to the first that differs.

Two differences are meant. A real answer is one input, where the exploration has two steps (the answer's meaning, and
that the call is over): rows that have fired early wait until a step expects them. And timers: the exploration lets any
running timer fire at any time, so the replay moves the clock to the one that the trace wants and holds the others back.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from model.language.composition import Composition, Instance
from model.remedy import RemediableError
from model.station_file import StationFile
from properties.replay.monitor import MonitoredProperty, PropertyMonitor
from properties.replay.stage import AllStimuli, CannotBeCausedError, Stage
from properties.replay.stimuli import cause
from properties.scope import part_of
from runtime.blocks import BLOCKS
from runtime.core.block import Block

EXAMPLE = '{"scope": {"connectors": 1}, "steps": [{"instance": "power", "event": "power_up", "rows": [...]}]}'


class ReplayFileError(RemediableError, ValueError):
    """The file is no counterexample; the message names the place and the remedy."""

    usual_remedy = "give the file that verify has written, and the same --tables"


@frozen
class TraceStep:
    """One step as the file has it: what came, where, how questions were answered, and the rows that fired."""

    instance: Instance
    event: str
    rows: tuple[str, ...]
    answers: Mapping[str, bool] = field(factory=dict)

    def __str__(self) -> str:
        return f"{self.instance}.{self.event}"


@frozen
class Trace:
    """A counterexample file."""

    connectors: int
    part: tuple[str, ...]
    steps: tuple[TraceStep, ...]
    property: str = ""
    why: str = ""
    end: Mapping[str, str] = field(factory=dict)


@frozen
class Verdict:
    """How one step went. ``problem``: why it could not be tried, or went otherwise than in the trace."""

    step: TraceStep
    fired: tuple[str, ...]
    problem: str = ""
    violation: str = ""
    """What of the property the real station violates now."""

    @property
    def reproduced(self) -> bool:
        """Whether the station did what the trace says."""
        return not self.problem


# ---- the file --------------------------------------------------------------------------------------------


def read_trace(path: Path, composition: Composition) -> Trace:
    """The counterexample in a file. Raises ReplayFileError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ReplayFileError(f"{path}: cannot be read: {problem.strerror}; give a file of verify") from problem
    except ValueError as problem:
        raise ReplayFileError(f"{path}: not JSON: {problem}; give a file that verify has written") from problem
    if not isinstance(raw, dict) or not isinstance(raw.get("steps"), list) or not raw["steps"]:
        raise ReplayFileError(f"{path}: no 'steps'; a counterexample looks like {EXAMPLE}")
    steps = tuple(_step(path, nth, body, composition) for nth, body in enumerate(raw["steps"], 1))
    connectors, part = _scope(path, raw.get("scope", {}), composition)
    end = raw.get("end", {})
    if not isinstance(end, dict):
        raise ReplayFileError(f"{path}: 'end' has to be an object: the states at the end, by instance")
    return Trace(connectors, part, steps, str(raw.get("property", "")), str(raw.get("why", "")), end)


def _scope(path: Path, raw: object, composition: Composition) -> tuple[int, tuple[str, ...]]:
    body = raw if isinstance(raw, dict) else {}
    connectors, part = body.get("connectors", 1), body.get("part", [])
    if type(connectors) is not int or connectors < 1:
        raise ReplayFileError(f"{path}: scope.connectors is {connectors!r}; it has to be a number from 1")
    if not isinstance(part, list) or (unknown := [name for name in part if name not in composition.by_name]):
        raise ReplayFileError(f"{path}: scope.part names {unknown if part else part!r}; machines are known by name")
    return connectors, tuple(part)


def _step(path: Path, nth: int, body: object, composition: Composition) -> TraceStep:
    place = f"{path}: step {nth}"
    if not isinstance(body, dict):
        raise ReplayFileError(f"{place}: not an object with 'instance', 'event' and 'rows'")
    rows, answers = body.get("rows", []), body.get("answers", {})
    if not isinstance(rows, list) or not isinstance(answers, dict):
        raise ReplayFileError(f"{place}: 'rows' has to be a list, and 'answers' an object")
    instance = _instance(place, body.get("instance"))
    event = body.get("event")
    _check_event(place, instance, event, composition)
    return TraceStep(instance, str(event), tuple(map(str, rows)), {str(k): bool(v) for k, v in answers.items()})


def _instance(place: str, raw: object) -> Instance:
    machine, *numbers = str(raw).split("/")
    if raw is None or not all(number.isdigit() for number in numbers) or len(numbers) > 2:  # noqa: PLR2004
        raise ReplayFileError(f"{place}: instance {raw!r}; write machine, machine/connector or machine/connector/slot")
    return Instance(machine, *map(int, numbers))


def _check_event(place: str, at: Instance, event: object, composition: Composition) -> None:
    if at.machine == "power":
        return
    if at.machine not in composition.by_name:
        raise ReplayFileError(f"{place}: no machine {at.machine!r}; known: {', '.join(composition.by_name)}")
    if composition[at.machine].event(str(event)) is None:
        known = ", ".join(each.name for each in composition[at.machine].events)
        raise ReplayFileError(f"{place}: {at.machine} has no event {event!r}; it has {known}")


# ---- the replay ------------------------------------------------------------------------------------------


@define
class Replay:
    """One counterexample on one real station."""

    trace: Trace
    composition: Composition
    file: StationFile
    stimuli: AllStimuli
    monitored: MonitoredProperty = Factory(MonitoredProperty)
    blocks: tuple[Block, ...] = BLOCKS
    early: deque[str] = Factory(deque)
    """Rows that have fired, and that no step has expected yet."""

    def run(self) -> Iterator[Verdict]:
        """Step by step, until the property is violated; without one, until a step is not reproduced."""
        watched = {machine.name for machine in part_of(self.composition, self.trace.part).machines}
        stage = Stage(self.file, self.composition, self.trace.connectors, self.stimuli, self.blocks)
        stage.judging = lambda station: PropertyMonitor.of(self.monitored, self.composition, station.context.engine)
        for nth, step in enumerate(self.trace.steps, 1):
            verdict = self._take(stage, step, watched)
            if stage.monitor:
                found = stage.monitor.step_ends(step.instance, step.event, last=nth == len(self.trace.steps))
                verdict = evolve(verdict, violation=found)
            yield verdict
            if verdict.violation or not (verdict.reproduced or self.monitored.provable):
                return
            if not verdict.reproduced:
                self.early.clear()

    def _take(self, stage: Stage, step: TraceStep, watched: set[str]) -> Verdict:
        if self._expected_early(step):
            return self._consume(step)
        try:
            rows = cause(stage, step.instance, step.event, step.answers)
        except CannotBeCausedError as problem:
            return Verdict(step, (), str(problem))
        fired = tuple(row for row in rows if row.split(":")[0] in watched)
        self.early.extend(fired)
        if tuple(list(self.early)[: len(step.rows)]) != step.rows:
            return Verdict(step, tuple(self.early), _difference(step, tuple(self.early), self.stimuli))
        return self._consume(step)

    def _expected_early(self, step: TraceStep) -> bool:
        return bool(step.rows) and tuple(list(self.early)[: len(step.rows)]) == step.rows

    def _consume(self, step: TraceStep) -> Verdict:
        for _ in step.rows:
            self.early.popleft()
        return Verdict(step, step.rows)


def _difference(step: TraceStep, fired: tuple[str, ...], stimuli: AllStimuli) -> str:
    expected = step.rows
    same = next((n for n, (one, other) in enumerate(zip(expected, fired, strict=False)) if one != other), None)
    at = min(len(expected), len(fired)) if same is None else same
    wanted = expected[at] if at < len(expected) else "nothing more"
    got = fired[at] if at < len(fired) else "nothing more"
    own = [f"{name}: {'yes' if said else 'no'}" for name, said in step.answers.items() if not stimuli.can_lay_out(name)]
    assumed = f" (the trace assumes {', '.join(own)}, which the station's own data decides)" if own else ""
    return f"the trace has {wanted} here, the station did {got}{assumed}"


def report(
    verdicts: Iterator[Verdict], trace: Trace, monitored: MonitoredProperty | None = None
) -> tuple[list[str], bool]:
    """The lines that report it, and whether it was reproduced."""
    lines, taken = [f"counterexample of {trace.property}"] if trace.property else [], list[Verdict]()
    for number, verdict in enumerate(verdicts, 1):
        taken.append(verdict)
        lines.append(f"{number:3}. {verdict.step}")
        lines.extend(f"       {row}" for row in verdict.step.rows if verdict.reproduced)
        if not verdict.reproduced:
            lines.extend(_divergence(verdict))
    good, last = _conclusion(taken, trace, monitored or MonitoredProperty())
    return [*lines, *last], good


def _conclusion(taken: Sequence[Verdict], trace: Trace, monitored: MonitoredProperty) -> tuple[bool, list[str]]:
    if taken[-1].violation:
        return True, [f"     reproduced: the real station violates {trace.property}: {taken[-1].violation}"]
    if monitored.provable:
        return False, [f"     not reproduced: the real station does not violate {trace.property} on this way"]
    good = all(verdict.reproduced for verdict in taken)
    return good, [f"     reproduced on the real station{': ' + trace.why if trace.why else ''}"] if good else []


def _divergence(verdict: Verdict) -> list[str]:
    expected: Any = ", ".join(verdict.step.rows) or "no row"
    fired = ", ".join(verdict.fired) or "no row"
    return [
        f"     the real station diverges: {verdict.problem}",
        f"       expected: {expected}",
        f"       fired:    {fired}",
    ]
