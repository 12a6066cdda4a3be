"""A container becomes again what it was when its step began, however often it has changed in that step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from runtime.core.undo import CHANGES, Undo

ADDING: dict[type, Callable[[Any, int], object]] = {
    dict: lambda held, number: held.update({number: number}),
    list: lambda held, number: held.append(number),
    set: lambda held, number: held.add(number),
    deque: lambda held, number: held.append(number),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_all_changes_of_a_step_are_undone_and_none_of_the_step_before(kind: type) -> None:
    undo = Undo()
    held = undo.kept(kind())
    undo.begin()
    for number in (1, 2):
        ADDING[kind](held, number)
    before = kind(held)
    undo.begin()
    held.clear()
    for number in (3, 4):
        ADDING[kind](held, number)
    assert held != before
    undo.undo()
    assert held == before
    undo.begin()
    ADDING[kind](held, 5)
    undo.undo()
    assert held == before


def test_what_is_made_and_changed_in_a_step_costs_no_copy() -> None:
    undo = Undo()
    undo.begin()
    made = undo.kept([1])
    made.append(2)
    undo.undo()
    assert made == [1, 2], "nobody has it any more"
    undo.begin()
    made.append(3)
    undo.undo()
    assert made == [1, 2]
