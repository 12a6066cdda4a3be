"""The way between station and CSMS: one websocket at a time, with the ways in which it fails.

``Network`` is the station's transport and the CSMS's at once, over two interfaces. A frame takes ``latency_s``; one
whose socket died in between is lost. An interface can be down (dials over it fail, its socket dies silently) or
lead nowhere, a dial can be refused, and a socket can be half open: frames vanish, in both directions or in one, and
only who misses a pong, or an answer, finds out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import define, field, frozen

from model.station_file import NetworkInterface
from properties.world.clock import Call, VirtualClock
from properties.world.power import Fuse
from runtime.adapters.pings import MAX_PONG_WAIT_S
from runtime.core.inputs import (
    FrameReceived,
    InterfaceDown,
    InterfaceUp,
    LinkClosed,
    LinkFailed,
    LinkInput,
    LinkOpened,
    PongReceived,
)

DIAL_FAILS_AFTER_S = 0.2


@frozen
class Passed:
    """A frame at the station's end of an open socket: when, in which life, on which connection, which way."""

    at_s: float
    life: int
    connection: int
    outward: bool
    text: str


class Listener(Protocol):
    """The CSMS, as the network sees it."""

    def opened(self, connection: int) -> None:
        """A websocket is open."""

    def received(self, connection: int, text: str) -> None:
        """A frame has arrived."""

    def closed(self, connection: int) -> None:
        """The websocket is gone."""


def _deaf(_: LinkInput) -> None:
    """The port is closed."""


@define(eq=False)
class Network:
    """Satisfies ``runtime.core.ports.Transport``."""

    clock: VirtualClock
    fuse: Fuse
    csms: Listener
    latency_s: float = 0.01
    longest: int = 2**31
    """A message with more characters makes the CSMS close the websocket with 1009: it is not read, and did not pass."""
    refused: list[str] = field(factory=list)
    """Every message that it was closed for."""
    down: set[NetworkInterface] = field(factory=set)
    astray: set[NetworkInterface] = field(factory=set)
    """Interfaces with a carrier that lead nowhere."""
    refusing: bool = False
    swallows_outward: bool = False
    """What the station sends on the present connection goes nowhere."""
    swallows_inward: bool = False
    """What the CSMS sends on it goes nowhere."""
    connection: int = 0
    is_open: bool = False
    is_closing: bool = False
    ping_interval_s: int = 0
    dialled: list[NetworkInterface] = field(factory=list)
    """The interface of each dial."""
    life: int = 0
    log: list[Passed] = field(factory=list)
    """Every frame that the station put on an open socket, or got from one."""
    pings: int = 0
    """How many the station has sent."""
    _emit: Callable[[LinkInput], None] = _deaf
    _attempt: int = 0
    _ping: Call | None = None
    _overdue: Call | None = None
    _unproved: bool = False
    """Whether a frame of the station has left since the last ping."""
    _asked: bool = False
    """And between that and the last pong that was submitted."""

    @property
    def half_open(self) -> bool:
        """Whether frames vanish, in whichever direction; to set it is to set both."""
        return self.swallows_outward or self.swallows_inward

    @half_open.setter
    def half_open(self, dead: bool) -> None:
        self.swallows_outward = self.swallows_inward = dead

    # ---- the port ----------------------------------------------------------------------------------------

    def subscribe(self, emit: Callable[[LinkInput], None]) -> None:
        """From now on call ``emit``."""
        self._emit = emit
        for way in sorted(self.down):
            emit(InterfaceDown(way))

    @property
    def up(self) -> bool:
        """Whether some interface has its network."""
        return len(self.down) < len(NetworkInterface)

    @property
    def dials(self) -> int:
        """How often the station has dialled."""
        return len(self.dialled)

    @property
    def way(self) -> NetworkInterface:
        """The interface of the last dial."""
        return self.dialled[-1]

    def dial(self, interface: NetworkInterface) -> None:
        """Open a websocket, or fail to."""
        self.fuse.passes("before Dial")
        self.dialled.append(interface)
        self._attempt += 1
        attempt = self._attempt
        able = self._leads_there() and not self.refusing
        wait_s = 2 * self.latency_s if able else DIAL_FAILS_AFTER_S
        self.clock.call_later(wait_s, lambda: self._dialled(attempt))

    def send(self, text: str) -> None:
        """One frame towards the CSMS."""
        self.fuse.passes("before SendFrame")
        if not self.is_open or self.is_closing:
            return
        if len(text) > self.longest:
            self._carry(lambda _: self._refuse(text))
            return
        self._note(True, text)
        self._unproved = True
        self._carry(lambda connection: self.csms.received(connection, text))

    def hang_up(self, reason: str) -> None:
        """Close with a close frame: what was sent before it arrives, unless the socket is half open."""
        self.fuse.passes("before HangUp")
        if self.half_open:
            self.lose(reason)
        elif self.is_open and not self.is_closing:
            self.is_closing = True
            self._carry(lambda _: self.lose(reason))

    def set_ping_interval(self, seconds: int) -> None:
        """Ping every so many seconds."""
        self.fuse.passes("before SetPingInterval")
        self.ping_interval_s = seconds
        self._arm_ping()

    def set_network(self, up: bool, interface: NetworkInterface | None = None) -> None:
        """The cable of that interface, or of each, is out, or in again."""
        for way in NetworkInterface if interface is None else (interface,):
            if up == (way in self.down):
                self._set_way(way, up)

    def _set_way(self, way: NetworkInterface, up: bool) -> None:
        if up:
            self.down.discard(way)
        else:
            self.down.add(way)
        self._emit(InterfaceUp(way) if up else InterfaceDown(way))
        if not up and self.is_open and self.way is way:
            self.lose(f"{way} is gone")

    def _leads_there(self) -> bool:
        return self.way not in self.down and self.way not in self.astray

    # ---- the CSMS's side, and fate -----------------------------------------------------------------------

    def to_station(self, text: str) -> None:
        """One frame towards the station."""
        if self.is_open:
            self._carry(lambda _: self._hand_over(text), outward=False)

    def lose(self, reason: str, *, too_long: bool = False) -> None:
        """The socket dies; both sides notice."""
        if not self.is_open:
            return
        self.is_open = self.half_open = False
        self._arm_ping()
        self.csms.closed(self.connection)
        self._later(lambda: self._emit(LinkClosed(reason, too_long)))

    def _refuse(self, text: str) -> None:
        self.refused.append(text)
        self.lose("the server closed: 1009 (message too big)", too_long=True)

    def station_died(self) -> None:
        """The station has no power: its socket is gone, and it subscribes to nothing."""
        self._emit = _deaf
        self._attempt += 1
        self.life += 1
        if self.is_open:
            self.is_open = self.half_open = False
            self._arm_ping()
            self.csms.closed(self.connection)

    def _note(self, outward: bool, text: str) -> None:
        self.log.append(Passed(self.clock.now_s, self.life, self.connection, outward, text))

    def _hand_over(self, text: str) -> None:
        self._note(False, text)
        self._emit(FrameReceived(text))

    def _dialled(self, attempt: int) -> None:
        if attempt != self._attempt:
            return
        if not self._leads_there() or self.refusing:
            self._emit(LinkFailed("refused" if self._leads_there() else "no route"))
            return
        self.connection += 1
        self.is_open, self.is_closing, self.half_open = True, False, False
        self._unproved = self._asked = False
        self._arm_ping()
        self.csms.opened(self.connection)
        self._emit(LinkOpened())

    def _carry(self, deliver: Callable[[int], None], *, outward: bool = True) -> None:
        connection = self.connection

        def arrive() -> None:
            swallowed = self.swallows_outward if outward else self.swallows_inward
            if self.is_open and self.connection == connection and not swallowed:
                deliver(connection)

        self.clock.call_later(self.latency_s, arrive)

    def _later(self, deliver: Callable[[], None]) -> None:
        attempt = self._attempt

        def arrive() -> None:
            if attempt == self._attempt:
                deliver()

        self.clock.call_later(0.0, arrive)

    def _arm_ping(self) -> None:
        for call in (self._ping, self._overdue):
            if call:
                call.cancel()
        self._ping = self._overdue = None
        if self.ping_interval_s and self.is_open:
            self._ping = self.clock.call_later(self.ping_interval_s, self._pinged)

    def _pinged(self) -> None:
        """As the station's own transport does it (``runtime/adapters/websocket_link.py``)."""
        if not self.is_open or self._overdue:
            self.lose("a ping without its pong")
            return
        self.pings += 1
        self._asked, self._unproved = self._asked or self._unproved, False
        self._carry(lambda _: self._carry(lambda _: self._ponged(), outward=False))
        self._ping = self.clock.call_later(self.ping_interval_s, self._pinged)
        patience_s = min(self.ping_interval_s, MAX_PONG_WAIT_S)
        self._overdue = self.clock.call_later(patience_s, lambda: self.lose("a ping without its pong"))

    def _ponged(self) -> None:
        if self._overdue:
            self._overdue.cancel()
            self._overdue = None
        if self._asked and not self._unproved:
            self._asked = False
            self._emit(PongReceived())
