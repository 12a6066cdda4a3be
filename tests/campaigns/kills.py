"""Power cuts: a process killed at random moments of random sessions, and started again on the same data.

starting    while it starts, before or after it has told anything
anytime     in the middle of whatever a driver, the box and the CSMS do
answering   within milliseconds of a call of the CSMS that asks for something to be remembered
draining    while it delivers what it could not deliver before
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from tests.campaigns.run import Run
from tests.campaigns.sessions import ANYTHING, CALLS, charge, leave, reset, stop
from tests.campaigns.station import PATIENT, ProcessGoneError

STARTS_WITHIN: Final = 1.2
"""Of the time that the last start took: so it is met at every stage, on a busy machine too."""

LIVES_S: Final = 2.5
ANSWERS_WITHIN_S: Final = 0.008
DRAINS_WITHIN_S: Final = 0.25
MANY: Final = 1000
MODES: Final = {"starting": 15, "anytime": 45, "answering": 25, "draining": 15}


def play(run: Run, kills: int) -> None:
    """So many power cuts, then peace, then the verdict."""
    run.victim.tune("", PATIENT)
    for _ in range(kills):
        mode = run.rng.choices(list(MODES), list(MODES.values()))[0]
        with suppress(ProcessGoneError):
            _WAYS[mode](run)
        run.note(f"killed: {mode}")
        run.figures[mode] += 1
        run.die()
        run.csms.accept()
        run.csms.silent_on = frozenset()
        run.judge_so_far()
        if run.found:
            return
    run.heal()
    run.judge()


def _starting(run: Run) -> None:
    run.power_up(wait=False)
    time.sleep(run.rng.uniform(0.02, STARTS_WITHIN * run.start_s))


def _begin(run: Run) -> None:
    run.power_up()
    run.settle()
    run.compare()


def _anytime(run: Run) -> None:
    _begin(run)
    timer = run.victim.kill_soon(run.rng.uniform(0.0, LIVES_S))
    try:
        charge(run)
        for _ in range(MANY):
            run.rng.choice(ANYTHING if run.rng.random() > 0.03 else (reset,))(run)
    finally:
        timer.join()


def _answering(run: Run) -> None:
    _begin(run)
    for _ in range(run.rng.randrange(2)):
        run.rng.choice(ANYTHING)(run)
    act = run.rng.choice(CALLS)
    if run.rng.random() < 0.5:
        act(run)
        return  # killed at once: what was accepted a moment ago has to be safe
    timer = run.victim.kill_soon(run.rng.uniform(0.0, ANSWERS_WITHIN_S))
    try:
        act(run)
    finally:
        timer.join()


def _draining(run: Run) -> None:
    run.csms.refuse()
    run.power_up()
    for act in (charge, stop, leave, charge, stop):
        act(run)
    run.csms.accept()
    run.settle()
    time.sleep(run.rng.uniform(0.0, DRAINS_WITHIN_S))


_WAYS: Final = {"starting": _starting, "anytime": _anytime, "answering": _answering, "draining": _draining}
