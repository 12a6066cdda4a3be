"""Hard case 24: an update of the firmware, and all that comes between: each status once, in order.

Failed downloads with retries, a power cut while installing, a second request, a running transaction, a trigger. What a
signature has to do with it comes with signed updates.
"""

from __future__ import annotations

from properties.world.invariants import violations
from properties.world.world import World
from tests.covering import covers
from tests.firmware.updating import DONE, NEW, NOWHERE, PREPARED_S, attempts_s, serve, told, update, version


@covers(
    "CS-5.19-05", "CS-6.55-01", "CS-7.25-05",
    rows=(
        "firmware:fail.wait", "firmware:retry", "firmware:ask.instead", "firmware:hold", "firmware:release",
        "firmware:install.again", "firmware:finish", "firmware:trigger",
    ),
)  # fmt: skip
def test_whatever_comes_between_each_status_is_told_once_and_in_its_order(world: World) -> None:
    update(world, NOWHERE, retries=3, retryInterval=10)
    world.wait(25)
    assert (attempts_s(world), told(world)) == ([14.0], ["Downloading"])
    world.plug_in().present("alice").wait(30)
    update(serve(world), retries=1, retryInterval=10)
    assert world.wait(60).state("firmware") == "Held"
    world.present("alice").plug_out().wait(5)
    assert world.state("firmware") == "Installing"
    world.power_cycle().wait(PREPARED_S)
    assert told(world) == ["Downloading", *DONE]
    assert version(world) == NEW
    world.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    assert told(world)[5:] == ["Idle"]
    assert not violations(world)
