"""The list of cases, and the table that people read of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.catalogue import load_catalogue
from model.station_file import load_station
from properties.blocks.registry import all_cases
from properties.conformance.report import table
from properties.conformance.run import Outcome, judge
from properties.conformance.setup import UnderTest

DOC = Path(__file__).parents[2] / "docs" / "conformance.md"
STATION = load_station("m06010e2eyfg")


def test_the_document_has_the_table_that_the_cases_make() -> None:
    made = "\n".join(table(STATION, all_cases()))
    assert made in DOC.read_text(encoding="utf-8"), "put what `provenpoint conformance --list` prints into the document"


def test_every_case_is_there_once_and_cites_what_there_is() -> None:
    ids = [one.id for one in all_cases()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"TC_\d{3}(_\d)?_CS", one) for one in ids)
    catalogue = load_catalogue()
    assert [clause for one in all_cases() for clause in one.clauses if clause not in catalogue] == []


def test_a_case_that_applies_has_a_scenario_and_clauses() -> None:
    applies = [one for one in all_cases() if judge(STATION, one) is None]
    assert [one.id for one in applies if one.scenario is None or not one.clauses] == []
    assert len(applies) > 40


def test_every_chapter_of_the_document_is_listed() -> None:
    """The numbers of OCTT's cases for a station, as far as they are public; what it skips, it skips."""
    skipped = {6, 9, 20, 22, 25, 29, 33, 35, 63, 64, 65}
    assert {one.order[0] for one in all_cases()} == set(range(1, 88)) - skipped


def test_a_profile_that_our_station_does_not_claim_is_not_played_on_it() -> None:
    ours, theirs = UnderTest("m06010e2eyfg", STATION), UnderTest("m06010e2eyfg", STATION, "http://127.0.0.1:1")
    assert {"Core", "LocalAuthListManagement"} & ours.unbuilt == frozenset()
    assert "Security" in ours.unbuilt
    assert theirs.unbuilt == frozenset()
    trigger = next(one for one in all_cases() if one.id == "TC_054_CS")
    told = judge(STATION, trigger, frozenset({"RemoteTrigger"}))
    assert told is not None
    assert told.outcome is Outcome.NOT_YET


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.NOT_YET])
def test_what_is_not_played_says_why(outcome: Outcome) -> None:
    judged = [result for one in all_cases() if (result := judge(STATION, one)) and result.outcome is outcome]
    assert judged
    assert all(result.reason for result in judged)
