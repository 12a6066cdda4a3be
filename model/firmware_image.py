"""The format of a firmware image for the simulated box: two lines of text, and what would be written to flash.

    PROVENPOINT-FIRMWARE 1
    {"boots": true, "bytes": 4096, "model": "M06010E2EYFG", "sha256": "9f86...", "version": "TCU:V3.02.0"}
    (so many bytes)

The header says for which model the image is, what it will call itself, and the digest of what follows. ``boots`` is how
a tester makes an image that the box falls back from. A signature lies outside: it covers the whole file.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from attrs import field
from attrs.validators import ge, instance_of, matches_re

from model.record import frozen
from model.remedy import RemediableError

MAGIC: Final = b"PROVENPOINT-FIRMWARE 1\n"
MAX_HEADER_BYTES: Final = 4096
"""Both lines together."""

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[^\x00-\x1f\x7f]{1,50}")
_MODEL: Final = re.compile(r"[^\x00-\x1f\x7f]{1,20}")
"""What BootNotification.req has space for (CS-6.3-01), in a line of a log."""


class BadImageError(RemediableError, ValueError):
    """A file that is no image of this format."""

    usual_remedy = "make an image for the simulated box (model/firmware_image.py says how)"


@frozen
class ImageHeader:
    """What an image says of itself. ``size_bytes`` and ``sha256``: of what follows the header."""

    version: str = field(validator=[instance_of(str), matches_re(_VERSION)])
    model: str = field(validator=[instance_of(str), matches_re(_MODEL)])
    size_bytes: int = field(validator=[instance_of(int), ge(0)])
    sha256: str = field(validator=[instance_of(str), matches_re(_HEX)])
    boots: bool = field(default=True, validator=instance_of(bool))


def read_header(beginning: bytes) -> tuple[ImageHeader, int]:
    """The header of a file that begins so, and where what follows it begins. Raises BadImageError."""
    if not beginning.startswith(MAGIC):
        raise BadImageError("the file does not begin like an image")
    end = beginning.find(b"\n", len(MAGIC), MAX_HEADER_BYTES)
    if end < 0:
        raise BadImageError(f"the header does not end within {MAX_HEADER_BYTES} bytes")
    try:
        return _header(json.loads(beginning[len(MAGIC) : end])), end + 1
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise BadImageError(f"the header cannot be read: {problem!r}") from problem


def _header(raw: Any) -> ImageHeader:
    return ImageHeader(raw["version"], raw["model"], raw["bytes"], raw["sha256"], raw.get("boots", True))


def pack(content: bytes, version: str, model: str, boots: bool = True) -> bytes:
    """An image. Raises ValueError for a version or a model that no image can have."""
    header = ImageHeader(version, model, len(content), hashlib.sha256(content).hexdigest(), boots)
    said = {
        "boots": header.boots, "bytes": header.size_bytes, "model": header.model,
        "sha256": header.sha256, "version": header.version,
    }  # fmt: skip
    return MAGIC + json.dumps(said).encode() + b"\n" + content
