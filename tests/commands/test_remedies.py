"""Every exception of ours ends in Error and says what to do about it, unless nobody who could do something sees it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import diagrams
import model
import properties
import runtime
from model.language.place import Place
from model.language.table_source import TableError
from model.remedy import RemediableError
from model.station_reader import StationFileError
from properties.world.power import PowerCut
from runtime.commands.command_error import USAGE, command_error

WITHOUT_A_REMEDY = {
    "a refusal that the control interface answers, with what it would have accepted": {
        "BadBodyError",
        "NoSuchConnectorError",
        "NoSuchErrorCodeError",
        "WrongStateError",
    },
    "a refusal that a CALLERROR, Rejected or the prompt of the test CSMS carries": {
        "BadPayloadError",
        "NoSuchCallError",
        "RefusedError",
    },
    "caught by ours, which says it in an error with a remedy": {
        "GuardError",
        "NotAFileError",
        "RecordDamagedError",
        "TooManyCasesError",
        "WrongKindError",
        "_OutOfScopeError",
    },
    "caught by the thread of a transfer, which says it in how the transfer ended": {
        "AttemptFailedError",
        "ChangedError",
        "StoppedError",
    },
    "the verdict on a conformance case, a replay or a demo": {
        "ActionFailedError",
        "CannotBeCausedError",
        "DemoError",
        "NoAnswerError",
        "NotAtRestError",
        "StepFailedError",
    },
    "a fault in the tables or in the code that the lint or a test finds before": {
        "AmbiguousError",
        "ConfigurationError",
        "DoesNotSettleError",
    },
}


def ours() -> Iterator[type[BaseException]]:
    """Every exception class that a module of ours defines."""
    for package in (model, diagrams, runtime, properties):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield from exceptions_of(importlib.import_module(found.name))


def exceptions_of(module: ModuleType) -> Iterator[type[BaseException]]:
    """Those that the module itself defines."""
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, BaseException) and thing.__module__ == module.__name__:
            yield thing


def test_an_exception_of_ours_ends_in_error_and_carries_a_remedy_or_has_a_reason_not_to() -> None:
    classes = set(ours()) - {PowerCut}  # the simulated power that goes is no error, as KeyboardInterrupt is none
    without = {one.__name__ for one in classes if not hasattr(one, "remedy")} - {"CommandError"}

    assert [one.__name__ for one in classes if not one.__name__.endswith("Error")] == []
    assert without == set().union(*WITHOUT_A_REMEDY.values())


@pytest.mark.parametrize(
    ("error", "problem", "remedy"),
    [
        (RemediableError("no space; make some; and soon"), "no space", "make some; and soon"),
        (StationFileError("s.toml:3: power_w is missing"), "s.toml:3: power_w is missing", "docs/station-file.md"),
        (TableError(Place("t.toml", 2), "not a list; write [[row]]"), "t.toml:2: not a list", "write [[row]]"),
    ],
)
def test_a_command_shows_the_remedy_of_the_message_or_the_usual_one(
    error: RemediableError, problem: str, remedy: str
) -> None:
    shown = command_error(error, USAGE)

    assert (shown.problem, shown.code) == (problem, USAGE)
    assert shown.remedy.startswith(remedy)
