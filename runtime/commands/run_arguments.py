"""The arguments of ``provenpoint run``, as text, into `Options`: in this file, because two ways lead here.

A station is started by a service manager with plain ``--name value`` pairs, and has to be small and quick to its first
frame; the command line's library costs 8 MiB and 75 ms that the station would carry for all its life. So `plain` reads
the plain form exactly, and gives None for everything else: a form that it does not know, a mistake, ``--help``. The
library (``runtime/commands/run_command.py``) then reads the same words again, and is the only one that explains. A test
holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from model.host_name import is_host
from runtime.assembly import Address, Options
from runtime.commands.command_error import USAGE, CommandError

LOOPBACK: Final = "127.0.0.1"
MAX_PORT: Final = 65535

_ONCE: Final = ("--station", "--id", "--csms", "--data", "--control", "--log-frames")
_NEEDED: Final = ("--station", "--id", "--csms", "--data")
_ADDRESS: Final = re.compile(r"(?:(?P<host>\[[^\[\]]+\]|[^:\[\]]*):)?(?P<port>\d{1,5})")


def plain(words: Sequence[str]) -> Options | None:
    """The options that plain ``--name value`` pairs say; None where only the library can say what was meant."""
    given: dict[str, str] = {}
    pairs: list[str] = []
    if len(words) % 2:
        return None
    for name, value in zip(words[::2], words[1::2], strict=True):
        if value.startswith("-") or (name not in _ONCE and name != "--set") or name in given:
            return None
        if name == "--set":
            pairs.append(value)
        else:
            given[name] = value
    return _options(given, pairs) if all(given.get(name) for name in _NEEDED) else None


def _options(given: Mapping[str, str], pairs: Iterable[str]) -> Options:
    return options(
        given["--station"], given["--id"], given["--csms"], given["--data"],
        pairs=pairs, control=given.get("--control"), log_frames=given.get("--log-frames"),
    )  # fmt: skip


def options(  # noqa: PLR0913 - one for each option
    station: str, identity: str, csms: str, data: str | Path, *,
    pairs: Iterable[str] = (), control: str | None = None, log_frames: str | Path | None = None,
) -> Options:  # fmt: skip
    """The options, checked in themselves. Raises ``CommandError``."""
    first, refused = first_values(pairs)
    return Options(
        station=station, identity=identity, csms=csms, data=Path(data), first=first, refused=refused,
        control=None if control is None else address(control),
        log_frames=None if log_frames is None else _file(log_frames),
    )  # fmt: skip


def first_values(pairs: Iterable[str]) -> tuple[dict[str, str], tuple[CommandError, ...]]:
    """KEY=VALUE, each key once, in printable characters; and what is wrong with the others, each by itself."""
    first: dict[str, str] = {}
    refused: list[CommandError] = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key or not pair.isprintable():
            remedy = "write it like --set MeterValueSampleInterval=10"
            refused.append(CommandError(f"--set {pair!a}: not KEY=VALUE", remedy, USAGE))
        elif key.casefold() in (name.casefold() for name in first):
            refused.append(CommandError(f"--set {pair}: {key} is set twice", "keep one of them", USAGE))
        else:
            first[key] = value
    return first, tuple(refused)


def _file(name: str | Path) -> Path:
    """The empty name would be the current directory: it is what a variable that is not set leaves of a command line."""
    if str(name) in {"", "."}:
        raise CommandError(
            f"--log-frames {str(name)!a}: names no file", "write it like --log-frames frames.jsonl", USAGE
        )
    return Path(name)


def address(text: str) -> Address:
    """HOST:PORT, or a port of the loopback interface; port 0 for any that is free. Raises ``CommandError``."""
    match = _ADDRESS.fullmatch(text)
    host = ((match and match["host"]) or LOOPBACK).strip("[]")
    if match is None or int(match["port"]) > MAX_PORT or not is_host(host):
        raise CommandError(f"--control {text!a}: not HOST:PORT", "write it like --control 127.0.0.1:8180", USAGE)
    return Address(host, int(match["port"]))
