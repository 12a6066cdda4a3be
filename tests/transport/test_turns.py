"""Many frames at once: each gets a turn of the loop, so that the box gets one in between; order and bounds are kept."""

from __future__ import annotations

import asyncio
import time

import pytest
from websockets.frames import Opcode

from runtime.adapters.frame_gate import MOST_FRAMES
from runtime.adapters.frame_tap import Passed
from runtime.adapters.link_inbox import LEAST_CHARS, MAX_WAITING_CHARS
from runtime.core.inputs import FrameReceived, LinkClosed, LinkInput, LinkOpened
from tests.transport.servers import (
    PATIENCE_S,
    Run,
    accept,
    closes,
    dialler,
    dialling,
    framed,
    opened,
    sending,
    serving,
    talking,
)

MANY = 200


def _frames(count: int, padding: int = 0) -> bytes:
    return b"".join(framed(Opcode.TEXT, f"[{number}]{' ' * padding}".encode()) for number in range(count))


def test_between_two_frames_that_came_together_whoever_waits_in_the_loop_gets_his_turn(run: Run) -> None:
    order: list[str] = []
    through = asyncio.Event()

    def hear(given: LinkInput) -> None:
        if not isinstance(given, FrameReceived):
            return
        if not order:
            asyncio.get_running_loop().call_soon(order.append, "the stop button")
        order.append(given.text)
        if len(order) > MANY:
            through.set()

    async def scenario() -> None:
        async with talking(sending(_frames(MANY))) as port:
            transport = dialler(port)
            transport.subscribe(hear)
            transport.dial()
            await asyncio.wait_for(through.wait(), PATIENCE_S)
            transport.set_network(up=False)

    run(scenario())
    assert order.index("the stop button") <= 2, "at most one more frame goes before it"
    assert [text for text in order if text.startswith("[")] == [f"[{number}]" for number in range(MANY)]


def test_an_answer_passes_the_calls_that_wait(run: Run) -> None:
    calls = [f'[2,"{number}","Heartbeat",{{}}]' for number in range(MANY)]
    answers = ['[3,"a",{}]', ' [ 4,"b","InternalError","",{}]']
    frames = b"".join(framed(Opcode.TEXT, text.encode()) for text in (*calls, *answers))

    async def scenario() -> None:
        async with talking(sending(frames)) as port:
            transport, ear = await opened(dialler(port))
            heard = [(await ear.next(FrameReceived)).text for _ in range(MANY + 2)]
            transport.set_network(up=False)
        assert [text for text in heard if text in calls] == calls, "calls keep their order"
        assert [text for text in heard if text in answers] == answers, "answers keep theirs"
        assert heard.index(answers[1]) < MANY, "and pass the calls"

    run(scenario())


def test_what_was_heard_is_told_before_the_end_of_the_link(run: Run) -> None:
    async def scenario() -> None:
        async def say_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await accept(reader, writer, then=_frames(MANY))

        async with talking(say_and_go) as port:
            _, ear = await opened(dialler(port))
            for number in range(MANY):
                assert (await ear.next(FrameReceived)).text == f"[{number}]"
            await ear.next(LinkClosed)
            await ear.silence()

    run(scenario())


FRAMES = 20_000


@pytest.mark.parametrize(
    "frames",
    [
        framed(Opcode.PING, b"") * FRAMES,
        framed(Opcode.BINARY, b"") * FRAMES,
        framed(Opcode.TEXT, b"") * FRAMES,
        framed(Opcode.TEXT, b"", fin=False) + framed(Opcode.CONT, b"", fin=False) * FRAMES + framed(Opcode.CONT, b""),
    ],
    ids=["pings", "binary messages", "text messages", "fragments"],
)
def test_empty_frames_in_their_thousands_leave_the_loop_its_turns_and_fill_no_memory(run: Run, frames: bytes) -> None:
    most_waiting, turns = 0, 0
    through = asyncio.Event()

    async def scenario() -> None:
        async with talking(sending(frames + framed(Opcode.TEXT, b"[end]"))) as port:
            transport = dialler(port)

            def hear(given: LinkInput) -> None:
                nonlocal most_waiting
                if isinstance(given, FrameReceived):
                    assert transport._link is not None
                    most_waiting = max(most_waiting, len(transport._link._inbox._others))
                    (through.set if given.text == "[end]" else bool)()

            transport.subscribe(hear)
            transport.dial()
            await asyncio.wait_for(asyncio.gather(through.wait(), count_turns()), PATIENCE_S)
            transport.set_network(up=False)

    async def count_turns() -> None:
        nonlocal turns
        while not through.is_set():
            turns += 1
            await asyncio.sleep(0)

    run(scenario())
    assert turns >= FRAMES // MOST_FRAMES, "they did not come to the loop in one go"
    assert most_waiting <= MAX_WAITING_CHARS // LEAST_CHARS + MOST_FRAMES


@pytest.mark.exhaustive
def test_a_flood_is_left_in_the_socket_and_no_ping_is_missed_for_what_was_not_read(run: Run) -> None:
    """What waits takes the station longer than a pong may take: the pong lies in the socket, behind the flood."""
    padding, count, step_s = 2048, 200, 0.012
    ends: list[LinkInput] = []
    texts: list[str] = []
    most_waiting, through = 0, asyncio.Event()

    async def scenario() -> None:
        async with serving() as csms:
            transport = dialler(csms.port)

            def hear(given: LinkInput) -> None:
                nonlocal most_waiting
                if isinstance(given, FrameReceived):
                    time.sleep(step_s)
                    texts.append(given.text.strip())
                    link = transport._link
                    assert link is not None
                    most_waiting = max(most_waiting, link._inbox._chars)
                elif isinstance(given, LinkClosed):
                    ends.append(given)
                if ends or len(texts) == count:
                    through.set()

            transport.set_ping_interval(1)
            transport.subscribe(hear)
            transport.dial()
            server = await csms.arrival()
            server.transport.write(_frames(count, padding))
            await asyncio.wait_for(through.wait(), 3 * PATIENCE_S)
            assert not ends, ends
            transport.set_network(up=False)

    run(scenario())
    assert texts == [f"[{number}]" for number in range(count)]
    assert MAX_WAITING_CHARS < most_waiting < 2 * MAX_WAITING_CHARS


def test_the_first_frame_of_a_read_is_told_in_the_same_call(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            assert isinstance(ear.heard[0], LinkOpened)
            link = transport._link
            assert link is not None
            link.data_received(framed(Opcode.TEXT, b"[1]"))
            assert ear.heard[-1] == FrameReceived("[1]")
            await ear.next(FrameReceived)
            await closes(transport, ear)

    run(scenario())


def test_only_what_is_handed_to_the_socket_is_seen_as_sent_under_the_number_of_its_connection(run: Run) -> None:
    seen: list[Passed] = []

    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = dialling(dialler(csms.port))
            transport.tap = seen.append
            transport.send("while it dials")
            await ear.next(LinkOpened)
            transport.send("first")
            server = await csms.arrival()
            assert await server.recv() == "first"
            await server.send("answer")
            await ear.next(FrameReceived)
            transport.hang_up("done")
            transport.send("while it closes")
            await ear.next(LinkClosed)
            transport.send("when it is closed")
            transport.dial()
            await ear.next(LinkOpened)
            transport.send("second")
            await closes(transport, ear)

    run(scenario())
    assert seen == [Passed("out", 1, "first"), Passed("in", 1, "answer"), Passed("out", 2, "second")]
