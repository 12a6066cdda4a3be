"""The station as a function: an input and a moment in, writes and effects out.

``step`` takes one input to its end: it reads the frame or the event, brings it to the machines, lets the rows do
what they say, and gathers what has to be kept and what has to be done. It calls no clock, no socket, no file; chance
comes from the seed. The host commits the writes of a step before it performs its effects, so that a power cut
between any two steps finds the station in a state that it can go on from.

What would take too long in one step goes on in steps of its own. It waits in ``BlockContext.next_steps``, and
``next_deadline`` is then "at once".
"""

from __future__ import annotations

from math import inf
from typing import Any, TypeVar

from model.language.composition import Instance, Projection
from model.language.loader import load_composition
from model.language.machine import Perform, Row, Timer
from model.language.semantics import Occurrence
from model.location import without_credentials
from model.messages.codec import structure
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.registry import acceptable
from runtime.core.binding import Bindings
from runtime.core.block import Parts, Setup
from runtime.core.block_context import BlockContext
from runtime.core.engine import Engine
from runtime.core.inputs import FrameReceived, Input, Moment, PowerUp, TimerDue
from runtime.core.ledger import Ledger
from runtime.core.ports import Failure, Fired, Records, SendFrame, Step, Write
from runtime.core.references import repair
from runtime.core.requests import Requests, Route
from runtime.core.rpc import Call, CallError, CallResult, Unreadable, encode_error, parse, parse_beginning
from runtime.core.settings import Settings
from runtime.core.table_machine import Predicate
from runtime.core.undo import OfOneStep

T = TypeVar("T")

PUT_OFF_S = 10.0
"""What was due and raised is due again so much later."""

FAILED = CallErrorCode.INTERNAL_ERROR, "the station failed on this call, and has done nothing of it"
LOST = "lost"

MAX_TIMERS_A_STEP = 16
"""So many due timers are taken in one step; more wait for the next, which is due at once."""


class Station:
    """One charging station."""

    def __init__(self, setup: Setup, records: Records, seed: int) -> None:
        """``records``: what the store holds. ``seed``: chance, new at every boot; the same seed replays the same run.

        Raises ``BadValueError`` for a first setting, ``UnboundError`` where tables and operations do not fit; nothing
        for a record, whatever it says: one that cannot be used is reported at power up.
        """
        file, composition = setup.file, setup.composition or load_composition()
        ledger = Ledger.read(records)
        repair(ledger, composition, file)
        settings = Settings(file, setup.settings, ledger.configuration)
        self.context = BlockContext(file, settings, ledger, seed)
        self.bindings = self.new_bindings()
        self.fired: OfOneStep[Fired] = OfOneStep()
        self.parts = Parts(self.context, setup)
        self.bindings.gather(self.parts.operations)
        self.bindings.check(composition, settings.values)
        self.requests = Requests(self.context, self.bindings, composition)
        self.context.engine = Engine(
            composition, len(file.connector_ids), _Callbacks(self), ledger.states, self.context.undo
        )
        self.undo = self.context.undo
        self.undo.adopt(self)

    def new_bindings(self) -> Bindings:
        """Where the functions of the blocks are gathered; they are called through it."""
        return Bindings()

    def part(self, kind: type[T]) -> T:
        """The operations of a block, by their class. Raises UnboundError."""
        return self.parts[kind]

    # ---- the function ------------------------------------------------------------------------------------

    def step(self, given: Input, now: Moment) -> Step:
        """Take one input to its end; where that raises, nothing has been done (docs/decisions).

        Raises only what a power up raises: a station that cannot begin has nothing to go on with.
        """
        self.context.begin(now)
        try:
            return self._step(given, now)
        except Exception as problem:
            self.undo.undo()
            self.context.ledger.writes.clear()
            self.requests.open.clear()
            self._forget()
            if isinstance(given, PowerUp):
                raise
            return self.instead(given, now, problem)

    def _step(self, given: Input, now: Moment) -> Step:
        context = self.context
        self._take(given)
        for follow_up in context.follow_ups:  # they may add to it
            follow_up()
        writes: tuple[Write, ...] = ()
        if context.ledger.writes:
            context.dates.mark(now)
            writes = context.ledger.take_writes()
        effects, fired = tuple(context.effects), tuple(self.fired)
        if fired:
            context.journal.add(context.dates.at(now), fired)
        self._forget()
        return Step(writes, effects, fired)

    def _forget(self) -> None:
        self.context.effects.clear()
        self.context.follow_ups.clear()
        self.fired.clear()

    def next_deadline(self) -> float | None:
        """The monotonic second at which a TimerDue is wanted."""
        timer_s, next_steps = self.context.engine.next_deadline(), self.context.next_steps
        if not next_steps:
            return timer_s
        return min(*(step.due_s for step in next_steps), timer_s if timer_s is not None else inf)

    def _take(self, given: Input) -> None:
        match given:
            case FrameReceived():
                self._frame(given)
            case TimerDue():
                self._timers()
            case PowerUp():
                self._power_up()
            case _:
                self.bindings.take[type(given)](given)

    def _power_up(self) -> None:
        for refusal in (*self.context.settings.refused, *self.context.dates.refused):
            self.context.note(refusal, "error")
        self.context.engine.power_up(self.context.now.monotonic_s)
        for look in self.bindings.power_up.values():
            look()

    def _timers(self) -> None:
        now_s, next_steps = self.context.now.monotonic_s, self.context.next_steps
        if due := next((step for step in next_steps if step.due_s <= now_s), None):
            next_steps.remove(due)
            due.do()
            return
        for _ in range(MAX_TIMERS_A_STEP):
            if not self.context.engine.fire_due(now_s):
                return

    # ---- a step that raised ------------------------------------------------------------------------------

    def instead(self, given: Input, now: Moment, problem: Exception) -> Step:
        """What is done where the step was undone: a caller gets its answer, and what was due is put off."""
        match given:
            case FrameReceived(text):
                answers = tuple(SendFrame(encode_error(of, *FAILED)) for of in _asked(text))
                what = f"the frame {without_credentials(text)}"
                return Step((), answers, failure=Failure(problem, what, "answered" if answers else LOST))
            case TimerDue():
                what = self._put_off(now.monotonic_s)
                return Step(failure=Failure(problem, what, f"put off by {PUT_OFF_S:g} s"))
            case _ if fail := self.bindings.fail.get(type(given)):
                return Step((), fail(given), failure=Failure(problem, type(given).__name__, "refused"))
            case _:
                return Step(failure=Failure(problem, repr(given), LOST))

    def _put_off(self, now_s: float) -> str:
        """What was due is due later, or it would be tried again at once, and for ever; what that was."""
        next_steps, until_s = self.context.next_steps, now_s + PUT_OFF_S
        if due := next((step for step in next_steps if step.due_s <= now_s), None):
            next_steps.remove(due)
            next_steps.append(due._replace(due_s=until_s))
            return "what a step before had left to do"
        timers = self.context.engine.put_off(now_s, until_s)
        return "timer " + ", ".join(f"{running.timer} of {running.instance}" for running in timers)

    # ---- frames ------------------------------------------------------------------------------------------

    def _frame(self, given: FrameReceived) -> None:
        match parse(given.text) if given.whole else parse_beginning(given.text):
            case Call() as call:
                self._call(call)
            case CallResult() | CallError() as answer:
                self.bindings.take[type(answer)](answer)
            case Unreadable() as unreadable:
                self._unreadable(unreadable)

    def _unreadable(self, frame: Unreadable) -> None:
        self.context.note(f"unreadable frame: {frame.reason}", "warning")
        if frame.message_id is None:
            return
        if frame.answer is not None and self.context.engine.value("calls_answered") != "None":
            self.context.effect(SendFrame(encode_error(frame.message_id, frame.answer, frame.reason)))
        elif frame.spoils:
            self.bindings.take[Unreadable](frame)

    def _call(self, call: Call) -> None:
        """Answer, whatever call of ours is open (J-4.1-02, J-4.1.1-06)."""
        if self.context.engine.value("calls_answered") == "None":
            self.context.note(f"{call.action} is not answered: the CSMS has rejected the station", "warning")
            return
        route = self.requests.routes.get(call.action)
        if route:
            self._bring(call, route)
        else:
            code = acceptable(call.action, self.context.station.profiles)
            assert isinstance(code, CallErrorCode), "what is acceptable has a route"
            self._refuse(call, code, f"{call.action} is not supported by this station")

    def _bring(self, call: Call, route: Route) -> None:
        """A row answers, however unwelcome (J-4.2.2-01); an error where the call cannot be read (J-4.2.3-01)."""
        try:
            request: Any = structure(route.kind, call.payload)
        except BadPayloadError as problem:
            self._refuse(call, problem.code, f"{problem.path or 'payload'}: {problem.why}")
        else:
            self.requests.bring(call.message_id, request, route)

    def _refuse(self, call: Call, code: CallErrorCode, why: str) -> None:
        self.context.effect(SendFrame(encode_error(call.message_id, code, why)))


def _asked(text: str) -> tuple[str, ...]:
    """The id of the call that the frame is, if it is one."""
    frame = parse(text)
    return (frame.message_id,) if isinstance(frame, Call) else ()


class _Callbacks:
    """What the engine cannot do itself, by the blocks of one station."""

    def __init__(self, station: Station) -> None:
        self.context, self.bindings = station.context, station.bindings
        self.all_fired, self.requests = station.fired, station.requests

    def question(self, machine: str, question: str) -> Predicate:
        return self.bindings.question(machine, question)

    def perform(self, occurrence: Occurrence, action: Perform) -> None:
        self.bindings.do(occurrence.instance, action, occurrence.request)

    def duration_s(self, instance: Instance, timer: Timer) -> float | None:
        settings = self.context.settings
        if timer.duration in settings.values:
            return float(settings.integer(timer.duration))
        return self.bindings.duration_s(instance, timer)

    def next_slot(self, machine: str) -> int:
        return self.context.ledger.next_number(machine)

    def state_changed(self, instance: Instance, state: str | None) -> None:
        self.context.ledger.set_state(instance, state)

    def projected(self, projection: Projection, connector: int, value: str) -> None:
        assert projection.operation is not None, "only projections with an operation are watched"
        self.bindings.show[projection.operation](connector, value)

    def fired(self, occurrence: Occurrence, row: Row, source: str, to: str) -> None:
        at, event, request = occurrence
        self.all_fired.append(Fired(at, row.id, source, event, to, row.clauses))
        if request is not None:
            self.requests.answer(at, request, row)

    def ignored(self, occurrence: Occurrence, state: str) -> None:
        if occurrence.request is None:
            return  # the tables say of each event that is ignored why
        entry = self.context.engine.composition[occurrence.instance.machine].unanswered_for(state, occurrence.event)
        if entry:
            self.requests.answer(occurrence.instance, occurrence.request, entry)
