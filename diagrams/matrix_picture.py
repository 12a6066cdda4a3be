"""The status matrix of clause 4.9 as a picture: nine rows from, nine columns to.

Each cell says what the specification has there, and what this station makes of it: which rows cite it, or why it is
never taken. A
transition with neither stands out, for then something is missing. Give ``taken`` (cell id to count) and the
cells that a run or an exploration went through are marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from diagrams.graph import Graph, Sign
from diagrams.legend import header
from diagrams.wording import Clauses
from diagrams.xml import document, element, linked, number, text
from model.language.composition import Composition
from model.language.guard import Is, atoms
from model.language.machine import Machine
from model.language.matrix import Cell, Matrix

NAME = "matrix"
MARGIN, HEAD_WIDTH, HEAD_HEIGHT, WIDTH, HEIGHT = 18.0, 132.0, 28.0, 128.0, 56.0
LINES, CHARS = 2, 15
CLASSES = {"reached": "good-box", "justified": "warn-box", "open": "bad-box", "absent": "absent", "same": "paper"}
LEGEND = (
    Sign("good-box", "transition, and rows of this station make it"),
    Sign("warn-box", "transition that this station never makes, and why (tooltip)"),
    Sign("bad-box", "transition that no row makes and nothing justifies"),
    Sign("absent", "no transition in the specification"),
)


@frozen
class MatrixPicture:
    """What every cell's drawing needs."""

    matrix: Matrix
    rows: Mapping[str, tuple[str, ...]]
    clauses: Clauses
    taken: Mapping[str, int]

    def verdict(self, cell: Cell) -> str:
        """What is to be seen of a cell; a key of ``CLASSES``."""
        if not cell.lawful:
            return cell.kind
        if cell.justified:
            return "justified"
        return "reached" if self.rows.get(cell.clause) or self.taken.get(cell.id) else "open"


def status_rows(composition: Composition, matrix: Matrix) -> dict[str, tuple[str, ...]]:
    """For each clause the rows that cite it, of the machines from whose states the status follows."""
    projection = next(one for one in composition.projections if one.name == matrix.projection)
    read = {atom.machine for row in projection.rows for atom in atoms(row.when) if isinstance(atom, Is)}
    return citing_rows(machine for machine in composition.machines if machine.name in read)


def citing_rows(machines: Iterable[Machine]) -> dict[str, tuple[str, ...]]:
    """For each clause the rows that cite it, as ``machine:row``."""
    found: dict[str, list[str]] = {}
    for machine in machines:
        for row in machine.rows:
            for clause in row.clauses:
                found.setdefault(clause, []).append(f"{machine.name}:{row.id}")
    return {clause: tuple(rows) for clause, rows in found.items()}


def draw_matrix_picture(picture: MatrixPicture) -> str:
    """The SVG file."""
    matrix = picture.matrix
    side = len(matrix.statuses)
    width, height = HEAD_WIDTH + side * WIDTH, HEAD_HEIGHT + side * HEIGHT
    subtitle = f"from the row's status to the column's; {len(matrix.lawful)} transitions; {matrix.source}"
    description = f"{len(matrix.cells)} cells, drawn from status_matrix.toml, each with the rows that make it."
    graph = Graph(NAME, matrix.title, subtitle, description, nodes=(), edges=(), legend=LEGEND)
    head, head_height, head_width = header(graph, width)
    size = (max(width, head_width) + 2 * MARGIN, height + head_height + 2 * MARGIN)
    body = element("g", *_parts(picture), transform=f"translate({number(MARGIN)} {number(MARGIN + head_height)})")
    head = element("g", head, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return document(NAME, matrix.title, description, size, (head, body))


def _parts(picture: MatrixPicture) -> Iterator[str]:
    places = {status: nth for nth, status in enumerate(picture.matrix.statuses)}
    for status, nth in places.items():
        yield _heading(f"{nth + 1} {status}", HEAD_WIDTH + nth * WIDTH + 4, HEAD_HEIGHT - 9)
        yield _heading(f"{chr(ord('A') + nth)} {status}", 0, HEAD_HEIGHT + nth * HEIGHT + HEIGHT / 2 + 4)
    for cell in picture.matrix.cells:
        x, y = HEAD_WIDTH + places[cell.target] * WIDTH, HEAD_HEIGHT + places[cell.source] * HEIGHT
        yield _cell(picture, cell, x, y)


def _heading(content: str, x: float, y: float) -> str:
    return element("text", element("tspan", text(content), class_="frame-label"), x=x, y=y)


def _cell(picture: MatrixPicture, cell: Cell, x: float, y: float) -> str:
    verdict, taken = picture.verdict(cell), picture.taken.get(cell.id, 0)
    drawn = element("rect", x=x, y=y, width=WIDTH - 3, height=HEIGHT - 3, rx=4, class_=f"cell {CLASSES[verdict]}")
    drawn += element("text", element("tspan", text(cell.id), class_="rowid"), x=x + 6, y=y + 15)
    drawn += element("text", element("tspan", text(_note(verdict, taken)), class_="small"), x=x + 30, y=y + 15)
    if cell.lawful:
        drawn += "".join(_rows(picture.rows.get(cell.clause, ()), x, y))
    return linked(drawn, _tooltip(picture, cell), Clauses.href((cell.clause,)))


def _note(verdict: str, taken: int) -> str:
    if taken:
        return f"taken \N{MULTIPLICATION SIGN}{taken}"
    words = {"absent": "no transition", "same": "no change", "justified": "never here", "open": "missing"}
    return words.get(verdict, "")


def _rows(rows: tuple[str, ...], x: float, y: float) -> Iterator[str]:
    for nth, row in enumerate(rows[:LINES]):
        more = f" +{len(rows) - LINES}" if nth == LINES - 1 and len(rows) > LINES else ""
        name = row.partition(":")[2]
        space = CHARS - len(more)
        short = name if len(name) <= space else f"{name[: space - 1]}\N{HORIZONTAL ELLIPSIS}"
        yield element("text", text(short + more), x=x + 6, y=y + 31 + 14 * nth)


def _tooltip(picture: MatrixPicture, cell: Cell) -> str:
    rows = picture.rows.get(cell.clause, ())
    lines = (
        f"{cell.id}: {cell.source} \N{RIGHTWARDS ARROW} {cell.target}",
        picture.clauses.title(cell.clause),
        *([f"never here: {cell.justified}"] if cell.justified else []),
        *([f"rows: {', '.join(rows)}"] if rows else []),
    )
    return "\n".join(lines)
