"""What came of an action: a verdict at the reader, an answer of the CSMS. A watcher of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from runtime.core.inputs import Input, Moment, TokenPresented
from runtime.core.ports import DataTransferEnded, Step, TellDriver

Said = dict[str, Any]

ANSWER_WAIT_S: Final = 5.0
"""So long the CSMS's answer to a DataTransfer is waited for; less than an exchange may take."""

IGNORED: Final = "ignored"
OUTCOMES: Final = {"Accepted": "accepted", "Refused": "refused", "Wait": "asking"}
ASKING: Final = ("Asking", "AskingToStop")
IDLE: Final = "Idle"
"""States of a connector's authorization."""


class Answers:
    """Waits for what steps say of a token that was presented, and of a DataTransfer that was asked for."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[DataTransferEnded]] = {}
        self._tickets = 0
        self._token = IGNORED

    def __call__(self, given: Input, _now: Moment, step: Step) -> None:
        """A step is over."""
        if isinstance(given, TokenPresented):
            self._token = token_outcome(step)
        for effect in step.effects:
            if isinstance(effect, DataTransferEnded):
                self._ended(effect)

    def _ended(self, ended: DataTransferEnded) -> None:
        future = self._waiting.pop(ended.ticket, None)
        if future is not None and not future.done():
            future.set_result(ended)

    def to_token(self, present: Callable[[], None]) -> str:
        """What became of the token that ``present`` holds to the reader."""
        self._token = IGNORED
        present()
        return self._token

    def new_ticket(self) -> int:
        """A ticket whose end is waited for."""
        self._tickets += 1
        self._waiting[self._tickets] = asyncio.get_running_loop().create_future()
        return self._tickets

    async def to_data_transfer(self, ticket: int) -> Said:
        """The status and the data of the CSMS; or no status, and why: it is still to come, or was lost."""
        try:
            ended = await asyncio.wait_for(self._waiting[ticket], ANSWER_WAIT_S)
        except TimeoutError:
            return {"status": None, "data": None, "why": f"no answer within {ANSWER_WAIT_S:g} s"}
        finally:
            self._waiting.pop(ticket, None)
        return {"status": ended.status, "data": ended.data, "why": ended.why or None}


def token_outcome(step: Step) -> str:
    """``accepted``, ``refused``, ``asking``, ``withdrawn``; ``ignored``: the reader is busy, or it means nothing.

    A token at a connector where another one is being asked about is shown Refused, and changes nothing there.
    """
    taken = [fired for fired in step.fired if fired.machine == "authorization" and fired.event == "token_presented"]
    verdicts = [effect.verdict for effect in step.effects if isinstance(effect, TellDriver)]
    if not taken or not verdicts or (verdicts == ["Refused"] and any(one.state in ASKING for one in taken)):
        return IGNORED
    if any(one.to == IDLE != one.state for one in taken):
        return "withdrawn"
    return OUTCOMES.get(verdicts[-1], verdicts[-1].lower())
