"""What the operations of all blocks share: one station's memory, and the step that is being made.

A block reads the engine, the settings and the ledger here, says what it wants done (an effect, an event, something
for when the rows are at rest), and holds nothing that another block would have to know.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from attrs import define, field

from model.language.composition import Instance
from model.station_file import StationFile
from runtime.core.dates import Dates
from runtime.core.inputs import MeterReading, Moment
from runtime.core.journal import Journal
from runtime.core.ledger import Ledger
from runtime.core.ports import Effect, Note
from runtime.core.records import TransactionRecord
from runtime.core.settings import Settings
from runtime.core.undo import GivenToEachStep, OfOneStep, Undo

if TYPE_CHECKING:
    from runtime.core.engine import Engine


class NextStep(NamedTuple):
    """What is to be done in a step of its own, from that monotonic second on."""

    do: Callable[[], None]
    due_s: float


@define(eq=False)
class Given(GivenToEachStep):
    """What the step that is being made was given."""

    now: Moment = field(init=False)


class BlockContext:
    """Shared by the blocks of one station; it lives as long as the station does."""

    engine: Engine

    def __init__(self, station: StationFile, settings: Settings, ledger: Ledger, seed: int) -> None:
        self.station, self.settings, self.ledger = station, settings, ledger
        self.undo = Undo()
        self.random = Random(seed)  # noqa: S311 - message ids and jitter, no secrets; the seed replays a run
        self.effects: OfOneStep[Effect] = OfOneStep()
        self.follow_ups: OfOneStep[Callable[[], object]] = OfOneStep()
        self.next_steps: deque[NextStep] = deque()
        self.given = Given()
        self.dates = Dates(ledger)
        self.journal = Journal()

    # ---- the step ----------------------------------------------------------------------------------------

    def begin(self, now: Moment) -> None:
        """A step begins at that moment; what was changed before stays."""
        self.undo.begin()
        self.given.now = now

    @property
    def now(self) -> Moment:
        """When the input of this step came, and what the meters showed then."""
        return self.given.now

    def act(self, machine: str, event: str, connector: int = 0, slot: int = 0) -> None:
        """Bring an event to an instance now. Not for operations: a row is firing; they use ``after_rows``."""
        self.engine.act(Instance(machine, connector, slot), event, self.now.monotonic_s)

    def after_rows(self, follow_up: Callable[[], object]) -> None:
        """Do this in the same step, when the rows have come to rest."""
        self.follow_ups.append(follow_up)

    def next_step(self, follow_up: Callable[[], None]) -> None:
        """Do this in a step of its own, right after this one was committed and its effects performed."""
        self.next_steps.append(NextStep(follow_up, self.now.monotonic_s))

    def effect(self, effect: Effect) -> None:
        """Have something done once the step is committed."""
        self.effects.append(effect)

    def note(self, text: str, level: str = "info") -> None:
        """A line for the log."""
        self.effects.append(Note(level, text))

    def running(self, connector: int) -> tuple[int, TransactionRecord] | None:
        """The transaction that runs at a connector, its slot and its record: the one that began last, if one runs.

        Whether one does is the tables' to say (projection ``transaction_runs``).
        """
        if self.engine.value("transaction_runs", connector) == "No":
            return None
        return max(item for item in self.ledger.transactions.items() if item[1].connector == connector)

    def preferred(self, machine: str, event: str, among: Iterable[int]) -> int | None:
        """The connector for an event that names none, by the table's preferences; None where none of them holds."""
        ranks = ((self.engine.preference(Instance(machine, connector), event), connector) for connector in among)
        return min(((rank, connector) for rank, connector in ranks if rank is not None), default=(0, None))[1]

    # ---- time, chance, meters ----------------------------------------------------------------------------

    def utc(self) -> datetime:
        """The date and time by the CSMS's clock, to the millisecond (CS-4.2-07); a count where it is not known."""
        now = self.dates.at(self.now)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    @property
    def knows_date(self) -> bool:
        """Whether ``utc`` is a date: without one nothing can be judged to have expired, or not to have."""
        return self.engine.state("clock") not in ("Unset", "Undated")

    def message_id(self) -> str:
        """A UUID4, new for each transmission (J-4.1.4-01), over all connections and lives (ERR5-J3.1-01)."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def meter(self, connector: int) -> MeterReading:
        """What the connector's meter shows in this step. Raises LookupError where the hardware gave no reading."""
        for reading in self.now.meters:
            if reading.connector == connector:
                return reading
        raise LookupError(f"the hardware gave no meter reading for connector {connector}: it has to, at every input")

    @property
    def connectors(self) -> tuple[int, ...]:
        """The connectors above 0."""
        return self.station.connector_ids
