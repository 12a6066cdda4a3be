"""Which of the installed profiles holds: stacking, and the merge of the purposes.

For a transaction the rules come down to one ordered list, of which the first profile that sets a limit at that second
prevails: its TxProfiles from the highest level down, then the TxDefaultProfiles from the highest level down
(CS-3.13.1-10, CS-3.13.2-02, CS-7.8-04, CS-7.10-02, CS-7.10-03, reading 19). A profile that has run out, or is not
valid yet, sets none and the next one has its turn (CS-3.13.2-06, CS-5.16.4-14, CS-5.16.4-15, ERR-3.43-01), and behind
the last of them there is no limit of that purpose (CS-5.16.4-16); one that never ends hides all below it
(CS-3.13.2-08, ERR-3.7-01). At a connector its own default hides the one of connector 0, which is everybody's
(CS-3.13.1-07, ERR-3.53-01), on the same level, as long as it is installed (CS-3.13.1-08, CS-3.13.1-09).

ChargePointMaxProfiles are a list of their own (CS-3.13.1-02, CS-7.8-05). What remains of both, and of what the station
can do, is the lowest (CS-3.13.1-14, CS-3.13.3-01, CS-3.13.3-02, ERR-3.1-01, ERR-3.27-01).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from model.messages.charging import ChargingProfile, ChargingProfilePurpose, ClearChargingProfileReq
from model.record import frozen
from model.smart_charging.supply import Supply
from model.smart_charging.timeline import NEVER, Stretch, Timeline, second_of, starts_by_date, timeline_of

_ANY_SUPPLY = Supply(Decimal(1), 1)
"""Where only the times of a profile matter."""


@frozen
class Installed:
    """A profile in its place: the connector that it was set at, 0 for the station."""

    connector: int
    profile: ChargingProfile

    @property
    def purpose(self) -> ChargingProfilePurpose:
        """What it limits."""
        return self.profile.charging_profile_purpose

    @property
    def level(self) -> int:
        """Its place in the stack."""
        return self.profile.stack_level

    def gives_way_to(self, other: Installed) -> bool:
        """Whether it is replaced when the other is installed: by id, or by its place (CS-5.16.3-03, CS-5.16.4-04)."""
        same_id = self.profile.charging_profile_id == other.profile.charging_profile_id
        # The clauses name purpose and level. The connector belongs to it: a default of connector 0 and one of connector
        # 1 on the same level are meant to be installed side by side (CS-3.13.1-09).
        mine, its = ((one.connector, one.purpose, one.level) for one in (self, other))
        return same_id or mine == its


def with_installed(installed: Iterable[Installed], new: Installed) -> tuple[Installed, ...]:
    """What is installed after ``new`` is: no two in one place (CS-3.13.2-03, CS-3.13.2-05, CS-5.16.3-04)."""
    return (*(one for one in installed if not one.gives_way_to(new)), new)


def cleared_by(request: ClearChargingProfileReq, one: Installed) -> bool:
    """Whether the request means that profile: by id alone, or by every other field given (ERR-3.25-02, ERR-3.26-02)."""
    if request.id is not None:
        return request.id == one.profile.charging_profile_id
    wanted = (request.connector_id, request.charging_profile_purpose, request.stack_level)
    has = (one.connector, one.purpose, one.level)
    # Without any field all of nothing holds: every profile is meant (ERR-3.25-01).
    return all(wish is None or wish == value for wish, value in zip(wanted, has, strict=True))


def over(profile: ChargingProfile, second: int) -> bool:
    """Whether the profile can never set a limit again, in whatever transaction."""
    # What counts from the start of a transaction begins again with the next one, as long as it is valid.
    if not starts_by_date(profile) and (profile.valid_to is None or second < second_of(profile.valid_to)):
        return False
    said = timeline_of(profile, second, _ANY_SUPPLY).at(second)
    return said.limit_w is None and said.until_s >= NEVER


@frozen
class Site:
    """What the limits of a station follow from, beside its profiles: its connectors, and what it can do at most."""

    connectors: tuple[int, ...]
    ceiling_w: Decimal
    supply: Supply | None = None


class Limits:
    """The limits of a station at any second, out of its profiles.

    ``began``: for each connector the second from which what counts from the start of a transaction counts; where no
    transaction runs, the second at which one would begin.
    """

    def __init__(self, site: Site, installed: Iterable[Installed], began: Mapping[int, int]) -> None:
        self.site = site
        profiles = tuple(installed)
        self._station = Stack(self._stack(profiles, ChargingProfilePurpose.CHARGE_POINT_MAX_PROFILE, 0, 0))
        self._own = {
            connector: Stack(
                (
                    *self._stack(profiles, ChargingProfilePurpose.TX_PROFILE, connector, began[connector]),
                    *self._stack(profiles, ChargingProfilePurpose.TX_DEFAULT_PROFILE, connector, began[connector]),
                )
            )
            for connector in site.connectors
        }

    def _stack(
        self, installed: tuple[Installed, ...], purpose: ChargingProfilePurpose, connector: int, began_s: int
    ) -> tuple[Timeline, ...]:
        """The profiles of a purpose that apply at a connector, highest level first."""
        by_level: dict[int, Installed] = {}
        # Connector 0 first: a default of this connector then takes its level from everybody's (CS-3.13.1-09).
        for one in sorted(installed, key=lambda one: one.connector):
            if one.purpose is purpose and one.connector in (0, connector):
                by_level[one.level] = one
        ordered = (by_level[level].profile for level in sorted(by_level, reverse=True))
        return tuple(timeline_of(profile, began_s, self.site.supply) for profile in ordered)

    def of_station(self, second: int) -> Stretch:
        """What all connectors together may take: the ChargePointMaxProfile, and never more than the station can."""
        return lowest(self._station.at(second), self._ceiling)

    def of_transaction(self, connector: int, second: int) -> Stretch:
        """What the transaction at a connector may take by its own profiles; no limit where there is none."""
        return self._own[connector].at(second)

    def of_connector(self, connector: int, second: int) -> Stretch:
        """What a connector may take at most: the lowest of all that applies (CS-3.13.3-05)."""
        return lowest(self.of_transaction(connector, second), self.of_station(second))

    def of_all(self, second: int) -> Stretch:
        """What the station may draw at most: the sum over the connectors, capped (CS-5.7-05, hard case 21)."""
        # What the station expects to draw: who has no limit may take all that it can do. The sum is capped afterwards,
        # for a ChargePointMaxProfile limits all of them together (CS-3.13.3-06).
        each = [lowest(self.of_transaction(connector, second), self._ceiling) for connector in self.site.connectors]
        total_w = sum((one.limit_w for one in each if one.limit_w is not None), Decimal(0))
        until_s = min(one.until_s for one in each)
        return lowest(self.of_station(second), Stretch(total_w, until_s))

    @property
    def _ceiling(self) -> Stretch:
        return Stretch(self.site.ceiling_w, NEVER)


class Stack:
    """Timelines, the one that is asked first first.

    Whoever walks through a window asks at each boundary of anybody. What was said last, by the stack and by each of its
    timelines, is kept as long as it holds, so each is asked once for each of its own stretches.
    """

    def __init__(self, timelines: Iterable[Timeline]) -> None:
        self._said = [_Said(timeline.at) for timeline in timelines]
        self._prevailing = _Said(self._look)

    def at(self, second: int) -> Stretch:
        """What the first that sets a limit at that second says; until any before it may have a word."""
        return self._prevailing.at(second)

    def _look(self, second: int) -> Stretch:
        until_s = NEVER
        for said in self._said:
            stretch = said.at(second)
            # Of those above: one of them may begin to say something before this one ends. Those below are not asked:
            # they are hidden as long as this one sets a limit (CS-3.13.2-02).
            until_s = min(until_s, stretch.until_s)
            if stretch.limit_w is not None:
                return Stretch(stretch.limit_w, until_s, stretch.by)
        return Stretch(None, until_s)


class _Said:
    """What was said last, and from which second until before which it holds."""

    def __init__(self, ask: Callable[[int], Stretch]) -> None:
        self._ask = ask
        self._from_s, self._stretch = 0, Stretch(None, 0)

    def at(self, second: int) -> Stretch:
        if not self._from_s <= second < self._stretch.until_s:
            self._from_s, self._stretch = second, self._ask(second)
        return self._stretch


def lowest(one: Stretch, other: Stretch) -> Stretch:
    """The lower limit of two; the first one's where they are equal."""
    until_s = min(one.until_s, other.until_s)
    # None is no limit, and so above any number.
    second_is_lower = other.limit_w is not None and (one.limit_w is None or other.limit_w < one.limit_w)
    lower = other if second_is_lower else one
    return Stretch(lower.limit_w, until_s, lower.by)
