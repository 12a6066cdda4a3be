"""Dials that open, and dials that come to nothing."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from websockets.typing import Subprotocol

from runtime.adapters.endpoint import basic_authorization
from runtime.adapters.transport import WebsocketTransport
from runtime.core.inputs import FrameReceived, LinkClosed, LinkFailed, LinkOpened
from tests.covering import covers
from tests.transport.servers import (
    PATIENCE_S,
    QUIET_S,
    Conversation,
    Run,
    accept,
    closes,
    dialler,
    dialling,
    ear_of,
    framed,
    opened,
    serving,
    switching,
    talking,
)

# ---- opening ---------------------------------------------------------------------------------------------


@covers("J-3-01", "J-3.1-01", "J-3.2-05")
def test_a_dial_opens_and_frames_go_both_ways_in_order(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            server = await csms.arrival()
            for number in range(3):
                transport.send(f"[2,{number}]")
            assert [await server.recv() for _ in range(3)] == ["[2,0]", "[2,1]", "[2,2]"]
            for number in range(3):
                await server.send(f"[3,{number},é]")
            assert [(await ear.next(FrameReceived)).text for _ in range(3)] == [f"[3,{n},é]" for n in range(3)]
            await closes(transport, ear)

    run(scenario())


@covers("J-3.1.1-06", "J-3.1.1-07", "J-3.1.2-01", "J-3.1.2-02", "J-3.1.3-01", "J-5.1-01", "J-2-01")
def test_the_request_names_path_subprotocol_and_no_extension(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(
                WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp/v16/?tenant=7", "RDAM 1/2")
            )
            request = (await csms.arrival()).request
            assert request is not None
            assert request.path == "/ocpp/v16/RDAM%201%2F2?tenant=7"
            assert request.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
            assert request.headers["Sec-WebSocket-Version"] == "13"
            assert "Sec-WebSocket-Extensions" not in request.headers
            assert "Authorization" not in request.headers
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


@covers("J-6.2.2-01", "J-6.2.2-02", "J-6.2.2-03", "J-6.2.2-04")
def test_basic_authentication_carries_the_bytes_of_the_key_of_the_moment(run: Run) -> None:
    keys = iter([bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"), b"\x80" * 16])

    async def scenario() -> None:
        async with serving() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}", "AL1000", password=lambda: next(keys))
            ear = ear_of(transport)
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
        await accept(reader, writer, then=framed(Opcode.TEXT, b"[1]") + framed(Opcode.TEXT, b"[2]"))
        await reader.read()

    async def scenario() -> None:
        async with talking(greet) as port:
            transport, ear = await opened(dialler(port))
            assert (await ear.next(FrameReceived)).text == "[1]"
            assert (await ear.next(FrameReceived)).text == "[2]"
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_a_handshake_that_comes_byte_by_byte_opens(run: Run) -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = switching(await reader.readuntil(b"\r\n\r\n")) + framed(Opcode.TEXT, b"[1]")
        for byte in answer:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        await reader.read()

    async def scenario() -> None:
        async with talking(dribble) as port:
            transport, ear = await opened(dialler(port))
            assert (await ear.next(FrameReceived)).text == "[1]"
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_dialling_twice_is_a_mistake_of_the_caller(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = dialling(dialler(csms.port))
            with pytest.raises(RuntimeError, match="hang up first"):
                transport.dial()
            await ear.next(LinkOpened)
            await closes(transport, ear)

    run(scenario())


# ---- dials that come to nothing ------------------------------------------------------------------------------


async def _fails(port: int, **changes: float) -> str:
    _, ear = dialling(dialler(port, **changes))
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
        async with talking(_answer(b"")) as port:
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
        async with talking(_answer(answer)) as port:
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
        async with serving(subprotocols) as csms:
            transport, ear = dialling(dialler(csms.port))
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
        writer.write(switching(await reader.readuntil(b"\r\n\r\n"), subprotocol=b"ocpp2.0.1"))
        await reader.read()

    async def scenario() -> None:
        async with talking(other) as port:
            assert "unsupported subprotocol: ocpp2.0.1" in await _fails(port)

    run(scenario())


def test_a_server_that_accepts_and_says_nothing_fails_the_dial_in_bounded_time(run: Run) -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with talking(mute) as port:
            assert "no websocket after 0.2 s" in await _fails(port, dial_timeout_s=0.2)

    run(scenario())


def test_a_socket_closed_in_mid_handshake_fails_the_dial(run: Run) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Swit")

    async def scenario() -> None:
        async with talking(leave) as port:
            assert "connection lost" in await _fails(port)

    run(scenario())


def test_hanging_up_breaks_off_a_dial(run: Run) -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with talking(mute) as port:
            transport, ear = dialling(dialler(port))
            await asyncio.sleep(QUIET_S)
            transport.hang_up("shutting down")
            assert ear.heard == [], "told from inside a call of the host"
            assert (await ear.next(LinkFailed)).reason == "hung up: shutting down"
            await ear.silence()

    run(scenario())


def test_a_name_that_cannot_be_resolved_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        _, ear = dialling(WebsocketTransport("ws://no-such-host.invalid/ocpp", "CP001"))
        assert "no-such-host.invalid" in (await ear.next(LinkFailed)).reason

    run(scenario())
