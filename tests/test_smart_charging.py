"""Smart charging on the real station: what can be installed, what is told, and what reaches the hardware when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from model.smart_charging.timeline import Stretch, instant_of
from model.station_file import load_station
from properties.world.books import complaints
from properties.world.csms import HANGS_UP, refuses, says
from properties.world.disk import Death
from properties.world.world import World, offers_w
from runtime.ports import Note, SetOffer
from tests.covering import FiredRows, covers

Json = dict[str, Any]
NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


def date(world: World, after_s: float = 0) -> str:
    """The date that the station goes by, and so many seconds later."""
    sharing = world.station.sharing
    asleep_s = world.clock.now_s - sharing.desk.now.monotonic_s
    return instant_of(int(sharing.utc.timestamp() + asleep_s + after_s)).isoformat()


def body(number: int = 1, *periods: tuple[int, float], **said: Any) -> Json:
    """A TxDefaultProfile that counts from the start of the transaction, but for what is said; by wire names."""
    names = ("duration", "startSchedule", "minChargingRate", "chargingRateUnit")
    schedule = {name: said.pop(name) for name in names if name in said}
    listed = [{"startPeriod": start, "limit": limit} for start, limit in periods or ((0, 11_000),)]
    return {
        "chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute" if "startSchedule" in schedule else "Relative", **said,
        "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": listed, **schedule},
    }  # fmt: skip


def own(number: int = 1, *periods: tuple[int, float], **said: Any) -> Json:
    return body(number, *periods, chargingProfilePurpose="TxProfile", **said)


def most(world: World, number: int, *periods: tuple[int, float], **said: Any) -> Json:
    """A ChargePointMaxProfile from now on."""
    return body(number, *periods, chargingProfilePurpose="ChargePointMaxProfile", startSchedule=date(world), **said)


def install(world: World, connector: int, profile: Json) -> str:
    asked = world.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=profile)
    return asked.error or str((asked.answer or {})["status"])


def clear(world: World, **said: Any) -> str:
    return str((world.ask("ClearChargingProfile", **said).answer or {})["status"])


def schedule(world: World, connector: int = 1, duration: int = 3600, **said: Any) -> Json:
    asked = world.ask("GetCompositeSchedule", connectorId=connector, duration=duration, **said)
    assert asked.answer is not None, asked.error
    return asked.answer


def periods(answer: Json) -> list[tuple[int, float]]:
    listed = answer["chargingSchedule"]["chargingSchedulePeriod"]
    return [(period["startPeriod"], period["limit"]) for period in listed]


def charge(world: World, connector: int = 1, id_tag: str = "alice") -> World:
    return world.plug_in(connector).present(id_tag, connector)


def ids(world: World) -> list[int]:
    return sorted(world.station.desk.ledger.profiles)


def offers(world: World) -> list[float]:
    return list(offers_w(world))


def statuses(world: World, connector: int = 1) -> list[str]:
    return world.csms.statuses(connector)


# ---- installing ----------------------------------------------------------------------------------


@covers("CS-3.3-08", "CS-7.8-05", "CS-7.8-06", "CS-7.8-10", "CS-7.13-03", "CS-7.13-04",
        "CS-5.16.4-04", "CS-5.16.4-05", "CS-5.16.4-06", "CS-7.11-01", "CS-3.13.1-06", "CS-3.13.2-04", "CS-6.44-01",
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
def test_there_is_room_for_ten_and_what_is_over_makes_room(world: World) -> None:
    for number in range(10):
        assert install(world, number % 3, body(number, stackLevel=number // 3)) == "Accepted"
    assert install(world, 2, body(10, stackLevel=3)) == "Rejected"
    assert install(world, 2, body(10, stackLevel=1)) == "Accepted"
    assert len(ids(world)) == 10
    clear(world, id=10)
    assert install(world, 2, body(11, stackLevel=1, validTo="2020-01-01T00:00:00Z")) == "Accepted"
    assert install(world, 2, body(12, stackLevel=3)) == "Accepted"
    assert 11 not in ids(world)


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


def world_start(world: World) -> str:
    profile = world.station.desk.ledger.profiles[1].profile
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


# ---- it acts -------------------------------------------------------------------------------------


@covers("CS-3.13-01", "CS-3.13.4-05", "CS-3.13.4-06", "CS-3.13.1-05", "CS-7.10-02", "ERR-3.68-01", "CS-7.12-01",
        "CS-3.13.1-01", rows=("sharing:follow",))  # fmt: skip
def test_a_transaction_begins_under_its_default_and_follows_it_at_each_boundary(world: World) -> None:
    install(world, 1, body(1, (0, 20_000), (60, 5_000), (120, 30_000), duration=180))
    charge(world)
    begun_s = world.clock.now_s
    assert offers(world) == [20_000, 0]
    told: list[tuple[float, float]] = []
    world.wait(200)
    for at_s, _, step in world.steps:
        told += [(at_s, one.limit_w) for one in step.effects if isinstance(one, SetOffer) and at_s > begun_s]
    assert [limit for _, limit in told] == [5_000, 30_000, 60_000]
    for (at_s, _), after_s in zip(told, (60, 120, 180), strict=True):
        assert abs(at_s - begun_s - after_s) <= 1.0


@covers("CS-3.13.6-01", "CS-3.13.6-02", "CS-3.13.6-03", "CS-3.13.6-04")
def test_the_limits_are_followed_offline_too(world: World) -> None:
    install(world, 1, body(1, (0, 20_000)))
    charge(world)
    install(world, 1, own(2, (0, 9_000), (60, 3_000), transactionId=1001))
    world.link_down().wait(30)
    assert offers(world)[0] == 9_000
    world.wait(60)
    assert offers(world)[0] == 3_000
    charge(world, 2, "bob")
    assert offers(world) == [3_000, 0], "bob is not known offline"
    world.link_up().wait(5)


@covers("CS-3.6-09", "CS-4.9-C5", "CS-4.9-E3", "CS-7.7-07", rows=("limit:shut", "limit:open", "connector:C5.limit",
        "connector:E3.limit", "limit:begun"))  # fmt: skip
def test_at_zero_the_station_suspends_and_then_goes_on(world: World) -> None:
    install(world, 1, body(1, (0, 20_000), (60, 0), (120, 10_000)))
    charge(world).wait(70)
    assert statuses(world)[-1] == "SuspendedEVSE"
    assert offers(world)[0] == 0
    register_wh = world.register_wh()
    world.wait(40)
    assert world.register_wh() == register_wh
    world.wait(30)
    assert statuses(world)[-2:] == ["SuspendedEVSE", "Charging"]
    assert offers(world)[0] == 10_000
    assert not complaints(world)


@covers("CS-4.9-D5", "CS-4.9-E4", rows=("connector:C5.limit", "connector:E4.limit"))
def test_who_had_paused_is_suspended_and_has_paused_again_behind_it(world: World) -> None:
    install(world, 1, body(1, (0, 20_000), (60, 0), (120, 10_000)))
    charge(world).ev_wants(wants_energy=False).wait(70)
    assert statuses(world)[-2:] == ["SuspendedEV", "SuspendedEVSE"]
    world.wait(60)
    assert statuses(world)[-1] == "SuspendedEV"


@covers("CS-4.9-B5", "CS-3.6-09", rows=("connector:B5.limit", "limit:begun.shut", "limit:open"))
def test_a_transaction_that_may_take_nothing_begins_suspended(world: World) -> None:
    install(world, 0, body(1, (0, 0), (60, 8_000)))
    charge(world)
    assert statuses(world)[-2:] == ["Preparing", "SuspendedEVSE"]
    assert len(world.csms.got("StartTransaction")) == 1
    world.wait(65)
    assert statuses(world)[-1] == "Charging"
    assert offers(world)[0] == 8_000


@covers("CS-4.9-E6", rows=("limit:over",))
def test_a_suspended_transaction_can_be_stopped_and_the_next_one_is_judged_anew(world: World) -> None:
    install(world, 1, body(1, (0, 0)))
    charge(world).present("alice", 1)
    assert world.state("connector", 1) == "Finishing"
    assert world.state("limit", 1) == "Idle"
    clear(world)
    world.plug_out()
    charge(world)
    assert statuses(world)[-1] == "Charging"


@covers("ERR-3.17-02", rows=("connector:E.hold", "limit:waive"))
def test_what_the_csms_refuses_while_a_limit_holds_it_stays_without_energy(world: World) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="false")
    install(world, 1, body(1, (0, 0), (60, 8_000)))
    world.csms.plan("StartTransaction", refuses("Blocked"))
    charge(world).wait(120)
    assert world.state("connector", 1) == "SuspendedEVSE"
    assert offers(world)[0] == 0


@covers("CS-4.9-08", "CS-7.6-08", rows=("connector:E.shut", "limit:stay_shut", "fault:heard.told"))
def test_what_comes_out_of_a_silence_into_a_limit_of_nothing_stays_suspended(world: World) -> None:
    install(world, 1, body(1, (0, 9_000), (60, 0), (120, 8_000)))
    charge(world).fault(1, "EVCommunicationError").wait(70).clear_fault(1)
    assert world.state("connector", 1) == "SuspendedEVSE"
    assert world.state("limit", 1) == "Shut"
    assert world.csms.got("StatusNotification")[-1]["errorCode"] == "NoError", "the CSMS hears that the EV is heard"
    world.wait(60)
    assert statuses(world)[-1] == "Charging"


# ---- who prevails, on the hardware ---------------------------------------------------------------


@covers("CS-3.13.1-10", "CS-3.13.1-11", "CS-7.10-03", "CS-7.10-04", "ERR-3.67-02", "ERR-3.65-01",
        rows=("charging_profile:end", "charging_profile:end.last"))  # fmt: skip
def test_a_transaction_profile_overrules_the_default_and_dies_with_its_transaction(world: World) -> None:
    install(world, 1, body(1, (0, 5_000)))
    charge(world)
    assert install(world, 1, own(2, (0, 9_000), transactionId=1001)) == "Accepted"
    assert offers(world)[0] == 9_000
    world.present("alice", 1).plug_out()
    assert ids(world) == [1]
    charge(world)
    assert offers(world)[0] == 5_000
    clear(world)
    install(world, 1, own(3, (0, 4_000)))
    world.present("alice", 1)
    assert ids(world) == []
    assert world.state("charging_profile") == "Empty"


@covers("ERR-3.8-01", "ERR-3.8-02", "CS-3.13.4-07", "CS-5.16.3-01", "CS-5.16.3-05", "CS-5.16.4-09", "CS-5.16.4-03")
def test_a_changed_default_acts_on_a_running_transaction_and_a_removed_one_lets_it_run_on(world: World) -> None:
    charge(world)
    assert offers(world)[0] == 60_000
    install(world, 0, body(1, (0, 5_000)))
    assert offers(world)[0] == 5_000
    install(world, 0, body(1, (0, 6_000)))
    assert offers(world)[0] == 6_000
    clear(world, id=1)
    assert offers(world)[0] == 60_000
    assert statuses(world)[-1] == "Charging"


@covers("CS-7.10-02",
        "CS-5.11-16", "CS-5.16.2-01", "CS-5.16.2-04", "CS-5.16.2-05", "ERR-3.42-01", "ERR-3.67-01", "CS-5.11-14",
        "CS-5.16.2-06", "CS-5.16.2-07", "ERR-3.42-02", "CS-5.16.3-03", "CS-5.16.3-04",
        rows=("charging_profile:bring",))  # fmt: skip
def test_a_remote_start_brings_its_profile_from_the_first_energy_on(world: World) -> None:
    install(world, 0, body(1, (0, 10_000)))
    world.plug_in()
    asked = world.ask("RemoteStartTransaction", connectorId=1, idTag="alice", chargingProfile=own(2, (0, 20_000)))
    assert asked.answer == {"status": "Accepted"}
    told = [one.limit_w for _, _, step in world.steps for one in step.effects if isinstance(one, SetOffer)]
    assert told == [20_000]
    assert install(world, 1, own(3, (0, 15_000), transactionId=1001)) == "Accepted"
    assert ids(world) == [1, 3]
    assert offers(world)[0] == 15_000
    assert install(world, 1, own(4, (0, 16_000), transactionId=1001, stackLevel=1)) == "Accepted"
    assert ids(world) == [1, 3, 4]
    assert offers(world)[0] == 16_000


@covers("CS-3.13.2-05", "CS-3.13.2-06", rows=("charging_profile:install",))
def test_an_update_that_is_valid_later_replaces_at_once(world: World) -> None:
    install(world, 1, body(1, (0, 5_000)))
    install(world, 1, body(2, (0, 7_000), validFrom=date(world, 60)))
    charge(world)
    assert offers(world)[0] == 60_000
    world.wait(60)
    assert offers(world)[0] == 7_000


@covers("CS-5.11-15", "CS-5.16.2-02", "CS-5.16.2-03", "ERR-3.41-01", "CS-5.11-16")
@pytest.mark.parametrize(
    "profile", [body(2), own(2, transactionId=5), own(2, stackLevel=4), own(2, chargingRateUnit="A")]
)
def test_a_remote_start_with_a_profile_that_cannot_be_is_rejected_whole(world: World, profile: Json) -> None:
    world.plug_in()
    asked = world.ask("RemoteStartTransaction", connectorId=1, idTag="alice", chargingProfile=profile)
    assert asked.answer == {"status": "Rejected"}
    assert world.state("connector", 1) == "Preparing"


@covers("CS-7.10-03", "CS-5.11-16")
def test_a_profile_whose_transaction_never_begins_is_gone(world: World) -> None:
    world.ask("ChangeConfiguration", key="ConnectionTimeOut", value="10")
    world.ask("RemoteStartTransaction", connectorId=1, idTag="alice", chargingProfile=own(2, (0, 20_000)))
    world.wait(15)
    assert world.state("connector", 1) == "Available"
    charge(world)
    assert offers(world)[0] == 60_000
    assert ids(world) == []


# ---- one limit for both --------------------------------------------------------------------------


@covers(
    "CS-3.13.4-01",
    "CS-3.13.4-08",
    "CS-3.13.4-09",
    "CS-3.13.3-06",
    "CS-3.13.3-07",
    "CS-3.13.1-03",
    "CS-7.10-01",
    "ERR-3.53-01",
    "CS-3.13.4-02",
)
def test_the_sum_is_never_above_the_limit_of_the_station(world: World) -> None:
    install(world, 0, most(world, 1, (0, 20_000), (120, 8_000)))
    charge(world)
    assert offers(world) == [20_000, 0]
    charge(world, 2, "carol")
    assert offers(world) == [10_000, 10_000]
    install(world, 1, own(2, (0, 4_000)))
    assert offers(world) == [4_000, 16_000]
    world.wait(120)
    assert offers(world) == [4_000, 4_000]
    world.present("alice", 1)
    assert offers(world) == [0, 8_000]
    sums: dict[int, float] = {}
    for _, _, step in world.steps:
        for effect in (one for one in step.effects if isinstance(one, SetOffer)):
            sums[effect.connector] = effect.limit_w
            assert sum(sums.values()) <= 20_000


@covers("CS-3.13.4-03", "CS-3.6-09", rows=("connector:B5.limit", "connector:E3.limit"))
def test_who_comes_to_too_little_waits_for_the_other(world: World) -> None:
    install(world, 0, most(world, 1, (0, 20_000)))
    install(world, 0, body(2, (0, 60_000), minChargingRate=12_000))
    charge(charge(world), 2, "carol")
    assert offers(world) == [20_000, 0]
    assert statuses(world, 2)[-1] == "SuspendedEVSE"
    world.present("alice", 1)
    assert offers(world) == [0, 20_000]
    assert statuses(world, 2)[-1] == "Charging"


def test_sixty_kilowatts_are_the_ceiling_of_both(world: World) -> None:
    charge(charge(world), 2, "carol")
    assert offers(world) == [30_000, 30_000]
    world.fault(1)
    assert offers(world) == [0, 60_000]
    world.clear_fault(1)
    assert offers(world) == [30_000, 30_000]


# ---- power cuts, and clocks that jump ------------------------------------------------------------


@covers("ERR-3.37-01", "CS-5.16-01", "CS-7.10-04", rows=("charging_profile:end", "transaction:power_loss"))
@pytest.mark.parametrize("death", list(Death))
def test_profiles_and_what_comes_of_them_survive_a_power_cut(world: World, death: Death) -> None:
    """Hard case 20; a transaction ends with the power, and its profile with it."""
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    install(world, 0, most(world, 1, (0, 20_000), (3_600, 8_000)))
    install(world, 1, body(2, (0, 9_000), (40_000, 0), startSchedule="2020-02-29T23:00:00Z", **daily))
    install(world, 2, body(3, (0, 7_000), (1_800, 6_000.5), stackLevel=2))
    charge(world)
    install(world, 1, own(4, (0, 1_000)))
    clear(world, id=4)
    before = [limits_of(world, connector) for connector in (0, 1, 2)]
    install(world, 1, own(4, (0, 1_000)))
    world.cut_power(death).wait(30)
    world.power_up()
    assert ids(world) == [1, 2, 3]
    assert [limits_of(world, connector) for connector in (0, 1, 2)] == before
    world.wait(10)
    assert offers(world) == [0, 0]
    charge(world, 2, "carol")
    assert offers(world)[1] == 7_000


def limits_of(world: World, connector: int) -> list[str]:
    """What the station reports for some of the seconds of the day after noon, whoever asks and when."""
    held = world.station.sharing.limits()
    at: Callable[[int], Stretch] = held.of_all if not connector else partial(held.of_connector, connector)
    first = int(NOON.timestamp()) + 200
    return [str(at(second).limit_w) for second in range(first, first + 86_400, 613)]


@covers("ERR-3.37-01", "CS-5.16.4-09")
def test_an_update_that_was_cut_off_is_there_whole_or_not_at_all(fired: FiredRows) -> None:
    for place in count(1):
        world = World(fired.see).power_up()
        install(world, 1, body(1, (0, 5_000)))
        world.csms.plan("*", HANGS_UP)
        world.fuse.set(place)
        world.ask("SetChargingProfile", connectorId=1, csChargingProfiles=body(2, (0, 6_000)))
        if world.powered:
            break
        world.power_up()
        assert ids(world) in ([1], [2])
    assert place > 2


@covers("CS-3.13.4-06", "CS-7.9-03")
def test_a_clock_that_jumps_moves_what_has_a_date_and_not_what_counts_from_the_start(world: World) -> None:
    """Hard case 13."""
    install(world, 1, body(1, (0, 20_000), (600, 5_000)))
    install(world, 2, body(2, (0, 10_000), (3_600, 3_000), startSchedule=date(world)))
    charge(charge(world), 2, "carol")
    assert offers(world) == [20_000, 10_000]
    ahead = (world.clock.utc() + timedelta(hours=2)).isoformat()
    world.csms.plan("Heartbeat", says(currentTime=ahead))
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert offers(world) == [20_000, 3_000]
    world.wait(620)
    assert offers(world)[0] == 5_000


@covers("CS-7.12-02", "CS-7.12-03", "ERR-3.34-01", "ERR-3.68-02", "CS-9.4.2-01")
def test_a_station_in_amperes_converts_by_its_supply(fired: FiredRows, tmp_path: Path) -> None:
    (tmp_path / "ac.toml").write_text(
        'extends = "m06010e2eyfg"\n[supply]\nvoltage_v = 230\nphases = 3\n'
        '[[row]]\nid = "SC-1.1"\nvalue = true\n[[row]]\nid = "SC-1.2"\nvalue = false\n',
        encoding="utf-8",
    )
    world = World(fired.see, file=load_station(tmp_path / "ac.toml")).power_up()
    assert install(world, 1, body(1)) == "Rejected"
    assert install(world, 1, body(1, (0, 16), chargingRateUnit="A")) == "Accepted"
    answer = schedule(world)
    assert answer["chargingSchedule"]["chargingRateUnit"] == "A"
    assert periods(answer) == [(0, 16)]
    charge(world)
    assert offers(world)[0] == 11_040


@covers("CS-4.2.1-04", "CS-3.13.6-02")
def test_without_a_date_nothing_that_has_one_applies_and_as_soon_as_it_is_known_all_does(world: World) -> None:
    charge(world).present("alice", 1).plug_out()
    install(world, 0, most(world, 1, (0, 8_000)))
    install(world, 1, body(2, (0, 9_000)))
    world.link_down().cut_power()
    world.clock.forget_date()
    charge(world.power_up())
    assert offers(world)[0] == 9_000
    world.link_up().wait(10)
    assert offers(world)[0] == 8_000
