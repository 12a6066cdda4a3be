"""The cases of diagnostics on our own station, as a process: it has them, and not yet the whole of their profile."""

from __future__ import annotations

import pytest

from model.station_file import load_station
from properties.blocks.registry import cleanups_of
from properties.conformance.bench import Pace
from properties.conformance.case import Case
from properties.conformance.cases import diagnostics
from properties.conformance.csms import ScriptedCsms
from properties.conformance.report import failure
from properties.conformance.run import Outcome, Suite
from properties.conformance.setup import UnderTest, bench_with
from tests.covering import covers

OURS = UnderTest("m06010e2eyfg", load_station("m06010e2eyfg"))
PATIENT = Pace(patience_s=60.0, boot_s=120.0)


@covers("CS-5.9-02", "CS-5.9-03", "CS-5.9-08", "CS-7.24-03", "CS-7.24-04", "CS-7.24-05")
@pytest.mark.parametrize("one", [diagnostics.uploaded, diagnostics.not_uploaded], ids=lambda one: one.id)
def test_our_station_passes(one: Case) -> None:
    with ScriptedCsms() as csms, bench_with(csms, OURS, PATIENT, cleanups_of()) as bench:
        result = Suite(bench).run(one)
        assert result.outcome is Outcome.PASSED, "\n".join(failure(result))
