"""What the station itself knows of id tags: the answers of the CSMS, kept for when it cannot be asked.

Bounded: one that is not valid leaves first, then the one learnt longest ago (CS-3.5.1-06). A token is known valid
while it was last Accepted, and its expiryDate has not passed (CS-3.5.4-03).
"""

from __future__ import annotations

from model.messages.types import AuthorizationStatus, IdTagInfo, fold
from runtime.desk import Desk
from runtime.records import KnownToken


class Tokens:
    """Known tokens, by folded id tag: identifiers compare without case (reading 13)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def learn(self, id_tag: str, info: IdTagInfo) -> None:
        """Keep what the CSMS has just said, if the cache is switched on."""
        if not self.desk.settings.truth("AuthorizationCacheEnabled"):
            return
        ledger = self.desk.ledger
        used = ledger.next_number("token")
        if fold(id_tag) not in ledger.tokens and len(ledger.tokens) >= self.desk.station.runtime.max_cache_entries:
            ledger.forget_token(min(ledger.tokens, key=self._worth))
        known = KnownToken(id_tag, info.status.value, used, info.expiry_date, info.parent_id_tag)
        ledger.set_token(fold(id_tag), known)

    def known(self, id_tag: str) -> KnownToken | None:
        """What is known of an id tag; None with the cache switched off."""
        if not self.desk.settings.truth("AuthorizationCacheEnabled"):
            return None
        return self.desk.ledger.tokens.get(fold(id_tag))

    def valid(self, id_tag: str) -> bool:
        """Whether it is known to be good for charging now."""
        token = self.known(id_tag)
        return token is not None and self._good(token)

    def _good(self, token: KnownToken) -> bool:
        if token.status != AuthorizationStatus.ACCEPTED:
            return False
        return token.expiry_date is None or token.expiry_date > self.desk.utc()

    def _worth(self, key: str) -> tuple[bool, int]:
        token = self.desk.ledger.tokens[key]
        return self._good(token), token.used

    def clear(self) -> None:
        """Forget all of them (ClearCache.req)."""
        for key in list(self.desk.ledger.tokens):
            self.desk.ledger.forget_token(key)
