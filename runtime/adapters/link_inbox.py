"""What came off the socket and was not submitted yet: one input for each turn of the loop.

One read may bring thousands of calls, and each of them is a step. Submitted in one go, they would have a stop button
wait for all of them. So the first is submitted at once, as nearly all come alone, and of the others one in
each turn: between two of them the loop serves the box, its timers and the control interface. After one that took long
the loop is theirs for as long as it took, for a request to the control interface needs several turns. Order is kept,
but for answers: one that has come must not wait behind calls until its own call has timed out, so it passes them
(OCPP-J has no order between the two directions, J-4.1.1-06). The end of the link comes behind what was received on it.

Bounded: while more than ``MAX_WAITING_CHARS`` wait, ``crowded`` says that the socket is not to be read, nor what was
read of it to be taken apart. An input counts for at least ``LEAST_CHARS``, or empty messages would count for nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import define, field

from runtime.core.inputs import FrameReceived, LinkInput

MAX_WAITING_CHARS: Final = 256 * 1024
"""Some thousand calls; a longer message waits alone."""

LEAST_CHARS: Final = 64
"""What an input weighs in memory beside its text, about."""

LONG_S: Final = 0.001
"""What takes longer than this, step and commit together, is followed by a pause as long."""


_ANSWER: Final = re.compile(r"\s*\[\s*[34]\s*,")
"""How a CALLRESULT and a CALLERROR begin."""


def _is_answer(given: LinkInput) -> bool:
    return isinstance(given, FrameReceived) and _ANSWER.match(given.text) is not None


def _size(given: LinkInput) -> int:
    return max(LEAST_CHARS, len(given.text)) if isinstance(given, FrameReceived) else LEAST_CHARS


@define(eq=False)
class LinkInbox:
    """The inputs of one link, in order. ``drained`` is called when nothing waits any more."""

    emit: Callable[[LinkInput], None]
    drained: Callable[[], None]
    _answers: deque[LinkInput] = field(factory=deque)
    _others: deque[LinkInput] = field(factory=deque)
    _chars: int = 0
    _at_once: bool = False
    _busy: bool = False
    """An input is being emitted in a turn of its own, or has one coming."""
    _took_s: float = 0.0

    def new_read(self) -> None:
        """The socket was read: the first input out of it may be emitted at once, if nothing waits before it."""
        self._at_once = not self._busy

    def put(self, given: LinkInput) -> None:
        """Emit it now, or in a turn of its own."""
        if self._at_once:
            self._at_once = False
            self._emit_timed(given)
        else:
            self._queue(given, self._answers if _is_answer(given) else self._others)

    def put_last(self, given: LinkInput) -> None:
        """Emit it from the loop, behind what waits, and never now: the host may be in the middle of a step."""
        self._queue(given, self._others)

    def _queue(self, given: LinkInput, queue: deque[LinkInput]) -> None:
        self._at_once = False
        queue.append(given)
        self._chars += _size(given)
        if not self._busy:
            self._busy = True
            self._next_turn()

    @property
    def crowded(self) -> bool:
        """Whether no more should be read for now."""
        return self._chars > MAX_WAITING_CHARS

    def _emit_timed(self, given: LinkInput) -> None:
        began_s = time.monotonic()
        self.emit(given)
        self._took_s = time.monotonic() - began_s

    def _next_turn(self) -> None:
        loop = asyncio.get_running_loop()
        if self._took_s > LONG_S:
            loop.call_later(self._took_s, self._emit_one)
        else:  # not a timer of 0 s, which what is said soon would overtake: a cable put in again, the end of the link
            loop.call_soon(self._emit_one)

    def _emit_one(self) -> None:
        given = (self._answers or self._others).popleft()
        try:
            self._emit_timed(given)
        finally:
            self._chars -= _size(given)
            self._busy = bool(self._answers or self._others)
            if self._busy:
                self._next_turn()
            else:
                self.drained()
