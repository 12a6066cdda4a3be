"""The calls of the station, as they left it: what every judgement from outside begins with."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from properties.world.network import Passed
from properties.world.world import World

CALL, RESULT, ERROR = 2, 3, 4
Json = dict[str, Any]


@frozen
class Sent:
    """One call of the station, as it left."""

    at_s: float
    life: int
    connection: int
    message_id: str
    action: str
    payload: Json

    def __str__(self) -> str:
        return f"{self.action} at {self.at_s:.2f} s"


def sent(world: World) -> list[Sent]:
    """Every call of the station, in the order in which they left."""
    return [call for passed in world.network.log if passed.outward and (call := call_in(passed))]


def call_in(passed: Passed) -> Sent | None:
    """The call that a frame of the station is, if it is one."""
    frame = json.loads(passed.text)
    if frame[0] != CALL:
        return None
    return Sent(passed.at_s, passed.life, passed.connection, *frame[1:])
