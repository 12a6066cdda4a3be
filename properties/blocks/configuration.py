"""The cases of configuration."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.conformance.cases import configuration as configuration_cases

CHECKS = BlockChecks(
    "configuration",
    cases=(configuration_cases,),
)
