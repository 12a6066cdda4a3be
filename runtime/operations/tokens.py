"""What the station itself knows of id tags: the local list first, then the authorization cache (reading 17, CS-3.5-02).

The two are apart (CS-3.5.3-01): what the list has, it alone decides (CS-3.5.3-03, CS-4.1-05), and such a
token is not cached (CS-3.5.3-02). A token is known valid while it is Accepted, and its expiryDate has not passed
(CS-3.5.4-02, CS-3.5.4-03).
"""

from __future__ import annotations

from model.messages.types import AuthorizationStatus, IdTagInfo
from runtime.core.binding import raises
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import CacheEntry, ListEntry
from runtime.operations.cache import Cache
from runtime.operations.local_list import LocalList

VALID = (AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX)
"""Statuses of an identifier that is good in itself, whatever else it may be in use for (CS-3.5.2-03)."""


class Tokens:
    """Known tokens: identifiers compare without case (reading 13)."""

    def __init__(self, context: BlockContext, local_list: LocalList, cache: Cache) -> None:
        self.context, self.local_list, self.cache = context, local_list, cache

    @raises("local_list", "contradicted")
    def learn(self, id_tag: str, info: IdTagInfo) -> None:
        """Hold what the CSMS has just said against the list, and give it to the cache."""
        listed = self.local_list.entry(id_tag)
        if listed and (listed.status in VALID and self._lasts(listed)) != (info.status in VALID):
            self.context.act("local_list", "contradicted")
        self.cache.learn(id_tag, info)

    def look_up(self, id_tag: str) -> None:
        """It is presented, or is to start remotely: what is held of it is used, if it still lasts."""
        self.cache.look_up(id_tag)

    def known(self, id_tag: str) -> ListEntry | CacheEntry | None:
        """What is known of an id tag: the list first, then the cache."""
        return self.local_list.entry(id_tag) or self.cache.entry(id_tag)

    def valid(self, id_tag: str) -> bool:
        """Whether it is known to be good for charging now."""
        listed = self.local_list.entry(id_tag)
        if listed is None:
            return self.cache.valid(id_tag)
        return listed.status == AuthorizationStatus.ACCEPTED and self._lasts(listed)

    def _lasts(self, listed: ListEntry) -> bool:
        """Without a date it may have run out: who cannot be judged is not charged (CS-3.5.4-03)."""
        return listed.expiry_date is None or (self.context.knows_date and listed.expiry_date > self.context.utc())


BLOCK = Block("tokens", lambda parts: Tokens(parts.context, parts[LocalList], parts[Cache]))
