"""Each scenario runs on asyncio's loop and on uvloop, which the station uses. Every wait is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest
import uvloop

from tests.transport.servers import PATIENCE_S, Run


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a scenario on one of the loops."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def runs(scenario: Coroutine[None, None, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(asyncio.wait_for(scenario, 3 * PATIENCE_S))

    return runs
