"""The pictures by name: what another part of the program calls when it wants one.

A picture is a string of SVG, the same to the byte for the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.composition_graph import composition_graph
from diagrams.extract import machine_graph
from diagrams.layout import engine as engine_named
from diagrams.matrix_picture import MatrixPicture, draw_matrix_picture, status_rows
from diagrams.svg import draw
from diagrams.wording import Clauses
from model.catalogue import load_catalogue
from model.language.composition import Composition
from model.language.machine import Machine
from model.language.matrix import Matrix


def draw_machine(machine: Machine, fired: Mapping[str, int] | None = None, *, engine: str = "wasi") -> str:
    """One machine. ``fired``: how often each row (by its id) fired in a run; those rows are highlighted."""
    return draw(machine_graph(machine, load_catalogue(), fired), engine_named(engine))


def draw_composition(composition: Composition, *, engine: str = "wasi") -> str:
    """All machines, and what they raise in each other."""
    return draw(composition_graph(composition), engine_named(engine))


def draw_matrix(composition: Composition, matrix: Matrix, taken: Mapping[str, int] | None = None) -> str:
    """The matrix of clause 4.9. ``taken``: how often each cell (by its id) was gone through."""
    rows, clauses = status_rows(composition, matrix), Clauses(load_catalogue())
    return draw_matrix_picture(MatrixPicture(matrix, rows, clauses, taken or {}))
