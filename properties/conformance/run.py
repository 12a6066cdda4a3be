"""From cases to outcomes: one after the other, each on a station at rest, each with what it takes to understand it.

A case has *passed*, has *failed* at a step, is *not applicable* to the station for a reason, or is *not yet* written.
Where the station cannot be brought to rest the case that found it so has failed, and the rest is *not run*.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any

from attrs import define, evolve, frozen

from model.station_file import StationFile
from properties.conformance.bench import Bench, StepFailedError
from properties.conformance.case import Case
from properties.conformance.cleanup import NotAtRestError, bring_to_rest
from properties.conformance.csms import Passed


class Outcome(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    NOT_YET = "not yet"
    NOT_RUN = "not run"


@frozen
class Result:
    """A case and what became of it; where it failed: at which step, what was expected, what came, and all frames."""

    case: Case
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    step: int = 0
    doing: str = ""
    expected: str = ""
    came: str = ""
    frames: tuple[Passed, ...] = ()
    began_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        told: dict[str, Any] = {
            "id": self.case.id, "title": self.case.title, "profile": self.case.profile.value,
            "outcome": self.outcome.value, "seconds": round(self.seconds, 3),
        }  # fmt: skip
        if self.reason:
            told["reason"] = self.reason
        if self.outcome is Outcome.FAILED:
            told |= {"step": self.step, "doing": self.doing, "expected": self.expected, "came": self.came}
            told["frames"] = [[round(f.at_s - self.began_s, 3), f.way, f.text] for f in self.frames]
        return told


@define(eq=False)
class Suite:
    """Cases, one after the other; a station that was lost once is not tried again."""

    bench: Bench
    unbuilt: frozenset[str] = frozenset()
    lost: str = ""

    def run(self, one: Case) -> Result:
        """One case and what became of it."""
        result = judge(self.bench.station, one, self.unbuilt)
        if result is None:
            result = Result(one, Outcome.NOT_RUN, reason=self.lost) if self.lost else run_case(self.bench, one)
        if result.outcome is Outcome.FAILED and result.reason:
            self.lost = result.reason
        return result


def judge(station: StationFile, one: Case, unbuilt: frozenset[str] = frozenset()) -> Result | None:
    """The result of a case that is not run at all; None for one that is. ``unbuilt``: profiles yet to come."""
    why_not = one.why_not(station)
    if why_not is not None:
        return Result(one, Outcome.NOT_APPLICABLE, reason=why_not)
    if one.scenario is None:
        return Result(one, Outcome.NOT_YET, reason=one.waits_for)
    if one.profile.value in unbuilt:
        return Result(one, Outcome.NOT_YET, reason=f"this station does not have {one.profile} yet")
    return None


def run_case(bench: Bench, one: Case) -> Result:
    """Bring the station to rest, and play the scenario."""
    frames, began_s = len(bench.csms.frames), time.monotonic()
    try:
        bring_to_rest(bench)
        frames, began_s = len(bench.csms.frames), time.monotonic()
        assert one.scenario is not None
        one.scenario(bench)
        result = Result(one, Outcome.PASSED)
    except StepFailedError as failed:
        result = Result(one, Outcome.FAILED, 0.0, "", failed.number, failed.doing, failed.expected, failed.came)
    except NotAtRestError as problem:
        result = Result(one, Outcome.FAILED, 0.0, "the station does not come to rest", came=str(problem))
    seen = tuple(bench.csms.frames[frames:]) if result.outcome is Outcome.FAILED else ()
    return evolve(result, seconds=time.monotonic() - began_s, frames=seen, began_s=began_s)
