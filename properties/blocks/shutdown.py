"""How a station is stopped and reset."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.conformance.cases import reset as reset_cases
from properties.replay.causes import tells
from properties.replay.stage import Stimuli
from runtime.core.inputs import ShutDown

CHECKS = BlockChecks(
    "shutdown",
    stimuli=Stimuli(
        {
            "shutdown.shut_down": tells(lambda _: ShutDown()),
            "shutdown.soft_reset": lambda stage, _at, _: stage.call("Reset", type="Soft"),
            "shutdown.hard_reset": lambda stage, _at, _: stage.call("Reset", type="Hard"),
        }
    ),
    cases=(reset_cases,),
)
