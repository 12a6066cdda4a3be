"""How a command says that it cannot go on: one clear error, its remedy, and an exit code that scripts can use.

0: done. 1: it ran and something failed. 2: what was asked for cannot be (usage). 3: a tool is missing. The error
goes to stderr in two lines, ``error:`` with the place and ``help:`` with the remedy; stdout stays what was asked for.
"""

from __future__ import annotations

import sys
from typing import Final

FAILED: Final = 1
USAGE: Final = 2
TOOL_MISSING: Final = 3


class Trouble(Exception):  # noqa: N818 - says what it is
    """A command cannot go on: what is wrong and where, what to do, and the exit code that says which kind."""

    def __init__(self, problem: str, remedy: str, code: int = FAILED) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.code = problem, remedy, code


def trouble_of(error: Exception, remedy: str, code: int = FAILED) -> Trouble:
    """Trouble out of an error of ours: what follows its first semicolon is its own remedy, which is the better one."""
    problem, _, own_remedy = str(error).partition("; ")
    return Trouble(problem, own_remedy or remedy, code)


def report(trouble: Trouble) -> int:
    """Say it on stderr; the exit code."""
    print(f"error: {trouble.problem}\n  help: {trouble.remedy}", file=sys.stderr)  # noqa: T201 - a command's last word
    return trouble.code
