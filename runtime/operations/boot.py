"""Boot and heartbeat: BootNotification, Heartbeat, and the time that both bring to the clock."""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.boot import (
    BootNotificationConf,
    BootNotificationReq,
    HeartbeatConf,
    HeartbeatReq,
    RegistrationStatus,
)
from model.station_file import NetworkInterface
from runtime.core.binding import lasts, performs
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.operations.calls import CallFailure, Calls, PendingCall
from runtime.operations.clock import Clock
from runtime.operations.firmware import Firmware
from runtime.operations.precedence import Precedence

DAY_S = 86_400.0
"""The longest that the station goes without a Heartbeat, or without trying to be accepted (J-5.3-03, CS-4.6-09)."""

EVENT_OF = {
    RegistrationStatus.ACCEPTED: "accepted",
    RegistrationStatus.PENDING: "pending",
    RegistrationStatus.REJECTED: "rejected",
}


class Boot:
    """Registers the station."""

    def __init__(self, context: BlockContext, calls: Calls, clock: Clock, firmware: Firmware) -> None:
        self.context, self.calls, self.clock, self.firmware = context, calls, clock, firmware
        self.conf: BootNotificationConf | None = None
        self.retry_s = context.station.runtime.boot_retry_s

    @performs("boot", "send BootNotification")
    def send_boot(self, at: Instance) -> None:
        """Who we are, after every start, whatever was its cause (CS-6.3-01, ERR-3.11-02).

        Ahead of anything that waits in the outbox. A box without a modem has no SIM.
        """
        product, modem = self.context.station.product, NetworkInterface.MODEM in self.context.station.interfaces
        request = BootNotificationReq(
            charge_point_vendor=product.charge_point_vendor,
            charge_point_model=product.charge_point_model,
            charge_point_serial_number=product.charge_point_serial_number or None,
            charge_box_serial_number=product.charge_box_serial_number or None,
            firmware_version=self.firmware.version or None,
            iccid=(modem and product.iccid) or None, imsi=(modem and product.imsi) or None,
            meter_type=product.meter_type or None, meter_serial_number=product.meter_serial_number or None,
        )  # fmt: skip
        call = PendingCall(
            request, self._registered, self._unregistered, precedence=Precedence.BOOT, owed=True, at_once=True
        )
        self.calls.submit(call)

    def _registered(self, conf: BootNotificationConf) -> None:
        self.conf, self.clock.said = conf, conf.current_time
        self.context.note(f"BootNotification: {conf.status}, interval {conf.interval} s")
        self.context.act("boot", EVENT_OF[conf.status])

    def _unregistered(self, lost: CallFailure) -> None:
        self.retry_s = self.context.station.runtime.boot_retry_s
        if lost.while_linked:
            self.context.act("boot", "failed")

    @performs("boot", "take interval")
    def take_conf(self, at: Instance) -> None:
        """The conf's interval is the heartbeat's if accepted, else the wait (CS-6.4-01).

        It is not stored: every boot brings it anew (CS-4.2-06).
        """
        assert self.conf is not None, "the row follows the answer"
        if self.conf.status is RegistrationStatus.ACCEPTED:
            self._take_heartbeat_interval(self.conf.interval)
        else:
            self._take_wait(self.conf.interval)

    def _take_heartbeat_interval(self, asked_s: int) -> None:
        """The nearest that ChangeConfiguration would take, for the key shows it; 0 or less changes nothing."""
        if asked_s > 0:
            taken_s = self.context.settings.set_nearest("HeartbeatInterval", asked_s)
        else:
            taken_s = self.context.settings.integer("HeartbeatInterval")
        self._note_difference(asked_s, taken_s)

    def _take_wait(self, asked_s: int) -> None:
        """At most a day, so that no slip of the CSMS takes the station out of service for years (CS-4.2-09)."""
        own_s = self.context.station.runtime.boot_retry_s
        self.retry_s = min(float(asked_s), DAY_S) if asked_s > 0 else own_s
        self._note_difference(asked_s, self.retry_s)

    def _note_difference(self, asked_s: int, taken_s: float) -> None:
        if asked_s != taken_s:
            self.context.note(f"interval {asked_s} s of BootNotification.conf: {taken_s:g} s is used", "warning")

    @lasts("boot_retry")
    def boot_retry(self, at: Instance) -> float:
        """Seconds until the next BootNotification (CS-4.2-08, CS-4.2-09)."""
        return self.retry_s

    @lasts("heartbeat_interval")
    def heartbeat_interval(self, at: Instance) -> float:
        """HeartbeatInterval, where that is more than 0 and less than a day (CS-9.1.10-01, J-5.3-03)."""
        interval_s = self.context.settings.integer("HeartbeatInterval")
        return min(interval_s, DAY_S) if interval_s > 0 else DAY_S

    @performs("heartbeat", "send Heartbeat")
    def send_heartbeat(self, at: Instance) -> None:
        """Show that we live (CS-4.6-02)."""
        self.calls.submit(PendingCall(HeartbeatReq(), self._heard))

    def _heard(self, conf: HeartbeatConf) -> None:
        self.clock.said = conf.current_time
        self.context.act("clock", "told")


BLOCK = Block(
    "boot",
    lambda parts: Boot(parts.context, parts[Calls], parts[Clock], parts[Firmware]),
    triggers={"BootNotification": ("boot",), "Heartbeat": ("heartbeat",)},
)
