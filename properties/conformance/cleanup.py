"""The station at rest, as every case finds it.

That is: online, nothing plugged in or broken, all connectors Available, no transaction open, no list, no profile, an
empty cache, and the configuration that it had. What the last scenario changed is undone by the same means by which it
was changed. Whether that helped is judged by what the station says: the last status of each connector, and a stop for
each start. A station that does not come to rest is reset once, softly; after that the suite cannot go on, and says so.
"""

from __future__ import annotations

import time
from typing import Final

from properties.conformance.actions import ActionFailedError
from properties.conformance.bench import Bench, StepFailedError
from properties.conformance.csms import Heard, NoAnswerError
from properties.conformance.undo import Undo
from runtime.core.rpc import CallResult

SETTLED_S: Final = 0.05
"""A station at rest that has asked nothing for so long has nothing more on its way."""


class NotAtRestError(Exception):
    """The station could not be brought to rest: what it said last."""


def bring_to_rest(bench: Bench) -> None:
    """Undo what was done and wait until it shows. Raises ``NotAtRestError``."""
    problem = _undone(bench) or _shown(bench)
    if problem is not None:
        problem = _reset(bench, problem) or _shown(bench)
    if problem is not None:
        raise NotAtRestError(problem)
    bench.begin()


def _undone(bench: Bench) -> str | None:
    try:
        _undo_by_hand(bench)
        _undo_by_call(bench)
    except (StepFailedError, ActionFailedError) as failed:
        return str(failed)
    finally:
        bench.undo = Undo()
    return None


def _undo_by_hand(bench: Bench) -> None:
    done = bench.undo
    bench.hand.wait(bench.pace.boot_s)
    if done.offline:
        bench.hand.do("network", {"up": True})
    for place in sorted(done.broken):
        bench.hand.try_to(f"{place}/clear_fault")
    # A token that waits for its cable gets one: the session that it leads to ends with the cable.
    waiting = _authorized_only(bench) - done.plugged
    for place in sorted(waiting):
        bench.hand.try_to(f"{place}/plug_in")
    for place in sorted(done.plugged | waiting):
        bench.hand.try_to(f"{place}/plug_out")


def _authorized_only(bench: Bench) -> set[str]:
    """The connectors that are in use without a cable."""
    return {f"connectors/{n}" for n, status in last_statuses(bench).items() if status == "Preparing"}


def _undo_by_call(bench: Bench) -> None:
    done, bench.undo = bench.undo, Undo()
    until_s = time.monotonic() + bench.pace.boot_s
    if bench.csms.wait(lambda: bench.csms.connected or None, until_s) is None:
        bench.fail("a connected station", f"nothing for {bench.pace.boot_s:g} s")
    for key, before in done.values.items():
        bench.call("ChangeConfiguration", {"key": key, "value": before or ""}, status="Accepted")
    for request, cleanup in bench.cleanups.items():
        if payloads := done.calls.get(request):
            cleanup(bench, payloads)
    bench.call_refused("ClearCache", {}, "NotSupported")


def _shown(bench: Bench) -> str | None:
    """Waits until nothing is left to wait for; what was left, where the time is over."""
    until_s = time.monotonic() + bench.pace.patience_s
    while bench.csms.wait(lambda: not left_to_do(bench) or None, until_s):
        if _settled(bench):
            return None
    return ", ".join(left_to_do(bench)) or "the station does not stop talking"


def _settled(bench: Bench) -> bool:
    """Nothing comes for a moment."""
    heard, until_s = len(bench.csms.calls), time.monotonic() + SETTLED_S
    return bench.csms.wait(lambda: len(bench.csms.calls) > heard or None, until_s) is None


def last_statuses(bench: Bench) -> dict[str, object]:
    """What the station has said last of each connector since it booted."""
    last: dict[str, object] = {}
    for heard in bench.csms.calls:
        if heard.action == "BootNotification":
            last.clear()
        elif heard.action == "StatusNotification":
            last[str(heard.payload.get("connectorId"))] = heard.payload.get("status")
    return last


def left_to_do(bench: Bench) -> list[str]:
    """What is not at rest, as far as the station has said."""
    last = last_statuses(bench)
    places = (0, *bench.station.connector_ids)
    busy = [f"connector {n} is {last.get(str(n), 'unheard of')}" for n in places if last.get(str(n)) != "Available"]
    return busy + [f"transaction {number} is open" for number in open_transactions(bench.csms.calls)]


def open_transactions(calls: list[Heard]) -> list[int]:
    """The transactions that were started here and not stopped."""
    started = [heard.answer["transactionId"] for heard in calls if heard.action == "StartTransaction"]
    stopped = {heard.payload.get("transactionId") for heard in calls if heard.action == "StopTransaction"}
    return [number for number in started if number not in stopped]


def _reset(bench: Bench, problem: str) -> str | None:
    """Reset the station; the problem again, where it does not even do that."""
    boots = _boots(bench)
    try:
        answer = bench.csms.call("Reset", {"type": "Soft"}, bench.pace.patience_s)
    except NoAnswerError as failed:
        return f"{problem}; a reset did not help: {failed}"
    if not isinstance(answer, CallResult):
        return f"{problem}; a reset was refused"
    until_s = time.monotonic() + bench.pace.boot_s
    if bench.csms.wait(lambda: _boots(bench) > boots or None, until_s) is None:
        return f"{problem}; the station did not come back from a reset"
    return None


def _boots(bench: Bench) -> int:
    return sum(heard.action == "BootNotification" for heard in bench.csms.calls)
