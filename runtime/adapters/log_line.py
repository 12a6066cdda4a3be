"""A line for the log out of a text that may quote what the CSMS sent."""

from __future__ import annotations

MAX_NOTE_CHARS = 500


def one_line(text: str) -> str:
    """The text as the log shows it: cut, and no character that could forge a line or drive a terminal."""
    kept = text if len(text) <= MAX_NOTE_CHARS else f"{text[:MAX_NOTE_CHARS]}..."
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in kept)
