"""A graph as a Mermaid state diagram, for pages that draw it themselves (issue trackers, wikis).

Mermaid knows no merged edges and no boxes of rows: each row becomes a transition from each of its sources, each row
that stays a line of its state's description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagrams.graph import Edge, Graph, Node
from diagrams.wording import CONDITIONS

_SPECIAL = re.compile(r"[^A-Za-z0-9 _.,=!\[\]()'/+*\N{MULTIPLICATION SIGN}-]")


def mermaid(graph: Graph) -> str:
    """The graph in Mermaid's ``stateDiagram-v2``."""
    names = {node.id: f"s{nth}_{re.sub('[^A-Za-z0-9]', '_', node.id)}" for nth, node in enumerate(graph.nodes)}
    lines = ["---", f'title: "{_words(graph.title)}"', "---", "stateDiagram-v2"]
    lines += [] if graph.downward else ["    direction LR"]
    clustered = {node_id for cluster in graph.clusters for node_id in cluster.nodes}
    lines += [f"    {line}" for node in graph.nodes if node.id not in clustered for line in _node(node, names)]
    for cluster in graph.clusters:
        inside = [line for node_id in cluster.nodes for line in _node(graph.node(node_id), names)]
        lines += [
            f'    state "{_words(cluster.label)}" as c_{cluster.id} {{',
            *(f"        {line}" for line in inside),
            "    }",
        ]
    lines += [f"    {line}" for edge in graph.edges for line in _edge(graph, edge, names)]
    return "\n".join(lines) + "\n"


def _node(node: Node, names: dict[str, str]) -> Iterator[str]:
    if node.kind in ("initial", CONDITIONS):
        return
    yield f'state "{_words(node.title)}" as {names[node.id]}'
    for entry in node.entries[1:]:
        yield f"{names[node.id]} : {_words(entry.plain)}"
    if "final" in node.kind.split():
        yield f"{names[node.id]} --> [*]"


def _edge(graph: Graph, edge: Edge, names: dict[str, str]) -> Iterator[str]:
    for source in edge.sources:
        tail = "[*]" if graph.node(source).kind == "initial" else names[source]
        for entry in edge.entries:
            yield f"{tail} --> {names[edge.target]} : {_words(entry.plain)}"
        if not edge.entries:
            yield f"{tail} --> {names[edge.target]}"


def _words(content: str) -> str:
    """Text in which Mermaid finds nothing to interpret: whatever could be syntax is written as an entity."""
    return _SPECIAL.sub(lambda match: f"#{ord(match.group())};", " ".join(content.split()))
