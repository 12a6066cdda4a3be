"""The rows of the certificate that a station file states anew: what they may say, and the place where one stands.

Configuration keys take defaults and bounds from rows, so a row that says "many" where a number stood would be found out
in mid-session. A row therefore keeps the kind of value that it has in the file that is extended; a number that is no
number of anything, a range without a value in it, or more than the station can keep is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from model.station_reader import Raw, Source, StationFileError

RANGES: Final = (("ORS-4", "ORS-5"), ("ORS-6", "ORS-7"))
"""Rows that are the least and the most of one key."""

MOST: Final = {"ORS-12": 300, "ORS-13": 300}
"""The entries of the local list, and those of one SendLocalList.req, which has to be read as well (``MOST_ELEMENTS``).
A step goes through all of them, and the stop button waits for its end (docs/benchmarks.md)."""

KINDS: Final = {bool: "true or false", int: "a whole number", str: "a text", list: "a list of texts"}


def refuse_row(source: Source, name: str, problem: str) -> StationFileError:
    """An error at that row of the file, or at its first one where it states none of that name."""
    stated = [row["id"] for row in source.raw.get("row", [])]
    return source.refuse(problem, "row", stated.index(name) if name in stated else 0)


def check_rows(source: Source, base: Raw, whole: Raw) -> None:
    """Hold what the file states against the file that it extends. Raises StationFileError."""
    before = {row["id"]: row["value"] for row in base.get("row", []) if "value" in row}
    for name, value in _values(source.raw):
        if name in before and type(value) is not type(before[name]):
            raise refuse_row(source, name, f"{name} is {value!r}; it has to be {KINDS[type(before[name])]}")
        if type(value) is int and value < 0:
            raise refuse_row(source, name, f"{name} is {value}; it has to be 0 or more")
        if type(value) is int and value > MOST.get(name, value):
            raise refuse_row(source, name, f"{name} is {value}; it has to be at most {MOST[name]}")
    now = dict(_values(whole))
    for least, most in RANGES:
        if isinstance(now.get(least), int) and isinstance(now.get(most), int) and now[least] > now[most]:
            stated = most if most in dict(_values(source.raw)) else least
            raise refuse_row(source, stated, f"{least} is {now[least]}, and {most} {now[most]}: swap them")


def _values(raw: Raw) -> Iterator[tuple[str, Any]]:
    for row in raw.get("row", []):
        if "value" in row:
            yield row["id"], row["value"]
