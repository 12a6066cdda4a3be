"""Pictures are right where no browser is: in librsvg, which knows neither CSS variables nor the dark, and as PNG, PDF.

On a person's machine without rsvg-convert or cairo these are skipped, and say so; where CI runs they have to be there.
"""

from __future__ import annotations

import ctypes.util
import io
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from diagrams.command import draw_pictures
from diagrams.pictures import draw_composition, draw_machine, draw_matrix
from diagrams.schedule import draw_plan
from diagrams.sequence import KINDS, RunEvent, draw_run
from diagrams.style import DARK, LIGHT, PAINT, svg_style
from model.language.loader import load_composition
from model.language.matrix import load_matrix
from model.smart_charging.cases import load_cases

Colour = tuple[int, int, int]

DOCS = Path(__file__).parents[2] / "docs" / "pictures"
IN_CI = "CI" in os.environ
needs_rsvg = pytest.mark.skipif(
    not shutil.which("rsvg-convert") and not IN_CI, reason="rsvg-convert is not installed (Debian: librsvg2-bin)"
)
needs_cairo = pytest.mark.skipif(
    not (find_spec("cairosvg") and ctypes.util.find_library("cairo")) and not IN_CI,
    reason="cairosvg or cairo is not installed (Debian: libcairo2)",
)


@cache
def kinds() -> Mapping[str, str]:
    """A picture of each kind."""
    composition, case = load_composition(), load_cases()[0]
    events = (RunEvent(0.0, KINDS[0], "BootNotification"), RunEvent(1.0, "note", "POWER CUT"))
    return {
        "machine": draw_machine(composition["transaction"]),
        "machine of a run": draw_machine(composition["connector"], {"B3": 2}),
        "composition": draw_composition(composition),
        "matrix": draw_matrix(composition, load_matrix()),
        "limits": draw_plan(case.plan, case.name, case.title, case.says),
        "run": draw_run(events, "A run"),
    }


def colours(png: bytes) -> Counter[Colour]:
    """How often each colour stands in a picture."""
    with Image.open(io.BytesIO(png)) as image:
        counted = image.convert("RGB").getcolors(image.width * image.height) or []
    return Counter({colour: count for count, colour in counted})  # type: ignore[misc]


def rendered(svg: str) -> Counter[Colour]:
    # Twice as large: the stroke of a letter then has its own colour somewhere, unmixed with the paper.
    words = ["rsvg-convert", "--zoom", "2"]
    done = subprocess.run(words, input=svg.encode(), capture_output=True, check=True, timeout=120)
    return colours(done.stdout)


def rgb(name: str) -> Colour:
    value = LIGHT[name].removeprefix("#")
    return (int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16))


def roles(svg: str) -> set[str]:
    """The colours by role that the picture says it uses, by the classes in it."""
    used = {name for classes in re.findall(r'class="([^"]*)"', svg) for name in classes.split()}
    plain = {what.removeprefix("."): paint for what, paint in PAINT.items() if re.fullmatch(r"\.[\w-]+", what)}
    return {role for name in used & set(plain) for role in re.findall(r"\$([\w-]+)", plain[name])}


def check(found: Counter[Colour], svg: str) -> None:
    """Light paper, dark ink, each accent there; and nothing that is dark where it should be light."""
    assert found.most_common(1)[0][0] == rgb("paper"), "the paper is light"
    assert found[rgb("ink")], "the text is dark"
    for role in roles(svg) & {"link", "guard", "timer", "lit", "keep", "good-box", "warn-box", "bad-box", "lit-ink"}:
        assert found[rgb(role)], f"{role} is there"
    dark = sum(count for colour, count in found.items() if sum(colour) < 60)
    assert dark < found.total() * 0.05, "hardly anything is black"


@needs_rsvg
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("composition", marks=pytest.mark.exhaustive),
        "machine",
        pytest.param("machine of a run", marks=pytest.mark.exhaustive),
        "matrix",
        "limits",
        "run",
    ],
)
def test_a_picture_of_each_kind_has_its_light_colours_in_librsvg(kind: str) -> None:
    svg = kinds()[kind]
    check(rendered(svg), svg)


@needs_rsvg
@pytest.mark.parametrize("path", sorted(DOCS.glob("*.svg")), ids=lambda path: path.stem)
def test_so_has_each_picture_of_the_documentation(path: Path) -> None:
    svg = path.read_text(encoding="utf-8")
    check(rendered(svg), svg)


@needs_cairo
@pytest.mark.parametrize("kind", ["machine", "matrix", "limits", "run"])
def test_and_as_png(kind: str) -> None:
    from diagrams.raster import render  # noqa: PLC0415 - beside what it needs

    svg = kinds()[kind]
    check(colours(render(svg, "png")), svg)


@needs_cairo
@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_each_picture_is_drawn_in_the_form_asked_for(form: str, begins: bytes, tmp_path: Path) -> None:
    names = ("call", "matrix", "limits-pause")
    assert draw_pictures(*names, out=tmp_path, format=form) == 0  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.{form}" for name in names)
    assert all(path.read_bytes().startswith(begins) for path in tmp_path.iterdir())


def test_no_picture_asks_for_a_variable_and_the_dark_outweighs_the_light_only_in_its_block() -> None:
    light, _, dark = svg_style().partition("@media (prefers-color-scheme: dark)")
    assert "var(" not in svg_style()
    for selector in PAINT:
        assert f"\n{selector} {{" in light
        assert f":root {selector} {{" in dark, "by :root: it weighs more, and is nothing to whom media is nothing"
    assert not any(colour in light for colour in set(DARK.values()) - set(LIGHT.values()))
