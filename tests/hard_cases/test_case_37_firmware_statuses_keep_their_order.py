"""Hard case 37: the statuses of a download keep their order.

None is lost while the call slot is busy, offline, or behind a long queue.
"""

from __future__ import annotations

from properties.world.csms import SILENT, late
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from tests.covering import covers
from tests.firmware.updating import DONE, FAILED, NO_IMAGE, serve, told, update


@covers("CS-4.5-01", "CS-5.19-09", rows=("firmware_status:settle.next",))
def test_while_the_call_slot_is_busy(world: World) -> None:
    world.csms.always("*", late(7.0))
    update(serve(world, NO_IMAGE))
    world.wait(180)
    assert told(world) == FAILED
    assert not violations(world)


@covers("CS-4.5-01", "CS-5.19-09", rows=("firmware_status:keep", "firmware_status:send"))
def test_offline_and_behind_a_long_queue(world: World) -> None:
    world.settings["MeterValueSampleInterval"] = "1"
    world.power_cycle().plug_in().present("alice").link_down().wait(400).present("alice").plug_out()
    update_of = {"location": "https://firmware.example/new.image", "retrieveDate": "2025-01-01T00:00:00Z"}
    serve(world).link_up().wait(1)
    while world.ask("UpdateFirmware", **update_of).answer is None:
        world.wait(5)
    world.wait(2).link_down().wait(60)
    heal(world)
    assert [status for nth, status in enumerate(told(world)) if status not in told(world)[:nth]] == DONE
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.5-01", rows=("firmware_status:settle.next",))
def test_nor_by_a_csms_that_answers_nothing_for_a_while(world: World) -> None:
    world.csms.always("*", SILENT)
    update(serve(world, NO_IMAGE))
    world.wait(30)
    heal(world)
    assert [status for nth, status in enumerate(told(world)) if status not in told(world)[:nth]] == FAILED
    assert not violations(world)
