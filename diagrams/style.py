"""How pictures look, in one place: colours by role, for light and for dark.

Every picture carries this style sheet in itself, so that a single file can be sent around; whoever looks at it in the
dark gets it dark.
"""

from __future__ import annotations

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
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace"

_RULES = f"""
text {{ font: 11px {MONO}; fill: var(--ink); white-space: pre; }}
.lane {{ stroke: var(--line); stroke-dasharray: 2 4; }}
.title {{ font: bold 20px {SANS}; }} .subtitle {{ font: 12px {SANS}; fill: var(--muted); }}
.small {{ font: 10px {SANS}; fill: var(--muted); }} .frame-label {{ font: bold 12px {SANS}; fill: var(--muted); }}
.name {{ font: bold 14px {SANS}; }} .means {{ font: 10.5px {SANS}; fill: var(--muted); }}
.rowid, .raised {{ fill: var(--link); font-weight: 600; }} .guard {{ fill: var(--guard); }}
.timer {{ fill: var(--timer); }}
.count {{ fill: var(--lit-ink); font-weight: 600; }} .bad {{ fill: var(--bad); font-weight: 600; }}
.paper {{ fill: var(--paper); }} .frame {{ fill: none; stroke: var(--frame); stroke-dasharray: 5 4; }}
.box {{ fill: var(--box); stroke: var(--line); }} .rows {{ fill: var(--rows); stroke: var(--frame); }}
.box.persistent {{ fill: var(--keep); stroke-width: 2; }} .box.projection {{ stroke-dasharray: 4 3; }}
.ring {{ fill: none; stroke: var(--line); }} .dot {{ fill: var(--ink); }} .rule {{ stroke: var(--frame); }}
.edge {{ fill: none; stroke: var(--line); stroke-width: 1.2; }} .edge.reads {{ stroke-dasharray: 3 3; }}
.tip {{ fill: var(--line); }} .mark {{ fill: var(--lit); }} .unlit {{ opacity: 0.42; }}
.good-box {{ fill: var(--good-box); }} .bad-box {{ fill: var(--bad-box); }}
.warn-box {{ fill: var(--warn-box); }} .absent {{ fill: var(--box); }}
.edge.limit {{ stroke: var(--link); stroke-width: 2; }}
.edge.raise {{ stroke-width: 1.4; opacity: 0.75; }}
g:hover > .edge {{ stroke: var(--link); stroke-width: 2.4; opacity: 1; }}
a:hover text, a:focus text {{ text-decoration: underline; }}
"""


def svg_style() -> str:
    """The style sheet of a picture."""
    return f":root {{ color-scheme: light dark; {_variables(LIGHT)} }}\n{_dark()}{_RULES}"


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
