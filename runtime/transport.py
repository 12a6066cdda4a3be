"""The websocket to the CSMS: the library's Sans-I/O protocol in a plain ``asyncio.Protocol``.

A frame takes one call each way. ``data_received`` feeds the library and tells the station at once; ``send`` has the
library write the frame and hands it to the socket. No task, queue or thread lies between; only a dial, which has to
wait for name resolution, TCP and TLS, is a task.

`WebsocketTransport` outlives its connections; one `_Link` is one dial and the connection that may come of it. Every
link ends exactly once, in ``_end``: a dial that came to nothing tells LinkFailed, an open connection LinkClosed, both
from the loop and never from inside a call of the host, which is in the middle of performing a step's effects.
What is heard after ``hang_up`` and before LinkClosed is still told; what is sent then is dropped.

A dial over an interface comes from that interface's local address; which network it then takes is the routing of the
system, which has to lead packets from that address out over that interface.

Bounds: a dial takes at most ``DIAL_TIMEOUT_S``; a message has at most ``max_message_bytes``, what is bigger is read
past and dropped (``runtime/frame_gate.py``), and so are binary messages and text that is not UTF-8, for the connection
has to live on (RFC 6455, 8.1 would fail it for the last); unsent bytes beyond ``MAX_UNSENT_BYTES`` mean a server that
does not read, and end the link; a close handshake is waited for ``CLOSE_TIMEOUT_S``. When to dial again is the
station's affair, not this file's. permessage-deflate is not offered: it triples the memory of a connection.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Final, cast

from attrs import define, field
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from model.station_file import WayOut
from runtime.endpoint import basic_authorization, connection_url, default_tls
from runtime.frame_gate import FrameGate
from runtime.ports import FrameReceived, InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkInput, LinkOpened

SUBPROTOCOL: Final = Subprotocol("ocpp1.6")
"""The one version that is offered (J-3.1.2-01, J-3.1.2-02)."""

DIAL_TIMEOUT_S: Final = 30.0
"""Name resolution, TCP, TLS and the opening handshake, all together."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long the other side may take to answer a close frame and to close the socket."""

MAX_PONG_WAIT_S: Final = 30.0
"""A pong has until the next ping is due, and never longer than this."""

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""The largest message that is taken; OCPP 1.6 has none that comes near it."""

MAX_UNSENT_BYTES: Final = 4 * 1024 * 1024
"""The most that may wait in the socket's write buffer."""

MAX_HEAD_BYTES: Final = 64 * 1024
"""The largest HTTP answer to a dial, headers included, bodies not read."""

MAX_REASON_BYTES: Final = 123
"""What a close frame has room for (RFC 6455, 5.5)."""

_END_OF_HEAD: Final = b"\r\n\r\n"

_log = logging.getLogger("provenpoint.transport")

_library_log = logging.getLogger("provenpoint.transport.websockets")
_library_log.setLevel(logging.INFO)  # at DEBUG the library would print the Authorization header

Tell = Callable[[LinkInput], None]


def _no_password() -> bytes | None:
    return None


def _all_ways() -> Mapping[WayOut, str]:
    return dict.fromkeys(WayOut, "")


def _deaf(_: LinkInput) -> None:
    """Nobody listens yet."""


@define(eq=False)
class WebsocketTransport:
    """The way to one CSMS for one identity, which is the server (J-3-01); satisfies ``runtime.ports.Transport``.

    ``password`` and ``tls`` are asked at each dial, so that a changed key or certificate counts from the next one on.
    ``ways_out``: the interfaces, and the local address from which each dials, empty for the system's choice.
    """

    endpoint: str
    identity: str
    password: Callable[[], bytes | None] = _no_password
    tls: Callable[[], ssl.SSLContext] = default_tls
    dial_timeout_s: float = DIAL_TIMEOUT_S
    close_timeout_s: float = CLOSE_TIMEOUT_S
    max_message_bytes: int = MAX_MESSAGE_BYTES
    ways_out: Mapping[WayOut, str] = field(factory=_all_ways)
    _uri: WebSocketURI = field(init=False)
    _tell: Tell = field(default=_deaf, init=False)
    _link: _Link | None = field(default=None, init=False)
    _ping_interval_s: int = field(default=0, init=False)
    _down: set[WayOut] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        """Refuse an endpoint that cannot be dialled now, not at the first dial."""
        self._uri = parse_uri(connection_url(self.endpoint, self.identity))

    def listen(self, tell: Tell) -> None:
        """From now on call ``tell`` for everything that happens on the wire; what is down is told at once."""
        self._tell = tell
        for way in sorted(self._down):
            tell(InterfaceDown(way))

    def dial(self, interface: WayOut = WayOut.ETHERNET) -> None:
        """Open the websocket over an interface; answers LinkOpened or LinkFailed, once."""
        if self._link is not None and not self._link.over:
            raise RuntimeError(f"{self.endpoint}: dialled while a connection is open or being opened; hang up first")
        if interface in self._down or interface not in self.ways_out:
            self._tell_soon(LinkFailed(f"{interface} is down"))
            return
        self._link = _Link(self, interface)
        self._link.start()

    def send(self, text: str) -> None:
        """Send one text frame at once; dropped without a word where no connection is open."""
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

    def set_network(self, up: bool, interface: WayOut | None = None) -> None:
        """Pull the cable of that interface, or of each, out (its socket dies without a goodbye), or put it in."""
        for way in self.ways_out if interface is None else (interface,):
            self._set_way(way, up)

    def _set_way(self, way: WayOut, up: bool) -> None:
        if up:
            self._down.discard(way)
        else:
            self._down.add(way)
        self._tell_soon(InterfaceUp(way) if up else InterfaceDown(way))
        if not up and self._link is not None and self._link.interface is way:
            self._link.drop(f"{way} is down")

    def _tell_soon(self, given: LinkInput) -> None:
        asyncio.get_running_loop().call_soon(self.tell, given)

    def new_protocol(self) -> ClientProtocol:
        """The library's side of a new connection: RFC 6455, no compression (J-2-01, J-3.1.3-01, J-5.1-01)."""
        return ClientProtocol(
            self._uri, subprotocols=[SUBPROTOCOL], max_size=self.max_message_bytes, logger=_library_log
        )

    def credentials(self) -> str | None:
        """The Authorization header of the next dial (J-6.2.2-01, J-6.2.2-04)."""
        password = self.password()
        return None if password is None else basic_authorization(self.identity, password)

    def tell(self, given: LinkInput) -> None:
        """Hand an input to whoever listens."""
        self._tell(given)

    @property
    def ping_interval_s(self) -> int:
        """The ping interval of a connection that opens now."""
        return self._ping_interval_s


class _Stage(enum.Enum):
    DIALLING = enum.auto()
    OPEN = enum.auto()
    OVER = enum.auto()


class _Link(asyncio.Protocol):
    """One dial and the connection that may come of it."""

    def __init__(self, owner: WebsocketTransport, interface: WayOut) -> None:
        self._owner, self.interface = owner, interface
        self._loop = asyncio.get_running_loop()
        self._stage = _Stage.DIALLING
        self._protocol = owner.new_protocol()
        self._gate = FrameGate(owner.max_message_bytes)
        self._head = bytearray()
        self._parts: bytearray | None = None
        self._hung_up: str | None = None
        self._socket: asyncio.Transport | None = None
        self._dial: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._pings = _Pings(self._loop, self._send_ping, self.drop)

    @property
    def over(self) -> bool:
        """Whether this link has ended and said so, or is about to."""
        return self._stage is _Stage.OVER

    # ---- dialling

    def start(self) -> None:
        """Begin the dial and its deadline."""
        limit_s = self._owner.dial_timeout_s
        self._deadline = self._loop.call_later(limit_s, self.drop, f"no websocket after {limit_s:g} s")
        self._dial = self._loop.create_task(self._connect(self._protocol.uri))

    async def _connect(self, uri: WebSocketURI) -> None:
        address = self._owner.ways_out[self.interface]
        local = (address, 0) if address else None
        try:
            self._ask()
            tls = self._owner.tls() if uri.secure else None
            await self._loop.create_connection(lambda: self, uri.host, uri.port, ssl=tls, local_addr=local)
        except ssl.SSLError as error:
            self._end(f"TLS: {getattr(error, 'verify_message', '') or error}")
        except (OSError, ValueError) as error:  # ValueError: a host name that IDNA cannot encode
            self._end(f"{uri.host}:{uri.port}{' from ' * bool(address)}{address}: {error}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP and TLS stand: ask for the websocket."""
        self._socket = cast("asyncio.Transport", transport)
        if self.over:
            self._socket.abort()
            return
        self._socket.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        self._socket.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._flush()

    def _ask(self) -> None:
        """Have the library hold the request ready, so that what is wrong with it is known before anybody is called."""
        request = self._protocol.connect()
        credentials = self._owner.credentials()
        if credentials is not None:
            request.headers["Authorization"] = credentials
        self._protocol.send_request(request)

    def _shake_hands(self, data: bytes) -> None:
        """Collect the head of the answer; what follows it in the same segment is frames already."""
        self._head += data
        end = self._head.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        if end < len(_END_OF_HEAD):
            if len(self._head) > MAX_HEAD_BYTES:
                self._end(f"the server's answer has a head of more than {MAX_HEAD_BYTES} bytes")
            return
        head, rest = bytes(self._head[:end]), bytes(self._head[end:])
        self._protocol.receive_data(head)
        self._protocol.events_received()
        refusal = self._refusal(head)
        if refusal is not None:
            self._end(refusal)
        else:
            self._open(rest)

    def _refusal(self, head: bytes) -> str | None:
        """Why this answer opens no OCPP connection; redirects are not followed (they may lead anywhere).

        Without the subprotocol that was offered there is none (J-3.2-04); with it, it holds throughout (J-3.2-05).
        """
        lines = head.decode("latin-1").split("\r\n")
        if lines[0].split(" ")[1:2] != ["101"]:
            location = next((f" ({line})" for line in lines if line.lower().startswith("location:")), "")
            return f"the server answered {lines[0]}{location}"
        if self._protocol.state is not State.OPEN:
            return f"the server's answer is no websocket handshake: {self._protocol.handshake_exc}"
        if self._protocol.subprotocol != SUBPROTOCOL:
            return f"the server agreed to no subprotocol; {SUBPROTOCOL} is required (OCPP-J 3.2)"
        return None

    def _open(self, rest: bytes) -> None:
        assert self._deadline is not None
        self._deadline.cancel()
        self._head.clear()
        self._stage = _Stage.OPEN
        self.restart_pings(self._owner.ping_interval_s)
        self._owner.tell(LinkOpened())
        if rest:
            self.data_received(rest)

    # ---- receiving

    def data_received(self, data: bytes) -> None:
        """Bytes from the server: frames for the station, or the answer to the dial.

        The library unframes and unmasks (J-2-02), and answers a ping by itself, whatever ours are (J-7-05).
        """
        if self._stage is _Stage.OPEN:
            for piece in self._gate.pass_on(data):
                self._protocol.receive_data(piece)
                for event in self._protocol.events_received():
                    self._take(cast("Frame", event))
            if self.over:
                return
            self._flush()
            if self._protocol.state is not State.OPEN:
                self._expect_end()
        elif self._stage is _Stage.DIALLING:
            self._shake_hands(data)

    def _take(self, frame: Frame) -> None:
        if self.over:
            return
        if frame.opcode is Opcode.TEXT and frame.fin and not self._gate.spoilt:
            self._deliver(frame.data)
        elif frame.opcode is Opcode.PONG:
            self._pings.answered(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._assemble(frame)

    def _assemble(self, frame: Frame) -> None:
        """Everything but a whole text message: its parts, and what is dropped."""
        if self._gate.spoilt:
            self._parts = None
            if frame.fin:
                _log.warning("dropped a message of more than %d bytes", self._owner.max_message_bytes)
        elif frame.opcode is Opcode.BINARY:
            _log.warning("dropped a binary message: OCPP-J has text only")
        elif frame.opcode is Opcode.TEXT:
            self._parts = bytearray(frame.data)
        elif self._parts is not None:
            self._parts += frame.data
            if frame.fin:
                message, self._parts = self._parts, None
                self._deliver(message)

    def _deliver(self, message: bytes | bytearray | memoryview) -> None:
        try:
            text = str(message, "utf-8")
        except UnicodeDecodeError as error:
            _log.warning("dropped a message that is not UTF-8: %s", error)
            return
        self._owner.tell(FrameReceived(text))

    # ---- sending

    def send(self, text: str) -> None:
        """Write one text frame to the socket, if the websocket is open."""
        if self._stage is _Stage.OPEN and self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode())
            self._flush()

    def _send_ping(self, payload: bytes) -> None:
        self._protocol.send_ping(payload)
        self._flush()

    def _flush(self) -> None:
        """Hand what the library wants written to the socket, which needs no end-of-stream mark (b"")."""
        assert self._socket is not None
        for data in self._protocol.data_to_send():
            if data:
                self._socket.write(data)

    def pause_writing(self) -> None:
        """The write buffer is over its bound."""
        self.drop(f"the server does not read: more than {MAX_UNSENT_BYTES} bytes unsent")

    def restart_pings(self, seconds: int) -> None:
        """Ping from now on every so many seconds, if the websocket is open."""
        if self._stage is _Stage.OPEN and self._protocol.state is State.OPEN:
            self._pings.restart(seconds)

    # ---- ending

    def hang_up(self, reason: str) -> None:
        """Send a close frame and wait for the server's, for a bounded time; break off a dial."""
        if self._stage is _Stage.DIALLING:
            self._end(f"hung up: {reason}")
        elif self._stage is _Stage.OPEN and self._protocol.state is State.OPEN:
            self._hung_up = f"hung up: {reason}"
            short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE, short)
            self._flush()
            self._expect_end()

    def _expect_end(self) -> None:
        """A close frame went out: the server closes the socket soon, or we do."""
        if self.over or (self._deadline is not None and not self._deadline.cancelled()):
            return
        self._pings.stop()
        self._deadline = self._loop.call_later(self._owner.close_timeout_s, self._end, None)

    def drop(self, reason: str) -> None:
        """The socket dies without a close frame."""
        self._end(reason)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._end(f"connection lost: {exc}" if exc else None)

    def _end(self, reason: str | None) -> None:
        """The one end of a link: free everything, and tell what is owed, from the loop."""
        if self.over:
            return
        verdict = LinkFailed if self._stage is _Stage.DIALLING else LinkClosed
        self._stage = _Stage.OVER
        self._release()
        self._loop.call_soon(self._owner.tell, verdict(reason or self._why()))

    def _release(self) -> None:
        self._pings.stop()
        if self._deadline is not None:
            self._deadline.cancel()
        if self._dial is not None:
            self._dial.cancel()
        if self._socket is not None:
            self._socket.abort()

    def _why(self) -> str:
        protocol = self._protocol
        if self._hung_up is not None:
            return self._hung_up
        if protocol.parser_exc is not None:
            return f"the server broke the protocol: {protocol.parser_exc}"
        if protocol.close_rcvd is not None:
            return f"the server closed: {protocol.close_rcvd}"
        return "connection lost without a close frame"


class _Pings:
    """Pings at an interval, and ends the link when one stays without its pong (JERR-3.9-01)."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], None], give_up: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._send = send
        self._give_up = give_up
        self._interval_s = 0
        self._count = 0
        self._next: asyncio.TimerHandle | None = None
        self._overdue: asyncio.TimerHandle | None = None

    def restart(self, seconds: int) -> None:
        """Forget a ping under way; the next one is one interval from now."""
        self.stop()
        self._interval_s = seconds
        if seconds > 0:
            self._next = self._loop.call_later(seconds, self._ping)

    def stop(self) -> None:
        """No more pings, and nothing overdue."""
        for timer in (self._next, self._overdue):
            if timer is not None:
                timer.cancel()
        self._next = self._overdue = None

    def answered(self, payload: bytes) -> None:
        """A pong came; only the one to the latest ping counts."""
        if self._overdue is not None and payload == self._payload():
            self._overdue.cancel()
            self._overdue = None

    def _payload(self) -> bytes:
        return self._count.to_bytes(4)

    def _ping(self) -> None:
        if self._overdue is not None:
            self._missed()
            return
        self._count += 1
        self._overdue = self._loop.call_later(min(self._interval_s, MAX_PONG_WAIT_S), self._missed)
        self._next = self._loop.call_later(self._interval_s, self._ping)
        self._send(self._payload())

    def _missed(self) -> None:
        self._give_up(f"no pong within {min(self._interval_s, MAX_PONG_WAIT_S):g} s of a ping")
