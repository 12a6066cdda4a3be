"""The first 100 bytes of the database, looked at without SQLite, which takes some wrong bits there for other things.

A wrong version to write is to it a file that may only be read, a wrong schema format one of a later SQLite: neither is
called damaged by it, and a station that believed them would never start again. What of the header is the same in
every database of ours is compared here (https://sqlite.org/fileformat2.html, 1.3; numbers big-endian). Whose it is and
which schema it has is looked at when it is open; the rest is counters, of which SQLite compares those that matter.
"""

from __future__ import annotations

import struct
from typing import Final

from runtime.adapters.sqlite.log import PAGE_BYTES

HEADER_BYTES: Final = 100
VERSION_AT: Final = 60
"""Where it says which schema the records have."""

_FORMAT_AT: Final = 44

# Not compared, for they change: 24 change counter, 28 pages, 32 and 36 free pages, 40 schema cookie, 60 and 68 version
# and application (looked at when it is open), 92 and 96 change counter and release of SQLite at the last write.
_FIXED: Final = {
    0: b"SQLite format 3\0",
    16: struct.pack(">H", PAGE_BYTES),
    20: bytes((0, 64, 32, 32)),  # reserved bytes of a page; payload fractions
    48: bytes(8),  # suggested cache size; largest root page, of auto-vacuum
    64: bytes(4),  # incremental vacuum
    72: bytes(20),  # reserved for expansion
}
_JOURNALS: Final = (b"\x01\x01", b"\x02\x02")
"""Versions to write and to read: a salvaged store begins without a log, and gets one when it is opened."""

_SCHEMA: Final = {
    _FORMAT_AT: struct.pack(">I", 4),
    56: struct.pack(">I", 1),
}
"""Schema format and text encoding (UTF-8): 0, as the schema's number is, as long as no table is folded in."""


def has_schema(header: bytes) -> bool:
    """Whether the table stands in the file, and not in its log alone."""
    return any(header[_FORMAT_AT : _FORMAT_AT + 4])


def deviation(header: bytes) -> str:
    """What in the header is not as we write it; empty where all of it is."""
    fields = dict(_FIXED)
    # As long as the table stands in the log alone, page 1 of the file is that of an empty database.
    empty = not any(any(header[at : at + 4]) for at in (*_SCHEMA, VERSION_AT))
    fields |= {} if empty else _SCHEMA
    wrong = [at for at, bytes_ in fields.items() if header[at : at + len(bytes_)] != bytes_]
    wrong += [] if header[18:20] in _JOURNALS else [18]
    return f"its header is not what was written, from byte {min(wrong)} on" if wrong else ""
