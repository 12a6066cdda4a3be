"""How the CSMS says what time it is."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.replay.stage import NOW, Answers, Stimuli, says


def time_said(answers: Answers) -> str:
    """What the CSMS says that it is: today, or a date that cannot be."""
    return "9999-12-31T23:59:59Z" if says(answers, "plausible") is False else NOW


CHECKS = BlockChecks(
    "clock",
    stimuli=Stimuli(
        {
            "clock.told": lambda stage, _at, said: stage.answer("Heartbeat", {"currentTime": time_said(said)}),
        },
        ("plausible",),
    ),
)
