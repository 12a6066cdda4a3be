"""The way down: an orderly stop wanted at the box, and the resets that the CSMS asks for (5.14).

The machine decides what is stopped and waited for, and what Reset.req is answered. This block does what ends the
station: once the step has come to rest, so that the frames that it has made leave before the socket closes, the answer
first.

Either kind ends what runs, and loses nothing that is queued (ERR-3.81-01, ERR-3.81-02, CS-5.14-10, CS-5.14-11).
"""

from __future__ import annotations

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.remote import ResetReq, ResetType
from runtime.core.binding import addresses, lasts, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import ShutDown
from runtime.core.ports import HangUp, Reboot, RestartHardware, Stop

EVENT_OF = {ResetType.SOFT: "soft_reset", ResetType.HARD: "hard_reset"}


class Lifecycle:
    """Takes the station down, and up again where that was asked for."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context

    @takes(ShutDown)
    def shut_down(self, given: ShutDown) -> None:
        """End what runs, deliver what can be delivered, go."""
        self.context.act("lifecycle", "shut_down")

    @addresses(ResetReq)
    def to_reset(self, request: ResetReq) -> Occurrence:
        """By its type (CS-5.14-02 to -03)."""
        return Occurrence(Instance("lifecycle"), EVENT_OF[request.type])

    @lasts("shutdown_wait")
    def shutdown_wait(self, at: Instance) -> float:
        """How long delivery may take."""
        return self.context.station.runtime.shutdown_wait_s

    @lasts("hard_reset_wait")
    def hard_reset_wait(self, at: Instance) -> float:
        """How long delivery may take before a hard reset: a short attempt, then the reset all the same (CS-5.14-04)."""
        return self.context.station.runtime.hard_reset_wait_s

    @performs("lifecycle", "stop station")
    def stop_station(self, at: Instance) -> None:
        """Close frame, and out."""
        self.context.after_rows(lambda: self._leave(Stop(), "the station is going down"))

    @performs("lifecycle", "reboot station")
    def reboot_station(self, at: Instance) -> None:
        """Close frame, and up again (CS-5.14-07)."""
        self.context.after_rows(lambda: self._leave(Reboot("reset by the CSMS"), "the station resets"))

    @performs("lifecycle", "reboot hardware")
    def reboot_hardware(self, at: Instance) -> None:
        """All of it (CS-5.14-08)."""
        self.context.after_rows(lambda: self.context.effect(RestartHardware()))

    def _leave(self, end: Stop | Reboot, farewell: str) -> None:
        self.context.effect(HangUp(farewell))
        self.context.effect(end)


BLOCK = Block("lifecycle", lambda parts: Lifecycle(parts.context))
