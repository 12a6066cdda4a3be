"""A station in a host: the one place where they are put together, for the process, a simulated world and a replay.

Who hosts a station brings its ports; what a block performs beyond the ports of the core, it brings itself. A port that
an effect names and nobody stands behind is found here, and not when that effect is to be performed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from model.language.composition import Composition
from model.record import frozen
from model.station_file import StationFile
from runtime.blocks import BLOCKS
from runtime.core.binding import UnboundError
from runtime.core.block import Block, Setup
from runtime.core.ports import Clock, Hardware, Ports, Records, Store, Transport
from runtime.core.station import Station
from runtime.host import Host
from runtime.vendors import Vendors

Build: TypeAlias = Callable[[Setup, Records, int], Station]
"""Makes a station, from what it is made of, its records and its seed."""


@frozen
class Hosted:
    """A station and the host that it is in."""

    station: Station
    host: Host


def setup_of(
    file: StationFile,
    settings: Mapping[str, str] | None = None,
    composition: Composition | None = None,
    vendors: Vendors | None = None,
    blocks: tuple[Block, ...] = BLOCKS,
) -> Setup:
    """What a station is made of, with everything that this program has. ``vendors``: who answers DataTransfer.req."""
    return Setup(file, blocks, settings or {}, composition, given=(vendors or Vendors(),))


def ports_of(store: Store, transport: Transport, hardware: Hardware, clock: Clock) -> Ports:
    """The ports that every station needs; the link reports itself first."""
    return {Store: store, Transport: transport, Hardware: hardware, Clock: clock}


def host_of(setup: Setup, ports: Ports, records: Records, seed: int, build: Build = Station) -> Hosted:
    """A new station in its host, not started yet. Raises ``BadValueError``, ``UnboundError``."""
    station = build(setup, records, seed)
    return Hosted(station, Host(station, _with_those_of_blocks(setup, ports)))


def _with_those_of_blocks(setup: Setup, ports: Ports) -> Ports:
    for block in setup.blocks:
        own = {port: make() for port, make in block.ports.items() if port not in ports}
        ports = {**ports, **own}
        for effect in block.effects:
            if effect.port is not None and effect.port not in ports:
                raise UnboundError(
                    f"nobody performs {effect.__name__} of block {block.name}: give the host or the block a "
                    f"{effect.port.__name__}"
                )
    return ports
