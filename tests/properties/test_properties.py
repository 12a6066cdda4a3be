"""What must hold holds, and stops holding when a row is broken: each property here has a row that it guards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from model.catalogue import load_catalogue
from model.language.composition import Instance
from model.language.loader import TABLES, load_composition
from model.language.matrix import load_matrix
from model.language.semantics import Occurrence
from model.language.table_source import TableError
from properties.commands import verify_command
from properties.commands.verify_command import app
from properties.counterexample import Counterexample
from properties.findings import BUILT_IN, FAILS, HOLDS
from properties.liveness import components
from properties.reference import POWER, Reference
from properties.registry import FILE, Registry, load_registry
from properties.scope import Scope
from properties.verification import Verification, verify
from tests.broken_tables import copied, with_row, without_row

pytestmark = pytest.mark.exhaustive

CONNECTOR = Scope("connector", 1, 1, ("connector",), still=("firmware",))
SMALL = evolve(CONNECTOR, name="small", still=("firmware", "station_fault", "storage"))
"""Enough for what a broken row does; only what asks whether everything was reached needs all of it."""
OF_AN_UPDATE = {
    "connector:A8.update", "connector:B6.update", "connector:G8.update", "connector:H1.reserved",
    "lifecycle:restart", "lifecycle:restart.offline",
}  # fmt: skip
"""Rows that fire in the scopes of an update (tests/firmware/test_properties.py)."""
WHOLE = ("every_row_fires", "status_matrix_covered")
SHALLOW = Scope("shallow", depth=5)


def verified(scope: Scope, tables: Path = TABLES) -> Verification:
    composition = load_composition(tables)
    return verify(composition, load_registry(composition), load_matrix(tables), [scope])


def failing(found: Verification) -> set[str]:
    return {name for name, report in found.properties.items() if report.verdict == FAILS}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture(scope="module")
def sound() -> Verification:
    return verified(CONNECTOR)


def test_all_that_a_connector_touches_holds(sound: Verification) -> None:
    assert not failing(sound)
    assert sound.verdict == HOLDS
    assert sum(report.verdict == HOLDS for report in sound.properties.values()) >= 25


def test_every_row_fires_and_every_status_transition_is_reached_or_justified(sound: Verification) -> None:
    (scope,) = sound.scopes
    assert scope.complete
    assert not {row for row in scope.silent if not row.startswith("firmware:")} - OF_AN_UPDATE
    reached = set(scope.cells)
    justified = {cell.id for cell in load_matrix().lawful if cell.justified}
    assert reached | justified == {cell.id for cell in load_matrix().lawful}
    assert not reached & justified


def test_the_matrix_is_that_of_the_specification() -> None:
    kinds = [cell.kind for cell in load_matrix().cells]
    assert (kinds.count("transition"), kinds.count("absent"), kinds.count("same")) == (53, 19, 9)
    catalogue = load_catalogue()
    for cell in load_matrix().cells:
        assert cell.clause in catalogue


def test_every_clause_that_a_property_cites_exists() -> None:
    catalogue = load_catalogue()
    for one in load_registry(load_composition()).properties:
        assert one.clauses
        assert not [clause for clause in one.clauses if clause not in catalogue]


NOBODY_ASKED = "station_fault != Faulted and storage == HasSpace and lifecycle == Running and "
"""What is left of ``may_begin`` where nobody has to be authorized."""

BROKEN = [
    ("connector:B3", r"may_begin and ", NOBODY_ASKED, "transaction_is_authorized"),
    ("connector:B6.inoperative", r'^to      = "Finishing"', 'to      = "Unavailable"', "status_matrix"),
    ("connector:CDE6.unplug", r'^to      = "Finishing"', 'to      = "Available"', "status_matrix_covered"),
    ("connector:CDE6.button", r', "raise metering.end"', "", "sampled_while_it_runs"),
    ("connector:C5.hold", r'^to      = "SuspendedEVSE"', 'to      = "Charging"', "refused_gets_no_energy"),
    ("connector:F1", r"^when    = .*$", "", "one_row_at_a_time"),
    ("availability:take_effect", r'^to      = "Inoperative"', 'to      = "Operative"', "unavailable_as_a_whole"),
    ("link:close", r'"announce link_down"', '"raise boot.link_down"', "queue_closed_unless_accepted"),
    ("transaction_queue:settled", r'"raise transaction_queue.next"', "", "owed_is_on_its_way"),
    ("transaction:settle", "head_sent", "transaction_queue == Closed", "every_start_gets_its_stop"),
    ("authorization:unanswered.refuse", r'^to      = "Idle"\n', "", "tokens_are_answered"),
    ("lifecycle:enough", r'^to      = "Down"\n', "", "shutdown_comes_to_its_end"),
    ("power_limit:shut", r'"raise connector.limit_shut"', "", "a_limit_of_nothing_suspends"),
    ("power_limit:over", r'^to      = "Idle"\n', "", "a_limit_is_of_a_transaction"),
    ("connector:E.shut", r'"raise power_limit.shut"', "", "suspended_by_the_station_for_a_cause"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "pattern", "replacement", "name"), BROKEN)
def test_a_broken_row_fails_the_property_that_guards_it(
    tables: Path, row: str, pattern: str, replacement: str, name: str
) -> None:
    with_row(tables, row, pattern, replacement)
    assert name in failing(verified(CONNECTOR if name in WHOLE else SMALL, tables))


def test_nothing_fails_in_the_small_scope_as_the_rows_are() -> None:
    assert failing(verified(SMALL)) <= set(WHOLE)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("transaction:power_loss", "claims_hold"),
        ("connector:CDE6.unplug", "claims_hold"),
        ("transaction_queue:close", "claims_hold"),
        ("connector:H1", "unavailable_is_inoperative"),
    ],
)
def test_a_row_that_is_taken_out_is_missed(tables: Path, row: str, name: str) -> None:
    without_row(tables, row)
    found = verified(SMALL, tables)
    assert name in failing(found)
    example = found.properties[name].counterexample
    assert example is not None
    assert_replays(example, tables)


def assert_replays(example: Counterexample, tables: Path) -> None:
    """The steps of a counterexample are steps of the reference, from the dark station on."""
    graph = Reference(load_composition(tables), example.scope)
    state = graph.dark
    for step in example.steps:
        assert step.outcome in graph.step(state, step.occurrence)
        if step.outcome.target is not None:
            state = step.outcome.target
    assert {str(i): s for i, s in zip(graph.instances, state, strict=True)} == example.end


def test_a_counterexample_is_as_short_as_can_be_and_reads_as_steps(tables: Path) -> None:
    with_row(
        tables,
        "connector:B3",
        r"may_begin and ",
        NOBODY_ASKED,
    )
    example = verified(SMALL, tables).properties["transaction_is_authorized"].counterexample
    assert example is not None
    assert [str(step.occurrence) for step in example.steps] == [
        "power.power_up", "cable/1.plugged_in", "cable/1.ev_ready",
    ]  # fmt: skip
    assert "  3. cable/1.ev_ready" in "\n".join(example.lines())
    assert example.as_json()["steps"][2]["rows"][:2] == ["cable:ready", "connector:B3"]


def test_a_message_too_early_is_seen_in_the_middle_of_a_step(tables: Path) -> None:
    with_row(tables, "heartbeat:beat.pending", r"link == Online and boot == Pending", "link == Online")
    example = verified(SHALLOW, tables).properties["nothing_before_acceptance"].counterexample
    assert example is not None
    assert example.steps[-1].occurrence == Occurrence(Instance("heartbeat"), "triggered")


@pytest.mark.parametrize("event", ["link.redial_due", "boot.accepted", "transaction.stop_settled"])
def test_a_promise_needs_the_fairness_that_it_states(tmp_path: Path, event: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert f'"{event}", ' in text or f', "{event}"' in text
    weaker = tmp_path / "properties.toml"
    weaker.write_text(text.replace(f'"{event}", ', "").replace(f', "{event}"', ""), encoding="utf-8")
    composition = load_composition()
    found = verify(composition, load_registry(composition, weaker), load_matrix(), [CONNECTOR])
    assert "every_start_gets_its_stop" in failing(found)


@pytest.mark.parametrize("broken", [False, True])
def test_an_event_that_leads_out_of_the_scope_can_come_all_the_same(tables: Path, broken: bool) -> None:
    """A reservation's end may hand the connector to a token whose session would need one slot more."""
    if broken:
        with_row(tables, "reservation:expire", r'^to      = "Free"\n', "")
    composition = load_composition(tables)
    known = load_registry(composition)
    (beside,) = [one for one in known.scopes if one.name == "a token beside a reservation"]
    (ends,) = [one for one in known.properties if one.name == "a_reservation_ends"]
    found = verify(composition, Registry((beside,), (ends,)), load_matrix(tables), [beside])
    assert found.scopes[0].cut > 0
    assert ("a_reservation_ends" in failing(found)) == broken


def test_strongly_connected_parts_are_those_that_reach_each_other() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        size, count = 24, int(rng.integers(10, 60))
        sources, targets = rng.integers(0, size, (2, count))
        reach = np.eye(size, dtype=bool)
        reach[sources, targets] = True
        for middle in range(size):
            reach |= np.outer(reach[:, middle], reach[middle, :])
        parts = components(size, sources, targets, np.ones(size, dtype=np.bool_))
        assert ((parts[:, None] == parts[None, :]) == (reach & reach.T)).all()


def test_a_formula_that_names_what_is_not_there_is_refused_by_line(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace("call == Free", "call == Fre")
    wrong = tmp_path / "properties.toml"
    wrong.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=r"properties.toml:\d+: call has no state 'Fre'; it has Free, Waiting"):
        load_registry(load_composition(), wrong)


# ---- the command ----


def run(*words: str) -> int:
    code = app(words, result_action="return_value")
    assert isinstance(code, int)
    return code


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_reports_as_agreed(elsewhere: Path) -> None:
    assert run("--scope", "one connector and what it touches", "--json", "report.json") == 0
    report = json.loads((elsewhere / "report.json").read_text())
    assert set(report) == {"verdict", "scopes", "properties", "cross_check"}
    wanted = {"name", "states", "transitions", "depth", "seconds", "complete", "rows_fired", "rows_total"}
    assert wanted <= set(report["scopes"][0])
    assert all({"name", "kind", "verdict", "clauses"} <= set(one) for one in report["properties"])
    assert set(BUILT_IN) <= {one["name"] for one in report["properties"]}


def test_only_a_complete_run_over_the_projects_own_tables_is_evidence(
    elsewhere: Path, tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = elsewhere / ".provenpoint" / "verify.json"
    (scope,) = (one for one in load_registry(load_composition()).scopes if one.name == "the local list")
    registry = Registry((scope,), ())
    monkeypatch.setattr(verify_command, "load_registry", lambda *_: registry)
    for words in ((), ("--tables", str(TABLES)), ("--scope", scope.name)):
        assert run(*words) == 1, "a scope that does not decide everything"
        assert "local_list:replace" in json.loads(left.read_text())["rows"]
        assert len(json.loads(left.read_text())["tables"]) == 64
        assert "is left as it was" not in capsys.readouterr().out
        left.unlink()
    assert run("--tables", str(tables)) == 1
    assert "verify.json is left as it was" in capsys.readouterr().out
    assert not left.exists()
    both = (scope, evolve(scope, name="other"))
    monkeypatch.setattr(verify_command, "load_registry", lambda *_: evolve(registry, scopes=both))
    left.write_text("{}", encoding="utf-8")
    assert run("--scope", "other") == 0
    assert "verify.json is left as it was" in capsys.readouterr().out
    assert left.read_text() == "{}"


@pytest.mark.parametrize("name", ["nowhere/report.json", "."])
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run("--json", str(elsewhere / name)) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {elsewhere / name}: ")
    assert "\n  help: " in said.err
    assert not said.out


def test_a_failure_is_printed_as_steps_and_left_as_a_file(
    elsewhere: Path, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_row(
        tables,
        "connector:B3",
        r"may_begin and ",
        NOBODY_ASKED,
    )
    stale = elsewhere / ".provenpoint" / "counterexample-calls_only_online.json"
    stale.parent.mkdir()
    stale.write_text("{}", encoding="utf-8")
    assert run("--scope", "one connector and what it touches", "--tables", str(tables)) == 1
    assert not stale.exists()
    said = capsys.readouterr().out
    assert "fails: transaction_is_authorized (CS-4.1-01, CS-4.1-02)" in said
    assert "3. cable/1.ev_ready" in said
    file = elsewhere / ".provenpoint" / "counterexample-transaction_is_authorized.json"
    assert f"provenpoint replay {file.relative_to(elsewhere)} --tables {tables}\n" in said
    steps = json.loads(file.read_text())["steps"]
    assert (steps[0]["instance"], steps[0]["event"]) == (str(POWER.instance), POWER.event)
    assert all({"instance", "event", "answers", "rows"} <= set(step) for step in steps)


def test_an_unknown_scope_is_a_usage_error(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--scope", "three connectors") == 2
    assert "help: there are 'one connector'" in capsys.readouterr().err
    assert not list(elsewhere.glob(".provenpoint"))


def test_broken_tables_are_one_error_with_its_place(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_row(tables, "connector:B3", r"may_begin", "authorization == Grantd")
    assert run("--tables", str(tables)) == 2
    assert capsys.readouterr().err.startswith("error: connector.toml:")


def test_a_missing_tool_is_named_before_anything_is_explored(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(elsewhere))
    earlier = elsewhere / ".provenpoint" / "counterexample-of_before.json"
    earlier.parent.mkdir(exist_ok=True)
    earlier.touch()
    assert run("--scope", "one connector and what it touches", "--cross-check") == 3
    assert "Debian packages spin and gcc" in capsys.readouterr().err
    assert earlier.exists()
