"""How calls of the station come to their end."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.replay.stage import Answers, CannotBeCausedError, Stage, Stimuli
from properties.replay.stimuli import submits
from runtime.core.inputs import PongReceived


def _answered(stage: Stage, at: Instance, answers: Answers) -> None:
    del at, answers
    open_call = stage.wire.open_call
    plain = stage.stimuli.plain
    if open_call is None or open_call[1] not in plain:
        raise CannotBeCausedError("no call is open whose answer means nothing more than that it is over")
    stage.answer(open_call[1], plain[open_call[1]])


CHECKS = BlockChecks(
    "calls",
    stimuli=Stimuli(
        {
            "liveness.heard": submits(lambda _: PongReceived()),
            "call.answered": _answered,
            "interface_selection.call_over": _answered,
        }
    ),
)
