"""What really crossed the socket, together with the step in which it did: for the log of frames and for listeners.

A step says what is to be sent; only the link knows whether it was, and over which connection. So the link reports each
frame as it passes, and a watcher of the host joins those of one step with the rows that fired in it. A frame that a
link dropped, for it was down or closing, is not among them. A frame that came is reported with the step that took it.

Credentials in a URL (``location`` of UpdateFirmware.req and GetDiagnostics.req) are hidden from all of them.

Long frames are kept cut (``MAX_SHOWN_CHARS``), with their length, so that keeping and sending them on is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from model.location import without_credentials
from runtime.core.inputs import Input, Moment
from runtime.core.ports import Fired, Step

MAX_SHOWN_CHARS: Final = 64 * 1024
"""So much of a frame is shown to listeners; the log of frames has it whole."""


class Passed(NamedTuple):
    """A frame at our end of an open websocket: ``in`` or ``out``, the number of the connection, the text.

    ``length``: that of the whole text, where it was cut.
    """

    dir: str
    connection: int
    text: str
    length: int | None = None

    def shown(self) -> Passed:
        """As listeners see it."""
        if len(self.text) <= MAX_SHOWN_CHARS:
            return self
        return self._replace(text=self.text[:MAX_SHOWN_CHARS], length=len(self.text))


class Seen(NamedTuple):
    """One step, as it is seen from outside."""

    at: datetime
    frames: tuple[Passed, ...]
    fired: tuple[Fired, ...]


class FrameTap:
    """A watcher of the host, and what the transport calls for each frame; calls its readers."""

    def __init__(self) -> None:
        self.readers: list[Callable[[Seen], None]] = []
        self._frames: list[Passed] = []

    def passed(self, frame: Passed) -> None:
        """A frame has come, or was handed to the socket."""
        self._frames.append(frame._replace(text=without_credentials(frame.text)))

    def __call__(self, _given: Input, now: Moment, step: Step) -> None:
        """A step is over."""
        frames, self._frames = self._frames, []
        seen = Seen(now.utc, tuple(frames), step.fired)
        for reader in self.readers:
            reader(seen)


def frame_line(frame: Passed, at: datetime) -> dict[str, Any]:
    """The frame as JSON says it, with its length where it was cut."""
    line: dict[str, Any] = {"at": moment_text(at), "dir": frame.dir, "connection": frame.connection, "text": frame.text}
    return line if frame.length is None else line | {"length": frame.length}


def moment_text(at: datetime) -> str:
    """A moment as everything of ours writes it: UTC, milliseconds, Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
