"""What the simulated box still knows after it lost power: registers, batteries, cables, faults.

A real energy meter has a memory of its own, and a car does not drive away because the lights went out. The simulated
charger keeps both in one small JSON file. It is made to survive the death of the process, which is how a power cut is
played: the file appears whole, and from then on is written in one call within one page, which a kill cannot divide. It
is not synced, for no bill depends on a simulated kilowatt-hour, and a save costs microseconds, for a register is
saved before it is shown.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any, Final, Protocol

import cattrs
import orjson
from attrs import field

from model.record import frozen
from model.remedy import RemediableError
from runtime.adapters.private_files import make_private, open_file, read_file

VERSION: Final = 1

PAGE_BYTES: Final = 4096
"""The file has this size, filled up with blanks: more than twenty connectors need."""

MAX_WH: Final = 1e12
"""No meter of a charging station gets there: a thousand TWh."""

MAX_ASIDE: Final = 4
"""So many damaged files are kept; the oldest goes when there is one more."""

_START_ANEW: Final = "restore a copy, or move the file away to start with the registers that the store knows"
_MAKE_ROOM: Final = "make space on the disk and the directory writable, then start again"


@frozen
class Fault:
    """An error of the hardware (OCPP 1.6, 7.6), with what else it says."""

    error_code: str
    info: str | None = None


def _energy(_: object, attribute: Any, value: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= MAX_WH):
        raise ValueError(f"{attribute.name} is {value}")


@frozen
class KeptConnector:
    """One connector: its meter register, the cable, and the EV at it. Raises ValueError for what no meter shows."""

    register_wh: float = field(validator=_energy)
    energy_wh: float = field(validator=_energy)
    plugged: bool
    wants_energy: bool
    fault: Fault | None


@frozen
class KeptBox:
    """The whole charger; ``fault`` is the station's own (connector 0)."""

    connectors: tuple[KeptConnector, ...]
    fault: Fault | None = None


class BoxMemory(Protocol):
    """Where the box keeps what survives a power cut."""

    def load(self) -> KeptBox | None:
        """What was saved last; None for a new box."""

    def save(self, box: KeptBox) -> None:
        """Keep this in place of what was there."""


class MeterUnusableError(RemediableError):
    """The file cannot be used; it is left as it is."""

    def __init__(self, place: Path, what: str, remedy: str = _START_ANEW) -> None:
        super().__init__(f"{place}: {what}; {remedy}")
        self.place, self.what = place, what


class MeterFile:
    """The box's memory in one file; satisfies `BoxMemory`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(path.name + ".new")

    def load(self) -> KeptBox | None:
        """What was saved last; None where there is no file yet. Raises MeterUnusableError, and never waits."""
        try:
            make_private(self._path.parent, (f"{self._path.name}*",))
            content = orjson.loads(self._page())
            if content["version"] != VERSION:
                raise MeterUnusableError(self._path, f"it has version {content['version']}, known is {VERSION}")
            return cattrs.structure(content["box"], KeptBox)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, cattrs.BaseValidationError) as error:
            raise MeterUnusableError(self._path, f"damaged: {_in_words(error)}") from error

    def _page(self) -> bytes:
        page = read_file(self._path, PAGE_BYTES + 1)
        if len(page) > PAGE_BYTES:
            raise ValueError(f"it is longer than {PAGE_BYTES} bytes")
        return page

    def next_aside(self) -> Path:
        """The name that a damaged file would get."""
        return self._aside(max(self._numbers_aside(), default=0) + 1)

    def put_aside(self) -> None:
        """Give whatever lies there another name; only the newest ones are kept. Raises OSError."""
        self._path.rename(self.next_aside())
        for number in self._numbers_aside()[:-MAX_ASIDE]:
            with contextlib.suppress(OSError):
                self._aside(number).unlink()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.damaged-{number}")

    def _numbers_aside(self) -> list[int]:
        names = (path.name.rpartition("-")[2] for path in self._path.parent.glob(f"{self._path.name}.damaged-*"))
        return sorted(int(name) for name in names if name.isdecimal())

    def save(self, box: KeptBox) -> None:
        """Keep this in place of what was there."""
        page = json.dumps({"version": VERSION, "box": cattrs.unstructure(box)}).encode().ljust(PAGE_BYTES)
        if len(page) > PAGE_BYTES:
            raise MeterUnusableError(
                self._path, f"the hardware has more to remember than {PAGE_BYTES} bytes", "shorten its infos"
            )
        try:
            self._write(page)
        except OSError as error:
            raise MeterUnusableError(self._path, f"cannot be written: {error.strerror}", _MAKE_ROOM) from error

    def _write(self, page: bytes) -> None:
        try:
            file = open_file(self._path, os.O_WRONLY)
        except FileNotFoundError:
            with os.fdopen(open_file(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as beside:
                beside.write(page)
            self._beside.replace(self._path)
            return
        try:
            os.pwrite(file, page, 0)
        finally:
            os.close(file)


def _in_words(error: Exception) -> str:
    """One line: what the system says, or which kind of content is wrong."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    cause = error.exceptions[0] if isinstance(error, cattrs.BaseValidationError) else error
    return f"{type(error).__name__}: {cause}".splitlines()[0]
