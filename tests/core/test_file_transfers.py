"""Blocks share one port for files: each hears of the attempts that it began, and of no other."""

from __future__ import annotations

import pytest

from model.record import frozen
from properties.world.world import World
from runtime.blocks import BLOCKS
from runtime.core.binding import takes
from runtime.core.block import Block
from runtime.core.inputs import Input
from runtime.core.transfers import StartDownload, TransferEnded, TransferOutcome, TransferProgressed
from runtime.operations.transfers import FileTransfers

URL = "http://h/fw"


@frozen
class Fetch(Input):
    """Something makes a block fetch a file."""

    transfer: str


@frozen
class GiveUp(Input):
    """Something makes it give that up."""

    transfer: str


class Fetching:
    """A block that fetches files."""

    def __init__(self, files: FileTransfers) -> None:
        self.files = files
        self.heard: list[TransferEnded] = []

    @takes(Fetch)
    def fetch(self, given: Fetch) -> None:
        self.files.start(StartDownload(given.transfer, URL, given.transfer, 1000, 60), self.ended)

    @takes(GiveUp)
    def give_up(self, given: GiveUp) -> None:
        self.files.stop(given.transfer)

    def ended(self, given: TransferEnded) -> None:
        self.heard.append(given)


@pytest.fixture
def world() -> World:
    world = World(blocks=(*BLOCKS, Block("fetching", lambda parts: Fetching(parts[FileTransfers]))))
    world.transfers.served[URL] = b"firmware"
    return world.power_up()


def heard(world: World) -> list[TransferEnded]:
    return list(world.station.parts[Fetching].heard)


def test_who_began_an_attempt_hears_of_its_end_once(world: World) -> None:
    world.submit(Fetch("t1")).wait(10)

    ended = TransferEnded("t1", TransferOutcome.DONE, "as planned", 8)
    assert heard(world) == [ended]
    world.submit(ended)
    assert heard(world) == [ended]


def test_of_an_attempt_that_was_given_up_nothing_is_heard(world: World) -> None:
    world.submit(Fetch("t1")).submit(GiveUp("t1")).submit(GiveUp("t1")).wait(10)

    assert heard(world) == []
    assert world.transfers.files == {}
    world.submit(TransferEnded("t1", TransferOutcome.DONE))
    assert heard(world) == []


def test_what_belongs_to_nobody_is_no_failure(world: World) -> None:
    world.submit(TransferProgressed("t9", 1, None)).submit(TransferEnded("t9", TransferOutcome.FAILED))

    assert heard(world) == []


def test_progress_goes_into_the_log(world: World) -> None:
    world.submit(Fetch("t1")).wait(10)

    notes = [effect.text for _, _, step in world.steps for effect in step.effects if hasattr(effect, "text")]
    assert "t1: 4 of 8 bytes" in notes


def test_an_attempt_ends_with_the_power_and_nobody_hears_of_it_in_the_next_life(world: World) -> None:
    world.submit(Fetch("t1")).power_cycle().wait(20)

    assert heard(world) == []
    assert world.transfers.partial["t1"] == (URL, 0.5)
