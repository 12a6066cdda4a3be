"""Limits reach the hardware at their moment: boundaries, a limit of nothing, and who prevails."""

from __future__ import annotations

import pytest

from properties.world.csms import refuses
from properties.world.invariants import violations
from properties.world.world import World
from runtime.core.ports import SetPowerLimit
from tests.covering import covers
from tests.reservations.asking import reserve
from tests.smart_charging.profiles import Json, body, charge, clear, date, ids, install, most, offers, own, statuses

# ---- it acts -------------------------------------------------------------------------------------


@covers("CS-3.13-01", "CS-3.13.4-05", "CS-3.13.4-06", "CS-3.13.1-05", "CS-7.10-02", "ERR-3.68-01", "CS-7.12-01",
        "CS-3.13.1-01", rows=("power_allocation:follow",))  # fmt: skip
def test_a_transaction_begins_under_its_default_and_follows_it_at_each_boundary(world: World) -> None:
    install(world, 1, body(1, (0, 20_000), (60, 5_000), (120, 30_000), duration=180))
    charge(world)
    begun_s = world.clock.now_s
    assert offers(world) == [20_000, 0]
    told: list[tuple[float, float]] = []
    world.wait(200)
    for at_s, _, step in world.steps:
        told += [(at_s, one.limit_w) for one in step.effects if isinstance(one, SetPowerLimit) and at_s > begun_s]
    assert [limit for _, limit in told] == [5_000, 30_000, 60_000]
    for (at_s, _), after_s in zip(told, (60, 120, 180), strict=True):
        assert abs(at_s - begun_s - after_s) <= 1.0


@covers("CS-3.13.6-04", rows=("authorization:offline",))
def test_a_transaction_that_begins_offline_without_profiles_has_all_that_the_station_can(world: World) -> None:
    charge(world).present("alice", 1).plug_out()
    install(world, 1, body(1, (0, 20_000)))
    clear(world)
    charge(world.link_down())
    assert offers(world) == [60_000, 0]


@covers("CS-3.13.6-01", "CS-3.13.6-02", "CS-3.13.6-03")
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


@covers("CS-3.6-09", "CS-4.9-C5", "CS-4.9-E3", "CS-7.7-07", rows=("power_limit:shut", "power_limit:open",
        "connector:C5.limit", "connector:E3.limit", "power_limit:begun"))  # fmt: skip
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
    assert not violations(world)


@covers("CS-4.9-D5", "CS-4.9-E4", "CS-4.9-08", rows=("connector:C5.limit", "connector:E4.limit"))
def test_who_had_paused_is_suspended_and_has_paused_again_behind_it(world: World) -> None:
    install(world, 1, body(1, (0, 20_000), (60, 0), (120, 10_000)))
    charge(world).ev_wants(wants_energy=False).wait(70)
    assert statuses(world)[-2:] == ["SuspendedEV", "SuspendedEVSE"]
    world.wait(60)
    assert statuses(world)[-1] == "SuspendedEV"


@covers("CS-4.9-B5", "CS-3.6-09", rows=("connector:B5.limit", "power_limit:begun.shut", "power_limit:open"))
def test_a_transaction_that_may_take_nothing_begins_suspended(world: World) -> None:
    install(world, 0, body(1, (0, 0), (60, 8_000)))
    charge(world)
    assert statuses(world)[-2:] == ["Preparing", "SuspendedEVSE"]
    assert len(world.csms.got("StartTransaction")) == 1
    world.wait(65)
    assert statuses(world)[-1] == "Charging"
    assert offers(world)[0] == 8_000


@covers("CS-5.12-04", "CS-5.12-05", "CS-5.13-06", "CS-4.9-E7", rows=("connector:CDE6.remote", "reservation:occupied"))
def test_a_suspended_transaction_occupies_its_connector_until_the_csms_stops_it(world: World) -> None:
    install(world, 1, body(1, (0, 0)))
    charge(world)
    assert world.state("connector", 1) == "SuspendedEVSE"
    assert reserve(world) == "Occupied"
    assert world.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")] == ["Remote"]


@covers("CS-4.9-E6", rows=("power_limit:over",))
def test_a_suspended_transaction_can_be_stopped_and_the_next_one_is_judged_anew(world: World) -> None:
    install(world, 1, body(1, (0, 0)))
    charge(world).present("alice", 1)
    assert world.state("connector", 1) == "Finishing"
    assert world.state("power_limit", 1) == "Idle"
    clear(world)
    world.plug_out()
    charge(world)
    assert statuses(world)[-1] == "Charging"


@covers("ERR-3.17-02", rows=("connector:E.hold", "power_limit:waive"))
def test_what_the_csms_refuses_while_a_limit_holds_it_stays_without_energy(world: World) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="false")
    install(world, 1, body(1, (0, 0), (60, 8_000)))
    world.csms.plan("StartTransaction", refuses("Blocked"))
    charge(world).wait(120)
    assert world.state("connector", 1) == "SuspendedEVSE"
    assert offers(world)[0] == 0


@covers("CS-4.9-08", "CS-7.6-08", rows=("connector:E.shut", "power_limit:stay_shut", "fault:heard", "reporting:error"))
def test_what_comes_out_of_a_silence_into_a_limit_of_nothing_stays_suspended(world: World) -> None:
    install(world, 1, body(1, (0, 9_000), (60, 0), (120, 8_000)))
    charge(world).fault(1, "EVCommunicationError").wait(70).clear_fault(1)
    assert world.state("connector", 1) == "SuspendedEVSE"
    assert world.state("power_limit", 1) == "Shut"
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


@covers("CS-5.16.4-06", rows=("power_allocation:follow",))
def test_a_limit_of_the_station_that_comes_while_one_charges_caps_it_at_once(world: World) -> None:
    charge(world)
    install(world, 0, most(world, 1, (0, 8_000)))
    assert offers(world) == [8_000, 0]


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
    told = [one.limit_w for _, _, step in world.steps for one in step.effects if isinstance(one, SetPowerLimit)]
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
    assert ids(world) == [2]
    charge(world)
    assert offers(world)[0] == 60_000
    world.wait(60)
    assert offers(world)[0] == 7_000


@covers(
    "CS-5.11-15", "CS-5.16.2-02", "CS-5.16.2-03", "ERR-3.41-01", "CS-5.11-16", rows=("remote_start:unfit_profile",),
)  # fmt: skip
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
