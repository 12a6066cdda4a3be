"""A case: an id of OCTT's test case document, a title of our own, what it needs of a station, and its scenario.

What a station has is read from its station file, so whether a case applies can be said before anything runs, and why
not in one sentence. A case that is listed without a scenario waits for the block that it is about; it counts as not
yet, never as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from attrs import field, frozen

from model.messages.registry import Profile
from model.station_file import StationFile
from properties.conformance.bench import Bench

Scenario = Callable[[Bench], None]


@frozen
class Need:
    """Something that a station has to have or be."""

    sentence: str
    met_by: Callable[[StationFile], bool] = field(eq=False)


def row(row_id: str, value: object, sentence: str) -> Need:
    """The certificate's row has this value; a row that is not there has none."""

    def met_by(station: StationFile) -> bool:
        feature = station.features.get(row_id)
        return feature is not None and feature.value == value

    return Need(f"{sentence} ({row_id})", met_by)


def supports(profile: Profile) -> Need:
    """The certificate covers the profile."""
    return Need(f"a station with the profile {profile}", lambda station: profile in station.profiles)


def lacks(profile: Profile) -> Need:
    """The certificate does not cover the profile."""
    return Need(f"a station without the profile {profile}", lambda station: profile not in station.profiles)


DETACHABLE: Final = Need("a detachable cable", lambda s: any(c.cable == "detachable" for c in s.connectors))
FIXED: Final = Need("a fixed cable", lambda s: all(c.cable == "fixed" for c in s.connectors))
CACHE: Final = row("C-04", True, "an authorization cache")
OFFLINE: Final = row("C-01", True, "offline authorization")
LOCAL_STOP: Final = row("C-08", True, "a local stop")
STOPS_WITH_EV: Final = row("C-06.2", True, "a station that ends the transaction when the EV leaves")
GOES_ON_WITHOUT_EV: Final = row("C-06.1", True, "a station that keeps the transaction when the EV leaves")
ENDS_BEFORE_DARK: Final = row("AQ-7.1", True, "reserve power to report the stop before going down")
ENDS_AFTER_DARK: Final = row("AQ-7.2", True, "a station that reports the stop when the power is back")
CONNECTOR_ZERO: Final = row("R-1", True, "reservations of the whole station")
NO_CONNECTOR_ZERO: Final = row("R-1", False, "a station that takes no reservation of the whole station")


@frozen
class Case:
    """One case; one without a scenario says in ``waits_for`` for what it waits."""

    id: str
    title: str
    profile: Profile = Profile.CORE
    needs: tuple[Need, ...] = ()
    clauses: tuple[str, ...] = ()
    waits_for: str = ""
    scenario: Scenario | None = None

    @property
    def name(self) -> str:
        """Its test's name: ``test_tc_003_cs_cable_first``."""
        said = self.scenario.__name__ if self.scenario else "later"
        return f"test_{self.id.lower()}_{said}"

    @property
    def order(self) -> tuple[int, ...]:
        """What it is sorted by: the numbers of its id."""
        return tuple(int(part) for part in self.id.split("_") if part.isdigit())

    def why_not(self, station: StationFile) -> str | None:
        """Why it does not apply to a station; None where it does."""
        return next((f"needs {need.sentence}" for need in self.needs if not need.met_by(station)), None)


def case(
    case_id: str,
    title: str,
    *,
    profile: Profile = Profile.CORE,
    needs: Iterable[Need] = (),
    clauses: Iterable[str] = (),
) -> Callable[[Scenario], Case]:
    """Makes a case of the function below it, which is its scenario."""
    wanted = tuple(needs) if profile is Profile.CORE else (supports(profile), *needs)

    def make(scenario: Scenario) -> Case:
        return Case(case_id, title, profile, wanted, tuple(clauses), scenario=scenario)

    return make
