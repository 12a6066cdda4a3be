"""The status transition table of clause 4.9 as the specification prints it: 81 cells, 53 of them transitions.

The connector machine is not written from this table and does not replace it: it *refines* it. Its rows are few,
because a fault lies beside usage instead of over a copy of it; this table is what they are measured by. Every
change of the reported status has to be one of the transitions, and each transition is reached or, for this
station, justified in writing (``properties/coverage.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

from attrs import field

from model.language.loader import TABLES
from model.language.place import Place
from model.language.table_source import Raw, Source, TableError, blocks, one_of, optional, text, texts
from model.record import frozen

MATRIX_FILE = "status_matrix.toml"
KINDS = ("transition", "absent", "same")


@frozen
class Cell:
    """One cell: from a status to a status, whether that is a transition, and why it is never reached here."""

    id: str
    source: str
    target: str
    kind: str
    clause: str
    justified: str = ""
    place: Place = field(default=Place("", 0), eq=False)

    @property
    def lawful(self) -> bool:
        """Whether the specification has this transition."""
        return self.kind == "transition"


@frozen(slots=False)
class Matrix:
    """All cells, over these statuses; ``projection`` names the value of the composition that has them."""

    projection: str
    statuses: tuple[str, ...]
    cells: tuple[Cell, ...]
    title: str = ""
    source: str = ""

    @cached_property
    def by_step(self) -> Mapping[tuple[str, str], Cell]:
        """The cells by where they lead from and to."""
        return {(cell.source, cell.target): cell for cell in self.cells}

    @property
    def lawful(self) -> tuple[Cell, ...]:
        """The transitions."""
        return tuple(cell for cell in self.cells if cell.lawful)

    def cell(self, source: str, target: str) -> Cell:
        """The cell of a step. Raises KeyError for a status that the table does not know."""
        return self.by_step[source, target]


@cache
def load_matrix(folder: Path = TABLES) -> Matrix:
    """The table of clause 4.9. Raises TableError."""
    source = Source.read(folder / MATRIX_FILE)
    known = {"matrix", "title", "source", "projection", "statuses", "cell"}
    raw = source.checked(source.raw, known, "matrix")
    statuses = texts(raw, "statuses", source.top)
    cells = tuple(_cell(source, nth, body, statuses) for nth, body in enumerate(blocks(raw, "cell", source.top)))
    named = (text(raw, key, source.top) for key in ("title", "source"))
    matrix = Matrix(text(raw, "projection", source.top), statuses, cells, *named)
    _check_whole(source, matrix)
    return matrix


def _cell(source: Source, nth: int, body: Raw, statuses: tuple[str, ...]) -> Cell:
    place = source.place("cell", nth)
    source.checked(body, {"id", "from", "to", "kind", "clause", "justified"}, "cell", place)
    before, after = one_of(body, "from", statuses, place), one_of(body, "to", statuses, place)
    kind, justified = one_of(body, "kind", KINDS, place), optional(body, "justified", place)
    if justified and kind != "transition":
        raise TableError(place, "the cell is no transition: it needs no justification")
    return Cell(text(body, "id", place), before, after, kind, text(body, "clause", place), justified, place)


def _check_whole(source: Source, matrix: Matrix) -> None:
    """Each pair of statuses has one cell."""
    if len(matrix.by_step) != len(matrix.cells):
        raise TableError(source.top, "two cells have the same 'from' and 'to'")
    for one in matrix.statuses:
        for other in matrix.statuses:
            if (one, other) not in matrix.by_step:
                raise TableError(source.top, f"no cell from {one} to {other}: every pair of statuses has one")
