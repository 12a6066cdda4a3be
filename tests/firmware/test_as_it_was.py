"""What an update closes comes back as it was: availability, reservations, faults, and the station as a whole."""

from __future__ import annotations

from properties.world.world import World
from tests.covering import covers
from tests.firmware.updating import DONE, FAILED, NO_IMAGE, PREPARED_S, serve, told, update
from tests.reservations.asking import reservations_started, reserve


@covers("CS-5.19-08", "ERR-3.49-02", "CS-5.13-11", rows=("connector:G8.update", "connector:H1.reserved"))
def test_a_reserved_connector_is_reserved_again(world: World) -> None:
    reserve(world, "alice", connector=1, seconds=3600)
    update(serve(world, NO_IMAGE))
    world.wait(PREPARED_S)
    assert told(world) == FAILED
    assert world.csms.statuses(1) == ["Available", "Reserved", "Unavailable", "Available", "Reserved"]
    assert world.present("bob", 1).state("connector", 1) == "Reserved"
    world.present("alice", 1).plug_in().wait(5)
    assert reservations_started(world) == [7]


@covers("CS-5.19-08", "CS-5.13-20", rows=("connector:G8.update", "reservation:power_up", "connector:A7"))
def test_so_it_is_after_the_new_version_has_come_up(world: World) -> None:
    reserve(world, "alice", connector=1, seconds=3600)
    update(serve(world))
    world.wait(PREPARED_S)
    assert (told(world), world.csms.statuses(1)[-1]) == (DONE, "Reserved")


@covers("CS-5.13-20", rows=("connector:G8.update", "reservation:expire", "connector:H1"))
def test_a_reservation_that_expires_meanwhile_has_expired(world: World) -> None:
    reserve(world, "alice", connector=1, seconds=6)
    update(serve(world, NO_IMAGE))
    world.wait(PREPARED_S)
    assert world.csms.statuses(1) == ["Available", "Reserved", "Unavailable", "Available"]


@covers("CS-5.13-04", rows=("reservation:replace", "connector:H1.reserved"))
def test_a_reservation_may_be_replaced_meanwhile(world: World) -> None:
    reserve(world, "alice", connector=1, seconds=3600)
    update(serve(world, NO_IMAGE))
    world.wait(4.2)
    assert reserve(world, "bob", connector=1, seconds=3600) == "Accepted"
    world.wait(PREPARED_S)
    world.present("bob", 1).plug_in().wait(5)
    assert reservations_started(world) == [7]


@covers("CS-5.2-10", "CS-5.19-08", rows=("availability:inoperative", "connector:A8"))
def test_a_connector_that_the_csms_has_closed_stays_closed(world: World) -> None:
    world.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    update(serve(world, NO_IMAGE))
    world.wait(PREPARED_S)
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available", "Unavailable", "Available"]
    assert world.csms.statuses(1) == ["Available", "Unavailable"]


@covers("CS-5.2-03", "CS-5.19-08", rows=("availability:inoperative", "availability:operative", "connector:H1"))
def test_what_the_csms_wants_meanwhile_holds_afterwards(world: World) -> None:
    update(serve(world, NO_IMAGE))
    world.wait(4.2)
    for connector, kind in ((1, "Inoperative"), (2, "Inoperative"), (2, "Operative")):
        asked = world.ask("ChangeAvailability", connectorId=connector, type=kind)
        assert asked.answer == {"status": "Accepted"}
    world.wait(PREPARED_S)
    assert [world.csms.statuses(connector)[-1] for connector in (1, 2)] == ["Unavailable", "Available"]
    assert world.csms.statuses(2) == ["Available", "Unavailable", "Available"]
    world.ask("ChangeAvailability", connectorId=1, type="Operative")
    assert world.csms.statuses(1)[-1] == "Available"


@covers("CS-7.7-14", "CS-5.19-08", rows=("connector:H1",))
def test_a_fault_lies_over_it_as_over_any_status(world: World) -> None:
    update(serve(world, NO_IMAGE))
    world.wait(4.2).fault(1).wait(PREPARED_S)
    assert world.csms.statuses(1)[-1] == "Faulted"
    assert world.clear_fault(1).csms.statuses(1)[-1] == "Available"


@covers("CS-4.9-09", "CS-7.7-13", rows=("connector:F1", "connector:A8.update", "connector:H1"))
def test_a_cable_that_was_left_behind_leaves_a_connector_that_is_closed(world: World) -> None:
    world.plug_in().present("alice").wait(5).present("alice")
    update(serve(world, NO_IMAGE))
    world.wait(4.2)
    assert world.csms.statuses(1)[-1] == "Finishing"
    world.plug_out()
    assert world.csms.statuses(1)[-2:] == ["Available", "Unavailable"]
    world.wait(PREPARED_S)
    assert world.csms.statuses(1)[-1] == "Available"


@covers("CS-5.14-02", "CS-5.19-10", rows=("lifecycle:restart.offline", "firmware:keep"))
def test_a_station_without_a_link_starts_its_new_image_all_the_same(world: World) -> None:
    update(serve(world), ahead_s=5)
    world.link_down().wait(PREPARED_S).link_up().wait(130)
    assert told(world) == DONE


@covers("CS-5.14-06", "CS-5.19-06", rows=("firmware:install.again", "lifecycle:soft"))
def test_a_reset_in_the_middle_of_an_installation_begins_it_anew(world: World) -> None:
    update(serve(world))
    world.wait(4.2).ask("Reset", type="Soft")
    world.wait(PREPARED_S)
    assert told(world) == DONE
