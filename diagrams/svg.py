"""A graph as SVG: the engine says where, this file draws.

Nothing is taken from the engine but places, so a picture is the same from every engine that places alike, and every
word in it can be selected, searched, linked and read aloud.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagrams.dot import box_id, dot_names, dot_source, part_id
from diagrams.graph import Edge, Entry, Graph, Node
from diagrams.layout import Box, Curve, Engine, Layout, place
from diagrams.legend import header
from diagrams.metrics import GAP, PAD_X, PAD_Y, line_height, size_of
from diagrams.xml import document, element, line_of, linked, number, text

MARGIN = 18.0
RADIUS = 7.0
RING = 4.0  # what Graphviz leaves between the two borders of a final state
ARROW_WIDTH = 0.42
BASELINE = 0.98


def draw(graph: Graph, lay_out: Engine) -> str:
    """The SVG file of a graph. Raises LayoutError, EngineMissingError."""
    layout = place(dot_source(graph), lay_out)
    head, head_height, head_width = header(graph, layout.width)
    width = max(layout.width, head_width) + 2 * MARGIN
    height = layout.height + head_height + 2 * MARGIN
    shift = (width - layout.width) / 2
    body = element("g", *_parts(graph, layout), transform=f"translate({number(shift)} {number(MARGIN + head_height)})")
    head = element("g", head, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return document(graph.name, graph.title, graph.description, (width, height), (head, body))


def _parts(graph: Graph, layout: Layout) -> Iterator[str]:
    names = dot_names(graph)
    for cluster in graph.clusters:
        yield _frame(layout.frames[f"cluster {cluster.id}"], cluster.label)
    for nth, edge in enumerate(graph.edges):
        yield from _lines(nth, edge, layout)
    for nth, edge in enumerate(graph.edges):
        if edge.entries:
            yield _box("rows", edge.entries, layout.boxes[box_id(nth)])
    for node in graph.nodes:
        yield _node(node, layout.boxes[names[node.id]])


def _frame(box: Box, label: str) -> str:
    rect = element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=12, class_="frame")
    return rect + element("text", text(label), x=box.x + 14, y=box.y + 19, class_="frame-label")


def _lines(nth: int, edge: Edge, layout: Layout) -> Iterator[str]:
    parts = [*range(len(edge.sources)), *(["out"] if edge.entries else [])]
    for part in parts:
        yield linked(_curve(layout.curves[part_id(nth, part)], edge.kind), edge.tooltip)


def _curve(curve: Curve, kind: str) -> str:
    first, *rest = (f"{number(x)},{number(y)}" for x, y in curve.points)
    line = element("path", d=f"M{first} C{' '.join(rest)}", class_=f"edge {kind}")
    return line if curve.tip is None else line + _arrow(curve.points[-1], curve.tip)


def _arrow(base: tuple[float, float], tip: tuple[float, float]) -> str:
    (x, y), (tip_x, tip_y) = base, tip
    across_x, across_y = (y - tip_y) * ARROW_WIDTH, (tip_x - x) * ARROW_WIDTH
    corners = ((tip_x, tip_y), (x + across_x, y + across_y), (x - across_x, y - across_y))
    return element("polygon", points=" ".join(f"{number(a)},{number(b)}" for a, b in corners), class_="tip")


def _node(node: Node, box: Box) -> str:
    if node.kind == "initial":
        radius = box.width / 2
        dot = element("circle", cx=box.x + radius, cy=box.y + radius, r=radius, class_="dot")
        return linked(dot, node.tooltip)
    return _box(f"box {node.kind}", node.entries, box)


def _box(kind: str, entries: tuple[Entry, ...], box: Box) -> str:
    ring = ""
    if "final" in kind.split():
        ring = element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=RADIUS + RING, class_="ring")
        box = Box(box.x + RING, box.y + RING, box.width - 2 * RING, box.height - 2 * RING)
    rect = element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=RADIUS, class_=kind)
    return element("g", rect, ring, *_entries(kind, entries, box))


def _entries(kind: str, entries: tuple[Entry, ...], box: Box) -> Iterator[str]:
    y = box.y + PAD_Y
    for nth, entry in enumerate(entries):
        if nth and kind != "rows":
            yield element("line", x1=box.x, x2=box.x + box.width, y1=y - GAP / 2, y2=y - GAP / 2, class_="rule")
        height = sum(line_height(line) for line in entry.lines)
        yield _entry(entry, Box(box.x, y, box.width, height))
        y += height + GAP


def _entry(entry: Entry, box: Box) -> str:
    drawn, y = "", box.y
    if entry.style == "lit":
        drawn = element("rect", x=box.x + 1, y=y - 1, width=box.width - 2, height=box.height + 2, class_="mark")
    for line in entry.lines:
        drawn += line_of(line, box.x + PAD_X, y + BASELINE * max(size_of(span.style) for span in line))
        y += line_height(line)
    return linked(drawn, entry.tooltip, entry.href, entry.style if entry.style == "unlit" else "")
