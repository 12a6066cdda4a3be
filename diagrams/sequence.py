"""A picture of a run: what passed between station and CSMS, and which rows fired in between.

Time runs downward. On the right the two lanes with an arrow for each frame; on the left what happened inside the
station; across everything what happened to it: a plug, a status, a power cut. A power cut is a note that says so, and
is drawn as the break that it is. What is said has as many lines as it needs, up to ``MAX_LINES``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import field, frozen
from attrs.validators import in_

from diagrams.graph import Graph, Sign
from diagrams.legend import header
from diagrams.metrics import size_of, text_width
from diagrams.xml import document, element, linked, number, text

KINDS = ("frame_out", "frame_in", "row", "note")
MAX_EVENTS = 2000
"""A run is drawn up to here; what comes after is counted in a last note."""

MARGIN = 18.0
TIME_WIDTH, ROWS_WIDTH, STATION_X, CSMS_X, WIDTH = 62.0, 330.0, 430.0, 830.0, 850.0
HEIGHTS = {"frame_out": 26.0, "frame_in": 26.0, "row": 15.0, "note": 26.0}
LINE, MAX_LINES = 13.0, 6
WIDTHS = {
    "frame_out": CSMS_X - STATION_X - 28, "frame_in": CSMS_X - STATION_X - 28,
    "row": ROWS_WIDTH, "note": WIDTH - TIME_WIDTH - 16,
}  # fmt: skip
LEGEND = (
    Sign("arrow", "frame, from the station or to it"),
    Sign("rowid", "row that fired in the station"),
    Sign("warn-box", "what happened to it"),
    Sign("bad-box", "power cut"),
)


@frozen
class RunEvent:
    """Something that happened: a frame (``label`` its action, ``detail`` what it said), a row, or a note."""

    at_s: float
    kind: str = field(validator=in_(KINDS))
    label: str
    detail: str = ""

    @property
    def cut(self) -> bool:
        """Whether it is a power cut."""
        return self.kind == "note" and "power cut" in self.label.lower()


def draw_run(events: Iterable[RunEvent], title: str) -> str:
    """The SVG file of a run."""
    shown = _bounded(tuple(events))
    frames = sum(event.kind.startswith("frame") for event in shown)
    length = shown[-1].at_s - shown[0].at_s if shown else 0.0
    subtitle = f"{length:.1f} s, {frames} frames, {sum(event.kind == 'row' for event in shown)} rows"
    graph = Graph("run", title, subtitle, f"Sequence of a run: {subtitle}.", nodes=(), edges=(), legend=LEGEND)
    head, head_height, head_width = header(graph, WIDTH)
    height = 34.0 + sum(_height(event) for event in shown)
    size = (max(WIDTH, head_width) + 2 * MARGIN, height + head_height + 2 * MARGIN)
    body = element("g", *_parts(shown, height), transform=f"translate({number(MARGIN)} {number(MARGIN + head_height)})")
    head = element("g", head, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return document("run", title, graph.description, size, (head, body))


def _bounded(events: tuple[RunEvent, ...]) -> tuple[RunEvent, ...]:
    if len(events) <= MAX_EVENTS:
        return events
    rest = f"{len(events) - MAX_EVENTS} more events are not drawn"
    return (*events[:MAX_EVENTS], RunEvent(events[-1].at_s, "note", rest))


def _parts(events: tuple[RunEvent, ...], height: float) -> Iterator[str]:
    for name, x in (("Station", STATION_X), ("CSMS", CSMS_X)):
        middle = x - text_width(name, "frame-label") / 2
        yield element("text", element("tspan", text(name), class_="frame-label"), x=middle, y=12)
        yield element("line", x1=x, x2=x, y1=20, y2=height, class_="lane")
    y, before = 26.0, ""
    for event in events:
        stamp = f"{event.at_s:8.2f}".strip()
        yield _event(event, y, "" if stamp == before else stamp)
        y, before = y + _height(event), stamp


def _event(event: RunEvent, y: float, stamp: str) -> str:
    base = y + HEIGHTS[event.kind] / 2 + 4
    time = _words(stamp, "small", TIME_WIDTH - 10 - text_width(stamp, "small"), base) if stamp else ""
    drawn = {"row": _row, "note": _note}.get(event.kind, _frame)(event, y)
    tooltip = "\n".join(part for part in (f"{event.at_s:.3f} s  {event.label}", event.detail) if part)
    return time + linked(drawn, tooltip)


def _words(content: str, style: str, x: float, y: float) -> str:
    return element("text", element("tspan", text(content), class_=style), x=x, y=y)


def _style(event: RunEvent) -> str:
    return {"row": "rowid", "note": "bad" if event.cut else "event"}.get(event.kind, "event")


def _height(event: RunEvent) -> float:
    return HEIGHTS[event.kind] + _more(event)


def _more(event: RunEvent) -> float:
    """What the second line and those below it add."""
    return LINE * (len(_detail(event)) - 1)


def _label(event: RunEvent) -> str:
    return _cut(event.label, WIDTHS[event.kind], _style(event))


def _detail(event: RunEvent) -> tuple[str, ...]:
    """What stands behind the label, and in the lines below it."""
    space = WIDTHS[event.kind]
    lines, left = [""], space - text_width(f"{_label(event)} ", _style(event))
    for word in event.detail.split():
        if text_width(f"{lines[-1]} {word}".strip(), "means") > left:
            lines.append("")
            left = space
        lines[-1] = f"{lines[-1]} {word}".strip()
    shown, rest = lines[: MAX_LINES - 1], " ".join(lines[MAX_LINES - 1 :])
    return tuple(_cut(line, space) for line in (*shown, *([rest] if rest else [])))


def _said(event: RunEvent, x: float, y: float) -> str:
    """Label and detail, the first line on this base line."""
    label, style = _label(event), _style(event)
    first, *more = _detail(event)
    words = _words(label, style, x, y) + _words(first, "means", x + text_width(f"{label} ", style), y)
    return words + "".join(_words(line, "means", x, y + LINE * nth) for nth, line in enumerate(more, 1))


def _row(event: RunEvent, y: float) -> str:
    return _said(event, TIME_WIDTH + 4, y + 11)


def _note(event: RunEvent, y: float) -> str:
    look, height = "bad-box" if event.cut else "warn-box", 20 + _more(event)
    band = element("rect", x=TIME_WIDTH, y=y + 3, width=WIDTH - TIME_WIDTH, height=height, rx=4, class_=look)
    return band + _said(event, TIME_WIDTH + 8, y + 17)


def _frame(event: RunEvent, y: float) -> str:
    out, at = event.kind == "frame_out", y + 20 + _more(event)
    tail, tip = (STATION_X, CSMS_X) if out else (CSMS_X, STATION_X)
    back = -9 if out else 9
    line = element("path", d=f"M{tail:g},{at:g} H{tip + back:g}", class_="edge")
    head = element(
        "polygon", points=f"{tip:g},{at:g} {tip + back:g},{at - 4:g} {tip + back:g},{at + 4:g}", class_="tip"
    )
    return line + head + _said(event, STATION_X + 14, y + 15)


def _cut(content: str, space: float, style: str = "means") -> str:
    """As much of a text as there is space for; the tooltip has all of it."""
    line = " ".join(content.split())
    if text_width(line, style) <= space:
        return line
    while line and text_width(f"{line}\N{HORIZONTAL ELLIPSIS}", style) > space:
        line = line[:-1]
    return f"{line}\N{HORIZONTAL ELLIPSIS}" if space > size_of(style) else ""
