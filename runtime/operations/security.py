"""Security events: kept until the CSMS has confirmed them (security whitepaper, A04)."""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.security import SecurityEventNotificationReq
from runtime.core.binding import answers, performs, raises, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import SecurityEventNoted
from runtime.core.records import SecurityEvent
from runtime.operations.calls import CallFailure, Calls, PendingCall

MAX_EVENTS = 1000
"""More than this are not kept: the oldest that waits gives way, and the log says so."""


class Security:
    """The security events that are owed."""

    def __init__(self, context: BlockContext, calls: Calls) -> None:
        self.context, self.calls = context, calls
        self.noting: SecurityEvent | None = None

    @takes(SecurityEventNoted)
    def noted(self, given: SecurityEventNoted) -> None:
        """Something happened that bears on security."""
        self.note(given)

    @raises("security_event", "noted")
    def note(self, given: SecurityEventNoted) -> None:
        """Something happened; not for operations, while a row is firing."""
        self.prepare(given)
        self.context.act("security_event", "noted")

    def prepare(self, given: SecurityEventNoted) -> None:
        """What the next ``security_event.noted`` is about."""
        self.noting = SecurityEvent(given.type, self.context.utc(), given.tech_info)

    @answers("security_event", "more_events")
    def more_events(self, at: Instance) -> bool:
        """Whether another waits behind the one that is with the CSMS."""
        return len(self.context.ledger.security) > 1

    @performs("security_event", "keep event")
    def keep(self, at: Instance) -> None:
        """Write it down."""
        assert self.noting is not None, "the row follows the input"
        if len(self.context.ledger.security) >= MAX_EVENTS:
            self._give_way()
        self.context.ledger.add_security_event(self.noting)

    def _give_way(self) -> None:
        oldest_waiting = list(self.context.ledger.security)[1]
        self.context.note(
            f"security event {self.context.ledger.security[oldest_waiting].type} gives way: too many", "error"
        )
        self.context.ledger.forget_security_event(oldest_waiting)

    @performs("security_event", "send event")
    def send(self, at: Instance) -> None:
        """SecurityEventNotification.req for the oldest (SEC-5.15-01)."""
        event = next(iter(self.context.ledger.security.values()))
        request = SecurityEventNotificationReq(type=event.type, timestamp=event.at, tech_info=event.tech_info)
        self.calls.submit(PendingCall(request, self._confirmed, self._unconfirmed))

    def _confirmed(self, conf: object) -> None:
        self.context.act("security_event", "confirmed")

    def _unconfirmed(self, lost: CallFailure) -> None:
        if lost.while_linked:
            self.context.act("security_event", "unconfirmed")

    @performs("security_event", "forget event")
    def forget(self, at: Instance) -> None:
        """The oldest is confirmed (SEC-A04.FR.03)."""
        self.context.ledger.forget_security_event(next(iter(self.context.ledger.security)))


BLOCK = Block("security", lambda parts: Security(parts.context, parts[Calls]))
