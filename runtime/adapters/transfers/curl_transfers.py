"""The transfers of a station: a thread for each, and one way back to the loop.

libcurl does its work without Python's lock, and calls back for each piece of some ten KiB; so the loop goes on.
What is done with files of one name is done one after the other, in the order in which it was asked for: an attempt that
was stopped may take a second to notice, and the next one waits for it. A thread that dies with the process leaves what
a power cut would leave.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import Factory, define, field

from runtime.adapters.transfers.attempt import Attempt, TransferSettings
from runtime.adapters.transfers.broken_uploads import BrokenUploads
from runtime.adapters.transfers.making import Order, make
from runtime.adapters.transfers.partial_file import remove_file
from runtime.core.inputs import Input
from runtime.core.transfers import StartDownload, StartUpload, TransferEnded, TransferProgressed

MOST_AT_ONCE: Final = 8
"""Threads. The machines of a station run three transfers; the rest is for what was stopped, and has yet to notice."""

CLOSE_S: Final = 1.5
"""At the end of the process attempts get this long to notice."""

Post = Callable[[Callable[[], None]], object]
"""Has something called on the loop's thread, from any thread: ``loop.call_soon_threadsafe``."""


def _nobody(_: Input) -> None:
    """There is no station yet."""


@define(eq=False)
class CurlTransfers:
    """Satisfies ``runtime.core.transfers.Transfers``. ``directory`` is made when it is first needed."""

    directory: Path
    post: Post
    settings: TransferSettings = Factory(TransferSettings)
    _emit: Callable[[Input], None] = _nobody
    _attempts: dict[str, tuple[Order, Attempt]] = field(factory=dict)
    _last: dict[str, threading.Thread] = field(factory=dict)
    """The thread that was last given something to do with a name."""
    _broken: BrokenUploads = field(factory=BrokenUploads)

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on ``emit`` is called for what becomes of attempts."""
        self._emit = emit

    def download(self, order: StartDownload) -> None:
        """Begin it. Raises RuntimeError where too many are under way."""
        self._start(order)

    def upload(self, order: StartUpload) -> None:
        """Begin it. Raises RuntimeError where too many are under way."""
        self._start(order)

    def stop(self, transfer: str, keep: bool) -> None:
        """Nothing more is heard of it from now on; its thread notices within a second."""
        found = self._attempts.pop(transfer, None)
        if found is None:
            return
        order, attempt = found
        attempt.stop()
        if isinstance(order, StartDownload) and not keep:
            self.remove(order.file)

    def remove(self, file: str) -> None:
        """Remove it, once what is under way with that name is over."""
        self._beside(file, lambda: remove_file(self.directory, file))

    def close(self) -> None:
        """The process ends: give everything up, and wait for a bounded time."""
        for _, attempt in self._attempts.values():
            attempt.stop()
        self._attempts.clear()
        ends_s = time.monotonic() + CLOSE_S
        for thread in self._last.values():
            thread.join(max(0.0, ends_s - time.monotonic()))

    def _start(self, order: Order) -> None:
        self.stop(order.transfer, keep=True)
        if sum(thread.is_alive() for thread in self._last.values()) >= MOST_AT_ONCE:
            raise RuntimeError(f"{MOST_AT_ONCE} transfers are under way")
        attempt = Attempt(
            self.settings,
            lambda done, total: self._tell(attempt, TransferProgressed(order.transfer, done, total)),
        )
        self._attempts[order.transfer] = order, attempt
        self._beside(order.file, lambda: self._make(order, attempt))

    def _beside(self, file: str, work: Callable[[], None]) -> None:
        before = self._last.get(file)

        def run() -> None:
            if before is not None:
                before.join()
            work()

        thread = threading.Thread(target=run, daemon=True, name=f"transfer of {file}")
        thread.start()
        self._last = {name: other for name, other in self._last.items() if other.is_alive()} | {file: thread}

    def _make(self, order: Order, attempt: Attempt) -> None:
        ended = make(order, attempt, self.directory, self._broken)
        if ended is not None:
            self._tell(attempt, ended)

    def _tell(self, attempt: Attempt, given: TransferEnded | TransferProgressed) -> None:
        """From a thread to the loop."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, for the process ends
            self.post(lambda: self._arrived(attempt, given))

    def _arrived(self, attempt: Attempt, given: TransferEnded | TransferProgressed) -> None:
        found = self._attempts.get(given.transfer)
        if found is None or found[1] is not attempt:
            return
        if isinstance(given, TransferEnded):
            del self._attempts[given.transfer]
        self._emit(given)
