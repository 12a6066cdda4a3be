"""The loader refuses what makes no sense, and says in which file, on which line, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.guard import ALWAYS, parse_guard
from model.language.loader import TABLES, load_composition, load_machine
from model.language.machine import Create, Perform, Raise, Restart
from model.language.place import Place
from model.language.table_source import TableError

LAMP = """\
machine = "lamp"
scope   = "connector"
title   = "Lamp"
source  = "none"

[states.Off]
means = "dark"
[states.On]
means = "bright"
final = true

[events.press]
means = "the button"
from  = ["hardware", "machine"]

[questions.bulb_is_good]
means = "the bulb is good"

[operations."make a sound"]
means  = "click"
values = ["high", "low"]
[operations.glow]
means  = "give light"

[timers.saver]
event    = "press"
runs_in  = ["On"]
duration = "minute"

[[row]]
id      = "on"
from    = "Off"
on      = "press"
when    = "bulb_is_good"
to      = "On"
do      = ["make a sound high", "glow", "raise lamp.press", "create lamp.press"]
clauses = ["CS-4.9-A2"]
[[row]]
id      = "stay"
from    = ["On"]
on      = ["press"]
do      = ["restart saver"]
reason  = "for the test"

[[ignored]]
on      = "press"
in      = ["Off"]
because = "no light without a bulb"
"""
STATION = """\
title    = "Example"
source   = "none"
machines = ["lamp"]

[projections.seen]
scope  = "connector"
means  = "what is seen"
values = ["Bright", "Dark"]
raises = "lamp.press"

[[projections.seen.row]]
when    = "lamp == On"
value   = "Bright"
clauses = ["CS-4.9-A2"]

[[projections.seen.row]]
value   = "Dark"
reason  = "for the test"
"""
TIMER, ROW, STAY, IGNORED, SEEN, SEEN_ROW = 25, 30, 38, 45, 5, 11


def _folder(folder: Path, lamp: str = LAMP, station: str = STATION) -> Path:
    (folder / "lamp.toml").write_text(lamp, encoding="utf-8")
    (folder / "station.toml").write_text(station, encoding="utf-8")
    return folder


# ---- what is read ----------------------------------------------------------------------------------------


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    row, stay = load_composition(_folder(tmp_path))["lamp"].rows
    assert (row.id, row.sources, row.events, row.to) == ("on", ("Off",), ("press",), "On")
    assert row.when == parse_guard("bulb_is_good")
    assert row.do == (
        Perform("make a sound", "high"),
        Perform("glow"),
        Raise("lamp", "press"),
        Create("lamp", "press"),
    )
    assert (stay.when, stay.to, stay.do, stay.clauses) == (ALWAYS, None, (Restart("saver"),), ())


def test_every_part_knows_its_line(tmp_path: Path) -> None:
    composition = load_composition(_folder(tmp_path))
    lamp, seen = composition["lamp"], composition.projections[0]
    assert [str(state.place) for state in lamp.states] == ["lamp.toml:6", "lamp.toml:8"]
    assert [row.place.line for row in lamp.rows] == [ROW, STAY]
    assert [row.place.line for row in seen.rows] == [SEEN_ROW, SEEN_ROW + 5]
    assert lamp.operations[0].place.line == 19


def test_the_first_state_is_the_initial_one(tmp_path: Path) -> None:
    lamp = load_composition(_folder(tmp_path))["lamp"]
    assert (lamp.initial, lamp.final, lamp.persistent) == ("Off", frozenset({"On"}), False)


def test_the_tables_of_the_station_can_be_read() -> None:
    composition = load_composition(TABLES)
    assert {"connector", "transaction", "link", "boot"} <= set(composition.by_name)


# ---- what is refused -------------------------------------------------------------------------------------

REFUSED = [
    ("[states.Off]", "[states.Off", 6, "not TOML"),
    ('scope   = "connector"', 'scope   = "building"', 1, "one of station, connector, transaction"),
    ('title   = "Lamp"', "", 1, "'title' is missing"),
    ('source  = "none"', 'sourse = "none"', 1, "unknown sourse; known: "),
    ('means = "dark"', "", 6, "'means' is missing"),
    ('means = "dark"', 'means = "dark"\ncolour = "black"', 6, "unknown colour"),
    (
        'from  = ["hardware", "machine"]',
        'from = "nowhere"',
        12,
        "'nowhere', which is no machine; any of hardware, csms",
    ),
    ('from  = ["hardware", "machine"]', "", 12, "nowhere"),
    ('event    = "press"', 'event = "pres"', TIMER, "unknown event 'pres'; known: press"),
    ('runs_in  = ["On"]', 'runs_in = ["Onn"]', TIMER, "unknown state 'Onn'; known: Off, On"),
    ('duration = "minute"', "", TIMER, "'duration' is missing"),
    ('id      = "on"', "", ROW, "'id' is missing"),
    ('from    = "Off"', "", ROW, "needs 'from' and 'on'"),
    ('from    = "Off"', 'from = "Of"', ROW, "unknown state 'Of'; known: Off, On"),
    ('from    = "Off"', "from = 3", ROW, "a text or a list of texts"),
    ('to      = "On"', 'to = "Onn"', ROW, "unknown state 'Onn'"),
    ('on      = "press"\nwhen', 'on = "pres"\nwhen', ROW, "unknown event 'pres'"),
    ('to      = "On"', 'to = "On"\ntoo = "On"', ROW, "row has unknown too"),
    ('clauses = ["CS-4.9-A2"]', "", ROW, "cite one, or state a 'reason'"),
    ('id      = "stay"', 'id = "on"', STAY, "already at lamp.toml:30: give each row its own id"),
    ('when    = "bulb_is_good"', 'when = "bulb is good"', ROW, "left over"),
    ('when    = "bulb_is_good"', 'when = "bulb_is_bad"', ROW, "declare it under [questions.bulb_is_bad]"),
    ('when    = "bulb_is_good"', 'when = "lamb == On"', ROW, "unknown machine 'lamb'; known: lamp"),
    ('when    = "bulb_is_good"', 'when = "lamp == Onn"', ROW, "lamp has no state 'Onn'; it has Off, On"),
    ('when    = "bulb_is_good"', 'when = "some lamp == On"', ROW, "leave 'some' out"),
    ('"make a sound high"', '"make a sound loud"', ROW, 'add [operations."make a sound loud"]'),
    ('"make a sound high"', '"make a sound"', ROW, "not declared"),
    ('"glow"', '"glow high"', ROW, "not declared"),
    ('"raise lamp.press"', '"raise press"', ROW, "write 'raise machine.event'"),
    ('"raise lamp.press"', '"raise lamb.press"', ROW, "unknown machine 'lamb'"),
    ('"raise lamp.press"', '"raise lamp.pres"', ROW, "lamp has no event 'pres'"),
    ('from  = ["hardware", "machine"]', 'from = "hardware"', ROW, "add it to its 'from'"),
    ('"restart saver"', '"restart savor"', STAY, "no [timers.savor] here"),
    ('in      = ["Off"]', 'in = ["Of"]', IGNORED, "unknown state 'Of'"),
    ('on      = "press"\nin', 'on = "pres"\nin', IGNORED, "unknown event 'pres'"),
    ('because = "no light without a bulb"', "", IGNORED, "'because' is missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), REFUSED)
def test_a_broken_table_is_refused_with_file_line_and_remedy(
    old: str, new: str, line: int, says: str, tmp_path: Path
) -> None:
    assert old in LAMP
    with pytest.raises(TableError) as refused:
        load_composition(_folder(tmp_path, lamp=LAMP.replace(old, new, 1)))
    assert (refused.value.place.file, refused.value.place.line) == ("lamp.toml", line)
    assert says in refused.value.problem
    assert str(refused.value).startswith(f"lamp.toml:{line}: ")


REFUSED_STATION = [
    ('machines = ["lamp"]', "machines = 7", 1, "a text or a list of texts"),
    ("title ", "titel ", 1, "unknown titel"),
    ('values = ["Bright", "Dark"]', 'values = ["Bright"]', SEEN_ROW + 5, "value 'Dark'; declared: Bright"),
    ('machines = ["lamp"]', 'machines = ["lamp", "lamp"]', 3, "name it once"),
    ("title ", "# title ", 1, "'title' is missing"),
    ('scope  = "connector"', 'scope = "planet"', SEEN, "scope 'planet'; one of station, connector"),
    ('when    = "lamp == On"', "when = 7", SEEN_ROW, "'when' has to be a text"),
    ('raises = "lamp.press"', 'raises = "lamp.pres"', SEEN, "lamp has no event 'pres'"),
    ('means  = "what is seen"', "", SEEN, "'means' is missing"),
    ('means  = "what is seen"', 'means = "?"\ncolour = "red"', SEEN, "unknown colour"),
    ('clauses = ["CS-4.9-A2"]', "", SEEN_ROW, "needs a clause or a reason"),
    ('when    = "lamp == On"', 'when = "lamp ="', SEEN_ROW, "character '='"),
    ('when    = "lamp == On"', 'when = "lamp == Onn"', SEEN, "lamp has no state 'Onn'"),
    ('value   = "Bright"', "", SEEN_ROW, "'value' is missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), REFUSED_STATION)
def test_a_broken_composition_is_refused_with_file_line_and_remedy(
    old: str, new: str, line: int, says: str, tmp_path: Path
) -> None:
    assert old in STATION
    with pytest.raises(TableError) as refused:
        load_composition(_folder(tmp_path, station=STATION.replace(old, new, 1)))
    assert (refused.value.place.file, refused.value.place.line) == ("station.toml", line)
    assert says in refused.value.problem


@pytest.mark.parametrize(
    ("name", "remedy"), [("lmap", "did you mean 'lamp'?"), ("shutdown", "there are lamp")], ids=("misspelt", "missing")
)
def test_a_machine_without_a_table_is_named_where_it_stands(name: str, remedy: str, tmp_path: Path) -> None:
    machines = f'[\n    "lamp",  # not "{name}"\n    "{name}",\n]'
    _folder(tmp_path, station=STATION.replace('["lamp"]', machines))
    with pytest.raises(TableError) as refused:
        load_composition(tmp_path)
    line = 1 + STATION[: STATION.index("machines")].count("\n") + 2
    assert refused.value.place == Place("station.toml", line)
    assert refused.value.problem == f"machine {name!r} has no table {name}.toml; {remedy}"


def test_a_machine_without_states_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text('machine = "empty"\nscope = "station"\n', encoding="utf-8")
    with pytest.raises(TableError, match=r"at least one \[states\.NAME\]"):
        load_machine(tmp_path / "empty.toml")
