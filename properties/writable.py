"""A file that a long run is to write is looked at before the run, so that nothing is lost at its end."""

from __future__ import annotations

import os
from pathlib import Path

from model.remedy import RemediableError


class UnwritableError(RemediableError, ValueError):
    """The file cannot be written; the message names it, the reason and the remedy."""

    usual_remedy = "name a file that can be written"


def check_writable(path: Path | None, *, make: bool = False) -> None:
    """Raises UnwritableError where it cannot be written. ``make``: its folder is made where it is not there."""
    if path is None:
        return
    folder = path.parent
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UnwritableError(f"{folder}: cannot be made: {problem.strerror}; work in another folder") from problem
    if not folder.is_dir():
        raise UnwritableError(f"{path}: {folder} is no folder; make it first, or name another file")
    if path.is_dir():
        raise UnwritableError(f"{path}: is a folder; name a file in it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UnwritableError(f"{path}: may not be written; name another file")
