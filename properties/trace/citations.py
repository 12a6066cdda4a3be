"""Where the project cites the specification: rows and other parts of tables, configuration keys, functions.

A citation in a table or in ``configuration.toml`` is a field; one in Python is a requirement id in a docstring or a
comment, or a range of them (``CS-7.24-01 to -05``), and belongs to the innermost function, class or module around it.
Only ``model``, ``diagrams`` and ``runtime``
are read: what stands in ``properties`` and ``tests`` is evidence, not the thing itself.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from model.catalogue import ID
from model.configuration import Configuration
from model.language.composition import Composition
from model.language.machine import Machine, Question, State, Timer
from model.language.matrix import Matrix

ROOT = Path(__file__).parents[2]
PACKAGES = ("model", "diagrams", "runtime")


@frozen
class Citation:
    """Something that cites a requirement. ``kind``: row | table | key | function."""

    requirement: str
    kind: str
    name: str
    place: str


def of_tables(composition: Composition) -> Iterator[Citation]:
    """Rows as ``machine:row``; states, questions, timers, silences and projections as ``table``."""
    for machine in composition.machines:
        for row in machine.rows:
            yield from _each(row.clauses, "row", f"{machine.name}:{row.id}", str(row.place))
        yield from _other_parts(machine)
    for projection in composition.projections:
        for part in projection.rows:
            yield from _each(part.clauses, "table", f"{projection.name}={part.value}", str(part.place))


def _other_parts(machine: Machine) -> Iterator[Citation]:
    parts: tuple[State | Question | Timer, ...] = (*machine.states, *machine.questions, *machine.timers)
    for part in parts:
        yield from _each(part.clauses, "table", f"{machine.name}.{part.name}", str(part.place))
    for silence in machine.unanswered:
        name = f"{machine.name} {silence.kind} {'/'.join(silence.events)}"
        yield from _each(silence.clauses, "table", name, str(silence.place))
    for one in machine.unaddressed:
        yield from _each(one.clauses, "table", f"{machine.name} unaddressed {one.request}", str(one.place))


def _each(clauses: Iterable[str], kind: str, name: str, place: str) -> Iterator[Citation]:
    return (Citation(clause, kind, name, place) for clause in clauses)


def of_matrix(matrix: Matrix) -> Iterator[Citation]:
    """The cells of the status matrix; each is held against the exploration."""
    return (Citation(cell.clause, "table", f"status_matrix:{cell.id}", str(cell.place)) for cell in matrix.cells)


def of_keys(configuration: Configuration) -> Iterator[Citation]:
    """The keys whose block is built."""
    for key in (key for key in configuration.key if key.since in configuration.built):
        yield from _each(key.clauses, "key", key.name, "configuration.toml")


def of_sources(root: Path = ROOT, packages: Iterable[str] = PACKAGES) -> Iterator[Citation]:
    """Every Python file of the packages."""
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            yield from of_python(path.read_text(encoding="utf-8"), str(path.relative_to(root)))


def of_python(text: str, file: str) -> Iterator[Citation]:
    """The docstrings and comments of one file."""
    owners = _owners(ast.parse(text))
    seen: set[tuple[str, str]] = set()
    for line, prose in sorted([*_docstrings(ast.parse(text)), *_comments(text)]):
        owner = _owner(owners, line)
        for requirement in _named(prose):
            if (requirement, owner) not in seen:
                seen.add((requirement, owner))
                yield Citation(requirement, "function", owner or Path(file).stem, f"{file}:{line}")


RANGE = re.compile(rf"({ID.pattern}) to -(\d+)")


def _named(prose: str) -> Iterator[str]:
    """The requirements that a text names, one by one or as a range of numbers."""
    for first, last in RANGE.findall(prose):
        stem, _, begin = first.rpartition("-")
        yield from (f"{stem}-{number:0{len(begin)}}" for number in range(int(begin), int(last) + 1))
    yield from ID.findall(prose)


Span = tuple[int, int, str]


def _owners(tree: ast.Module) -> list[Span]:
    """First line, last line and dotted name of every function and class."""
    return list(_spans(tree, ""))


def _spans(node: ast.AST, prefix: str) -> Iterator[Span]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{prefix}{child.name}"
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield first, child.end_lineno or child.lineno, name
            yield from _spans(child, f"{name}.")
        else:
            yield from _spans(child, prefix)


def _owner(owners: Iterable[Span], line: int) -> str:
    """The innermost around the line: the one that begins last. Empty for the module itself."""
    around = [span for span in owners if span[0] <= line <= span[1]]
    return max(around, default=(0, 0, ""))[2]


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text that stands alone as a statement: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
