"""A station in a host: the one place where they are put together, for the process, a simulated world and a replay."""

from __future__ import annotations

from collections.abc import Mapping

from model.language.composition import Composition
from model.station_file import StationFile
from runtime.blocks import BLOCKS
from runtime.core.block import Block, Setup
from runtime.vendors import Vendors


def setup_of(
    file: StationFile,
    settings: Mapping[str, str] | None = None,
    composition: Composition | None = None,
    vendors: Vendors | None = None,
    blocks: tuple[Block, ...] = BLOCKS,
) -> Setup:
    """What a station is made of, with everything that this program has. ``vendors``: who answers DataTransfer.req."""
    return Setup(file, blocks, settings or {}, composition, given=(vendors or Vendors(),))
