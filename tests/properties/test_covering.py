"""The evidence plugin is itself evidence's foundation: a claim that is not true has to fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.covering import COVERAGE_FILE

pytest_plugins = ["pytester"]

HEAD = "from tests.covering import covers\n"


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    """A session of its own, in a folder of its own, with the plugin of ours."""
    pytester.makeini("[pytest]\ntestpaths = .\nmarkers = covers(*requirements, rows): see tests.covering")
    pytester.makepyfile(test_scenario=HEAD + test)
    return pytester.runpytest_subprocess("-p", "tests.covering", *options)


def evidence(pytester: pytest.Pytester) -> dict[str, dict[str, list[str]]]:
    content = json.loads((Path(pytester.path) / COVERAGE_FILE).read_text(encoding="utf-8"))
    return {entry["test"]: entry for entry in content["tests"]}


def test_a_claimed_row_that_fired_is_written_down(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@covers("CS-4.9-A2", rows=("connector:A2.cable",))
def test_plug_in(fired):
    fired.note("connector:A2.cable")
""",
    )
    result.assert_outcomes(passed=1)
    entry = evidence(pytester)["test_scenario.py::test_plug_in"]
    assert entry["requirements"] == ["CS-4.9-A2"]
    assert entry["rows"] == entry["claims"] == ["connector:A2.cable"]


def test_a_claimed_row_that_did_not_fire_fails_the_test_and_leaves_no_evidence(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@covers("CS-4.9-A2", rows=("connector:A2.cable",))
def test_plug_in(fired):
    fired.note("connector:A2.other")
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*claimed rows did not fire: connector:A2.cable; fired: connector:A2.other*"])
    assert evidence(pytester) == {}


def test_an_unknown_requirement_stops_the_session(pytester: pytest.Pytester) -> None:
    result = run(pytester, '@covers("CS-99.99-99")\ndef test_nothing(): pass\n')
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_nothing covers CS-99.99-99: not in model/requirements*"])


@pytest.mark.exhaustive
def test_a_partial_run_replaces_the_evidence_of_its_part_only(pytester: pytest.Pytester) -> None:
    two = '@covers("CS-4.2-01")\ndef test_one(): pass\n\n@covers("CS-4.2-01")\ndef test_two(): assert {truth}\n'
    run(pytester, two.format(truth=True))
    run(pytester, two.format(truth=False), "-k", "two")
    assert list(evidence(pytester)) == ["test_scenario.py::test_one"]


@pytest.mark.parametrize("beside", [(), ("-n", "2")])
@pytest.mark.exhaustive
def test_a_partial_run_drops_the_evidence_of_a_test_that_there_is_no_more(
    pytester: pytest.Pytester, beside: tuple[str, ...]
) -> None:
    text = '@covers("CS-4.2-01")\ndef test_one(): pass\n\n@covers("CS-4.2-01")\ndef test_{name}(): pass\n'
    run(pytester, text.format(name="old"))
    run(pytester, text.format(name="new"), "-k", "new", *beside)
    assert list(evidence(pytester)) == ["test_scenario.py::test_new", "test_scenario.py::test_one"]
