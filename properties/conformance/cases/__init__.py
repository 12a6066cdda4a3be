"""All cases, in the order of their ids; each module holds one chapter of the document."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from properties.conformance.case import Case
from properties.conformance.cases import (
    authorization,
    boot,
    configuration,
    faults,
    later,
    local_list,
    metering,
    not_here,
    offline,
    remote,
    reservation,
    reset,
    session,
    smart_charging,
    trigger,
    unlock,
)

CHAPTERS = (
    authorization, boot, configuration, faults, later, local_list, metering, not_here, offline, remote, reservation,
    reset, session, smart_charging, trigger, unlock,
)  # fmt: skip


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case once, by id."""
    found = [one for chapter in CHAPTERS for one in _of(chapter)]
    return tuple(sorted(found, key=lambda one: one.order))


def _of(chapter: ModuleType) -> list[Case]:
    """The cases that a module defines, those in a tuple included; what it has only imported is not its own."""
    values = [value for name, value in vars(chapter).items() if not name.startswith("_")]
    singles = [value for value in values if isinstance(value, Case)]
    return singles + [one for value in values if isinstance(value, tuple) for one in value if isinstance(one, Case)]
