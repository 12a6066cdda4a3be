"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule: what is answered, and what is installed then."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.station_file import load_station
from properties.world.csms import SILENT
from properties.world.world import World
from runtime.core.ports import Note
from tests.covering import FiredRows, covers
from tests.smart_charging.profiles import (
    Json,
    body,
    charge,
    clear,
    date,
    ids,
    install,
    most,
    offers,
    own,
    periods,
    schedule,
)

# ---- installing ----------------------------------------------------------------------------------


@covers("CS-3.3-08", "CS-7.8-05", "CS-7.8-06", "CS-7.8-10", "CS-7.13-03", "CS-7.13-04",
        "CS-5.16.4-04", "CS-5.16.4-05", "CS-7.11-01", "CS-3.13.1-06", "CS-3.13.2-04", "CS-6.44-01",
        "CS-3.13.1-02", rows=("charging_profile:install",))  # fmt: skip
def test_a_profile_replaces_by_id_or_by_place_and_is_added_else(world: World) -> None:
    assert install(world, 0, body(1)) == "Accepted"
    assert install(world, 1, body(2, stackLevel=1)) == "Accepted"
    assert install(world, 0, body(3)) == "Accepted"
    assert ids(world) == [2, 3]
    assert install(world, 2, body(2, stackLevel=3)) == "Accepted"
    assert ids(world) == [2, 3]


@covers("CS-3.13.1-04", "CS-3.13.1-15", "CS-7.11-02", "CS-9.4.1-01", "CS-9.4.2-01", "CS-9.4.3-01", "CS-5.16.4-13",
        "ERR-3.45-01", "ERR-3.69-01", "ERR-3.86-01", rows=("charging_profile:refuse",))  # fmt: skip
@pytest.mark.parametrize(
    ("connector", "profile"),
    [
        (1, body(chargingProfilePurpose="ChargePointMaxProfile", startSchedule="2026-01-01T00:00:00Z")),
        (0, own()),
        (1, body(stackLevel=4)),
        (1, body(1, *((start, 1000) for start in range(11)))),
        (1, body(1, (1, 1000))),
        (1, body(1, (0, 1000), (20, 1000), (10, 1000))),
        (1, body(1, (0, -1))),
        (1, body(chargingRateUnit="A")),
        (1, body(chargingProfileKind="Recurring", recurrencyKind="Daily")),
    ],
)
def test_what_cannot_be_is_rejected_and_nothing_is_installed(world: World, connector: int, profile: Json) -> None:
    install(world, 1, body(9, stackLevel=3))
    assert install(world, connector, profile) == "Rejected"
    assert ids(world) == [9]
    said = [effect.text for _, _, step in world.steps for effect in step.effects if isinstance(effect, Note)]
    assert len([text for text in said if text.startswith("charging profile 1 refused: ")]) == 1


@covers("ERR-3.39-01", "ERR-3.38-01", "ERR-3.24-01", "CS-7.14-02", "ERR-3.70-01", "CS-5.16-01")
def test_what_is_wrong_by_itself_is_an_error(world: World) -> None:
    assert install(world, 3, body()) == "PropertyConstraintViolation"
    assert install(world, -1, body()) == "PropertyConstraintViolation"
    assert install(world, 1, body(1, (0, 8.15))) == "PropertyConstraintViolation"
    assert install(world, 1, body(chargingRateUnit="VA")) == "PropertyConstraintViolation"
    assert install(world, 1, body(chargingProfileKind="Sometimes")) == "PropertyConstraintViolation"
    asked = world.ask("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="VA")
    assert asked.error == "PropertyConstraintViolation"
    assert ids(world) == []


@covers("CS-5.11-17")
def test_a_station_that_claims_no_smart_charging_ignores_the_profile_of_a_remote_start(
    fired: FiredRows, tmp_path: Path
) -> None:
    path = tmp_path / "plain.toml"
    path.write_text('extends = "m06010e2eyfg"\n[[profile]]\nname = "Core"\n', encoding="utf-8")
    world = World(fired.see, file=load_station(path)).power_up().plug_in()
    asked = world.ask("RemoteStartTransaction", connectorId=1, idTag="alice", chargingProfile=own(2, (0, 9_000)))
    assert asked.answer == {"status": "Accepted"}
    assert (ids(world), offers(world)) == ([], [60_000, 0]), "the profile is ignored"


@covers("CS-3.13.1-12", "CS-3.13.1-13", "CS-5.16.4-07", "CS-5.16-02", "CS-7.8-03", "CS-5.16.1-03",
        rows=("charging_profile:refuse.transaction",))  # fmt: skip
def test_a_transaction_profile_needs_its_transaction(world: World) -> None:
    assert install(world, 1, own(1)) == "Rejected"
    charge(world)
    assert install(world, 1, own(1, transactionId=77)) == "Rejected"
    assert install(world, 2, own(1, transactionId=1001)) == "Rejected"
    assert install(world, 1, own(1, transactionId=1001)) == "Accepted"
    assert install(world, 1, own(2, stackLevel=1)) == "Accepted"
    assert ids(world) == [1, 2]


@covers("CS-9.4.5-01", "CS-3.13.5-04", rows=("charging_profile:refuse.full",))
def test_there_is_space_for_ten_and_what_is_over_makes_space(world: World) -> None:
    for number in range(10):
        assert install(world, number % 3, body(number, stackLevel=number // 3)) == "Accepted"
    assert install(world, 2, body(10, stackLevel=3)) == "Rejected"
    assert install(world, 2, body(10, stackLevel=1)) == "Accepted"
    assert len(ids(world)) == 10
    clear(world, id=10)
    assert install(world, 2, body(11, stackLevel=1, validTo="2020-01-01T00:00:00Z")) == "Accepted"
    assert install(world, 2, body(12, stackLevel=3)) == "Accepted"
    assert 11 not in ids(world)


@covers("CS-9.4.5-01", rows=("charging_profile:refuse.full",))
def test_what_a_remote_start_has_brought_has_its_place_and_what_is_over_makes_space_for_it(world: World) -> None:
    for number in range(9):
        install(world, number % 3, body(number, stackLevel=number // 3))
    asked = world.ask("RemoteStartTransaction", connectorId=1, idTag="alice", chargingProfile=own(10))
    assert asked.answer == {"status": "Accepted"}
    assert install(world, 2, body(11, stackLevel=3)) == "Rejected"
    assert install(world, 2, body(8, stackLevel=2, validTo="2020-01-01T00:00:00Z")) == "Accepted"
    assert install(world, 2, body(11, stackLevel=3)) == "Accepted", "8 is over"
    world.plug_in()
    assert ids(world) == [*range(8), 10, 11]


@covers("CS-3.13.5-01", "CS-3.13.5-02", "CS-3.13.5-03", "CS-3.13.5-04", "CS-9.4.1-01", "CS-9.4.2-01", "CS-9.4.3-01",
        "CS-9.4.5-01", "CS-9.4.4-01", "ERR-4.28-01", "CS-9.1.29-01", "ERR-3.86-01")  # fmt: skip
def test_the_keys_say_what_is_acted_upon(world: World) -> None:
    wanted = {
        "ChargeProfileMaxStackLevel": "3", "ChargingScheduleAllowedChargingRateUnit": "Power",
        "ChargingScheduleMaxPeriods": "10", "MaxChargingProfilesInstalled": "10",
    }  # fmt: skip
    asked = world.ask(
        "GetConfiguration", key=[*wanted, "ConnectorSwitch3to1PhaseSupported", "SupportedFeatureProfiles"]
    )
    assert asked.answer is not None
    found = {entry["key"]: entry["value"] for entry in asked.answer["configurationKey"]}
    assert "SmartCharging" in found.pop("SupportedFeatureProfiles").split(",")
    assert found == wanted
    assert asked.answer["unknownKey"] == ["ConnectorSwitch3to1PhaseSupported"]
    assert all(entry["readonly"] for entry in asked.answer["configurationKey"])


@covers("CS-3.13.5-01", "CS-3.13.5-03", "CS-3.13.5-04", "CS-9.4.1-01", "CS-9.4.3-01", "CS-9.4.5-01",
        rows=("charging_profile:refuse", "charging_profile:refuse.full"))  # fmt: skip
def test_the_station_file_says_how_much_there_is_space_for(fired: FiredRows, tmp_path: Path) -> None:
    bounds = {"ORS-14": 7, "ORS-15": 2, "ORS-19": 3}
    rows = "".join(f'[[row]]\nid = "{row}"\nvalue = {value}\n' for row, value in bounds.items())
    (tmp_path / "small.toml").write_text(f'extends = "m06010e2eyfg"\n{rows}', encoding="utf-8")
    world = World(fired.see, file=load_station(tmp_path / "small.toml")).power_up()
    keys = ["ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods", "MaxChargingProfilesInstalled"]
    asked = world.ask("GetConfiguration", key=keys)
    assert asked.answer is not None
    assert [entry["value"] for entry in asked.answer["configurationKey"]] == ["7", "2", "3"]
    assert [install(world, 1, body(level, stackLevel=level)) for level in (8, 7, 6)] == ["Rejected", *["Accepted"] * 2]
    assert install(world, 1, body(5, (0, 1), (1, 1), (2, 1), stackLevel=5)) == "Rejected"
    assert install(world, 1, body(5, (0, 1), (1, 1), stackLevel=5)) == "Accepted"
    assert install(world, 1, body(4, stackLevel=4)) == "Rejected"


# ---- clearing ------------------------------------------------------------------------------------


@covers("ERR-4.11-01",
        "ERR-3.25-01", "ERR-3.25-02", "ERR-3.26-01", "ERR-3.26-02", "CS-5.5-01", "CS-5.5-02", "CS-7.21-01",
        "CS-7.21-02", "CS-6.13-01", "CS-6.14-01", rows=("charging_profile:clear", "charging_profile:clear.last",
        "charging_profile:clear.unknown", "charging_profile:clear.nothing"))  # fmt: skip
@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({}, []),
        ({"id": 0}, [1, 2, 3]),
        ({"id": 0, "connectorId": 2, "stackLevel": 3}, [1, 2, 3]),
        ({"connectorId": 0}, [2, 3]),
        ({"stackLevel": 0}, [1, 3]),
        ({"connectorId": 0, "stackLevel": 0}, [1, 2, 3]),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, [1]),
        ({"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 1}, [0, 1, 3]),
        ({"id": 7}, None),
        ({"connectorId": 2, "chargingProfilePurpose": "TxProfile"}, None),
        ({"connectorId": 9}, None),
    ],
)
def test_an_id_means_one_and_other_fields_mean_all_that_match(world: World, said: Json, left: list[int] | None) -> None:
    """0 is a value: of an id, of a connector, of a level."""
    assert clear(world) == "Unknown"
    install(world, 0, body(0))
    install(world, 0, most(world, 1, stackLevel=2))
    install(world, 1, body(2))
    install(world, 2, body(3, stackLevel=1))
    assert clear(world, **said) == ("Unknown" if left is None else "Accepted")
    assert ids(world) == ([0, 1, 2, 3] if left is None else left)
    install(world, 1, body(8))
    install(world, 2, body(9))
    assert [clear(world, id=number) for number in (8, 99)] == ["Accepted", "Unknown"]
    assert [clear(world), clear(world)] == ["Accepted", "Unknown"]
    assert ids(world) == []


# ---- the schedule that is reported ---------------------------------------------------------------


@covers("CS-5.7-01", "CS-5.7-02", "CS-5.7-03", "CS-5.7-04", "CS-6.22-01", "CS-6.21-01", "CS-7.26-01", "ERR-3.28-01",
        "ERR-3.29-01", "ERR-3.57-01", "ERR-3.27-01", "CS-3.13.3-01", "ERR-3.51-01",
        rows=("charging_profile:report",))  # fmt: skip
def test_a_schedule_begins_when_it_was_asked_for_and_lasts_as_long_as_was_asked(world: World) -> None:
    world.clock.now_s += 0.4
    install(world, 0, most(world, 1, (0, 20_000), (600, 8_000.5), duration=900))
    answer = schedule(world, 1, 3600)
    assert answer["status"] == "Accepted"
    assert answer["connectorId"] == 1
    start = datetime.fromisoformat(answer["scheduleStart"])
    assert timedelta(0) <= world.clock.utc() - start < timedelta(seconds=2)
    told = answer["chargingSchedule"]
    assert (told["duration"], told["chargingRateUnit"], told.get("startSchedule")) == (3600, "W", None)
    assert [limit for _, limit in periods(answer)] == [20_000, 8_000.5, 60_000]
    assert periods(answer)[0][0] == 0
    since = int((start - datetime.fromisoformat(world_start(world))).total_seconds())
    assert [begins for begins, _ in periods(answer)[1:]] == [600 - since, 900 - since]


@covers("CS-5.7-04", "ERR-3.28-01", "ERR-3.29-01")
@pytest.mark.parametrize("connector", [0, 1, 2])
@pytest.mark.parametrize("seconds", range(596, 602))
def test_the_window_of_a_schedule_is_from_now_to_the_last_second_that_was_asked_for(
    world: World, connector: int, seconds: int
) -> None:
    install(world, 0, most(world, 1, (0, 20_000), (600, 8_000)))
    answer = schedule(world, connector, seconds)
    since_start = datetime.fromisoformat(answer["scheduleStart"]) - datetime.fromisoformat(world_start(world))
    next_s = 600 - int(since_start.total_seconds())
    assert 598 <= next_s <= 600, "now"
    assert periods(answer) == [(0, 20_000), (next_s, 8_000)][: 1 + (next_s < seconds)]


def world_start(world: World) -> str:
    profile = world.station.context.ledger.profiles[1].profile
    assert profile.charging_schedule.start_schedule is not None
    return profile.charging_schedule.start_schedule.isoformat()


@covers("CS-5.7-07", "CS-7.26-02", "ERR-3.51-01", "CS-7.12-04", "ERR-3.68-03", rows=("charging_profile:report.refuse",))
@pytest.mark.parametrize(
    "said",
    [
        {"connectorId": 3, "duration": 60}, {"connectorId": -1, "duration": 60}, {"connectorId": 1, "duration": 0},
        {"connectorId": 1, "duration": -5}, {"connectorId": 1, "duration": 60, "chargingRateUnit": "A"},
    ],
)  # fmt: skip
def test_what_cannot_be_reported_is_rejected_with_no_more_than_that(world: World, said: Json) -> None:
    assert world.ask("GetCompositeSchedule", **said).answer == {"status": "Rejected"}


@covers("CS-5.7-07", rows=("charging_profile:report.refuse", "charging_profile:report"))
def test_no_schedule_is_reported_while_nobody_knows_the_date(fired: FiredRows) -> None:
    world = World(fired.see)
    world.clock.forget_date()
    world.csms.plan("BootNotification", SILENT)
    world.power_up()
    assert schedule(world) == {"status": "Rejected"}
    world.wait(90)
    assert schedule(world)["status"] == "Accepted"


@covers("CS-5.7-07")
def test_a_schedule_with_more_boundaries_than_fit_is_rejected(world: World) -> None:
    minutes = [(60 * nth, 1000 + nth) for nth in range(10)]
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    install(world, 1, body(1, *minutes, startSchedule=date(world), **daily))
    assert schedule(world, 1, 30 * 86_400)["status"] == "Accepted"
    assert schedule(world, 1, 2**62)["status"] == "Rejected"


@covers("CS-5.7-05", "ERR-3.30-01", "CS-5.7-06")
def test_connector_zero_reports_the_sum_with_two_transactions_capped_by_the_station(world: World) -> None:
    """Hard case 21."""
    charge(charge(world), 2, "carol")
    assert periods(schedule(world, 0)) == [(0, 60_000)]
    install(world, 1, own(1, (0, 11_000)))
    install(world, 2, own(2, (0, 7_000.5)))
    assert periods(schedule(world, 0)) == [(0, 18_000.5)]
    install(world, 0, most(world, 3, (0, 15_000)))
    assert periods(schedule(world, 0)) == [(0, 15_000)]
