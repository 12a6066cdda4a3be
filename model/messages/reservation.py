"""Reservations: ReserveNow and CancelReservation."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import ConnectorId, DateTime, IdToken, Integer


class ReservationStatus(StrEnum):
    """What became of a wish to reserve (CS-7.40-01 to -05)."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class CancelReservationStatus(StrEnum):
    """Whether there was such a reservation to cancel (CS-7.5-01, CS-7.5-02)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


@message
class ReserveNowReq:
    """Keep a connector for a token, or for its group, until a moment (CS-6.37-01); connector 0 names none."""

    connector_id: ConnectorId
    expiry_date: DateTime
    id_tag: IdToken
    parent_id_tag: IdToken | None = None
    reservation_id: Integer


@message
class ReserveNowConf:
    """Whether it is kept (CS-6.38-01)."""

    status: ReservationStatus


@message
class CancelReservationReq:
    """The reservation to end (CS-6.5-01)."""

    reservation_id: Integer


@message
class CancelReservationConf:
    """Whether it was ended (CS-6.6-01)."""

    status: CancelReservationStatus
