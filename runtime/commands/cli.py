"""The front door: finds the command that was asked for, loads that one, and turns its end into an exit code.

Commands of this package are named below; those of others join through the entry-point group ``provenpoint.commands``,
so that no package imports one above it. A command is imported when it is used and not before: a running station must
not carry the explorer, and ``--help`` reads the first line of each command's module as text.

`run` in its plain form does not even load the command line's library; see ``runtime/commands/run_arguments.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from runtime import collector
from runtime.adapters.lazily import lazily
from runtime.commands.command_error import TOOL_MISSING, USAGE, CommandError, report

if TYPE_CHECKING:
    from cyclopts import App

OURS: Final = {
    "run": "runtime.commands.run_command:app",
    "csms": "runtime.commands.csms_command:app",
    "demo": "runtime.commands.demo_command:app",
    "schedule": "runtime.commands.schedule_command:app",
}
GROUP: Final = "provenpoint.commands"
HELP: Final = "An OCPP 1.6-J charging station whose behaviour is a set of tables: run, drawn, explored and proven."


def main() -> None:
    """The console script."""
    sys.exit(front_door(sys.argv[1:]))


def front_door(words: list[str]) -> int:
    """Run the command that the words name; the exit code."""
    try:
        if words[:1] != ["run"]:
            return _through_library(words)
        with collector.resting():
            return _run_plainly(words)
    except CommandError as trouble:
        return report(trouble)
    except BrokenPipeError:
        sys.stdout = None
        return 0
    except ImportError as error:
        return report(_missing(error))


def _missing(error: ImportError) -> CommandError:
    """A command whose module, or a package that it needs, is not there; the library wraps the first word on it."""
    first = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    if not isinstance(first, ModuleNotFoundError):
        raise error
    return CommandError(f"{first.name} is not installed", "make env installs everything, pinned", TOOL_MISSING)


def _run_plainly(words: list[str]) -> int:
    lazily("importlib.metadata")
    from runtime.commands.run_arguments import plain  # noqa: PLC0415 - only what the command needs is loaded

    options = plain(words[1:])
    if options is None:
        return _through_library(words)
    from runtime.process import run  # noqa: PLC0415

    return run(options)


def _through_library(words: list[str]) -> int:
    from cyclopts import CycloptsError  # noqa: PLC0415

    named = words[0] if words and not words[0].startswith("-") else None
    if named is not None and named not in _commands():
        raise _unknown(named)
    try:
        code = _app(named)(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise CommandError(str(error), f"provenpoint {named} --help says what there is", USAGE) from error
    return code if isinstance(code, int) else 0


def _unknown(name: str) -> CommandError:
    from difflib import get_close_matches  # noqa: PLC0415

    known = list(_commands())
    close = get_close_matches(name, known, 1)
    remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    return CommandError(f"there is no command {name!r}", remedy, USAGE)


def _app(named: str | None) -> App:
    """The library's front door: to the command that was named, or to all, with what they are for."""
    from importlib.metadata import version  # noqa: PLC0415

    from cyclopts import App  # noqa: PLC0415

    app = App(name="provenpoint", help=HELP, version=lambda: f"provenpoint {version('provenpoint')}")
    for name, path in _commands().items():
        if named in (None, name):
            app.command(path, name=name, help=None if named else _summary(path))
    return app


def _commands() -> Mapping[str, str]:
    """Every command by name, as ``module:attribute``."""
    return OURS | dict(sorted(_joined()))


def _joined() -> Iterator[tuple[str, str]]:
    from importlib.metadata import entry_points  # noqa: PLC0415

    for point in entry_points(group=GROUP):
        yield point.name, point.value


def _summary(path: str) -> str:
    """What the first line of the command's module says after its name; read, not imported."""
    import ast  # noqa: PLC0415 - for --help alone, like the next two
    from importlib.util import find_spec  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    spec = find_spec(path.partition(":")[0])
    if spec is None or spec.origin is None:
        return "(not installed)"
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    _, _, summary = text.partition(": ")
    first = summary.partition("\n")[0].rstrip(".")
    return first[:1].upper() + first[1:]


if __name__ == "__main__":
    main()
