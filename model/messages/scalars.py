"""The kinds of single values: text, integer, boolean, decimal, point in time.

Numbers, by design:
- a boolean is never a number, though Python thinks so;
- an integer is at most 64 bit signed. The specification gives no range, transaction ids use all of 32 bits and are
  opaque; 64 bits is what JSON libraries and SQLite carry without loss;
- an integral float (300.0) is read as that integer: some senders write so (JERR-2.3-01);
- a decimal is exact: read from the shortest text of the binary float, so 8.1 is 8.1 and a multiple of 0.1.
  Its size is below 10^14, so that one fractional digit survives the way back through a binary float;
- NaN and Infinity are no numbers (J-4.1.2-01).
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from model.dates import moved
from model.messages.errors import wrong_type, wrong_value
from model.messages.kinds import Kind, Reader, Structure, Unstructure, Writer
from model.record import frozen

INTEGER_LEAST: Final = -(2**63)
INTEGER_MOST: Final = 2**63 - 1
DECIMAL_BOUND: Final = Decimal(10) ** 14
EXACT_FLOAT_BOUND: Final = 2.0**53
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:[.,]\d{1,12})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_LEAP_SECOND: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:)60")
_DAY_END: Final = re.compile(r"(\d{4}-\d\d-\d\dT)24:00(?::00(?:[.,]0+)?)?(?![\d:.,])")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@frozen
class StringKind(Kind):
    """A string of at most `longest` characters (code points), or of any length (CS-7.15-01 to CS-7.19-01).

    Not narrowed to printable ASCII: what a CSMS sends is passed on unchanged (CS-7.15-01). Half a surrogate pair is
    refused, because it has no UTF-8 form (J-4.1.2-01).
    """

    longest: int | None = None

    def check(self, value: Any) -> None:
        """A string that is short enough and can be encoded."""
        if not isinstance(value, str):
            raise wrong_type("a string")
        if self.longest is not None and len(value) > self.longest:
            raise wrong_value(f"must be at most {self.longest} characters long")
        if not value.isascii() and _SURROGATE.search(value):
            raise wrong_value("must be text that UTF-8 can encode")


@frozen
class BooleanKind(Kind):
    """A boolean."""

    def check(self, value: Any) -> None:
        """True or false, and no number that means it."""
        if type(value) is not bool:
            raise wrong_type("a boolean")


@frozen
class IntegerKind(Kind):
    """An integer from `least` on, 64 bit signed at most."""

    least: int = INTEGER_LEAST

    def check(self, value: Any) -> None:
        """An integer in the range."""
        if type(value) is not int:
            raise wrong_type("an integer")
        if value < self.least:
            raise wrong_value(f"must be {self.least} or more")
        if value > INTEGER_MOST:
            raise wrong_value("must fit in 64 bits")

    def reader(self, _structure: Structure) -> Reader:
        """Integral floats become integers."""
        return _read_whole


def _read_whole(value: Any, _type: Any = None) -> Any:
    """An integer beyond 64 bits comes from the JSON reader as a float, too."""
    if type(value) is not float or not value.is_integer():
        return value
    if abs(value) > EXACT_FLOAT_BOUND:
        raise wrong_value("must fit in 64 bits, in 53 if written with a point or an exponent")
    return int(value)


@frozen
class DecimalKind(Kind):
    """A finite decimal with at most one fractional digit (CS-7.13-06, CS-7.14-02)."""

    def check(self, value: Any) -> None:
        """A Decimal that is a multiple of 0.1 exactly."""
        if not isinstance(value, Decimal):
            raise wrong_type("a number")
        if not value.is_finite() or abs(value) >= DECIMAL_BOUND:
            raise wrong_value("must be a finite number below 10^14")
        if not _is_tenth(value):
            raise wrong_value("must be a multiple of 0.1")

    def reader(self, _structure: Structure) -> Reader:
        """JSON number to Decimal."""
        return _read_decimal

    def writer(self, _unstructure: Unstructure) -> Writer:
        """Decimal to JSON number."""
        return _write_decimal


def _is_tenth(value: Decimal) -> bool:
    """By its digits: arithmetic would round those beyond the context's precision."""
    _sign, digits, exponent = value.as_tuple()
    excess = -1 - exponent if isinstance(exponent, int) else 0
    return excess <= 0 or not any(digits[-excess:])


def _read_decimal(value: Any, _type: Any = None) -> Any:
    if type(value) is float:
        return Decimal(repr(value))
    return Decimal(value) if type(value) is int else value


def _write_decimal(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


@frozen
class DateTimeKind(Kind):
    """A point in time (CS-3.15-01 to -03, ERR-3.10-01 to -03): an aware datetime, UTC once it was read.

    Read with any fraction and offset, and as UTC without one, since clause 3.14 recommends UTC to everybody. Two
    writings of ISO 8601 that Python does not read: a leap second 60 is taken as the next second, and 24:00:00 as the
    next day. What lies beyond the years 1 and 9999 in UTC (9999-12-31T23:59:59-05:00 means never) is the last instant
    that there is. Written in UTC with milliseconds and Z; what is finer than a millisecond is cut off.
    """

    def check(self, value: Any) -> None:
        """A datetime that knows its offset, and has a form in UTC."""
        if not isinstance(value, datetime):
            raise wrong_type("a dateTime")
        if value.utcoffset() is None:
            raise wrong_value("must be a dateTime that knows its offset from UTC")
        _in_utc(value)

    def reader(self, _structure: Structure) -> Reader:
        """ISO 8601 text to datetime."""
        return read_instant

    def writer(self, _unstructure: Unstructure) -> Writer:
        """Datetime to text."""
        return write_instant


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() == timedelta(0):
        return moment.replace(tzinfo=UTC)
    offset = moment.utcoffset()
    assert offset is not None, "it was checked to be aware"
    return moved(moment.replace(tzinfo=UTC), -offset.total_seconds())


def read_instant(value: Any, _type: Any = None) -> datetime:
    """The moment, in UTC, that an ISO 8601 text says. Raises BadPayloadError."""
    if not isinstance(value, str):
        raise wrong_type("a dateTime string")
    if not _DATE_TIME.fullmatch(value):
        raise wrong_value("must be an ISO 8601 date and time such as 2026-11-22T16:00:00.000Z")
    text, carry_s = _readable(value.upper())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_value("must be a date and time that exists") from None
    moment = _in_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return moved(moment, carry_s) if carry_s else moment


def _readable(text: str) -> tuple[str, float]:
    """As Python reads it, and the seconds that are to be added then."""
    if ":60" not in text and "T24" not in text:
        return text, 0.0
    if leap := _LEAP_SECOND.match(text):
        return f"{leap[1]}59{text[leap.end() :]}", 1.0
    if day_end := _DAY_END.match(text):
        return f"{day_end[1]}00{text[day_end.end(1) + 2 :]}", 86_400.0
    return text, 0.0


def write_instant(moment: datetime) -> str:
    """`moment` (aware) as this station writes it: UTC, milliseconds, Z (CS-3.14-01, CS-3.15-01)."""
    return _in_utc(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
