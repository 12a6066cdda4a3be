"""The inputs of the station: each is one thing that has happened, and comes with its moment.

Each class is one input of ``Station.step``; a block may bring more (``Input``). What an input may hold is checked where
it is made, so that nothing of it has to be doubted afterwards. What the station says in return stands in
``runtime/core/ports.py``.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import field
from attrs.validators import max_len, min_len, optional

from model.record import frozen
from model.station_file import NetworkInterface

# ---- the moment ------------------------------------------------------------------------------------------


@frozen
class MeterReading:
    """What the meter of one connector shows at a moment.

    Units: register in Wh (int, never decreases), voltage in V, current in A, power and offered power in W.
    """

    connector: int
    register_wh: int
    voltage_v: float
    current_a: float
    power_w: float
    offered_w: float


@frozen
class Moment:
    """When an input came, and what the meters showed then. Durations use ``monotonic_s``, timestamps ``utc``."""

    monotonic_s: float
    utc: datetime
    meters: tuple[MeterReading, ...] = ()


# ---- what comes in ---------------------------------------------------------------------------------------


class Input:
    """Something that has come about. Every class that a block takes may be submitted.

    ``once``: where its step raised it is not tried again, for it is answered or lost, or comes again of itself.
    """

    __slots__ = ()
    once: ClassVar[bool] = False


class LinkInput(Input):
    """Something that has come about on the way to the CSMS."""

    __slots__ = ()


class HardwareInput(Input):
    """Something that has come about at the box."""

    __slots__ = ()


class StoreInput(Input):
    """Something that the store says."""

    __slots__ = ()


@frozen
class PowerUp(Input):
    """The station has power; the first input after ``Station`` was built from what the store held."""

    once: ClassVar[bool] = True


@frozen
class LinkOpened(LinkInput):
    """The websocket is open with subprotocol ``ocpp1.6`` agreed (OCPP-J 3.1)."""


@frozen
class LinkFailed(LinkInput):
    """A dial came to nothing; ``reason`` says why, for the log."""

    reason: str


@frozen
class LinkClosed(LinkInput):
    """An open websocket is gone: closed by either side, or a ping without its pong.

    ``too_long``: the server closed it with 1009, for what was sent last is longer than it takes (RFC 6455, 7.4.1).
    ``ours``: the station closed it in good order, as a step that was expected.
    """

    reason: str
    too_long: bool = False
    ours: bool = False


@frozen
class PongReceived(LinkInput):
    """The pong to a ping behind which nothing has been sent: all that was sent has been read (RFC 6455, 5.5.3).

    It is submitted only where something was sent since the last one.
    """


@frozen
class InterfaceUp(LinkInput):
    """An interface has come up again: a link that is down dials at once instead of waiting the back-off out."""

    interface: NetworkInterface


@frozen
class InterfaceDown(LinkInput):
    """An interface has lost its network."""

    interface: NetworkInterface


@frozen
class FrameReceived(LinkInput):
    """One text frame, as it came; not ``whole``: the beginning of one that is longer than the station takes."""

    once: ClassVar[bool] = True

    text: str
    whole: bool = True


@frozen
class TimerDue(Input):
    """The moment has reached ``Station.next_deadline()``."""

    once: ClassVar[bool] = True


@frozen
class PluggedIn(HardwareInput):
    """The cable of a connector is in an EV: IEC 61851 state B, or C where the EV is asking for energy by now."""

    connector: int
    asking: bool = False


@frozen
class PluggedOut(HardwareInput):
    """The cable of a connector has left the EV (IEC 61851 state A)."""

    connector: int


@frozen
class EvReady(HardwareInput):
    """The EV asks for energy (IEC 61851 state C)."""

    connector: int


@frozen
class EvPaused(HardwareInput):
    """The EV is connected and asks for none (back to IEC 61851 state B)."""

    connector: int


@frozen
class TokenPresented(HardwareInput):
    """An id tag at the reader; ``connectors`` says where the driver stands, empty for anywhere.

    ``id_tag``: 1 to 20 characters (CS-7.28-01), else ValueError.
    """

    once: ClassVar[bool] = True

    id_tag: str = field(validator=[min_len(1), max_len(20)])
    connectors: tuple[int, ...] = ()


@frozen
class StopPressed(HardwareInput):
    """The stop button of a connector."""

    connector: int


@frozen
class FaultRaised(HardwareInput):
    """The hardware reports an error (OCPP 1.6, 7.6 ChargePointErrorCode). Connector 0 is the station itself.

    ``info``: at most 50 characters (CS-6.47-01), else ValueError.
    """

    connector: int
    error_code: str
    info: str | None = field(default=None, validator=optional(max_len(50)))


@frozen
class FaultCleared(HardwareInput):
    """The error of that connector (0: the station) is gone."""

    connector: int


@frozen
class SecurityEventNoted(Input):
    """The box saw a security event (security whitepaper, 8): its type, and technical detail.

    At most 50 and 255 characters (SEC-5.15-01), else ValueError.
    """

    type: str = field(validator=[min_len(1), max_len(50)])
    tech_info: str | None = field(default=None, validator=optional(max_len(255)))


@frozen
class DataTransferAsked(Input):
    """A DataTransfer.req is to be sent (OCPP 1.6, 4.3).

    ``vendor_id`` has at most 255 characters, ``message_id`` at most 50 (CS-6.15-01), else ValueError. With a ``ticket``
    the effect DataTransferEnded says under it what came of the request.
    """

    once: ClassVar[bool] = True

    vendor_id: str = field(validator=[min_len(1), max_len(255)])
    message_id: str | None = field(default=None, validator=optional(max_len(50)))
    data: str | None = None
    ticket: int | None = None


@frozen
class ShutDown(Input):
    """An orderly stop is wanted: end what runs, deliver what can be delivered, hang up."""


@frozen
class Put:
    """A record: ``value`` (JSON text) under ``key`` in ``space``, in place of what was there."""

    space: str
    key: str
    value: str


@frozen
class Span:
    """The keys of ``space`` from ``first`` to ``last``, both included, ascending; the first ``most`` of them."""

    space: str
    first: str
    last: str
    most: int = 2**31


@frozen
class Recalled(StoreInput):
    """What the store holds of the spans that a Recall asked for, one after the other, in the order of their keys."""

    spans: tuple[Span, ...]
    records: tuple[Put, ...]


@frozen
class StoreFilled(StoreInput):
    """The store has no space left but its reserve."""


@frozen
class StoreEmptied(StoreInput):
    """The store has space again, and its reserve."""
