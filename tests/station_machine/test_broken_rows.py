"""A row that is broken on purpose is found out: by its scenario, and by Hypothesis alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from model.language.composition import Composition
from model.language.loader import TABLES, load_composition
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.failures import TooManyFailuresError
from tests.station_machine.broken import BROKEN, Broken
from tests.station_machine.machine import SEARCH, SETTINGS, StationMachine

pytestmark = pytest.mark.exhaustive


def with_broken(folder: Path, broken: Broken) -> Composition:
    """The tables with one of them changed."""
    copy = Path(shutil.copytree(TABLES, folder / "tables"))
    path = copy / f"{broken.table}.toml"
    text = path.read_text(encoding="utf-8")
    assert broken.old in text, f"{path.name} has changed: correct this test"
    path.write_text(text.replace(broken.old, broken.new), encoding="utf-8")
    return load_composition(copy)


def findings(world: World, scenario: Callable[[World], object]) -> list[str]:
    """What the invariants say after the scenario and the healing; a station that fails is a finding too."""
    try:
        scenario(world.power_up())
        heal(world)
    except (LookupError, AssertionError, StopIteration, TooManyFailuresError) as failure:
        return [f"the station failed: {failure!r}"]
    return [*violations(world), *undelivered(world)]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_row_is_found(tmp_path: Path, broken: Broken) -> None:
    assert not findings(World(settings=SETTINGS), broken.scenario)
    world = World(settings=SETTINGS, composition=with_broken(tmp_path, broken))
    assert broken.found in " ".join(findings(world, broken.scenario))


BY_ITSELF = (
    "a call that does not close the slot",
    "a status before the acceptance",
    "a stop that waits for nobody to send it",
    "a power loss that nobody notices",
    "a link that is not dialled again",
)
"""Broken rows that a world without a plan comes upon within a few runs."""


def test_hypothesis_finds_a_broken_row_by_itself(tmp_path: Path) -> None:
    """Which of them depends on the rules and their order; whatever is found first, and however, is enough."""
    assert any(_comes_upon(tmp_path / str(nth), BROKEN[name]) for nth, name in enumerate(BY_ITSELF))


def _comes_upon(folder: Path, broken: Broken) -> bool:
    class Machine(StationMachine):
        composition = with_broken(folder, broken)

    short = settings(SEARCH, max_examples=200, database=None, derandomize=True, phases=[Phase.generate])
    try:
        run_state_machine_as_test(Machine, settings=short)
    except (AssertionError, LookupError, StopIteration):
        return True
    return False
