"""Files packed as ``.tar.gz``: the same files and the same date make the same bytes.

Every date in the archive is the one that is given, and nothing in it says who packed it where.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from datetime import datetime


def pack(parts: Mapping[str, bytes], at: datetime) -> bytes:
    """The bytes of an archive of these files."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=int(at.timestamp())) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(parts):
            entry = tarfile.TarInfo(f"diagnostics/{name}")
            entry.size, entry.mtime, entry.mode = len(parts[name]), int(at.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(parts[name]))
    return packed.getvalue()
