"""What a request costs, counted: a busy machine makes no call more.

A request goes through tables and blocks, and each layer that asks or carries something once more shows here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from runtime.core.inputs import FrameReceived
from tests.benchmarks.micro import booted_station, now
from tests.benchmarks.wire import REQUESTS

MOST_CALLS = 72
"""Of functions written in Python, in one step: a tenth above what one function that did it all would make."""


def calls_in(step: Callable[[], object]) -> int:
    """How many functions written in Python are called."""
    called = 0

    def count(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal called
        called += event == "call"

    sys.setprofile(count)
    try:
        step()
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("measure", ["get", "change"])
def test_a_step_that_answers_a_request_makes_few_calls(measure: str) -> None:
    # Given a station that has done it before, so that what is made once is there; when it does it again; then few
    # functions are called.
    station, moment = booted_station(), now()
    first, again = (FrameReceived(f'[2,"{nth}",{tail}') for nth, tail in enumerate(REQUESTS[measure]))
    station.step(first, moment)
    assert 0 < calls_in(lambda: station.step(again, moment)) <= MOST_CALLS
