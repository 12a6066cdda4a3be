"""The file of diagnostics: what the station knows goes into it, and who writes it.

``Diagnostics`` is a snapshot that a step takes; ``parts_of`` makes the files of it, and is a pure function. An adapter
adds what lies on the disk, packs it all beside the loop, and says when it is there. No secret is in the snapshot: of
the configuration it has what GetConfiguration shows, of the queue no message, of uploads no location.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

import orjson
from attrs import field
from attrs.validators import matches_re

from model.record import frozen
from runtime.core.inputs import Input
from runtime.core.ports import Effect, Fired

Rows = tuple[tuple[datetime, tuple[Fired, ...]], ...]
"""Steps in which rows fired, with their dates."""


@frozen
class Period:
    """What was asked for: from ``start`` to ``stop``, both included; None is open (CS-6.25-01)."""

    start: datetime | None = None
    stop: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether that moment lies in it."""
        return (self.start is None or self.start <= at) and (self.stop is None or at <= self.stop)


@frozen
class Diagnostics:
    """What the station knows of itself at ``at``.

    ``about``: what it is. ``configuration``: the readable keys. ``states``: of each machine. ``owed``: what waits for
    the CSMS. ``rows``: those of the period that fired last.
    """

    at: datetime
    period: Period
    about: Mapping[str, str]
    configuration: Mapping[str, str | None]
    states: Mapping[str, str]
    owed: Mapping[str, int]
    rows: Rows


def parts_of(found: Diagnostics) -> dict[str, bytes]:
    """The files of a snapshot, by their names."""
    period = {"start": found.period.start, "stop": found.period.stop}
    return {
        "about.json": _json({**found.about, "at": found.at, "period": period}),
        "configuration.json": _json(found.configuration),
        "states.json": _json(found.states),
        "owed.json": _json(found.owed),
        "rows.jsonl": b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in _lines(found.rows)),
    }


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _lines(rows: Rows) -> Iterator[Mapping[str, Any]]:
    for at, step in rows:
        for one in step:
            yield {
                "at": at,
                "machine": one.instance,
                "row": one.row,
                "event": one.event,
                "from": one.state,
                "to": one.to,
            }


# ---- who writes it ----------------------------------------------------------------------------------------


@frozen
class DiagnosticsKept(Input):
    """The disk has something since then; said once in a life, where it has."""

    since: datetime


@frozen
class DiagnosticsCollected(Input):
    """The file of that name is there."""

    file: str


@frozen
class DiagnosticsNotCollected(Input):
    """The file of that name could not be written; ``why`` is for the log."""

    file: str
    why: str


class DiagnosticsWriter(Protocol):
    """Writes files of diagnostics into the directory from which they are sent."""

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on call ``emit`` with what became of each file, on the loop's thread."""

    def write(self, file: str, found: Diagnostics) -> Input | None:
        """Perform CollectDiagnostics; what has become of it, if that is known at once."""


@frozen
class CollectDiagnostics(Effect):
    """Write a file of diagnostics; DiagnosticsCollected or DiagnosticsNotCollected follows."""

    port: ClassVar[type | None] = DiagnosticsWriter
    file: str = field(validator=matches_re(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"))
    found: Diagnostics = field(repr=False)

    def perform(self, port: DiagnosticsWriter) -> Input | None:
        """Beside the loop."""
        return port.write(self.file, self.found)

    def failed(self, why: str) -> DiagnosticsNotCollected:
        """A file that cannot be begun is not written."""
        return DiagnosticsNotCollected(self.file, why)
