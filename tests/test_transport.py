"""The websocket to the CSMS, against real servers on loopback: the library's own, and raw sockets that misbehave.

Each scenario runs on asyncio's loop and on uvloop, which the station uses. Every wait is bounded.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import ipaddress
import itertools
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import pytest
import uvloop
from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from model.station_file import WayOut
from runtime.backoff import BASE_S, CAP_S, Backoff
from runtime.endpoint import BadEndpoint, basic_authorization, connection_url, default_tls
from runtime.frame_gate import FrameGate
from runtime.ports import FrameReceived, InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkInput, LinkOpened
from runtime.transport import MAX_MESSAGE_BYTES, MAX_UNSENT_BYTES, WebsocketTransport
from tests.covering import covers

PATIENCE_S: Final = 10.0
QUIET_S: Final = 0.05
OCPP: Final = [Subprotocol("ocpp1.6")]

_Input = TypeVar("_Input", bound=LinkInput)
Run = Callable[[Coroutine[None, None, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a scenario on one of the loops."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def runs(scenario: Coroutine[None, None, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(asyncio.wait_for(scenario, 3 * PATIENCE_S))

    return runs


@define(eq=False)
class Ear:
    """Hears what the transport tells, and lets a scenario wait for it."""

    heard: list[LinkInput] = field(factory=list)
    _read: int = 0
    _news: asyncio.Event = field(factory=asyncio.Event)

    def tell(self, given: LinkInput) -> None:
        self.heard.append(given)
        self._news.set()

    async def next(self, kind: type[_Input]) -> _Input:
        """The next input, which has to be of this kind; cables that are pulled out on the way are passed over."""
        given = await self._next()
        while isinstance(given, InterfaceDown) and kind is not InterfaceDown:
            given = await self._next()
        assert isinstance(given, kind), f"heard {given} where a {kind.__name__} was due"
        return given

    async def _next(self) -> LinkInput:
        while self._read == len(self.heard):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE_S)
        self._read += 1
        return self.heard[self._read - 1]

    async def silence(self) -> None:
        """Nothing more is heard for a moment."""
        await asyncio.sleep(QUIET_S)
        assert len(self.heard) == self._read, self.heard[self._read :]


def _listening(transport: WebsocketTransport) -> Ear:
    ear = Ear()
    transport.listen(ear.tell)
    return ear


def _transport(port: int, **changes: float) -> WebsocketTransport:
    return WebsocketTransport(f"ws://127.0.0.1:{port}/ocpp", "CP001", **changes)  # type: ignore[arg-type]


# ---- servers ---------------------------------------------------------------------------------------------


@define(eq=False)
class Csms:
    """A real websocket server that keeps its connections for the scenario to use."""

    port: int = 0
    arrivals: asyncio.Queue[ServerConnection] = field(factory=asyncio.Queue)

    async def arrival(self) -> ServerConnection:
        return await asyncio.wait_for(self.arrivals.get(), PATIENCE_S)


@asynccontextmanager
async def _csms(
    subprotocols: list[Subprotocol] | None = OCPP, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Csms]:
    csms = Csms()

    async def keep(connection: ServerConnection) -> None:
        csms.arrivals.put_nowait(connection)
        await connection.wait_closed()

    async with serve(keep, "127.0.0.1", 0, subprotocols=subprotocols, ssl=tls, ping_interval=None) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms


Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _raw(conversation: Conversation) -> AsyncIterator[int]:
    """A server that does with the socket what the scenario says, and closes it afterwards."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _switching(request: bytes, subprotocol: bytes = b"ocpp1.6") -> bytes:
    """The answer that RFC 6455 wants to this upgrade request."""
    key = next(line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: " + subprotocol + b"\r\n\r\n"


async def _accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, then: bytes = b"") -> None:
    """Accept the upgrade, with frames in the same segment."""
    writer.write(_switching(await reader.readuntil(b"\r\n\r\n")) + then)
    await writer.drain()


def _frame(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


# ---- opening ---------------------------------------------------------------------------------------------


@covers("J-3-01", "J-3.1-01", "J-3.2-05")
def test_a_dial_opens_and_frames_go_both_ways_in_order(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            server = await csms.arrival()
            for number in range(3):
                transport.send(f"[2,{number}]")
            assert [await server.recv() for _ in range(3)] == ["[2,0]", "[2,1]", "[2,2]"]
            for number in range(3):
                await server.send(f"[3,{number},é]")
            assert [(await ear.next(FrameReceived)).text for _ in range(3)] == [f"[3,{n},é]" for n in range(3)]
            transport.hang_up("done")
            await ear.next(LinkClosed)
            await ear.silence()

    run(scenario())


@covers("J-3.1.1-06", "J-3.1.1-07", "J-3.1.2-01", "J-3.1.2-02", "J-3.1.3-01", "J-5.1-01")
def test_the_request_names_path_subprotocol_and_no_extension(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp/v16/?tenant=7", "RDAM 1/2")
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            request = (await csms.arrival()).request
            assert request is not None
            assert request.path == "/ocpp/v16/RDAM%201%2F2?tenant=7"
            assert request.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
            assert "Sec-WebSocket-Extensions" not in request.headers
            assert "Authorization" not in request.headers
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


@covers("J-6.2.2-02", "J-6.2.2-03", "J-6.2.2-04")
def test_basic_authentication_carries_the_bytes_of_the_key_of_the_moment(run: Run) -> None:
    keys = iter([bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"), b"\x80" * 16])

    async def scenario() -> None:
        async with _csms() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}", "AL1000", password=lambda: next(keys))
            ear = _listening(transport)
            for expected in ("Basic QUwxMDAwOgABAgMEBQYH////////////////", basic_authorization("AL1000", b"\x80" * 16)):
                transport.dial()
                await ear.next(LinkOpened)
                request = (await csms.arrival()).request
                assert request is not None
                assert request.headers["Authorization"] == expected
                transport.hang_up("next key")
                await ear.next(LinkClosed)

    run(scenario())


def test_frames_in_the_same_segment_as_the_handshake_are_heard_after_it(run: Run) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer, then=_frame(Opcode.TEXT, b"[1]") + _frame(Opcode.TEXT, b"[2]"))
        await reader.read()

    async def scenario() -> None:
        async with _raw(greet) as port:
            transport = _transport(port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            assert (await ear.next(FrameReceived)).text == "[1]"
            assert (await ear.next(FrameReceived)).text == "[2]"
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_a_handshake_that_comes_byte_by_byte_opens(run: Run) -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = _switching(await reader.readuntil(b"\r\n\r\n")) + _frame(Opcode.TEXT, b"[1]")
        for byte in answer:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        await reader.read()

    async def scenario() -> None:
        async with _raw(dribble) as port:
            transport = _transport(port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            assert (await ear.next(FrameReceived)).text == "[1]"
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_dialling_twice_is_a_mistake_of_the_caller(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            with pytest.raises(RuntimeError, match="hang up first"):
                transport.dial()
            await ear.next(LinkOpened)
            transport.hang_up("done")
            await ear.next(LinkClosed)
            await ear.silence()

    run(scenario())


# ---- dials that come to nothing ------------------------------------------------------------------------------


async def _fails(port: int, **changes: float) -> str:
    transport = _transport(port, **changes)
    ear = _listening(transport)
    transport.dial()
    reason = (await ear.next(LinkFailed)).reason
    await ear.silence()
    return reason


def _answer(text: bytes) -> Conversation:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()
        await reader.read()

    return answer


def test_a_server_that_refuses_connections_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        async with _raw(_answer(b"")) as port:
            pass
        assert f"127.0.0.1:{port}" in await _fails(port)

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found", "HTTP/1.1 404 Not Found"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "HTTP/1.1 401 Unauthorized"),
        (b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 503 Busy"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\n\r\n", "302 Found (Location: ws://elsewhere/)"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "SSH-2.0"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "no websocket handshake"),
        (b"x" * 100_000, "head of more than"),
    ],
    ids=["404", "401", "503", "redirect", "200", "ssh", "half a handshake", "endless head"],
)
def test_any_other_answer_fails_the_dial_and_says_why(run: Run, answer: bytes, reason: str) -> None:
    async def scenario() -> None:
        async with _raw(_answer(answer)) as port:
            assert reason in await _fails(port)

    run(scenario())


@covers("J-3.2-02")
def test_a_refusal_by_a_real_server_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        async with serve(
            lambda connection: connection.wait_closed(),
            "127.0.0.1",
            0,
            process_request=lambda connection, _: connection.respond(404, "unknown charge point\n"),
        ) as server:
            assert "404" in await _fails(next(iter(server.sockets)).getsockname()[1])

    run(scenario())


@pytest.mark.parametrize("subprotocols", [None, [Subprotocol("ocpp1.6")]])
@covers("J-3.2-04")
def test_without_the_subprotocol_agreed_nothing_is_sent(run: Run, subprotocols: list[Subprotocol] | None) -> None:
    agreed = subprotocols is not None

    async def scenario() -> None:
        async with _csms(subprotocols) as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            if agreed:
                await ear.next(LinkOpened)
            else:
                assert "ocpp1.6 is required" in (await ear.next(LinkFailed)).reason
            transport.send('[2,"1","BootNotification",{}]')
            server = await csms.arrival()
            transport.set_network(up=False)
            received: list[str | bytes] = []
            try:
                while True:
                    received.append(await asyncio.wait_for(server.recv(), PATIENCE_S))
            except ConnectionClosed:
                pass
            assert bool(received) == agreed

    run(scenario())


@covers("J-3.2-04")
def test_a_subprotocol_that_was_not_offered_fails_the_dial(run: Run) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_switching(await reader.readuntil(b"\r\n\r\n"), subprotocol=b"ocpp2.0.1"))
        await reader.read()

    async def scenario() -> None:
        async with _raw(other) as port:
            assert "unsupported subprotocol: ocpp2.0.1" in await _fails(port)

    run(scenario())


def test_a_server_that_accepts_and_says_nothing_fails_the_dial_in_bounded_time(run: Run) -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with _raw(mute) as port:
            assert "no websocket after 0.2 s" in await _fails(port, dial_timeout_s=0.2)

    run(scenario())


def test_a_socket_closed_in_mid_handshake_fails_the_dial(run: Run) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Swit")

    async def scenario() -> None:
        async with _raw(leave) as port:
            assert "connection lost" in await _fails(port)

    run(scenario())


def test_hanging_up_breaks_off_a_dial(run: Run) -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with _raw(mute) as port:
            transport = _transport(port)
            ear = _listening(transport)
            transport.dial()
            await asyncio.sleep(QUIET_S)
            transport.hang_up("shutting down")
            assert ear.heard == [], "told from inside a call of the host"
            assert (await ear.next(LinkFailed)).reason == "hung up: shutting down"
            await ear.silence()

    run(scenario())


def test_a_name_that_cannot_be_resolved_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        transport = WebsocketTransport("ws://no-such-host.invalid/ocpp", "CP001")
        ear = _listening(transport)
        transport.dial()
        assert "no-such-host.invalid" in (await ear.next(LinkFailed)).reason

    run(scenario())


# ---- TLS -------------------------------------------------------------------------------------------------


def _certificate(directory: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "csms")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "csms.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _server_tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@covers("J-6.2.1-01")
def test_over_tls_frames_go_both_ways_and_the_link_closes_cleanly(run: Run, tmp_path: Path) -> None:
    pem = _certificate(tmp_path)

    async def scenario() -> None:
        async with _csms(tls=_server_tls(pem)) as csms:
            transport = WebsocketTransport(
                f"wss://127.0.0.1:{csms.port}", "CP001", tls=lambda: ssl.create_default_context(cafile=pem)
            )
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            server = await csms.arrival()
            transport.send("[2]" + " " * 200_000)
            assert len(await server.recv()) == 200_003
            await server.send("[3]" + " " * 200_000)
            assert len((await ear.next(FrameReceived)).text) == 200_003
            transport.hang_up("done")
            assert (await ear.next(LinkClosed)).reason == "hung up: done"
            await ear.silence()

    run(scenario())


def test_a_certificate_that_nobody_trusts_fails_the_dial(run: Run, tmp_path: Path) -> None:
    pem = _certificate(tmp_path)

    async def scenario() -> None:
        async with _csms(tls=_server_tls(pem)) as csms:
            transport = WebsocketTransport(f"wss://127.0.0.1:{csms.port}", "CP001")
            ear = _listening(transport)
            transport.dial()
            assert (await ear.next(LinkFailed)).reason == "TLS: self-signed certificate"
            await ear.silence()

    run(scenario())


def test_tls_below_1_2_is_not_spoken() -> None:
    assert default_tls().minimum_version >= ssl.TLSVersion.TLSv1_2
    assert default_tls().check_hostname


# ---- what is heard --------------------------------------------------------------------------------------------


def _sending(*data: bytes) -> Conversation:
    """Accept, send these bytes, and read until the station goes."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer)
        for part in data:
            writer.write(part)
            await writer.drain()
        await reader.read()

    return send


async def _hears(conversation: Conversation, *expected: str) -> None:
    """The frames that the station hears, after which the link is still alive."""
    async with _raw(conversation) as port:
        transport = _transport(port)
        ear = _listening(transport)
        transport.dial()
        await ear.next(LinkOpened)
        for text in expected:
            assert (await ear.next(FrameReceived)).text == text
        await ear.silence()
        transport.set_network(up=False)
        await ear.next(LinkClosed)


def test_a_fragmented_message_is_put_together_with_a_ping_in_between(run: Run) -> None:
    euro = "€".encode()
    run(
        _hears(
            _sending(
                _frame(Opcode.TEXT, b"[3," + euro[:1], fin=False),
                _frame(Opcode.PING, b"there?"),
                _frame(Opcode.CONT, euro[1:], fin=False) + _frame(Opcode.CONT, b"", fin=False),
                _frame(Opcode.CONT, b"]"),
                _frame(Opcode.TEXT, b"[4]"),
            ),
            "[3,€]",
            "[4]",
        )
    )


def test_a_message_at_the_limit_is_heard(run: Run) -> None:
    text = "x" * MAX_MESSAGE_BYTES
    run(_hears(_sending(_frame(Opcode.TEXT, text.encode())), text))


def test_a_message_of_ten_megabytes_is_dropped_and_the_connection_lives_on(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    huge = _frame(Opcode.TEXT, b"[" + b" " * 10_000_000 + b"]")
    run(_hears(_sending(_frame(Opcode.TEXT, b"[1]") + huge + _frame(Opcode.TEXT, b"[2]")), "[1]", "[2]"))
    assert [record.levelno for record in caplog.records if "dropped a message of more" in record.message] == [
        logging.WARNING
    ]


def test_a_message_too_big_in_fragments_is_dropped_and_the_connection_lives_on(run: Run) -> None:
    half = b" " * (MAX_MESSAGE_BYTES * 2 // 3)
    run(
        _hears(
            _sending(
                _frame(Opcode.TEXT, half, fin=False),
                _frame(Opcode.CONT, half, fin=False),
                _frame(Opcode.PING, b""),
                _frame(Opcode.CONT, b"[]"),
                _frame(Opcode.TEXT, b"[2]"),
            ),
            "[2]",
        )
    )


def test_binary_messages_and_text_that_is_not_utf8_are_dropped_and_the_connection_lives_on(run: Run) -> None:
    run(
        _hears(
            _sending(
                _frame(Opcode.BINARY, b"[1]"),
                _frame(Opcode.BINARY, b"[1", fin=False) + _frame(Opcode.CONT, b"]"),
                _frame(Opcode.TEXT, b"\xff[1]"),
                _frame(Opcode.TEXT, b"[2]"),
            ),
            "[2]",
        )
    )


def test_a_server_that_breaks_the_websocket_protocol_loses_the_link(run: Run) -> None:
    async def scenario() -> None:
        async with _raw(_sending(Frame(Opcode.TEXT, b"[1]").serialize(mask=True))) as port:
            transport = _transport(port, close_timeout_s=0.2)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            assert "broke the protocol" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())


@covers("J-7-05")
def test_a_ping_of_the_server_is_answered_with_its_payload(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            server = await csms.arrival()
            await asyncio.wait_for(await server.ping(b"are you there"), PATIENCE_S)
            transport.hang_up("done")
            await ear.next(LinkClosed)

    run(scenario())


# ---- half-open sockets ----------------------------------------------------------------------------------------


@covers("JERR-3.9-01")
def test_a_server_that_stops_answering_pings_loses_the_link_within_two_intervals(run: Run) -> None:
    async def scenario() -> None:
        async with _raw(_sending()) as port:
            transport = _transport(port)
            transport.set_ping_interval(1)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            began = time.monotonic()
            assert "no pong within 1 s" in (await ear.next(LinkClosed)).reason
            assert 1.5 < time.monotonic() - began < 4
            await ear.silence()

    run(scenario())


@covers("J-7-02", "J-7-03")
def test_answered_pings_keep_the_link_and_an_interval_of_zero_ends_them(run: Run) -> None:
    pings: list[bytes] = []

    async def pong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer)
        while True:
            head = await reader.readexactly(2)
            masked = await reader.readexactly(4 + (head[1] & 0x7F))
            payload = bytes(byte ^ masked[at % 4] for at, byte in enumerate(masked[4:]))
            if head[0] & 0x0F == Opcode.PING:
                pings.append(payload)
                writer.write(_frame(Opcode.PONG, b"unsolicited") + _frame(Opcode.PONG, payload))

    async def scenario() -> None:
        async with _raw(pong) as port:
            transport = _transport(port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            transport.set_ping_interval(1)
            await asyncio.sleep(2.5)
            transport.set_ping_interval(0)
            await asyncio.sleep(1.2)
            assert len(pings) == 2
            assert len(set(pings)) == 2
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_a_server_that_does_not_read_loses_the_link_before_memory_is_lost(run: Run) -> None:
    async def stuff(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(PATIENCE_S)

    async def scenario() -> None:
        async with _raw(stuff) as port:
            transport = _transport(port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            for _ in range(5 * MAX_UNSENT_BYTES // 100_000):
                transport.send("x" * 100_000)
            assert "does not read" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())


# ---- closing --------------------------------------------------------------------------------------------------


def test_a_close_by_the_server_is_told_once_with_its_reason(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            await (await csms.arrival()).close(1001, "maintenance")
            assert "1001 (going away) maintenance" in (await ear.next(LinkClosed)).reason
            transport.send("[2]")
            await ear.silence()

    run(scenario())


def test_a_socket_that_dies_is_told_once_and_can_be_dialled_again(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            for _ in range(2):
                transport.dial()
                await ear.next(LinkOpened)
                (await csms.arrival()).transport.abort()
                assert "connection lost" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())


def test_hanging_up_sends_a_close_frame_with_the_reason(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            server = await csms.arrival()
            transport.hang_up("ä" * 200)
            transport.send("too late")
            await ear.next(LinkClosed)
            await asyncio.wait_for(server.wait_closed(), PATIENCE_S)
            assert (server.close_code, server.close_reason) == (1000, "ä" * 61)
            await ear.silence()

    run(scenario())


def test_a_server_that_ignores_the_close_frame_is_waited_for_in_bounded_time(run: Run) -> None:
    async def scenario() -> None:
        async with _raw(_sending()) as port:
            transport = _transport(port, close_timeout_s=0.2)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            transport.hang_up("done")
            transport.hang_up("again")
            assert (await ear.next(LinkClosed)).reason == "hung up: done"
            await ear.silence()

    run(scenario())


def test_the_cable_pulled_out_kills_the_socket_and_put_back_it_can_be_dialled(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            server = await csms.arrival()
            transport.set_network(False, WayOut.ETHERNET)
            assert ear.heard == [LinkOpened()], "told from inside a call of the host"
            transport.set_network(True, WayOut.ETHERNET)
            assert (await ear.next(InterfaceDown)).interface is WayOut.ETHERNET
            assert (await ear.next(LinkClosed)).reason == "Ethernet is down"
            assert (await ear.next(InterfaceUp)).interface is WayOut.ETHERNET
            await asyncio.wait_for(server.wait_closed(), PATIENCE_S)
            assert server.close_code == 1006, "a close frame was sent"

            transport.set_network(False, WayOut.ETHERNET)
            transport.dial()
            assert (await ear.next(LinkFailed)).reason == "Ethernet is down"
            transport.set_network(True, WayOut.ETHERNET)
            await ear.next(InterfaceUp)
            transport.dial()
            await ear.next(LinkOpened)
            transport.hang_up("done")
            await ear.next(LinkClosed)
            await ear.silence()

    run(scenario())


def test_the_cable_pulled_out_in_mid_dial_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            transport = _transport(csms.port)
            ear = _listening(transport)
            transport.dial()
            transport.set_network(False, WayOut.ETHERNET)
            assert (await ear.next(LinkFailed)).reason == "Ethernet is down"
            await ear.silence()

    run(scenario())


def test_each_interface_dials_from_its_own_address_and_loses_only_its_own_socket(run: Run) -> None:
    ways = {WayOut.ETHERNET: "127.0.0.2", WayOut.MODEM: "127.0.0.3"}

    async def scenario() -> None:
        async with _csms() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp", "CP001", ways_out=ways)
            ear = _listening(transport)
            for way, address in ways.items():
                transport.dial(way)
                await ear.next(LinkOpened)
                assert (await csms.arrival()).remote_address[0] == address
                transport.set_network(False, next(other for other in ways if other is not way))
                assert (await ear.next(InterfaceDown)).interface is not way
                await ear.silence()
                transport.set_network(False, way)
                assert (await ear.next(LinkClosed)).reason == f"{way} is down"
                transport.set_network(True)
                assert {(await ear.next(InterfaceUp)).interface for _ in ways} == set(ways)

    run(scenario())


def test_an_interface_that_the_box_does_not_have_or_an_address_that_is_not_its_own_opens_nothing(run: Run) -> None:
    async def scenario() -> None:
        async with _csms() as csms:
            ways = {WayOut.ETHERNET: "192.0.2.1"}
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp", "CP001", ways_out=ways)
            ear = _listening(transport)
            transport.dial(WayOut.MODEM)
            assert (await ear.next(LinkFailed)).reason == "MobileNetwork is down"
            transport.dial(WayOut.ETHERNET)
            assert "192.0.2.1" in (await ear.next(LinkFailed)).reason

    run(scenario())


def test_the_key_is_never_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario() -> None:
        async with _csms() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}", "CP001", password=lambda: b"secret" * 3)
            ear = _listening(transport)
            transport.dial()
            await ear.next(LinkOpened)
            transport.hang_up("done")
            await ear.next(LinkClosed)

    run(scenario())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("provenpoint")]
    assert not [line for line in ours if "Authorization" in line or "Basic" in line]


# ---- the gate, against the library alone ---------------------------------------------------------------------

_LIMIT: Final = 300

_messages = st.lists(st.binary(max_size=400), min_size=1, max_size=3)


def _bytes_of(message: list[bytes], ping: bool) -> bytes:
    """A message in fragments, perhaps with a ping after each."""
    frames = b""
    for number, part in enumerate(message):
        opcode = Opcode.CONT if number else Opcode.TEXT
        frames += _frame(opcode, part, fin=number == len(message) - 1)
        frames += _frame(Opcode.PING, b"p") if ping else b""
    return frames


def _through_the_gate(stream: bytes, cuts: list[int]) -> tuple[list[bytes], int, bool]:
    """Whole messages, the number of pings, and whether the library is content."""
    gate = FrameGate(_LIMIT)
    library = ClientProtocol(parse_uri("ws://h/"), state=State.OPEN, max_size=_LIMIT)
    messages: list[bytes] = []
    message: bytes | None = None
    pings = 0
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        for piece in gate.pass_on(stream[start:end]):
            library.receive_data(piece)
            for event in library.events_received():
                assert isinstance(event, Frame)
                if event.opcode is Opcode.PING:
                    pings += 1
                    continue
                message = bytes(event.data) if event.opcode is Opcode.TEXT else (message or b"") + bytes(event.data)
                if event.fin and not gate.spoilt:
                    messages.append(message)
    return messages, pings, library.state is State.OPEN


@given(sent=st.lists(st.tuples(_messages, st.booleans()), max_size=5), cuts=st.lists(st.integers(0, 10_000)))
def test_the_gate_drops_messages_beyond_the_limit_and_nothing_else(
    sent: list[tuple[list[bytes], bool]], cuts: list[int]
) -> None:
    stream = b"".join(_bytes_of(message, ping) for message, ping in sent)

    heard, pings, content = _through_the_gate(stream, cuts)

    assert content
    assert heard == [whole for message, _ in sent if len(whole := b"".join(message)) <= _LIMIT]
    assert pings == sum(len(message) for message, ping in sent if ping)


@given(noise=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 10_000)))
def test_the_gate_never_holds_more_than_a_header_of_whatever_comes(noise: bytes, cuts: list[int]) -> None:
    gate = FrameGate(_LIMIT)
    edges = [0, *sorted(cut % (len(noise) + 1) for cut in cuts), len(noise)]
    passed = 0
    for start, end in itertools.pairwise(edges):
        passed += sum(len(piece) for piece in gate.pass_on(noise[start:end]))
        assert len(gate._held) <= 9
    assert passed <= len(noise)


# ---- pure functions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "identity", "url"),
    [
        ("ws://h/ocpp", "CP001", "ws://h/ocpp/CP001"),
        ("ws://h/ocpp/", "CP001", "ws://h/ocpp/CP001"),
        ("ws://h", "CP001", "ws://h/CP001"),
        ("wss://h:8443/a/b?c=d&e", "RDAM 123", "wss://h:8443/a/b/RDAM%20123?c=d&e"),
        ("ws://[::1]:9000/x", "a/b?c#d", "ws://[::1]:9000/x/a%2Fb%3Fc%23d"),
        ("ws://h/ocpp", "Säule", "ws://h/ocpp/S%C3%A4ule"),
    ],
)
@covers("J-3.1.1-03", "J-3.1.1-04", "J-3.1.1-06", "J-3.1.1-07")
def test_the_connection_url_is_the_endpoint_with_the_identity_in_its_path(
    endpoint: str, identity: str, url: str
) -> None:
    assert connection_url(endpoint, identity) == url


@pytest.mark.parametrize(
    ("endpoint", "identity"),
    [
        ("http://h/ocpp", "CP001"),
        ("h/ocpp", "CP001"),
        ("ws://", "CP001"),
        ("ws://h:99999/", "CP001"),
        ("ws://h/#top", "CP001"),
        ("ws://user:secret@h/", "CP001"),
        ("ws://[::1/", "CP001"),
        ("ws://h/", ""),
        ("ws://h/", "x" * 49),
        ("ws://h/", ".."),
        ("ws://h/", "a\nb"),
    ],
)
@covers("J-3.1.1-04")
def test_an_endpoint_or_identity_that_makes_no_url_is_refused_with_a_remedy(endpoint: str, identity: str) -> None:
    with pytest.raises(BadEndpoint, match=r"write it like|give it"):
        connection_url(endpoint, identity)


def test_a_colon_in_the_identity_makes_credentials_ambiguous(run: Run) -> None:
    async def scenario() -> None:
        transport = WebsocketTransport("ws://127.0.0.1:9", "CP:1", password=lambda: b"x" * 16)
        ear = _listening(transport)
        transport.dial()
        assert "colon" in (await ear.next(LinkFailed)).reason

    run(scenario())


_draws = st.floats(0, 1, exclude_max=True)


@given(failures=st.integers(0, 10_000), draw=_draws)
def test_a_wait_is_never_longer_than_the_cap_nor_shorter_than_the_base_after_a_failure(
    failures: int, draw: float
) -> None:
    wait_s = Backoff().wait_s(failures, draw)
    assert 0 <= wait_s <= CAP_S
    assert not failures or wait_s >= BASE_S


@given(failures=st.integers(0, 7), first=_draws, second=_draws)
def test_waits_grow_with_each_failure_whatever_is_drawn(failures: int, first: float, second: float) -> None:
    assert Backoff().wait_s(failures, first) <= Backoff().wait_s(failures + 1, second)


def test_stations_that_lost_one_csms_together_come_back_spread_out() -> None:
    waits = [Backoff().wait_s(6, number / 500) for number in range(500)]
    assert max(waits) - min(waits) > 30
