"""What is heard over an open websocket, whatever comes; and sockets that are only half open."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from websockets.frames import Frame, Opcode

from runtime.adapters.frame_gate import BEGINNING_BYTES
from runtime.adapters.transport import MAX_MESSAGE_BYTES
from runtime.adapters.websocket_link import MAX_UNSENT_BYTES
from runtime.core.inputs import FrameReceived, LinkClosed, LinkOpened, PongReceived
from tests.covering import covers
from tests.transport.servers import (
    PATIENCE_S,
    Conversation,
    Run,
    accept,
    closes,
    dialler,
    ear_of,
    framed,
    opened,
    sending,
    serving,
    talking,
)

PING_S, ENOUGH = 2, 2

# ---- what is heard --------------------------------------------------------------------------------------------


async def _hears(conversation: Conversation, *expected: str | FrameReceived) -> None:
    """The frames that the station hears, after which the link is still alive."""
    async with talking(conversation) as port:
        transport, ear = await opened(dialler(port))
        for frame in expected:
            heard = await ear.next(FrameReceived)
            assert heard == (FrameReceived(frame) if isinstance(frame, str) else frame)
        await ear.silence()
        transport.set_network(up=False)
        await ear.next(LinkClosed)


@covers("J-2-02")
def test_a_fragmented_message_is_put_together_with_a_ping_in_between(run: Run) -> None:
    euro = "€".encode()
    run(
        _hears(
            sending(
                framed(Opcode.TEXT, b"[3," + euro[:1], fin=False),
                framed(Opcode.PING, b"there?"),
                framed(Opcode.CONT, euro[1:], fin=False) + framed(Opcode.CONT, b"", fin=False),
                framed(Opcode.CONT, b"]"),
                framed(Opcode.TEXT, b"[4]"),
            ),
            "[3,€]",
            "[4]",
        )
    )


def test_a_message_at_the_limit_is_heard(run: Run) -> None:
    text = "x" * MAX_MESSAGE_BYTES
    run(_hears(sending(framed(Opcode.TEXT, text.encode())), text))


def test_a_message_of_ten_megabytes_is_dropped_and_the_connection_lives_on(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    call = '[2,"a call of 10 MB","€'.encode()
    huge = framed(Opcode.TEXT, call.ljust(10_000_000, b" "))
    beginning = FrameReceived(call.ljust(BEGINNING_BYTES, b" ").decode(), whole=False)
    run(_hears(sending(framed(Opcode.TEXT, b"[1]") + huge + framed(Opcode.TEXT, b"[2]")), "[1]", beginning, "[2]"))
    assert [record.levelno for record in caplog.records if "dropped a message of more" in record.message] == [
        logging.WARNING
    ]


def test_a_message_too_big_in_fragments_is_dropped_and_the_connection_lives_on(run: Run) -> None:
    half = b" " * (MAX_MESSAGE_BYTES * 2 // 3)
    head, euro = b'[2,"\xc3', b"\xa4" + "\u20ac".encode() * 100
    run(
        _hears(
            sending(
                framed(Opcode.TEXT, head, fin=False),
                framed(Opcode.CONT, euro, fin=False) + framed(Opcode.PING, b"[3,"),
                framed(Opcode.CONT, half, fin=False),
                framed(Opcode.CONT, half, fin=False),
                framed(Opcode.PING, b""),
                framed(Opcode.CONT, b"[]"),
                framed(Opcode.TEXT, b"[2]"),
            ),
            FrameReceived('[2,"\xe4' + "\u20ac" * 83, whole=False),
            "[2]",
        )
    )


def test_binary_messages_and_text_that_is_not_utf8_are_dropped_and_the_connection_lives_on(run: Run) -> None:
    run(
        _hears(
            sending(
                framed(Opcode.BINARY, b"[1]"),
                framed(Opcode.BINARY, b"[1", fin=False) + framed(Opcode.CONT, b"]"),
                framed(Opcode.TEXT, b"\xff[1]"),
                framed(Opcode.TEXT, b"[2]"),
            ),
            "[2]",
        )
    )


def test_a_server_that_breaks_the_websocket_protocol_loses_the_link(run: Run) -> None:
    async def scenario() -> None:
        async with talking(sending(Frame(Opcode.TEXT, b"[1]").serialize(mask=True))) as port:
            _, ear = await opened(dialler(port, close_timeout_s=0.2))
            assert "broke the protocol" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())


@covers("J-7-05")
@pytest.mark.parametrize("interval_s", [0, 60])
def test_a_ping_of_the_server_is_answered_with_its_payload(run: Run, interval_s: int) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            transport.set_ping_interval(interval_s)
            server = await csms.arrival()
            await asyncio.wait_for(await server.ping(b"are you there"), PATIENCE_S)
            await closes(transport, ear)

    run(scenario())


# ---- half-open sockets ----------------------------------------------------------------------------------------


@covers("JERR-3.9-01")
def test_a_server_that_stops_answering_pings_loses_the_link_a_pong_after_a_ping(run: Run) -> None:
    async def scenario() -> None:
        async with talking(sending()) as port:
            transport = dialler(port)
            transport.set_ping_interval(1)
            ear = ear_of(transport)
            transport.dial()
            await ear.next(LinkOpened)
            began = time.monotonic()
            assert "no pong within 1 s" in (await ear.next(LinkClosed)).reason
            assert time.monotonic() - began > 1.5, "one interval to the ping, and one for its pong"
            await ear.silence()

    run(scenario())


@covers("JERR-3.9-01", "CS-3.7.1-02")
@pytest.mark.exhaustive
def test_a_pong_is_told_once_after_something_was_sent_and_not_otherwise(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            transport.set_ping_interval(1)
            await ear.silence(1.5)
            transport.send("[2]")
            await ear.next(PongReceived)
            await ear.silence(1.5)
            await closes(transport, ear)

    run(scenario())


@covers("J-7-02", "J-5.2-01")
def test_a_ping_of_the_server_is_answered_though_we_send_none(run: Run) -> None:
    heard: list[tuple[int, bytes]] = []

    async def pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(framed(Opcode.PING, b"there?"))
        head = await reader.readexactly(2)
        masked = await reader.readexactly(4 + (head[1] & 0x7F))
        heard.append((head[0] & 0x0F, bytes(byte ^ masked[at % 4] for at, byte in enumerate(masked[4:]))))

    async def scenario() -> None:
        async with talking(pings) as port:
            transport, ear = await opened(dialler(port))
            transport.set_ping_interval(0)
            await ear.next(LinkClosed)
            assert heard == [(Opcode.PONG, b"there?")]

    run(scenario())


@covers("J-7-02", "J-7-03")
@pytest.mark.exhaustive
def test_answered_pings_keep_the_link_and_an_interval_of_zero_ends_them(run: Run) -> None:
    pings: list[bytes] = []
    enough = asyncio.Event()

    async def pong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        while True:
            head = await reader.readexactly(2)
            masked = await reader.readexactly(4 + (head[1] & 0x7F))
            payload = bytes(byte ^ masked[at % 4] for at, byte in enumerate(masked[4:]))
            if head[0] & 0x0F == Opcode.PING:
                pings.append(payload)
                if len(pings) >= ENOUGH:
                    enough.set()
                writer.write(framed(Opcode.PONG, b"unsolicited") + framed(Opcode.PONG, payload))

    async def scenario() -> None:
        async with talking(pong) as port:
            transport, ear = await opened(dialler(port))
            transport.set_ping_interval(PING_S)
            await asyncio.wait_for(enough.wait(), PATIENCE_S)
            transport.set_ping_interval(0)
            await asyncio.sleep(2.5 * PING_S)
            assert len(pings) <= ENOUGH + 1, "one more may have been under way"
            assert len(set(pings)) == len(pings)
            transport.set_network(up=False)
            await ear.next(LinkClosed)

    run(scenario())


def test_a_server_that_does_not_read_loses_the_link_before_memory_is_lost(run: Run) -> None:
    async def stuff(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(PATIENCE_S)

    async def scenario() -> None:
        async with talking(stuff) as port:
            transport, ear = await opened(dialler(port))
            for _ in range(5 * MAX_UNSENT_BYTES // 100_000):
                transport.send("x" * 100_000)
            assert "does not read" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())
