"""What a new block changes of the files that there are: the program is copied, and the door contact put into it.

This is the measure of the registry: everything that composes reads it, so a block is a set of files of its own and a
line in each of a few lists.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from model.language.loader import load_composition
from tests.door_contact.touching import BLOCK, NEW, TOUCHED, changed

ROOT: Final = Path(__file__).parent.parent.parent
PACKAGES: Final = ("model", "diagrams", "runtime", "properties")
MOST_TOUCHED: Final = 5
PATIENCE_S: Final = 300

SCENARIO: Final = """
from properties.blocks.registry import CHECKS, property_files_of, stimuli_of
from properties.registry import load_registry
from properties.world.world import World
from model.language.loader import load_composition
from runtime.operations.door import DoorPanel

world = World().power_up().plug_in().present("alice")
world.happen(world.ports[DoorPanel].open)
known = load_registry(load_composition(), *property_files_of()).properties
print(world.state("connector", 1), world.state("door"), world.ports[DoorPanel].lamp)
print("door.opened" in stimuli_of().stimuli, "no energy behind an open door" in [one.name for one in known])
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as it would be with the block in it."""
    root = tmp_path_factory.mktemp("program")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, place in NEW.items():
        text = (BLOCK / name).read_text(encoding="utf-8")
        assert not (root / place).exists(), f"{place} is a file that there is"
        (root / place).write_text(
            text.replace("tests.door_contact.block.operations", "runtime.operations.door"), encoding="utf-8"
        )
    for path in TOUCHED:
        text = (root / path).read_text(encoding="utf-8")
        (root / path).write_text(changed(text, path), encoding="utf-8")
    return root


def run(program: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(program)}
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=program, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_block_touches_at_most_five_of_the_files_that_there_are(program: Path) -> None:
    files = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    there = [str(path) for path in files if "__pycache__" not in path.parts]
    _, differing, missing = filecmp.cmpfiles(ROOT, program, there, shallow=False)
    assert not missing
    assert set(differing) == set(TOUCHED)
    assert len(differing) <= MOST_TOUCHED


def test_with_no_more_than_that_the_door_ends_charging_and_every_tool_knows_it(program: Path) -> None:
    assert run(program, "-c", SCENARIO).splitlines() == ["Finishing Open True", "True True"]


def test_with_no_more_than_that_its_tables_are_sound(program: Path) -> None:
    machines = len(load_composition().machines) + 1
    assert f"{machines} machines" in run(program, "-m", "runtime.commands.cli", "lint")
