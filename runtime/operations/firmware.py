"""Firmware management: how an update stands, when the CSMS asks for it.

This station does not update itself yet; so the update is Idle, and that is what it says.
"""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.firmware import FirmwareStatus, FirmwareStatusNotificationReq
from runtime.core.binding import performs
from runtime.core.block import Block
from runtime.operations.calls import Calls, PendingCall


class Firmware:
    """FirmwareStatusNotification.req."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    @performs("firmware", "send FirmwareStatusNotification")
    def send_firmware(self, at: Instance, status: str) -> None:
        """FirmwareStatusNotification.req; Idle only because it was triggered (CS-7.25-05)."""
        self.calls.submit(PendingCall(FirmwareStatusNotificationReq(status=FirmwareStatus(status))))


BLOCK = Block(
    "firmware",
    lambda parts: Firmware(parts[Calls]),
    triggers={"FirmwareStatusNotification": ("firmware",)},
)
