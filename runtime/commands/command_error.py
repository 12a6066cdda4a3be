"""How a command says that it cannot go on: one clear error, its remedy, and an exit code that scripts can use.

0: done. 1: it ran and something failed. 2: what was asked for cannot be (usage). 3: a tool is missing. The error
goes to stderr in two lines, ``error:`` with the place and ``help:`` with the remedy; stdout stays what was asked for.
Several that are found together are named together, each with its own two lines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from model.remedy import RemediableError

FAILED: Final = 1
USAGE: Final = 2
TOOL_MISSING: Final = 3


class CommandError(Exception):
    """A command cannot go on: what is wrong and where, what to do, and the exit code that says which kind.

    ``others``: what else was found wrong at the same time, each with its own remedy.
    """

    def __init__(self, problem: str, remedy: str, code: int = FAILED, others: Sequence[CommandError] = ()) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.code, self.others = problem, remedy, code, tuple(others)


def command_error(error: RemediableError, code: int = FAILED) -> CommandError:
    """An error of ours as that of a command."""
    return CommandError(error.problem_text, error.remedy, code)


def raise_all(troubles: Sequence[CommandError]) -> None:
    """Raise one ``CommandError`` that names all of these; nothing where there are none."""
    if troubles:
        first, *others = troubles
        raise CommandError(first.problem, first.remedy, first.code, others)


def report(trouble: CommandError) -> int:
    """Say it on stderr; the exit code."""
    for one in (trouble, *trouble.others):
        print(f"error: {one.problem}\n  help: {one.remedy}", file=sys.stderr)
    return trouble.code
