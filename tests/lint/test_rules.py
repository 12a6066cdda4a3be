"""Every rule of the lint sees the table that breaks it, and says where; and it finds nothing in sound tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.finding import RULES
from model.language.loader import TABLES
from runtime.commands.lint_command import find
from tests.lint.breaks import BREAKS, Break
from tests.lint.tables import HALL, LAMP, SOUND, STATION, VISIT, written


def _broken(folder: Path, case: Break) -> dict[str, str]:
    assert case.old in SOUND[case.table], "the scenario breaks something that is not there"
    tables = SOUND | {case.table: SOUND[case.table].replace(case.old, case.new, 1)} | _needed(case)
    written(folder, tables)
    return tables


def _needed(case: Break) -> dict[str, str]:
    """What a break needs in another table, so that the loader takes it and the lint gets to see it."""
    match case.rule, case.new:
        case "L013", '"lamp.saw"':
            return {"lamp": LAMP.replace("[questions", '[events.saw]\nmeans = "?"\nfrom = "machine"\n[questions', 1)}
        case "L002", "":
            announced = 'means = "the hall is closed"\nfrom  = "hall"' if "announces" in case.says else ""
            heard = 'means = "the hall is closed"\nfrom  = "machine"'
            return {"lamp": LAMP.replace(heard, announced or heard)}
        case "L018", _:
            return {"lamp": LAMP.replace(', "create visit.begin"', "").replace('"raise visit.end"', "")}
        case "L019", _:
            other = 'id      = "again"\nfrom = "On"\non = "press"\ndo = ["restart minute"]\nreason = "?"\n[[row]]\n'
            return {"lamp": LAMP.replace(case.old, case.new).replace('id      = "burnt"', other + 'id      = "burnt"')}
        case "L020", _:
            states = "".join(f'[states.S{n}]\nmeans = "?"\n' for n in range(18))
            return {"visit": VISIT.replace("[events.begin]", states + "[events.begin]")}
    return {}


def _line(text: str, at: str) -> int:
    """The line of the header that ``at`` belongs to."""
    lines = text.lstrip()[: text.lstrip().index(at)].count("\n") + 1
    return lines if at.startswith("[") or not at else _header_above(text.lstrip().splitlines(), lines)


def _header_above(lines: list[str], number: int) -> int:
    return max(nth for nth, line in enumerate(lines[:number], 1) if line.startswith("["))


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.rule}-{case.table}-{case.says[:24]}")
def test_a_broken_table_is_seen_with_file_line_and_remedy(case: Break, tmp_path: Path) -> None:
    tables = _broken(tmp_path, case)
    found = [one for one in find(tmp_path) if one.rule == case.rule and case.says in one.problem]
    assert found, [str(one) for one in find(tmp_path)]
    where = case.in_table or case.table
    assert (found[0].place.file, found[0].place.line) == (f"{where}.toml", _line(tables[where], case.at))
    assert found[0].remedy


def test_every_rule_has_a_scenario_that_breaks_it() -> None:
    assert {case.rule for case in BREAKS} == set(RULES) - {"L000"}


def test_sound_tables_have_no_findings(tmp_path: Path) -> None:
    assert find(written(tmp_path, SOUND)) == []


@pytest.mark.exhaustive
def test_the_tables_of_the_station_have_no_findings() -> None:
    assert [str(one) for one in find(TABLES)] == []


def test_a_loop_through_two_machines_is_seen(tmp_path: Path) -> None:
    raising = 'id      = "see"\nfrom    = ["Open", "Closed"]\ndo = ["raise lamp.darken"]\n'
    hall = HALL.replace('id      = "see"\nfrom    = "Open"\n', raising).partition("[[ignored]]")[0]
    lamp = LAMP.replace('from    = "On"\non      = ["press", "darken"]\nto      = "Off"\n', "@")
    lamp = lamp.replace("@", 'from = ["On", "Off"]\non = "darken"\nto = "Off"\n').replace(
        '"raise visit.end"]', '"raise hall.seen"]'
    )
    found = find(written(tmp_path, SOUND | {"hall": hall, "lamp": lamp}))
    assert {(one.rule, one.place.file) for one in found if one.rule == "L015"} == {
        ("L015", "hall.toml"),
        ("L015", "lamp.toml"),
    }


def test_an_end_that_is_announced_lasts_until_power_comes(tmp_path: Path) -> None:
    ringing = HALL.replace("[[row]]", '[operations.ring]\nmeans = "?"\n[[row]]', 1).replace(
        '"raise lamp', '"ring", "raise lamp'
    )
    hall = ringing.replace('to      = "Open"\n', "")
    assert find(written(tmp_path, SOUND | {"hall": hall})) == []
    persistent = hall.replace("[states.Open]", "persistent = true\n[states.Open]")
    (tmp_path / "kept").mkdir()
    assert [one.rule for one in find(written(tmp_path / "kept", SOUND | {"hall": persistent}))] == ["L008"]


def test_the_one_state_of_a_machine_that_only_answers_need_not_be_left(tmp_path: Path) -> None:
    hall = HALL.replace('to      = "Open"\n', "").replace('to      = "Closed"\n', "")
    assert {one.rule for one in find(written(tmp_path, SOUND | {"hall": hall}))} >= {"L008"}
    bell = 'machine = "bell"\nscope = "station"\ntitle = "?"\nsource = "?"\n[states.Still]\nmeans = "?"\n'
    rings = '[events.rung]\nmeans = "?"\nfrom = "hardware"\n[operations.ring]\nmeans = "?"\n'
    row = '[[row]]\nid = "ring"\nfrom = "Still"\non = "rung"\ndo = ["ring"]\nreason = "?"\n'
    (tmp_path / "bell").mkdir()
    station = STATION.replace('"visit"]', '"visit", "bell"]')
    assert find(written(tmp_path / "bell", SOUND | {"station": station, "bell": bell + rings + row})) == []


def test_a_guard_that_knows_its_own_state_is_not_taken_for_an_overlap(tmp_path: Path) -> None:
    lamp = LAMP.replace('when    = "bulb_is_good"', 'when    = "bulb_is_good and lamp == On"')
    assert find(written(tmp_path, SOUND | {"lamp": lamp})) == []


def test_an_overlap_is_shown_with_a_case_in_which_it_happens(tmp_path: Path) -> None:
    lamp = LAMP.replace('when    = "not bulb_is_good"', 'when    = "hall == Closed"')
    overlap = next(one for one in find(written(tmp_path, SOUND | {"lamp": lamp})) if one.rule == "L003")
    assert overlap.problem.endswith("as when bulb_is_good == yes, hall == Closed")


def test_what_the_loader_refuses_is_one_finding(tmp_path: Path) -> None:
    found = find(written(tmp_path, SOUND | {"hall": HALL.replace('to      = "Closed"', 'to      = "Shut"')}))
    assert [(one.rule, one.place.file, one.place.line) for one in found] == [("L000", "hall.toml", 15)]


def test_findings_come_in_the_order_of_tables_and_lines(tmp_path: Path) -> None:
    tables = {name: text.replace('"CS-4.9-A2"', '"CS-0.0"') for name, text in SOUND.items()}
    found = find(written(tmp_path, tables))
    order = ["station.toml", "hall.toml", "lamp.toml", "visit.toml"]
    assert found == sorted(found, key=lambda one: (order.index(one.place.file), one.place.line))
