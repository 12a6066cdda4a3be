"""The list of cases, and the table that people read of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.catalogue import load_catalogue
from model.station_file import load_station
from properties.conformance.case import NOT_BUILT, Profile
from properties.conformance.cases import all_cases
from properties.conformance.report import table
from properties.conformance.run import Outcome, judge
from runtime.settings import Settings

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


def test_a_block_that_is_built_is_not_waited_for() -> None:
    supported = Settings(STATION, {}, {}).items("SupportedFeatureProfiles")
    assert not set(NOT_BUILT) & {Profile(name) for name in supported}, "take it out of NOT_BUILT"


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.NOT_YET])
def test_what_is_not_played_says_why(outcome: Outcome) -> None:
    judged = [result for one in all_cases() if (result := judge(STATION, one)) and result.outcome is outcome]
    assert judged
    assert all(result.reason for result in judged)
