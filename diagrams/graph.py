"""The plain graph between the tables and their pictures.

Extractors (``extract.py``, ``composition_graph.py``) fill it from tables, renderers (``dot.py``, ``mermaid.py``,
``svg.py``) draw it; no renderer sees a machine, no extractor a format. A node is a box of entries. An edge may come
from several nodes at once and carries entries of its own: all rows that lead from the same states to the same state
are one edge, so that a large machine stays readable.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Span:
    """A run of text in one style; the names of styles are the classes of ``style.py``."""

    text: str
    style: str = ""


Text = tuple[Span, ...]
"""One line of text."""


@frozen
class Entry:
    """Lines that belong together: a row, a state's meaning, a timer. The tooltip and the link are of the whole."""

    lines: tuple[Text, ...]
    tooltip: str = ""
    href: str = ""
    style: str = ""

    @property
    def plain(self) -> str:
        """The text without its styles, in one line."""
        return " ".join("".join(span.text for span in line).strip() for line in self.lines)


@frozen
class Node:
    """A box, or for ``initial`` a dot. ``kind`` says how it is drawn."""

    id: str
    kind: str
    entries: tuple[Entry, ...] = ()
    tooltip: str = ""
    href: str = ""

    @property
    def title(self) -> str:
        """The first line, which names it."""
        return self.entries[0].plain if self.entries else self.id


@frozen
class Edge:
    """From each of the sources to the target, with what has to be said on the way."""

    sources: tuple[str, ...]
    target: str
    entries: tuple[Entry, ...] = ()
    kind: str = "row"
    tooltip: str = ""


@frozen
class Cluster:
    """Nodes that are drawn inside one frame."""

    id: str
    label: str
    nodes: tuple[str, ...]


@frozen
class Sign:
    """One entry of the legend: how something is drawn, and what it means."""

    kind: str
    meaning: str


@frozen
class Graph:
    """A picture before it is drawn. ``downward`` is the direction in which it grows; otherwise to the right."""

    name: str
    title: str
    subtitle: str
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()
    legend: tuple[Sign, ...] = ()
    downward: bool = True

    def node(self, node_id: str) -> Node:
        """The node of that id."""
        return next(node for node in self.nodes if node.id == node_id)
