"""Files of diagnostics: a snapshot of the station and the log of its frames, packed as ``.tar.gz`` beside the loop.

It is bounded, for what goes into it is; what it holds is described in ``docs/diagnostics.md``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Final

import orjson

from model.language.fingerprint import tables_fingerprint
from runtime.adapters.frame_archive import frames_of, oldest_frame
from runtime.adapters.log_line import one_line
from runtime.adapters.private_files import DIRECTORY_MODE, open_file
from runtime.core.diagnostics_file import (
    Diagnostics,
    DiagnosticsCollected,
    DiagnosticsKept,
    DiagnosticsNotCollected,
    parts_of,
)
from runtime.core.inputs import Input

PATTERN: Final = "diagnostics-*.tar.gz"


class DiagnosticsFolder:
    """Satisfies ``runtime.core.diagnostics_file.DiagnosticsWriter``."""

    def __init__(self, folder: Path, frames: Path | None) -> None:
        """``folder``: from where files are sent. ``frames``: the log of frames, where there is one.

        Files of an earlier life go: the station has a new one written where it wants one. What cannot go stays.
        """
        self._folder, self._frames = folder, frames
        self._emit: Callable[[Input], None] = lambda _: None
        for left in (*folder.glob(PATTERN), *folder.glob(f".{PATTERN}.part")):
            with suppress(OSError):
                left.unlink()

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on what becomes of files; now, from when on there are frames."""
        self._emit = emit
        if since := oldest_frame(self._frames):
            emit(DiagnosticsKept(since))

    def write(self, file: str, found: Diagnostics) -> None:
        """In a thread."""
        task = asyncio.get_running_loop().run_in_executor(None, self._write, file, found)
        task.add_done_callback(lambda done: self._written(file, done))

    def _written(self, file: str, done: asyncio.Future[None]) -> None:
        if done.cancelled():
            return
        if problem := done.exception():
            self._emit(DiagnosticsNotCollected(file, one_line(str(problem))))
        else:
            self._emit(DiagnosticsCollected(file))

    def _write(self, file: str, found: Diagnostics) -> None:
        """Under its name once it is whole. Raises OSError."""
        from runtime.adapters.archive import pack  # noqa: PLC0415 - tarfile costs 1 MiB, and is wanted now and then

        self._folder.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        content, part = pack(self._parts(found), found.at), self._folder / f".{file}.part"
        try:
            with os.fdopen(open_file(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as out:
                out.write(content)
            part.replace(self._folder / file)
        except OSError:
            part.unlink(missing_ok=True)  # on a full disk what was written of it is wanted for something else
            raise

    def _parts(self, found: Diagnostics) -> dict[str, bytes]:
        version, python = metadata.version("provenpoint"), ".".join(map(str, sys.version_info[:3]))
        program = {"version": version, "python": python, "tables": tables_fingerprint()}
        parts = {**parts_of(found), "program.json": orjson.dumps(program, option=orjson.OPT_INDENT_2)}
        return parts if self._frames is None else {**parts, "frames.jsonl": frames_of(self._frames, found.period)}
