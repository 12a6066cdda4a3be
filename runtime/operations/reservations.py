"""Reservations: ReserveNow, CancelReservation, and whom a connector is kept for.

The machine decides what becomes of a request and when a reservation ends; this block knows the reservations. They
are durable before the answer leaves. An expiryDate is a moment of the CSMS's clock: the timer that waits for it is
set anew when that clock is, and after the power was gone the date itself is looked at, as soon as it is known. To hold
a reservation authorizes no token (CS-5.13-26); whom it keeps out, ``runtime/operations/authorization.py`` asks here.
"""

from __future__ import annotations

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.reservation import CancelReservationReq, ReserveNowReq
from runtime.core.binding import addresses, answers, lasts, performs, raises
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import ReservationRecord
from runtime.operations.authorization import Authorization


class Reservations:
    """The reservations by connector."""

    def __init__(self, context: BlockContext, authorization: Authorization) -> None:
        self.context, self.authorization = context, authorization

    def holding(self, reservation_id: int) -> int | None:
        """The connector that holds the reservation of that id."""
        held = self.context.ledger.reservations.items()
        return next((connector for connector, record in held if record.reservation_id == reservation_id), None)

    # ---- what the CSMS asks ------------------------------------------------------------------------------

    @addresses(ReserveNowReq)
    def to_reserve(self, request: ReserveNowReq) -> Occurrence | None:
        """One connector alone (CS-3.11-03): no station of ours is reserved whole (CS-5.13-15).

        For an empty id tag, which nobody has, nothing can be kept.
        """
        if request.connector_id not in self.context.connectors or not request.id_tag:
            return None
        return Occurrence(Instance("reservation", request.connector_id), "asked")

    @addresses(CancelReservationReq)
    def to_cancel(self, request: CancelReservationReq) -> Occurrence | None:
        """The connector that holds the reservation of that id."""
        connector = self.holding(request.reservation_id)
        return Occurrence(Instance("reservation", connector), "cancelled") if connector else None

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("reservation", "reservations_on")
    def reservations_on(self, at: Instance) -> bool:
        """ReservationEnabled (CS-5.13-10)."""
        return self.context.settings.truth("ReservationEnabled")

    @answers("reservation", "lies_ahead")
    def lies_ahead(self, at: Instance, request: ReserveNowReq) -> bool:
        """Whether there is anything left to keep the connector for."""
        return request.expiry_date > self.context.utc()

    @answers("reservation", "same_id")
    def same_id(self, at: Instance, request: ReserveNowReq) -> bool:
        """Whether the request replaces this very reservation (CS-5.13-04)."""
        return self.holding(request.reservation_id) == at.connector

    @answers("reservation", "for_who_is_here")
    def for_who_is_here(self, at: Instance, request: ReserveNowReq) -> bool:
        """Whether whoever is about to start could still do so under the request."""
        return self.authorization.would_admit(_record(request), at.connector)

    @answers("reservation", "still_runs")
    def still_runs(self, at: Instance) -> bool:
        """Whether it has outlived the time without power; without a date that cannot be excluded."""
        return not self.context.knows_date or self._record(at).expiry_date > self.context.utc()

    @lasts("to_expiry")
    def to_expiry(self, at: Instance) -> float | None:
        """Seconds until the expiryDate; at once where a clock that was set has passed it, never without a date."""
        if not self.context.knows_date:
            return None
        return max(0.001, (self._record(at).expiry_date - self.context.utc()).total_seconds())

    # ---- operations --------------------------------------------------------------------------------------

    @performs("reservation", "take reservation")
    def take(self, at: Instance, request: ReserveNowReq) -> None:
        """It holds from now on, in place of the one before."""
        self.context.ledger.set_reservation(at.connector, _record(request))

    @performs("reservation", "release elsewhere")
    @raises("reservation", "moved")
    def release_elsewhere(self, at: Instance, request: ReserveNowReq) -> None:
        """An id that another connector holds moves here (CS-5.13-04)."""
        if before := self.holding(request.reservation_id):
            self.context.after_rows(lambda: self.context.act("reservation", "moved", before))

    @performs("reservation", "forget reservation")
    def forget(self, at: Instance) -> None:
        """A late CancelReservation.req finds nothing (CS-7.5-02)."""
        self.context.ledger.forget_reservation(at.connector)

    def _record(self, at: Instance) -> ReservationRecord:
        return self.context.ledger.reservations[at.connector]


def _record(request: ReserveNowReq) -> ReservationRecord:
    return ReservationRecord(request.reservation_id, request.id_tag, request.parent_id_tag, request.expiry_date)


BLOCK = Block("reservations", lambda parts: Reservations(parts.context, parts[Authorization]))
