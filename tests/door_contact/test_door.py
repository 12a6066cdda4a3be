"""A station with a door contact: an open door ends charging, and none begins while it is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis.stateful import rule, run_state_machine_as_test

from model.language.composition import Composition
from model.language.loader import load_composition
from model.language.matrix import load_matrix
from model.station_file import load_station
from properties.blocks.registry import CHECKS, property_files_of, stimuli_of
from properties.findings import FAILS
from properties.registry import load_registry
from properties.replay.replay import Replay, read_trace, report
from properties.verification import Verification, verify
from properties.world.world import World, offers_w
from runtime.blocks import BLOCKS
from runtime.core.binding import UnboundError
from runtime.core.ports import DataTransferEnded
from tests.broken_tables import with_row
from tests.covering import FiredRows, covers
from tests.door_contact.block.checks import CHECKS as OF_DOOR
from tests.door_contact.block.operations import BLOCK, DoorPanel, SetDoorLamp, SimulatedDoor
from tests.door_contact.touching import changed
from tests.searching import searching
from tests.station_machine.machine import StationMachine

ALL_CHECKS = (*CHECKS, OF_DOOR)
A_DOOR = "a door beside a connector"


# ---- the scenarios -------------------------------------------------------------------------------------------


@covers("CS-4.9-C6", rows=("door:open", "connector:C6.door"))
def test_an_open_door_ends_charging(boxed: World, door: SimulatedDoor) -> None:
    boxed.plug_in().present("alice").wait(30).happen(door.open)
    assert boxed.state("connector", 1) == "Finishing"
    assert list(offers_w(boxed)) == [0, 0]
    assert [stop["reason"] for stop in boxed.csms.got("StopTransaction")] == ["Other"]
    assert door.lamp


@covers("CS-4.9-B3", rows=("door:close", "connector:B3"))
def test_who_waits_before_an_open_door_may_begin_when_it_is_closed(boxed: World, door: SimulatedDoor) -> None:
    boxed.happen(door.open).plug_in().present("alice")
    assert boxed.state("connector", 1) == "Preparing"
    boxed.happen(door.close)
    assert boxed.state("connector", 1) == "Charging"
    assert not door.lamp


def test_a_door_that_stands_open_when_power_comes_is_told(boxed: World, door: SimulatedDoor) -> None:
    boxed.plug_in().present("alice").wait(30).cut_power().happen(door.open)
    boxed.power_up().present("bob").wait(30)
    assert boxed.state("door") == "Open"
    assert boxed.state("connector", 1) == "Preparing"


@pytest.mark.parametrize("place", range(1, 13))
def test_wherever_the_power_is_cut_the_session_behind_an_open_door_has_ended_once(
    boxed: World, door: SimulatedDoor, place: int
) -> None:
    boxed.plug_in().present("alice").wait(30)
    boxed.fuse.set(place)
    boxed.happen(door.open).cut_power().power_up().wait(60)
    stops = boxed.csms.got("StopTransaction")
    assert [stop["transactionId"] for stop in stops[:1]] == [1001]
    assert all(stop == stops[0] for stop in stops), "one that was not confirmed is sent again as it was"
    assert (boxed.state("door"), door.lamp, list(offers_w(boxed))) == ("Open", True, [0, 0])


@pytest.mark.exhaustive
def test_an_effect_of_a_block_has_a_place_at_which_the_power_can_go(boxed: World, door: SimulatedDoor) -> None:
    seen = []
    for place in range(1, 40):
        boxed.fuse.set(place)
        boxed.happen(door.close if door.is_open else door.open).cut_power()
        seen.append(boxed.fuse.blew)
        boxed.power_up()
    assert "before set_lamp" in seen


# ---- what the registry asks of a block ---------------------------------------------------------------------


def test_a_table_whose_block_is_not_listed_names_the_operation(composition: Composition) -> None:
    with pytest.raises(UnboundError, match=r"no function for operation \('door', 'set lamp'\)"):
        World(composition=composition).power_up()


def test_an_effect_that_nobody_performs_is_found_before_anything_starts(composition: Composition) -> None:
    world = World(composition=composition, blocks=(*BLOCKS, evolve(BLOCK, ports={})))
    with pytest.raises(UnboundError, match=r"nobody performs SetDoorLamp of block door.*DoorPanel"):
        world.power_up()


def test_effects_name_their_ports() -> None:
    assert SetDoorLamp.port is DoorPanel
    assert DataTransferEnded.port is None, "who asked watches the steps"


# ---- what must hold ------------------------------------------------------------------------------------------


def verified(tables: Path) -> Verification:
    composition = load_composition(tables)
    own, *of_blocks = property_files_of(ALL_CHECKS)
    patched = tables.parent / own.name
    patched.write_text(changed(own.read_text(encoding="utf-8"), f"properties/{own.name}"), encoding="utf-8")
    registry = load_registry(composition, patched, *of_blocks)
    scopes = [scope for scope in registry.scopes if scope.name == A_DOOR]
    return verify(composition, registry, load_matrix(tables), scopes)


@pytest.mark.exhaustive
def test_what_must_hold_of_the_door_holds_with_all_the_rest(tables: Path) -> None:
    found = verified(tables)
    assert not [name for name, report in found.properties.items() if report.verdict == FAILS]
    assert "no energy behind an open door" in found.properties


@pytest.mark.exhaustive
def test_a_door_that_ends_nothing_is_a_counterexample_that_the_real_station_replays(
    tables: Path, tmp_path: Path
) -> None:
    with_row(tables, "connector:C6.door", r"^to .*\n(do .*\n(  .*\n)*\])$", "do = []")
    found = verified(tables).properties["no energy behind an open door"].counterexample
    assert found is not None
    file, composition = tmp_path / "counterexample.json", load_composition(tables)
    file.write_text(json.dumps(found.as_json()), encoding="utf-8")
    replay = Replay(
        read_trace(file, composition),
        composition,
        load_station("m06010e2eyfg"),
        stimuli_of(ALL_CHECKS),
        blocks=(*BLOCKS, BLOCK),
    )
    lines, reproduced = report(replay.run(), replay.trace)
    assert reproduced, "\n".join(lines)
    assert any("door: opened" in line or "door.opened" in line for line in lines)


# ---- whatever happens --------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_whatever_happens_no_energy_flows_behind_an_open_door(composition: Composition, fired: FiredRows) -> None:
    told = composition

    class Machine(StationMachine):
        watcher = staticmethod(fired.see)
        composition = told
        blocks = (*BLOCKS, BLOCK)

        @rule()
        def somebody_at_the_door(self) -> None:
            door: SimulatedDoor = self.world.ports[DoorPanel]
            self.world.happen(door.close if door.is_open else door.open)
            if self.world.powered and door.is_open:
                assert list(offers_w(self.world)) == [0, 0]

    run_state_machine_as_test(Machine, settings=searching(60, stateful_step_count=30))
