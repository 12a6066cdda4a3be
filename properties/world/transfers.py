"""Servers that give and take files, as a scenario plans it, on virtual time.

Each attempt takes the next of ``planned``, or the ``usual`` plan, and ends as that says; what the real adapter
(``runtime/adapters/transfers``) judges itself is judged here too: the URL, the length, the time. What was fetched, what
has come of a file and what was sent outlive the power; an attempt does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from attrs import define, field

from model.location import BadLocationError, parse_location
from model.record import frozen
from properties.world.clock import VirtualClock
from runtime.core.inputs import Input
from runtime.core.ports import Timer
from runtime.core.transfers import StartDownload, StartUpload, TransferEnded, TransferOutcome, TransferProgressed

Order = StartDownload | StartUpload

KEPT_AFTER = (TransferOutcome.UNREACHABLE, TransferOutcome.BROKEN_OFF, TransferOutcome.TIMED_OUT)
"""The ends after which what has come of a file may be kept."""


Content = object
"""What a file holds: bytes, or anything else that a block's own simulated parts understand."""

LENGTH = 1_000_000
"""Of what is no bytes."""

LASTS_S = 4.0


@frozen
class Plan:
    """How an attempt goes: its end, after so many seconds.

    ``share``: how much of what was missing has passed by then, where it is not done.
    """

    outcome: TransferOutcome = TransferOutcome.DONE
    after_s: float = LASTS_S
    reason: str = "as planned"
    share: float = 0.5


@define(eq=False)
class _Run:
    """An attempt that is made; it began with a share of the file that was there already."""

    order: Order
    plan: Plan
    content: Content
    had: float = 0.0
    timers: list[Timer] = field(factory=list)

    def share(self, of_missing: float) -> float:
        """How much of the file is there when so much of what was missing has come."""
        return self.had + (1.0 - self.had) * of_missing

    def passed_bytes(self, of_missing: float) -> int:
        """The same in bytes."""
        return int(length_of(self.content) * self.share(of_missing))

    def cancel(self) -> None:
        """It goes no further."""
        for timer in self.timers:
            timer.cancel()


def length_of(content: Content) -> int:
    """In bytes."""
    return len(content) if isinstance(content, bytes) else LENGTH


def _nobody(_: Input) -> None:
    """The station has no power."""


@define(eq=False)
class SimulatedTransfers:
    """Satisfies ``runtime.core.transfers.Transfers``.

    ``served``: what is at a URL; any other refuses a download, none an upload. ``planned``: how the next attempts go;
    an outcome alone is a plan, too; None for one that goes on for ever. ``files``: those of the station, by name.
    ``partial``: of incomplete ones, where they are from, and the share that is there. ``received``: what was sent to a
    URL. ``attempts``: when each began, and at which URL.
    """

    clock: VirtualClock
    served: dict[str, Content] = field(factory=dict)
    planned: deque[Plan | TransferOutcome | None] = field(factory=deque)
    usual: Plan = field(factory=Plan)
    files: dict[str, Content] = field(factory=dict)
    partial: dict[str, tuple[str, float]] = field(factory=dict)
    received: dict[str, Content] = field(factory=dict)
    attempts: list[tuple[float, str]] = field(factory=list)
    _runs: dict[str, _Run] = field(factory=dict)
    _emit: Callable[[Input], None] = _nobody

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on ``emit`` is called for what becomes of attempts."""
        self._emit = emit

    def download(self, order: StartDownload) -> None:
        """Begin it, with what is there."""
        url, had = self.partial.get(order.file, ("", 0.0))
        self._begin(order, self.served.get(order.url), had if url == order.url else 0.0)

    def upload(self, order: StartUpload) -> None:
        """Begin it."""
        self._begin(order, self.files.get(order.file), 0.0)

    def stop(self, transfer: str, keep: bool) -> None:
        """Nothing more is heard of it."""
        if run := self._runs.pop(transfer, None):
            run.cancel()
            self._leave(run, keep)

    def remove(self, file: str) -> None:
        """Remove it."""
        self.files.pop(file, None)
        self.partial.pop(file, None)

    @property
    def under_way(self) -> tuple[str, ...]:
        """The attempts that are made now."""
        return tuple(self._runs)

    def cut_power(self) -> None:
        """Every attempt is over, and nobody hears of it."""
        self._emit = _nobody
        for transfer in self.under_way:
            self.stop(transfer, keep=True)

    # ---- an attempt --------------------------------------------------------------------------------------

    def _begin(self, order: Order, content: Content | None, had: float) -> None:
        self.stop(order.transfer, keep=True)
        self.attempts.append((self.clock.now_s, order.url))
        planned = self.planned.popleft() if self.planned else self.usual
        plan = Plan(planned) if isinstance(planned, TransferOutcome) else planned or Plan(after_s=inf)
        plan = self._judged(order, content) or plan
        if plan.after_s > order.within_s and planned is not None:
            plan = Plan(TransferOutcome.TIMED_OUT, order.within_s, "", plan.share)
        run = self._runs[order.transfer] = _Run(order, plan, content, had)
        if plan.after_s < inf:
            later = self.clock.call_later
            run.timers = [later(plan.after_s / 2, lambda: self._half(run)), later(plan.after_s, lambda: self._end(run))]

    def _judged(self, order: Order, content: Content | None) -> Plan | None:
        """What the station, or the server, sees for itself comes before what is planned."""
        try:
            parse_location(order.url)
        except BadLocationError as error:
            return Plan(TransferOutcome.UNLAWFUL_URL, 0.0, error.problem_text, 0.0)
        if content is None and isinstance(order, StartUpload):
            return Plan(TransferOutcome.FILE_FAILED, 0.0, "No such file or directory", 0.0)
        if isinstance(order, StartDownload) and content is not None and length_of(content) > order.max_bytes:
            return Plan(TransferOutcome.TOO_LARGE, 0.0, f"{length_of(content)} bytes", 0.0)
        return None

    def _half(self, run: _Run) -> None:
        if run.plan.outcome is TransferOutcome.DONE and run.content is not None:
            progressed = TransferProgressed(run.order.transfer, run.passed_bytes(0.5), length_of(run.content))
            self._emit(progressed)

    def _end(self, run: _Run) -> None:
        del self._runs[run.order.transfer]
        plan = run.plan
        if plan.outcome is TransferOutcome.DONE and run.content is None:
            plan = Plan(TransferOutcome.REFUSED, plan.after_s, "HTTP 404", 0.0)
        if plan.outcome is TransferOutcome.DONE:
            self._done(run, run.content)
        else:
            self._leave(run, getattr(run.order, "keep", False) and plan.outcome in KEPT_AFTER)
        share = 1.0 if plan.outcome is TransferOutcome.DONE else plan.share
        self._emit(TransferEnded(run.order.transfer, plan.outcome, plan.reason, run.passed_bytes(share)))

    def _done(self, run: _Run, content: Content) -> None:
        if isinstance(run.order, StartUpload):
            self.received[run.order.url] = content
            return
        self.partial.pop(run.order.file, None)
        self.files[run.order.file] = content

    def _leave(self, run: _Run, keep: bool) -> None:
        """What there is of a download that is not done."""
        if isinstance(run.order, StartUpload):
            return
        self.partial.pop(run.order.file, None)
        if keep:
            self.partial[run.order.file] = run.order.url, run.share(run.plan.share)
