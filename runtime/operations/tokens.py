"""What the station itself knows of id tags: the local list first, then the answers of the CSMS that it has kept.

Whom the list names, the list alone speaks for (CS-3.5.3-03); such a token is not cached (CS-3.5.3-02). The cache is
bounded: one that is not valid leaves first, then the one learnt longest ago (CS-3.5.1-06). A token is known valid
while it is Accepted, and its expiryDate has not passed (CS-3.5.4-02, CS-3.5.4-03).
"""

from __future__ import annotations

from model.messages.types import AuthorizationStatus, IdTagInfo, fold
from runtime.desk import Desk
from runtime.operations.local_list import LocalList
from runtime.records import KnownToken, ListEntry

VALID = (AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX)
"""Statuses of an identifier that is good in itself, whatever else it may be in use for (CS-3.5.2-03)."""


class Tokens:
    """Known tokens, by folded id tag: identifiers compare without case (reading 13)."""

    def __init__(self, desk: Desk, local_list: LocalList) -> None:
        self.desk, self.local_list = desk, local_list

    def learn(self, id_tag: str, info: IdTagInfo) -> None:
        """Hold what the CSMS has just said against the list; keep it where the list is silent."""
        listed = self.local_list.entry(id_tag)
        if listed is None:
            self._remember(id_tag, info)
        elif (listed.status in VALID and self._lasts(listed)) != (info.status in VALID):
            self.desk.act("local_list", "contradicted")

    def _remember(self, id_tag: str, info: IdTagInfo) -> None:
        """Into the cache, if it is switched on."""
        if not self.desk.settings.truth("AuthorizationCacheEnabled"):
            return
        ledger = self.desk.ledger
        used = ledger.next_number("token")
        if fold(id_tag) not in ledger.tokens and len(ledger.tokens) >= self.desk.station.runtime.max_cache_entries:
            ledger.forget_token(min(ledger.tokens, key=self._worth))
        known = KnownToken(id_tag, info.status.value, used, info.expiry_date, info.parent_id_tag)
        ledger.set_token(fold(id_tag), known)

    def known(self, id_tag: str) -> ListEntry | KnownToken | None:
        """What is known of an id tag: the list first, then the cache where it is switched on (reading 17)."""
        return self.local_list.entry(id_tag) or self._cached(id_tag)

    def _cached(self, id_tag: str) -> KnownToken | None:
        if not self.desk.settings.truth("AuthorizationCacheEnabled"):
            return None
        return self.desk.ledger.tokens.get(fold(id_tag))

    def valid(self, id_tag: str) -> bool:
        """Whether it is known to be good for charging now."""
        token = self.known(id_tag)
        return token is not None and self._good(token)

    def _good(self, token: ListEntry | KnownToken) -> bool:
        return token.status == AuthorizationStatus.ACCEPTED and self._lasts(token)

    def _lasts(self, token: ListEntry | KnownToken) -> bool:
        """Without a date it may have run out: who cannot be judged is not charged (CS-3.5.4-03)."""
        return token.expiry_date is None or (self.desk.knows_date and token.expiry_date > self.desk.utc())

    def _worth(self, key: str) -> tuple[bool, int]:
        token = self.desk.ledger.tokens[key]
        return self._good(token), token.used

    def clear(self) -> None:
        """Forget all that is cached (ClearCache.req); the list stays."""
        for key in list(self.desk.ledger.tokens):
            self.desk.ledger.forget_token(key)
