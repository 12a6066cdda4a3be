"""What the reader may never be found to do: every token that is presented gets its end there.

A judgement is one sentence, as in ``invariants.py``. It is made from the verdicts that were shown, step by step.
"""

from __future__ import annotations

from collections.abc import Iterator

from properties.world.world import World
from runtime.core.inputs import PowerUp, TokenPresented
from runtime.core.ports import Reboot, Step, Stop, TellDriver


def reader_violations(world: World) -> list[str]:
    """Tokens that were shown no verdict, and drivers who were left waiting."""
    return [*_unanswered(world), *_left_waiting(world)]


def longest_wait_s(world: World) -> float:
    """The call that is open, Authorize for each connector, and a BootNotification, all of them unanswered."""
    return (len(world.file.connector_ids) + 2) * world.file.runtime.call_timeout_s


def _unanswered(world: World) -> Iterator[str]:
    for at_s, given, step in world.steps:
        if isinstance(given, TokenPresented) and not any(_verdicts(step)):
            yield f"{given.id_tag} was presented at {at_s:.2f} s, and the reader showed nothing (CS-4.1-01)"


def _left_waiting(world: World) -> Iterator[str]:
    """The reader shows nothing without power; a station that stops in good order has answered every token before."""
    waiting: dict[int, float] = {}
    for at_s, given, step in world.steps:
        if isinstance(given, PowerUp):
            waiting.clear()
        yield from _too_long(world, waiting, at_s)
        for shown in _verdicts(step):
            if shown.verdict == "Wait":
                waiting.setdefault(shown.connector, at_s)
            else:
                waiting.pop(shown.connector, None)
        if any(isinstance(effect, Reboot | Stop) for effect in step.effects):
            yield from (f"connector {at} still showed Wait as the station went down at {at_s:.2f} s" for at in waiting)
    if world.powered:
        yield from _too_long(world, waiting, world.clock.now_s)


def _too_long(world: World, waiting: dict[int, float], now_s: float) -> Iterator[str]:
    for connector, since_s in waiting.items():
        if now_s > since_s + longest_wait_s(world):
            yield f"connector {connector} shows Wait since {since_s:.2f} s, and it is {now_s:.2f} s (CS-4.1-01)"


def _verdicts(step: Step) -> Iterator[TellDriver]:
    return (effect for effect in step.effects if isinstance(effect, TellDriver))
