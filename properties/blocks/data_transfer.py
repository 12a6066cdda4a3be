"""How somebody at the box asks for a DataTransfer, and how the CSMS sends one."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.replay.stage import ACCEPTED, Answers, Stage, Stimuli, says
from properties.replay.stimuli import submits
from runtime.core.inputs import DataTransferAsked
from runtime.operations.data_transfer import OURS, STATES


def _received(stage: Stage, at: Instance, answers: Answers) -> None:
    """The station's own handler says in which states its machines are, of a machine that it has."""
    del at
    vendor = "nobody" if says(answers, "vendor_known") is False else OURS
    message = "Nothing" if says(answers, "message_known") is False else STATES
    data = "no machine" if says(answers, "willing") is False else "boot"
    stage.call("DataTransfer", vendorId=vendor, messageId=message, data=data)


CHECKS = BlockChecks(
    "data_transfer",
    stimuli=Stimuli(
        {
            "call.data_asked": submits(lambda _: DataTransferAsked("vendor")),
            "data_transfer.received": _received,
        },
        ("vendor_known", "message_known", "willing"),
        plain={"DataTransfer": ACCEPTED},
    ),
)
