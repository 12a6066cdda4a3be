"""The gate that keeps messages too big out of the library, against the library alone."""

from __future__ import annotations

import itertools
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from runtime.adapters.frame_gate import BEGINNING_BYTES, HEADROOM, FrameGate
from tests.transport.servers import framed

_LIMIT: Final = 300

# Drawn by its size: binary(max_size=400) is hardly ever longer than some dozen bytes, and no message was too big.
_parts = st.builds(lambda head, size: head + b"." * size, st.binary(max_size=12), st.integers(0, 400))
_messages = st.lists(_parts, min_size=1, max_size=3)


def _frames_of(message: list[bytes], ping: bool) -> list[bytes]:
    """A message in fragments, perhaps with a ping after each."""
    frames = []
    for number, part in enumerate(message):
        opcode = Opcode.CONT if number else Opcode.TEXT
        frames.append(framed(opcode, part, fin=number == len(message) - 1))
        frames += [framed(Opcode.PING, b"p")] if ping else []
    return frames


def _cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream as it may come, in pieces of any size."""
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def _through_the_gate(coming: list[bytes], limit: int = _LIMIT) -> tuple[list[bytes], int, bool]:
    """Whole messages, the number of pings, and whether the library is content."""
    gate = FrameGate(limit)
    library = ClientProtocol(parse_uri("ws://h/"), state=State.OPEN, max_size=limit + HEADROOM)
    messages: list[bytes] = []
    message: bytes | None = None
    pings = 0
    for data in coming:
        for piece in gate.pass_on(data):
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
    stream = b"".join(frame for message, ping in sent for frame in _frames_of(message, ping))

    heard, pings, content = _through_the_gate(_cut(stream, cuts))

    assert content
    assert heard == [whole for message, _ in sent if len(whole := b"".join(message)) <= _LIMIT]
    assert pings == sum(len(message) for message, ping in sent if ping)


@given(sent=st.lists(st.tuples(_messages, st.booleans()), max_size=5), cuts=st.lists(st.integers(0, 10_000)))
def test_of_what_it_drops_the_gate_tells_the_beginning_and_holds_no_more(
    sent: list[tuple[list[bytes], bool]], cuts: list[int]
) -> None:
    gate, told = FrameGate(_LIMIT), list[bytes]()
    for data in _cut(b"".join(frame for message, ping in sent for frame in _frames_of(message, ping)), cuts):
        for _ in gate.pass_on(data):
            told += gate.beginnings()
        told += gate.beginnings()
        assert len(gate._beginning) <= BEGINNING_BYTES
    wholes = (b"".join(message) for message, _ in sent)
    assert told == [whole[:BEGINNING_BYTES] for whole in wholes if len(whole) > _LIMIT]


@given(sent=st.lists(st.tuples(_messages, st.booleans()), max_size=5), limit=st.sampled_from((1, 100, 125, _LIMIT)))
def test_it_is_the_same_where_each_frame_comes_by_itself(sent: list[tuple[list[bytes], bool]], limit: int) -> None:
    coming = [frame for message, ping in sent for frame in _frames_of(message, ping)]

    heard, pings, content = _through_the_gate(coming, limit)

    assert content
    assert heard == [whole for message, _ in sent if len(whole := b"".join(message)) <= limit]
    assert pings == sum(len(message) for message, ping in sent if ping)


LOOKS_WHOLE: Final = framed(Opcode.TEXT, b"abc")


@pytest.mark.parametrize(
    ("payload", "cut"),
    [(LOOKS_WHOLE.ljust(400, b"."), 4), (b"abc".ljust(int.from_bytes(LOOKS_WHOLE[:2]), b"."), 2)],
    ids=["payload behind its header", "the end of a header, and payload"],
)
def test_what_only_looks_like_a_message_is_none(payload: bytes, cut: int) -> None:
    big, edge = framed(Opcode.TEXT, payload), cut + len(LOOKS_WHOLE)
    assert big[cut:edge] == LOOKS_WHOLE

    heard, _, content = _through_the_gate([big[:cut], big[cut:edge], big[edge:], framed(Opcode.TEXT, b"next")])

    assert (heard, content) == ([b"next"], True)


@given(noise=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 10_000)))
def test_the_gate_never_holds_more_than_a_header_of_whatever_comes(noise: bytes, cuts: list[int]) -> None:
    gate = FrameGate(_LIMIT)
    passed = 0
    for data in _cut(noise, cuts):
        passed += sum(len(piece) for piece in gate.pass_on(data))
        assert len(gate._held) <= 9
    assert passed <= len(noise)
