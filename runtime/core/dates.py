"""What date it is, and what date it was while that was not known.

Between two dates of the CSMS the date goes on by the monotonic clock, so that a jump of the hardware clock reaches no
record. At power up it begins with the box's clock, corrected as the CSMS had it last; or, where that cannot be right,
with a *count*: dates from 1970 on that are no dates, but keep order and distance. The count goes on over a power cut,
from a mark that is written with whatever is written, so that one shift turns all of it into dates once the CSMS has
sent one. The shift is kept, and applied to what leaves (`derive`): a queue of any length need not be written again.

While the power was off the count stood still, for a time that is not known; what was counted then comes out as late
as it can have been, in its order and with its distances. Never before the truth, never after the moment at which the
date was learnt.

    power        |--- on, date not known ---|  off  |--- on ---|* the CSMS says D |--- on, dates --->
    stored as    1970 + 0 s ......... 1970 + a s      a + gap ..... 1970 + b s     dates
    leaves as    D - b ......................... D - b + a ......... D             as stored

The shift of the first count is (b, D - b): up to b seconds of counting, add so much. The next count ends later, with a
shift of its own. Clauses: CS-4.2-07, CS-4.2.1-04, CS-4.6-05; hard cases 12 and 13.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final, Protocol

import attrs
import orjson

from model.dates import EARLIEST, can_be_now, moved
from model.messages.lazy_message import read
from model.messages.scalars import read_instant, write_instant
from runtime.core.inputs import Moment
from runtime.core.records import BEGINNING

FIRST_DATE: Final = EARLIEST
"""An earlier date is a count."""

SOFTWARE_SINCE: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this software was; a box's clock that shows an earlier date was never set."""

MOST_S: Final = 130 * 366 * 86400.0
"""No offset, count or shift is longer: from 1970 to 2199, with days to spare."""

OFFSET, SHOWED, COUNTED, SHIFTS = "clock_offset_s", "clock_showed", "clock_counted_s", "clock_shifts"
"""Values of the station: how far the box's clock is behind, what it showed, how far the count has got, the shifts."""

GAP_S: Final = 0.001
"""Between the end of a count and the next: no power cut is shorter. A timestamp on the wire shows milliseconds."""

MOVED_S: Final = 1.0
"""A clock that is off by less is left alone: answers take their time."""

_TIMESTAMP: Final = re.compile(r'(?<="timestamp":")[^"\\]*')

_DAY_CHARS: Final = len("1970-01-01")
_LAST_COUNTED_DAY: Final = FIRST_DATE.isoformat()[:_DAY_CHARS]
"""What is written with a later day is no count, whatever its offset from UTC."""

SHOWN_EVERY_S: Final = 3600.0
MAX_SHIFTS: Final = 100
"""More counts than this are not distinguished: the oldest give way, and what is left of theirs is dated later."""


class StationValues(Protocol):
    """Where the values of the station are read and written: the ledger."""

    @property
    def station(self) -> Mapping[str, str]:
        """Each value by its name."""

    def set_station(self, name: str, value: str) -> None:
        """Write a value with the step."""


class Dates:
    """The date, for one station."""

    def __init__(self, ledger: StationValues) -> None:
        self.ledger = ledger
        self.refused: list[str] = []
        """What was stored and cannot be: it is not gone by, for nothing that is stored may prevent a start."""
        self.shifts: tuple[tuple[float, float], ...] = self._stored_shifts()
        """For each count that was ended: where it ended, and the seconds that make a date of it."""
        self._offset_s, counted_s = self._stored_s(OFFSET), self._stored_s(COUNTED)
        self._counted_s = max(counted_s, 0.0)
        self._anchor: tuple[float, datetime] | None = None
        self._begun_s = 0.0

    def at(self, now: Moment) -> datetime:
        """The date and time at that moment; a count where the date is not known."""
        if self._anchor is None:
            return self._corrected(now)
        at_s, date = self._anchor
        return moved(date, now.monotonic_s - at_s)

    def _corrected(self, now: Moment) -> datetime:
        """What the box's clock shows, corrected, unless that leads to a date that cannot be."""
        corrected = moved(now.utc, self._offset_s)
        return corrected if can_be_now(corrected) else now.utc

    def can_be(self, now: Moment) -> bool:
        """Whether the box's clock shows a date that can be."""
        # A clock without its battery begins at a date of its maker's, 1970 or 2000, or goes on from where it stood when
        # power went: then it is behind what it showed last.
        return can_be_now(now.utc) and now.utc >= max(self._showed() or SOFTWARE_SINCE, SOFTWARE_SINCE)

    def trust(self, now: Moment) -> None:
        """Go by the box's clock, as far behind the CSMS's as it was last; a count that is left ended before."""
        self._anchor = (now.monotonic_s, self._corrected(now))
        # Records counted in an earlier life wait for a date, and the box has one now: they were before this start.
        if self._counted_s > (self.shifts[-1][0] if self.shifts else 0.0):
            self._shift(self._counted_s, self.at(now))

    def count(self, now: Moment) -> None:
        """Go on counting behind the last mark."""
        self._begun_s = self._counted_s + GAP_S
        self._anchor = (now.monotonic_s, BEGINNING + timedelta(seconds=self._begun_s))

    def mark(self, now: Moment) -> None:
        """Something is being written: where it is dated by the count, the next count goes on behind it."""
        if self._anchor is not None and self._anchor[1] >= FIRST_DATE:
            return  # what began with a date goes on with dates; this is asked at every write
        if (date := self.at(now)) < FIRST_DATE:
            self._count_is((date - BEGINNING).total_seconds())

    def learn(self, now: Moment, said: datetime) -> tuple[float, float]:
        """The count has ended, at that date. Seconds that were counted since power came, and before, undated so far."""
        ended_s = (self.at(now) - BEGINNING).total_seconds()
        # What earlier lives have counted since the last shift: the power cuts between them are in no count.
        before_s = self._begun_s - GAP_S - (self.shifts[-1][0] if self.shifts else 0.0)
        self._shift(ended_s, said)
        self._count_is(ended_s)
        return ended_s - self._begun_s, before_s

    def _count_is(self, counted_s: float) -> None:
        self._counted_s = counted_s
        self.ledger.set_station(COUNTED, str(counted_s))

    def _shift(self, ended_s: float, date: datetime) -> None:
        """A count ended there, at that date."""
        shift_s = (date - BEGINNING).total_seconds() - ended_s
        # The count only grows, so they are in ascending order: ``dated`` takes the first that ended late enough.
        self.shifts = (*self.shifts, (ended_s, shift_s))[-MAX_SHIFTS:]
        self.ledger.set_station(SHIFTS, orjson.dumps(self.shifts).decode())

    def follow(self, now: Moment, said: datetime) -> bool:
        """Go by the CSMS's time; whether that has moved the date. Durations never notice (hard case 13)."""
        has_moved = abs((said - self.at(now)).total_seconds()) >= MOVED_S
        if has_moved:
            # From here on the date is this one and what the monotonic clock has added (CS-4.2-07, CS-4.6-05).
            self._anchor = (now.monotonic_s, said)
        # A deviation of its own: the box's clock may drift while the date, which goes by the monotonic clock, is right.
        behind_s = (said - now.utc).total_seconds()
        if abs(behind_s - self._offset_s) >= MOVED_S:
            self._offset_s = behind_s
            self.ledger.set_station(OFFSET, str(behind_s))
        self._note_shown(now)
        return has_moved

    def _note_shown(self, now: Moment) -> None:
        """What the box's clock shows, once in a while: it does not go back behind that unless it is lost."""
        showed = self._showed()
        since_s = (now.utc - showed).total_seconds() if showed else SHOWN_EVERY_S
        # Below 0 the box's clock has gone back, and the CSMS has just said by how much it is off: what it shows now is
        # what it is held to. Within the hour nothing is written: a write is a commit, and flash wears.
        if not 0 <= since_s < SHOWN_EVERY_S and can_be_now(now.utc):
            self.ledger.set_station(SHOWED, now.utc.isoformat())

    # ---- what is stored ----------------------------------------------------------------------------------

    def _showed(self) -> datetime | None:
        """What the box's clock showed last, if that is a date which can be."""
        try:
            showed = datetime.fromisoformat(self.ledger.station.get(SHOWED, ""))
        except ValueError:
            return None
        return showed if showed.tzinfo is not None and can_be_now(showed) else None

    def _stored_s(self, name: str) -> float:
        text = self.ledger.station.get(name, "0")
        try:
            return _bounded(float(text))
        except ValueError:
            self.refused.append(f"stored value not used: {name} is {text[:40]!r}, which no clock can be off by")
            return 0.0

    def _stored_shifts(self) -> tuple[tuple[float, float], ...]:
        text = self.ledger.station.get(SHIFTS, "[]")
        try:
            dated = ((_bounded(ended_s), _bounded(shift_s)) for ended_s, shift_s in orjson.loads(text))
            return tuple(dated)[-MAX_SHIFTS:]
        except (ValueError, TypeError):
            self.refused.append(f"stored value not used: {SHIFTS} is {text[:40]!r}, which dates no count")
            return ()

    # ---- what was counted --------------------------------------------------------------------------------

    def dated(self, date: datetime) -> datetime:
        """The date of what was counted; a date stays what it is, and so does a count that has not ended."""
        if date >= FIRST_DATE:
            return date
        counted_s = (date - BEGINNING).total_seconds()
        # Behind the last shift the count is still running, and what it has dated waits for the CSMS.
        shift_s = next((shift_s for ended_s, shift_s in self.shifts if counted_s <= ended_s), 0.0)
        return moved(date, shift_s)

    def derive(self, message: Any) -> Any:
        """The message with dates in place of counts; nothing else of it changes (hard case 12)."""
        return self._derived(message) if self.shifts else message

    def derive_text(self, text: str) -> str:
        """The same for a record as it stands in the store, whose date is its ``timestamp``."""
        return _TIMESTAMP.sub(self._derived_text, text, count=1) if self.shifts else text

    def derive_texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The same for records in the order of their dates."""
        return texts if self.have_dates(texts) else tuple(map(self.derive_text, texts))

    def have_dates(self, texts: Iterable[str]) -> bool:
        """Whether records in the order of their dates leave as they are: where the first does, all do."""
        first = next(iter(texts), "")
        return self.derive_text(first) == first

    def _derived_text(self, found: re.Match[str]) -> str:
        if found[0][:_DAY_CHARS] > _LAST_COUNTED_DAY:
            return found[0]
        return write_instant(self.dated(read_instant(found[0])))

    def _derived(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self.dated(value)
        if isinstance(value, tuple):
            return tuple(map(self._derived, value))
        # A message of the queue is decoded now, for its fields are needed; one without dates comes out equal.
        value = read(value)
        if not attrs.has(type(value)):
            return value
        fields = {a.name: getattr(value, a.name) for a in attrs.fields(type(value))}
        return attrs.evolve(value, **{name: self._derived(one) for name, one in fields.items() if one is not None})


def _bounded(seconds: Any) -> float:
    """Seconds that were stored. Raises ValueError or TypeError for what no clock can be off by."""
    # NaN compares as false with everything, and would pass each bound: it has to be asked for.
    if not isfinite(seconds) or abs(seconds) > MOST_S:
        raise ValueError(f"{seconds!r}")
    return float(seconds)
