"""From every requirement to what cites it and what shows it, and a verdict on it.

The verdicts, each requirement having exactly one (``docs/traceability.md``):

- ``covered``: cited, and shown by a passing test or a property that held; where rows cite it, one of them fired for
  what shows it, and every one of them fired somewhere.
- ``partial``: something shows it, but a row that cites it never fired, or none fired for what shows it, or
  nothing cites it.
- ``shallow``: cited, and nothing shows it.
- ``justified``: in writing, why this station needs none (``model/justified.toml``).
- ``missing``: none of these. ``out``: it does not bind this station.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from model.catalogue import Catalogue, Requirement, load_catalogue
from model.configuration import load_configuration
from model.justified import load_justified
from model.language.composition import Composition
from model.language.loader import load_composition
from model.language.matrix import load_matrix
from properties.trace.citations import Citation, of_keys, of_matrix, of_sources, of_tables
from properties.trace.evidence import Evidence, Shown

WORDS = ("covered", "shallow", "partial", "missing", "justified")


@frozen
class Item:
    """One requirement with all that leads to it."""

    requirement: Requirement
    in_scope: bool
    word: str
    citations: tuple[Citation, ...] = ()
    shown: tuple[Shown, ...] = field(default=(), repr=False)
    silent_rows: tuple[str, ...] = ()
    reason: str = ""


@frozen
class Trace:
    """The whole catalogue, judged; ``dangling`` are citations of what the catalogue does not have."""

    items: tuple[Item, ...]
    dangling: tuple[Citation, ...]
    rows_total: int
    rows_cited: int
    notes: tuple[str, ...] = ()


def trace(evidence: Evidence) -> Trace:
    """Judge the project as it stands."""
    composition = load_composition()
    catalogue = load_catalogue()
    citations = [*of_tables(composition), *of_matrix(load_matrix()), *of_keys(load_configuration()), *of_sources()]
    items = judge(catalogue, citations, evidence, load_justified())
    dangling = tuple(citation for citation in citations if citation.requirement not in catalogue)
    return Trace(items, dangling, *count_rows(composition), evidence.missing)


def count_rows(composition: Composition) -> tuple[int, int]:
    """How many rows the machines have, and how many of them cite a clause."""
    rows = [row for machine in composition.machines for row in machine.rows]
    return len(rows), sum(bool(row.clauses) for row in rows)


def judge(
    catalogue: Catalogue, citations: Iterable[Citation], evidence: Evidence, reasons: Mapping[str, str]
) -> tuple[Item, ...]:
    """Every requirement with its citations, its evidence and its verdict."""
    cited, shown = defaultdict[str, list[Citation]](list), defaultdict[str, list[Shown]](list)
    for citation in citations:
        cited[citation.requirement].append(citation)
    for one in evidence.shown:
        for requirement in one.requirements:
            shown[requirement].append(one)
    fired = evidence.fired
    return tuple(
        _item(
            one, one.binds_station and one.id not in catalogue.superseded, cited[one.id], shown[one.id], fired, reasons
        )
        for one in catalogue
    )


def _item(  # what is known of one requirement is six things
    requirement: Requirement,
    in_scope: bool,
    citations: list[Citation],
    shown: list[Shown],
    fired: frozenset[str],
    reasons: Mapping[str, str],
) -> Item:
    rows = {citation.name for citation in citations if citation.kind == "row"}
    silent = tuple(sorted(rows - fired))
    deep = any(not rows or rows & one.rows for one in shown)
    word = _word(cited=bool(citations), shown=bool(shown), whole=deep and not silent)
    reason = reasons.get(requirement.id, "")
    if reason and word != "covered":
        word = "justified"
    return Item(requirement, in_scope, word if in_scope else "out", tuple(citations), tuple(shown), silent, reason)


def _word(*, cited: bool, shown: bool, whole: bool) -> str:
    if cited and shown and whole:
        return "covered"
    if shown:
        return "partial"
    return "shallow" if cited else "missing"


def counts(items: Iterable[Item]) -> dict[str, int]:
    """Total, in scope, and how many of those have each verdict."""
    items = list(items)
    words = Counter(item.word for item in items)
    return {
        "total": len(items),
        "in_scope": sum(item.in_scope for item in items),
        **{word: words[word] for word in WORDS},
    }


def report(result: Trace) -> dict[str, object]:
    """The trace as JSON has it."""
    profiles = {item.requirement.profile for item in result.items}
    return {
        "requirements": counts(result.items),
        "shall": counts(item for item in result.items if item.requirement.mandatory),
        "rows": {"total": result.rows_total, "cited": result.rows_cited},
        "profiles": {
            name: counts(item for item in result.items if item.requirement.profile == name) for name in sorted(profiles)
        },
        "notes": list(result.notes),
        "dangling": [f"{citation.place}: {citation.requirement}" for citation in result.dangling],
        "items": [_item_json(item) for item in result.items],
    }


def _item_json(item: Item) -> dict[str, object]:
    by_kind = defaultdict[str, list[str]](list)
    for citation in item.citations:
        by_kind[citation.kind].append(f"{citation.name} ({citation.place})")
    return {
        "id": item.requirement.id,
        "clause": item.requirement.clause,
        "level": item.requirement.level,
        "actor": item.requirement.actor,
        "profile": item.requirement.profile,
        "title": item.requirement.title,
        "status": item.word,
        "rows": by_kind["row"],
        "tables": by_kind["table"],
        "keys": by_kind["key"],
        "functions": by_kind["function"],
        "tests": [one.name for one in item.shown if one.kind == "test"],
        "properties": [one.name for one in item.shown if one.kind == "property"],
        "silent_rows": list(item.silent_rows),
        "reason": item.reason,
    }
