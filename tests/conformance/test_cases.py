"""Every case that applies to our station, on a real process over a real socket: ``test_tc_003_cs_cable_first`` and on.

One station is played through all of them, as a test laboratory would: each case finds it at rest, and undoes what it
did. Cases that do not apply, or whose block is not built, are in the table of docs/conformance.md and nowhere here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from model.station_file import load_station
from properties.blocks.registry import all_cases, cleanups_of
from properties.conformance.bench import Pace
from properties.conformance.case import Case
from properties.conformance.csms import ScriptedCsms
from properties.conformance.report import failure
from properties.conformance.run import Outcome, Suite, judge
from properties.conformance.setup import UnderTest, bench_with
from tests.covering import covers

pytestmark = pytest.mark.exhaustive

PATIENT = Pace(patience_s=60.0, boot_s=120.0, connection_timeout_s=4, heartbeat_interval_s=1)
"""How fast the station is depends on what else the machine does; `provenpoint conformance` judges that."""

OURS = UnderTest("m06010e2eyfg", load_station("m06010e2eyfg"))


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    """Our station, and a CSMS that scripts it."""
    with ScriptedCsms() as csms, bench_with(csms, OURS, PATIENT, cleanups_of()) as bench:
        yield Suite(bench, OURS.unbuilt)


def _test_of(one: Case) -> Callable[[Suite], None]:
    @covers(*one.clauses)
    def test(suite: Suite) -> None:
        result = suite.run(one)
        assert result.outcome is Outcome.PASSED, "\n".join(failure(result))

    test.__name__ = test.__qualname__ = one.name
    test.__doc__ = one.title
    return test


for _one in all_cases():
    if judge(OURS.facts, _one, OURS.unbuilt) is None:
        globals()[_one.name] = _test_of(_one)
