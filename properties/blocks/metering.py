"""How the CSMS asks for meter values, and says how often."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.conformance.cases import metering as metering_cases
from properties.replay.stage import Stimuli
from properties.replay.stimuli import configures, triggers

CHECKS = BlockChecks(
    "metering",
    stimuli=Stimuli(
        {
            "metering.triggered": triggers("MeterValues"),
            "metering.boundary_moved": configures("ClockAlignedDataInterval", "120"),
            "metering.interval_changed": configures("MeterValueSampleInterval", "33"),
        },
        plain={"MeterValues": {}},
    ),
    cases=(metering_cases,),
)
