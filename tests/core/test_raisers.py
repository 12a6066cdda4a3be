"""Who raises an event outside of the tables: what a block says of itself, its code does, and the tables know it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.configuration import Key, load_configuration
from model.language.loader import load_composition
from model.language.machine import BLOCK
from model.language.table_source import TableError
from properties.world.world import World
from runtime import operations
from runtime.commands.lint_command import find
from runtime.raisers import known_raisers
from tests.broken_tables import copied

COMPOSITION = load_composition()
RAISING = [key for key in load_configuration().key if key.raises]
VALUES = {"boolean": "false", "integer": "60"}


def _acts() -> Iterator[tuple[str, tuple[str, str]]]:
    """Each event that is raised by name in the source of a block, with the block."""
    for path in Path(operations.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "act":
                names = [str(each.value) for each in node.args[:2] if isinstance(each, ast.Constant)]
                if len(names) == 2:
                    yield BLOCK + path.stem, (names[0], names[1])


def test_a_block_is_tagged_with_what_its_source_raises_of_its_own() -> None:
    own = {
        (block, (machine, name))
        for block, (machine, name) in _acts()
        if (event := COMPOSITION[machine].event(name)) and event.raisers
    }
    tagged = {(block, event) for block, events in known_raisers().items() for event in events}
    assert own == {one for one in tagged if one[0] != "configuration"}


@pytest.mark.parametrize(
    ("table", "old", "new", "says"),
    [
        ("heartbeat", "configuration", "csms", "configuration raises heartbeat.interval_changed, and the event does"),
        (
            "interface_selection",
            "operations.calls",
            "csms",
            "operations.calls raises interface_selection.call_over, and the event does not say so",
        ),
        (
            "interface_selection",
            "operations.calls",
            "operations.cals",
            "which does not raise interface_selection.call_over",
        ),
    ],
)
def test_the_lint_sees_a_table_that_does_not_know_who_raises_its_event(
    tmp_path: Path, table: str, old: str, new: str, says: str
) -> None:
    path = copied(tmp_path) / f"{table}.toml"
    path.write_text(path.read_text().replace(f'"{old}"', f'"{new}"'))
    found = [one for one in find(path.parent) if one.rule == "L023"]
    assert any(says in one.problem for one in found), found
    assert {one.place.file for one in found} == {f"{table}.toml"}


def test_an_event_of_an_unnamed_operation_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path) / "interface_selection.toml"
    path.write_text(path.read_text().replace('"operations.calls"', '"operation"'))
    with pytest.raises(TableError, match=r"interface_selection.toml:\d+: .*operations.NAME of a block"):
        load_composition(path.parent)


@pytest.mark.parametrize("key", RAISING, ids=lambda key: key.name)
def test_a_change_of_a_key_reaches_every_instance_of_the_machine_that_it_names(world: World, key: Key) -> None:
    world.plug_in(1).present("alice", 1).plug_in(2).present("bob", 2).wait(25)
    before = len(world.fired)
    world.ask("ChangeConfiguration", key=key.name, value=VALUES[key.type])
    for machine, event in key.raised:
        heard = {fired.at for fired in world.fired[before:] if (fired.machine, fired.event) == (machine, event)}
        assert heard == set(world.station.context.engine.living(machine))
