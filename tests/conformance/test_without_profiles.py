"""The cases for a station that lacks a profile, on one of ours that has Core and nothing else."""

from __future__ import annotations

from pathlib import Path

from model.station_file import load_station
from properties.blocks.registry import all_cases, cleanups_of
from properties.conformance.bench import Pace
from properties.conformance.csms import ScriptedCsms
from properties.conformance.report import failure
from properties.conformance.run import Outcome, Suite
from properties.conformance.setup import UnderTest, bench_with
from tests.covering import covers

CASES = ("TC_019_CS", "TC_042_1_CS", "TC_043_1_CS", "TC_048_4_CS")


@covers("CS-3.3-03", "CS-9-01")
def test_what_belongs_to_other_profiles_is_refused_as_a_laboratory_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "core.toml"
    path.write_text('extends = "m06010e2eyfg"\n[[profile]]\nname = "Core"\n', encoding="utf-8")
    under_test = UnderTest(str(path), load_station(path))
    with ScriptedCsms() as csms, bench_with(csms, under_test, Pace(heartbeat_interval_s=1), cleanups_of()) as bench:
        suite = Suite(bench, under_test.unbuilt)
        results = [suite.run(one) for one in all_cases() if one.id in CASES]
    said = [line for result in results for line in failure(result) if result.outcome is not Outcome.PASSED]
    assert [result.outcome for result in results] == [Outcome.PASSED] * len(CASES), "\n".join(said)
