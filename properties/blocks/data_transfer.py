"""How a DataTransfer of the station is asked for."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.replay.stage import ACCEPTED, Stimuli
from properties.replay.stimuli import tells
from runtime.core.inputs import DataTransferAsked

CHECKS = BlockChecks(
    "data_transfer",
    stimuli=Stimuli(
        {
            "call.data_asked": tells(lambda _: DataTransferAsked("vendor")),
        },
        plain={"DataTransfer": ACCEPTED},
    ),
)
