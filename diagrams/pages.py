"""The two pages beside the pictures: all of them in one view, and the clauses to which their links lead.

The page of clauses holds what the catalogue says, in its own words, and names the rows that cite each clause, so that
the way leads back too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from diagrams.matrix_picture import NAME as MATRIX
from diagrams.matrix_picture import citing_rows
from diagrams.style import page_style
from diagrams.wording import CLAUSES_PAGE
from model.catalogue import Catalogue
from model.language.composition import Composition
from model.language.machine import Machine
from model.language.matrix import Matrix

INDEX_PAGE = "index.html"


def index_page(title: str, pictures: Mapping[str, str]) -> str:
    """All pictures, by name and title."""
    links = " ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in pictures)
    figures = "\n".join(_figure(escape(name), escape(said)) for name, said in pictures.items())
    body = f'<h1>{escape(title)}</h1>\n<nav>{links} <a href="{CLAUSES_PAGE}">clauses</a></nav>\n{figures}'
    return _page(title, body, "pictures")


def _figure(name: str, said: str) -> str:
    fallback = f'<a href="{name}.svg">{said}</a>'
    picture = f'<object type="image/svg+xml" data="{name}.svg" aria-label="{said}">{fallback}</object>'
    return f'<figure id="{name}"><figcaption>{fallback}</figcaption>{picture}</figure>'


def clauses_page(composition: Composition, matrix: Matrix, catalogue: Catalogue) -> str:
    """Every clause that the tables cite: its title, what it asks, and the rows that cite it."""
    rows = citing_rows(composition.machines)
    cells = {cell.clause: cell.id for cell in matrix.cells}
    order = {requirement.id: nth for nth, requirement in enumerate(catalogue)}
    cited = sorted({*_cited(composition), *cells}, key=lambda clause: (order.get(clause, len(order)), clause))
    entries = "\n".join(_clause(clause, catalogue, rows.get(clause, ()), cells.get(clause, "")) for clause in cited)
    note = "Paraphrased; the specification itself is what binds."
    body = f'<h1>Clauses</h1>\n<p class="muted">{note} <a href="{INDEX_PAGE}">Pictures</a></p>\n<dl>\n{entries}\n</dl>'
    return _page("Clauses", body, "text")


def _cited(composition: Composition) -> Iterator[str]:
    for machine in composition.machines:
        yield from _of_machine(machine)
    for projection in composition.projections:
        for row in projection.rows:
            yield from row.clauses


def _of_machine(machine: Machine) -> Iterator[str]:
    for parts in (
        machine.states,
        machine.timers,
        machine.rows,
        machine.questions,
        machine.unanswered,
        machine.unaddressed,
    ):
        for part in parts:
            yield from part.clauses


def _clause(clause: str, catalogue: Catalogue, rows: Iterable[str], cell: str) -> str:
    if clause not in catalogue:
        return f'<dt id="{escape(clause)}">{escape(clause)}</dt><dd class="muted">not in the catalogue</dd>'
    entry, links = catalogue[clause], [_row(row) for row in rows]
    if cell:
        links.insert(0, f'<a href="{MATRIX}.svg">cell {escape(cell)}</a>')
    binding = f"<small>{escape(entry.level)}, {escape(entry.actor)}</small>"
    head = f'<dt id="{escape(clause)}">{escape(clause)} {escape(entry.title)} {binding}</dt>'
    foot = f'<dd class="muted">{", ".join(links)}</dd>' if links else ""
    return f"{head}<dd>{escape(entry.text)}</dd>{foot}"


def _row(row: str) -> str:
    return f'<a href="{escape(row.partition(":")[0])}.svg"><code>{escape(row)}</code></a>'


def _page(title: str, body: str, kind: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{page_style()}</style></head>\n"
        f'<body class="{kind}">\n{body}\n</body>\n</html>\n'
    )
