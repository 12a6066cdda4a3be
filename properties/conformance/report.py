"""How results are shown: a line for each case as it ends, what it takes to understand a failure, a count at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from model.station_file import StationFile
from properties.conformance.case import Case
from properties.conformance.csms import Passed
from properties.conformance.run import Outcome, Result, judge

MAX_FRAMES: Final = 60
MAX_TEXT: Final = 300
WORDS: Final = {Outcome.FAILED: "FAILED"}


def line(result: Result) -> str:
    """One line: id, outcome, time, title, and why where there is a reason."""
    word = WORDS.get(result.outcome, result.outcome.value)
    took = f"{result.seconds:5.1f} s" if result.seconds else " " * 7
    why = f" ({result.reason})" if result.reason else ""
    return f"{result.case.id:<12} {word:<14} {took}  {result.case.title}{why}"


def failure(result: Result) -> Iterator[str]:
    """A failed case: the step, what was expected, what came, and the frames that led to it."""
    yield f"{result.case.id} {result.case.title}"
    if result.step:
        yield f"  step {result.step}    {result.doing}"
        yield f"  expected  {result.expected}"
    else:
        yield f"  {result.reason}"
    yield f"  came      {result.came}"
    yield "  frames"
    if len(result.frames) > MAX_FRAMES:
        yield f"    ... {len(result.frames) - MAX_FRAMES} before these"
    for frame in result.frames[-MAX_FRAMES:]:
        yield f"    {_frame(frame, result.began_s)}"


def _frame(frame: Passed, began_s: float) -> str:
    text = frame.text if len(frame.text) <= MAX_TEXT else f"{frame.text[:MAX_TEXT]}..."
    return f"{frame.at_s - began_s:7.3f} {frame.way} {text}"


def summary(results: Sequence[Result]) -> str:
    """How many of each outcome."""
    counted = Counter(result.outcome for result in results)
    return ", ".join(f"{counted[outcome]} {outcome.value}" for outcome in Outcome if counted[outcome])


def as_json(station: str, results: Sequence[Result]) -> dict[str, Any]:
    """For ``--json``."""
    counted = Counter(result.outcome.value for result in results)
    return {"station": station, "outcomes": dict(counted), "cases": [result.as_json() for result in results]}


def table(station: StationFile, cases: Sequence[Case]) -> Iterator[str]:
    """In Markdown: a row for each case, with its scenario, and whether it applies to the station."""
    yield "| case | is about | profile | scenario | for this station |"
    yield "|---|---|---|---|---|"
    for one in cases:
        result = judge(station, one)
        applies = f"{result.outcome.value}: {result.reason}" if result else "applies"
        yield f"| {one.id} | {one.title} | {one.profile.value} | {_scenario(one)} | {applies} |"


def _scenario(one: Case) -> str:
    """Where the scenario is: the chapter's module, and its function."""
    return f"`{one.scenario.__module__.rpartition('.')[2]}.{one.scenario.__name__}`" if one.scenario else ""
