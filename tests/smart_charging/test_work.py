"""How much work a composite schedule is: counted, not timed. Whoever presses the stop button waits for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from model.messages.charging import ChargingProfile, GetCompositeScheduleReq
from model.smart_charging.composite import MOST_BOUNDARIES, TooManyBoundariesError, walk
from model.smart_charging.limits import Stack
from model.smart_charging.timeline import Stretch, timeline_of
from properties.world.world import World
from tests.smart_charging.stacks import DAY_S, NOW_S, daily

HELD = tuple(
    daily(number, *((nth * (900 + number), 1_000 + number) for nth in range(10)), startSchedule="2026-01-01T00:00Z",
          stackLevel=number)
    for number in range(4)
)  # fmt: skip


class Counted:
    """A timeline that counts how often it is asked."""

    def __init__(self, profile: ChargingProfile) -> None:
        self.timeline, self.asked = timeline_of(profile, NOW_S), 0

    def at(self, second: int) -> Stretch:
        self.asked += 1
        return self.timeline.at(second)


def test_each_profile_is_asked_once_for_each_stretch_of_its_own_however_many_the_others_have() -> None:
    profiles = [daily(0, (0, 1_000), startSchedule="2026-01-01T00:00Z", duration=10), *HELD[1:]]
    timelines = [Counted(profile) for profile in profiles]
    stack = Stack(timelines)  # type: ignore[arg-type]  # it asks `at` and nothing else
    boundaries = sum(1 for _ in walk(stack.at, NOW_S, DAY_S))
    assert boundaries > 10
    assert timelines[0].asked <= 4, "it has two stretches a day"


def test_no_more_boundaries_are_walked_than_the_bound_says_however_long_the_window() -> None:
    asked = 0

    def alternating(second: int) -> Stretch:
        nonlocal asked
        asked += 1
        return Stretch(Decimal(second % 2), second + 1)

    with pytest.raises(TooManyBoundariesError):
        list(walk(alternating, 0, 2**31))
    assert asked == MOST_BOUNDARIES


class CountedSharing:
    """The limits of the station, counting how often they are gathered for a schedule."""

    def __init__(self, power_allocation: Any) -> None:
        self.power_allocation, self.gathered = power_allocation, 0

    def limits(self) -> Any:
        self.gathered += 1
        return self.power_allocation.limits()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.power_allocation, name)


def test_a_schedule_is_worked_out_once_for_an_answer_and_anew_for_the_next() -> None:
    world = World().power_up()
    block: Any = world.station.bindings.address[GetCompositeScheduleReq]
    counted = block.__self__.power_allocation = CountedSharing(block.__self__.power_allocation)
    for nth in (1, 2):
        assert (world.ask("GetCompositeSchedule", connectorId=1, duration=60).answer or {})["status"] == "Accepted"
        assert counted.gathered == nth
