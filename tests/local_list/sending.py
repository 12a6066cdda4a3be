"""How a list is sent, and what can be seen of it: by the CSMS, by a driver, in the records."""

from __future__ import annotations

from typing import Any

from properties.world.world import World

Json = dict[str, Any]


def entry(id_tag: str, status: str | None = "Accepted", **info: str) -> Json:
    """One entry; without a status it deletes."""
    return {"idTag": id_tag} if status is None else {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


def many(count: int, first: int = 0, status: str | None = "Accepted") -> list[Json]:
    return [entry(f"tag-{number}", status) for number in range(first, first + count)]


def send(world: World, kind: str, version: int, *entries: Json) -> str:
    asked = world.ask("SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=list(entries))
    assert asked.answer is not None, asked.error
    return str(asked.answer["status"])


def full(world: World, version: int, *entries: Json) -> str:
    return send(world, "Full", version, *entries)


def change(world: World, version: int, *entries: Json) -> str:
    return send(world, "Differential", version, *entries)


def version(world: World) -> int:
    answer = world.ask("GetLocalListVersion").answer
    assert answer is not None
    assert list(answer) == ["listVersion"]
    return int(answer["listVersion"])


def listed(world: World) -> list[str]:
    return sorted(world.station.context.ledger.listed)


def cached(world: World) -> list[str]:
    return [entry.id_tag for entry in world.station.context.ledger.cached.values()]


def enable(world: World, value: str) -> None:
    asked = world.ask("ChangeConfiguration", key="LocalAuthListEnabled", value=value)
    assert asked.answer == {"status": "Accepted"}
