"""The gate that keeps messages too big out of the library, against the library alone."""

from __future__ import annotations

import itertools
from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from runtime.frame_gate import FrameGate
from tests.transport.servers import (
    framed,
)

_LIMIT: Final = 300

_messages = st.lists(st.binary(max_size=400), min_size=1, max_size=3)


def _bytes_of(message: list[bytes], ping: bool) -> bytes:
    """A message in fragments, perhaps with a ping after each."""
    frames = b""
    for number, part in enumerate(message):
        opcode = Opcode.CONT if number else Opcode.TEXT
        frames += framed(opcode, part, fin=number == len(message) - 1)
        frames += framed(Opcode.PING, b"p") if ping else b""
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
