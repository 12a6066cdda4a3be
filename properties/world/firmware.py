"""Images in a simulated world, and how long the box takes to examine and write one."""

from __future__ import annotations

from collections.abc import Callable

from properties.world.clock import VirtualClock
from properties.world.transfers import SimulatedTransfers
from runtime.adapters.firmware_slots import Examine, Image, Verdict

INSTALL_S = 3.0


def examining(clock: VirtualClock, transfers: SimulatedTransfers) -> Examine:
    """Examines what was fetched: an ``Image``, or nothing that the box takes."""

    def examine(file: str, tell: Callable[[Verdict], None]) -> None:
        clock.call_later(INSTALL_S, lambda: tell(_verdict(transfers.files.get(file))))

    return examine


def _verdict(content: object) -> Verdict:
    return content if isinstance(content, Image) else "this is no image for this box"
