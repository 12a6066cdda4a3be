"""Where something stands in a table."""

from __future__ import annotations

from model.record import frozen


@frozen
class Place:
    """A file's name and a line, for errors and for links."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
