"""Pictures say what the tables say: every row in every form, the same to the byte, whatever the names are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

import pytest

from diagrams.command import OUT, draw_pictures, names
from diagrams.composition_graph import composition_graph
from diagrams.dot import dot_source
from diagrams.extract import machine_graph
from diagrams.graph import Edge, Entry, Graph, Node, Span
from diagrams.layout import EngineMissingError, engine, place
from diagrams.mermaid import mermaid
from diagrams.pictures import draw_composition, draw_machine, draw_matrix
from diagrams.sequence import MAX_EVENTS, RunEvent, draw_run
from diagrams.svg import draw
from model.catalogue import load_catalogue
from model.language.loader import TABLES, load_composition, load_machine
from model.language.machine import Create, Machine, Raise
from model.language.matrix import load_matrix

MACHINES = load_composition().machines
SVG = "{http://www.w3.org/2000/svg}"
ODD = 'a <b> "c" & d\\n\\N {e}|f: g; #h%% \x07 \N{LATIN SMALL LETTER E WITH ACUTE} --> [x]'
each_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)


def _graph(machine: Machine) -> Graph:
    return machine_graph(machine, load_catalogue())


def _words(svg: str) -> str:
    """Everything that can be read in a picture, tooltips left out."""
    return "\n".join("".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text"))


def _odd_graph() -> Graph:
    entry = Entry(((Span(ODD, "rowid"),),), tooltip=ODD, href="clauses.html#a&b")
    nodes = (Node(ODD, "state", (entry,), ODD), Node("b:c", "final", (entry,)), Node('"q"', "state", (entry,)))
    edges = (Edge((ODD, '"q"'), "b:c", (entry,)), Edge(("b:c",), ODD))
    return Graph("odd", ODD, ODD, ODD, nodes, edges)


# ---- every row, in every form ----------------------------------------------------------------------------


@each_machine
def test_every_row_is_in_the_svg_with_its_events_and_its_guard(machine: Machine) -> None:
    words = _words(draw_machine(machine))
    for row in machine.rows:
        assert re.search(rf"^{re.escape(row.id)} {re.escape(row.events[0])}", words, re.MULTILINE), row.id
    assert {state.name for state in machine.states} <= set(words.splitlines())


@each_machine
def test_every_row_is_in_dot_and_in_mermaid(machine: Machine) -> None:
    dot, drawn = dot_source(_graph(machine)), mermaid(_graph(machine))
    for row in machine.rows:
        assert f"{row.id} {row.events[0]}" in dot
        assert f": {row.id} {row.events[0]}" in drawn


@each_machine
def test_every_row_leads_to_its_first_clause_and_tells_all_of_them(machine: Machine) -> None:
    anchors = ET.fromstring(draw_machine(machine)).iter(f"{SVG}a")
    links = [(link.get("href"), link.findtext(f"{SVG}title")) for link in anchors]
    for row in (row for row in machine.rows if row.clauses):
        said = [tip or "" for href, tip in links if href == f"clauses.html#{row.clauses[0]}"]
        assert any(tip.startswith(f"{machine.name}:{row.id} ") for tip in said)
        assert any(all(clause in tip for clause in row.clauses) for tip in said)


@each_machine
def test_timers_stand_in_the_states_in_which_they_run(machine: Machine) -> None:
    nodes = {node.id: node for node in _graph(machine).nodes}
    for timer in machine.timers:
        for state in timer.runs_in:
            assert f"{timer.name} {timer.duration}" in [entry.plain for entry in nodes[state].entries]


@each_machine
def test_the_picture_begins_where_the_machine_begins(machine: Machine) -> None:
    first = next(edge for edge in _graph(machine).edges if edge.kind == "initial")
    assert first.target == machine.initial
    kinds = {node.id: node.kind.split() for node in _graph(machine).nodes}
    assert {state for state, kind in kinds.items() if "final" in kind} == machine.final
    assert machine.persistent is all("persistent" in kinds[state] for state in machine.state_names)


def test_a_row_that_is_changed_in_the_table_changes_the_picture(tmp_path: Path) -> None:
    text = (TABLES / "cable.toml").read_text(encoding="utf-8")
    (tmp_path / "cable.toml").write_text(text.replace('id      = "plug_in"', 'id      = "insert"'), encoding="utf-8")
    words = _words(draw_machine(load_machine(tmp_path / "cable.toml")))
    assert "insert plugged_in" in words
    assert "plug_in plugged_in" not in words


def test_preferences_are_shown_with_their_guards_and_what_those_name() -> None:
    words = _words(draw_machine(load_composition()["authorization"]))
    assert "own_ev token_presented, remote_start" in words
    assert "may_start" in words
    assert "preferences" not in _words(draw_machine(load_composition()["cable"]))


def test_rows_between_the_same_states_share_an_edge_and_rows_that_stay_are_in_their_state() -> None:
    graph = _graph(load_composition()["connector"])
    ends = [(edge.sources, edge.target) for edge in graph.edges]
    assert len(ends) == len(set(ends))
    assert all(edge.target not in edge.sources for edge in graph.edges)


def test_all_that_machines_raise_in_each_other_is_in_the_composition() -> None:
    composition = load_composition()
    words = _words(draw_composition(composition))
    for machine in composition.machines:
        assert machine.name in words.splitlines()
        for row in machine.rows:
            for action in row.do:
                if isinstance(action, Raise | Create):
                    assert action.machine in words
                    assert action.event in words
    assert {projection.name for projection in composition.projections} <= set(words.splitlines())


def test_the_matrix_shows_each_cell_and_why_it_is_as_it_is() -> None:
    svg = draw_matrix(load_composition(), load_matrix())
    tips = {(tip.text or "").partition(":")[0]: tip.text or "" for tip in ET.fromstring(svg).iter(f"{SVG}title")}
    for cell in load_matrix().cells:
        assert cell.id in _words(svg)
        assert cell.justified in tips[cell.id]


def test_the_matrix_marks_what_was_taken() -> None:
    assert "taken \N{MULTIPLICATION SIGN}3" in _words(draw_matrix(load_composition(), load_matrix(), {"A2": 3}))


# ---- the bytes -------------------------------------------------------------------------------------------


@each_machine
def test_a_picture_is_the_same_each_time_it_is_drawn(machine: Machine) -> None:
    assert draw_machine(machine) == draw_machine(machine)
    assert dot_source(_graph(machine)) == dot_source(_graph(machine))


def test_a_picture_names_itself_for_those_who_cannot_see_it() -> None:
    root = ET.fromstring(draw_composition(load_composition()))
    ids = (root.get("aria-labelledby") or "").split()
    named = {part.get("id"): part.text for part in root}
    assert root.get("role") == "img"
    assert all(named[one] for one in ids)


def test_a_picture_is_dark_in_the_dark_and_needs_no_other_file() -> None:
    svg = draw_machine(MACHINES[0])
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"@import|url\(|<image|<script|xlink", svg)


def test_odd_names_are_shown_and_mean_nothing() -> None:
    svg = draw(_odd_graph(), engine("wasi"))
    shown = ODD.replace("\x07", "\N{REPLACEMENT CHARACTER}")
    assert _words(svg).count(shown) >= 4
    assert ET.fromstring(svg).findtext(f"{SVG}title") == shown


def test_boxes_do_not_lie_on_each_other() -> None:
    for machine in MACHINES:
        boxes = list(place(dot_source(_graph(machine)), engine("wasi")).boxes.values())
        for nth, one in enumerate(boxes):
            for other in boxes[nth + 1 :]:
                apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
                apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
                assert apart_x or apart_y, machine.name


# ---- mermaid ---------------------------------------------------------------------------------------------

_MERMAID = re.compile(
    r'state "[^":;#]*" as \w+( \{)?|\w+ : [^:;]+|\}|direction LR|stateDiagram-v2'
    r"|(\w+|\[\*\]) --> (\w+|\[\*\])( : [^:;]+)?"
)


def _sane(source: str) -> list[str]:
    lines = source.splitlines()
    assert (lines[0], lines[2], lines[3]) == ("---", "---", "stateDiagram-v2")
    without_entities = [re.sub(r"#\d+;", "?", line).strip() for line in lines[3:]]
    return [line for line in without_entities if not _MERMAID.fullmatch(line)]


@each_machine
def test_mermaid_has_nothing_but_states_and_transitions(machine: Machine) -> None:
    assert _sane(mermaid(_graph(machine))) == []


def test_mermaid_of_the_composition_and_of_odd_names_is_sane() -> None:
    source = mermaid(composition_graph(load_composition()))
    assert _sane(source) == []
    assert source.count("{") == source.count("}") == 4
    assert _sane(mermaid(_odd_graph())) == []


# ---- a run -----------------------------------------------------------------------------------------------


def test_a_run_shows_frames_rows_notes_and_the_power_cut() -> None:
    events = [
        RunEvent(0.0, "note", "plug in", "connector 1"),
        RunEvent(0.1, "row", "cable/1:plug_in", "Unplugged"),
        RunEvent(0.2, "frame_out", "StatusNotification", "Preparing"),
        RunEvent(0.3, "frame_in", "StatusNotification.conf"),
        RunEvent(1.0, "note", "Power cut", ODD),
    ]
    svg = draw_run(events, "A run")
    words = _words(svg)
    assert all(event.label in words for event in events)
    assert "1.0 s, 2 frames, 1 rows" in words
    assert svg.count('class="bad-box"') == 2
    assert svg == draw_run(iter(events), "A run")


def test_an_empty_run_is_a_picture_too() -> None:
    assert "0.0 s, 0 frames" in _words(draw_run([], "Nothing"))


def test_a_long_run_is_cut_and_says_so() -> None:
    svg = draw_run((RunEvent(nth, "row", f"r{nth}") for nth in range(MAX_EVENTS + 5)), "Long")
    assert "5 more events are not drawn" in _words(svg)


def test_an_event_of_an_unknown_kind_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="kind"):
        RunEvent(0.0, "frame", "x")


def test_rows_of_a_run_stand_out_in_the_machine() -> None:
    machine = load_composition()["cable"]
    svg = draw_machine(machine, {"plug_in": 2})
    assert "plug_in \N{MULTIPLICATION SIGN}2 plugged_in" in _words(svg)
    assert svg.count('class="unlit"') - 1 == len(machine.rows) - 1


# ---- the command -----------------------------------------------------------------------------------------


def test_everything_is_drawn_with_an_index_and_the_clauses(tmp_path: Path) -> None:
    assert draw_pictures(out=tmp_path) == 0
    for name in names(load_composition()):
        ET.fromstring((tmp_path / f"{name}.svg").read_text(encoding="utf-8"))
        assert f'data="{name}.svg"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_every_link_of_every_picture_leads_somewhere(tmp_path: Path) -> None:
    draw_pictures(out=tmp_path)
    anchors = set(re.findall(r' id="([^"]+)"', (tmp_path / "clauses.html").read_text(encoding="utf-8")))
    for picture in tmp_path.glob("*.svg"):
        for link in ET.fromstring(picture.read_text(encoding="utf-8")).iter(f"{SVG}a"):
            page, _, anchor = (link.get("href") or "").partition("#")
            assert (tmp_path / page).is_file()
            assert not anchor or anchor in anchors


@pytest.mark.parametrize(("form", "suffix", "begins"), [("dot", ".dot", "digraph"), ("mermaid", ".mmd", "---")])
def test_sources_are_written_in_the_form_asked_for(form: str, suffix: str, begins: str, tmp_path: Path) -> None:
    assert draw_pictures("cable", out=tmp_path, format=form) == 0  # type: ignore[arg-type]
    assert (tmp_path / f"cable{suffix}").read_text(encoding="utf-8").startswith(begins)


def test_an_unknown_machine_is_refused_with_a_suggestion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert draw_pictures("conector", out=tmp_path / "new") == 2
    said = capsys.readouterr().err
    assert "nothing to draw is called 'conector'" in said
    assert "did you mean 'connector'?" in said
    assert "transaction" in said
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("form", ["dot", "mermaid"])
@pytest.mark.parametrize("name", ["matrix", "limits-stacking"])
def test_what_is_no_graph_is_refused_as_a_source_with_the_formats_that_it_has(
    name: str, form: Literal["dot", "mermaid"], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_pictures(name, out=tmp_path, format=form) == 2
    said = capsys.readouterr().err
    assert f"{name!r} is no graph and has no {form}\n" in said
    assert "--format svg, png or pdf" in said


@pytest.mark.parametrize("name", ["composition", "matrix", "limits-stacking"])
@pytest.mark.parametrize("form", ["svg", "dot"])
def test_suggestions_include_what_is_no_machine(
    name: str, form: Literal["svg", "dot"], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_pictures(name[:-1], out=tmp_path, format=form) == 2
    assert f"did you mean {name!r}?" in capsys.readouterr().err


def test_one_picture_is_one_and_no_progress_is_shown_where_nobody_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_pictures("cable", out=tmp_path, format="dot") == 0
    assert capsys.readouterr() == (f"1 picture in {tmp_path}\n", "")
    assert draw_pictures("cable", "fault", out=tmp_path, format="dot") == 0
    assert capsys.readouterr() == (f"2 pictures in {tmp_path}\n", "")


def test_a_missing_engine_is_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert draw_pictures("cable", out=tmp_path, engine="system") == 3
    assert "\n  help: install Graphviz" in capsys.readouterr().err
    with pytest.raises(EngineMissingError):
        engine("system")("digraph {}")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert draw_pictures("cable", out=tmp_path / "file") == 2
    assert "--out" in capsys.readouterr().err


def test_pictures_go_to_a_folder_of_their_own() -> None:
    assert Path("drawings") == OUT


@pytest.mark.parametrize("kind", ["frame_out", "frame_in", "row", "note"])
def test_what_a_run_says_is_shown_whole_in_as_many_lines_as_it_needs(kind: str) -> None:
    said = (
        "connectorId 1, transactionId 1, meterStart 1200033, meterStop 1200041, timestamp 2026-11-22, reason PowerLoss"
    )
    drawn = draw_run([RunEvent(0.0, kind, "StopTransaction", said)], "A run")
    assert "\N{HORIZONTAL ELLIPSIS}" not in drawn
    assert all(word in re.sub(r"<title>.*?</title>", "", drawn, flags=re.DOTALL) for word in said.split())
