"""Every rule of the lint sees the table that breaks it, and says where; and it finds nothing in sound tables.

The sound tables are three small machines: a hall, a lamp at each connector, a visit that begins and ends. Each scenario
breaks one thing in them on purpose.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from model.finding import RULES, Finding
from model.loader import TABLES
from runtime.lint_command import find, lint_tables

STATION = """
title    = "House"
source   = "none"
machines = ["hall", "lamp", "visit"]
[projections.glow]
scope  = "connector"
means  = "what is seen"
values = ["Bright", "Dark"]
raises = "hall.seen"
[[projections.glow.row]]
when    = "lamp == On"
value   = "Bright"
clauses = ["CS-4.9-A2"]
[[projections.glow.row]]
value   = "Dark"
clauses = ["CS-4.9-A2"]
"""
HALL = """
machine = "hall"
scope   = "station"
title   = "Hall"
source  = "none"
[states.Open]
means = "open"
[states.Closed]
means = "closed"
[events.turn]
means = "somebody turns the key"
from  = "hardware"
[events.seen]
means = "a lamp has changed"
from  = "machine"
[[row]]
id      = "close"
from    = "Open"
on      = "turn"
to      = "Closed"
do      = ["raise lamp.darken"]
clauses = ["CS-4.9-A2"]
[[row]]
id      = "open"
from    = "Closed"
on      = "turn"
to      = "Open"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "see"
from    = "Open"
on      = "seen"
reason  = "for the test"
[[ignored]]
on      = "seen"
in      = ["Closed"]
because = "nobody looks"
"""
LAMP = """
machine = "lamp"
scope   = "connector"
title   = "Lamp"
source  = "none"
[states.Off]
means = "dark"
[states.On]
means = "bright"
[events.press]
means = "the button"
from  = "hardware"
[events.darken]
means = "the hall is closed"
from  = "machine"
[events.tick]
means = "a minute has passed"
from  = "timer"
[events.saved]
means = "too long"
from  = "timer"
[questions.bulb_is_good]
means = "the bulb is good"
[operations."click"]
means  = "make a sound"
values = ["high", "low"]
[timers.minute]
event    = "tick"
runs_in  = ["On"]
duration = "minute"
[timers.saver]
event    = "saved"
runs_in  = ["On"]
duration = "long"
[[row]]
id      = "on"
from    = "Off"
on      = "press"
when    = "bulb_is_good and hall == Open"
to      = "On"
do      = ["click high", "create visit.begin"]
clauses = ["CS-4.9-A2"]
[[row]]
id      = "off"
from    = "On"
on      = ["press", "darken"]
to      = "Off"
do      = ["click low", "raise visit.end"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "tick"
from    = "On"
on      = "tick"
when    = "bulb_is_good"
do      = ["restart minute"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "burnt"
from    = "On"
on      = "tick"
when    = "not bulb_is_good"
to      = "Off"
do      = ["raise visit.end"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "save"
from    = "On"
on      = "saved"
to      = "Off"
do      = ["raise visit.end"]
clauses = ["CS-4.9-B1"]
[[ignored]]
on      = "press"
in      = ["Off"]
because = "no light without a bulb, or in a closed hall"
[[ignored]]
on      = "darken"
in      = ["Off"]
because = "dark already"
"""
VISIT = """
machine    = "visit"
scope      = "transaction"
title      = "Visit"
source     = "none"
persistent = true
[states.New]
means = "about to begin"
[states.Here]
means = "somebody is here"
[states.Gone]
means = "over"
final = true
[events.begin]
means = "light"
from  = "machine"
[events.end]
means = "no light"
from  = "machine"
[[row]]
id      = "begin"
from    = "New"
on      = "begin"
to      = "Here"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "end"
from    = "Here"
on      = "end"
to      = "Gone"
clauses = ["CS-4.9-B1"]
[[impossible]]
on      = "begin"
in      = ["Here", "Gone"]
because = "it begins once"
[[impossible]]
on      = "end"
in      = ["New", "Gone"]
because = "it ends once, and not before it has begun"
"""
SOUND = {"station": STATION, "hall": HALL, "lamp": LAMP, "visit": VISIT}


@frozen
class Break:
    """What is broken, in which table, and where the lint has to see what: ``at`` stands below the place's header."""

    rule: str
    table: str
    old: str
    new: str
    at: str
    says: str
    in_table: str = ""


ROW_ON = 'id      = "on"'
BREAKS = (
    Break(
        "L001",
        "lamp",
        "[operations.",
        '[questions.idle]\nmeans = "?"\n[operations.',
        "[questions.idle]",
        "no guard asks 'idle'",
    ),
    Break("L001", "lamp", '"low"]\n', '"low", "odd"]\n', '[operations."click"]', "no row performs 'click odd'"),
    Break(
        "L001",
        "hall",
        "[[row]]",
        '[events.rain]\nmeans = "?"\nfrom = "hardware"\n[[row]]',
        "[events.rain]",
        "no row is on event 'rain'",
    ),
    Break(
        "L002", "hall", 'do      = ["raise lamp.darken"]\n', "", "[events.darken]", "no row raises lamp.darken", "lamp"
    ),
    Break(
        "L002",
        "hall",
        'from  = "hardware"',
        'from  = ["hardware", "machine"]',
        "[events.turn]",
        "no row raises hall.turn",
    ),
    Break(
        "L003",
        "lamp",
        'when    = "not bulb_is_good"\n',
        "",
        'id      = "burnt"',
        "rows tick (49) and burnt could both fire",
    ),
    Break(
        "L004",
        "lamp",
        'when    = "not bulb_is_good"',
        'when    = "not bulb_is_good and hall == Open"',
        'id      = "tick"',
        "leave a case open",
    ),
    Break(
        "L004",
        "hall",
        '[[ignored]]\non      = "seen"\nin      = ["Closed"]\nbecause = "nobody looks"',
        "",
        "[events.seen]",
        "'seen' in Closed: nothing says",
    ),
    Break(
        "L005",
        "lamp",
        'when    = "bulb_is_good and hall == Open"\n',
        "",
        'on      = "press"\nin ',
        "always answered by on",
    ),
    Break(
        "L005",
        "lamp",
        'on      = "darken"\nin ',
        'on      = ["darken", "tick"]\nin ',
        'on      = ["darken", "tick"]',
        "no timer that brings it runs there",
    ),
    Break(
        "L005",
        "visit",
        'in      = ["New", "Gone"]',
        'in      = ["New", "Gone", "New"]',
        'on      = "end"\nin ',
        "impossible already",
    ),
    Break("L006", "lamp", 'hall == Open"', 'hall == Open and lamp == On"', ROW_ON, "its guard never holds in Off"),
    Break("L007", "hall", 'to      = "Closed"\n', "", "[states.Closed]", "no row leads from Open to Closed"),
    Break("L008", "hall", 'to      = "Open"\n', "", "[states.Closed]", "no row leaves Closed"),
    Break(
        "L009", "visit", 'from    = "Here"', 'from    = ["Here", "Gone"]', 'id      = "end"', "row end begins in Gone"
    ),
    Break(
        "L009", "hall", 'means = "closed"', 'means = "closed"\nfinal = true', "[states.Closed]", "never ceases to be"
    ),
    Break(
        "L010",
        "lamp",
        'runs_in  = ["On"]\nduration = "long"',
        'runs_in  = ["On", "Off"]\nduration = "long"',
        "[timers.saver]",
        "runs in Off, where no row",
    ),
    Break(
        "L010",
        "lamp",
        'runs_in  = ["On"]\nduration = "long"',
        'runs_in  = []\nduration = "long"',
        "[timers.saver]",
        "runs in no state",
    ),
    Break(
        "L010",
        "lamp",
        "[[ignored]]",
        '[[impossible]]\non = "saved"\nin = ["On"]\nbecause = "?"\n[[ignored]]',
        'on = "saved"',
        "runs there",
    ),
    Break(
        "L011",
        "lamp",
        'too long"\nfrom  = "timer"',
        'too long"\nfrom  = "hardware"',
        "[timers.saver]",
        "which is from hardware",
    ),
    Break("L011", "hall", 'from  = "hardware"', 'from  = "timer"', "[events.turn]", "no timer raises it"),
    Break("L012", "lamp", '"click low"', '"click low", "restart saver"', 'id      = "off"', "does not run in Off"),
    Break("L012", "lamp", '"click high"', '"click high", "restart saver"', ROW_ON, "starts anyway"),
    Break(
        "L013",
        "visit",
        'on      = "end"\nto ',
        'on      = "begin"\nto ',
        'id      = "off"',
        "which no row of visit answers",
        "lamp",
    ),
    Break("L013", "station", '"hall.seen"', '"lamp.saw"', "[projections.glow]", "which no row of lamp answers"),
    Break(
        "L013", "visit", 'from    = "New"', 'from    = "Here"', ROW_ON, "New, its first state, does not answer", "lamp"
    ),
    Break("L014", "lamp", '"create visit.begin"', '"create hall.seen"', ROW_ON, "exists from the beginning"),
    Break(
        "L014", "hall", '"raise lamp.darken"', '"create visit.begin"', 'id      = "close"', "belongs to no connector"
    ),
    Break(
        "L015",
        "hall",
        'reason  = "for the test"',
        'do = ["raise hall.seen"]\nreason  = "for the test"',
        'id      = "see"',
        "without end",
    ),
    Break("L016", "lamp", 'clauses = ["CS-4.9-A2"]', 'clauses = ["CS-4.9-Z9"]', ROW_ON, "clause 'CS-4.9-Z9'"),
    Break(
        "L016",
        "station",
        'clauses = ["CS-4.9-A2"]',
        'clauses = ["CS-0.0"]',
        'when    = "lamp == On"',
        "clause 'CS-0.0'",
    ),
    Break(
        "L017", "station", '"Dark"]', '"Dark", "Grey"]', "[projections.glow]", "no row of projection glow gives 'Grey'"
    ),
    Break(
        "L017",
        "station",
        'value   = "Dark"',
        'when = "hall == Open"\nvalue   = "Dark"',
        "[projections.glow]",
        "has no value, as when",
    ),
    Break("L017", "station", 'when    = "lamp == On"\n', "", 'value   = "Dark"', "the rows above leave nothing"),
    Break("L017", "station", '"lamp == On"', '"sunny"', 'when    = "sunny"', "follows from states alone"),
    Break("L018", "station", ', "visit"]', "]", "", "visit.toml is a machine that", "visit"),
    Break("L019", "lamp", 'do      = ["restart minute"]', 'do = ["click low"]', 'id      = "tick"', "stands still"),
    Break(
        "L020",
        "lamp",
        "bulb_is_good and hall == Open",
        " or ".join(f"some visit == S{n}" for n in range(18)),
        ROW_ON,
        "combinations",
    ),
)


def _written(folder: Path, tables: dict[str, str]) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.toml").write_text(text.lstrip(), encoding="utf-8")
    return folder


def _broken(folder: Path, case: Break) -> dict[str, str]:
    assert case.old in SOUND[case.table], "the scenario breaks something that is not there"
    tables = SOUND | {case.table: SOUND[case.table].replace(case.old, case.new, 1)} | _needed(case)
    _written(folder, tables)
    return tables


def _needed(case: Break) -> dict[str, str]:
    """What a break needs in another table, so that the loader takes it and the lint gets to see it."""
    match case.rule, case.new:
        case "L013", '"lamp.saw"':
            return {"lamp": LAMP.replace("[questions", '[events.saw]\nmeans = "?"\nfrom = "machine"\n[questions', 1)}
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
    assert find(_written(tmp_path, SOUND)) == []


def test_the_tables_of_the_station_have_no_findings() -> None:
    assert [str(one) for one in find(TABLES)] == []


def test_a_loop_through_two_machines_is_seen(tmp_path: Path) -> None:
    raising = 'id      = "see"\nfrom    = ["Open", "Closed"]\ndo = ["raise lamp.darken"]\n'
    hall = HALL.replace('id      = "see"\nfrom    = "Open"\n', raising).partition("[[ignored]]")[0]
    lamp = LAMP.replace('from    = "On"\non      = ["press", "darken"]\nto      = "Off"\n', "@")
    lamp = lamp.replace("@", 'from = ["On", "Off"]\non = "darken"\nto = "Off"\n').replace(
        '"raise visit.end"]', '"raise hall.seen"]'
    )
    found = find(_written(tmp_path, SOUND | {"hall": hall, "lamp": lamp}))
    assert {(one.rule, one.place.file) for one in found if one.rule == "L015"} == {
        ("L015", "hall.toml"),
        ("L015", "lamp.toml"),
    }


def test_an_end_that_is_announced_lasts_until_power_comes(tmp_path: Path) -> None:
    ringing = HALL.replace("[[row]]", '[operations.ring]\nmeans = "?"\n[[row]]', 1).replace(
        '"raise lamp', '"ring", "raise lamp'
    )
    hall = ringing.replace('to      = "Open"\n', "")
    assert find(_written(tmp_path, SOUND | {"hall": hall})) == []
    persistent = hall.replace("[states.Open]", "persistent = true\n[states.Open]")
    (tmp_path / "kept").mkdir()
    assert [one.rule for one in find(_written(tmp_path / "kept", SOUND | {"hall": persistent}))] == ["L008"]


def test_the_one_state_of_a_machine_that_only_answers_need_not_be_left(tmp_path: Path) -> None:
    hall = HALL.replace('to      = "Open"\n', "").replace('to      = "Closed"\n', "")
    assert {one.rule for one in find(_written(tmp_path, SOUND | {"hall": hall}))} >= {"L008"}
    bell = 'machine = "bell"\nscope = "station"\ntitle = "?"\nsource = "?"\n[states.Still]\nmeans = "?"\n'
    rings = '[events.rung]\nmeans = "?"\nfrom = "hardware"\n[operations.ring]\nmeans = "?"\n'
    row = '[[row]]\nid = "ring"\nfrom = "Still"\non = "rung"\ndo = ["ring"]\nreason = "?"\n'
    (tmp_path / "bell").mkdir()
    station = STATION.replace('"visit"]', '"visit", "bell"]')
    assert find(_written(tmp_path / "bell", SOUND | {"station": station, "bell": bell + rings + row})) == []


def test_a_guard_that_knows_its_own_state_is_not_taken_for_an_overlap(tmp_path: Path) -> None:
    lamp = LAMP.replace('when    = "bulb_is_good"', 'when    = "bulb_is_good and lamp == On"')
    assert find(_written(tmp_path, SOUND | {"lamp": lamp})) == []


def test_an_overlap_is_shown_with_a_case_in_which_it_happens(tmp_path: Path) -> None:
    lamp = LAMP.replace('when    = "not bulb_is_good"', 'when    = "hall == Closed"')
    overlap = next(one for one in find(_written(tmp_path, SOUND | {"lamp": lamp})) if one.rule == "L003")
    assert overlap.problem.endswith("as when bulb_is_good == yes, hall == Closed")


def test_what_the_loader_refuses_is_one_finding(tmp_path: Path) -> None:
    found = find(_written(tmp_path, SOUND | {"hall": HALL.replace('to      = "Closed"', 'to      = "Shut"')}))
    assert [(one.rule, one.place.file, one.place.line) for one in found] == [("L000", "hall.toml", 15)]


def test_findings_come_in_the_order_of_tables_and_lines(tmp_path: Path) -> None:
    tables = {name: text.replace('"CS-4.9-A2"', '"CS-0.0"') for name, text in SOUND.items()}
    found = find(_written(tmp_path, tables))
    order = ["station.toml", "hall.toml", "lamp.toml", "visit.toml"]
    assert found == sorted(found, key=lambda one: (order.index(one.place.file), one.place.line))


# ---- the command -----------------------------------------------------------------------------------------


def test_the_command_prints_each_finding_with_help_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _written(tmp_path, SOUND | {"hall": HALL.replace("CS-4.9-A2", "CS-0.0", 1)})
    assert lint_tables(tables=tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "hall.toml:15: L016 clause 'CS-0.0' is not in the catalogue",
        "  help: mend the id, or add the requirement to model/requirements",
        "1 finding",
    ]


def test_the_command_exits_with_0_where_there_is_nothing_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint_tables(tables=_written(tmp_path, SOUND)) == 0
    assert capsys.readouterr().out == "3 machines, 10 rows: nothing to mend\n"


def test_the_command_exits_with_2_where_there_are_no_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_tables(tables=tmp_path) == 2
    assert "help:" in capsys.readouterr().err


def test_a_finding_reads_like_a_diagnostic(tmp_path: Path) -> None:
    found: list[Finding] = find(_written(tmp_path, SOUND | {"hall": "nonsense ["}))
    assert str(found[0]).startswith("hall.toml:1: L000 not TOML")
