"""How every block is checked: the one list of them. A new block is a line here, and nowhere else in ``properties/``.

Replay, conformance and verification read it; none of them has a list of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Final

from properties.blocks import (
    authorization,
    boot,
    calls,
    clock,
    configuration,
    data_transfer,
    diagnostics,
    firmware,
    lifecycle,
    link,
    local_list,
    metering,
    remote,
    reservations,
    security,
    smart_charging,
    status,
    storage,
    transaction_queue,
    transactions,
)
from properties.blocks import cache as cache_block
from properties.blocks.checks import BlockChecks
from properties.conformance.bench import Cleanup
from properties.conformance.case import Case
from properties.conformance.cases import later, not_here
from properties.registry import FILE
from properties.replay.stage import AllStimuli

CHECKS: Final[tuple[BlockChecks, ...]] = (
    calls.CHECKS,
    local_list.CHECKS,
    cache_block.CHECKS,
    authorization.CHECKS,
    metering.CHECKS,
    clock.CHECKS,
    status.CHECKS,
    security.CHECKS,
    transactions.CHECKS,
    smart_charging.CHECKS,
    link.CHECKS,
    boot.CHECKS,
    transaction_queue.CHECKS,
    configuration.CHECKS,
    data_transfer.CHECKS,
    remote.CHECKS,
    storage.CHECKS,
    lifecycle.CHECKS,
    firmware.CHECKS,
    diagnostics.CHECKS,
    reservations.CHECKS,
)

OF_NO_BLOCK: Final = (later, not_here)
"""Cases that wait for their block, and cases that no station here can be put through."""


def stimuli_of(checks: Iterable[BlockChecks] = CHECKS) -> AllStimuli:
    """How the world brings about the events of these blocks."""
    return AllStimuli(tuple(one.stimuli for one in checks))


def property_files_of(checks: Iterable[BlockChecks] = CHECKS) -> tuple[Path, ...]:
    """The files that say what must hold."""
    return (FILE, *(one.properties for one in checks if one.properties is not None))


def cleanups_of(checks: Iterable[BlockChecks] = CHECKS) -> dict[str, Cleanup]:
    """How what a case has done is undone, by the call that did it."""
    return {request: cleanup for one in checks for request, cleanup in one.cleanups.items()}


def all_cases(checks: tuple[BlockChecks, ...] = CHECKS) -> tuple[Case, ...]:
    """Every case of OCTT once, by id."""
    chapters = dict.fromkeys((*(chapter for one in checks for chapter in one.cases), *OF_NO_BLOCK))
    return tuple(sorted((one for chapter in chapters for one in _of(chapter)), key=lambda one: one.order))


def _of(chapter: ModuleType) -> list[Case]:
    """The cases that a module defines, those in a tuple included; what it has only imported is not its own."""
    values = [value for name, value in vars(chapter).items() if not name.startswith("_")]
    singles = [value for value in values if isinstance(value, Case)]
    return singles + [one for value in values if isinstance(value, tuple) for one in value if isinstance(one, Case)]
