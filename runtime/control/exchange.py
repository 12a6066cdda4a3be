"""How long a request may take, and how many connections there may be: bounds that the HTTP server does not have.

The library closes a connection that stays silent *between* two requests, and no other. Here each exchange, from the
connection or the last answer to the next answer, has ``EXCHANGE_S``: who says nothing, dribbles a header or a body, or
does not read his answer, is cut off. One connection too many costs the one that has been idle for longest, so that
a client that only holds connections open keeps no other out.

The number of connections leaves descriptors for the station's own files and its way to the CSMS.
"""

from __future__ import annotations

import asyncio
import resource
from typing import TYPE_CHECKING, Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

EXCHANGE_S: Final = 10.0
"""A request and its answer, and the silence before it."""

GOODBYE_S: Final = 3.0
"""After the close frame to a listener; one that does not read cannot answer it."""

MAX_CONNECTIONS: Final = 64
FEWEST_CONNECTIONS: Final = 4
KEPT_BACK: Final = 64
"""Descriptors that are not for the control interface: the store, the box, the link, what is accepted at a time."""


def most_connections() -> int:
    """How many connections the limit of descriptors of this process has space for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(FEWEST_CONNECTIONS, min(MAX_CONNECTIONS, soft - KEPT_BACK))


class Exchange(H11Protocol):
    """One connection, with a deadline."""

    most: Final = most_connections()
    idle_since_s: float = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library's
        """Somebody is here: his time runs, and the idlest gives way where there are too many."""
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > self.most:
            idle = [one for one in self.connections if isinstance(one, Exchange) and one is not self and one.idle]
            min(idle, key=lambda one: one.idle_since_s, default=self).cut_off()

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # the library starts with None, and does not say so
        return cycle is None or cycle.response_complete

    def cut_off(self) -> None:
        """The end, at once; it no longer counts."""
        self.connections.discard(self)
        self.transport.abort()

    def on_response_complete(self) -> None:
        """The next exchange begins."""
        self._begin()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A listener takes over; he has bounds of his own."""
        self._cancel()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._cancel()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._cancel()
        self.idle_since_s = self.loop.time()
        self._deadline = self.loop.call_later(EXCHANGE_S, self.cut_off)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()


class Listener(WebSocketsSansIOProtocol):
    """A WebSocket that ends when it is closed, though the other side may not read."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send; behind a close frame the socket has a bounded time, whether the frame gets out or not."""
        if message["type"] == "websocket.close":
            self.loop.call_later(GOODBYE_S, self.transport.abort)
        await super().send(message)

    def keepalive_timeout(self) -> None:
        """No pong: what waits to be read will not be."""
        super().keepalive_timeout()
        cast("Any", self.transport).abort()
