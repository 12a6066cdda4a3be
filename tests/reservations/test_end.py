"""When a reservation ends, and who leaves it as it was (hard case 19)."""

from __future__ import annotations

import pytest

from properties.world.csms import late
from properties.world.world import World
from tests.covering import covers
from tests.reservations.asking import cancel, reservations_started, reserve, status

# ---- hard case 19: its end -------------------------------------------------------------------------------


@covers(
    "CS-5.13-20", "CS-5.13-23", "CS-5.13-24", "CS-4.9-G1", "CS-3.11-01", "CS-3.11-04",
    rows=("reservation:expire", "connector:G1"),
)  # fmt: skip
def test_case_19_a_reservation_ends_at_its_date_and_the_csms_is_told(world: World) -> None:
    reserve(world, seconds=20)
    world.wait(18)
    assert status(world) == "Reserved"
    world.wait(2)
    told = world.csms.got("StatusNotification")[-1]
    assert (told["connectorId"], told["status"], told["errorCode"]) == (1, "Available", "NoError")
    world.plug_in().present("bob", 1)
    assert reservations_started(world) == [None]


@covers("CS-5.13-20", "CS-5.13-23", "CS-5.13-24", rows=("reservation:expire", "reporting:catch_up"))
def test_case_19_it_ends_while_offline_and_the_csms_is_told_later(world: World) -> None:
    reserve(world, seconds=20)
    world.link_down().wait(30)
    assert world.state("connector", 1) == "Available"
    world.link_up().wait(5)
    assert world.csms.statuses(1) == ["Available", "Reserved", "Available"]


@covers("CS-5.13-20", "CS-5.13-23", rows=("reservation:expire", "connector:B3"))
def test_case_19_it_ends_while_the_holder_is_preparing_who_goes_on_without_it(world: World) -> None:
    reserve(world, seconds=10)
    world.present("alice", 1).wait(15)
    assert status(world) == "Preparing"
    world.plug_in()
    assert reservations_started(world) == [None]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-20", "CS-5.13-23", rows=("reservation:power_up.late",))
def test_it_ends_while_the_power_is_off(world: World) -> None:
    reserve(world, seconds=20)
    before = len(world.csms.statuses(1))
    world.power_cycle(dark_s=30)
    assert world.csms.statuses(1)[before:] == ["Available"]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-20", rows=("reservation:clock", "reservation:expire"))
@pytest.mark.parametrize(("ahead_s", "ended"), [(3600, True), (-3600, False)])
def test_its_date_is_of_the_csmss_clock_which_may_jump(world: World, ahead_s: float, ended: bool) -> None:
    reserve(world, seconds=600)
    world.csms.ahead_s = ahead_s
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert (status(world) == "Available") is ended
    if not ended:
        world.wait(4100)
        assert status(world) == "Reserved"
        world.wait(120)
        assert status(world) == "Available"


@covers("CS-5.13-21", "CS-4.9-G9", "CS-4.9-I1", rows=("fault:fault", "reservation:close", "connector:G1"))
def test_a_fault_ends_it_for_good(world: World) -> None:
    reserve(world)
    world.fault().clear_fault()
    assert world.csms.statuses(1) == ["Available", "Reserved", "Faulted", "Available"]
    assert cancel(world) == "Rejected"


@covers("CS-5.13-21", rows=("fault:fault", "reservation:claim", "reservation:close"))
def test_a_fault_ends_it_while_its_holder_is_about_to_start(world: World) -> None:
    reserve(world)
    world.present("alice", 1).fault().clear_fault()
    assert cancel(world) == "Rejected"
    world.wait(60)
    assert (status(world), world.state("reservation", 1)) == ("Available", "Free")


@covers("CS-5.13-21", rows=("station_fault:fault", "reservation:close"))
def test_a_fault_of_the_station_ends_all(world: World) -> None:
    reserve(world, connector=1, number=7)
    reserve(world, connector=2, number=8)
    world.fault(0).clear_fault(0)
    assert (status(world, 1), status(world, 2)) == ("Available", "Available")
    assert (cancel(world, 7), cancel(world, 8)) == ("Rejected", "Rejected")


@covers("CS-4.9-18", rows=("fault:warn",))
def test_a_warning_does_not(world: World) -> None:
    reserve(world)
    world.fault(error_code="WeakSignal").clear_fault()
    assert cancel(world) == "Accepted"


@covers("CS-5.13-21", "CS-4.9-G8", "CS-4.9-H7", "CS-7.7-02", rows=("connector:G8", "reservation:close"))
@pytest.mark.parametrize("where", [0, 1])
def test_unavailable_ends_it_at_once(world: World, where: int) -> None:
    reserve(world)
    asked = world.ask("ChangeAvailability", connectorId=where, type="Inoperative")
    assert (asked.answer, status(world)) == ({"status": "Accepted"}, "Unavailable")
    world.ask("ChangeAvailability", connectorId=where, type="Operative")
    assert (status(world), cancel(world)) == ("Available", "Rejected")


@covers("CS-7.7-02", "CS-5.2-07", rows=("reservation:reserve",))
def test_reserved_is_operative(world: World) -> None:
    reserve(world)
    asked = world.ask("ChangeAvailability", connectorId=1, type="Operative")
    assert (asked.answer, status(world)) == ({"status": "Accepted"}, "Reserved")


# ---- an abandoned session goes back to Reserved ------------------------------------------------------------


@covers("CS-9.1.6-02", "ERR-3.76-01", "CS-4.9-B7", rows=("connector:B1.timeout", "reservation:return", "connector:A7"))
def test_a_holder_who_does_not_plug_in_leaves_it_reserved(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).wait(31)
    assert world.csms.statuses(1)[-3:] == ["Preparing", "Available", "Reserved"]
    world.plug_in().present("alice", 1)
    assert reservations_started(world) == [7]


@covers("CS-9.1.6-02", rows=("connector:B1.again", "reservation:return"))
def test_so_does_one_who_takes_the_token_back(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).present("alice", 1)
    assert status(world) == "Reserved"


@covers("CS-4.9-F7", "CS-9.1.6-02", "CS-5.13-11", rows=("reservation:give_up", "reservation:return.later"))
def test_one_whose_ev_is_still_there_blocks_it_until_the_cable_is_out(world: World) -> None:
    """A station that is going down starts nothing: the token is taken back while the EV is at the cable."""
    reserve(world, seconds=300)
    world.present("alice", 1)
    world.plug_in(2).present("bob", 2)
    world.csms.plan("StopTransaction", late(4.0))
    world.ask("Reset", type="Soft")
    world.plug_in(1).present("alice", 1)
    assert (world.state("connector", 1), world.state("reservation", 1)) == ("Finishing", "Reserved")
    world.plug_out(1)
    assert (world.state("connector", 1), world.state("reservation", 1)) == ("Reserved", "Reserved")
    world.wait(30)
    assert status(world) == "Reserved", "after the reset, too"
