"""The rows that fired last, for whoever has to find out later what the station did."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from runtime.core.ports import Fired
from runtime.core.undo import NotedByItsWriter

MOST_STEPS: Final = 1_000
"""The steps with rows of some hours, or of a busy one; the oldest give way."""


class Journal(NotedByItsWriter):
    """The last steps in which rows fired, with their dates.

    A step writes here as the last thing that it does, so nothing of it is ever undone.
    """

    def __init__(self) -> None:
        self._steps: deque[tuple[datetime, tuple[Fired, ...]]] = deque(maxlen=MOST_STEPS)

    def add(self, at: datetime, fired: tuple[Fired, ...]) -> None:
        """The rows of a step, as they fired."""
        self._steps.append((at, fired))

    def __iter__(self) -> Iterator[tuple[datetime, tuple[Fired, ...]]]:
        """The steps, the oldest first."""
        return iter(tuple(self._steps))
