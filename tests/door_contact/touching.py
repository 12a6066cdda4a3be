"""What the door contact would change of the files that there are: path -> what stands there, and what would.

All else that it needs are files of its own (``NEW``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

BLOCK: Final = Path(__file__).parent / "block"

NEW: Final = {
    "door.toml": "model/tables/door.toml",
    "operations.py": "runtime/operations/door.py",
    "checks.py": "properties/blocks/door.py",
    "door_properties.toml": "properties/blocks/door_properties.toml",
}
"""The block's files, and where they would lie."""

ENDS_CHARGING: Final = """
[events.door_opened]
means = "the door to live parts has been opened"
from  = "door"

[[row]]
id      = "C6.door"
from    = ["Charging", "SuspendedEV", "SuspendedEVSE"]
on      = "door_opened"
to      = "Finishing"
do      = [
  "stop reason Other", "raise transaction.end", "raise metering.end", "raise authorization.reset",
  "raise availability.session_over",
]
clauses = ["CS-4.9-C6", "CS-4.9-D6", "CS-4.9-E6"]
[[ignored]]
on      = "door_opened"
in      = ["Available", "Preparing", "Finishing", "Reserved", "Unavailable"]
because = "no energy flows, and none begins to while the door is open"
"""

TOUCHED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "model/tables/station.toml": (('"storage", ', '"storage", "door", '),),
    "model/tables/connector.toml": (
        ('"SoftReset", "HardReset"]', '"SoftReset", "HardReset", "Other"]'),
        ('lifecycle == Running"\n', 'lifecycle == Running and door == Shut"\n'),
        ("# ---- F: from Finishing ----\n", f"{ENDS_CHARGING}\n# ---- F: from Finishing ----\n"),
    ),
    "runtime/blocks.py": (
        ("    data_transfer,\n", "    data_transfer,\n    door,\n"),
        ("    reservations.BLOCK,\n", "    reservations.BLOCK,\n    door.BLOCK,\n"),
    ),
    "properties/blocks/registry.py": (
        ("    data_transfer,\n", "    data_transfer,\n    door,\n"),
        ("    reservations.CHECKS,\n", "    reservations.CHECKS,\n    door.CHECKS,\n"),
    ),
    "properties/properties.toml": (
        ('"connector != Preparing or authorization !=', '"door == Open or connector != Preparing or authorization !='),
    ),
}
"""A listed machine; an event, a row and a guard of the connector; a line in each of the two lists of blocks; and who
does not wait for energy in vain. (The last one was found by the exploration, not by whoever wrote the block.)"""


def changed(text: str, path: str) -> str:
    """The text of that file with the block in it."""
    for old, new in TOUCHED[path]:
        assert old in text, f"{path} has no {old!r} any more: say in TOUCHED what the block would change now"
        text = text.replace(old, new, 1)
    return text
