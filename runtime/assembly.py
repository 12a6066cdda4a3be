"""A whole station out of what the command line says: everything is looked at before anything is written.

The order matters. What the user wrote (station file, keys, URL) is judged first, so that a typing mistake leaves no
directory behind; then the data directory is taken, which refuses a second process; then what it holds is read, and
whose it is: what is owed to the CSMS is owed under one identity, so a directory belongs to the one that it was first
run with. That is written last, before anything is dialled. The host that comes out of it has done nothing yet.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import Factory

from model.configuration import BadValueError
from model.language.table_source import TableError
from model.location import Scheme
from model.record import frozen
from model.station_file import StationFile, load_station
from model.station_reader import StationFileError
from runtime.adapters.charger import SimulatedCharger, StationMismatchError
from runtime.adapters.clock import ForgetfulClock, SystemClock
from runtime.adapters.diagnostics_folder import DiagnosticsFolder
from runtime.adapters.endpoint import BadEndpointError
from runtime.adapters.firmware_slots import SimulatedSlots
from runtime.adapters.meter_file import MeterUnusableError
from runtime.adapters.meter_recovery import usable_meter
from runtime.adapters.slots_file import FileExaminer, SlotsFile
from runtime.adapters.sqlite.errors import StoreError
from runtime.adapters.sqlite.salvage import DAMAGE, OF_STATION
from runtime.adapters.sqlite.store import DATABASE, SqliteStore
from runtime.adapters.station_hardware import station_hardware
from runtime.adapters.transfers.attempt import TransferSettings
from runtime.adapters.transfers.curl_transfers import CurlTransfers
from runtime.adapters.transport import WebsocketTransport
from runtime.capabilities import check_promises
from runtime.commands.command_error import USAGE, CommandError, command_error, raise_all
from runtime.core.binding import UnboundError
from runtime.core.diagnostics_file import DiagnosticsWriter
from runtime.core.firmware_slots import FirmwareSlots
from runtime.core.inputs import Put, SecurityEventNoted, Span
from runtime.core.ledger import everything_in
from runtime.core.ports import Drop, Records
from runtime.core.settings import Settings
from runtime.core.station import Station
from runtime.core.transfers import Transfers
from runtime.host import Host
from runtime.hosting import host_of, ports_of, setup_of
from runtime.vendors import Vendors, VendorsError, load_vendors

METER_FILE: Final = "meter.json"
"""The simulated box's own memory, beside the station's."""

SLOTS_FILE: Final = "slots.json"
"""What the simulated box has in its slots for firmware."""

TRANSFERS: Final = "transfers"
"""The directory of the files that are fetched and sent, in the data directory."""

TRANSFER_PROTOCOLS: Final = "ORS-16"
"""The row of the certificate that names them."""

IDENTITY: Final = "identity"
FILE_NAME: Final = "station_file"
"""The records that say whose a data directory is, and which station file it was last run with."""

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
    """What ``provenpoint run`` was asked for. ``first``: first values of configuration keys, by name.

    ``refused``: what is wrong with those that could not be read; named together with what is wrong with others.

    ``csms``: the endpoint, however it was come by (J-3.1.1-05).
    """

    station: str
    identity: str
    csms: str
    data: Path
    first: Mapping[str, str] = Factory(dict)
    refused: tuple[CommandError, ...] = ()
    control: Address | None = None
    log_frames: Path | None = None


@frozen
class Components:
    """A station in its host, and the parts that others have to reach: the hardware, and the link to wait for.

    ``warnings``: what the user should know before it starts.
    """

    options: Options
    file: StationFile
    store: SqliteStore
    station: Station
    charger: SimulatedCharger
    transport: WebsocketTransport
    transfers: CurlTransfers
    host: Host
    warnings: tuple[str, ...] = ()


def assemble(options: Options) -> Components:
    """Build it, on the running loop. Raises ``CommandError``."""
    file = _station_file(options.station)
    _judge_first(file, options)
    vendors = _vendors(options, file)
    transport = _transport(options, file)
    store = _store(options.data)
    try:
        return _build(options, file, vendors, store, transport)
    except BaseException:
        store.close()
        raise


def _station_file(name: str) -> StationFile:
    try:
        check_promises(name, file := load_station(name))
    except StationFileError as error:
        raise command_error(error, USAGE) from error
    return file


def _judge_first(file: StationFile, options: Options) -> None:
    """Every first value by itself, so that all that are refused are named at once."""
    refused = list(options.refused)
    for name, text in options.first.items():
        try:
            Settings(file, {name: text}, {})
        except BadValueError as error:
            refused.append(command_error(error, USAGE))
    raise_all(refused)


def _vendors(options: Options, file: StationFile) -> Vendors:
    try:
        return load_vendors(file.vendors)
    except VendorsError as error:
        problem = f"{options.station}: data_transfer: vendors: {error.problem_text}"
        raise CommandError(problem, error.remedy, USAGE) from error


def _transport(options: Options, file: StationFile) -> WebsocketTransport:
    try:
        return WebsocketTransport(
            options.csms, options.identity, max_message_bytes=file.runtime.max_frame_bytes, interfaces=file.interfaces
        )
    except BadEndpointError as error:
        raise command_error(error, USAGE) from error


def start(parts: Components) -> None:
    """Power up. What became of a damaged store or meter is reported to the CSMS until that is on record.

    Security events that were owed may have been lost with it. A meter's memory that is not what was written is what
    tampering with a meter looks like.
    """
    parts.host.start()
    reports = parts.store.recall((Span(OF_STATION, DAMAGE, f"{DAMAGE}~"),))
    for report in reports:
        kind = "TamperDetectionActivated" if report.key.startswith(f"{DAMAGE}{METER_FILE}") else "SecurityLogWasCleared"
        parts.host.submit(SecurityEventNoted(kind, report.value))
    parts.store.commit(Drop(OF_STATION, report.key) for report in reports)


def _store(directory: Path) -> SqliteStore:
    try:
        return SqliteStore(directory)
    except StoreError as error:
        raise command_error(error) from error


def _build(
    options: Options, file: StationFile, vendors: Vendors, store: SqliteStore, transport: WebsocketTransport
) -> Components:
    try:
        records = everything_in(store)
        _judge_owner(options, records)
        charger, of_meter = _charger(options, file, store)
        clock = SystemClock() if file.hardware.keeps_time else ForgetfulClock()
        setup, transfers = setup_of(file, options.first, vendors=vendors), _transfers(options, file)
        ports = ports_of(store, transport, charger, clock)
        ports |= {Transfers: transfers, FirmwareSlots: _slots(options, file)}
        ports |= {DiagnosticsWriter: DiagnosticsFolder(options.data / TRANSFERS, options.log_frames)}
        hosted = host_of(setup, ports, records, _seed())
    except StoreError as error:
        raise command_error(error) from error
    except (TableError, UnboundError) as error:
        raise command_error(error) from error
    transport.password = lambda: _password(hosted.station)
    _sign(options, file, store, records)
    warnings = _warnings(options, file, store, records, of_meter)
    return Components(options, file, store, hosted.station, charger, transport, transfers, hosted.host, warnings)


def _judge_owner(options: Options, records: Records) -> None:
    """A directory without an identity takes any; one that has an identity serves that alone (J-3.1.1-08)."""
    owner = records.get(OF_STATION, {}).get(IDENTITY, options.identity)
    if owner != options.identity:
        raise CommandError(
            f"{options.data}: this data directory belongs to {owner!r}, not to {options.identity!r}",
            f"give --id {owner!r}, or {options.identity!r} a directory of its own with --data",
            USAGE,
        )


def _sign(options: Options, file: StationFile, store: SqliteStore, records: Records) -> None:
    """Say whose the directory is, on the disk; nothing is written where it says so already."""
    known = records.get(OF_STATION, {})
    said = {IDENTITY: options.identity, FILE_NAME: file.name}
    try:
        store.commit(Put(OF_STATION, key, value) for key, value in said.items() if known.get(key) != value)
        if IDENTITY not in known:
            store.fold()  # whose it is stands in the database from then on, whatever becomes of the log
    except StoreError as error:
        raise command_error(error) from error


def _warnings(
    options: Options, file: StationFile, store: SqliteStore, records: Records, of_meter: str
) -> tuple[str, ...]:
    warnings = [f"{options.data / METER_FILE}: {of_meter}"] if of_meter else []
    before = records.get(OF_STATION, {}).get(FILE_NAME, file.name)
    if before != file.name:
        warnings.append(f"{options.data}: last run with station file {before}, now with {file.name}")
    if store.quarantined:
        warnings.append(f"{options.data / DATABASE}: {store.quarantined.why}; {store.quarantined.report}")
    warnings += [
        f"{place.parent / DATABASE}: what lay in its way is no file: it is {place.name} now" for place in store.moved
    ]
    return tuple(warnings)


def _charger(options: Options, file: StationFile, store: SqliteStore) -> tuple[SimulatedCharger, str]:
    """The box, and what is to be said of its memory."""
    loop = asyncio.get_running_loop()
    try:
        memory, hardware, report = usable_meter(options.data / METER_FILE, store, station_hardware(file))
        return SimulatedCharger(hardware, time.monotonic, loop.call_later, memory), report
    except StationMismatchError as error:
        raise command_error(error, USAGE) from error
    except MeterUnusableError as error:
        raise command_error(error) from error


def _transfers(options: Options, file: StationFile) -> CurlTransfers:
    """By the protocols that the certificate names; a station without such a row moves no files."""
    row = file.features.get(TRANSFER_PROTOCOLS)
    named = row.value if row is not None and isinstance(row.value, list | tuple) else ()
    schemes = frozenset(scheme for scheme in Scheme if scheme.upper() in named)
    post = asyncio.get_running_loop().call_soon_threadsafe
    return CurlTransfers(options.data / TRANSFERS, post, TransferSettings(schemes))


def _slots(options: Options, file: StationFile) -> SimulatedSlots:
    """Of the simulated box."""
    post = asyncio.get_running_loop().call_soon_threadsafe
    examine = FileExaminer(options.data / TRANSFERS, file.product.charge_point_model, post)
    return SimulatedSlots(examine, SlotsFile(options.data / SLOTS_FILE))


def _password(station: Station) -> bytes | None:
    """The decoded AuthorizationKey, asked for at each dial (reading 24)."""
    key = station.context.settings.values.get("AuthorizationKey")
    return bytes.fromhex(key) if isinstance(key, str) and key else None


def _seed() -> int:
    return int.from_bytes(os.urandom(SEED_BYTES))
