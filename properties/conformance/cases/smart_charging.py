"""Charging profiles: defaults, profiles of a transaction, what is refused, what is cleared, and what comes of several.

A profile begins a minute in the past, because clocks differ, and its steps are counted from now. Limits are small whole
numbers of the unit that the station takes: amperes, or kilowatts where it takes watts. A schedule may begin and step
some seconds off, for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.states import DRIVER, at_connector, begins, cable_in, charging
from properties.conformance.expectation import Json, message

SMART: Final = Profile.SMART_CHARGING
BEFORE_S: Final = 60
"""A schedule begins so long before it is sent."""
WINDOW_S: Final = 400
SLACK_S: Final = 5
"""The station's clock and ours may differ by so much."""
DEFAULT, OWN, MOST = "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"
UNKNOWN_TRANSACTION: Final = 2**31 - 7

Steps = Iterable[tuple[int, int]]


def unit(t: Bench) -> str:
    """The unit that the station takes; W where it takes both."""
    allowed = t.value("ChargingScheduleAllowedChargingRateUnit") or ""
    return "W" if "Power" in allowed.split(",") else "A"


def profile(t: Bench, number: int, purpose: str, steps: Steps, level: int = 0, **said: object) -> Json:
    """Absolute, from a minute ago; ``steps`` count from now, in s, and A or kW."""
    per_step = 1000 if unit(t) == "W" else 1
    duration = said.pop("duration", 2 * WINDOW_S)
    assert isinstance(duration, int)
    periods = [
        {"startPeriod": start + BEFORE_S if start else 0, "limit": limit * per_step, "numberPhases": 3}
        for start, limit in steps
    ]
    return {
        "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", **said,
        "chargingSchedule": {
            "duration": duration + BEFORE_S, "startSchedule": _from_now(-BEFORE_S), "chargingRateUnit": unit(t),
            "chargingSchedulePeriod": periods,
        },
    }  # fmt: skip


def _from_now(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def install(t: Bench, connector: int, body: Json, status: str = "Accepted") -> None:
    """SetChargingProfile.req, answered so."""
    t.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": body}, status=status)


def schedule_is(t: Bench, steps: Steps) -> None:
    """GetCompositeSchedule.conf says that, give or take the difference of two clocks."""
    asked = {"connectorId": t.connector, "duration": WINDOW_S, "chargingRateUnit": unit(t)}
    told = t.call("GetCompositeSchedule", asked, status="Accepted", connectorId=t.connector)
    schedule = told.get("chargingSchedule", {})
    t.check("it lasts as long as was asked for", schedule.get("duration") == WINDOW_S, schedule.get("duration"))
    t.check("it is in the unit asked for", schedule.get("chargingRateUnit") == unit(t), schedule)
    start = datetime.fromisoformat(str(told.get("scheduleStart", "")))
    apart_s = abs((datetime.now(UTC) - start).total_seconds())
    t.check("it begins when it was asked for", apart_s <= SLACK_S, f"{apart_s:.1f} s apart")
    per_step = 1000 if unit(t) == "W" else 1
    periods = [(one["startPeriod"], one["limit"]) for one in schedule.get("chargingSchedulePeriod", [])]
    wanted = [(start_s, limit * per_step) for start_s, limit in steps]
    t.check(f"the periods are {wanted}", _alike(wanted, periods), periods)


def _alike(wanted: list[tuple[int, int]], came: list[tuple[int, float]]) -> bool:
    same_limits = [limit for _, limit in wanted] == [limit for _, limit in came]
    return same_limits and all(abs(one[0] - other[0]) <= SLACK_S for one, other in zip(wanted, came, strict=True))


@case(
    "TC_056_CS",
    "A default profile limits a transaction",
    profile=SMART,
    clauses=("CS-3.13.1-06", "CS-3.13.1-08", "CS-5.7-04", "CS-7.10-02"),
)
def default_profile(t: Bench) -> None:
    """A default, then a transaction; its schedule is the default's."""
    install(t, t.connector, profile(t, 1, DEFAULT, [(0, 6), (100, 8), (200, 10)]))
    charging(t)
    schedule_is(t, [(0, 6), (100, 8), (200, 10)])


@case(
    "TC_057_CS",
    "A profile of a running transaction",
    profile=SMART,
    clauses=("CS-3.13.1-10", "CS-5.16.3-01", "CS-5.16-02", "CS-7.10-03"),
)
def profile_of_a_transaction(t: Bench) -> None:
    """A transaction, then its profile; its schedule is that profile's."""
    number = charging(t)
    install(t, t.connector, profile(t, 1, OWN, [(0, 6), (100, 8), (200, 10)], transactionId=number))
    schedule_is(t, [(0, 6), (100, 8), (200, 10)])


@case(
    "TC_058_1_CS",
    "A profile of a transaction, where none runs",
    profile=SMART,
    clauses=("CS-3.13.1-12", "CS-3.13.1-13", "CS-5.16.4-07"),
)
def profile_of_no_transaction(t: Bench) -> None:
    """Rejected, or a CALLERROR that says so."""
    body = profile(t, 1, OWN, [(0, 6)], transactionId=UNKNOWN_TRANSACTION)
    _refused(t, body)


@case(
    "TC_058_2_CS",
    "A profile of another transaction than the one that runs",
    profile=SMART,
    clauses=("CS-3.13.1-12", "CS-5.16-02", "CS-7.8-03"),
)
def profile_of_another_transaction(t: Bench) -> None:
    """Rejected, or a CALLERROR that says so."""
    charging(t)
    _refused(t, profile(t, 1, OWN, [(0, 6)], transactionId=UNKNOWN_TRANSACTION))


def _refused(t: Bench, body: Json) -> None:
    payload = {"connectorId": t.connector, "csChargingProfiles": body}
    t.call_refused("SetChargingProfile", payload, "PropertyConstraintViolation", status="Rejected")


@case(
    "TC_059_CS",
    "A remote start with a profile",
    profile=SMART,
    clauses=("CS-5.11-16", "CS-5.16.2-04", "ERR-3.42-01"),
)
def remote_start_with_profile(t: Bench) -> None:
    """The transaction has the schedule that its remote start brought."""
    body = profile(t, 1, OWN, [(0, 6), (100, 8), (200, 10)])
    cable_in(t)
    payload = {"connectorId": t.connector, "idTag": DRIVER, "chargingProfile": body}
    t.call("RemoteStartTransaction", payload, status="Accepted")
    begins(t)
    schedule_is(t, [(0, 6), (100, 8), (200, 10)])


@case(
    "TC_060_CS",
    "A remote start with a profile of the wrong purpose",
    profile=SMART,
    clauses=("CS-5.11-15", "ERR-3.41-01"),
)
def remote_start_with_wrong_profile(t: Bench) -> None:
    """Rejected, or a CALLERROR that says so; nothing begins."""
    cable_in(t)
    payload = {"connectorId": t.connector, "idTag": DRIVER, "chargingProfile": profile(t, 1, DEFAULT, [(0, 6)])}
    t.call_refused("RemoteStartTransaction", payload, "PropertyConstraintViolation", status="Rejected")
    t.never(message("StartTransaction"), at_connector(t, "Charging"))


@case(
    "TC_066_CS",
    "A composite schedule of three purposes",
    profile=SMART,
    clauses=("CS-3.13.3-01", "CS-3.13.3-02", "CS-3.13.3-05", "CS-5.7-02", "CS-5.7-04"),
)
def three_purposes(t: Bench) -> None:
    """The lowest of the station's limit and, while it lasts, the transaction's; then of the default."""
    install(t, 0, profile(t, 1, MOST, [(0, 10)], duration=86_400))
    install(t, t.connector, profile(t, 2, DEFAULT, [(0, 6), (320, 9)]))
    number = charging(t)
    steps = [(0, 8), (50, 11), (140, 16), (200, 7), (260, 5)]
    install(t, t.connector, profile(t, 3, OWN, steps, transactionId=number, duration=300))
    schedule_is(t, [(0, 8), (50, 10), (200, 7), (260, 5), (300, 6), (320, 9)])


@case(
    "TC_067_CS",
    "Profiles are cleared",
    profile=SMART,
    clauses=("CS-5.5-02", "CS-7.21-01", "CS-7.21-02", "ERR-3.25-01", "ERR-3.25-02", "ERR-3.26-02"),
)
def cleared(t: Bench) -> None:
    """One by its id, one by its level and purpose, all that are left; each time the schedule follows."""
    install(t, t.connector, profile(t, 1, DEFAULT, [(0, 6)], level=0))
    install(t, t.connector, profile(t, 2, DEFAULT, [(0, 7)], level=1))
    install(t, t.connector, profile(t, 3, DEFAULT, [(0, 8)], level=2))
    charging(t)
    schedule_is(t, [(0, 8)])
    t.call("ClearChargingProfile", {"id": 3}, status="Accepted")
    schedule_is(t, [(0, 7)])
    criteria = {"connectorId": t.connector, "chargingProfilePurpose": DEFAULT, "stackLevel": 1}
    t.call("ClearChargingProfile", criteria, status="Accepted")
    schedule_is(t, [(0, 6)])
    t.call("ClearChargingProfile", {}, status="Accepted")
    t.call("ClearChargingProfile", {}, status="Unknown")


@case(
    "TC_072_CS",
    "Profiles are stacked",
    profile=SMART,
    clauses=("CS-3.13.2-01", "CS-3.13.2-02", "CS-5.16.4-15", "CS-7.8-04"),
)
def stacked(t: Bench) -> None:
    """The higher level while it lasts, then the lower one where it then is."""
    install(t, t.connector, profile(t, 1, DEFAULT, [(0, 6), (100, 8), (200, 10)]))
    install(t, t.connector, profile(t, 2, DEFAULT, [(0, 7), (100, 9)], level=1, duration=150))
    schedule_is(t, [(0, 7), (100, 9), (150, 8), (200, 10)])


@case(
    "TC_082_CS",
    "A default profile limits a transaction that runs already",
    profile=SMART,
    clauses=("ERR-3.8-01", "CS-5.16.4-03"),
)
def default_for_a_running_transaction(t: Bench) -> None:
    """A transaction, then a default; its schedule is the default's, and it goes on."""
    charging(t)
    install(t, t.connector, profile(t, 1, DEFAULT, [(0, 6), (100, 8), (200, 10)]))
    schedule_is(t, [(0, 6), (100, 8), (200, 10)])
    t.never(message("StopTransaction"))
