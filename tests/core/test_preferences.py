"""A token that names no connector, and a remote start that names none, go where the table prefers them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import TABLES, load_composition
from model.language.table_source import TableError
from properties.world.csms import says
from properties.world.world import World
from runtime.commands.lint_command import find
from tests.broken_tables import copied
from tests.covering import covers

GROUPED = {"idTagInfo": {"status": "Accepted", "parentIdTag": "G"}}


def reserved(world: World, tag: str, **more: str) -> World:
    world.ask("ReserveNow", connectorId=2, idTag=tag, reservationId=7, expiryDate="2026-01-01T13:00:00Z", **more)
    return world


def in_group(world: World) -> World:
    world.csms.plan("Authorize", says(**GROUPED))
    return world.plug_in(2).present("carol", 2)


SCENES: dict[str, Callable[[World], object]] = {
    "own": lambda world: world.plug_in(2).present("alice", 2).plug_in(1),
    "reserved": lambda world: reserved(world, "alice").plug_in(1),
    "ev_waits": lambda world: world.plug_in(2),
    "own_ev": lambda world: world.plug_in(2).present("alice", 2).present("alice", 2),
    "group": in_group,
    "free": lambda world: world.plug_in(1).present("bob", 1),
    "session": lambda world: (
        world.plug_in(2).present("bob", 2).ask("ChangeAvailability", connectorId=1, type="Inoperative")
    ),
    "reserved_for_a_group": lambda world: reserved(world, "carol", parentIdTag="G").ask(
        "ChangeAvailability", connectorId=1, type="Inoperative"
    ),
}
"""What makes connector 2 the one for alice: each but the first beside a connector 1 that is free, or worse."""


def without(folder: Path, name: str) -> Composition:
    """The tables without one preference."""
    path = copied(folder) / "authorization.toml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(rf'\[\[preference\]\]\nid      = "{name}"\n(?:(?!\[\[).*\n)*', "", text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    return load_composition(path.parent)


def where(event: str, scene: Callable[[World], object], composition: Composition | None = None) -> int:
    """The connector that gets alice's token, or her remote start, after that scene."""
    world = World(composition=composition).power_up().wait(5)
    scene(world)
    before = len(world.fired)
    if event == "token_presented":
        world.present("alice")
    else:
        assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Accepted"}
    return next(fired.at.connector for fired in world.fired[before:] if fired.event == event)


@covers("CS-3.6-05", "CS-5.13-11", "CS-4.9-F2", "CS-3.10-02", "CS-5.13-17")
@pytest.mark.parametrize("name", SCENES)
def test_a_token_without_a_connector_goes_where_the_table_prefers_it(tmp_path: Path, name: str) -> None:
    assert where("token_presented", SCENES[name]) == 2
    assert where("token_presented", SCENES[name], without(tmp_path, name)) == 1, "it is that preference that decides"


@covers("CS-5.11-12", "CS-5.13-11")
@pytest.mark.parametrize("name", ["reserved", "ev_waits", "own_ev"])
def test_a_remote_start_without_a_connector_goes_where_the_table_prefers_it(tmp_path: Path, name: str) -> None:
    assert where("remote_start", SCENES[name]) == 2
    assert where("remote_start", SCENES[name], without(tmp_path, name)) == 1, "it is that preference that decides"


def test_where_nothing_can_be_done_the_first_connector_says_so_and_a_remote_start_is_rejected(world: World) -> None:
    world.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert world.present("alice").box.last_verdict == (1, "Refused")
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'on      = "token_presented"\nclauses = ["CS-4.1-09"]',
            'on      = "token_presentd"',
            "unknown event",
        ),
        ('when    = "may_stop"', 'when    = "may_halt"', "guard asks 'may_halt'"),
        (
            'when    = "may_stop"',
            'when    = "some connector == Charging"',
            "preference session: connector is one from here",
        ),
        ('clauses = ["CS-4.1-09"]\nreason  = "it can', '# reason  = "it can', "a preference has no clause"),
    ],
)
def test_a_preference_that_makes_no_sense_is_refused_by_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = copied(tmp_path) / "authorization.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TableError) as refused:
        load_composition(path.parent)
    line = refused.value.place.line
    assert path.read_text().splitlines()[line - 1] == "[[preference]]"
    assert says in refused.value.problem


def test_a_preference_behind_one_that_always_holds_never_decides(tmp_path: Path) -> None:
    path = copied(tmp_path) / "authorization.toml"
    own = '[[preference]]\nid      = "own"\n'
    first = '[[preference]]\nid = "any"\non = "token_presented"\nreason = "?"\n'
    path.write_text((TABLES / path.name).read_text().replace(own, first + own), encoding="utf-8")
    found = {one.problem.partition(":")[0] for one in find(path.parent) if one.rule == "L024"}
    assert "preference own never decides 'token_presented'" in found
