"""How wide text is, computed without a font.

Layout needs the size of every box before anything is drawn, and the same size everywhere, or pictures would differ
from one computer to the next. Codes are set in a monospaced font, where a character is 0.602 em in all that
matter; names and prose in Helvetica's metrics, which Arial and Liberation Sans share, and wider by as much as DejaVu
Sans is: a computer that has none of the three shows that one, and nothing may leave its box there either.
"""

from __future__ import annotations

from diagrams.graph import Entry, Node, Text

MONO_EM = 0.602
DEJAVU = 1.16
"""DejaVu Sans against Helvetica, over prose."""
FALLBACK_EM = 0.75
# Adobe's Helvetica metrics for the printable ASCII characters from the space on, in thousandths of an em.
_HELVETICA = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
SIZES = {"name": 14.0, "means": 10.5, "title": 20.0, "subtitle": 12.0, "small": 10.0, "": 11.0}
PROSE = frozenset({"name", "means", "title", "subtitle", "small"})
BOLD = {"name": 1.08, "title": 1.08}
LINE_HEIGHT = 1.32
PAD_X, PAD_Y, GAP = 9.0, 7.0, 4.0
DOT_SIZE = 14.0


def size_of(style: str) -> float:
    """The font size of a style, in px."""
    return SIZES.get(style, SIZES[""])


def text_width(text: str, style: str = "") -> float:
    """The width of a run of text, in px."""
    if style not in PROSE:
        return MONO_EM * size_of(style) * len(text)
    ems = sum(_em(character) for character in text)
    return ems * size_of(style) * DEJAVU * BOLD.get(style, 1.0)


def _em(character: str) -> float:
    place = ord(character) - ord(" ")
    return _HELVETICA[place] / 1000 if 0 <= place < len(_HELVETICA) else FALLBACK_EM


def line_width(line: Text) -> float:
    """The width of a line of spans."""
    return sum(text_width(span.text, span.style) for span in line)


def line_height(line: Text) -> float:
    """The height of a line: that of its tallest span."""
    return max((size_of(span.style) for span in line), default=SIZES[""]) * LINE_HEIGHT


def entries_size(entries: tuple[Entry, ...]) -> tuple[float, float]:
    """Width and height of a box that holds the entries one below the other."""
    lines = [line for entry in entries for line in entry.lines]
    width = max((line_width(line) for line in lines), default=0.0)
    height = sum(line_height(line) for line in lines) + GAP * max(len(entries) - 1, 0)
    return width + 2 * PAD_X, height + 2 * PAD_Y


def node_size(node: Node) -> tuple[float, float]:
    """Width and height of a node."""
    return (DOT_SIZE, DOT_SIZE) if node.kind == "initial" else entries_size(node.entries)
