"""The log: one line for each note, on stderr, and no caller waits for it (``runtime/adapters/background_writer.py``).

Everything goes this way, the output of libraries and of Python itself included: a pipe at stderr without a reader must
not stop the station. A line is formatted where it comes about and written by the writer's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from runtime.adapters.background_writer import BackgroundWriter, write_all
from runtime.adapters.sqlite.errors import StoreError

STDERR: Final = 2


@contextmanager
def log_to_stderr() -> Iterator[None]:
    """While this lasts, what is logged goes to stderr; at the end it gets a bounded time to get there."""
    writer = BackgroundWriter(lambda line: write_all(STDERR, line), _dropped)
    handler = _Lines(writer)
    root, ours = logging.getLogger(), logging.getLogger("provenpoint")
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        writer.close()
        root.removeHandler(handler)


def _dropped(count: int) -> bytes:
    return f"-------- {count} lines of the log were dropped here: not read in time\n".encode()


class _Lines(logging.Handler):
    """Hands formatted lines to the writer."""

    def __init__(self, writer: BackgroundWriter) -> None:
        super().__init__()
        self._writer = writer
        self.setFormatter(_Line())

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        self._writer.put(f"{self.format(record)}\n".encode(errors="backslashreplace"))


class _Line(logging.Formatter):
    """One line for one note; a trace only for an unexpected exception."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(message)s", "%H:%M:%S")

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        """The trace, unless the error says all there is to say."""
        assert isinstance(ei, tuple)
        return "" if isinstance(ei[1], StoreError) else super().formatException(ei)
