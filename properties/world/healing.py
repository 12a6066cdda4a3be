"""First faults, then healing: when the faults stop, everything owed arrives within a stated time.

``heal`` ends every trouble that the world knows: power is back and stays, the network is up, the CSMS answers well,
nothing is broken. What is left then is the station's own patience: its back-off, its retries, the wait that a CSMS may
have asked for.
"""

from __future__ import annotations

from properties.world.world import World

HEALED_WITHIN_S = 600.0
"""Back-off (120 s), a wait of Pending or Rejected (60 s), retries of a message, and time-outs, one after the other."""

ANSWERED_WITHIN_S = 1.0
"""What came due at the very end, on a boundary of the clock, has its answer by then."""


def heal(world: World) -> World:
    """End every trouble, and wait for what follows."""
    world.fuse.blows_at = None
    world.network.refusing = False
    world.csms.behave()
    world.disk.full = False
    world.network.astray.clear()
    world.link_up()
    if world.network.half_open:
        world.network.lose("found out")
    world.power_up()
    repair(world)
    world.wait(HEALED_WITHIN_S)
    return world.wait(ANSWERED_WITHIN_S) if world.station.context.ledger.queue else world


def repair(world: World) -> None:
    """Clear every fault, and end every session at the box."""
    for connector in (0, *world.file.connector_ids):
        if world.is_faulted(connector):
            world.clear_fault(connector)
    for connector in world.file.connector_ids:
        if world.is_plugged(connector):
            world.plug_out(connector)
