"""The world of a replay: a real station whose link, CSMS, clock and power move only when a trace moves them.

What brings each event of the world about here, the blocks say (``properties/blocks/``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import orjson
from attrs import Factory, define, evolve, field, frozen

from model.language.composition import Composition, Instance
from model.station_file import NetworkInterface, StationFile
from properties.replay.monitor import PropertyMonitor
from properties.world.clock import Call, VirtualClock
from properties.world.disk import Death, MemoryDisk
from properties.world.power import Fuse
from runtime.adapters.charger import SimulatedCharger
from runtime.adapters.station_hardware import station_hardware
from runtime.blocks import BLOCKS
from runtime.core.block import Block
from runtime.core.diagnostics_file import DiagnosticsWriter
from runtime.core.firmware_slots import FirmwareSlots
from runtime.core.inputs import FrameReceived, Input, LinkInput, Moment, TimerDue
from runtime.core.ledger import everything_in
from runtime.core.ports import CallLater, Fired, Step
from runtime.core.station import Station
from runtime.core.transfers import Transfers
from runtime.host import Host
from runtime.hosting import host_of, ports_of, setup_of

Answers = Mapping[str, bool]
Json = dict[str, Any]
Stimulus = Callable[["Stage", Instance, Answers], None]
LayOut = Callable[["Stage", Instance, Answers], None]
ACCEPTED = {"status": "Accepted"}
NOW = "2026-01-01T12:00:00Z"
SETTINGS = {"ClockAlignedDataInterval": "60"}
"""What has to be so for every timer of the tables to run."""


class CannotBeCausedError(Exception):
    """Nothing that the world can do brings this event about here; the message says why."""


@frozen
class Stimuli:
    """How the world brings about the events of one block, or of several.

    ``stimuli``: ``machine.event`` -> what brings it about; timers are found in the tables, power is its own.
    ``questions``: those that are answered as the trace wants it, by ``lay_out`` or by a cause. ``keys``: those that
    a configuration key decides. ``plain``: calls of the station whose answer means nothing but that they are over (a
    MeterValues of the queue is asked for by its name).
    """

    stimuli: Mapping[str, Stimulus] = Factory(dict)
    questions: tuple[str, ...] = ()
    lay_out: LayOut | None = None
    keys: Mapping[str, str] = Factory(dict)
    plain: Mapping[str, Json] = Factory(dict)


@frozen(slots=False)
class AllStimuli:
    """Those of all blocks, in their order."""

    of_blocks: tuple[Stimuli, ...]

    @cached_property
    def stimuli(self) -> dict[str, Stimulus]:
        """``machine.event`` -> what brings it about."""
        return {event: cause for one in self.of_blocks for event, cause in one.stimuli.items()}

    @cached_property
    def plain(self) -> dict[str, Json]:
        """Calls whose answer means nothing but that they are over, and that answer."""
        return {action: answer for one in self.of_blocks for action, answer in one.plain.items()}

    def can_lay_out(self, name: str) -> bool:
        """Whether the replay can make the data so that this question is answered as wanted."""
        question = name.rpartition(".")[2]
        return any(question in one.questions or question in one.keys for one in self.of_blocks)

    def lay_out(self, stage: Stage, at: Instance, answers: Answers) -> None:
        """Make the data so that the questions are answered as in the trace."""
        for one in self.of_blocks:
            for question, key in one.keys.items():
                if (said := says(answers, question)) is not None:
                    stage.station.context.settings.values[key] = said
        for one in self.of_blocks:
            if one.lay_out:
                one.lay_out(stage, at, answers)


def says(answers: Answers, question: str) -> bool | None:
    """What the trace answers to a question, at whichever instance; None where it was not asked."""
    return next((said for name, said in answers.items() if name.rpartition(".")[2] == question), None)


@define(eq=False)
class HandWire:
    """Satisfies ``runtime.core.ports.Transport``, and does nothing but remember the call that is open."""

    open_call: tuple[str, str, Json] | None = None

    def subscribe(self, submit: Callable[[LinkInput], None]) -> None:
        """The stage submits to the host itself."""

    def dial(self, interface: NetworkInterface) -> None:
        """The trace says how it ends."""

    def send(self, text: str) -> None:
        """Remember a call."""
        frame = orjson.loads(text)
        if frame[0] == 2:  # noqa: PLR2004 - CALL
            self.open_call = (frame[1], frame[2], frame[3])

    def hang_up(self, reason: str) -> None:
        """The trace says when the socket closes."""

    def set_ping_interval(self, seconds: int) -> None:
        """No pings in a replay."""

    def set_network(self, up: bool, interface: NetworkInterface | None = None) -> None:
        """The stage submits to the host itself."""


class HandPort:
    """Satisfies any port, and does nothing: what comes of it, the trace says."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


@define(eq=False)
class Stage:
    """The station of a trace, and the world around it."""

    file: StationFile
    composition: Composition
    connectors: int
    stimuli: AllStimuli
    blocks: tuple[Block, ...] = BLOCKS
    clock: VirtualClock = field(factory=VirtualClock)
    disk: MemoryDisk = field(factory=lambda: MemoryDisk(Fuse()))
    wire: HandWire = field(factory=HandWire)
    fired: list[Fired] = field(factory=list)
    boots: int = 0
    mark: int = 0
    """From here on in ``fired`` stands what the step of the trace has brought about."""
    judging: Callable[[Station], PropertyMonitor] | None = None
    """Seats a judge in a station that is about to live."""
    monitor: PropertyMonitor | None = None
    _station: Station | None = None
    _host: Host | None = None

    @property
    def station(self) -> Station:
        """The station that lives now. Raises CannotBeCausedError before the first power up."""
        if self._station is None:
            raise CannotBeCausedError("the station has no power yet: a trace begins with power.power_up")
        return self._station

    def power(self) -> None:
        """The power goes, and comes back."""
        self.boots += 1
        self.disk.die(Death.TORN)
        contents = self.file.contents
        file = evolve(self.file, contents=evolve(contents, connector=contents.connector[: self.connectors]))
        self.wire = HandWire()
        box = SimulatedCharger(station_hardware(file), self.clock.monotonic_s, self.clock.call_later)
        ports = ports_of(self.disk, self.wire, box, self.clock) | {CallLater: self._never}
        ports |= {Transfers: HandPort(), DiagnosticsWriter: HandPort(), FirmwareSlots: HandPort()}
        setup = setup_of(file, SETTINGS, self.composition, blocks=self.blocks)
        hosted = host_of(setup, ports, everything_in(self.disk), self.boots)
        self._station, self._host = hosted.station, hosted.host
        self.monitor = self.judging(self._station) if self.judging else None
        self._host.failures.most = 1
        self._host.watchers.append(self._saw)
        self._host.start()
        self._check()

    def submit(self, given: Input) -> None:
        """One input. Raises what the station raised."""
        host = self._host
        assert host is not None, "there is a station"
        host.submit(given)
        self._check()

    def _check(self) -> None:
        if self._host and (failure := self._host.failure):
            raise CannotBeCausedError(f"the station fails: {failure!r}") from failure

    def call(self, action: str, **payload: Any) -> None:
        """The CSMS asks."""
        self.submit(FrameReceived(orjson.dumps([2, "csms", action, payload]).decode()))

    def answer(self, action: str, payload: Json) -> None:
        """The CSMS answers the open call, if it is of that action."""
        message_id = self._open(action)
        self.submit(FrameReceived(orjson.dumps([3, message_id, payload]).decode()))

    def refuse(self, *actions: str) -> None:
        """The CSMS answers the open call with CALLERROR."""
        message_id = self._open(*actions)
        self.submit(FrameReceived(orjson.dumps([4, message_id, "InternalError", "", {}]).decode()))

    def _open(self, *actions: str) -> str:
        self._let_pass(actions)
        open_call, self.wire.open_call = self.wire.open_call, None
        if open_call is None:
            raise CannotBeCausedError(f"no call is open that could be answered ({' or '.join(actions)} wanted)")
        if open_call[1] not in actions:
            raise CannotBeCausedError(f"the open call is {open_call[1]}, not {' or '.join(actions)}")
        return open_call[0]

    def _let_pass(self, wanted: tuple[str, ...]) -> None:
        """Answer calls that stand before the one that the trace names, and whose answers mean nothing more."""
        while (call := self.wire.open_call) and call[1] in self.stimuli.plain and call[1] not in wanted:
            self.wire.open_call = None
            self.submit(FrameReceived(orjson.dumps([3, call[0], self.stimuli.plain[call[1]]]).decode()))
            self.mark = len(self.fired)

    def timer(self, at: Instance, event: str) -> None:
        """Move the clock to that timer; others that would be due by then are held back a second."""
        engine = self.station.context.engine
        names = {timer.name for timer in self.composition[at.machine].timers if timer.event == event}
        running = [r for r in engine.deadlines if r.instance == at and r.timer in names]
        if not running:
            raise CannotBeCausedError(f"no timer of {at} that brings {event} is running")
        due_s = max(engine.deadlines[running[0]], self.clock.now_s)
        for other, deadline in engine.deadlines.items():
            if other != running[0] and deadline <= due_s:
                engine.deadlines[other] = due_s + 1
        self.clock.now_s = due_s
        self.submit(TimerDue())

    def _saw(self, given: Input, now: Moment, step: Step) -> None:
        del given, now
        self.fired.extend(step.fired)

    def _never(self, delay: float, callback: Callable[[], None]) -> Call:
        """Nothing comes by itself here."""
        return Call(self.clock.now_s + delay, callback, wanted=False)
