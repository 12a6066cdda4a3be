"""Firmware management: how an update and an upload of diagnostics stand, when the CSMS asks for it.

This station does not update itself yet, and uploads nothing; so each of them is Idle, and that is what it says.
"""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.firmware import (
    DiagnosticsStatus,
    DiagnosticsStatusNotificationReq,
    FirmwareStatus,
    FirmwareStatusNotificationReq,
)
from runtime.core.binding import performs
from runtime.core.block import Block
from runtime.operations.calls import Calls, PendingCall


class Firmware:
    """FirmwareStatusNotification.req and DiagnosticsStatusNotification.req."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    @performs("firmware", "send FirmwareStatusNotification")
    def send_firmware(self, at: Instance, status: str) -> None:
        """FirmwareStatusNotification.req; Idle only because it was triggered (CS-7.25-05)."""
        self.calls.submit(PendingCall(FirmwareStatusNotificationReq(status=FirmwareStatus(status))))

    @performs("diagnostics", "send DiagnosticsStatusNotification")
    def send_diagnostics(self, at: Instance, status: str) -> None:
        """DiagnosticsStatusNotification.req; Idle only because it was triggered (CS-7.24-02)."""
        self.calls.submit(PendingCall(DiagnosticsStatusNotificationReq(status=DiagnosticsStatus(status))))


BLOCK = Block(
    "firmware",
    lambda parts: Firmware(parts[Calls]),
    triggers={
        "DiagnosticsStatusNotification": ("diagnostics",),
        "FirmwareStatusNotification": ("firmware",),
    },
)
