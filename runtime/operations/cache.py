"""The authorization cache: an entry for each id tag whose status the CSMS has sent, each an instance of a machine.

The machines decide what is learnt, what lapses and who makes space. This block knows the entries by their id tags,
brings each answer and each look-up to the entry that it is about, and keeps what the CSMS said (CS-3.5.1-03). An entry
has a slot, as a transaction has; ``told`` is the answer that is being taken.
"""

from __future__ import annotations

from attrs import evolve

from model.language.composition import Instance
from model.messages.types import AuthorizationStatus, IdTagInfo, fold
from runtime.core.binding import answers, lasts, performs
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import CacheEntry
from runtime.operations.local_list import LocalList

AT_ONCE_S, LOOK_AGAIN_S = 0.001, 600.0
"""The bounds of what a timer waits for a date: 0 would never be due, and the date may be set anew meanwhile."""


class Cache:
    """The entries, by folded id tag (CS-7.28-01)."""

    def __init__(self, context: BlockContext, local_list: LocalList) -> None:
        self.context, self.local_list = context, local_list
        self.slots = {fold(entry.id_tag): slot for slot, entry in context.ledger.cached.items()}
        self.told: CacheEntry

    def learn(self, id_tag: str, info: IdTagInfo) -> None:
        """Bring what the CSMS said to the entry of the id tag, or to the cache where there is none."""
        self.told = CacheEntry(id_tag, info.status.value, info.expiry_date, info.parent_id_tag)
        slot = self.slots.get(fold(id_tag))
        if slot is None:
            self.context.act("cache", "told")
        else:
            self.context.act("cache_entry", "told", slot=slot)

    def look_up(self, id_tag: str) -> None:
        """What is held of the id tag is wanted."""
        if slot := self.slots.get(fold(id_tag)):
            self.context.act("cache_entry", "looked_up", slot=slot)

    def entry(self, id_tag: str) -> CacheEntry | None:
        """What is held of an id tag; None where nothing is, or the cache is not in use."""
        slot = self._in_use(id_tag)
        return None if slot is None else self.context.ledger.cached[slot]

    def valid(self, id_tag: str) -> bool:
        """Whether an entry says that it may charge; while the date is not known, one that has a date does not."""
        slot = self._in_use(id_tag)
        if slot is None or self.context.engine.state("cache_entry", slot=slot) != "Valid":
            return False
        entry = self.context.ledger.cached[slot]
        return entry.expiry_date is None or (self.context.knows_date and not self._has_passed(entry))

    def _in_use(self, id_tag: str) -> int | None:
        return self.slots.get(fold(id_tag)) if self.context.engine.state("cache") == "InUse" else None

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("cache", "switched_on")
    def switched_on(self, at: Instance) -> bool:
        """AuthorizationCacheEnabled (CS-9.1.2-01)."""
        return self.context.settings.truth("AuthorizationCacheEnabled")

    @answers("cache", "listed")
    def to_be_told_is_listed(self, at: Instance) -> bool:
        """Whether the list has the id tag of the answer (CS-3.5.3-02)."""
        return self.local_list.entry(self.told.id_tag) is not None

    @answers("cache", "full")
    def full(self, at: Instance) -> bool:
        """``max_cache_entries`` of the station file."""
        return len(self.slots) >= self.context.station.runtime.max_cache_entries

    @answers("cache_entry", "accepted")
    def accepted(self, at: Instance) -> bool:
        """By the answer."""
        return self.told.status == AuthorizationStatus.ACCEPTED

    @answers("cache_entry", "concurrent")
    def concurrent(self, at: Instance) -> bool:
        """By the answer."""
        return self.told.status == AuthorizationStatus.CONCURRENT_TX

    @answers("cache_entry", "expired")
    def expired(self, at: Instance) -> bool:
        """By the answer: its status, or its date."""
        good = self.accepted(at) or self.concurrent(at)
        return self.told.status == AuthorizationStatus.EXPIRED or (good and self._has_passed(self.told))

    @answers("cache_entry", "lapsed")
    def lapsed(self, at: Instance) -> bool:
        """By what is held: the date counts, not the timer."""
        return self._has_passed(self.context.ledger.cached[at.slot])

    @answers("cache_entry", "oldest")
    def oldest(self, at: Instance) -> bool:
        """The ledger has them in the order of their use; once the first has left there is space."""
        return self.full(at) and at.slot == next(iter(self.context.ledger.cached))

    @answers("cache_entry", "listed")
    def listed(self, at: Instance) -> bool:
        """Whether the list has the entry's id tag."""
        return self.local_list.entry(self.context.ledger.cached[at.slot].id_tag) is not None

    @lasts("until_expiry")
    def until_expiry(self, at: Instance) -> float | None:
        """Seconds until the expiryDate; None where there is none, and the status does not end (CS-7.27-01)."""
        date = self.context.ledger.cached[at.slot].expiry_date
        return None if date is None else max(AT_ONCE_S, min(LOOK_AGAIN_S, (date - self.context.utc()).total_seconds()))

    def _has_passed(self, entry: CacheEntry) -> bool:
        return entry.expiry_date is not None and self.context.knows_date and entry.expiry_date <= self.context.utc()

    # ---- operations --------------------------------------------------------------------------------------

    @performs("cache_entry", "keep answer")
    def keep_answer(self, at: Instance) -> None:
        """The whole IdTagInfo takes the place of what was held (CS-3.5.1-05)."""
        self.slots[fold(self.told.id_tag)] = at.slot
        self.context.ledger.set_cached(at.slot, self.told)

    @performs("cache_entry", "note use")
    def note_use(self, at: Instance) -> None:
        """It leaves after all others now."""
        self.context.ledger.set_cached(at.slot, evolve(self.context.ledger.cached[at.slot]))

    @performs("cache_entry", "forget")
    def forget(self, at: Instance, why: str) -> None:
        """It is out."""
        entry = self.context.ledger.forget_cached(at.slot)
        del self.slots[fold(entry.id_tag)]
        if why in ("invalid", "oldest"):
            self.context.note(f"the authorization cache is full: {entry.id_tag} leaves it ({why})")


BLOCK = Block("cache", lambda parts: Cache(parts.context, parts[LocalList]))
