"""What was shown: tests that passed, properties that held, and the rows that fired for them.

Two files say so, ``.provenpoint/coverage.json`` from the test run (``tests/covering.py``) and
``.provenpoint/verify.json`` from ``provenpoint verify``. Each may be absent, and each is about certain tables:
evidence with another fingerprint than that of today's tables is stale, and counts for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from model.language.fingerprint import tables_fingerprint
from model.remedy import RemediableError

FOLDER = Path(".provenpoint")
COVERAGE, VERIFY = "coverage.json", "verify.json"
HOLDS = "holds"


@frozen
class Shown:
    """A passing test or a property that held: the requirements that it names, and the rows that fired for it."""

    kind: str
    name: str
    requirements: frozenset[str]
    rows: frozenset[str]


@frozen
class Evidence:
    """All of it; ``missing`` says in words what is absent or stale, and how to get it."""

    shown: tuple[Shown, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def fired(self) -> frozenset[str]:
        """Every row that fired for anything."""
        return frozenset().union(*(one.rows for one in self.shown))


class EvidenceError(RemediableError, ValueError):
    """A file of evidence cannot be read; the message names it and the remedy."""

    usual_remedy = "remove the file, and make it anew"


def load_evidence(folder: Path = FOLDER) -> Evidence:
    """What both files have. Raises EvidenceError."""
    coverage, no_tests = _read(folder / COVERAGE, "make test-all")
    verify, no_proofs = _read(folder / VERIFY, "provenpoint verify")
    try:
        shown = (*_tests(coverage), *_properties(verify))
    except (KeyError, TypeError, AttributeError) as problem:
        raise EvidenceError(
            f"{folder}: evidence of another form ({problem!r}); remove it and make it anew"
        ) from problem
    return Evidence(shown, tuple(filter(None, (no_tests, no_proofs))))


def _read(path: Path, remedy: str) -> tuple[Mapping[str, Any], str]:
    """The file's content, or why there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, f"{path} is absent: run `{remedy}` first"
    except (OSError, ValueError) as problem:
        raise EvidenceError(f"{path}: cannot be read ({problem}); remove it and run `{remedy}`") from problem
    if not isinstance(content, dict) or content.get("tables") != tables_fingerprint():
        return {}, f"{path} is about other tables than today's: run `{remedy}` again"
    return content, ""


def _tests(content: Mapping[str, Any]) -> Iterator[Shown]:
    for test in content.get("tests", []):
        yield Shown("test", test["test"], frozenset(test["requirements"]), frozenset(test["rows"]))


def _properties(content: Mapping[str, Any]) -> Iterator[Shown]:
    """A property that held is evidence for every row that its exploration fired."""
    rows = frozenset(content.get("rows", []))
    for one in content.get("properties", []):
        if one["verdict"] == HOLDS:
            yield Shown("property", one["name"], frozenset(one["clauses"]), rows)
    if rows:
        yield Shown("exploration", "provenpoint verify", frozenset(), rows)
