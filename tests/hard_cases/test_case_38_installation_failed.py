"""Hard case 38: InstallationFailed: every connector and the station as a whole are what they were.

Installed: security event FirmwareUpdated after the reboot, once.
"""

from __future__ import annotations

import pytest

from properties.world.world import World
from runtime.adapters.firmware_slots import Image
from tests.covering import covers
from tests.firmware.updating import FAILED, NEW, NO_IMAGE, PREPARED_S, serve, told, update
from tests.reservations.asking import reserve


@covers("CS-5.19-08", "ERR-3.49-02", rows=("connector:G8.update", "connector:H1.reserved"))
@pytest.mark.parametrize("content", [NO_IMAGE, Image(NEW, boots=False)], ids=["no image", "does not boot"])
def test_everything_is_what_it_was(world: World, content: object) -> None:
    reserve(world, "alice", connector=1, seconds=3600)
    world.ask("ChangeAvailability", connectorId=2, type="Inoperative")
    before = [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)]
    update(serve(world, content))
    world.wait(5)
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Unavailable"] * 3
    world.wait(PREPARED_S)
    assert told(world) == FAILED
    assert before == [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)]
    assert before == ["Available", "Reserved", "Unavailable"]


@covers("CS-7.25-08", rows=("firmware:finish",))
def test_the_event_comes_after_the_reboot_and_once(world: World) -> None:
    update(serve(world))
    world.wait(PREPARED_S).power_cycle().wait(10)
    seen = [(call.action, call.payload.get("type")) for call in world.csms.seen]
    event = ("SecurityEventNotification", "FirmwareUpdated")
    second_boot = [nth for nth, (action, _) in enumerate(seen) if action == "BootNotification"][1]
    assert (seen.count(event), seen.index(event) > second_boot) == (1, True)
