"""What the CSMS saw of one action."""

from __future__ import annotations

from typing import Any

from properties.world.invariants import contents
from properties.world.world import World

Json = dict[str, Any]


def only_content(world: World, action: str) -> Json:
    """The one payload of that action, however often it was sent."""
    (payload,) = contents(world, action)
    return payload


def only(world: World, action: str) -> Json:
    """The one call of that action that the CSMS saw."""
    (payload,) = world.csms.got(action)
    return payload
