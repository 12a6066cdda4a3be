"""The life of a station's process: power up, run, an orderly end or none.

SIGTERM and SIGINT ask for an orderly stop: transactions end, what can be delivered is delivered, the websocket is
closed with a close frame; all of it within a stated time, and a second signal waits for nothing. SIGKILL is a power
cut, and so is a store that fails: nothing more is sent, and the next start finds what was committed. A reset by the
CSMS ends as an orderly stop does, and then the process becomes the same command from its beginning; a signal that comes
on the way down has the last word.

This is the lean path. uvloop, the station and its adapters are loaded here and nothing else; the control interface
costs an eighth more memory and is loaded only where it is asked for (docs/decisions/lean-run.md).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import uvloop

from runtime import collector
from runtime.adapters.frame_log import FrameLog
from runtime.adapters.frame_tap import FrameTap
from runtime.adapters.stderr_log import log_to_stderr
from runtime.adapters.transport import CLOSE_TIMEOUT_S
from runtime.assembly import Components, Options, assemble, start
from runtime.commands.command_error import FAILED, CommandError, report
from runtime.control.place import forget_place
from runtime.core.inputs import Input, Moment, ShutDown
from runtime.core.ports import Reboot, Step

STOP_MARGIN_S: Final = 2.0
"""An orderly stop gets the station file's ``shutdown_wait_s``, and this much more for what lies around it."""

RESET_RETRY_S: Final = 1.0
"""Between two tries to begin again: memory that was short may be free by then."""

_log = logging.getLogger("provenpoint.run")


Build = Callable[[Options], Components]
"""How a station is put together; a test that brings parts of its own has its own."""


def run(options: Options, build: Build = assemble) -> int:
    """Run a station until it is stopped; the exit code."""
    with log_to_stderr():
        return _run(options, build)


def _run(options: Options, build: Build) -> int:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code, tries = runner.run(_live(options, build))
    except CommandError as trouble:
        return report(trouble)
    return _begin_again(tries) if tries else code


def _begin_again(tries: int) -> int:
    """Become this very command, from its beginning. Returns, with exit code 1, only where every try fails.

    The first and ResetRetries more (CS-9.1.22-01); after the last it is for the supervisor of the process to start it.
    """
    for left in reversed(range(tries)):
        try:
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the command that was given, and nothing of the CSMS's
        except OSError as problem:
            _log.error("the reset failed: %s: %s; tries left: %d", sys.executable, problem.strerror, left)
            time.sleep(RESET_RETRY_S if left else 0)
    return FAILED


async def _live(options: Options, build: Build) -> tuple[int, int]:
    """One power up to its end: the exit code, and how often a reboot is to be tried, 0 for none."""
    parts = build(options)
    asyncio.get_running_loop().call_later(collector.SETTLED_S, collector.settle)
    for warning in parts.warnings:
        _log.warning("%s", warning)
    life = _Life(parts)
    async with AsyncExitStack() as stack:
        stack.callback(parts.store.close)
        stack.callback(parts.transfers.close)
        await _attach(parts, stack)
        parts.host.watchers.append(life)
        life.listen_for_signals()
        _log.info("station %s as %s, to %s", parts.file.name, options.identity, options.csms)
        start(parts)
        await parts.host.stopped.wait()
        await life.hang_up()
    tries = life.tries()
    if options.control is not None and not tries:
        forget_place(options.data)
    return (FAILED if parts.host.failure else 0), tries


async def _attach(parts: Components, stack: AsyncExitStack) -> None:
    """What looks on: the log of frames and the control interface, where they are wanted."""
    options, tap = parts.options, FrameTap()
    if options.log_frames is not None:
        frames = FrameLog(options.log_frames)
        stack.callback(frames.close)
        tap.readers.append(frames)
    if options.control is not None:
        from runtime.control.serve import serve_control  # noqa: PLC0415 - starlette and uvicorn cost 5 MiB

        place = await stack.enter_async_context(serve_control(parts, options.control, tap))
        _log.info("control interface on http://%s", place)
    if tap.readers:
        parts.transport.tap = tap.passed
        parts.host.watchers.append(tap)


class _Life:
    """Watches a station for its end; satisfies ``runtime.host.Watcher``."""

    def __init__(self, parts: Components) -> None:
        self.parts, self.host = parts, parts.host
        self.reboots = False
        self.offline = asyncio.Event()
        self.stopping = False
        self.link = parts.station.context.engine.state("link")

    def __call__(self, _given: Input, _now: Moment, step: Step) -> None:
        """Say what happened to transactions, and notice the end of the link."""
        for fired in step.fired:
            if fired.machine == "link":
                self._link_is(fired.to)
            elif fired.machine == "transaction" and fired.state != fired.to:
                _log.info("%s: %s, now %s", fired.instance, fired.event.replace("_", " "), fired.to)
        for effect in step.effects:
            self.reboots = self.reboots or effect.__class__ is Reboot

    def _link_is(self, state: str) -> None:
        self.link = state
        if state == "Offline":
            self.offline.set()

    def listen_for_signals(self) -> None:
        """SIGTERM and SIGINT stop the station in good order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)

    def _signalled(self) -> None:
        if self.stopping:
            _log.warning("stopped at once: a second signal")
            self.host.stopped.set()
            return
        self.stopping = True
        limit_s = self.parts.file.runtime.shutdown_wait_s + STOP_MARGIN_S
        asyncio.get_running_loop().call_later(limit_s, self._overdue, limit_s)
        _log.info("an orderly stop")
        self.host.submit(ShutDown())

    def _overdue(self, limit_s: float) -> None:
        if not self.host.stopped.is_set():
            _log.warning("stopped after %g s, with something undone; the next start goes on with it", limit_s)
            self.host.stopped.set()

    def tries(self) -> int:
        """How often the reboot that the station wants is to be tried; 0 where it wants none, or a signal came."""
        if not self.reboots or self.stopping:
            return 0
        return 1 + self.parts.station.context.settings.integer("ResetRetries")

    async def hang_up(self) -> None:
        """Let the close frame out, and wait for the server's, for a bounded time."""
        if self.host.failure or self.link == "Offline":
            return
        self.offline.clear()
        self.parts.transport.hang_up("the station is going down")
        try:
            await asyncio.wait_for(self.offline.wait(), CLOSE_TIMEOUT_S + STOP_MARGIN_S)
        except TimeoutError:
            _log.warning("the link did not close in time")
