"""What stays behind: the run as a sequence, and the machines with the rows that fired in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from diagrams.pictures import draw_machine
from diagrams.sequence import draw_run
from model.language.loader import load_composition
from runtime.demo.run_record import RunRecord

DRAWN: Final = ("connector", "transaction")
TITLE: Final = "A charging session that survives a power cut"


def write_pictures(record: RunRecord, folder: Path) -> list[Path]:
    """Draw them; where they are."""
    composition = load_composition()
    pictures = {"run": draw_run(record.in_order(), TITLE)}
    for name in DRAWN:
        pictures[name] = draw_machine(composition[name], record.fired.get(name, {}))
    return [_write(folder / f"{name}.svg", svg) for name, svg in pictures.items()]


def _write(path: Path, svg: str) -> Path:
    path.write_text(svg, encoding="utf-8")
    return path
