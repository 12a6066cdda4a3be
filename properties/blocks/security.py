"""How security events come about and are confirmed."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.replay.stage import Stimuli
from properties.replay.stimuli import refuses, replies, submits
from runtime.core.inputs import SecurityEventNoted

CHECKS = BlockChecks(
    "security",
    stimuli=Stimuli(
        {
            "security_event.noted": submits(lambda _: SecurityEventNoted("TamperDetectionActivated")),
            "security_event.confirmed": replies("SecurityEventNotification", {}),
            "security_event.unconfirmed": refuses("SecurityEventNotification"),
        }
    ),
)
