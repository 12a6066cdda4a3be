"""Tables broken on purpose: a copy of the real ones with one place changed, as a person would change it by mistake."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

from model.language.loader import TABLES


def copied(folder: Path) -> Path:
    """A copy of the tables that may be broken."""
    target = folder / "tables"
    shutil.copytree(TABLES, target)
    return target


def with_row(tables: Path, row: str, pattern: str, replacement: str) -> None:
    """Change one row, named ``machine:row``, by a regular expression that has to match in it."""
    path, text, begin, end = _row(tables, row)
    changed, count = re.subn(pattern, replacement, text[begin:end], count=1, flags=re.MULTILINE)
    assert count, f"{row} has nothing like {pattern}: {text[begin:end]}"
    path.write_text(text[:begin] + changed + text[end:], encoding="utf-8")


def without_row(tables: Path, row: str) -> None:
    """Take one row out."""
    path, text, begin, end = _row(tables, row)
    path.write_text(text[:begin] + text[end:], encoding="utf-8")


def _row(tables: Path, row: str) -> tuple[Path, str, int, int]:
    machine, _, name = row.partition(":")
    path = tables / f"{machine}.toml"
    text = path.read_text(encoding="utf-8")
    begins = [m.start() for m in re.finditer(r"^\[\[", text, re.MULTILINE)] + [len(text)]
    for begin, end in pairwise(begins):
        if text.startswith("[[row]]", begin) and re.search(
            rf'^id\s*= "{re.escape(name)}"$', text[begin:end], re.MULTILINE
        ):
            return path, text, begin, end
    raise AssertionError(f"no row {row} in {path}")
