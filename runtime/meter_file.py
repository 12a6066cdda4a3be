"""What the simulated box still knows after it lost power: registers, batteries, cables, faults.

A real energy meter has a memory of its own, and a car does not drive away because the lights went out. The simulated
charger keeps both in one small JSON file. It is made to survive the death of the process, which is how a power cut is
played: the file appears whole, and from then on is written in one call within one page, which a kill cannot divide. It
is not synced, for nobody's money hangs on a simulated kilowatt-hour, and a save costs microseconds, for a register is
saved before it is shown.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, Protocol

import cattrs

from model.record import frozen

VERSION: Final = 1

PAGE_BYTES: Final = 4096
"""The file has this size, filled up with blanks: more than twenty connectors need."""

_START_ANEW: Final = "restore a copy, or move the file away to start with the first registers"
_MAKE_ROOM: Final = "make room on the disk and the directory writable, then start again"


@frozen
class Fault:
    """An error of the hardware (OCPP 1.6, 7.6), with what else it says."""

    error_code: str
    info: str | None = None


@frozen
class KeptConnector:
    """One connector: its meter register, the cable, and the EV at it."""

    register_wh: float
    energy_wh: float
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


class MeterUnusable(Exception):  # noqa: N818 - says what is wrong
    """The file cannot be used; it is left as it is."""

    def __init__(self, place: Path, what: str, remedy: str = _START_ANEW) -> None:
        super().__init__(f"{place}: {what}; {remedy}")
        self.place = place


class MeterFile:
    """The box's memory in one file; satisfies `BoxMemory`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(path.name + ".new")

    def load(self) -> KeptBox | None:
        """What was saved last; None where there is no file yet."""
        try:
            content = json.loads(self._path.read_bytes())
            if content["version"] != VERSION:
                raise MeterUnusable(self._path, f"it has version {content['version']}, known is {VERSION}")
            return cattrs.structure(content["box"], KeptBox)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, cattrs.BaseValidationError) as error:
            raise MeterUnusable(self._path, f"damaged: {type(error).__name__}: {error}") from error

    def save(self, box: KeptBox) -> None:
        """Keep this in place of what was there."""
        page = json.dumps({"version": VERSION, "box": cattrs.unstructure(box)}).encode().ljust(PAGE_BYTES)
        if len(page) > PAGE_BYTES:
            raise MeterUnusable(
                self._path, f"the box has more to remember than {PAGE_BYTES} bytes", "shorten its infos"
            )
        try:
            self._write(page)
        except OSError as error:
            raise MeterUnusable(self._path, f"cannot be written: {error.strerror}", _MAKE_ROOM) from error

    def _write(self, page: bytes) -> None:
        try:
            file = os.open(self._path, os.O_WRONLY)
        except FileNotFoundError:
            self._beside.write_bytes(page)
            self._beside.replace(self._path)
            return
        try:
            os.pwrite(file, page, 0)
        finally:
            os.close(file)
