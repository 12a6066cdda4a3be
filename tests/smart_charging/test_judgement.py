"""Profiles that are refused, each for its reason; and what gives way to what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.messages.charging import ChargingProfile, ChargingRateUnit
from model.messages.codec import structure
from model.messages.errors import BadPayloadError
from model.smart_charging.judgement import refusal
from model.smart_charging.limits import Installed, with_installed
from model.smart_charging.station import bounds_of, site_of, units_of
from model.station_file import load_station
from model.station_reader import StationFileError
from tests.covering import covers

STATION = load_station("m06010e2eyfg")
BOUNDS = bounds_of(STATION)


def profile(**said: Any) -> ChargingProfile:
    """A sound TxDefaultProfile, but for what is said."""
    schedule = {
        "chargingRateUnit": "W", "startSchedule": "2026-03-01T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}], **said.pop("schedule", {}),
    }  # fmt: skip
    body = {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": {k: v for k, v in schedule.items() if v is not None},
        **said,
    }  # fmt: skip
    return structure(ChargingProfile, body)


def periods(*starts: int, **said: Any) -> dict[str, Any]:
    """A schedule with periods that start there."""
    return {"chargingSchedulePeriod": [{"startPeriod": start, "limit": 1000, **said} for start in starts]}


MOST = {"chargingProfilePurpose": "ChargePointMaxProfile"}
OWN = {"chargingProfilePurpose": "TxProfile"}


@covers(
    "CS-3.13.1-04", "CS-3.13.1-15", "CS-7.8-02", "CS-7.8-07", "ERR-3.56-01", "CS-5.16.4-13", "ERR-3.45-01",
    "ERR-3.69-01", "CS-9.4.1-01", "CS-9.4.2-01", "CS-9.4.3-01", "ERR-3.86-01", "ERR-4.13-01", "ERR-4.17-01",
)  # fmt: skip
@pytest.mark.parametrize(
    ("connector", "said", "because"),
    [
        (1, MOST, "a ChargePointMaxProfile belongs to connector 0, not to 1"),
        (0, OWN, "a TxProfile belongs to a connector above 0"),
        (1, {"transactionId": 7}, "a TxDefaultProfile has no transactionId"),
        (1, {"stackLevel": 4}, "stackLevel 4; the highest is 3"),
        (1, {"chargingProfileKind": "Recurring"}, "needs recurrencyKind"),
        (1, {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "schedule": {"startSchedule": None}},
         "needs startSchedule"),
        (0, {**MOST, "schedule": {"startSchedule": None}}, "needs a startSchedule"),
        (0, {**MOST, "chargingProfileKind": "Relative"}, "needs a startSchedule"),
        (1, {"schedule": {"chargingRateUnit": "A"}}, "chargingRateUnit A; this station takes W"),
        (1, {"schedule": periods(*range(11))}, "11 periods; at most 10"),
        (1, {"schedule": periods(1)}, "the first period starts at 1"),
        (1, {"schedule": periods(0, 20, 10)}, "ascending order"),
        (1, {"schedule": periods(0, 10, 10)}, "ascending order"),
        (1, {"schedule": {"duration": -1}}, "duration -1"),
        (1, {"schedule": {"minChargingRate": -0.1}}, "minChargingRate -0.1"),
        (1, {"schedule": {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": -0.1}]}}, "limit -0.1"),
        (1, {"schedule": periods(0, numberPhases=0)}, "numberPhases 0"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_reason(connector: int, said: dict[str, Any], because: str) -> None:
    reason = refusal(connector, profile(**said), BOUNDS)
    assert reason is not None
    assert because in reason


@covers("CS-3.13.2-07", "CS-5.16.4-08", "CS-7.10-01", "CS-3.13.1-15", "ERR-3.34-01")
@pytest.mark.parametrize(
    ("connector", "said"),
    [
        (0, {}),
        (2, {"stackLevel": 3, "validTo": "2020-01-01T00:00:00Z"}),
        (0, MOST),
        (1, {**OWN, "transactionId": 0, "schedule": {"startSchedule": None}}),
        (1, {"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly"}),
        (1, {"recurrencyKind": "Weekly"}),
        (1, {"schedule": {**periods(*range(10), numberPhases=3), "duration": 0, "minChargingRate": 0.0}}),
    ],
)
def test_what_makes_sense_is_taken(connector: int, said: dict[str, Any]) -> None:
    assert refusal(connector, profile(**said), BOUNDS) is None


@covers("ERR-3.70-01", "CS-7.14-02", "ERR-3.38-01")
def test_a_limit_has_one_decimal_at_most() -> None:
    """8.1 is no multiple of 0.1 among binary numbers, and is one here."""
    assert refusal(1, profile(schedule={"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}]}), BOUNDS) is None
    with pytest.raises(BadPayloadError, match="limit"):
        profile(schedule={"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.15}]})


@covers("CS-5.16.3-03", "CS-5.16.3-04", "CS-5.16.4-04", "CS-5.16.4-05", "CS-3.13.2-03", "CS-3.13.2-04", "CS-7.8-01")
def test_by_id_or_by_place_the_new_one_replaces_and_else_it_is_added() -> None:
    held: tuple[Installed, ...] = ()
    for connector, number, level in ((0, 1, 0), (1, 2, 0), (1, 3, 1)):
        held = with_installed(held, Installed(connector, profile(chargingProfileId=number, stackLevel=level)))
    assert numbers(held) == [1, 2, 3]
    assert numbers(with_installed(held, Installed(1, profile(chargingProfileId=4, stackLevel=1)))) == [1, 2, 4]
    assert numbers(with_installed(held, Installed(2, profile(chargingProfileId=3, stackLevel=2)))) == [1, 2, 3]
    assert numbers(with_installed(held, Installed(0, profile(chargingProfileId=3, **MOST)))) == [1, 2, 3]
    assert numbers(with_installed(held, Installed(1, profile(chargingProfileId=2, stackLevel=1)))) == [1, 2]


def numbers(held: tuple[Installed, ...]) -> list[int]:
    return [one.profile.charging_profile_id for one in held]


def test_a_station_in_amperes_says_what_an_ampere_is_worth(tmp_path: Path) -> None:
    text = 'extends = "m06010e2eyfg"\n[[row]]\nid = "SC-1.1"\nvalue = true\n'
    station = tmp_path / "ac.toml"
    station.write_text(text, encoding="utf-8")
    with pytest.raises(StationFileError, match="add \\[supply\\] with voltage_v and phases"):
        load_station(station)
    station.write_text(text + "[supply]\nvoltage_v = 230\nphases = 3\n", encoding="utf-8")
    assert units_of(load_station(station)) == (ChargingRateUnit.A, ChargingRateUnit.W)
    supply = site_of(load_station(station)).supply
    assert supply is not None
    assert supply.phases == 3
    assert units_of(STATION) == (ChargingRateUnit.W,)
