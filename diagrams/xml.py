"""A little XML: elements with escaped text, figures in a fixed form, and the frame that every picture shares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from diagrams.graph import Text
from diagrams.style import svg_style

# Characters that XML 1.0 cannot hold in any form.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, *inside: str, **attributes: str | float) -> str:
    """One element. ``inside`` is XML already; of an attribute's name a last underscore falls, others are dashes."""
    shown = "".join(
        f" {_name(key)}={quoteattr(_clean(_value(value)))}" for key, value in attributes.items() if value != ""
    )
    body = "".join(inside)
    return f"<{tag}{shown}>{body}</{tag}>" if body else f"<{tag}{shown}/>"


def text(content: str) -> str:
    """Text that cannot be taken for XML."""
    return escape(_clean(content))


def number(value: float) -> str:
    """A figure with at most two decimals, the same on every computer."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def line_of(line: Text, x: float, y: float) -> str:
    """One line of spans, its baseline beginning at a point."""
    return element("text", *(element("tspan", text(span.text), class_=span.style) for span in line), x=x, y=y)


def linked(content: str, tooltip: str = "", href: str = "", class_: str = "") -> str:
    """Content with a tooltip, and a link if it leads somewhere."""
    titled = (element("title", text(tooltip)) if tooltip else "") + content
    if href:
        return element("a", titled, href=href, target="_top", class_=class_)
    return element("g", titled, class_=class_) if tooltip or class_ else content


def document(name: str, title: str, description: str, size: tuple[float, float], content: Iterable[str]) -> str:
    """A whole SVG file, with title and description for those who cannot see it, and its own style sheet."""
    width, height = (number(side) for side in size)
    root = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" xml:space="preserve"'
    labels = quoteattr(_clean(f"{name}-title {name}-desc"))
    parts = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {root} aria-labelledby={labels}>',
        element("title", text(title), id=f"{name}-title"),
        element("desc", text(description), id=f"{name}-desc"),
        element("style", text(svg_style())),
        element("rect", width="100%", height="100%", class_="paper"),
        *content,
        "</svg>\n",
    )
    return "\n".join(parts)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)


def _clean(content: str) -> str:
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", content)
