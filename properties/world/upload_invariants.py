"""What holds of the statuses of uploads, as the CSMS sees them (OCPP 1.6, 4.4 and 7.24)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from properties.world.world import World

FINAL = ("Uploaded", "UploadFailed")


def upload_violations(world: World) -> Iterator[str]:
    """Idle only where it was asked for; nothing ends that has not begun, and no file is named and then forgotten.

    A notification that was lost on its way is sent again, so what was asked for bounds what was received from below.
    """
    asked = sum(call.payload.get("requestedMessage") == "DiagnosticsStatusNotification" for call in world.csms.calls)
    told = [body["status"] for body in world.csms.got("DiagnosticsStatusNotification")]
    if told.count("Idle") > asked:
        yield f"Idle was told {told.count('Idle')} times, and asked for {asked} times (CS-7.24-02)"
    finals = (place for place, status in enumerate(told) if status in FINAL)
    if (first := next(finals, None)) is not None and "Uploading" not in told[:first]:
        yield f"an upload ended as {told[first]} before any began (CS-5.9-08)"
    yield from _named_and_forgotten(world, told)


def _named_and_forgotten(world: World, told: list[str]) -> Iterator[str]:
    """Once nothing goes on and nothing is owed, each file that was named has had its Uploading."""
    if not world.powered or world.station.context.ledger.uploads or world.station.context.ledger.upload_statuses:
        return
    named = [passed for passed in world.network.log if passed.outward and _names_a_file(json.loads(passed.text))]
    if told.count("Uploading") < len(named):
        yield f"{len(named)} files were named, and Uploading was told {told.count('Uploading')} times (CS-5.9-08)"


def _names_a_file(frame: object) -> bool:
    match frame:
        case [3, _, {"fileName": _}]:
            return True
    return False
