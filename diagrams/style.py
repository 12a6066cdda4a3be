"""How pictures look, in one place: colours by role, for light and for dark.

Every picture carries this style sheet in itself, so that a single file can be sent around; whoever looks at it in the
dark gets it dark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LIGHT = {
    "paper": "#ffffff", "ink": "#1f2328", "muted": "#59636e", "line": "#6e7781", "frame": "#d1d9e0", "box": "#f6f8fa",
    "rows": "#ffffff", "link": "#0550ae", "guard": "#6639ba", "timer": "#953800", "keep": "#eef4ff", "lit": "#dafbe1",
    "lit-ink": "#116329", "bad": "#a40e26", "bad-box": "#ffebe9", "good-box": "#dafbe1", "warn-box": "#fff8c5",
}  # fmt: skip
DARK = {
    "paper": "#0d1117", "ink": "#e6edf3", "muted": "#9198a1", "line": "#848d97", "frame": "#3d444d", "box": "#161b22",
    "rows": "#0d1117", "link": "#79c0ff", "guard": "#d2a8ff", "timer": "#ffa657", "keep": "#12213a", "lit": "#12361f",
    "lit-ink": "#56d364", "bad": "#ff7b72", "bad-box": "#3c1418", "good-box": "#12361f", "warn-box": "#332a06",
}  # fmt: skip

SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, SFMono-Regular, Consolas, 'Liberation Mono', monospace"
"""The first is the one that counts where a renderer looks for no other (CairoSVG)."""

PAINT = {
    "text": "fill: $ink", ".subtitle": "fill: $muted", ".small": "fill: $muted", ".frame-label": "fill: $muted",
    ".means": "fill: $muted", ".rowid": "fill: $link", ".raised": "fill: $link", ".guard": "fill: $guard",
    ".timer": "fill: $timer", ".count": "fill: $lit-ink", ".bad": "fill: $bad",
    ".paper": "fill: $paper", ".frame": "fill: none; stroke: $frame", ".lane": "stroke: $line",
    ".box": "fill: $box; stroke: $line", ".box.persistent": "fill: $keep", ".rows": "fill: $rows; stroke: $frame",
    ".ring": "fill: none; stroke: $line", ".dot": "fill: $ink", ".rule": "stroke: $frame",
    ".edge": "fill: none; stroke: $line", ".edge.limit": "stroke: $link", ".tip": "fill: $line", ".mark": "fill: $lit",
    ".good-box": "fill: $good-box", ".bad-box": "fill: $bad-box", ".warn-box": "fill: $warn-box",
    ".absent": "fill: $box", "g:hover > .edge": "stroke: $link",
}  # fmt: skip
"""What has a colour, by selector."""

_SHAPES = f"""
text {{ font-family: {MONO}; font-size: 11px; white-space: pre; }}
.title {{ font-family: {SANS}; font-size: 20px; font-weight: bold; }}
.subtitle {{ font-family: {SANS}; font-size: 12px; }} .small {{ font-family: {SANS}; font-size: 10px; }}
.frame-label {{ font-family: {SANS}; font-size: 12px; font-weight: bold; }}
.name {{ font-family: {SANS}; font-size: 14px; font-weight: bold; }}
.means {{ font-family: {SANS}; font-size: 10.5px; }}
.rowid, .raised, .count, .bad {{ font-weight: 600; }}
.lane {{ stroke-dasharray: 2 4; }} .frame {{ stroke-dasharray: 5 4; }} .box.projection {{ stroke-dasharray: 4 3; }}
.box.persistent {{ stroke-width: 2; }} .unlit {{ opacity: 0.42; }}
.edge {{ stroke-width: 1.2; }} .edge.reads {{ stroke-dasharray: 3 3; }} .edge.limit {{ stroke-width: 2; }}
.edge.raise {{ stroke-width: 1.4; opacity: 0.75; }}
g:hover > .edge {{ stroke-width: 2.4; opacity: 1; }}
a:hover text, a:focus text {{ text-decoration: underline; }}
"""


def svg_style() -> str:
    """The style sheet of a picture, in plain values: nothing but a browser knows CSS variables.

    What does not know media queries either sees the light colours: those for the dark come last, and by `:root`, so
    that they outweigh the others where the query holds, and match nothing where a reader stumbles into the block.
    """
    dark = "@media (prefers-color-scheme: dark) {\n" + _painted(DARK, ":root ") + "}\n"
    return f"{_SHAPES}{_painted(LIGHT)}:root {{ color-scheme: light dark; }}\n{dark}"


def _painted(colours: Mapping[str, str], within: str = "") -> str:
    return "".join(f"{within}{what} {{ {_filled(paint, colours)}; }}\n" for what, paint in PAINT.items())


def _filled(paint: str, colours: Mapping[str, str]) -> str:
    return re.sub(r"\$([a-z-]+)", lambda name: colours[name[1]], paint)


def page_style() -> str:
    """The style sheet of a page that shows pictures or clauses."""
    return f"""
:root {{ color-scheme: light dark; {_variables(LIGHT)} }}
{_dark()}body {{ font: 16px/1.5 {SANS}; color: var(--ink); background: var(--paper); margin: 2rem auto;
  padding: 0 1rem; }}
body.text {{ max-width: 52rem; }} a {{ color: var(--link); }} .muted, dt small {{ color: var(--muted); }}
dt {{ margin-top: 1.2rem; font-weight: bold; }} dt:target {{ background: var(--warn-box); }}
dd {{ margin-left: 1.2rem; }}
figure {{ margin: 2rem 0; border: 1px solid var(--frame); overflow: auto; }} object {{ display: block; }}
figcaption {{ padding: 0.5rem 1rem; }}
nav a {{ margin-right: 1rem; white-space: nowrap; }} code {{ font-family: {MONO}; }}
"""


def _dark() -> str:
    return f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}\n"


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
