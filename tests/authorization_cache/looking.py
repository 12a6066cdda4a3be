"""How a cache is filled and what is in it, as a driver, the CSMS and the records see it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from model.messages.types import fold
from model.station_file import StationFile, load_station
from properties.world.world import World
from runtime.core.records import CacheEntry

NOON, SOON, LATER = "2026-01-01T12:00:00Z", "2026-01-01T12:00:30Z", "2026-01-01T13:00:00Z"
Json = dict[str, Any]


def with_space_for(entries: int) -> StationFile:
    """The station, with a small cache."""
    file = load_station("m06010e2eyfg")
    runtime = evolve(file.contents.runtime, max_cache_entries=entries)
    return evolve(file, contents=evolve(file.contents, runtime=runtime))


def held(world: World) -> dict[str, str]:
    """Id tag and state of each entry, the one that was used longest ago first."""
    engine, cached = world.station.context.engine, world.station.context.ledger.cached
    return {entry.id_tag: engine.state("cache_entry", slot=slot) for slot, entry in cached.items()}


def said(world: World, id_tag: str) -> CacheEntry:
    """What the entry of an id tag keeps of the answer."""
    return next(e for e in world.station.context.ledger.cached.values() if fold(e.id_tag) == fold(id_tag))


def authorize(world: World, *id_tags: str) -> World:
    """Present each token without a car, twice where it is accepted, so that the connector is free again."""
    for id_tag in id_tags:
        world.present(id_tag, 1)
        if world.powered and world.state("authorization", 1) == "Granted":
            world.present(id_tag, 1)
    return world


def starts_offline(world: World, id_tag: str) -> bool:
    """Whether a token starts a session at connector 1 with the network gone; what began is ended again."""
    world.link_down().plug_in().present(id_tag, 1)
    started = world.state("connector", 1) == "Charging"
    world.press_stop().plug_out().link_up().wait(5)
    return started


def set_key(world: World, key: str, value: str) -> None:
    assert world.ask("ChangeConfiguration", key=key, value=value).answer == {"status": "Accepted"}


def clear(world: World) -> str:
    answer = world.ask("ClearCache").answer
    assert answer is not None
    assert list(answer) == ["status"]
    return str(answer["status"])
