"""The suite fails where it has to, and says where and why: a tiny foreign station, sound, and wrong in one way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from model.station_file import load_station
from properties.blocks.registry import all_cases, cleanups_of
from properties.conformance.bench import Pace
from properties.conformance.csms import ScriptedCsms
from properties.conformance.report import as_json, failure
from properties.conformance.run import Outcome, Suite
from properties.conformance.setup import NotConnectedError, UnderTest, bench_with
from tests.conformance.wrong_station import tiny_station
from tests.processes import provenpoint

CASES = {one.id: one for one in all_cases()}
PACE = Pace(patience_s=10.0, boot_s=60.0, quiet_s=10.0, connection_timeout_s=6)
"""Whoever is wrong by what he does is told at once; by silence, after the patience, which a busy machine may need."""
SOUND = (
    "TC_003_CS", "TC_004_1_CS", "TC_004_2_CS", "TC_012_CS", "TC_021_CS", "TC_023_CS", "TC_028_CS", "TC_031_CS",
    "TC_040_1_CS", "TC_040_2_CS", "TC_068_CS",
)  # fmt: skip


@contextmanager
def on_a_bench(flaw: str = "", pace: Pace = PACE) -> Iterator[Suite]:
    with ScriptedCsms() as csms, tiny_station(csms.url, flaw) as control:
        station = UnderTest("tiny", load_station("m06010e2eyfg"), control)
        with bench_with(csms, station, pace, cleanups_of()) as bench:
            yield Suite(bench)


def played(flaw: str, case_id: str) -> list[str]:
    """How the case is told that a station with this flaw has failed."""
    with on_a_bench(flaw) as suite:
        result = suite.run(CASES[case_id])
    assert result.outcome is Outcome.FAILED
    told = list(failure(result))
    assert told[0] == f"{case_id} {CASES[case_id].title}"
    assert any(" -> [" in line for line in told), "the frames are told"
    return told


@pytest.mark.exhaustive
def test_a_sound_station_that_is_not_ours_passes() -> None:
    with on_a_bench(pace=evolve(PACE, patience_s=60.0, quiet_s=0.4, connection_timeout_s=2)) as suite:
        results = [suite.run(CASES[case_id]) for case_id in SOUND]
    assert [line for r in results if r.outcome is not Outcome.PASSED for line in failure(r)] == []


@pytest.mark.parametrize(
    ("flaw", "case_id", "doing", "came"),
    [
        ("asks nobody", "TC_003_CS", "expect Authorize idTag CONF-DRIVER", "StartTransaction"),
        ("is silent about Charging", "TC_003_CS", "StartTransaction", "nothing more"),
        ("is silent about Preparing", "TC_004_1_CS", "Preparing", "nothing more"),
        ("says a status that is none", "TC_003_CS", "Charging", 'StatusNotification {"connectorId": 1'),
        ("has no patience", "TC_004_2_CS", "check that Available comes after 6 s", " s"),
        ("gives a wrong reason", "TC_012_CS", "reason Remote", '"reason": "Local"'),
        ("does not answer", "TC_012_CS", "call RemoteStopTransaction", "nothing for 10 s"),
        ("forgets what it is told", "TC_021_CS", "check that the new value is reported", "60"),
        ("charges for anybody", "TC_023_CS", "nothing like StartTransaction", "StartTransaction"),
        ("obeys nonsense", "TC_040_1_CS", "call ChangeConfiguration", '"status": "Accepted"'),
        ("obeys nonsense", "TC_040_2_CS", "call ChangeConfiguration", '"status": "Accepted"'),
        ("stops for strangers", "TC_068_CS", "nothing like StopTransaction", "StopTransaction"),
    ],
)
@pytest.mark.exhaustive
def test_a_station_that_is_wrong_fails_where_it_is(flaw: str, case_id: str, doing: str, came: str) -> None:
    _, step, expected, got, *_ = played(flaw, case_id)
    assert doing in step
    assert expected.startswith("  expected  ")
    assert came in got


def test_a_frame_that_is_no_message_fails_whatever_was_expected() -> None:
    with on_a_bench("says a status that is none") as suite:
        suite.run(CASES["TC_004_1_CS"])
        faults = suite.bench.csms.faults
    assert any("StatusNotification" in one and "status" in one for one in faults)


THREE = ("TC_003_CS", "TC_021_CS", "TC_040_1_CS")


@pytest.mark.exhaustive
def test_a_station_that_does_not_come_to_rest_fails_once_and_the_rest_is_not_run() -> None:
    with on_a_bench("never comes to rest") as suite:
        results = [suite.run(CASES[case_id]) for case_id in THREE]
    told = as_json("tiny", results)["cases"]
    assert [one["outcome"] for one in told] == ["failed", "not run", "not run"]
    assert "connector 2 is Unavailable" in told[0]["came"]


@pytest.mark.exhaustive
def test_a_station_that_has_booted_before_anybody_listened_is_reset_first() -> None:
    with on_a_bench("has booted before") as suite:
        assert suite.run(CASES["TC_021_CS"]).outcome is Outcome.PASSED
        frames = [frame.text for frame in suite.bench.csms.frames]
    assert [name for text in frames for name in ("Reset", "BootNotification") if f'"{name}"' in text] == [
        "Reset",
        "BootNotification",
    ]


@pytest.mark.exhaustive
def test_a_station_that_is_stuck_after_a_case_is_reset_before_the_next() -> None:
    with on_a_bench("forgets to be available") as suite:
        results = [suite.run(CASES[case_id]) for case_id in THREE]
        requests = [frame.text for frame in suite.bench.csms.frames if '"Reset"' in frame.text]
    assert {result.outcome for result in results} == {Outcome.PASSED}
    assert len(requests) == 1


def test_no_station_is_said_so() -> None:
    with (
        ScriptedCsms() as csms,
        pytest.raises(NotConnectedError, match="have it dial ws://"),
        bench_with(
            csms, UnderTest("x", load_station("m06010e2eyfg"), "http://127.0.0.1:9"), PACE, {}, dials_within_s=0.2
        ),
    ):
        pass


def test_the_command_says_what_is_wrong_with_a_station_that_is_not_ours(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    with ScriptedCsms() as probe:
        port = probe.port
    with tiny_station(f"ws://127.0.0.1:{port}", "gives a wrong reason") as control:
        ended = provenpoint(
            "conformance", "--csms-port", str(port), "--control", control, "--patience", "10",
            "--only", "TC_012", "--only", "TC_021", "--json", str(file),
        )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "TC_012_CS    FAILED" in ended.stdout
    assert "1 passed, 1 failed" in ended.stdout
    (failed,) = [one for one in json.loads(file.read_text())["cases"] if one["outcome"] == "failed"]
    assert '"reason": "Local"' in failed["came"]
    assert failed["frames"][-1][1] in ("->", "<-")
