"""DOT source of a graph: what the layout engines read, and what ``--format dot`` hands out.

What an edge has to say becomes a box of its own on the way from the sources to the target. So no label lies beside a
wrong line, several sources meet in one place, and the engine needs to place nothing but boxes of a known size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import graphviz

from diagrams.graph import Edge, Entry, Graph, Node
from diagrams.metrics import entries_size, node_size

POINTS_PER_INCH = 72.0
FONT = "Helvetica,Arial,sans-serif"


def dot_source(graph: Graph) -> str:
    """The graph in the DOT language, ready for ``dot -Tsvg`` too."""
    digraph = graphviz.Digraph(graph.name, graph_attr=_graph_attributes(graph), node_attr=_NODE, edge_attr=_EDGE)
    names = dot_names(graph)
    clustered = {node_id for cluster in graph.clusters for node_id in cluster.nodes}
    for node in graph.nodes:
        if node.id not in clustered:
            _add_node(digraph, names[node.id], node)
    for cluster in graph.clusters:
        with digraph.subgraph(name=f"cluster {cluster.id}", graph_attr={"label": _plain(cluster.label)}) as frame:
            for node_id in cluster.nodes:
                _add_node(frame, names[node_id], graph.node(node_id))
    for nth, edge in enumerate(graph.edges):
        _add_edge(digraph, nth, edge, names)
    return str(digraph.source)


def dot_names(graph: Graph) -> dict[str, str]:
    """What DOT calls each node: its own id, or a number where DOT could read something else into that."""
    plain = re.compile("[A-Za-z_][A-Za-z0-9_]*")
    return {node.id: node.id if plain.fullmatch(node.id) else f"node {nth}" for nth, node in enumerate(graph.nodes)}


def box_id(nth: int) -> str:
    """The name of the box of the nth edge."""
    return f"rows {nth}"


def part_id(nth: int, part: int | str) -> str:
    """The id of a part of the nth edge: a number for each source, ``out`` for the end at the target."""
    return f"edge-{nth}-{part}"


_NODE = {"shape": "box", "style": "rounded", "fixedsize": "true", "fontname": FONT, "fontsize": "11"}
_EDGE = {"fontname": FONT, "arrowsize": "0.8"}


def _graph_attributes(graph: Graph) -> dict[str, str]:
    return {
        "rankdir": "TB" if graph.downward else "LR", "nodesep": "0.35", "ranksep": "0.45", "fontname": FONT,
        "compound": "true", "label": _plain(f"{graph.title}\n{graph.subtitle}"), "labelloc": "t", "fontsize": "14",
    }  # fmt: skip


def _add_node(digraph: graphviz.Digraph, name: str, node: Node) -> None:
    shape = {"initial": {"shape": "circle", "style": "filled", "fillcolor": "black"}}.get(node.kind, {})
    ring = {"peripheries": "2"} if "final" in node.kind.split() else {}
    attributes = {**_size(node_size(node)), **shape, **ring, "tooltip": _plain(node.tooltip), "URL": _plain(node.href)}
    digraph.node(name, label="" if node.kind == "initial" else _label(node.entries), **attributes)


def _add_edge(digraph: graphviz.Digraph, nth: int, edge: Edge, names: Mapping[str, str]) -> None:
    target, style = names[edge.target], {"style": "dashed"} if edge.kind == "reads" else {}
    if not edge.entries:
        for part, source in enumerate(edge.sources):
            digraph.edge(names[source], target, id=part_id(nth, part), **style)
        return
    tooltip = _plain("\n".join(entry.tooltip for entry in edge.entries))
    box = {"style": "dotted", "tooltip": tooltip, "URL": _plain(edge.entries[0].href)}
    digraph.node(box_id(nth), label=_label(edge.entries), **_size(entries_size(edge.entries)), **box)
    for part, source in enumerate(edge.sources):
        digraph.edge(names[source], box_id(nth), id=part_id(nth, part), arrowsize="0.5")
    digraph.edge(box_id(nth), target, id=part_id(nth, "out"))


def _size(size: tuple[float, float]) -> dict[str, str]:
    return {"width": f"{size[0] / POINTS_PER_INCH:.4f}", "height": f"{size[1] / POINTS_PER_INCH:.4f}"}


def _label(entries: tuple[Entry, ...]) -> str:
    lines = ["".join(span.text for span in line) for entry in entries for line in entry.lines]
    return str(graphviz.nohtml("".join(f"{_plain(line)}\\l" for line in lines)))


def _plain(text: str) -> str:
    """Text in which DOT finds nothing to interpret."""
    return str(graphviz.escape(text)).replace("\n", "\\n")
