"""What raised and was survived: said once with all there is to know, counted, and not survived for ever.

A single failure costs a step, and no more. The same failure again and again is a station that does not do its work, and
that nobody repairs: after ``MOST`` of them within ``WITHIN_S`` it stops with a last message, and its supervisor starts
it again with what it had committed.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from typing import Final

from attrs import define, field

from runtime.adapters.log_line import one_line

LOG = logging.getLogger("provenpoint.station")

MOST: Final = 20
WITHIN_S: Final = 600.0
"""So many of the same failure within so many seconds end the station."""

FRAMES_SHOWN: Final = 12

Place = tuple[type[Exception], str, int]
"""Two failures are the same where the same error was raised in the same line."""


class TooManyFailuresError(RuntimeError):
    """The same failure has come too often; the message is the last of the station."""

    remedy = "start it again, and report the trace that the log has of the first of them"


@define
class Failures:
    """The failures of one station. ``most``: this many of the same are too many."""

    most: int = MOST
    _when_s: dict[Place, deque[float]] = field(factory=dict)

    def survive(self, problem: Exception, what: str, now_s: float) -> None:
        """Say what raised, and what becomes of it. Raises TooManyFailuresError."""
        place, last = _place(problem), traceback.format_tb(problem.__traceback__, limit=-FRAMES_SHOWN)
        trace = "" if place in self._when_s else "\n" + "".join(last).rstrip()
        LOG.error("%s: %s%s", one_line(f"{type(problem).__name__}: {problem}"), one_line(what), trace)
        when_s = self._when_s.setdefault(place, deque())
        when_s.append(now_s)
        while when_s[0] < now_s - WITHIN_S:
            when_s.popleft()
        if len(when_s) >= self.most:
            again = f"{len(when_s)} times within {WITHIN_S:g} s at {place[1]}:{place[2]}"
            raise TooManyFailuresError(f"the same failure {again}: {one_line(repr(problem))}") from problem


def _place(problem: Exception) -> Place:
    last = traceback.extract_tb(problem.__traceback__, limit=-1)
    return type(problem), last[0].filename if last else "?", (last[0].lineno or 0) if last else 0
