"""What the station asks of the world, and who joins the two.

The station is a function: an input and a moment come in (``runtime/core/inputs.py``), writes and effects go out
(``runtime/core/station.py``). This file holds the effects, and the ports behind which the real things
stand, and nothing that does any work.

An adapter is one class that satisfies one Protocol below; the host (``runtime/host.py``) owns them all, and
is the only place where a task, a socket, a file or a clock is touched. The order that the host keeps is the
whole of its cleverness: ``step``, then commit the writes, then perform the effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from attrs import field

from model.language.composition import Instance
from model.record import frozen
from model.station_file import NetworkInterface
from runtime.core.inputs import (
    HardwareInput,
    Input,
    LinkFailed,
    LinkInput,
    MeterReading,
    Moment,
    Put,
    Recalled,
    Span,
)

# ---- what goes out: records, durable before any effect ------------------------------------------------------


@frozen
class Drop:
    """Forget ``key`` in ``space``; no error where it is unknown.

    ``at_leisure``: it may become durable with the next commit, after the effects of the step. A power cut may then
    bring the record back, with all that was forgotten at leisure since, and nothing else.
    """

    space: str
    key: str
    at_leisure: bool = False


@frozen
class DropAll:
    """Forget every key of a span (its ``most`` does not count)."""

    span: Span


@frozen
class Quarantine:
    """Forget ``key`` in ``space``, for its record cannot be used; a copy of the store as it was is kept before."""

    space: str
    key: str


Write = Put | Drop | DropAll | Quarantine

# ---- the ports -------------------------------------------------------------------------------------------

Records = dict[str, dict[str, str]]
"""What a store holds: space -> key -> JSON text; keys of a space in ascending order."""

RESTING: Final = {"queue": 64, "ended": 32, "sample": 0}
"""Spaces that rest in the store, because they grow with what is owed; so many of their first records are loaded."""


class Store(Protocol):
    """Durable records. ``commit`` returns only when the writes would survive a power cut."""

    def load(self) -> Records:
        """Everything, as the last commit left it; of a space that rests only the first."""

    def recall(self, spans: Iterable[Span]) -> tuple[Put, ...]:
        """What is in these spans, one after the other."""

    def last_number(self, space: str) -> int:
        """The highest number that a key of that space is, or begins with; 0 where there is none."""

    @property
    def full(self) -> bool:
        """Whether nothing but the reserve is left, as the last commit or the last look found it."""

    def look_for_space(self) -> None:
        """Look again."""

    def commit(self, writes: Iterable[Write]) -> None:
        """All of them or none, durably; raises ``StoreFailedError`` and leaves things as they were."""

    def close(self) -> None:
        """Let go of the file."""


class Clock(Protocol):
    """Two clocks: one that never jumps, and one that shows the date."""

    def monotonic_s(self) -> float:
        """Seconds since some fixed point."""

    def utc(self) -> datetime:
        """The date and time, aware, in UTC."""


class Timer(Protocol):
    """A call that has been asked for."""

    def cancel(self) -> None:
        """It is not wanted any more."""


class CallLater(Protocol):
    """Calls back after so many seconds: an asyncio loop's ``call_later``, or a simulated world's."""

    def __call__(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Ask for a call."""


class Hardware(Protocol):
    """The power electronics, the connectors and the reader."""

    def subscribe(self, emit: Callable[[HardwareInput], None]) -> None:
        """From now on call ``emit`` for everything that happens at the box, on the loop's thread."""

    def meters(self, monotonic_s: float) -> tuple[MeterReading, ...]:
        """What the meters show at that moment, connector 1 first. Cheap: it is called for every input."""

    def set_power_limit(self, connector: int, limit_w: float, monotonic_s: float) -> None:
        """Perform SetPowerLimit."""

    def tell_driver(self, connector: int, verdict: str) -> None:
        """Perform TellDriver."""

    def restart(self) -> None:
        """Perform RestartHardware: contactors open, and nothing is emitted until ``subscribe`` is called again."""


class Transport(Protocol):
    """One websocket to the CSMS, opened and lost many times in its life."""

    def subscribe(self, emit: Callable[[LinkInput], None]) -> None:
        """From now on call ``emit`` for everything that happens on the wire, on the loop's thread, in order."""

    def dial(self, interface: NetworkInterface) -> None:
        """Perform Dial; answers LinkOpened or LinkFailed through ``emit``."""

    def send(self, text: str) -> None:
        """Perform SendFrame, at once, with no task in between."""

    def hang_up(self, reason: str) -> None:
        """Perform HangUp."""

    def set_ping_interval(self, seconds: int) -> None:
        """Perform SetPingInterval."""

    def set_network(self, up: bool, interface: NetworkInterface | None = None) -> None:
        """That interface, or each, is gone (its socket dies without a close frame, dials over it fail), or back."""


class Log(Protocol):
    """Where lines for the operator of the station go."""

    def write(self, level: str, text: str) -> None:
        """Perform Note."""


class Process(Protocol):
    """What the station runs in."""

    def end(self) -> None:
        """Perform Stop and Reboot: nothing more is wanted of it."""


Ports = dict[type, Any]
"""Who stands behind each port: the Protocol -> the adapter. Each with ``subscribe`` is subscribed to, in this order."""


# ---- what goes out: effects, performed after the commit -----------------------------------------------------


class Effect:
    """Something that a port has to do once the step is durable; a block may bring more, and ports for them.

    ``port``: the Protocol of who does it; None for what only watchers of the steps get.
    ``vital``: where it cannot be performed, the station cannot go on. ``in_turn``, of a vital one: many may come in a
    row, each out of the answer to the one before, so each takes its turn with timers that are due.
    """

    __slots__ = ()
    port: ClassVar[type | None] = None
    vital: ClassVar[bool] = False
    in_turn: ClassVar[bool] = False

    def perform(self, port: Any) -> Input | None:
        """Have the port do it; gives what has come about by that at once."""

    def failed(self, why: str) -> Input | None:
        """What has come about where the port could not do it."""


@frozen
class Dial(Effect):
    """Open the websocket over that interface. The transport answers LinkOpened or LinkFailed, once."""

    port: ClassVar[type | None] = Transport
    interface: NetworkInterface

    def perform(self, port: Transport) -> None:
        """Its end comes as an input."""
        port.dial(self.interface)

    def failed(self, why: str) -> LinkFailed:
        """A dial that raises has failed."""
        return LinkFailed(f"the transport failed: {why}")


@frozen
class HangUp(Effect):
    """Close the websocket, if it is open, with a close frame. The transport answers LinkClosed."""

    port: ClassVar[type | None] = Transport
    reason: str

    def perform(self, port: Transport) -> None:
        """Its end comes as an input."""
        port.hang_up(self.reason)


@frozen
class SendFrame(Effect):
    """Send one text frame on the open websocket; dropped silently where it is closed."""

    port: ClassVar[type | None] = Transport
    text: str

    def perform(self, port: Transport) -> None:
        """At once."""
        port.send(self.text)


@frozen
class SetPingInterval(Effect):
    """Ping every so many seconds from now on; 0 for never (key WebSocketPingInterval)."""

    port: ClassVar[type | None] = Transport
    seconds: int

    def perform(self, port: Transport) -> None:
        """For this link and those to come."""
        port.set_ping_interval(self.seconds)


@frozen
class SetPowerLimit(Effect):
    """Offer the EV at a connector this much power in W, from that monotonic second on; 0 opens the contactor.

    Vital: to go on with a limit that the box did not take would be a guess.
    """

    port: ClassVar[type | None] = Hardware
    vital: ClassVar[bool] = True
    connector: int
    limit_w: float
    at_s: float

    def perform(self, port: Hardware) -> None:
        """Until the next."""
        port.set_power_limit(self.connector, self.limit_w, self.at_s)


@frozen
class TellDriver(Effect):
    """What the reader shows: ``Accepted``, ``Refused`` or ``Wait``, for the tag just presented."""

    port: ClassVar[type | None] = Hardware
    connector: int
    verdict: str

    def perform(self, port: Hardware) -> None:
        """Until the next."""
        port.tell_driver(self.connector, self.verdict)


@frozen
class DataTransferEnded(Effect):
    """What came of a DataTransferAsked with that ticket: the CSMS's status and data, or why none.

    The requester watches the steps.
    """

    ticket: int
    status: str | None
    data: str | None = None
    why: str = ""


@frozen
class Recall(Effect):
    """Read these spans of the store; answered by Recalled, once, in the next step but for what waits already."""

    port: ClassVar[type | None] = Store
    vital: ClassVar[bool] = True
    in_turn: ClassVar[bool] = True
    spans: tuple[Span, ...]

    def perform(self, port: Store) -> Recalled:
        """What the store has of them."""
        return Recalled(self.spans, port.recall(self.spans))


@frozen
class LookForRoom(Effect):
    """Have a full store look whether it has space again; StoreEmptied follows where it has."""

    port: ClassVar[type | None] = Store
    vital: ClassVar[bool] = True

    def perform(self, port: Store) -> None:
        """The host sees what it found."""
        port.look_for_space()


@frozen
class RestartHardware(Effect):
    """Take the controllers and the power electronics of the box down and up again; a Reboot follows (CS-5.14-08)."""

    port: ClassVar[type | None] = Hardware

    def perform(self, port: Hardware) -> None:
        """Contactors open."""
        port.restart()


@frozen
class Reboot(Effect):
    """Take the station down and up again; everything that has to survive was committed."""

    port: ClassVar[type | None] = Process
    reason: str

    def perform(self, port: Process) -> None:
        """Down; who watches the steps sees to the up."""
        port.end()


@frozen
class Stop(Effect):
    """The orderly stop is complete: the process may end."""

    port: ClassVar[type | None] = Process

    def perform(self, port: Process) -> None:
        """In good order."""
        port.end()


@frozen
class Note(Effect):
    """A line for the log: a level of ``logging``, and what happened."""

    port: ClassVar[type | None] = Log
    level: str
    text: str

    def perform(self, port: Log) -> None:
        """As one line."""
        port.write(self.level, self.text)


# ---- a step ----------------------------------------------------------------------------------------------


class Fired(NamedTuple):
    """One row that fired: what pictures and traces read."""

    at: Instance
    row: str
    state: str
    event: str
    to: str
    clauses: tuple[str, ...] = ()

    @property
    def machine(self) -> str:
        """The machine's name."""
        return self.at.machine

    @property
    def connector(self) -> int | None:
        """The connector; None for a machine of the station."""
        return self.at.connector or None

    @property
    def instance(self) -> str:
        """The instance's name."""
        return str(self.at)


@frozen
class Failure:
    """A step that raised, and was undone: what was being done, and what becomes of it."""

    problem: Exception
    what: str
    fate: str = "forgotten"


@frozen
class Step:
    """What one input did: commit ``writes`` as one transaction, then perform ``effects`` in order.

    ``failure``: it did nothing, but for what ``effects`` say of that.
    """

    writes: tuple[Write, ...] = ()
    effects: tuple[Effect, ...] = ()
    fired: tuple[Fired, ...] = field(default=(), eq=False)
    failure: Failure | None = None


class Station(Protocol):
    """What the host needs of the station (``runtime/core/station.py`` has the only one)."""

    def step(self, given: Input, now: Moment) -> Step:
        """Take one input to its end; pure but for the station's own memory."""

    def next_deadline(self) -> float | None:
        """The monotonic second at which a TimerDue is wanted; None where nothing waits."""
