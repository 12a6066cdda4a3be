"""Two machines with one table: the second has a name, a scope and a title of its own, and the rows of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.loader import load_composition
from model.language.machine import Raise
from model.language.table_source import TableError
from properties.world.world import World
from tests.broken_tables import copied

BELL = """
machine = "bell"
instance_of = "reporting"
scope = "station"
title = "Bell"
"""


def refused(folder: Path, **tables: str) -> TableError:
    """Why the station's tables cannot be read with these ones changed."""
    path = copied(folder)
    for name, text in tables.items():
        (path / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as problem:
        load_composition(path)
    return problem.value


def test_an_instance_has_the_rows_of_the_table_and_raises_its_own_events() -> None:
    composition = load_composition()
    connector, station = composition["reporting"], composition["reporting_zero"]
    assert (station.table, station.scope, station.title) != (station.name, connector.scope, connector.title)
    assert [row.id for row in station.rows] == [row.id for row in connector.rows]
    assert (connector.states, connector.events, connector.unanswered) == (
        station.states, station.events, station.unanswered,
    )  # fmt: skip
    raised = {
        machine.name: next(row for row in machine.rows if row.id == "error").do for machine in (connector, station)
    }
    assert raised == {name: (Raise(name, "changed"),) for name in raised}


def test_each_instance_has_a_state_of_its_own() -> None:
    world = World().power_up().wait(5).link_down().plug_in(1)
    assert (world.state("reporting", 1), world.state("reporting_zero")) == ("Stale", "Told")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BELL.replace('"reporting"', '"reportin"'), "there is no reportin.toml; did you mean 'reporting'?"),
        (BELL.replace('"reporting"', '"reporting_zero"'), "has no rows either: name the table that has them"),
        (BELL.replace('title = "Bell"', ""), "'title' is missing"),
        (BELL + "persistent = true\n", "machine with instance_of has unknown persistent"),
    ],
    ids=["unknown", "an instance itself", "no title", "more than its own"],
)
def test_an_instance_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    named = (
        Path(copied(tmp_path / "sound") / "station.toml").read_text().replace('"call", "live', '"bell", "call", "live')
    )
    problem = refused(tmp_path, bell=text, station=named)
    assert (problem.place.file, problem.place.line) == ("bell.toml", 1)
    assert says in problem.problem


def test_a_shared_table_does_not_ask_for_its_own_machine_by_name(tmp_path: Path) -> None:
    """In the other instance that name would be another machine."""
    path = copied(tmp_path / "sound") / "reporting.toml"
    table = path.read_text().replace('when    = "link == Online and news"', 'when    = "reporting == Told and news"')
    problem = refused(tmp_path, reporting=table)
    assert problem.place.file == "reporting.toml"
    assert problem.problem == "the guard names reporting, and reporting_zero shares the table: say it in 'from'"
