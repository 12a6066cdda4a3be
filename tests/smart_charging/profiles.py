"""Charging profiles by their wire names, what a CSMS does with them, and what comes of them outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from model.smart_charging.timeline import instant_of
from properties.world.world import World, offers_w
from runtime.operations.power_allocation import PowerAllocation

Json = dict[str, Any]
NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def date(world: World, after_s: float = 0) -> str:
    """The date that the station goes by, and so many seconds later."""
    power_allocation = world.station.part(PowerAllocation)
    asleep_s = world.clock.now_s - power_allocation.context.now.monotonic_s
    return instant_of(int(power_allocation.utc.timestamp() + asleep_s + after_s)).isoformat()


def body(number: int = 1, *periods: tuple[int, float], **said: Any) -> Json:
    """A TxDefaultProfile that counts from the start of the transaction, but for what is said; by wire names."""
    names = ("duration", "startSchedule", "minChargingRate", "chargingRateUnit")
    schedule = {name: said.pop(name) for name in names if name in said}
    listed = [{"startPeriod": start, "limit": limit} for start, limit in periods or ((0, 11_000),)]
    return {
        "chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute" if "startSchedule" in schedule else "Relative", **said,
        "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": listed, **schedule},
    }  # fmt: skip


def own(number: int = 1, *periods: tuple[int, float], **said: Any) -> Json:
    return body(number, *periods, chargingProfilePurpose="TxProfile", **said)


def most(world: World, number: int, *periods: tuple[int, float], **said: Any) -> Json:
    """A ChargePointMaxProfile from now on."""
    return body(number, *periods, chargingProfilePurpose="ChargePointMaxProfile", startSchedule=date(world), **said)


def install(world: World, connector: int, profile: Json) -> str:
    asked = world.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=profile)
    return asked.error or str((asked.answer or {})["status"])


def clear(world: World, **said: Any) -> str:
    return str((world.ask("ClearChargingProfile", **said).answer or {})["status"])


def schedule(world: World, connector: int = 1, duration: int = 3600, **said: Any) -> Json:
    asked = world.ask("GetCompositeSchedule", connectorId=connector, duration=duration, **said)
    assert asked.answer is not None, asked.error
    return asked.answer


def periods(answer: Json) -> list[tuple[int, float]]:
    listed = answer["chargingSchedule"]["chargingSchedulePeriod"]
    return [(period["startPeriod"], period["limit"]) for period in listed]


def charge(world: World, connector: int = 1, id_tag: str = "alice") -> World:
    return world.plug_in(connector).present(id_tag, connector)


def ids(world: World) -> list[int]:
    return sorted(world.station.context.ledger.profiles)


def offers(world: World) -> list[float]:
    return list(offers_w(world))


def statuses(world: World, connector: int = 1) -> list[str]:
    return world.csms.statuses(connector)
