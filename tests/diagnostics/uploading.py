"""Shared by the tests of diagnostics: a world, requests for diagnostics, and what came of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from properties.world.transfers import LASTS_S
from properties.world.world import World
from runtime.core.transfers import RemoveTransferFile, StartUpload, TransferOutcome

FOLDER = "ftp://who:secret@files.example/logs"


def ask(world: World, **how: Any) -> str | None:
    """GetDiagnostics.req; the name in the answer."""
    asked = world.ask("GetDiagnostics", **{"location": FOLDER, **how})
    assert asked.answer is not None, asked
    name: str | None = asked.answer.get("fileName")
    return name


def statuses(world: World) -> list[str]:
    """What the CSMS has heard, in order."""
    return [body["status"] for body in world.csms.got("DiagnosticsStatusNotification")]


def attempts(world: World) -> list[tuple[float, StartUpload]]:
    """Every attempt that was begun, with its moment."""
    return [(at_s, one) for at_s, _, step in world.steps for one in step.effects if isinstance(one, StartUpload)]


def removed(world: World) -> set[str]:
    """The files that were removed."""
    return {one.file for _, _, step in world.steps for one in step.effects if isinstance(one, RemoveTransferFile)}


def apart_s(world: World) -> list[float]:
    """The seconds between the end of one attempt and the next."""
    moments = [at_s for at_s, _ in attempts(world)]
    return [later - earlier - LASTS_S for earlier, later in pairwise(moments)]


def trigger(world: World) -> str:
    """The status that a trigger brings."""
    before = len(statuses(world))
    assert world.ask("TriggerMessage", requestedMessage="DiagnosticsStatusNotification").answer == {
        "status": "Accepted"
    }
    world.wait(1)
    (status,) = statuses(world)[before:]
    return status


def plan(world: World, *outcomes: TransferOutcome) -> None:
    """How the next attempts end; the ones after them are done."""
    world.transfers.planned.extend(outcomes)


def hold(world: World) -> None:
    """The next attempt goes on until the power goes, or it is stopped."""
    world.transfers.planned.append(None)


def parts(world: World) -> dict[str, bytes]:
    """What is in the one file of diagnostics that there is."""
    (found,) = world.transfers.files.values()
    assert isinstance(found, dict)
    return found


def ask_in_the_dark(world: World, **how: Any) -> None:
    """GetDiagnostics.req, to a station that may have no power to answer it."""
    if world.powered:
        world.ask("GetDiagnostics", **{"location": FOLDER, **how})
