"""How a disk fills up, and has space again."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.replay.stage import Answers, Stage, Stimuli, Stimulus
from runtime.core.inputs import StoreEmptied, StoreFilled


def _fills(*, full: bool) -> Stimulus:
    def fill(stage: Stage, at: Instance, answers: Answers) -> None:
        del at, answers
        stage.disk.full = full
        stage.submit(StoreFilled() if full else StoreEmptied())

    return fill


CHECKS = BlockChecks(
    "storage",
    stimuli=Stimuli(
        {
            "storage.filled": _fills(full=True),
            "storage.emptied": _fills(full=False),
        }
    ),
)
