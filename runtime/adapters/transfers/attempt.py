"""One attempt as its thread sees it: what stops it, how it fails, within which bounds it is made."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Final

from attrs import define

from model.location import Location, Scheme, without_credentials
from model.record import frozen
from runtime.adapters.log_line import one_line
from runtime.core.transfers import TransferOutcome

MIB: Final = 1024 * 1024


class AttemptFailedError(Exception):
    """The attempt ends with that outcome; ``reason`` is one line without credentials."""

    def __init__(self, outcome: TransferOutcome, reason: str) -> None:
        super().__init__(outcome, reason)
        self.outcome, self.reason = outcome, one_line(without_credentials(reason))


class StoppedError(Exception):
    """Nobody wants the attempt any more."""


@frozen
class TransferSettings:
    """What holds for every attempt.

    ``connect_s``: from the first packet to an open connection, TLS included. ``silence_s``: so long it may be slower
    than ``least_bytes_per_s``. ``most_bytes_per_s``: faster than the lines of a station, slow enough to leave it its
    processor and its disk; 0 for no limit. ``spare_bytes``: space that no file may take, for the station's records.
    ``roots``: the PEM text of the certificates that are trusted, asked at each attempt; None for the system's.
    """

    schemes: frozenset[Scheme] = frozenset(Scheme)
    roots: Callable[[], str | None] = lambda: None
    connect_s: float = 30.0
    silence_s: float = 60.0
    least_bytes_per_s: int = 100
    most_bytes_per_s: int = 16 * MIB
    progress_s: float = 5.0
    spare_bytes: int = 64 * MIB
    most_redirects: int = 5


@define(eq=False)
class Attempt:
    """What the loop and the thread of one attempt share.

    ``report`` lets the loop know how much of how much is there; it is called every ``progress_s``.
    """

    settings: TransferSettings
    report: Callable[[int, int | None], None]
    done_bytes: int = 0
    _next_report_s: float = 0.0
    _stopped: bool = False

    def __attrs_post_init__(self) -> None:
        self._next_report_s = time.monotonic() + self.settings.progress_s

    def passed(self, done_bytes: int, total_bytes: int | None) -> None:
        """So much is there by now."""
        self.done_bytes = done_bytes
        now_s = time.monotonic()
        if now_s >= self._next_report_s:
            self._next_report_s = now_s + self.settings.progress_s
            self.report(done_bytes, total_bytes)

    def stop(self) -> None:
        """It is not wanted any more."""
        self._stopped = True

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it."""
        return not self._stopped


def source_of(location: Location) -> str:
    """A digest by which a URL is known again; credentials may change meanwhile, and are not in it."""
    return hashlib.sha256(f"{location.place}{location.target}".encode()).hexdigest()
