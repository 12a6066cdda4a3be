"""The processes of the demo: started from this very installation, with what they say kept in a file.

A child's lines are read as they come, written to its log and handed on. However the demo ends, no child outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import define, field

END_WITHIN_S: Final = 12.0
"""An orderly end takes at most this long; after it comes SIGKILL."""


class DemoError(Exception):
    """The demo cannot go on: what was awaited, and what was seen."""


@define(eq=False)
class Child:
    """One ``provenpoint`` process; ``hear`` gets each line that it prints."""

    name: str
    log: Path
    hear: Callable[[str], None]
    _process: asyncio.subprocess.Process | None = None
    _reading: set[asyncio.Task[None]] = field(factory=set)

    async def start(self, *words: str) -> None:
        """Start ``provenpoint`` with these arguments."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "runtime.commands.cli", *words,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._reading.add(asyncio.create_task(self._read(self._process.stdout)))

    async def _read(self, lines: asyncio.StreamReader) -> None:
        with self.log.open("ab") as log:
            while line := await lines.readline():
                log.write(line)
                log.flush()
                self.hear(line.decode(errors="replace").rstrip("\n"))

    def say(self, line: str) -> None:
        """Type a line."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def gone(self, within_s: float) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        assert self._process is not None
        try:
            code = await asyncio.wait_for(self._process.wait(), within_s)
            await asyncio.wait_for(asyncio.gather(*self._reading), within_s)
        except TimeoutError:
            raise DemoError(f"the {self.name} did not end within {within_s:g} s; see {self.log}") from None
        return code

    async def terminate(self) -> int:
        """An orderly stop; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return await self.gone(END_WITHIN_S)

    async def clean_up(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
