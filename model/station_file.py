"""A station file: what a certificate attests of one product, and the simulated box that goes with it.

The first station is ``model/stations/m06010e2eyfg.toml``; another product is another file, never an ``if``. A file may
extend a built-in one by name and state only what differs. The rows of the certificate are *features* (true, a
list, a text) and *limits* (whole numbers); code and ``model/configuration.toml`` refer to them by id.

A mistake that would only show in the field is refused when the file is read: an unknown key, a text too long
for its place on the wire (CS-6.3-01), a charge curve that runs backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, cached_property
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

from attrs import Attribute, evolve, field
from attrs.validators import ge, gt, in_, le, max_len, min_len

from model.messages.registry import Profile as FeatureProfile
from model.record import frozen
from model.station_reader import FeatureValue, Raw, Source, StationFileError, overlay, read_source, structured
from model.station_rows import check_rows, refuse_row

STATIONS = Path(__file__).parent / "stations"


@frozen
class Product:
    """Names: the certificate's, and with their space on the wire those of BootNotification.req (CS-6.3-01)."""

    designation: str
    vendor: str
    charge_point_vendor: str = field(validator=[min_len(1), max_len(20)])
    charge_point_model: str = field(validator=[min_len(1), max_len(20)])
    firmware_version: str = field(validator=max_len(50))
    charge_point_serial_number: str = field(default="", validator=max_len(25))
    charge_box_serial_number: str = field(default="", validator=max_len(25))
    iccid: str = field(default="", validator=max_len(20))
    imsi: str = field(default="", validator=max_len(20))
    meter_type: str = field(default="", validator=max_len(25))
    meter_serial_number: str = field(default="", validator=max_len(25))
    certificate: str = ""
    reference: str = ""
    device_under_test: str = ""
    test_tool: str = ""
    white_label_designation: str = ""
    white_label_vendor: str = ""
    white_label_certificate: str = ""


def _feature_profile(name: str) -> FeatureProfile:
    if name not in list(FeatureProfile):
        raise ValueError(f"'name' has to be one of {', '.join(FeatureProfile)}, not {name!r}")
    return FeatureProfile(name)


@frozen
class Profile:
    """A feature profile that the certificate covers."""

    name: FeatureProfile = field(converter=_feature_profile)
    description: str = ""


@frozen
class Feature:
    """One row of the certificate; ``meaning`` says what it asks of the software."""

    id: str
    feature: str
    value: FeatureValue
    meaning: str = ""


@frozen
class Connector:
    """One connector; ``first_register_wh`` where its meter, when new, showed another value than the others."""

    id: int = field(validator=gt(0))
    current: str = field(default="DC", validator=in_(("AC", "DC")))
    type: str = "cCCS2"
    cable: str = field(default="fixed", validator=in_(("fixed", "detachable")))
    first_register_wh: int | None = None


class NetworkInterface(StrEnum):
    """An interface over which the CSMS can be dialled, as HFS-9 names it."""

    ETHERNET = "Ethernet"
    MODEM = "MobileNetwork"


def _way_out(name: str) -> NetworkInterface:
    if name not in list(NetworkInterface):
        raise ValueError(f"'name' has to be one of {', '.join(NetworkInterface)}, not {name!r}")
    return NetworkInterface(name)


def _address(_: object, attribute: Attribute[str], address: str) -> None:
    try:
        ip_address(address or "::")
    except ValueError as problem:
        raise ValueError(f"'{attribute.name}' has to be an IP address of this machine, or empty: {problem}") from None


@frozen
class Interface:
    """A network interface; a dial over it comes from ``local_address``, empty for the system's choice."""

    name: NetworkInterface = field(converter=_way_out)
    local_address: str = field(default="", validator=_address)


@frozen
class Port:
    """A network interface, as the certificate names it."""

    description: str
    protocol: str
    port: int
    direction: str
    secured: bool


@frozen
class Measured:
    """What certification measured, in seconds."""

    min: float
    max: float
    average: float


@frozen
class Kpi:
    """A performance figure of the certificate: its limit in seconds, and what was measured."""

    id: str
    name: str
    limit: float
    measured: Measured
    meaning: str = ""


Curve = tuple[tuple[float, float], ...]


def _runs_forward(_: object, attribute: Attribute[Curve], curve: Curve) -> None:
    socs = [soc for soc, _ in curve]
    if not curve[1:] or any(right <= left for left, right in pairwise(socs)):
        raise ValueError(f"'{attribute.name}' needs two points or more, [state_of_charge, fraction], in rising order")
    if not all(0 <= value <= 1 for point in curve for value in point):
        raise ValueError(f"'{attribute.name}' has numbers from 0 to 1 only")


@frozen
class Ev:
    """The simulated EV; ``curve`` is the fraction of its power that the battery takes, over its state of charge."""

    battery_wh: int = field(validator=gt(0))
    state_of_charge: float = field(validator=[ge(0), le(1)])
    max_power_w: int = field(validator=gt(0))
    nominal_voltage_v: float = field(validator=gt(0))
    curve: Curve = field(validator=_runs_forward)

    def fraction_at(self, state_of_charge: float) -> float:
        """The curve at that state of charge, along straight lines; its ends hold beyond it."""
        soc = max(state_of_charge, self.curve[0][0])
        for (left, low), (right, high) in pairwise(self.curve):
            if soc <= right:
                return low + (high - low) * (soc - left) / (right - left)
        return self.curve[-1][1]


@frozen
class Hardware:
    """The simulated power electronics; ``power_w`` is shared by all connectors."""

    power_w: int = field(validator=gt(0))
    max_voltage_v: float = field(validator=gt(0))
    max_current_a: float = field(validator=gt(0))
    first_register_wh: int = field(validator=ge(0))
    keeps_time: bool
    ev: Ev


MAX_CACHE_ENTRIES = 1_000
"""Each entry is an instance of a machine: a step that raises events in all of them has to end (``MAX_EVENTS``), and the
stop button waits for that (docs/benchmarks.md)."""


MAX_TRANSACTION_DATA_BYTES = 1_200_000
"""All of it is written into one StopTransaction.req, and dropped in one commit when that is confirmed. It has space for
the 7,200 values that the first station's certificate names (ORS-8)."""


@frozen
class Supply:
    """What an AC station is connected to: the line's nominal voltage to neutral, and its phases."""

    voltage_v: int = field(validator=gt(0))
    phases: int = field(validator=in_((1, 2, 3)))


@frozen
class Runtime:
    """What the specification leaves to the station: times in seconds, and bounds."""

    call_timeout_s: float = field(validator=gt(0))
    boot_retry_s: float = field(validator=gt(0))
    back_off_base_s: float = field(validator=gt(0))
    back_off_cap_s: float = field(validator=gt(0))
    stable_link_s: float = field(validator=gt(0))
    interface_settle_s: float = field(validator=gt(0))
    interface_retry_s: float = field(validator=gt(0))
    checkpoint_interval_s: float = field(validator=gt(0))
    shutdown_wait_s: float = field(validator=ge(0))
    hard_reset_wait_s: float = field(validator=ge(0))
    max_frame_bytes: int = field(validator=ge(1024))
    max_queue: int = field(validator=gt(0))
    max_transaction_data_bytes: int = field(validator=[ge(10_000), le(MAX_TRANSACTION_DATA_BYTES)])
    max_cache_entries: int = field(validator=[gt(0), le(MAX_CACHE_ENTRIES)])
    silence_s: float = field(default=60.0, validator=gt(0))


@frozen
class DataTransfer:
    """``vendors``: where handlers of vendors' messages are, ``module:name`` of a ``runtime.vendors.Vendors`` each."""

    vendors: tuple[str, ...] = ()


@frozen
class Firmware:
    """``unsigned``: whether UpdateFirmware.req is taken, whose image nobody has signed (SEC-L01.FR.20)."""

    unsigned: str = field(default="accept", validator=in_(("accept", "refuse")))


@frozen
class Contents:
    """The file, key by key as it stands in TOML."""

    product: Product
    profile: tuple[Profile, ...]
    row: tuple[Feature, ...]
    connector: tuple[Connector, ...]
    interface: tuple[Interface, ...] = field(validator=min_len(1))
    hardware: Hardware
    runtime: Runtime
    port: tuple[Port, ...] = ()
    kpi: tuple[Kpi, ...] = ()
    supply: Supply | None = None
    data_transfer: DataTransfer = DataTransfer()
    firmware: Firmware = Firmware()
    extends: str = ""


@frozen(slots=False)
class StationFile:
    """A station: everything in its file and in the one that it extends."""

    name: str
    contents: Contents

    @property
    def product(self) -> Product:
        """Its names."""
        return self.contents.product

    @property
    def hardware(self) -> Hardware:
        """Its simulated hardware."""
        return self.contents.hardware

    @property
    def supply(self) -> Supply | None:
        """What it is connected to; None where limits in A are not taken."""
        return self.contents.supply

    @property
    def runtime(self) -> Runtime:
        """Its own times and bounds."""
        return self.contents.runtime

    @property
    def vendors(self) -> tuple[str, ...]:
        """Where its handlers of vendors' messages are."""
        return self.contents.data_transfer.vendors

    @property
    def takes_unsigned_firmware(self) -> bool:
        """Whether an image is installed that nobody has signed."""
        return self.contents.firmware.unsigned == "accept"

    @property
    def connectors(self) -> tuple[Connector, ...]:
        """Its connectors, 1 first."""
        return self.contents.connector

    @cached_property
    def connector_ids(self) -> tuple[int, ...]:
        """1 and up without a gap; 0 is the station as a whole (CS-3.8-01 to -05)."""
        return tuple(connector.id for connector in self.connectors)

    @cached_property
    def interfaces(self) -> Mapping[NetworkInterface, str]:
        """The interfaces that the box has, and the local address of each, empty for the system's choice."""
        return {interface.name: interface.local_address for interface in self.contents.interface}

    @cached_property
    def profiles(self) -> tuple[FeatureProfile, ...]:
        """The feature profiles that the certificate covers; of what belongs to another one it knows nothing."""
        return tuple(profile.name for profile in self.contents.profile)

    @cached_property
    def features(self) -> Mapping[str, Feature]:
        """Every row of the certificate by its id."""
        return {row.id: row for row in self.contents.row}

    @cached_property
    def limits(self) -> Mapping[str, int]:
        """The rows whose value is a whole number, such as ORS-5, by id."""
        return {row.id: row.value for row in self.contents.row if type(row.value) is int}

    @cached_property
    def kpis(self) -> Mapping[str, Kpi]:
        """The performance figures by their ids."""
        return {kpi.id: kpi for kpi in self.contents.kpi}

    def first_register_wh(self, connector: int) -> int:
        """What the meter of that connector showed when it was new."""
        own = self.connectors[connector - 1].first_register_wh
        return self.hardware.first_register_wh if own is None else own


def built_in_stations() -> tuple[str, ...]:
    """The names that ``load_station`` knows without a path."""
    return tuple(sorted(path.stem for path in STATIONS.glob("*.toml")))


def load_station(name_or_path: str | Path) -> StationFile:
    """A built-in station by name, or a file by path. Raises StationFileError."""
    if str(name_or_path) in built_in_stations():
        return _built_in(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        known = ", ".join(built_in_stations())
        raise StationFileError(f"{path}: no such station file; give a path, or one of {known}")
    return _load(path)


@cache
def _built_in(name: str) -> StationFile:
    return _load(STATIONS / f"{name}.toml")


def _load(path: Path) -> StationFile:
    source = read_source(path)
    base = _base(source)
    raw = overlay(base, source.raw)
    contents = structured(source, raw, Contents)
    check_rows(source, base, raw)
    _check_profiles(source, contents)
    _check_supply(source, contents)
    return StationFile(path.stem, _name_interfaces(source, _count_connectors(source, contents)))


def _base(source: Source) -> Raw:
    """What the file extends, laid over what that extends; empty where the file stands alone."""
    if "extends" not in source.raw:
        return {}
    name = source.raw["extends"]
    # No search for circles: only built-in files can be extended, and a test loads each of them.
    if name not in built_in_stations() or str(STATIONS / f"{name}.toml") == source.name:
        raise source.refuse(f"extends {name!r}; one of {', '.join(built_in_stations())}", "extends")
    base = read_source(STATIONS / f"{name}.toml")
    return overlay(_base(base), base.raw)


def _count_connectors(source: Source, contents: Contents) -> Contents:
    """Connectors are 1, 2, ... and HFS-8 counts them, unless the file itself says otherwise, which is refused."""
    count = len(contents.connector)
    ids = [connector.id for connector in contents.connector]
    if not count or ids != list(range(1, count + 1)):
        raise source.refuse(f"connectors are {ids}; they are numbered 1, 2, ... in this order", "connector", 0)
    for row in source.raw.get("row", []):
        if row["id"] == "HFS-8" and row.get("value") != count:
            raise refuse_row(source, "HFS-8", f"HFS-8 says {row.get('value')}, and there are {count} [[connector]]")
    rows = tuple(evolve(row, value=count) if row.id == "HFS-8" else row for row in contents.row)
    return evolve(contents, row=rows)


def _check_profiles(source: Source, contents: Contents) -> None:
    """Core is no choice (CS-3.3-02), the others are (CS-3.3-03)."""
    if not any(profile.name is FeatureProfile.CORE for profile in contents.profile):
        raise source.refuse(
            "no [[profile]] Core, and every station has it: add it to those that are stated", "profile", 0
        )


def _check_supply(source: Source, contents: Contents) -> None:
    """A station that takes limits in A has to say what an ampere is worth."""
    in_amperes = any(row.id == "SC-1.1" and row.value is True for row in contents.row)
    if in_amperes and contents.supply is None:
        raise source.refuse("SC-1.1 takes profiles in A; add [supply] with voltage_v and phases", "row")


def _name_interfaces(source: Source, contents: Contents) -> Contents:
    """HFS-9 names the interfaces, unless the file itself says otherwise, which is refused."""
    names = [str(interface.name) for interface in contents.interface]
    for row in source.raw.get("row", []):
        if row["id"] == "HFS-9" and row.get("value") != names:
            raise refuse_row(source, "HFS-9", f"HFS-9 says {row.get('value')}, and the [[interface]] are {names}")
    rows = tuple(evolve(row, value=tuple(names)) if row.id == "HFS-9" else row for row in contents.row)
    return evolve(contents, row=rows)
