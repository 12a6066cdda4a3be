"""The head of a picture: its title, what it is of, and the legend, so that a picture explains itself."""

from __future__ import annotations

from diagrams.graph import Graph, Sign
from diagrams.metrics import text_width
from diagrams.xml import element, text

SAMPLE, SPACE, LINE = 34.0, 26.0, 20.0
NARROWEST = 560.0
TITLE_Y, SUBTITLE_Y, LEGEND_Y = 18.0, 38.0, 50.0
WORDS = {
    "rowid": "A1",
    "guard": "[..]",
    "answer": "\N{LEFTWARDS ARROW} Yes",
    "raised": "\N{RIGHTWARDS ARROW}call",
    "heard": "event",
    "timer": "timer",
    "lit": "A1 \N{MULTIPLICATION SIGN}2",
    "unlit": "A1",
}


def header(graph: Graph, width: float) -> tuple[str, float, float]:
    """The head, its height, and its width; it is as wide as the picture, or wider if the title needs it."""
    width = max(width, NARROWEST, text_width(graph.title, "title"), text_width(graph.subtitle, "subtitle"))
    drawn = element("text", element("tspan", text(graph.title), class_="title"), x=0, y=TITLE_Y)
    drawn += element("text", element("tspan", text(graph.subtitle), class_="subtitle"), x=0, y=SUBTITLE_Y)
    x, y = 0.0, LEGEND_Y
    for sign in graph.legend:
        needed = SAMPLE + 6 + text_width(sign.meaning, "small")
        if x and x + needed > width:
            x, y = 0.0, y + LINE
        drawn += _sign(sign, x, y)
        x += needed + SPACE
    return drawn, y + LINE + 14, width


def _sign(sign: Sign, x: float, y: float) -> str:
    meaning = element("tspan", text(sign.meaning), class_="small")
    return _sample(sign.kind, x, y) + element("text", meaning, x=x + SAMPLE + 6, y=y + 12)


def _sample(kind: str, x: float, y: float) -> str:
    if kind == "initial":
        return element("circle", cx=x + 17, cy=y + 8, r=6, class_="dot")
    if kind in ("reads", "arrow"):
        return element("path", d=f"M{x:.0f},{y + 8:.0f} h{SAMPLE:.0f}", class_=f"edge {kind}")
    if kind in WORDS:
        mark = element("rect", x=x, y=y, width=SAMPLE, height=15, class_="mark") if kind == "lit" else ""
        style = {"lit": "rowid", "answer": "raised"}.get(kind, kind)
        return mark + element("text", element("tspan", text(WORDS[kind]), class_=style), x=x + 2, y=y + 12)
    rect = element(
        "rect",
        x=x + 2,
        y=y + 1,
        width=SAMPLE - 4,
        height=14,
        rx=4,
        class_=kind if kind.endswith("-box") or kind == "absent" else f"box {kind}",
    )
    ring = element("rect", x=x, y=y - 1, width=SAMPLE, height=18, rx=5, class_="ring") if kind == "final" else ""
    return rect + ring
