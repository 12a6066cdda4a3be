"""Evidence from tests: which requirements a test shows, and which rows fired while it ran.

A test says what it shows with ``@covers("CS-5.1-02", rows=("connector:A2.cable",))``. The ids have to be in the
catalogue, and the test fails when a row that it claims did not fire in it; so a claim cannot outlive the behaviour.
Rows reach the test through the fixture ``fired``: hand it to the simulated world, which notes what each step fired.

At the end of the session ``.provenpoint/coverage.json`` has one entry for each test that passed. A run of a part of
the tests (``make test``) replaces the entries of that part, and drops those of tests that there are no more; a full run
(``make test-all``) replaces all. Entries made with other tables are dropped, for they prove nothing about these.
``provenpoint trace`` reads the file.

What a test shows travels in its report, so that it arrives whether the tests run here or in processes beside.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from model.catalogue import load_catalogue
from model.language.fingerprint import tables_fingerprint

Entry = dict[str, object]
Entries = dict[str, Entry]
COVERAGE_FILE = Path(".provenpoint") / "coverage.json"


class HasRow(Protocol):
    """What ``runtime.core.ports.Fired`` has, and this file needs."""

    @property
    def machine(self) -> str:
        """The machine's name."""

    @property
    def row(self) -> str:
        """The row's id within that machine."""


class FiredRows:
    """The rows that fired in one test, as ``machine:row``."""

    def __init__(self) -> None:
        self.rows: set[str] = set()

    def note(self, row_id: str) -> None:
        """One row fired, written ``machine:row``."""
        self.rows.add(row_id)

    def see(self, fired: Iterable[HasRow]) -> None:
        """What a ``Step`` says fired."""
        self.rows.update(f"{one.machine}:{one.row}" for one in fired)


def covers(*requirements: str, rows: Iterable[str] = ()) -> pytest.MarkDecorator:
    """The test shows these requirements, and these rows (``machine:row``) have to fire in it."""
    return pytest.mark.covers(*requirements, rows=tuple(rows))


_FIRED = pytest.StashKey[FiredRows]()
_THERE = pytest.StashKey[list[str]]()
_SHOWN = "shown"


@pytest.fixture
def fired(request: pytest.FixtureRequest) -> FiredRows:
    """Give this to whatever runs the station; it fills up with the rows that fire."""
    return _recorder(request.node)


def _recorder(item: pytest.Item) -> FiredRows:
    return item.stash.setdefault(_FIRED, FiredRows())


def _required(item: pytest.Item) -> list[str]:
    return sorted({name for mark in item.iter_markers("covers") for name in mark.args})


def _claimed(item: pytest.Item) -> list[str]:
    return sorted({row for mark in item.iter_markers("covers") for row in mark.kwargs.get("rows", ())})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a citation of a requirement that does not exist; note which tests there are, before any is left out."""
    catalogue = load_catalogue()
    config.stash[_THERE] = [item.nodeid for item in items]
    for item in items:
        if unknown := [name for name in _required(item) if name not in catalogue]:
            raise pytest.UsageError(f"{item.nodeid} covers {', '.join(unknown)}: not in model/requirements/*.toml")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run the test, then hold it to the rows that it claims."""
    yield
    silent = sorted(set(_claimed(item)) - _recorder(item).rows)
    if silent:
        seen = ", ".join(sorted(_recorder(item).rows)) or "none (does the world know the fixture `fired`?)"
        pytest.fail(f"claimed rows did not fire: {', '.join(silent)}; fired: {seen}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report what the test shows."""
    report = yield
    if report.when == "call":
        entry = {
            "test": item.nodeid,
            "requirements": _required(item),
            "claims": _claimed(item),
            "rows": sorted(_recorder(item).rows),
        }
        report.user_properties.append((_SHOWN, entry))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process reports its tests to the one that collects them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_SHOWN] = session.config.stash.get(_THERE, [])


def pytest_configure(config: pytest.Config) -> None:
    """Gather in the one process that hears of all tests."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(_Evidence(config))


class _Evidence:
    """What the tests of this session have shown."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.ran: set[str] = set()
        self.entries: Entries = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the entry of a test that passed; forget it again if its teardown fails."""
        self.ran.add(report.nodeid)
        if not report.passed:
            self.entries.pop(report.nodeid, None)
        elif report.when == "call" and not hasattr(report, "wasxfail"):
            self.entries[report.nodeid] = cast(Entry, dict(report.user_properties)[_SHOWN])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process beside has ended: it has seen all tests that there are, whoever ran them."""
        self.config.stash[_THERE] = getattr(node, "workeroutput", {}).get(_SHOWN, [])

    def pytest_sessionfinish(self) -> None:
        """Write the evidence."""
        path, entries = self.config.rootpath / COVERAGE_FILE, self.entries
        if not _is_full(self.config):
            entries = {name: entry for name, entry in _kept(path).items() if self._still_counts(name)} | entries
        path.parent.mkdir(exist_ok=True)
        content = {"tables": tables_fingerprint(), "tests": [entries[name] for name in sorted(entries)]}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _still_counts(self, name: str) -> bool:
        """Whether the evidence of a test that was not run stands; where all were collected, it has to be among them."""
        there = self.config.stash.get(_THERE, [])
        return name not in self.ran and (not _collects_all(self.config) or not there or name in there)


def _is_full(config: pytest.Config) -> bool:
    """Whether every test was asked for, rather than a file, a keyword or a mark."""
    return _collects_all(config) and not (config.option.keyword or config.option.markexpr)


def _collects_all(config: pytest.Config) -> bool:
    """Whether every test was looked at; a keyword or a mark leaves some out afterwards."""
    narrowed = getattr(config.option, "lf", False) or config.option.ignore or config.option.ignore_glob
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed


def _kept(path: Path) -> Entries:
    """What an earlier run left, if it was made with the tables of today."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("tables") != tables_fingerprint():
        return {}
    return {entry["test"]: entry for entry in content.get("tests", [])}
