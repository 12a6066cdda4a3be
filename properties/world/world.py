"""One station in its world: powered, joined to a CSMS, and in the hands of a driver.

``World`` puts the real objects together: the product's station and host, the simulated charger, and around them the
disk, the network and the CSMS of this package, all on one virtual clock. A life of the station lasts from ``power_up``
until the power goes: at a place that the fuse was set to, or when a test calls ``cut_power``. What the disk keeps, the
box and the CSMS remember; the rest is born again.

``wait`` lets time pass; every other verb lets pass only the moment that frames need on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from model.language.composition import Composition
from model.station_file import NetworkInterface, StationFile, load_station
from properties.world.clock import Call, VirtualClock
from properties.world.csms import Asked, Csms
from properties.world.diagnostics import SimulatedDiagnosticsWriter
from properties.world.disk import Death, MemoryDisk
from properties.world.firmware import examining
from properties.world.network import Network
from properties.world.power import Fuse, FusedHardware, FusedPort, FusedStation, PowerCut
from properties.world.transfers import SimulatedTransfers
from runtime.adapters.charger import SimulatedCharger
from runtime.adapters.firmware_slots import SimulatedSlots
from runtime.adapters.station_hardware import station_hardware
from runtime.blocks import BLOCKS
from runtime.core.block import Block, Setup
from runtime.core.diagnostics_file import DiagnosticsWriter
from runtime.core.firmware_slots import FirmwareSlots
from runtime.core.inputs import Input, Moment, ShutDown
from runtime.core.ledger import everything_in
from runtime.core.ports import CallLater, Fired, Ports, Reboot, Records, Step
from runtime.core.station import Station
from runtime.core.transfers import Transfers
from runtime.host import Host
from runtime.hosting import host_of, ports_of, setup_of
from runtime.vendors import Vendors

MOMENT_S = 0.5
"""What passes after each verb: many times the way of a frame, less than any timer of the station."""

REBOOT_S = 2.0
"""What passes between the end of a station that reboots and its next power up."""

MAX_CALLS = 200_000
"""More calls than this within one wait are a loop."""

KNOWN = {"status": "Accepted"}
GROUP = {"status": "Accepted", "parentIdTag": "GROUP"}
TOKENS = {"alice": KNOWN, "bob": KNOWN, "carol": GROUP, "dave": GROUP, "mallory": {"status": "Blocked"}}
"""Two of a group, two of none, and one that is blocked; every other id tag is Invalid."""

Watcher = Callable[[tuple[Fired, ...]], None]


@define(eq=False)
class Life:
    """One life of the station: from power to no power."""

    station: Station
    host: Host
    calls: list[Call] = field(factory=list)


class World:
    """A station, everything around it, and time.

    ``most_failures``: a step that raises is survived in the field, and nowhere in a world, unless that is looked at.
    """

    most_failures = 1

    def __init__(
        self,
        *watchers: Watcher,
        file: StationFile | None = None,
        settings: Mapping[str, str] | None = None,
        seed: int = 1,
        composition: Composition | None = None,
        vendors: Vendors | None = None,
        blocks: tuple[Block, ...] = BLOCKS,
    ) -> None:
        """``watchers`` see every row that fires. ``settings``: first values of configuration keys."""
        self.file = file or load_station("m06010e2eyfg")
        self.settings, self.seed, self.composition, self.vendors = dict(settings or {}), seed, composition, vendors
        self.blocks = blocks
        self.ports: Ports = {port: make() for block in blocks for port, make in block.ports.items()}
        self.watchers = watchers
        self.clock, self.fuse = VirtualClock(), Fuse()
        self.disk = MemoryDisk(self.fuse)
        self.csms = Csms(self.clock, tokens=dict(TOKENS))
        self.network = Network(self.clock, self.fuse, self.csms)
        self.csms.send, self.csms.hang_up = self.network.to_station, self.network.lose
        self.box = SimulatedCharger(station_hardware(self.file), self.clock.monotonic_s, self.clock.call_later)
        self.transfers = SimulatedTransfers(self.clock)
        self.diagnostics = SimulatedDiagnosticsWriter(self.transfers.files)
        self.slots = SimulatedSlots(examining(self.clock, self.transfers))
        self.fired: list[Fired] = []
        self.steps: list[tuple[float, Input, Step]] = []
        self.life: Life | None = None
        self.reboot: Call | None = None
        self.boots = 0
        self.death = Death.TORN
        self.broken: set[int] = set()
        self.keeps_time = self.file.hardware.keeps_time

    # ---- power -------------------------------------------------------------------------------------------

    def power_up(self) -> World:
        """Give the station power, and let it do what it does first."""
        if self.life is None:
            self._do(self._begin)
        self.wait(MOMENT_S)
        return self

    def cut_power(self, death: Death | None = None) -> World:
        """The lights go out, now."""
        if self.life is not None:
            self._end(death or self.death)
        return self

    def power_cycle(self, dark_s: float = 5.0) -> World:
        """Cut the power, wait, give it back."""
        self.cut_power().wait(dark_s)
        return self.power_up()

    @property
    def powered(self) -> bool:
        """Whether the station lives."""
        return self.life is not None

    @property
    def station(self) -> Station:
        """The station that lives now."""
        assert self.life is not None, "the station has no power"
        return self.life.station

    def new_station(self, setup: Setup, records: Records, seed: int) -> Station:
        """The station of the life that begins."""
        return Station(setup, records, seed)

    @property
    def setup(self) -> Setup:
        """What the station of the next life is made of."""
        return setup_of(self.file, self.settings, self.composition, self.vendors, self.blocks)

    def _begin(self) -> None:
        self.boots += 1
        if not self.keeps_time:
            self.clock.forget_date()
        calls: list[Call] = []

        def call_later(delay: float, callback: Callable[[], None]) -> Call:
            calls.append(self.clock.call_later(delay, lambda: self._do(callback)))
            return calls[-1]

        ports = ports_of(self.disk, self.network, FusedHardware(self.box, self.fuse), self.clock)
        ports |= {CallLater: call_later}
        ports |= {port: FusedPort(adapter, self.fuse) for port, adapter in self.ports.items()}
        around = {Transfers: self.transfers, DiagnosticsWriter: self.diagnostics, FirmwareSlots: self.slots}
        ports |= {port: FusedPort(adapter, self.fuse) for port, adapter in around.items()}
        records, seed = everything_in(self.disk), self.seed * 1000 + self.boots
        hosted = host_of(self.setup, ports, records, seed, self.new_station)
        hosted.host.station = FusedStation(hosted.station, self.fuse)
        hosted.host.failures.most = self.most_failures
        hosted.host.watchers.append(self._saw)
        self.life = Life(hosted.station, hosted.host, calls)
        hosted.host.start()

    def _end(self, death: Death) -> None:
        assert self.life is not None, "what ends has begun"
        for call in self.life.calls:
            call.cancel()
        self.life = None
        for port in self.ports.values():
            if subscribe := getattr(port, "subscribe", None):
                subscribe(_nobody)
        self._stay_down()
        self.network.station_died()
        self.transfers.cut_power()
        self.box.cut_power()
        self.slots.cut_power()
        self.disk.die(death)

    def _reboot(self) -> None:
        """What the process does: the end of this life, and the next (``runtime/process.py``)."""
        self._end(Death.NOTHING_LOST)
        self._begin()

    def _stay_down(self) -> None:
        if self.reboot is not None:
            self.reboot.cancel()
            self.reboot = None

    def _do(self, action: Callable[[], object]) -> None:
        """Do something to the station; if the fuse blows meanwhile, the power is gone. Raises what the host caught."""
        life = self.life
        try:
            action()
        except PowerCut:
            self._end(self.death)
        life = self.life or life
        if life and life.host.failure:
            raise life.host.failure

    def _saw(self, given: Input, now: Moment, step: Step) -> None:
        self.steps.append((now.monotonic_s, given, step))
        if any(isinstance(effect, Reboot) for effect in step.effects):
            self.reboot = self.clock.call_later(REBOOT_S, self._reboot)
        self.fired.extend(step.fired)
        for watch in self.watchers:
            watch(step.fired)

    # ---- time --------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> World:
        """Let time pass, and everything that it brings."""
        until_s = self.clock.now_s + seconds
        for _ in range(MAX_CALLS):
            next_s = self.clock.next_s()
            if next_s is None or next_s > until_s:
                break
            self._do(self.clock.run_next)
        else:
            raise RuntimeError(f"{MAX_CALLS} calls within {seconds} s: the world does not come to rest")
        self.clock.now_s = until_s
        return self

    def _verb(self, action: Callable[[], object]) -> World:
        self._do(action)
        return self.wait(MOMENT_S)

    # ---- the driver and the box --------------------------------------------------------------------------

    def plug_in(self, connector: int = 1) -> World:
        """The driver plugs in."""
        return self._verb(lambda: self.box.plug_in(connector))

    def plug_out(self, connector: int = 1) -> World:
        """The driver takes the cable out."""
        return self._verb(lambda: self.box.plug_out(connector))

    def present(self, id_tag: str, *connectors: int) -> World:
        """The driver holds a token to the reader."""
        return self._verb(lambda: self.box.present_token(id_tag, connectors))

    def press_stop(self, connector: int = 1) -> World:
        """A driver presses the stop button."""
        return self._verb(lambda: self.box.stop(connector))

    def ev_wants(self, wants_energy: bool, connector: int = 1) -> World:
        """The EV asks for energy, or for none."""
        return self._verb(lambda: self.box.ev(connector, wants_energy))

    def fault(self, connector: int = 1, error_code: str = "GroundFailure", info: str | None = None) -> World:
        """Something breaks."""
        self.broken.add(connector)
        return self._verb(lambda: self.box.fault(connector, error_code, info))

    def clear_fault(self, connector: int = 1) -> World:
        """The fault is repaired."""
        self.broken.discard(connector)
        return self._verb(lambda: self.box.clear_fault(connector))

    def happen(self, action: Callable[[], object]) -> World:
        """Something happens for which there is no verb: what a block's own hardware does (``ports``)."""
        return self._verb(action)

    def submit(self, given: Input) -> World:
        """Bring an input to the host directly: what no verb has."""
        life = self.life
        return self._verb(lambda: life.host.submit(given)) if life else self

    def shut_down(self) -> World:
        """Ask for an orderly stop; it takes precedence over a reboot that is due."""
        self._stay_down()
        return self.submit(ShutDown())

    @property
    def stopped(self) -> bool:
        """Whether the station has ended in good order."""
        return self.life is not None and self.life.host.stopped.is_set()

    # ---- the disk ----------------------------------------------------------------------------------------

    def fill_disk(self) -> World:
        """The disk is filled, but for the station's reserve; it notices when it writes next."""
        self.disk.full = True
        return self.wait(MOMENT_S)

    def empty_disk(self) -> World:
        """Space is freed on the disk."""
        self.disk.full = False
        return self.wait(MOMENT_S)

    # ---- the network and the CSMS ------------------------------------------------------------------------

    def link_down(self, interface: NetworkInterface | None = None) -> World:
        """The network goes: over that interface, or over each."""
        return self._verb(lambda: self.network.set_network(False, interface))

    def link_up(self, interface: NetworkInterface | None = None) -> World:
        """The network comes back."""
        return self._verb(lambda: self.network.set_network(True, interface))

    def flap(self, reason: str = "flap") -> World:
        """The websocket dies; the network is fine."""
        return self._verb(lambda: self.network.lose(reason))

    def ask(self, action: str, **payload: Any) -> Asked:
        """The CSMS asks for something; the answer has come when this returns, if it comes at all."""
        asked: list[Asked] = []
        self._verb(lambda: asked.append(self.csms.call(action, **payload)))
        return asked[0]

    # ---- what is so --------------------------------------------------------------------------------------

    def state(self, machine: str, connector: int = 0) -> str:
        """The state of a machine."""
        return self.station.context.engine.state(machine, connector)

    def is_plugged(self, connector: int) -> bool:
        """Whether an EV is at the connector."""
        return self.box.view()[connector - 1].soc is not None

    def is_faulted(self, connector: int) -> bool:
        """Whether an error stands there; connector 0 is the station itself."""
        return connector in self.broken

    def rows(self) -> list[str]:
        """Every row that has fired, as ``machine:row``, in order."""
        return [f"{fired.machine}:{fired.row}" for fired in self.fired]

    def register_wh(self, connector: int = 1) -> int:
        """What the meter shows."""
        return self.box.meters(self.clock.now_s)[connector - 1].register_wh


def _nobody(_: Input) -> None:
    """The station that listened has no power."""


def offers_w(world: World) -> Iterable[float]:
    """What each connector offers now."""
    return [reading.offered_w for reading in world.box.meters(world.clock.now_s)]
