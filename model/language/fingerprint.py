"""A fingerprint of the tables, so that evidence can say which tables it is about.

A run of the tests or of the explorer stamps what it found with this; ``provenpoint trace`` ignores a stamp that is not
today's, instead of showing a row as proven that has changed since.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

TABLES = Path(__file__).parent.parent / "tables"


def tables_fingerprint(folder: Path = TABLES) -> str:
    """SHA-256 in hex over the names and contents of ``*.toml`` in the folder."""
    digest = sha256()
    for path in sorted(folder.glob("*.toml")):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
