"""The log of frames as it goes into an archive: of a period, the latest so many bytes, and without a secret.

Frames hold what nobody but CSMS and station may know: the value of a key that cannot be read back, the credentials of a
location. What cannot be read may hold them too, so its length alone is kept.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from model.configuration import load_configuration
from model.location import without_credentials
from runtime.adapters.private_files import open_file
from runtime.core.diagnostics_file import Period

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of the frames of a period, the last ones."""

MOST_LINE_BYTES: Final = 1024 * 1024
HIDDEN: Final = "***"


def oldest_frame(log: Path | None) -> datetime | None:
    """The date of the first frame that the log has; None where it has none."""
    lines = _lines(log) if log else iter(())
    return next((at for line in lines if (at := _date(line))), None)


def frames_of(log: Path, period: Period) -> bytes:
    """The lines of that period, the latest of them where they are more than ``MOST_BYTES``."""
    kept: deque[bytes] = deque()
    size = 0
    for line in _lines(log):
        at = _date(line)
        if at is None or not period.holds(at):
            continue
        kept.append(line)
        size += len(line)
        while size > MOST_BYTES:
            size -= len(kept.popleft())
    return b"".join(map(_shown, kept))


def _lines(log: Path) -> Iterator[bytes]:
    """Of FILE.1 and FILE, in this order; of what is no file, or cannot be read, none."""
    for path in (log.with_name(log.name + ".1"), log):
        try:
            with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
                while line := file.readline(MOST_LINE_BYTES):
                    yield line
        except OSError:
            continue


def _date(line: bytes) -> datetime | None:
    """When a frame passed, without reading all of it: ``{"at":"2026-01-01T12:00:00.000Z", ...``."""
    said = line.split(b'"', 4)
    try:
        at = datetime.fromisoformat(said[3].decode("ascii"))
    except (IndexError, ValueError):
        return None
    return at if said[1] == b"at" and at.tzinfo else None


def _shown(line: bytes) -> bytes:
    """A line without its secrets."""
    try:
        body = orjson.loads(line)
        shown = {**body, "text": without_secrets(str(body["text"]))}
    except (ValueError, TypeError, KeyError):
        return b""
    return orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)


def without_secrets(text: str) -> str:
    """A frame as it may be shown to somebody else."""
    try:
        frame = orjson.loads(text)
    except ValueError:
        return f"({len(text)} characters that are no JSON)"
    hidden = _hide(frame)
    return text if hidden == frame else orjson.dumps(hidden).decode()


def _hide(value: Any) -> Any:
    match value:
        case [2, message_id, str(action), payload] if action.casefold() == "changeconfiguration":
            return [2, message_id, action, _change(payload)]
        case str():
            return without_credentials(value)
        case list():
            return [_hide(one) for one in value]
        case dict():
            return {name: _hide(one) for name, one in value.items()}
    return value


def _change(payload: Any) -> Any:
    match payload:
        case {"key": key, "value": _, **more} if not more and _readable(key):
            return _hide(payload)
        case dict():
            return {name: value if name == "key" else HIDDEN for name, value in payload.items()}
    return HIDDEN


def _readable(key: object) -> bool:
    """Whether GetConfiguration would show it: of what it would not, or does not know, the value stays hidden."""
    return any(known.readable and known.name.casefold() == str(key).casefold() for known in load_configuration().key)
