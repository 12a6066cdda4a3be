"""The way to the CSMS: one websocket at a time, over the interface that the station dials.

`WebsocketTransport` outlives its connections; each dial, and the connection that may come of it, is a ``Link`` of its
own (``runtime/adapters/websocket_link.py``). When to dial again is the station's affair, not this file's.
permessage-deflate is not offered: it triples the memory of a connection.

A dial over an interface comes from that interface's local address; which network it then takes is the routing of the
system, which has to lead packets from that address out over that interface.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field
from websockets.client import ClientProtocol
from websockets.uri import WebSocketURI, parse_uri

from model.station_file import NetworkInterface
from runtime.adapters.endpoint import basic_authorization, connection_url, default_tls
from runtime.adapters.frame_gate import HEADROOM
from runtime.adapters.frame_tap import Passed
from runtime.adapters.websocket_link import SUBPROTOCOL, Link
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkFailed, LinkInput

DIAL_TIMEOUT_S: Final = 30.0
"""Name resolution, TCP, TLS and the opening handshake, all together."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long the other side may take to answer a close frame and to close the socket."""

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""The largest message that is taken; OCPP 1.6 has none that comes near it."""

_library_log = logging.getLogger("provenpoint.transport.websockets")
_library_log.setLevel(logging.INFO)  # at DEBUG the library would print the Authorization header

Emit = Callable[[LinkInput], None]


def _no_password() -> bytes | None:
    return None


def _all_ways() -> Mapping[NetworkInterface, str]:
    return dict.fromkeys(NetworkInterface, "")


def _nobody_looks(_: Passed) -> None:
    """Nobody wants to see frames."""


def _deaf(_: LinkInput) -> None:
    """Nobody listens yet."""


@define(eq=False)
class WebsocketTransport:
    """The way to one CSMS for one identity, which is the server (J-3-01); satisfies ``runtime.core.ports.Transport``.

    ``password`` and ``tls`` are asked at each dial, so that a changed key or certificate counts from the next one on.
    ``interfaces``: the interfaces, and the local address from which each dials, empty for the system's choice.
    """

    endpoint: str
    identity: str
    password: Callable[[], bytes | None] = _no_password
    tls: Callable[[], ssl.SSLContext] = default_tls
    dial_timeout_s: float = DIAL_TIMEOUT_S
    close_timeout_s: float = CLOSE_TIMEOUT_S
    max_message_bytes: int = MAX_MESSAGE_BYTES
    interfaces: Mapping[NetworkInterface, str] = field(factory=_all_ways)
    tap: Callable[[Passed], None] = field(default=_nobody_looks, init=False)
    """Called for each frame that is submitted to the station, and for each that was handed to the socket."""
    _uri: WebSocketURI = field(init=False)
    _emit: Emit = field(default=_deaf, init=False)
    _link: Link | None = field(default=None, init=False)
    _ping_interval_s: int = field(default=0, init=False)
    _down: set[NetworkInterface] = field(factory=set, init=False)
    _connections: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Refuse an endpoint that cannot be dialled now, not at the first dial."""
        self._uri = parse_uri(connection_url(self.endpoint, self.identity))

    def subscribe(self, emit: Emit) -> None:
        """From now on call ``emit`` for everything that happens on the wire; interfaces that are down at once."""
        self._emit = emit
        for way in sorted(self._down):
            emit(InterfaceDown(way))

    def dial(self, interface: NetworkInterface = NetworkInterface.ETHERNET) -> None:
        """Open the websocket over an interface; answers LinkOpened or LinkFailed, once."""
        if self._link is not None and not self._link.over:
            raise RuntimeError(f"{self.endpoint}: dialled while a connection is open or being opened; hang up first")
        if interface in self._down or interface not in self.interfaces:
            self._emit_soon(LinkFailed(f"{interface} is down"))
            return
        self._link = Link(self, interface)
        self._link.start()

    def send(self, text: str) -> None:
        """Send one text frame at once; dropped silently where no connection is open."""
        if self._link is not None:
            self._link.send(text)

    def hang_up(self, reason: str) -> None:
        """Close with a close frame, and break off a dial under way."""
        if self._link is not None:
            self._link.hang_up(reason)

    def set_ping_interval(self, seconds: int) -> None:
        """Ping every so many seconds from now on, 0 for never; the interval in force goes on undisturbed."""
        if seconds == self._ping_interval_s:
            return
        self._ping_interval_s = seconds
        if self._link is not None:
            self._link.restart_pings(seconds)

    def set_network(self, up: bool, interface: NetworkInterface | None = None) -> None:
        """Pull the cable of that interface, or of each, out (its socket dies without a goodbye), or put it in."""
        for way in self.interfaces if interface is None else (interface,):
            self._set_way(way, up)

    def _set_way(self, way: NetworkInterface, up: bool) -> None:
        if up:
            self._down.discard(way)
        else:
            self._down.add(way)
        self._emit_soon(InterfaceUp(way) if up else InterfaceDown(way))
        if not up and self._link is not None and self._link.interface is way:
            self._link.drop(f"{way} is down")

    def _emit_soon(self, given: LinkInput) -> None:
        asyncio.get_running_loop().call_soon(self.emit, given)

    def new_protocol(self) -> ClientProtocol:
        """The library's side of a new connection: RFC 6455, no compression (J-2-01, J-3.1.3-01, J-5.1-01)."""
        return ClientProtocol(
            self._uri, subprotocols=[SUBPROTOCOL], max_size=self.max_message_bytes + HEADROOM, logger=_library_log
        )

    def next_connection(self) -> int:
        """The number of a websocket that has opened: 1 for the first since the start."""
        self._connections += 1
        return self._connections

    def credentials(self) -> str | None:
        """The Authorization header of the next dial (J-6.2.2-01, J-6.2.2-04)."""
        password = self.password()
        return None if password is None else basic_authorization(self.identity, password)

    def emit(self, given: LinkInput) -> None:
        """Hand an input to the subscriber."""
        self._emit(given)

    @property
    def ping_interval_s(self) -> int:
        """The ping interval of a connection that opens now."""
        return self._ping_interval_s
