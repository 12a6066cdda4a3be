"""Lint of timers: a timer runs where its firing means something, and is started again where it should go on.

A timer runs in states (``model/language/machine.py``): entering them starts it, leaving stops it. What can still be
wrong is said here: a state in which it runs and nothing answers, a restart where it does not run, a firing after which
it stands still for ever although its state goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.language.finding import Finding
from model.language.machine import Machine, Restart, Row, Timer


def time(machine: Machine) -> Iterator[Finding]:
    """What is wrong with the timers of a machine."""
    for timer in machine.timers:
        yield from _origin(machine, timer)
        yield from _for_nothing(machine, timer)
        yield from _once(machine, timer)
    yield from _no_timer(machine)
    yield from _restarts(machine)


def _origin(machine: Machine, timer: Timer) -> Iterator[Finding]:
    event = machine.event(timer.event)
    if event is not None and "timer" not in event.origins:
        problem = f"timer {timer.name!r} raises {timer.event!r}, which is from {' and '.join(event.origins)}"
        yield Finding(timer.place, "L011", problem, f"add 'timer' to the 'from' of [events.{timer.event}]")


def _no_timer(machine: Machine) -> Iterator[Finding]:
    raised = {timer.event for timer in machine.timers}
    for event in machine.events:
        if "timer" in event.origins and event.name not in raised:
            problem = f"event {event.name!r} is from a timer, and no timer raises it"
            yield Finding(event.place, "L011", problem, f"add a timer with event = {event.name!r}, or correct 'from'")


def _for_nothing(machine: Machine, timer: Timer) -> Iterator[Finding]:
    if not timer.runs_in:
        yield Finding(timer.place, "L010", f"timer {timer.name!r} runs in no state", "give 'runs_in' its states")
    for state in timer.runs_in:
        if not machine.rows_for(state, timer.event):
            problem = f"timer {timer.name!r} runs in {state}, where no row is on {timer.event!r}"
            yield Finding(timer.place, "L010", problem, f"add a row, or take {state} out of 'runs_in'")
        if (answer := machine.unanswered_for(state, timer.event)) and answer.kind == "impossible":
            problem = f"{timer.event!r} in {state} is impossible, and timer {timer.name!r} runs there"
            yield Finding(answer.place, "L010", problem, "make it [[ignored]] and say why, or add a row")


def _once(machine: Machine, timer: Timer) -> Iterator[Finding]:
    """A timer that no row ever restarts is meant to fire once; one that some restart is not."""
    if not any(Restart(timer.name) in row.do for row in machine.rows):
        return
    for row in machine.rows:
        stays = [source for source in row.sources if _stays(timer, row, source)]
        if timer.event in row.events and stays and Restart(timer.name) not in row.do:
            problem = f"row {row.id} stays in {stays[0]}, where timer {timer.name!r} has just fired and stands still"
            yield Finding(row.place, "L019", problem, f"add 'restart {timer.name}', as other rows have it")


def _stays(timer: Timer, row: Row, source: str) -> bool:
    return source in timer.runs_in and row.target(source) in timer.runs_in


def _restarts(machine: Machine) -> Iterator[Finding]:
    timers = {timer.name: timer for timer in machine.timers}
    for row in machine.rows:
        for timer in (timers[action.timer] for action in row.do if isinstance(action, Restart)):
            yield from _restart(row, timer)


def _restart(row: Row, timer: Timer) -> Iterator[Finding]:
    for source in row.sources:
        if row.target(source) not in timer.runs_in:
            problem = f"row {row.id} restarts {timer.name!r}, which does not run in {row.target(source)}"
            yield Finding(row.place, "L012", problem, "take the restart out, or add the state to the timer's 'runs_in'")
        elif source not in timer.runs_in:
            problem = f"row {row.id} restarts {timer.name!r}, which entering {row.target(source)} starts anyway"
            yield Finding(row.place, "L012", problem, "take the restart out")
