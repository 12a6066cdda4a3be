"""The disk to which a simulated station writes its files of diagnostics: the one from which they are sent."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import datetime

from attrs import define

from runtime.core.diagnostics_file import (
    Diagnostics,
    DiagnosticsCollected,
    DiagnosticsKept,
    DiagnosticsNotCollected,
    parts_of,
)
from runtime.core.inputs import Input


@define(eq=False)
class SimulatedDiagnosticsWriter:
    """Satisfies ``runtime.core.diagnostics_file.DiagnosticsWriter``.

    ``files``: where it writes to, by name. ``full``: there is no space; ``slow``: it comes to no end. ``since``: the
    date of what earlier lives have left.
    """

    files: MutableMapping[str, object]
    full: bool = False
    slow: bool = False
    since: datetime | None = None

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """Say from when on there is something, where there is."""
        if self.since is not None:
            emit(DiagnosticsKept(self.since))

    def write(self, file: str, found: Diagnostics) -> Input | None:
        """It is there at once."""
        if self.slow:
            return None
        if self.full:
            return DiagnosticsNotCollected(file, "no space left on device")
        self.files[file] = parts_of(found)
        return DiagnosticsCollected(file)
