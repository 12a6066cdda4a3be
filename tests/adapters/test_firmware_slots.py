"""The slots of the simulated box on real files: what it takes for an image, and what a boot loader makes of it.

Each test plays the box of a process: the object is made anew for each power up, on the directory of the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from model.firmware_image import MAGIC, MAX_HEADER_BYTES, BadImageError, pack, read_header
from runtime.adapters.firmware_slots import SimulatedSlots
from runtime.adapters.slots_file import FileExaminer, SlotsFile
from runtime.core.firmware_slots import (
    FirmwareInstalled,
    FirmwareKept,
    FirmwareNotInstalled,
    FirmwareStarted,
    Slot,
    Start,
)
from runtime.core.inputs import Input
from tests.covering import covers

MODEL = "M06010E2EYFG"
PATIENCE_S = 60
CONTENT = b"\x00\x01\x02" * 100_000


class Box:
    """One life of a box on a directory, and what it has said."""

    def __init__(self, directory: Path) -> None:
        self.said: asyncio.Queue[Input] = asyncio.Queue()
        post = asyncio.get_running_loop().call_soon_threadsafe
        self.slots = SimulatedSlots(FileExaminer(directory, MODEL, post), SlotsFile(directory / "slots.json"))
        self.slots.subscribe(self.said.put_nowait)

    async def next(self) -> Input:
        """What it says next."""
        return await asyncio.wait_for(self.said.get(), PATIENCE_S)

    async def started(self) -> tuple[Slot, str, Start]:
        """How it has started."""
        given = await self.next()
        assert isinstance(given, FirmwareStarted)
        return given.slot, given.version, given.start


def on_a_loop(scenario: Callable[[Path], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
    """A test of that scenario, in a directory of its own."""

    def test(tmp_path: Path) -> None:
        asyncio.run(scenario(tmp_path))

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


@on_a_loop
async def test_a_new_box_runs_what_it_was_delivered_with(directory: Path) -> None:
    assert await Box(directory).started() == (Slot.A, "", Start.KEPT)
    assert await Box(directory).started() == (Slot.A, "", Start.KEPT)


@on_a_loop
async def test_an_image_is_tried_once_and_kept_when_it_is_told_so(directory: Path) -> None:
    (directory / "one").write_bytes(pack(CONTENT, "V2", MODEL))
    box = Box(directory)
    await box.started()
    box.slots.install("one")
    assert await box.next() == FirmwareInstalled("one", Slot.B, "V2")
    assert (await Box(directory).started())[0] is Slot.A, "nothing is tried unasked"
    box = Box(directory)
    await box.started()
    box.slots.activate(Slot.B)
    box = Box(directory)
    assert await box.started() == (Slot.B, "V2", Start.ON_TRIAL)
    box.slots.keep()
    assert await box.next() == FirmwareKept(Slot.B)
    assert await Box(directory).started() == (Slot.B, "V2", Start.KEPT)


@on_a_loop
async def test_one_that_is_not_kept_gives_way_and_the_box_says_so_until_somebody_has_heard(directory: Path) -> None:
    (directory / "one").write_bytes(pack(CONTENT, "V2", MODEL))
    box = Box(directory)
    await box.started()
    box.slots.install("one")
    await box.next()
    box.slots.activate(Slot.B)
    assert (await Box(directory).started())[2] is Start.ON_TRIAL
    assert await Box(directory).started() == (Slot.A, "", Start.FELL_BACK)
    box = Box(directory)
    assert await box.started() == (Slot.A, "", Start.FELL_BACK)
    box.slots.keep()
    assert await Box(directory).started() == (Slot.A, "", Start.KEPT)


@on_a_loop
async def test_one_that_does_not_boot_gives_way_at_once(directory: Path) -> None:
    (directory / "one").write_bytes(pack(b"", "V2", MODEL, boots=False))
    box = Box(directory)
    await box.started()
    box.slots.install("one")
    assert await box.next() == FirmwareInstalled("one", Slot.B, "V2")
    box.slots.activate(Slot.B)
    assert await Box(directory).started() == (Slot.A, "", Start.FELL_BACK)


GOOD = pack(CONTENT, "V2", MODEL)


@covers("CS-5.19-06", "CS-7.25-06")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"", "does not begin like an image"),
        (b"<html>404</html>", "does not begin like an image"),
        (GOOD[:-1], "says 300000"),
        (GOOD + b"x", "says 300000"),
        (GOOD[:-1] + b"x", "digests differ"),
        (pack(CONTENT, "V2", "another model"), "for another model"),
        (MAGIC + b"{}\n", "cannot be read"),
        (MAGIC + b"[" * 4000 + b"\n", "cannot be read"),
        (MAGIC + b"x" * MAX_HEADER_BYTES, "does not end"),
        (MAGIC + b'{"version": 1, "model": "m", "bytes": 0, "sha256": ""}\n', "cannot be read"),
    ],
)
def test_what_is_no_image_for_this_box_is_not_installed(tmp_path: Path, content: bytes | None, why: str) -> None:
    async def scenario() -> None:
        if content is not None:
            (tmp_path / "one").write_bytes(content)
        box = Box(tmp_path)
        await box.started()
        box.slots.install("one")
        said = await box.next()
        assert isinstance(said, FirmwareNotInstalled)
        assert why in said.why
        box.slots.cut_power()
        assert (await Box(tmp_path).started())[0] is Slot.A

    asyncio.run(scenario())


@on_a_loop
async def test_an_installation_that_was_overtaken_is_not_heard_of(directory: Path) -> None:
    for name, version in (("one", "V2"), ("two", "V3")):
        (directory / name).write_bytes(pack(CONTENT, version, MODEL))
    box = Box(directory)
    await box.started()
    box.slots.install("one")
    box.slots.install("two")
    assert await box.next() == FirmwareInstalled("two", Slot.B, "V3")
    assert box.said.empty()


@pytest.mark.parametrize(
    "content",
    [
        '{"runs": "C"}', "", "[]", "null", "7", "x" * 100_000, '{"a": 7}',
        '{"a": {"version": "%s"}}' % ("V" * 51),
    ],
)  # fmt: skip
def test_a_memory_that_cannot_be_read_is_a_new_box(tmp_path: Path, content: str) -> None:
    async def scenario() -> None:
        (tmp_path / "slots.json").write_text(content, encoding="utf-8")
        assert await Box(tmp_path).started() == (Slot.A, "", Start.KEPT)

    asyncio.run(scenario())


@on_a_loop
async def test_a_box_that_can_remember_nothing_more_goes_on_with_what_it_runs(directory: Path) -> None:
    (directory / "one").write_bytes(GOOD)
    box = Box(directory)
    await box.started()
    box.slots.install("one")
    await box.next()
    box.slots.activate(Slot.B)
    (directory / ".slots.json.new").mkdir()
    box = Box(directory)
    assert await box.started() == (Slot.A, "", Start.KEPT)
    box.slots.install("one")
    said = await box.next()
    assert isinstance(said, FirmwareNotInstalled)
    assert "cannot be remembered" in said.why


def test_a_header_says_what_was_packed() -> None:
    header, begins = read_header(pack(b"abc", "V2", MODEL, boots=False))
    assert (header.version, header.model, header.size_bytes, header.boots) == ("V2", MODEL, 3, False)
    assert pack(b"abc", "V2", MODEL)[begins - 1 :].endswith(b"abc")
    with pytest.raises(ValueError, match="version"):
        pack(b"", "", MODEL)
    with pytest.raises(BadImageError):
        read_header(b"abc")
