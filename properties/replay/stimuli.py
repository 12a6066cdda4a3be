"""What brings an event of the world about, on the stage of a replay: found among the stimuli of the blocks.

And the kinds of causes that blocks share: an input, an answer to the call that is open, a call of the CSMS.
"""

from __future__ import annotations

from collections.abc import Callable

from model.language.composition import Composition, Instance
from properties.replay.stage import Answers, CannotBeCausedError, Json, Stage, Stimulus, says
from runtime.core.inputs import Input

HOLDER, OTHER, STRANGER, GROUP = "HOLDER", "OTHER", "STRANGER", "GROUP"
A_DAY_S = 86_400.0

CHOOSING = ("trigger_message", "remote_start")
"""Machines that answer a request and bring it to those whom the station chooses; these come first in its rows."""


def cause(stage: Stage, at: Instance, event: str, answers: Answers) -> list[str]:
    """Bring the event about; the rows that fired, as ``machine:row``. Raises CannotBeCausedError."""
    stage.mark = len(stage.fired)
    if at.machine == "power":
        stage.clock.now_s += A_DAY_S if says(answers, "still_runs") is False else 0
        stage.power()
    elif found := stage.stimuli.stimuli.get(f"{at.machine}.{event}"):
        stage.stimuli.lay_out(stage, at, answers)
        found(stage, at, answers)
    elif _is_timer(stage.composition, at, event):
        stage.timer(at, event)
    else:
        raise CannotBeCausedError(f"nothing in the world brings {at.machine}.{event} alone")
    rows = [(fired.machine, fired.row) for fired in stage.fired[stage.mark :]]
    if rows and rows[0][0] in CHOOSING and rows[0][0] != at.machine:
        rows.pop(0)
    return [f"{machine}:{row}" for machine, row in rows]


def _is_timer(composition: Composition, at: Instance, event: str) -> bool:
    return any(timer.event == event for timer in composition[at.machine].timers)


# ---- what blocks share -----------------------------------------------------------------------------------


def tag_of(stage: Stage, at: Instance, answers: Answers) -> str:
    """The id tag of a token that comes there, as the trace has it."""
    same = says(answers, "same_token")
    granted = stage.station.context.engine.state("authorization", at.connector) if at.connector else "Idle"
    return OTHER if granted != "Idle" and not same else HOLDER


def submits(make: Callable[[int], Input]) -> Stimulus:
    """An input."""
    return lambda stage, at, _: stage.submit(make(at.connector))


def replies(action: str, payload: Json) -> Stimulus:
    """The answer to that call, which is open."""
    return lambda stage, _at, _: stage.answer(action, payload)


def refuses(*actions: str) -> Stimulus:
    """CALLERROR for one of these calls, which is open."""
    return lambda stage, _at, _: stage.refuse(*actions)


def triggers(message: str) -> Stimulus:
    """TriggerMessage.req."""
    return lambda stage, at, _: stage.call("TriggerMessage", requestedMessage=message, connectorId=at.connector)


def configures(key: str, value: str) -> Stimulus:
    """ChangeConfiguration.req."""
    return lambda stage, _at, _: stage.call("ChangeConfiguration", key=key, value=value)


def asks(action: str) -> Stimulus:
    """A call of the CSMS that says nothing but its name."""
    return lambda stage, _at, _: stage.call(action)
