"""A bench with a station on it: one of ours as a process, or any that dials."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from attrs import frozen

from model.remedy import RemediableError
from model.station_file import StationFile
from properties.conformance.actions import Hand
from properties.conformance.bench import Bench, Cleanup, Pace
from properties.conformance.csms import SUBPROTOCOL, ScriptedCsms
from properties.conformance.own_station import OwnStation
from runtime.core.settings import Settings

DIALS_WITHIN_S: Final = 180.0
"""A station that has found no CSMS for long dials seldom."""


class NotConnectedError(RemediableError):
    """No station has connected; what follows the semicolon is the remedy."""

    usual_remedy = "see the log of the station"


@frozen
class UnderTest:
    """The station under test: a built-in name or a file, what that says, and its control interface where it runs."""

    name: str
    facts: StationFile
    control: str | None = None

    @property
    def unbuilt(self) -> frozenset[str]:
        """The profiles of the certificate whose block our own station does not have yet; nothing is known of others."""
        if self.control is not None:
            return frozenset()
        return frozenset(self.facts.profiles) - set(Settings(self.facts, {}, {}).items("SupportedFeatureProfiles"))


@contextmanager
def bench_with(
    csms: ScriptedCsms,
    station: UnderTest,
    pace: Pace,
    cleanups: Mapping[str, Cleanup],
    dials_within_s: float = DIALS_WITHIN_S,
) -> Iterator[Bench]:
    """A bench, once a station has connected to this CSMS, which listens. Raises ``NotConnectedError``."""
    with ExitStack() as stack:
        own = stack.enter_context(OwnStation(station.name, csms.url)) if station.control is None else None
        within_s = pace.boot_s if own else dials_within_s
        until_s = time.monotonic() + within_s
        if csms.wait(lambda: csms.connected or None, until_s) is None:
            remedy = _last_words(own) or f"have it dial {csms.url}, with the subprotocol {SUBPROTOCOL}"
            raise NotConnectedError(f"no station came within {within_s:g} s; {remedy}")
        yield Bench(csms, Hand(own.control if own else station.control or ""), station.facts, pace, cleanups=cleanups)


def _last_words(own: OwnStation | None) -> str | None:
    """What our own station said before it gave up."""
    lines = own.said().splitlines() if own else []
    return f"the station said: {' '.join(lines[-2:])}" if lines else None
