"""What an event does, on tables small enough to see through."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from model.language.composition import Composition, Instance, in_reach
from model.language.guard import ALWAYS
from model.language.loader import load_composition
from model.language.machine import Perform, Row
from model.language.semantics import AmbiguousError, DoesNotSettleError, Occurrence, choose, power_up, run_to_completion

MACHINE = """
machine = "{name}"
scope = "station"
title = "t"
source = "s"
[states.A]
means = "a"
[states.B]
means = "b"
[events.go]
means = "g"
from = ["hardware", "machine"]
[events.power_up]
means = "p"
from = "power"
[operations."ring"]
means = "r"
{rows}
"""
STATION = """
title = "t"
source = "s"
machines = [{machines}]
"""


def composed(tmp_path: Path, **rows: str) -> Composition:
    """Machines of that name with those rows."""
    tmp_path.mkdir(exist_ok=True)
    for name, text in rows.items():
        (tmp_path / f"{name}.toml").write_text(MACHINE.format(name=name, rows=text))
    names = ", ".join(f'"{name}"' for name in rows)
    (tmp_path / "station.toml").write_text(STATION.format(machines=names))
    return load_composition(tmp_path)


def row(identity: str, do: str = "", to: str = "", when: str = "", source: str = "A") -> str:
    """One row on ``go``."""
    target = f'to = "{to}"\n' if to else ""
    return (
        f'[[row]]\nid = "{identity}"\nfrom = "{source}"\non = "go"\n{target}'
        f'when = "{when}"\ndo = [{do}]\nreason = "a test"\n'
    )


class Trace:
    """A body that runs the tables by ``choose`` and writes down what happens."""

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        self.states = {Instance(m.name): m.initial for m in composition.machines}
        self.seen: list[str] = []

    def react(self, occurrence: Occurrence) -> tuple[Row, str] | None:
        machine, source = self.composition[occurrence.instance.machine], self.states[occurrence.instance]
        found = choose(machine, source, occurrence.event, lambda guard: guard == ALWAYS)
        if found is None:
            return None
        self.states[occurrence.instance] = found.target(source)
        self.seen.append(f"{machine.name}:{found.id}")
        return found, source

    def members(self, machine: str, reached_from: Instance) -> Iterable[Instance]:
        return [i for i in self.states if i.machine == machine and in_reach(reached_from, i)]

    def create(self, machine: str, creator: Instance) -> Instance:
        raise AssertionError

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        self.seen.append(f"{action} in {self.states[occurrence.instance]}")

    def restart(self, instance: Instance, timer: str) -> None:
        raise AssertionError

    def row_fired(self, occurrence: Occurrence, row: Row, source: str) -> Iterable[Occurrence]:
        return ()

    def cease(self) -> None:
        self.seen.append("rest")


def test_the_state_changes_before_the_actions_and_the_step_ends_with_rest(tmp_path: Path) -> None:
    trace = Trace(composed(tmp_path, one=row("r", do='"ring"', to="B")))
    run_to_completion(trace, [Occurrence(Instance("one"), "go")])
    assert trace.seen == ["one:r", "ring in B", "rest"]


def test_what_a_row_raises_waits_behind_what_is_already_raised(tmp_path: Path) -> None:
    tables = composed(
        tmp_path,
        one=row("r", do='"raise two.go", "raise three.go"', to="B"),
        two=row("r", do='"raise four.go"', to="B"),
        three=row("r", to="B"),
        four=row("r", to="B"),
    )
    trace = Trace(tables)
    run_to_completion(trace, [Occurrence(Instance("one"), "go")])
    assert trace.seen == ["one:r", "two:r", "three:r", "four:r", "rest"]


def test_rows_that_raise_each_other_without_end_are_stopped_and_named(tmp_path: Path) -> None:
    trace = Trace(composed(tmp_path, one=row("r", do='"raise two.go"'), two=row("r", do='"raise one.go"')))
    with pytest.raises(DoesNotSettleError, match=r"(one|two)\.go"):
        run_to_completion(trace, [Occurrence(Instance("one"), "go")])


def test_two_rows_that_could_fire_are_never_chosen_between(tmp_path: Path) -> None:
    tables = composed(tmp_path, one=row("r") + row("s", to="B"))
    with pytest.raises(AmbiguousError, match="r and s"):
        choose(tables["one"], "A", "go", lambda _: True)


def test_power_comes_to_every_machine_that_has_the_event_in_the_order_of_the_station(tmp_path: Path) -> None:
    tables = composed(tmp_path, two=row("r"), one=row("r"))
    line = power_up(tables, tables.instances(connectors=1, slots=1))
    assert [str(occurrence) for occurrence in line] == ["two.power_up", "one.power_up"]


def test_a_connector_reaches_its_own_and_the_station_and_no_other_connector() -> None:
    here, there, station = Instance("cable", 1), Instance("cable", 2), Instance("link")
    assert in_reach(here, station)
    assert in_reach(station, here)
    assert in_reach(station, there)
    assert not in_reach(here, there)
    assert in_reach(here, Instance("transaction", 1, 5))
    assert not in_reach(Instance("transaction", 1, 4), Instance("transaction", 1, 5))


def test_an_entry_of_the_cache_reaches_the_station_and_is_reached_from_everywhere_but_from_other_entries() -> None:
    entry, cache = Instance("cache_entry", 0, 5), Instance("cache")
    assert str(entry) == "cache_entry/0/5"
    assert in_reach(entry, cache)
    assert in_reach(cache, entry)
    assert in_reach(entry, entry)
    assert in_reach(Instance("transaction", 1, 4), entry)
    assert not in_reach(entry, Instance("cache_entry", 0, 6))
