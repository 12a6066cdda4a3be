"""The tables of a station with a door contact."""

from __future__ import annotations

from pathlib import Path

from tests.broken_tables import copied
from tests.door_contact.touching import BLOCK, NEW, TOUCHED, changed


def with_door(folder: Path) -> Path:
    """A copy of the tables, with the block's among them."""
    tables = copied(folder)
    for name, place in NEW.items():
        if Path(place).parent == Path("model/tables"):
            (tables / Path(place).name).write_text((BLOCK / name).read_text(encoding="utf-8"), encoding="utf-8")
    for path in TOUCHED:
        if Path(path).parent == Path("model/tables"):
            table = tables / Path(path).name
            table.write_text(changed(table.read_text(encoding="utf-8"), path), encoding="utf-8")
    return tables
