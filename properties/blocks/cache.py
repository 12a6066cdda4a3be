"""How the world brings about what happens to the authorization cache.

A trace names entries by slots, which the exploration gives again when they are free; a station never does. So the entry
in slot n of a trace is, on the stage, that of the id tag ``En``, and a new one takes the lowest n that is free. An
answer of the CSMS is brought where every answer with an IdTagInfo arrives, at ``Tokens.learn``: which call it
answers makes no difference to the cache.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from attrs import evolve

from model.language.composition import Instance
from model.messages.types import AuthorizationStatus, IdTagInfo
from properties.blocks.checks import BlockChecks
from properties.replay.stage import Answers, Stage, Stimuli
from runtime.core.inputs import TimerDue, TokenPresented
from runtime.operations.cache import Cache
from runtime.operations.tokens import Tokens

AHEAD, BEHIND = timedelta(hours=1), timedelta(hours=-1)
STATUSES = {
    "expired": AuthorizationStatus.EXPIRED,
    "accepted": AuthorizationStatus.ACCEPTED,
    "concurrent": AuthorizationStatus.CONCURRENT_TX,
}
QUESTIONS = (*STATUSES, "lapsed", "oldest", "full", "listed")
"""What the data laid out here decide."""


def _cache(stage: Stage) -> Cache:
    return stage.station.part(Cache)


def listed(answers: Answers) -> list[str]:
    """The id tags of the entries that the list names, as the trace has it."""
    said = (name.removeprefix("cache_entry/0/").partition(".") for name, yes in answers.items() if yes)
    return [_tag(int(slot)) for slot, _, question in said if slot.isdigit() and question == "listed"]


def _tag(slot: int) -> str:
    return f"E{slot}"


def _slot(stage: Stage, at: Instance) -> int:
    """The station's own slot of the entry that the trace means; 0, which is no slot, where there is none."""
    return _cache(stage).slots.get(_tag(at.slot).lower(), 0)


def _learn(stage: Stage, slot: int, answers: Answers) -> None:
    said = {name.rpartition(".")[2] for name, yes in answers.items() if yes}
    status = next((status for name, status in STATUSES.items() if name in said), AuthorizationStatus.BLOCKED)
    until = stage.station.context.utc() + AHEAD
    stage.station.part(Tokens).learn(_tag(slot), IdTagInfo(status=status, expiry_date=until))
    stage.submit(TimerDue())


def _told_of_another(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    context, slots = stage.station.context, _cache(stage).slots
    runtime = evolve(context.station.runtime, max_cache_entries=max(1, len(slots) + (not answers.get("cache.full"))))
    context.station = evolve(context.station, contents=evolve(context.station.contents, runtime=runtime))
    _make_oldest(stage, answers)
    _learn(stage, next(n for n in count(1) if _tag(n).lower() not in slots), answers)


def _make_oldest(stage: Stage, answers: Answers) -> None:
    """Lay the entries out in the order of use that the trace assumes."""
    ledger = stage.station.context.ledger
    for slot in list(ledger.cached):
        name = ledger.cached[slot].id_tag.removeprefix("E")
        if not answers.get(f"cache_entry/0/{name}.oldest"):
            ledger.cached[slot] = ledger.cached.pop(slot)


def _told(stage: Stage, at: Instance, answers: Answers) -> None:
    _learn(stage, at.slot, answers)


def _date(stage: Stage, at: Instance, answers: Answers) -> None:
    """Whether the date has passed, as the trace has it."""
    ledger, slot = stage.station.context.ledger, _slot(stage, at)
    if entry := ledger.cached.get(slot):
        lapsed = answers.get(f"{at}.lapsed", False)
        ledger.cached[slot] = evolve(
            entry, expiry_date=stage.station.context.utc() + (BEHIND if lapsed else AHEAD * 24)
        )


def _looked_up(stage: Stage, at: Instance, answers: Answers) -> None:
    _date(stage, at, answers)
    stage.submit(TokenPresented(_tag(at.slot), ()))


def _date_passed(stage: Stage, at: Instance, answers: Answers) -> None:
    _date(stage, at, answers)
    stage.timer(at._replace(slot=_slot(stage, at)), "date_passed")


def _clear(stage: Stage, at: Instance, answers: Answers) -> None:
    del at, answers
    stage.call("ClearCache")


def _key_changed(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    value = str(bool(answers.get("cache.switched_on"))).lower()
    stage.call("ChangeConfiguration", key="AuthorizationCacheEnabled", value=value)


CHECKS = BlockChecks(
    "cache",
    stimuli=Stimuli(
        {
            "cache.told": _told_of_another,
            "cache.clear_asked": _clear,
            "cache.key_changed": _key_changed,
            "cache_entry.told": _told,
            "cache_entry.looked_up": _looked_up,
            "cache_entry.date_passed": _date_passed,
        },
        QUESTIONS,
        keys={"switched_on": "AuthorizationCacheEnabled"},
    ),
)
