"""How one block is checked: everything that the tools ask of it, said once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from attrs import Factory, frozen

from properties.conformance.bench import Cleanup
from properties.replay.stage import Stimuli


@frozen
class BlockChecks:
    """Of one block, by its name in ``runtime/blocks.py``.

    ``stimuli``: how the world brings its events about. ``cases``: modules with the cases of OCTT that are about it.
    ``properties``: a file of its own with what must hold, beside ``properties.toml``. ``cleanups``: how what a
    case has done by that call is undone.
    """

    name: str
    stimuli: Stimuli = Factory(Stimuli)
    cases: tuple[ModuleType, ...] = ()
    properties: Path | None = None
    cleanups: Mapping[str, Cleanup] = Factory(dict)
