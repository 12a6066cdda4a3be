"""How the CSMS asks how an update stands."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.replay.stage import Stimuli
from properties.replay.stimuli import triggers

CHECKS = BlockChecks(
    "firmware",
    stimuli=Stimuli(
        {
            "firmware.triggered": triggers("FirmwareStatusNotification"),
        }
    ),
)
