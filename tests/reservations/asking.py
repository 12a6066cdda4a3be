"""What a CSMS asks of a station about reservations, and what can be seen of them from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from properties.world.invariants import contents
from properties.world.world import World

Json = dict[str, Any]


def in_s(world: World, seconds: float) -> str:
    """A date so far ahead, by the clock of the CSMS."""
    return (world.clock.true_utc() + timedelta(seconds=world.csms.ahead_s + seconds)).isoformat()


def reserve(
    world: World, id_tag: str = "alice", connector: int = 1, number: int = 7, seconds: float = 60, **more: Any
) -> str:
    asked = world.ask(
        "ReserveNow", connectorId=connector, expiryDate=in_s(world, seconds), idTag=id_tag, reservationId=number, **more
    )
    assert asked.answer is not None, asked.error
    assert list(asked.answer) == ["status"]
    return str(asked.answer["status"])


def cancel(world: World, number: int = 7) -> str:
    asked = world.ask("CancelReservation", reservationId=number)
    assert asked.answer is not None, asked.error
    assert list(asked.answer) == ["status"]
    return str(asked.answer["status"])


def status(world: World, connector: int = 1) -> str:
    """What the CSMS was told last."""
    return world.csms.statuses(connector)[-1]


def shown(world: World) -> str | None:
    verdict = world.box.last_verdict
    return verdict[1] if verdict else None


def reservations_started(world: World) -> list[int | None]:
    """The reservationId of each StartTransaction.req."""
    return [start.get("reservationId") for start in contents(world, "StartTransaction")]
