"""The shell around the station: joins the function to the world, on one asyncio loop.

Everything that happens becomes an input; each input is one step; each step is committed before any of its effects
is performed. There is no task here and no queue but the line of inputs that came while a step was being made: an
effect may cause an input at once (a dial that fails, an EV that reacts), and it waits until the step is done.

A step that raises was undone by the station, which goes on; what becomes of its input, ``Station`` and ``Retries`` say,
and ``Failures`` how often. What cannot be committed has not happened: when the store fails, the host stops as by a
power cut, and what was committed is found again at the next start.

Of the loop the host wants one thing, to be called later; a simulated world gives it a clock of its own instead
(``properties/world``), so that what is tested there is this file.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from math import inf

from attrs import define, field

from runtime.adapters.log_line import one_line
from runtime.core.inputs import Input, Moment, PowerUp, StoreEmptied, StoreFilled, TimerDue
from runtime.core.ports import (
    CallLater,
    Clock,
    Effect,
    Failure,
    Hardware,
    Log,
    Ports,
    Process,
    Station,
    Step,
    Store,
    Timer,
)
from runtime.failures import Failures
from runtime.retries import RETRY_S, Retries

LOG = logging.getLogger("provenpoint.station")
LEVELS = logging.getLevelNamesMapping()

BACK_TO_BACK = 64
BACK_TO_BACK_S = 0.01
"""So many steps in a row, or as many as this time has space for, leave the loop waiting; then the box gets its turn."""

Watcher = Callable[[Input, Moment, Step], None]


def _by_loop(delay: float, callback: Callable[[], None]) -> Timer:
    """Call later on the loop that runs."""
    return asyncio.get_running_loop().call_later(delay, callback)


class LoggedNotes:
    """Satisfies ``runtime.core.ports.Log`` by the station's logger."""

    def write(self, level: str, text: str) -> None:
        """One line, whatever the text holds."""
        LOG.log(LEVELS[level.upper()], "%s", one_line(text))


@define(eq=False)
class Host:
    """One station in its loop; satisfies ``runtime.core.ports.Process``.

    ``ports``: who performs its effects; ``Store``, ``Hardware`` and ``Clock`` have to be among them. ``stopped`` is set
    when the station has ended in good order.
    """

    station: Station
    ports: Ports
    watchers: list[Watcher] = field(factory=list)
    stopped: asyncio.Event = field(factory=asyncio.Event)
    failures: Failures = field(factory=Failures)
    failure: Exception | None = None
    _retries: Retries = field(factory=Retries)
    _muted: list[Watcher] = field(factory=list)
    _inbox: deque[Input] = field(factory=deque)
    _in_turn: deque[Effect] = field(factory=deque)
    """Effects that may be many in a row, and take their turn with what is due: a step each, of what they answer."""
    _stepping: bool = False
    _full: bool = False
    _timer: Timer | None = None
    _armed_s: float = 0.0

    def __attrs_post_init__(self) -> None:
        self.ports = {CallLater: _by_loop, Log: LoggedNotes(), Process: self, **self.ports}

    def start(self) -> None:
        """Power up: the station first, then what the world has to say of itself."""
        self.submit(PowerUp())
        self._check_space()
        for port in tuple(self.ports.values()):
            if subscribe := getattr(port, "subscribe", None):
                subscribe(self.submit)

    def end(self) -> None:
        """The station has ended in good order."""
        self.stopped.set()

    def submit(self, given: Input) -> None:
        """Something happened. Returns when it is dealt with, or waits behind what is being dealt with."""
        self._inbox.append(given)
        self._run()

    def _run(self) -> None:
        if self._stepping or self.failure:
            return
        self._stepping = True
        try:
            self._work_off()
        except Exception as failure:  # noqa: BLE001 - whatever it was: what was not committed has not happened
            self._fail(failure)
        finally:
            self._stepping = False

    def _work_off(self) -> None:
        budget, end_s = BACK_TO_BACK, self.clock.monotonic_s() + BACK_TO_BACK_S
        while self._inbox or (budget > 0 and self._due()):
            given = self._inbox.popleft() if self._inbox else self._what_is_due()
            if not self._retries.take(given):
                self._step(given)
            budget = budget - 1 if self.clock.monotonic_s() < end_s else 0
        self._arm()

    def _step(self, given: Input) -> None:
        clock, hardware = self.clock, self.hardware
        monotonic_s = clock.monotonic_s()
        now = Moment(monotonic_s, clock.utc(), hardware.meters(monotonic_s))
        step = self.station.step(given, now)
        if step.failure is not None:
            self._survive(given, step.failure, monotonic_s)
        if step.writes:
            self.store.commit(step.writes)
            self._check_space()
        for effect in step.effects:
            self._perform_or_survive(effect, monotonic_s)
        for watcher in self.watchers:
            try:
                watcher(given, now, step)
            except Exception as problem:  # noqa: BLE001 - who looks on must not end what he looks at
                self._mute(watcher, problem)

    def _survive(self, given: Input, failure: Failure, monotonic_s: float) -> None:
        """The step was undone: a fact is tried again later, everything else has had its end."""
        again = not given.once
        fate = f"tried again in {RETRY_S:g} s" if again else failure.fate
        self.failures.survive(failure.problem, f"{failure.what} failed and was undone; {fate}", monotonic_s)
        if again:
            source = self._retries.hold(given)
            self.call_later(RETRY_S, lambda: self._try_again(source))

    def _try_again(self, source: object) -> None:
        self._inbox.extendleft(reversed(self._retries.release(source)))
        self._run()

    def _mute(self, watcher: Watcher, problem: Exception) -> None:
        """It gets the next step all the same, but its failures are not logged again."""
        if watcher not in self._muted:
            self._muted.append(watcher)
            LOG.error("a watcher fails, which is said once: %s", one_line(repr(problem)), exc_info=problem)

    def _check_space(self) -> None:
        """Submit to the station that its store has become full, or has space again."""
        if self.store.full != self._full:
            self._full = self.store.full
            self.submit(StoreFilled() if self._full else StoreEmptied())

    def _what_is_due(self) -> Input:
        """An effect of ``_in_turn`` is performed here; where it fails, the station ends, for it is a vital one."""
        came = self._now(self._in_turn.popleft()) if self._in_turn else None
        return came or TimerDue()

    def _due(self) -> bool:
        deadline = self._deadline()
        return deadline is not None and deadline <= self.clock.monotonic_s()

    def _deadline(self) -> float | None:
        """What is in turn is due at once."""
        return -inf if self._in_turn else self.station.next_deadline()

    def _arm(self) -> None:
        """Wake at the next deadline; one that moved away leaves the timer alone, which looks again when it wakes."""
        deadline = None if self.stopped.is_set() else self._deadline()
        if self._timer is not None:
            if deadline is not None and deadline >= self._armed_s:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._armed_s = deadline
            self._timer = self.call_later(max(0.0, deadline - self.clock.monotonic_s()), self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._due():
            self._run()
        else:
            self._arm()

    def _perform_or_survive(self, effect: Effect, monotonic_s: float) -> None:
        """An effect that raises is lost, as one that the wire has lost is; but a vital one ends the station."""
        try:
            self._perform(effect)
        except Exception as problem:
            if effect.vital:
                raise
            self.failures.survive(problem, f"{type(effect).__name__} could not be performed", monotonic_s)
            if came := effect.failed(one_line(repr(problem))):
                self.submit(came)

    def _perform(self, effect: Effect) -> None:
        if effect.in_turn:
            self._in_turn.append(effect)
        elif came := self._now(effect):
            self.submit(came)
        if effect.port is Store:
            self._check_space()

    def _now(self, effect: Effect) -> Input | None:
        return None if effect.port is None else effect.perform(self.ports[effect.port])

    # ---- the ports that a host itself needs ----------------------------------------------------------------

    @property
    def store(self) -> Store:
        """Where steps are committed."""
        store: Store = self.ports[Store]
        return store

    @property
    def hardware(self) -> Hardware:
        """Whose meters each step is given."""
        hardware: Hardware = self.ports[Hardware]
        return hardware

    @property
    def call_later(self) -> CallLater:
        """What wakes it."""
        call_later: CallLater = self.ports[CallLater]
        return call_later

    @property
    def clock(self) -> Clock:
        """When each step is."""
        clock: Clock = self.ports[Clock]
        return clock

    def _fail(self, failure: Exception) -> None:
        LOG.critical("the station stops: %s", failure, exc_info=failure)
        self.failure = failure
        self._inbox.clear()
        if self._timer:
            self._timer.cancel()
        self.stopped.set()
