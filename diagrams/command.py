"""``provenpoint draw``: pictures of the machines, of the composition, of the status matrix and of the limits.

Exit codes: 0 drawn, 1 the engine failed, 2 asked for what there is not, 3 what the form or the engine needs is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from attrs import frozen
from cyclopts import App
from rich.console import Console
from rich.progress import track

from diagrams.composition_graph import composition_graph
from diagrams.dot import dot_source
from diagrams.extract import machine_graph
from diagrams.graph import Graph
from diagrams.layout import EngineMissingError, LayoutError, engine
from diagrams.matrix_picture import NAME as MATRIX
from diagrams.mermaid import mermaid
from diagrams.pages import INDEX_PAGE, clauses_page, index_page
from diagrams.pictures import draw_matrix
from diagrams.raster import RasterMissingError, render
from diagrams.schedule import draw_plan
from diagrams.svg import draw
from diagrams.wording import CLAUSES_PAGE
from model.catalogue import load_catalogue
from model.language.composition import Composition
from model.language.loader import load_composition
from model.language.matrix import load_matrix
from model.language.table_source import TableError
from model.smart_charging.cases import load_cases

COMPOSITION = "composition"
OUT = Path("drawings")
SUFFIXES = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "dot": ".dot", "mermaid": ".mmd"}
SOURCES = ("dot", "mermaid")
"""The forms that are no picture yet: the matrix and the limits have none."""
RASTERS = ("png", "pdf")
LINKED = ("svg", "dot")
"""The forms whose rows lead to their clauses."""

LIMITS = "limits-"
"""What the names of the cases of smart charging begin with."""

app = App(name="draw", help="Draw the machines, the composition and the status matrix from the tables.")


@frozen
class Order:
    """What was asked for."""

    names: tuple[str, ...]
    out: Path
    form: str
    engine: str


@app.default
def draw_pictures(
    *machines: str,
    out: Path = OUT,
    format: Literal["svg", "png", "pdf", "dot", "mermaid"] = "svg",  # noqa: A002 (the option's name)
    engine: Literal["wasi", "system"] = "wasi",
) -> int:
    """Draw pictures into a folder; without names, all of them.

    Parameters
    ----------
    machines
        Names of machines; also "composition", "matrix" and the cases of smart charging, "limits-...".
    out
        The folder for the pictures, and for the page of clauses to which they link.
    format
        svg needs no system package; png and pdf need cairo; dot and mermaid are sources for other tools (matrix and
        limits have none).
    engine
        What lays svg out: the one that comes with Provenpoint, or "system", the dot of this computer.
    """
    try:
        composition = load_composition()
        known = names(composition, format)
        if unknown := [name for name in machines if name not in known]:
            return _refuse(unknown[0], format, names(composition))
        return _draw(composition, Order(machines or known, out, format, engine))
    except (EngineMissingError, RasterMissingError) as missing:
        return _fail(missing.problem_text, missing.remedy, 3)
    except (LayoutError, TableError) as failed:
        return _fail(failed.problem_text, failed.remedy, 1)
    except OSError as failed:
        return _fail(f"cannot write to {out}: {failed.strerror}", "name another folder with --out", 2)


def names(composition: Composition, form: str = "svg") -> tuple[str, ...]:
    """Everything that can be drawn in a format, in the order of the index."""
    machines = (machine.name for machine in composition.machines)
    if form in SOURCES:
        return (COMPOSITION, *machines)
    return (COMPOSITION, MATRIX, *machines, *(LIMITS + case.name for case in load_cases()))


def _refuse(unknown: str, form: str, known: tuple[str, ...]) -> int:
    if unknown in known:
        return _fail(f"{unknown!r} is no graph and has no {form}", "draw it with --format svg, png or pdf", 2)
    close = get_close_matches(unknown, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return _fail(f"nothing to draw is called {unknown!r}", f"{hint}there are {', '.join(known)}", 2)


def _fail(problem: str, remedy: str, code: int) -> int:
    """Say it in two lines, as every command does."""
    print(f"error: {problem}" + (f"\n  help: {remedy}" if remedy else ""), file=sys.stderr)
    return code


def _draw(composition: Composition, order: Order) -> int:
    order.out.mkdir(parents=True, exist_ok=True)
    for name in _watched(order):
        picture = _picture(composition, name, order)
        path = order.out / f"{name}{SUFFIXES[order.form]}"
        if order.form in RASTERS:
            path.write_bytes(render(picture, order.form))
        else:
            _write(path, picture)
    if order.form not in LINKED:
        print(_drawn(order))
        return 0
    _write(order.out / CLAUSES_PAGE, clauses_page(composition, load_matrix(), load_catalogue()))
    if order.form == "svg":
        there = {name: said for name, said in titles(composition).items() if (order.out / f"{name}.svg").is_file()}
        _write(order.out / INDEX_PAGE, index_page(composition.title, there))
    print(_drawn(order) + (f": open {order.out / INDEX_PAGE}" if order.form == "svg" else ""))
    return 0


def _watched(order: Order) -> Iterable[str]:
    """The names, with a bar of progress on a terminal; nothing elsewhere."""
    screen = Console(stderr=True)
    if not screen.is_terminal or len(order.names) == 1:
        return order.names
    return track(order.names, f"drawing {order.form}", console=screen, transient=True)


def _drawn(order: Order) -> str:
    count = len(order.names)
    return f"{count} picture{'' if count == 1 else 's'} in {order.out}"


def titles(composition: Composition) -> Mapping[str, str]:
    """What each picture shows."""
    machines = {machine.name: machine.title for machine in composition.machines}
    limits = {LIMITS + case.name: f"Limits: {case.title}" for case in load_cases()}
    return {COMPOSITION: composition.title, MATRIX: load_matrix().title, **machines, **limits}


def _picture(composition: Composition, name: str, order: Order) -> str:
    if name == MATRIX:
        return draw_matrix(composition, load_matrix())
    if case := next((case for case in load_cases() if LIMITS + case.name == name), None):
        return draw_plan(case.plan, name, case.title, case.says)
    graph = (
        composition_graph(composition) if name == COMPOSITION else machine_graph(composition[name], load_catalogue())
    )
    renderers: Mapping[str, Callable[[Graph], str]] = {"dot": dot_source, "mermaid": mermaid}
    renderer = renderers.get(order.form)
    return renderer(graph) if renderer else draw(graph, engine(order.engine))


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", newline="\n")
