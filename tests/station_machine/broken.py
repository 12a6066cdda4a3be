"""Tables in which one thing is broken on purpose, each with a scenario that comes upon it, and what is found then."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from properties.world.csms import error, says
from properties.world.world import World


@frozen
class Broken:
    """One table with one thing broken: the text that goes, the text that comes, what is done, and what is found."""

    table: str
    old: str
    new: str
    scenario: Callable[[World], object]
    found: str


def session(world: World) -> World:
    return world.plug_in().present("alice").wait(25)


def refused_once(world: World) -> World:
    world.csms.plan("StopTransaction", error())
    return session(world).present("alice")


def shown_then_dark(world: World) -> World:
    session(world).wait(6).ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    return world.power_cycle()


def pending_first(world: World) -> World:
    world.csms.plan("BootNotification", says(status="Pending", interval=20))
    return world.power_cycle().wait(30)


def inoperative_in_preparing(world: World) -> None:
    world.present("alice", 1).ask("ChangeAvailability", connectorId=1, type="Inoperative")


def without_a_date(world: World) -> World:
    session(world).keeps_time = False
    return session(world.plug_out().link_down().power_cycle())


def reserved(world: World, **more: str) -> World:
    wish = {"connectorId": 1, "idTag": "alice", "reservationId": 7, "expiryDate": "2026-01-01T13:00:00Z"}
    world.ask("ReserveNow", **wish, **more)
    return world


def reserved_twice_used(world: World) -> None:
    reserved(world).plug_in().present("alice").present("alice").plug_out().plug_in().present("alice")


def somebody_else_asks(world: World) -> None:
    reserved(world, parentIdTag="GROUP").plug_in().present("bob", 1)


AN_HOUR_S = 3_600


def goes_dead(world: World) -> World:
    world.network.half_open = True
    return world


def repaired_on_a_dead_link(world: World) -> None:
    goes_dead(world.fault(1).wait(5)).clear_fault(1).wait(60)


def started_on_dead_links(world: World) -> None:
    """Each of them is found out after the call has timed out; then the CSMS refuses the message once."""
    session(world).present("alice").plug_out().wait(30)
    goes_dead(world).plug_in().present("alice", 1).wait(0.1)
    for link in range(2, 6):
        while world.network.connection < link and world.clock.now_s < AN_HOUR_S:
            world.wait(0.005)
        goes_dead(world)
    world.csms.plan("StartTransaction", error())
    world.wait(120)


BROKEN = {
    "a count that gets no date": Broken(
        "clock", 'do      = ["date the count", "set clock"]', 'do      = ["set clock"]', without_a_date, "dated 1970",
    ),
    "a power loss that records no stop": Broken(
        "transaction", 'do      = ["record power loss"]', "do      = []",
        lambda world: session(world).power_cycle(), "the station failed",
    ),
    "a power loss that nobody notices": Broken(
        "transaction", 'on      = "power_up"\nto      = "StopOwed"', 'on      = "power_up"\nto      = "Running"',
        lambda world: session(world).power_cycle(), "still in the queue",
    ),
    "a stop that is not recorded": Broken(
        "transaction", 'do      = ["record stop", "raise transaction_queue.owed"]', "do      = []",
        lambda world: session(world).present("alice"), "different stops",
    ),
    "a stop that waits for nobody to send it": Broken(
        "transaction_queue", 'on      = "owed"\nwhen', 'on      = "next"\nwhen    = "link == Offline"\n#',
        lambda world: session(world).present("alice"), "still in the queue",
    ),
    "a call that does not close the slot": Broken(
        "call", 'to      = "Waiting"\ndo      = ["transmit"]', 'do      = ["transmit"]', session, "J-4.1.1-01",
    ),
    "Preparing that goes straight to Unavailable": Broken(
        "connector",
        'to      = "Available"\ndo      = ["raise authorization.reset", "raise connector.made_inoperative"]',
        'to      = "Unavailable"\ndo      = ["raise authorization.reset"]', inoperative_in_preparing, "cell B8",
    ),
    "a status before the acceptance": Broken(
        "boot", 'to      = "Notifying"\ndo      = ["send BootNotification"',
        'to      = "Notifying"\ndo      = ["announce registered", "send BootNotification"',
        pending_first, "CS-4.2-04",
    ),
    "a register that was shown and not kept": Broken(
        "metering", '"keep register", "send triggered values"', '"send triggered values"', shown_then_dark, "was shown",
    ),
    "a failed message that is not sent again": Broken(
        "transaction_queue",
        'to      = "Sending"\ndo      = ["send head behind", "raise call.submitted"]\nclauses = ["CS-3.7.1-06"]',
        'to      = "Sending"\ndo      = []\nclauses = ["CS-3.7.1-06"]', refused_once, "still in the queue",
    ),
    "a status that is not caught up": Broken(
        "reporting",
        'on      = "link_up"\nto      = "Reporting"\ndo      = ["send StatusNotification", "raise call.submitted"]',
        'on      = "link_up"\nto      = "Reporting"\ndo      = []',
        lambda world: session(world).link_down().plug_out().link_up(), "the CSMS was told",
    ),
    "a status that is taken for told though the link was dead": Broken(
        "reporting", 'on      = "link_down"\nto      = "Stale"', 'on      = "link_down"\nto      = "Told"',
        repaired_on_a_dead_link, "the CSMS was told",
    ),
    "attempts that were made on dead links": Broken(
        "liveness", 'do      = ["discount unanswered"]', 'do      = ["count unanswered"]',
        started_on_dead_links, "was given up",
    ),
    "a reservation that a start leaves behind": Broken(
        "reservation", 'on      = "used"\nto      = "Free"\ndo      = ["forget reservation"]',
        'on      = "used"\nto      = "Free"\ndo      = []', reserved_twice_used, "once more than it was made",
    ),
    "a reservation that anybody may use": Broken(
        "authorization", 'on      = "accepted"\nwhen    = "admissible"',
        'on      = "accepted"', somebody_else_asks, "which was not for bob",
    ),
    "a silent EV that is told under a fault of the station": Broken(
        "station", 'when    = "fault == Faulted"\nvalue   = "Own"',
        'when    = "fault in (EvCommunicationLost, Faulted)"\nvalue   = "Own"',
        lambda world: world.plug_in().fault(1, "EVCommunicationError").fault(0), "Faulted with EVCommunicationError",
    ),
    "a link that is not dialled again": Broken(
        "link",
        'on      = ["redial_due", "network_back"]\nto      = "Dialling"\ndo      = ["raise interface_selection.dial"]',
        'on      = ["redial_due", "network_back"]\nto      = "Dialling"\ndo      = []',
        lambda world: session(world).flap(), "still in the queue",
    ),
}  # fmt: skip
