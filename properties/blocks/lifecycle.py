"""How a station is stopped and reset."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.conformance.cases import reset as reset_cases
from properties.replay.stage import Stimuli
from properties.replay.stimuli import submits
from runtime.core.inputs import ShutDown

CHECKS = BlockChecks(
    "lifecycle",
    stimuli=Stimuli(
        {
            "lifecycle.shut_down": submits(lambda _: ShutDown()),
            "lifecycle.soft_reset": lambda stage, _at, _: stage.call("Reset", type="Soft"),
            "lifecycle.hard_reset": lambda stage, _at, _: stage.call("Reset", type="Hard"),
        }
    ),
    cases=(reset_cases,),
)
