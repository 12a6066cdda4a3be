"""A whole station out of what the command line says: everything is looked at before anything is written.

The order matters. What the user wrote (station file, keys, URL) is judged first, so that a typing mistake leaves no
directory behind; then the data directory is taken, which refuses a second process; then what it holds is read. The host
that comes out of it has done nothing yet.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import Factory, frozen

from model.configuration import BadValueError
from model.station_file import StationFile, load_station
from model.station_reader import StationFileError
from model.table_source import TableError
from runtime.binding import UnboundError
from runtime.charger import BoxMismatch, SimulatedCharger
from runtime.clock import SystemClock
from runtime.endpoint import BadEndpoint
from runtime.host import Host
from runtime.meter_file import MeterFile, MeterUnusable
from runtime.records import RecordDamagedError
from runtime.settings import Settings
from runtime.station import Station
from runtime.station_hardware import station_hardware
from runtime.store import SqliteStore, StoreError
from runtime.transport import WebsocketTransport
from runtime.trouble import USAGE, Trouble, trouble_of

METER_FILE: Final = "meter.json"
"""The simulated box's own memory, beside the station's."""

SEED_BYTES: Final = 8


@frozen
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen
class Options:
    """What ``provenpoint run`` was asked for. ``first``: first values of configuration keys, by name."""

    station: str
    identity: str
    csms: str
    data: Path
    first: Mapping[str, str] = Factory(dict)
    control: Address | None = None
    log_frames: Path | None = None


@frozen
class Assembled:
    """A station in its host, and the parts that others have to reach: the box for a hand, the link to wait for."""

    options: Options
    file: StationFile
    store: SqliteStore
    station: Station
    charger: SimulatedCharger
    transport: WebsocketTransport
    host: Host


def assemble(options: Options) -> Assembled:
    """Build it, on the running loop. Raises ``Trouble``."""
    file = _station_file(options.station)
    _judge_first(file, options.first)
    transport = _transport(options, file)
    store = _store(options.data)
    try:
        return _build(options, file, store, transport)
    except BaseException:
        store.close()
        raise


def _station_file(name: str) -> StationFile:
    try:
        return load_station(name)
    except StationFileError as error:
        raise trouble_of(error, "docs/station-file.md says what a station file may hold", USAGE) from error


def _judge_first(file: StationFile, first: Mapping[str, str]) -> None:
    try:
        Settings(file, first, {})
    except BadValueError as error:
        raise trouble_of(
            error, "give --set KEY=VALUE a key of model/configuration.toml and its values", USAGE
        ) from error


def _transport(options: Options, file: StationFile) -> WebsocketTransport:
    try:
        return WebsocketTransport(options.csms, options.identity, max_message_bytes=file.runtime.max_frame_bytes)
    except BadEndpoint as error:
        raise trouble_of(error, "give --csms and --id what the CSMS expects", USAGE) from error


def _store(directory: Path) -> SqliteStore:
    try:
        return SqliteStore(directory)
    except StoreError as error:
        raise trouble_of(error, "give --data another directory") from error


def _build(options: Options, file: StationFile, store: SqliteStore, transport: WebsocketTransport) -> Assembled:
    try:
        station = Station(file, store.load(), _seed(), options.first)
    except StoreError as error:
        raise trouble_of(error, "restore a copy of the data directory") from error
    except RecordDamagedError as error:
        remedy = "restore a copy, or move the directory away to start with an empty memory"
        raise Trouble(f"{options.data}: {error}", remedy) from error
    except (TableError, UnboundError) as error:
        raise trouble_of(error, "provenpoint lint judges the tables") from error
    transport.password = lambda: _password(station)
    charger = _charger(options, file)
    host = Host(station, store, charger, transport, SystemClock())
    return Assembled(options, file, store, station, charger, transport, host)


def _charger(options: Options, file: StationFile) -> SimulatedCharger:
    memory = MeterFile(options.data / METER_FILE)
    loop = asyncio.get_running_loop()
    try:
        return SimulatedCharger(station_hardware(file), time.monotonic, loop.call_later, memory)
    except BoxMismatch as error:
        raise trouble_of(error, "use the station file that the directory was made with", USAGE) from error
    except MeterUnusable as error:
        raise trouble_of(error, "restore a copy of the data directory") from error


def _password(station: Station) -> bytes | None:
    """The decoded AuthorizationKey, asked for at each dial (reading 24)."""
    key = station.desk.settings.values.get("AuthorizationKey")
    return bytes.fromhex(key) if isinstance(key, str) and key else None


def _seed() -> int:
    return int.from_bytes(os.urandom(SEED_BYTES))
