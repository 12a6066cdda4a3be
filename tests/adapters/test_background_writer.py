"""Whoever has a line never waits: what finds no space is counted and told, and the end is bounded."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.adapters.background_writer import BackgroundWriter, write_all
from runtime.adapters.frame_log import FrameLog
from runtime.adapters.frame_tap import Passed, Seen
from runtime.commands.command_error import CommandError
from tests.processes import WAIT_S, until

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _dropped(count: int) -> bytes:
    return f"<{count}>".encode()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_what_waits_for_a_stuck_sink_is_bounded_and_the_rest_is_counted_in_its_place() -> None:
    release, written = threading.Event(), list[bytes]()

    def sink(line: bytes) -> None:
        release.wait(WAIT_S)
        written.append(line)

    writer = BackgroundWriter(sink, _dropped, most_bytes=50)
    for number in range(20):
        writer.put(b"%09d\n" % number)
    release.set()
    until(lambda: b"<15>" in written, "what was dropped to be told")
    writer.put(b"after")
    writer.close()
    assert written == [b"%09d\n" % number for number in range(5)] + [b"<15>", b"after"]


def test_the_end_waits_for_what_flows_and_not_for_a_pipe_that_nobody_reads(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    writer = BackgroundWriter(lambda line: write_all(writing, line), _dropped, most_bytes=10_000_000)
    writer.put(b"x" * 1_000_000)
    writer.close(within_s=0.05)
    assert writer._thread.is_alive(), "it is stuck, and nobody waits for it"
    left = 1_000_000
    while left:
        left -= len(os.read(reading, 65536))
    writer._thread.join(WAIT_S)
    assert not writer._thread.is_alive(), "it has written all, and ends"
    os.close(writing)


def test_a_sink_that_refuses_costs_the_line_and_not_the_writer() -> None:
    written: list[bytes] = []

    def sink(line: bytes) -> None:
        if line == b"bad":
            raise BrokenPipeError
        written.append(line)

    writer = BackgroundWriter(sink, _dropped)
    for line in (b"one", b"bad", b"two"):
        writer.put(line)
    writer.close()
    assert written == [b"one", b"two"]


def test_a_fifo_that_nobody_reads_is_refused_as_a_log_of_frames_and_one_that_is_not_emptied_stops_nobody(
    tmp_path: Path,
) -> None:
    fifo = tmp_path / "frames"
    os.mkfifo(fifo)
    with pytest.raises(CommandError, match="without a reader"):
        FrameLog(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    log = FrameLog(fifo)
    began_s = time.monotonic()
    for _ in range(100):
        log(Seen(AT, (Passed("in", 1, "x" * 100_000),), ()))
    log.close()
    os.close(reading)
    assert time.monotonic() - began_s < WAIT_S


def test_a_disk_that_is_full_ends_the_log_of_frames_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    log = FrameLog(Path("/dev/full"))
    for _ in range(3):
        log(Seen(AT, (Passed("in", 1, "x"),), ()))
    log.close()
    # The writer of another test's log may have said its last since: on a busy machine its thread ends late.
    ours = [record.message for record in caplog.records if record.message.startswith("/dev/full")]
    assert ours == ["/dev/full: No space left on device; frames are not logged any more"]
