"""What a machine table says, as data.

A machine is states, events, and rows between them; everything else here is what a row may mention: questions
that a guard asks, operations that an action names, timers that run in states. Nothing here runs. The loader
(``model/language/loader.py``) fills these classes from TOML, the lint (``model/language/lint.py``) judges them, the
semantics (``model/language/semantics.py``) says what they mean.

Timers are not started and cancelled by actions: a timer *runs in* states. Entering one from outside starts it,
leaving stops it, so it can be neither forgotten nor left over (``docs/decisions/timers-run-in-states.md``).
"""

from __future__ import annotations

from attrs import field

from model.language.conditions import Condition
from model.language.guard import ALWAYS, Guard
from model.language.place import Place
from model.language.requests import Response, Unaddressed
from model.record import frozen

ORIGINS = ("hardware", "csms", "timer", "machine", "operator", "power", "configuration")
"""Who may raise an event. ``machine``: a row. ``configuration``: a key of ``model/configuration.toml``, by its
``raises``, when it has been changed. The rest: the world. Beside these, the name of an announcing machine, and a block
that raises the event on its own (``operations.clock``)."""

BLOCK = "operations."
"""What the name of a block begins with where it is an origin: the module below ``runtime/`` that raises the event."""

SCOPES = ("station", "connector", "transaction", "cache_entry")
"""One instance for the station, or for each connector, transaction of a connector, entry of the authorization cache."""

DYNAMIC_SCOPES = frozenset({"transaction", "cache_entry"})
"""Scopes whose instances come and go: each has a slot, from the row that creates it until it is in a final state."""


@frozen
class State:
    """A state: what it means, and the clauses that say so."""

    name: str
    means: str
    clauses: tuple[str, ...] = ()
    final: bool = False
    place: Place = field(default=Place("", 0), eq=False)


@frozen
class Event:
    """An event: what it means, and who may raise it (``ORIGINS``, or a block).

    ``announcers``: machines to whose announcement of this name it listens; they count as the origin ``machine``.
    ``request``: the request of the CSMS that it carries; whatever takes the event answers it.
    """

    name: str
    means: str
    origins: tuple[str, ...]
    place: Place = field(default=Place("", 0), eq=False)
    announcers: tuple[str, ...] = ()
    request: str = ""

    @property
    def external(self) -> bool:
        """Whether the world (or a block) may bring it at any time; an exploration then tries it everywhere."""
        return self.origins != ("machine",)

    @property
    def raisers(self) -> tuple[str, ...]:
        """Who raises it outside of the tables, other than the world: blocks, and keys of the configuration."""
        return tuple(one for one in self.origins if one == "configuration" or one.startswith(BLOCK))


@frozen
class Question:
    """What a guard may ask of data; the runtime answers, an exploration takes both answers.

    ``requests``: it is asked about the request that the event carries, one of these.
    """

    name: str
    means: str
    clauses: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)
    requests: tuple[str, ...] = ()


@frozen
class Operation:
    """A thing the runtime does for a row. ``values``: the arguments it may be given, one word each.

    ``requests``: it is given the request that the event carries, one of these.
    """

    name: str
    means: str
    values: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)
    requests: tuple[str, ...] = ()


@frozen
class Timer:
    """A timer that runs in states and raises ``event``; ``duration`` names what the runtime knows in seconds."""

    name: str
    event: str
    runs_in: tuple[str, ...]
    duration: str
    clauses: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)


@frozen
class Raise:
    """Raise an event in every instance of a machine in reach; it waits its turn behind what is already raised."""

    machine: str
    event: str

    def __str__(self) -> str:
        return f"raise {self.machine}.{self.event}"


@frozen
class Announce:
    """Say that something has happened; the loader makes a raise of it for each machine that listens."""

    event: str

    def __str__(self) -> str:
        return f"announce {self.event}"


@frozen
class Create:
    """Bring a new instance of a machine into being, with this as its first event."""

    machine: str
    event: str

    def __str__(self) -> str:
        return f"create {self.machine}.{self.event}"


@frozen
class Restart:
    """Start a timer of this machine anew, in a row that stays in a state where it runs."""

    timer: str

    def __str__(self) -> str:
        return f"restart {self.timer}"


@frozen
class Perform:
    """Call an operation that the runtime binds."""

    operation: str
    value: str | None = None

    def __str__(self) -> str:
        return self.operation if self.value is None else f"{self.operation} {self.value}"


Action = Raise | Announce | Create | Restart | Perform


@frozen
class Row:
    """From any of these states, on any of these events, when the guard holds: to a state, doing the actions.

    ``said`` is the guard as it is written, with the names of conditions; ``when`` has them spelled out. ``to`` is None
    where the machine stays where it is. A row without a clause carries a ``reason``.
    """

    id: str
    sources: tuple[str, ...]
    events: tuple[str, ...]
    when: Guard = ALWAYS
    to: str | None = None
    do: tuple[Action, ...] = ()
    clauses: tuple[str, ...] = ()
    reason: str = ""
    another_connector: bool = False
    """Whether it takes a second connector for the row ever to fire."""
    place: Place = field(default=Place("", 0), eq=False)
    said: str = ""
    named: tuple[Condition, ...] = ()
    """The conditions that the guard names, and those that they name."""
    announces: tuple[str, ...] = ()
    """What it announces; the raises that come of that stand in ``do``."""
    answer: str = ""
    """What the CSMS is told, where the event carries a request."""

    def target(self, source: str) -> str:
        """The state after the row fired in ``source``."""
        return self.to or source


@frozen
class Unanswered:
    """Events that change nothing in some states: ``ignored`` on purpose, or ``impossible`` there. Says why.

    ``answer``: what the CSMS is told all the same, where the event carries a request.
    """

    kind: str
    events: tuple[str, ...]
    states: tuple[str, ...]
    because: str
    clauses: tuple[str, ...] = ()
    place: Place = field(default=Place("", 0), eq=False)
    answer: str = ""


@frozen
class Preference:
    """How well an instance serves one of these events, where the event names no instance.

    Of all that could take it, the one for which the earliest preference of the table holds gets it; of several such,
    the one with the lowest connector.
    """

    id: str
    events: tuple[str, ...]
    when: Guard = ALWAYS
    clauses: tuple[str, ...] = ()
    reason: str = ""
    place: Place = field(default=Place("", 0), eq=False)
    said: str = ""
    named: tuple[Condition, ...] = ()
    """The conditions that the guard names, and those that they name."""


@frozen
class Machine:
    """One table. The first state is the initial one.

    ``persistent``: the state survives a power cut. A machine that is not wakes up in its initial state.
    """

    name: str
    scope: str
    title: str
    source: str
    persistent: bool
    states: tuple[State, ...]
    events: tuple[Event, ...]
    questions: tuple[Question, ...]
    operations: tuple[Operation, ...]
    timers: tuple[Timer, ...]
    rows: tuple[Row, ...]
    unanswered: tuple[Unanswered, ...]
    conditions: tuple[Condition, ...] = ()
    responses: tuple[Response, ...] = ()
    unaddressed: tuple[Unaddressed, ...] = ()
    preferences: tuple[Preference, ...] = ()
    table: str = ""
    """The machine whose table it shares (``instance_of``); its own name where the table is its own."""
    file: str = field(default="", eq=False)

    @property
    def initial(self) -> str:
        """The state in which an instance begins."""
        return self.states[0].name

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states, in the table's order."""
        return tuple(state.name for state in self.states)

    @property
    def final(self) -> frozenset[str]:
        """The states in which an instance ceases to be."""
        return frozenset(state.name for state in self.states if state.final)

    def event(self, name: str) -> Event | None:
        """The event of that name, if the machine has it."""
        return next((event for event in self.events if event.name == name), None)

    def rows_for(self, state: str, event: str) -> tuple[Row, ...]:
        """The rows that could fire there, in the table's order."""
        return tuple(row for row in self.rows if state in row.sources and event in row.events)

    def unanswered_for(self, state: str, event: str) -> Unanswered | None:
        """Why nothing happens there, where the table says so."""
        found = (u for u in self.unanswered if state in u.states and event in u.events)
        return next(found, None)
