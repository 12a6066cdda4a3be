"""The slots of the simulated box in a data directory: what it remembers, and who examines an image for it.

An image is read in a thread of its own, piece by piece: 200 MB take a second or two, and no frame waits for that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import cattrs
import orjson
from attrs import define

from model.firmware_image import MAX_HEADER_BYTES, BadImageError, ImageHeader, read_header
from runtime.adapters.firmware_slots import Image, KeptSlots, Verdict
from runtime.adapters.private_files import open_file, read_file, sync_directory

PIECE_BYTES: Final = 256 * 1024
MOST_BYTES: Final = 64 * 1024
"""What the box remembers is shorter."""

_CONVERTER: Final = cattrs.Converter()
_log = logging.getLogger("provenpoint.charger")


@define(eq=False)
class SlotsFile:
    """Satisfies ``runtime.adapters.firmware_slots.SlotsMemory``: one JSON file, which appears whole."""

    path: Path

    def load(self) -> KeptSlots | None:
        """None for a new box, and for one whose memory cannot be read: it starts the image it was delivered with."""
        try:
            return _CONVERTER.structure(orjson.loads(read_file(self.path, MOST_BYTES)), KeptSlots)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, cattrs.BaseValidationError) as problem:
            _log.error("%s cannot be used, and slot A is started: %r", self.path, problem)
            return None

    def save(self, slots: KeptSlots) -> None:
        """Durable when it returns. Raises OSError."""
        new = self.path.with_name(f".{self.path.name}.new")
        with os.fdopen(open_file(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(orjson.dumps(_CONVERTER.unstructure(slots)))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        sync_directory(self.path.parent)


@define(eq=False)
class FileExaminer:
    """Examines the images of a directory for a box of that model; ``post`` brings a call to the loop's thread."""

    directory: Path
    model: str
    post: Callable[..., object]

    def __call__(self, file: str, tell: Callable[[Verdict], None]) -> None:
        """In a thread; satisfies ``runtime.adapters.firmware_slots.Examine``."""
        threading.Thread(target=self._examine, args=(file, tell), daemon=True, name="firmware").start()

    def _examine(self, file: str, tell: Callable[[Verdict], None]) -> None:
        try:
            verdict: Verdict = self._image(self.directory / file)
        except (BadImageError, OSError) as problem:
            verdict = str(problem)
        with suppress(RuntimeError):  # the loop has ended meanwhile, and begins anew with the next power up
            self.post(tell, verdict)

    def _image(self, path: Path) -> Image:
        with os.fdopen(open_file(path, os.O_RDONLY), "rb") as opened:
            header, begins = read_header(opened.read(MAX_HEADER_BYTES))
            if header.model != self.model:
                raise BadImageError(f"the image is for {header.model}, and this is {self.model}")
            opened.seek(begins)
            digest = hashlib.sha256()
            while piece := opened.read(PIECE_BYTES):
                digest.update(piece)
            _judge(header, digest.hexdigest(), opened.tell() - begins)
        return Image(header.version, header.boots)


def _judge(header: ImageHeader, sha256: str, size_bytes: int) -> None:
    if size_bytes != header.size_bytes:
        raise BadImageError(f"the image has {size_bytes} bytes, and says {header.size_bytes}")
    if sha256 != header.sha256:
        raise BadImageError("the image is not what its header says: the digests differ")
