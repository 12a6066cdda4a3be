"""A station is made of the blocks that it is given, and of nothing else."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.station_file import load_station
from properties.world.world import World
from runtime.blocks import BLOCKS
from runtime.core.binding import UnboundError
from runtime.core.block import Block
from runtime.core.station import Station
from runtime.hosting import setup_of
from runtime.operations import boot, calls

FILE = load_station("m06010e2eyfg")


def _without(name: str) -> tuple[Block, ...]:
    return tuple(block for block in BLOCKS if block.name != name)


def _built_of(*blocks: Block) -> Station:
    return Station(setup_of(FILE, blocks=blocks), {}, seed=1)


def test_a_station_without_a_block_says_what_is_not_bound() -> None:
    with pytest.raises(UnboundError, match=r"no function for operation \('reservation', 'forget reservation'\)"):
        _built_of(*_without("reservations"))


def test_a_block_before_one_that_it_needs_names_what_is_missing() -> None:
    with pytest.raises(UnboundError, match="no part Calls is there yet: list its block before the one that needs it"):
        _built_of(boot.BLOCK, *_without("boot"))


def test_a_block_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(UnboundError, match="block calls is listed twice"):
        _built_of(calls.BLOCK, *BLOCKS)


def test_a_message_that_two_blocks_trigger_is_refused() -> None:
    twin = evolve(boot.BLOCK, name="twin")
    with pytest.raises(UnboundError, match="BootNotification is triggered in two blocks"):
        _built_of(*BLOCKS, twin)


def test_what_no_block_triggers_is_not_implemented() -> None:
    """The blocks alone say which messages TriggerMessage.req may ask for."""
    silent = evolve(boot.BLOCK, triggers={})
    world = World(blocks=tuple(silent if block is boot.BLOCK else block for block in BLOCKS)).power_up()
    assert world.ask("TriggerMessage", requestedMessage="Heartbeat").answer == {"status": "NotImplemented"}
    assert world.ask("TriggerMessage", requestedMessage="MeterValues").answer == {"status": "Accepted"}
