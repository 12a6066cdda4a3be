"""Half-open links: everything is swallowed from some moment on, in one direction or both, and neither end can know.

Calls time out, and transaction messages are tried for the last time, before the missing pong ends such a link. When the
next one is open the CSMS has to believe of every connector what is so, and to have each transaction once.
"""

from __future__ import annotations

import time
from typing import Any, Final

from tests.campaigns.accepted import CONNECTORS
from tests.campaigns.run import HEALED_WITHIN_S, Run
from tests.campaigns.sessions import charge, fault, leave, pause, send_list, stop
from tests.campaigns.station import ATTEMPTS, ProcessGoneError
from tests.half_open_proxy import HalfOpenProxy
from tests.processes import until

TUNED: Final = "call_timeout_s = 3.0\n"
KEYS: Final = ("WebSocketPingInterval=5", ATTEMPTS.format(2))
"""A ping without its pong ends the link 5 to 10 s after it died; two attempts are over before."""

ACTS: Final = (charge, charge, charge, stop, leave, pause, fault, fault)
DEAF: Final = (
    {"outward": True, "inward": True},
    {"outward": True, "inward": False},
    {"outward": False, "inward": True},
)
BREATH_S: Final = 0.3


def play(run: Run, links: int) -> None:
    """So many links die; after each the CSMS's picture is right."""
    run.victim.tune(TUNED, *KEYS)
    with HalfOpenProxy(run.csms.url) as proxy:
        run.victim.csms = proxy.url
        run.power_up()
        run.settle()
        send_list(run)
        for _ in range(links):
            _one(run, proxy)
            if run.found:
                return
        for connector in CONNECTORS:
            run.victim.hand(f"/connectors/{connector}/plug_out")
        _agree(run)
        run.judge()


def _one(run: Run, proxy: HalfOpenProxy) -> None:
    _act(run)
    dials, dead = len(proxy.came_from), run.rng.choice(DEAF)
    run.note(f"swallows {dead}")
    proxy.swallow(**dead)
    for _ in range(run.rng.randrange(1, 4)):
        _act(run)
    until(lambda: len(proxy.came_from) > dials or run.victim.ended_by_itself, "the next dial", HEALED_WITHIN_S)
    run.figures["dead links"] += 1
    _agree(run)


def _act(run: Run) -> None:
    act = run.rng.choice(ACTS)
    run.note(act.__name__)
    act(run)
    time.sleep(run.rng.uniform(0.0, BREATH_S))


def _agree(run: Run) -> None:
    """Wait until the CSMS knows of every connector what is so, and has all that is owed to it."""
    try:
        until(lambda: _agreed(run), "the CSMS's picture to be right", HEALED_WITHIN_S / 3)
    except AssertionError:
        state = run.victim.look()
        run.found.append(f"the CSMS believes {_believed(run)}, it is {_is(state)}; {state['queue_length']} wait")


def _agreed(run: Run) -> bool:
    if run.victim.ended_by_itself:
        raise ProcessGoneError
    state = run.victim.look()
    return state["link"] == "Online" and state["queue_length"] == 0 and _believed(run) == _is(state)


def _believed(run: Run) -> dict[int, str]:
    return {told["connectorId"]: told["status"] for told in run.csms.requests("StatusNotification")}


def _is(state: dict[str, Any]) -> dict[int, str]:
    return {0: state["status"]} | {each["connector"]: each["status"] for each in state["connectors"]}
