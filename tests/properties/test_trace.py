"""The trace: a requirement is never shown better than it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.catalogue import CatalogueError, load_catalogue
from model.justified import load_justified
from model.language.fingerprint import tables_fingerprint
from properties.commands.trace_command import trace_requirements
from properties.trace.citations import Citation, of_python
from properties.trace.evidence import Evidence, EvidenceError, Shown, load_evidence
from properties.trace.trace import Item, judge, report, trace

A2 = "CS-4.9-A2"
ROW = Citation(A2, "row", "connector:A2.cable", "connector.toml:7")
FUNCTION = Citation(A2, "function", "plug_in", "runtime/cable.py:3")


def shown(*rows: str, kind: str = "test", requirements: tuple[str, ...] = (A2,)) -> Shown:
    return Shown(kind, "test_plug_in", frozenset(requirements), frozenset(rows))


def judged(citations: list[Citation], *evidence: Shown, reason: str = "") -> Item:
    items = judge(load_catalogue(), citations, Evidence(evidence), {A2: reason} if reason else {})
    return next(item for item in items if item.requirement.id == A2)


@pytest.mark.parametrize(
    ("citations", "evidence", "word"),
    [
        ([], [], "missing"),
        ([ROW], [], "shallow"),
        ([FUNCTION], [], "shallow"),
        ([], [shown()], "partial"),
        ([ROW], [shown()], "partial"),
        ([ROW], [shown("connector:A2.cable")], "covered"),
        ([ROW], [shown("connector:A2.cable", kind="property")], "covered"),
        ([FUNCTION], [shown()], "covered"),
        ([ROW], [shown("connector:A2.cable", requirements=())], "shallow"),
        ([ROW], [shown(), shown("connector:A2.cable", requirements=())], "partial"),
    ],
    ids=[
        "nothing at all", "a row that nothing shows", "a function that nothing shows", "a test of what nothing cites",
        "a test in which the row did not fire", "a test in which the row fired", "a property, and the row fired",
        "a function and its test", "the row fired, but for something else", "a test, and the row fired elsewhere",
    ],
)  # fmt: skip
def test_each_requirement_gets_the_word_that_it_deserves(
    citations: list[Citation], evidence: list[Shown], word: str
) -> None:
    assert judged(citations, *evidence).word == word


def test_one_silent_row_of_two_keeps_a_requirement_from_being_covered() -> None:
    other = Citation(A2, "row", "connector:A2.other", "connector.toml:9")
    item = judged([ROW, other], shown("connector:A2.cable"))
    assert (item.word, item.silent_rows) == ("partial", ("connector:A2.other",))


def test_a_reason_in_writing_is_counted_apart_and_never_hides_a_proof() -> None:
    assert judged([], reason="not here").word == "justified"
    assert judged([ROW], shown("connector:A2.cable"), reason="not here").word == "covered"


def test_what_binds_the_csms_alone_or_was_superseded_is_out_of_scope() -> None:
    items = {item.requirement.id: item for item in judge(load_catalogue(), [], Evidence(), {})}
    assert items["CS-5.1-01"].word == "out", "actor CSMS"
    assert items["ERR-3.83-01"].word == "out", "superseded by ERR5-3.84-01"


@pytest.mark.exhaustive
def test_the_words_share_out_what_is_in_scope() -> None:
    result = report(trace(Evidence()))
    for name in ("requirements", "shall"):
        numbers = result[name]
        assert isinstance(numbers, dict)
        words = ("covered", "shallow", "partial", "missing", "justified")
        assert sum(numbers[word] for word in words) == numbers["in_scope"]
        assert numbers["covered"] == 0, "nothing was shown"


SOURCE = '''"""A module. CS-4.9-A1."""

LIMIT = 3
"""An attribute, CS-4.9-A2."""

class Cable:
    """CS-4.9-A3."""

    def plug(self) -> str:
        # CS-4.9-A4, and again CS-4.9-A4
        return "CS-4.9-A5 is a value, not a citation"
'''


def test_a_citation_belongs_to_the_innermost_thing_around_it() -> None:
    found = [(one.requirement, one.name, one.place) for one in of_python(SOURCE, "cable.py")]
    assert found == [
        ("CS-4.9-A1", "cable", "cable.py:1"),
        ("CS-4.9-A2", "cable", "cable.py:4"),
        ("CS-4.9-A3", "Cable", "cable.py:7"),
        ("CS-4.9-A4", "Cable.plug", "cable.py:10"),
    ]


def leave(folder: Path, name: str, **content: object) -> None:
    (folder / name).write_text(json.dumps({"tables": tables_fingerprint(), **content}), encoding="utf-8")


def test_evidence_comes_from_tests_that_passed_and_properties_that_held(tmp_path: Path) -> None:
    leave(tmp_path, "coverage.json", tests=[{"test": "t", "requirements": [A2], "rows": ["connector:A2.cable"]}])
    properties = [
        {"name": "one stop", "kind": "always", "verdict": "holds", "clauses": ["CS-4.10-01"]},
        {"name": "no stop", "kind": "always", "verdict": "fails", "clauses": ["CS-4.10-02"]},
    ]
    leave(tmp_path, "verify.json", properties=properties, rows=["boot:accept"])
    evidence = load_evidence(tmp_path)
    assert [(one.kind, one.name) for one in evidence.shown if one.requirements] == [
        ("test", "t"),
        ("property", "one stop"),
    ]
    assert evidence.fired == {"connector:A2.cable", "boot:accept"}
    assert evidence.missing == ()


def test_evidence_about_other_tables_counts_for_nothing(tmp_path: Path) -> None:
    leave(tmp_path, "coverage.json", tables="old", tests=[{"test": "t", "requirements": [A2], "rows": []}])
    evidence = load_evidence(tmp_path)
    assert evidence.shown == ()
    assert "is about other tables than today's: run `make test-all` again" in evidence.missing[0]
    assert "verify.json is absent: run `provenpoint verify` first" in evidence.missing[1]


@pytest.mark.parametrize("text", ["{", '{"tests": [{}]}'])
def test_damaged_evidence_is_refused(tmp_path: Path, text: str) -> None:
    content = text.replace("{", f'{{"tables": "{tables_fingerprint()}", ', 1) if text.endswith("}") else text
    (tmp_path / "coverage.json").write_text(content, encoding="utf-8")
    with pytest.raises(EvidenceError, match="remove it"):
        load_evidence(tmp_path)


def test_a_reason_for_an_unknown_requirement_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "justified.toml"
    path.write_text('[[justified]]\nids = ["CS-99-99"]\nreason = "a reason that is long enough"\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match="justifies CS-99-99, not in the catalogue"):
        load_justified(path)


@pytest.mark.exhaustive
def test_nothing_in_the_project_cites_a_requirement_that_does_not_exist() -> None:
    assert [f"{one.place}: {one.requirement}" for one in trace(Evidence()).dangling] == []


@pytest.mark.exhaustive
def test_the_command_shows_one_requirement_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "trace.json"
    assert trace_requirements(A2, json_file=target, evidence=tmp_path) == 0
    assert f"{A2}  FACT" in capsys.readouterr().out
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["requirements"]["total"] == len(content["items"]) == 1676
    assert set(content["rows"]) == {"total", "cited"}


@pytest.mark.exhaustive
def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trace_requirements("CS-99-99", evidence=tmp_path) == 2
    assert trace_requirements(evidence=tmp_path, word="good") == 2
    assert trace_requirements(evidence=tmp_path, json_file=tmp_path / "nowhere" / "trace.json") == 2
    said = capsys.readouterr()
    assert "error: CS-99-99: not in the catalogue\n  help: an id" in said.err
    assert f"error: {tmp_path / 'nowhere' / 'trace.json'}: " in said.err
    assert said.err.count("error: ") == said.err.count("  help: ") == 3
    assert not said.out
