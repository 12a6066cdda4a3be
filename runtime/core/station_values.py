"""The values of the station as a whole (space ``station``): what each may say.

They are plain texts, and numbers out of the past of this very station: dates and counts are computed with them at every
start. One that says something else is no value (`legal`), and the station goes on as if it had never been written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Final

import orjson

from runtime.core.dates import COUNTED, FIRST_DATE, MAX_SHIFTS, OFFSET, SHIFTS, SHOWED
from runtime.core.records import BEGINNING, MOST_NUMBERS, NEVER_YET

LIST_VERSION: Final = "list_version"
"""The value that says which version the local authorization list has."""

REGISTER: Final = "register"
"""Followed by a dot and a connector: the value in Wh at which its last transaction stopped. It outlives the
transaction, for a box without a memory."""

NUMBERS: Final = (
    "queue", "security", "transaction", "cache_entry", "use", "upload", "upload_status", "firmware", "firmware_status",
)  # fmt: skip
"""What is counted: each the last number that was given."""

COUNT_S: Final = (FIRST_DATE - BEGINNING).total_seconds()
AGES_S: Final = (NEVER_YET - BEGINNING).total_seconds()
"""No count is longer than the first, and no clock is off by more than the second."""


def legal(name: str, value: str) -> bool:
    """Whether a value of that name can be worked with; of a name that is not counted with, any can."""
    check = _CHECKS.get(name.partition(".")[0])
    try:
        return check is None or check(value)
    except (ValueError, TypeError):
        return False


def _number(value: str) -> bool:
    return 0 <= int(value) < MOST_NUMBERS and value == str(int(value))


def _version(value: str) -> bool:
    return 0 <= int(value) < 2**63 and value == str(int(value))


def _within(least: float, most: float) -> Callable[[str], bool]:
    return lambda value: least <= float(value) <= most


def _moment(value: str) -> bool:
    return BEGINNING <= datetime.fromisoformat(value) < NEVER_YET


def _shifts(value: str) -> bool:
    found = orjson.loads(value)
    return isinstance(found, list) and len(found) <= MAX_SHIFTS and all(map(_shift, found))


def _shift(pair: object) -> bool:
    match pair:
        case [float() | int() as ended_s, float() | int() as shift_s]:
            return 0 <= ended_s <= COUNT_S and math.fabs(shift_s) <= AGES_S
    return False


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    **dict.fromkeys(NUMBERS, _number),
    LIST_VERSION: _version,
    REGISTER: _number,
    OFFSET: _within(-AGES_S, AGES_S),
    SHOWED: _moment,
    COUNTED: _within(0.0, COUNT_S),
    SHIFTS: _shifts,
}
