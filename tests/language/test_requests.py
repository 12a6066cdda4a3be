"""Requests in tables: whoever takes one answers it, once, in each state, with what the response may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from model.language.composition import Composition
from model.language.finding import Finding
from model.language.lint import lint
from model.language.loader import load_composition
from model.language.table_source import TableError

STATION = """
title    = "Example"
source   = "none"
machines = ["seat"]
"""
SEAT = """
machine = "seat"
scope   = "connector"
title   = "Seat"
source  = "none"
[states.Free]
means = "nobody has it"
[states.Taken]
means = "somebody has it"
[events.asked]
means   = "ReserveNow.req"
from    = "csms"
request = "ReserveNow"
[events.version]
means   = "GetLocalListVersion.req"
from    = "csms"
request = "GetLocalListVersion"
[events.left]
means = "it is free again"
from  = "hardware"
[questions.early]
means   = "the date lies ahead"
request = "ReserveNow"
[operations."write name"]
means   = "remember whom it is for"
request = "ReserveNow"
[responses.GetLocalListVersion]
means  = "the version"
values = ["Kept"]
[[row]]
id      = "take"
from    = "Free"
on      = "asked"
when    = "early"
to      = "Taken"
do      = ["write name"]
answer  = "Accepted"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "version"
from    = ["Free", "Taken"]
on      = "version"
answer  = "Kept"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "leave"
from    = "Taken"
on      = "left"
to      = "Free"
clauses = ["CS-4.9-A2"]
[[ignored]]
on      = "asked"
in      = ["Free"]
answer  = "Rejected"
because = "too late"
[[ignored]]
on      = "asked"
in      = ["Taken"]
answer  = "Occupied"
because = "taken"
[[ignored]]
on      = "left"
in      = ["Free"]
because = "free anyway"
[[unaddressed]]
request = "ReserveNow"
answer  = "Rejected"
because = "no such seat"
[[unaddressed]]
request = "GetLocalListVersion"
answer  = "error PropertyConstraintViolation"
because = "no such seat"
"""


def loaded(folder: Path, old: str = "", new: str = "") -> Composition:
    """The table, in which the first ``old`` is ``new``."""
    assert old in SEAT
    (folder / "station.toml").write_text(STATION.lstrip(), encoding="utf-8")
    (folder / "seat.toml").write_text(SEAT.replace(old, new, 1).lstrip(), encoding="utf-8")
    return load_composition(folder)


def line_of(text: str) -> int:
    """The line of the header of the section in which the text stands first."""
    lines = SEAT.lstrip()[: SEAT.lstrip().index(text) + 1].splitlines()
    return max(nth for nth, line in enumerate(lines, 1) if line.startswith("["))


def test_a_table_that_answers_is_read_and_nothing_is_suspicious(tmp_path: Path) -> None:
    composition = loaded(tmp_path)
    seat = composition["seat"]
    assert [row.answer for row in seat.rows] == ["Accepted", "Kept", ""]
    assert [entry.answer for entry in seat.unanswered] == ["Rejected", "Occupied", ""]
    assert {one.request: one.answer for one in seat.unaddressed} == {
        "ReserveNow": "Rejected",
        "GetLocalListVersion": "error PropertyConstraintViolation",
    }
    assert [(machine.name, event.name) for machine, event in composition.takers["ReserveNow"]] == [("seat", "asked")]
    assert lint(composition, {"CS-4.9-A2"}, {}) == []


@frozen
class Break:
    """What is broken, at which section it is seen, and what is said of it."""

    name: str
    old: str
    new: str
    at: str
    says: str


TAKE, VERSION = 'id      = "take"', 'request = "GetLocalListVersion"\nanswer'
FILLED = '[responses.GetLocalListVersion]\nmeans  = "the version"\nvalues = ["Kept"]\n'
BREAKS = (
    Break(
        "no-such-answer", 'answer  = "Accepted"', 'answer  = "Acepted"', TAKE,
        "ReserveNow.conf never says 'Acepted'; one of Accepted, Faulted, Occupied, Rejected, Unavailable, or error",
    ),
    Break(
        "no-such-code", '"error PropertyConstraintViolation"', '"error Property"', VERSION,
        "GetLocalListVersion.conf never says 'error Property'; one of Kept, or error CODE",
    ),
    Break(
        "row-without-answer", 'answer  = "Accepted"\n', "", TAKE,
        "row take leaves ReserveNow without answer: add 'answer', one of Accepted,",
    ),
    Break(
        "entry-without-answer", 'answer  = "Occupied"\n', "", 'answer  = "Occupied"',
        "the ignored entry leaves ReserveNow without answer: add 'answer', one of Accepted,",
    ),
    Break(
        "two-answers", '"Accepted"', '["Accepted", "Occupied"]', TAKE,
        "two answers, Accepted and Occupied: a request is answered once; split the row",
    ),
    Break(
        "answer-to-nothing", 'to      = "Free"\n', 'to      = "Free"\nanswer = "Accepted"\n', 'id      = "leave"',
        "row leave answers, and its event carries no request: take 'answer' out",
    ),
    Break(
        "two-requests", 'on      = "asked"\nwhen', 'on      = ["asked", "version"]\nwhen', TAKE,
        "row take is on events of different requests: asked (ReserveNow), version (GetLocalListVersion); split it",
    ),
    Break(
        "unknown-request", 'request = "ReserveNow"', 'request = "Reserve"', "[events.asked]",
        "unknown request 'Reserve'; known: CancelReservation, ChangeAvailability,",
    ),
    Break(
        "request-of-the-station", 'request = "ReserveNow"', 'request = "Heartbeat"', "[events.asked]",
        "unknown request 'Heartbeat'; known: ",
    ),
    Break(
        "not-from-the-csms", 'from    = "csms"', 'from    = "hardware"', "[events.asked]",
        "event asked carries ReserveNow: add 'csms' to its 'from'",
    ),
    Break(
        "blind-question", 'on      = "left"\nto', 'on      = "left"\nwhen = "early"\nto', 'id      = "leave"',
        "row leave: 'early' reads ReserveNow.req, and event left may come without one: split the row, or",
    ),
    Break(
        "blind-operation", 'from    = "csms"', 'from    = ["csms", "machine"]', TAKE,
        "row take: 'early' reads ReserveNow.req, and event asked may come without one",
    ),
    Break(
        "unfilled", FILLED, "#\n#\n#\n", 'id      = "version"',
        "GetLocalListVersion.conf says more than a status: declare it under [responses.GetLocalListVersion]",
    ),
    Break(
        "values-twice", FILLED, f'[responses.ReserveNow]\nmeans = "?"\nvalues = ["Kept"]\n{FILLED}',
        "[responses.GetLocalListVersion]", "ReserveNow.conf has a status: take 'values' out of [responses.ReserveNow]",
    ),
    Break(
        "unaddressed-twice", f'{VERSION}  = "error PropertyConstraintViolation"',
        'request = "ReserveNow"\nanswer  = "Occupied"', VERSION, "ReserveNow for no instance is answered already at",
    ),
    Break(
        "unaddressed-elsewhere", 'request = "ReserveNow"\nanswer', 'request = "Reset"\nanswer',
        'request = "ReserveNow"\nanswer', "no event here carries Reset: take the entry out",
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.name)
def test_a_table_that_would_not_answer_once_is_refused_with_file_line_and_remedy(case: Break, tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        loaded(tmp_path, case.old, case.new)
    assert case.says in refused.value.problem
    assert (refused.value.place.file, refused.value.place.line) == ("seat.toml", line_of(case.at))


def found(folder: Path, old: str, new: str) -> list[Finding]:
    return lint(loaded(folder, old, new), {"CS-4.9-A2"}, {})


def test_a_state_in_which_a_request_has_no_row_is_seen_with_the_request(tmp_path: Path) -> None:
    entry = '[[ignored]]\non      = "asked"\nin      = ["Taken"]\nanswer  = "Occupied"\nbecause = "taken"\n'
    [one] = found(tmp_path, entry, "")
    assert (one.rule, one.place.line) == ("L004", line_of("[events.asked]"))
    assert "'asked' in Taken: nothing says what happens" in one.problem
    assert one.remedy.endswith("with the answer to ReserveNow")


def test_a_request_that_two_rows_would_answer_is_seen(tmp_path: Path) -> None:
    before = '[[row]]\nid      = "version"'
    twice = '[[row]]\nid = "too"\nfrom = "Free"\non = "asked"\nanswer = "Faulted"\nclauses = ["CS-4.9-A2"]\n'
    assert "L003" in {one.rule for one in found(tmp_path, before, twice + before)}


def test_a_request_for_no_instance_needs_its_answer(tmp_path: Path) -> None:
    entry = '[[unaddressed]]\nrequest = "ReserveNow"\nanswer  = "Rejected"\nbecause = "no such seat"\n'
    [one] = found(tmp_path, entry, "")
    assert (one.rule, one.place.line) == ("L025", line_of("[events.asked]"))
    assert one.problem == "ReserveNow may be for no connector there is, and nothing is answered then"
    assert one.remedy == "add [[unaddressed]] with request = 'ReserveNow'"


def test_a_request_that_always_finds_its_instance_has_no_such_answer(tmp_path: Path) -> None:
    rules = [one.rule for one in found(tmp_path, 'scope   = "connector"', 'scope   = "station"')]
    assert rules == ["L025", "L025"]
