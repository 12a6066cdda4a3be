"""Errors about which a user can do something."""

from __future__ import annotations

from typing import ClassVar


class RemediableError(Exception):
    """The message says what is wrong and where and, after its first semicolon, what to do about it."""

    usual_remedy: ClassVar[str] = ""
    """What to do where the message does not say."""

    @property
    def problem_text(self) -> str:
        """The message without the remedy."""
        return str(self).partition("; ")[0]

    @property
    def remedy(self) -> str:
        """What a user can do."""
        return str(self).partition("; ")[2] or self.usual_remedy
