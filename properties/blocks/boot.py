"""How the CSMS answers a boot."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.blocks.clock import time_said
from properties.conformance.cases import boot as boot_cases
from properties.replay.stage import NOW, Stimuli, Stimulus
from properties.replay.stimuli import configures, refuses, triggers


def _boots(status: str) -> Stimulus:
    conf = {"status": status, "interval": 60}
    return lambda stage, _at, said: stage.answer("BootNotification", conf | {"currentTime": time_said(said)})


CHECKS = BlockChecks(
    "boot",
    stimuli=Stimuli(
        {
            "boot.accepted": _boots("Accepted"),
            "boot.pending": _boots("Pending"),
            "boot.rejected": _boots("Rejected"),
            "boot.failed": refuses("BootNotification"),
            "boot.triggered": triggers("BootNotification"),
            "heartbeat.triggered": triggers("Heartbeat"),
            "heartbeat.interval_changed": configures("HeartbeatInterval", "77"),
        },
        plain={"Heartbeat": {"currentTime": NOW}},
    ),
    cases=(boot_cases,),
)
