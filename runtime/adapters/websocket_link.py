"""One dial, and the connection that may come of it: the library's Sans-I/O protocol in a plain ``asyncio.Protocol``.

A frame takes one call each way. ``data_received`` feeds the library and emits at once; ``send`` has the
library write the frame and hands it to the socket. No task or thread lies between; only a dial, which has to wait for
name resolution, TCP and TLS, is a task. Where one read brings several frames, each gets a turn of the loop
(``runtime/adapters/link_inbox.py``); while too much waits there, the socket is not read, and no ping is sent or missed.
What one read brought is taken apart some frames a turn (``frame_gate.MOST_FRAMES``), and no more is read meanwhile.

Every link ends exactly once, in ``_end``: a dial that failed emits LinkFailed, an open connection LinkClosed,
both from the loop and never from inside a call of the host, which is in the middle of performing a step's effects.
What is received after ``hang_up`` and before LinkClosed is still emitted; what is sent then is dropped.

Bounds: a dial and a close handshake take at most what the transport says; a message has at most ``max_message_bytes``,
what is bigger is read past and dropped (``runtime/adapters/frame_gate.py``), and so are binary messages and text that
is not UTF-8, for the connection has to live on (RFC 6455, 8.1 would fail it for the last); unsent bytes beyond
``MAX_UNSENT_BYTES`` mean a server that does not read, and end the link.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import socket
import ssl
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol, cast

from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from model.station_file import NetworkInterface
from runtime.adapters.frame_gate import FrameGate
from runtime.adapters.frame_tap import Passed
from runtime.adapters.link_inbox import LinkInbox
from runtime.adapters.pings import Pings
from runtime.core.inputs import FrameReceived, LinkClosed, LinkFailed, LinkInput, LinkOpened, PongReceived

SUBPROTOCOL: Final = Subprotocol("ocpp1.6")
"""The one version that is offered (J-3.1.2-01, J-3.1.2-02)."""

MAX_UNSENT_BYTES: Final = 4 * 1024 * 1024
"""The most that may wait in the socket's write buffer."""

MAX_HEAD_BYTES: Final = 64 * 1024
"""The largest HTTP answer to a dial, headers included, bodies not read."""

MAX_REASON_BYTES: Final = 123
"""What a close frame has space for (RFC 6455, 5.5)."""

_END_OF_HEAD: Final = b"\r\n\r\n"

_log = logging.getLogger("provenpoint.transport")


class _Stage(enum.Enum):
    DIALLING = enum.auto()
    OPEN = enum.auto()
    OVER = enum.auto()


class LinkOwner(Protocol):
    """What a link asks of the transport that made it; what may change is asked when it is needed."""

    max_message_bytes: int
    dial_timeout_s: float
    close_timeout_s: float
    interfaces: Mapping[NetworkInterface, str]
    """The local address from which each interface dials, empty for the system's choice."""

    @property
    def tap(self) -> Callable[[Passed], None]:
        """Called for each frame that is given to the station, and for each that was handed to the socket."""

    @property
    def tls(self) -> Callable[[], ssl.SSLContext]:
        """Gives the TLS settings of a dial."""

    @property
    def ping_interval_s(self) -> int:
        """The ping interval of a connection that opens now."""

    def new_protocol(self) -> ClientProtocol:
        """The library's side of a new connection."""

    def next_connection(self) -> int:
        """The number of a websocket that has opened."""

    def credentials(self) -> str | None:
        """The Authorization header of a dial."""

    def emit(self, given: LinkInput) -> None:
        """Hand an input to the station."""


class Link(asyncio.Protocol):
    """One dial and the connection that may come of it."""

    def __init__(self, owner: LinkOwner, interface: NetworkInterface) -> None:
        self._owner, self.interface = owner, interface
        self._loop = asyncio.get_running_loop()
        self._stage = _Stage.DIALLING
        self._protocol = owner.new_protocol()
        self._gate = FrameGate(owner.max_message_bytes)
        self._inbox = LinkInbox(self._emit, self._read_on)
        self._connection = 0
        self._paused = self._crowded = False
        """Whether the socket is not read, and whether that is because the station has enough before it."""
        self._reads: deque[bytes] = deque()
        """What was read and is not taken apart yet: TLS may hand over more than one after it was asked to pause."""
        self._pieces: Iterator[bytes] = iter(())
        self._piece: bytes | None = None
        """The piece of it that comes next."""
        self._head = bytearray()
        self._parts: bytearray | None = None
        self._hung_up: str | None = None
        self._socket: asyncio.Transport | None = None
        self._dial: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._pings = Pings(self._loop, self._send_ping, self._pong, self.drop)

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
        address = self._owner.interfaces[self.interface]
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
        """Have the library hold the request ready, so that what is wrong with it is known before the dial."""
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
        self._connection = self._owner.next_connection()
        self.restart_pings(self._owner.ping_interval_s)
        self._owner.emit(LinkOpened())
        if rest:
            self.data_received(rest)

    # ---- receiving

    def data_received(self, data: bytes) -> None:
        """Bytes from the server: frames for the station, or the answer to the dial.

        The library unframes and unmasks (J-2-02), and answers a ping by itself, whatever ours are (J-7-05).
        """
        if self._stage is _Stage.OPEN:
            self._reads.append(data)
            if len(self._reads) == 1:
                self._inbox.new_read()
                self._pieces = self._apart()
                self._piece = next(self._pieces, None)
                self._take_piece()
        elif self._stage is _Stage.DIALLING:
            self._shake_hands(data)

    def _apart(self) -> Iterator[bytes]:
        while self._reads:
            yield from self._gate.pass_on(self._reads[0])
            self._reads.popleft()

    def _take_piece(self) -> None:
        """Take one piece; what comes behind it has turns of its own."""
        if self._piece is None or self.over:
            return
        self._unframe(self._piece)
        if not self.over:
            self._piece = next(self._pieces, None)
            self._go_on()

    def _go_on(self) -> None:
        """The next piece in another turn, or the next read; neither while the station has enough before it.

        TCP then slows the server down.
        """
        assert self._socket is not None
        if self._inbox.crowded:
            self._crowded = True
            self._pings.stop()  # whoever does not read hears no pong
        elif self._piece is not None:
            self._loop.call_soon(self._take_piece)
        reading = self._piece is None and not self._crowded
        if reading is self._paused:
            self._paused = not reading
            (self._socket.resume_reading if reading else self._socket.pause_reading)()

    def _read_on(self) -> None:
        """Nothing waits for the station any more."""
        if self._crowded and not self.over:
            self._crowded = False
            self._go_on()
            self.restart_pings(self._owner.ping_interval_s)

    def _unframe(self, piece: bytes) -> None:
        self._tell_dropped()
        self._protocol.receive_data(piece)
        for event in self._protocol.events_received():
            self._take(cast("Frame", event))
        self._tell_dropped()
        if self.over:
            return
        self._flush()
        if self._protocol.state is not State.OPEN:
            self._expect_end()

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

    def _tell_dropped(self) -> None:
        """What was dropped may have been a call, and its beginning says which."""
        for beginning in self._gate.beginnings():
            with contextlib.suppress(UnicodeDecodeError):  # but for a character that is cut at the end
                self._inbox.put(FrameReceived(getincrementaldecoder("utf-8")().decode(beginning), whole=False))

    def _deliver(self, message: bytes | bytearray | memoryview) -> None:
        try:
            text = str(message, "utf-8")
        except UnicodeDecodeError as error:
            _log.warning("dropped a message that is not UTF-8: %s", error)
            return
        self._inbox.put(FrameReceived(text))

    def _emit(self, given: LinkInput) -> None:
        if isinstance(given, FrameReceived):
            self._owner.tap(Passed("in", self._connection, given.text))
        self._owner.emit(given)

    # ---- sending

    def send(self, text: str) -> None:
        """Write one text frame to the socket, if the websocket is open."""
        if self._stage is _Stage.OPEN and self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode())
            self._flush()
            self._owner.tap(Passed("out", self._connection, text))
            self._pings.sent()

    def _send_ping(self, payload: bytes) -> None:
        self._protocol.send_ping(payload)
        self._flush()

    def _pong(self) -> None:
        self._inbox.put(PongReceived())

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
        if self._stage is _Stage.OPEN and self._protocol.state is State.OPEN and not self._crowded:
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
        """The one end of a link: free everything, and emit what is owed, from the loop."""
        if self.over:
            return
        why, said = reason or self._why(), self._protocol.close_rcvd
        too_long = said is not None and said.code == CloseCode.MESSAGE_TOO_BIG
        ours = self._hung_up is not None and reason is None
        ended = LinkFailed(why) if self._stage is _Stage.DIALLING else LinkClosed(why, too_long, ours)
        self._stage = _Stage.OVER
        self._release()
        self._inbox.put_last(ended)

    def _release(self) -> None:
        self._reads.clear()
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
