"""Which uploads broke off in the middle, so that the next attempt may append (CS-8.2-04).

Only in memory: after a power cut the file is sent anew. What is appended has to be the rest of the very same bytes, so
it counts only for a file that has not been written since.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from model.record import frozen

MOST_KEPT: Final = 8
"""An upload that nobody tries again would else be known until the power goes."""


@frozen
class Content:
    """What a file held when it was sent: where to, and which file of which length and time."""

    target: str
    inode: int
    size_bytes: int
    modified_ns: int


@define(eq=False)
class BrokenUploads:
    """What the server has the beginning of, by the name of our file, since the station has power."""

    _sent: dict[str, Content] = field(factory=dict)

    def broke(self, file: str, content: Content) -> None:
        """The server has a part of it."""
        self._sent[file] = content
        if len(self._sent) > MOST_KEPT:
            del self._sent[next(iter(self._sent))]

    def take(self, file: str, content: Content) -> bool:
        """Whether the server has a part of just this, as far as we know; asked once."""
        return self._sent.pop(file, None) == content
