"""What the CSMS may hear of updates of the firmware: statuses in a lawful order, and Idle only when it has asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from properties.world.world import World

FOLLOWS: Final = {
    "Downloading": {"Downloaded", "DownloadFailed"},
    "Downloaded": {"Installing"},
    "Installing": {"Installed", "InstallationFailed"},
    "DownloadFailed": set[str](),
    "Installed": set[str](),
    "InstallationFailed": set[str](),
}
"""What comes next in one update (OCPP 1.6, figure 41). Another one begins with Downloading, at any time."""


def firmware_violations(world: World) -> Iterator[str]:
    """Statuses out of order. One may come again: nothing has shown that it arrived, or it was triggered."""
    before = None
    asked = sum(call.payload.get("requestedMessage") == "FirmwareStatusNotification" for call in world.csms.calls)
    for seen in (seen for seen in world.csms.seen if seen.action == "FirmwareStatusNotification"):
        status = seen.payload["status"]
        if status == "Idle":
            asked -= 1
            if asked < 0:
                yield f"FirmwareStatusNotification Idle at {seen.at_s:.2f} s, and nobody asked (CS-7.25-05)"
            continue
        if before is not None and status not in {before, "Downloading", *FOLLOWS[before]}:
            yield f"FirmwareStatusNotification {status} at {seen.at_s:.2f} s comes after {before} (CS-5.19-09)"
        before = status
