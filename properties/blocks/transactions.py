"""The cases of a session."""

from __future__ import annotations

from properties.blocks.checks import BlockChecks
from properties.conformance.cases import session as session_cases

CHECKS = BlockChecks(
    "transactions",
    cases=(session_cases,),
)
