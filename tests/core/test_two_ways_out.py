"""Two ways out of the box: Ethernet is preferred, the modem carries on, and nobody notices but the log.

Decided here and in ``docs/decisions/ethernet-first.md``: when to leave an interface, and when to come back.
"""

from __future__ import annotations

import pytest
from attrs import evolve

from model.station_file import NetworkInterface, StationFile, load_station
from properties.world.csms import HANGS_UP, SILENT, late
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from tests.covering import FiredRows, covers

ETHERNET, MODEM = NetworkInterface.ETHERNET, NetworkInterface.MODEM
SETTLE_S, RETRY_S, DIALS_S = 30.0, 600.0, 10.0


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings={"MeterValueSampleInterval": "10"}).power_up()


def way(world: World) -> NetworkInterface | None:
    """The interface that the open link goes over."""
    return world.network.way if world.network.is_open else None


def on_modem(world: World) -> World:
    """Ethernet is gone, and the link goes over the modem."""
    world.link_down(ETHERNET).wait(DIALS_S)
    assert way(world) is MODEM
    return world


@covers("J-5.4-01", rows=("interface_selection:ethernet", "interface_selection:modem", "ethernet:lose"))
def test_losing_ethernet_the_session_goes_on_over_the_modem(world: World) -> None:
    assert way(world) is ETHERNET
    world.plug_in().present("alice").wait(25)
    on_modem(world).wait(20).present("alice")
    assert world.csms.actions().count("BootNotification") == 1, "a reconnect is no boot"
    samples = world.csms.got("MeterValues")
    assert len(samples) == 5
    assert {sample["transactionId"] for sample in samples} == {1001}
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")] == ["Local"]
    assert not violations(world)
    assert not undelivered(world)


@covers(
    "J-5.4-03", rows=("ethernet:return", "ethernet:settle", "interface_selection:return", "modem:lose", "modem:return")
)
def test_ethernet_that_is_back_and_stays_is_used_again(world: World) -> None:
    on_modem(world).link_up(ETHERNET).wait(SETTLE_S - 5)
    assert way(world) is MODEM, "a plug may have a bad contact"
    world.wait(5 + DIALS_S)
    assert way(world) is ETHERNET
    world.link_down(MODEM).wait(DIALS_S).link_up(MODEM)
    assert way(world) is ETHERNET
    assert world.network.dialled == [ETHERNET, MODEM, ETHERNET]


@covers("J-5.4-03", rows=("ethernet:return", "ethernet:lose"))
def test_a_plug_with_a_bad_contact_costs_no_link(world: World) -> None:
    on_modem(world)
    for _ in range(10):
        world.link_up(ETHERNET).wait(SETTLE_S - 5).link_down(ETHERNET).wait(5)
    assert world.network.dialled == [ETHERNET, MODEM]


@covers("J-5.5-01", rows=("interface_selection:return", "ethernet:settle"))
def test_the_return_waits_for_the_call_that_is_open(world: World) -> None:
    on_modem(world).link_up(ETHERNET).wait(SETTLE_S - 2)
    world.csms.plan("Authorize", late(5.0))
    world.present("bob").wait(3)
    assert world.state("ethernet") == "Up"
    assert way(world) is MODEM, "the driver waits for this answer"
    world.wait(2.5)
    assert world.csms.statuses(1)[-1] == "Preparing", "and gets it"
    world.wait(DIALS_S)
    assert way(world) is ETHERNET
    assert not violations(world)


@covers("CS-3.7.1-02", rows=("interface_selection:return",))
def test_the_return_waits_until_what_is_owed_is_delivered(world: World) -> None:
    world.plug_in().present("alice").link_down().wait(600)
    world.csms.always("MeterValues", late(1.0))
    world.link_up(MODEM).link_up(ETHERNET).wait(SETTLE_S + 10)
    assert world.station.context.ledger.queue
    assert (world.state("ethernet"), way(world)) == ("Up", MODEM)
    world.wait(60)
    assert way(world) is ETHERNET
    sent = [payload["meterValue"][0]["timestamp"] for payload in world.csms.got("MeterValues")]
    assert len(sent) == len(set(sent)), "nothing had to be sent twice"
    assert not violations(world)


@covers("J-5.4-03", rows=("ethernet:fail", "ethernet:retry", "interface_selection:modem", "interface_selection:return"))
def test_a_carrier_that_leads_nowhere_is_left_and_tried_again_later(world: World) -> None:
    world.network.astray.add(ETHERNET)
    world.flap().wait(DIALS_S)
    assert way(world) is MODEM
    world.wait(RETRY_S - 30)
    assert way(world) is MODEM, "each try costs the link that works"
    world.network.astray.clear()
    world.wait(60)
    assert way(world) is ETHERNET


@covers("J-5.4-03", rows=("ethernet:fail", "ethernet:fail.both"))
def test_where_neither_leads_to_the_csms_both_are_tried_in_turn(world: World) -> None:
    world.network.refusing = True
    world.flap().wait(100)
    tried = world.network.dialled[1:]
    assert tried[:4] == [ETHERNET, MODEM, ETHERNET, MODEM]
    world.network.refusing = False
    world.wait(300)
    assert way(world) is not None


@covers("J-5.4-03", rows=("interface_selection:ethernet", "link:redial"))
def test_up_dials_at_once_over_the_interface_that_came(world: World) -> None:
    world.link_down().wait(400)
    before = world.network.dials
    world.link_up(MODEM)
    assert world.network.dials == before + 1
    assert way(world) is MODEM
    world.link_down(MODEM).link_up(ETHERNET)
    assert way(world) is ETHERNET, "alone, it need not settle"


@covers("CS-6.3-01", rows=("modem:absent", "ethernet:absent"))
@pytest.mark.parametrize("only", NetworkInterface)
def test_a_box_with_one_interface_dials_over_it_and_has_a_sim_card_only_with_a_modem(
    fired: FiredRows, only: NetworkInterface
) -> None:
    world = World(fired.see, file=with_only(only)).power_up().flap().wait(DIALS_S)
    other = MODEM if only is ETHERNET else ETHERNET
    World(fired.see, file=with_only(other)).power_up()
    assert set(world.network.dialled) == {only}
    (boot,) = world.csms.got("BootNotification")
    assert ("iccid" in boot, "imsi" in boot) == (only is MODEM, only is MODEM)


@covers("CS-6.3-01")
def test_iccid_and_imsi_of_the_modem_are_in_the_boot_notification(world: World) -> None:
    (boot,) = world.csms.got("BootNotification")
    assert (boot["iccid"], boot["imsi"]) == ("8986001093000000017", "460001093000001")


@covers("CS-3.7-03", rows=("interface_selection:modem", "transaction:power_loss"))
def test_after_a_power_cut_what_is_owed_goes_over_the_interface_that_is_left(world: World) -> None:
    world.plug_in().present("alice").wait(15)
    world.csms.plan("StopTransaction", SILENT)
    on_modem(world).power_cycle().wait(200)
    assert way(world) is MODEM
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")][-1] == "PowerLoss"
    assert not undelivered(world)


@covers("CS-3.7.1-02", rows=("link:close", "interface_selection:modem", "interface_selection:ethernet"))
def test_interfaces_that_come_and_go_during_one_send_cost_no_attempt(world: World) -> None:
    world.plug_in().present("alice").wait(15)
    world.csms.plan("StopTransaction", *[HANGS_UP] * 30)
    world.present("alice")
    for _ in range(40):
        for interface in NetworkInterface:
            world.link_down(interface).wait(DIALS_S).link_up(interface).wait(SETTLE_S + DIALS_S)
    heal(world)
    assert len({str(stop) for stop in world.csms.got("StopTransaction")}) == 1
    assert not violations(world)
    assert not undelivered(world)


def with_only(only: NetworkInterface) -> StationFile:
    """The certified station, with one of its interfaces."""
    file = load_station("m06010e2eyfg")
    kept = tuple(interface for interface in file.contents.interface if interface.name is only)
    return evolve(file, contents=evolve(file.contents, interface=kept))
