"""Inputs whose step raised and that are true all the same: a cable that was taken out, a link that has closed.

They are not forgotten, or the station would act for ever on a box that is not so. They wait here, are tried again every
``RETRY_S``, and what comes after them from the same source waits behind them, so that its order stays. One that goes on
failing ends the station (``runtime/failures.py``): its next start asks the box how it stands.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import define, field

from runtime.core.inputs import Input

RETRY_S: Final = 2.0

MAX_WAITING: Final = 1000
"""More than this do not wait behind one that fails: the station ends."""


@define
class Retries:
    """The inputs that wait, by their source."""

    _waiting: dict[object, deque[Input]] = field(factory=dict)

    def take(self, given: Input) -> bool:
        """Whether it has to wait behind one of the same source. Raises OverflowError where too many do."""
        waiting = None if given.once else self._waiting.get(source_of(given))
        if waiting is None:
            return False
        if len(waiting) >= MAX_WAITING:
            raise OverflowError(f"{MAX_WAITING} inputs wait behind {waiting[0]}, which goes on failing")
        waiting.append(given)
        return True

    def hold(self, given: Input) -> object:
        """It failed, and is to be tried again; its source."""
        source = source_of(given)
        self._waiting[source] = deque((given,))
        return source

    def release(self, source: object) -> deque[Input]:
        """What has waited, in its order."""
        return self._waiting.pop(source, deque())


def source_of(given: Input) -> object:
    """Whose order it has to keep: the connector's, or that of all that comes from the same side."""
    return getattr(given, "connector", None) or type(given).__module__
