"""Reservations while the station has no power, no date or no link: what was answered holds."""

from __future__ import annotations

import pytest

from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.reservations.asking import in_s, reservations_started, reserve, status

# ---- power -----------------------------------------------------------------------------------------------


@covers("CS-5.13-20", "CS-3.11-01", rows=("reservation:power_up", "connector:A7"))
def test_it_outlives_a_power_cut_and_keeps_its_date(world: World) -> None:
    reserve(world, seconds=60)
    before = len(world.csms.statuses(1))
    world.power_cycle(dark_s=20)
    assert world.csms.statuses(1)[before:] == ["Reserved"], "no Available between"
    world.present("bob", 1)
    assert status(world) == "Reserved"
    world.wait(40)
    assert status(world) == "Available"


@covers("CS-5.13-20", "CS-5.13-23", rows=("clock:count", "reservation:power_up", "reservation:clock"))
@pytest.mark.parametrize(("dark_s", "then"), [(5, "Reserved"), (600, "Available")])
def test_while_nobody_knows_the_date_it_is_held_and_then_judged(world: World, dark_s: float, then: str) -> None:
    reserve(world, seconds=300)
    world.link_down()
    world.keeps_time = False
    world.power_cycle(dark_s).wait(60)
    world.present("bob", 1)
    assert world.state("connector", 1) == "Reserved"
    world.link_up().wait(130)
    assert status(world) == then


@covers("CS-5.13-20", rows=("reservation:power_up",))
def test_a_holder_who_was_preparing_when_the_power_went_finds_it_reserved(world: World) -> None:
    reserve(world, seconds=300)
    world.present("alice", 1).power_cycle()
    assert status(world) == "Reserved"
    world.plug_in().present("alice", 1)
    assert reservations_started(world) == [7]


def ask_to_reserve(world: World, id_tag: str, connector: int, number: int) -> None:
    """Ask, whether or not anybody is there to answer."""
    date = in_s(world, 300)
    world.ask("ReserveNow", connectorId=connector, expiryDate=date, idTag=id_tag, reservationId=number)


def whole_life(world: World) -> None:
    """Reserved, moved, claimed, given up, used; and another one, cancelled."""
    world.power_up()
    for connector in (1, 2):
        ask_to_reserve(world, "alice", connector, 7)
    ask_to_reserve(world, "bob", 1, 8)
    world.present("alice", 2).present("alice", 2)
    world.ask("CancelReservation", reservationId=8)
    world.plug_in(2).present("alice", 2)


def cut_at(place: int, death: Death, fired: FiredRows) -> World:
    world = World(fired.see)
    world.death = death
    world.fuse.set(place)
    whole_life(world)
    world.fuse.blows_at = None
    return world.cut_power(death).wait(3).power_up()


@covers("CS-5.13-04", "CS-5.1-02", "CS-5.13-19", rows=("reservation:power_up", "reservation:move", "reservation:use"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
@pytest.mark.exhaustive
def test_wherever_the_power_goes_what_was_answered_holds(fired: FiredRows, death: Death) -> None:
    ran = World()
    whole_life(ran)
    for place in range(1, ran.fuse.passed + 1):
        world = cut_at(place, death, fired)
        held = {record.reservation_id: c for c, record in world.station.context.ledger.reservations.items()}
        for number, wanted in promised(world).items():
            assert held.get(number) == wanted, f"place {place} ({world.fuse.blew})"
        assert not violations(world), f"place {place} ({world.fuse.blew})"
        assert not undelivered(heal(world)), f"place {place} ({world.fuse.blew})"


def promised(world: World) -> dict[int, int | None]:
    """Where each reservation has to be, by what the CSMS was answered and told; left out where that is open."""
    found: dict[int, int | None] = {}
    for asked in world.csms.calls:
        number = asked.payload.get("reservationId")
        if number is None:
            continue
        found.pop(number, None)
        if asked.answer == {"status": "Accepted"}:
            found[number] = asked.payload.get("connectorId")
    for number in reservations_started(world):
        if number is not None:
            found[number] = None
    return found


# ---- a CSMS that is not there ------------------------------------------------------------------------------


@covers("CS-4.9-26", rows=("reservation:reserve",))
def test_a_reservation_is_shown_after_a_reconnect(world: World) -> None:
    reserve(world, seconds=600)
    world.flap().wait(30)
    assert status(world) == "Reserved"
    assert not violations(world)
