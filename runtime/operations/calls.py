"""The outbox: calls of the station that wait for the one open call to end, and what became of each.

The call machine decides when a call leaves; this block only holds them. A call that the link took with it is not
sent again from here: what is owed durably stands in the transaction queue, for everything else the loss is reported.

A call that times out has failed only if the link lives; on a dead one it was never sent (CS-3.7.1-01 to -03). The
liveness machine decides which, and until then the call is kept among ``unanswered``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs

from model.language.composition import Instance
from model.messages.answer import Answer, read_answer
from model.messages.boot import HeartbeatReq
from model.messages.codec import structure, unstructure
from model.messages.errors import BadPayloadError
from model.messages.registry import action_of
from model.record import frozen
from runtime.core.binding import answers, lasts, performs, raises, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import PongReceived
from runtime.core.ports import HangUp, SendFrame
from runtime.core.rpc import NOTHING_WRITTEN, CallError, CallResult, JsonObject, Unreadable, Written, encode_call
from runtime.operations.precedence import Precedence

MAX_OUTBOX = 200
"""More calls than this do not wait: the oldest of the lowest precedence gives way, but for those that are owed."""


LONGEST_PING_S = 540.0
"""The longest ping interval that is waited for before a silent link is given up (ten minutes with ``silence_s``)."""


@frozen
class CallFailure:
    """Why a call stayed without a usable answer.

    ``timeout``; ``refused``: CALLERROR or an unusable answer; ``too long``: the CSMS closed the link for it; ``full``:
    too many waited; ``link``: it went down.
    """

    why: str
    detail: str = ""

    @property
    def while_linked(self) -> bool:
        """Whether it failed while the link held; a lost link never counts (reading 3)."""
        return self.why != "link"


def _nothing(_: Any) -> None:
    """For calls whose answer changes nothing."""


@attrs.frozen(eq=False)
class PendingCall:
    """A call on its way: the request, what its answer is passed to, and what its loss is passed to.

    ``precedence``: what it may pass in the outbox. ``owed``: it does not give way where too many wait.
    ``of_transaction``: it names a transaction that runs, so the stop may not pass it.
    ``rest``: the message that is left of the answer where a field that it requires cannot be used.
    ``at_once``: who sent it cannot wait until it is known whether the link lives, and loses nothing by the call's
    time-out. ``read``: a pong says that the CSMS has read it. ``written``: fields of the request that wait as the store
    has them; to read thousands of samples only to write them once more would hold everything else up.
    """

    request: object
    answered: Callable[[Any], None] = _nothing
    lost: Callable[[CallFailure], None] = _nothing
    precedence: Precedence = Precedence.ROUTINE
    owed: bool = False
    of_transaction: bool = False
    rest: type | None = None
    at_once: bool = False
    read: bool = False
    written: Written = NOTHING_WRITTEN
    message_id: str = ""
    length: int = 0

    @property
    def may_be_late(self) -> bool:
        """Whether an answer behind the time-out is one: it is owed, and who sent it has not gone on without it."""
        return self.owed and not self.at_once

    def may_pass(self, other: PendingCall) -> bool:
        """Whether this call may leave before one that was submitted earlier."""
        held = other.of_transaction and self.precedence is Precedence.SESSION
        return self.precedence < other.precedence and not held


class Calls:
    """The outbox and the open call."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context
        self.outbox: deque[PendingCall] = deque()
        self.open: PendingCall | None = None
        self.unanswered: list[PendingCall] = []
        """Calls that have timed out since the CSMS last showed that it receives our frames."""
        self.late: PendingCall | None = None
        """The owed call that failed last, by its time-out: an answer to it is one until it is sent again."""
        self.taken = 0
        """The length of the longest call that the CSMS has answered, until it closes for one no longer."""

    def submit(self, call: PendingCall) -> None:
        """Put a call into the outbox; the caller raises ``call.submitted`` next."""
        if len(self.outbox) >= MAX_OUTBOX:
            self._give_way()
        if call.owed:
            self.late = None
        ahead = (place for place, waiting in enumerate(self.outbox, 1) if not call.may_pass(waiting))
        self.outbox.insert(max(ahead, default=0), call)

    def withdraw(self, request: object) -> None:
        """The answer is not needed any more: the call does not leave, if it has not yet."""
        for call in [call for call in self.outbox if call.request is request]:
            self.outbox.remove(call)

    def _give_way(self) -> None:
        """The oldest of those that matter least."""
        oldest = max(self.outbox, key=lambda call: (not call.owed, call.precedence))
        self.context.note(f"{type(oldest.request).__name__} gives way: too many calls wait", "error")
        self.outbox.remove(oldest)
        self._drop(oldest, CallFailure("full"))

    @answers("call", "outbox_holds")
    def outbox_holds(self, at: Instance) -> bool:
        """Whether a call waits."""
        return bool(self.outbox)

    @lasts("call_timeout")
    def call_timeout(self, at: Instance) -> float:
        """How long an answer may take: the station file's choice, for its network (J-4.1.1-04, J-4.1.1-05, KPI-1)."""
        return self.context.station.runtime.call_timeout_s

    @performs("call", "transmit")
    def transmit(self, at: Instance) -> None:
        """Send the next call under an id of its own."""
        call, message_id = self.outbox.popleft(), self.context.message_id()
        action = action_of(type(call.request)).name
        dates = self.context.dates
        written = {name: dates.derive_texts(texts) for name, texts in call.written.items()}
        text = encode_call(message_id, action, unstructure(dates.derive(call.request)), written)
        self.open = attrs.evolve(call, message_id=message_id, length=len(text))
        self.context.effect(SendFrame(text))

    @performs("call", "close call")
    def close_call(self, at: Instance) -> None:
        """The answer is in, result or error (J-4.1.1-02)."""
        self._over()

    @performs("call", "give call up")
    def give_call_up(self, at: Instance) -> None:
        """No answer came in time (J-4.1.1-03); a late one finds no open call (J-4.1.1-07)."""
        if self.open and self.open.at_once:
            self._drop(self.open, CallFailure("timeout"))
        if self.open:
            self.unanswered.append(self.open)
        self._over()

    @answers("liveness", "read")
    def read(self, at: Instance) -> bool:
        """Whether a pong has shown that the CSMS has read the call that timed out."""
        return any(call.read for call in self.unanswered[-1:])

    @answers("liveness", "sign_asked_for")
    def sign_asked_for(self, at: Instance) -> bool:
        """Whether an answer that is still to come, or did not come, was to show that the CSMS receives our frames."""
        latest = self.unanswered[-1:]
        return self.open is not None or any(isinstance(call.request, HeartbeatReq) for call in latest)

    @lasts("silence_limit")
    def silence_limit(self, at: Instance) -> float:
        """The station file's choice, behind a ping interval: pings come first; without them it finds the dead link."""
        interval_s = self.context.settings.integer("WebSocketPingInterval")
        return self.context.station.runtime.silence_s + min(interval_s, LONGEST_PING_S)

    @performs("liveness", "count unanswered")
    def count_unanswered(self, at: Instance) -> None:
        """The CSMS receives our frames, and did not answer these."""
        self._settle(CallFailure("timeout"))

    @performs("liveness", "discount unanswered")
    def discount_unanswered(self, at: Instance) -> None:
        """These went nowhere, for all that is known."""
        self._settle(CallFailure("link"))

    def _settle(self, lost: CallFailure) -> None:
        unanswered = tuple(self.unanswered)
        self.unanswered.clear()
        failed = [attrs.evolve(call, lost=_nothing) for call in unanswered if call.may_be_late and lost.while_linked]
        self.late = next(iter(failed), self.late)
        for call in unanswered:
            if not call.at_once:
                self._drop(call, lost)

    @performs("liveness", "hang up")
    def hang_up(self, at: Instance) -> None:
        """The next dial finds out."""
        self.context.note("no answer and no sign of life from the CSMS: the link is given up", "warning")
        self.context.effect(HangUp("no answer"))

    @takes(PongReceived)
    def pong(self, given: PongReceived) -> None:
        """The CSMS has read all that was sent."""
        if self.open:
            self.open = attrs.evolve(self.open, read=True)
        self.context.act("liveness", "heard")

    @raises("interface_selection", "call_over")
    def _over(self) -> None:
        """What waits for a moment between two calls is called last, when what follows from the answer is done."""
        self.open = None
        self.context.after_rows(lambda: self.context.act("interface_selection", "call_over"))

    @performs("call", "forget outbox")
    def forget_outbox(self, at: Instance) -> None:
        """The link is gone with all that was to cross it."""
        waiting = ([self.open] if self.open else []) + list(self.outbox)
        self.open = self.late = None
        self.outbox.clear()
        for call in waiting:
            self._drop(call, CallFailure("link"))

    @performs("call", "forget waiting")
    def forget_waiting(self, at: Instance) -> None:
        """The CSMS has taken its acceptance back: what waits may not leave (CS-4.2-11, CS-4.2-19)."""
        waiting = list(self.outbox)
        self.outbox.clear()
        for call in waiting:
            self._drop(call, CallFailure("link"))

    def _drop(self, call: PendingCall, lost: CallFailure) -> None:
        self.context.after_rows(lambda: call.lost(lost))

    # ---- answers from the CSMS ---------------------------------------------------------------------------

    @takes(CallResult)
    def take_result(self, result: CallResult) -> None:
        """A CALLRESULT came. One that answers nothing of ours is ignored (J-4.1.1-07)."""
        call = self._answering(result.message_id)
        if call is None:
            return
        try:
            conf = self._read(call, result.payload)
        except BadPayloadError as problem:
            self._fail(call, f"unusable answer: {problem}")
            return
        call.answered(conf)
        self._close(call)

    def _close(self, call: PendingCall) -> None:
        """The slot is free again, where it was this call that held it and no late answer to one before."""
        if call is self.open:
            self.context.act("call", "answered")

    def _read(self, call: PendingCall, payload: JsonObject) -> Any:
        """The answer, or what can be used of it: the rest is logged. Raises BadPayloadError."""
        pair = action_of(type(call.request)).pair
        assert pair is not None, "only built-in requests are sent"
        try:
            answer: Answer[Any] = read_answer(pair.conf, payload)
        except BadPayloadError as problem:
            if call.rest is None:
                raise
            answer = Answer(structure(call.rest, payload, closed=False), (problem,))
        for refusal in answer.left_out:
            self.context.note(f"{pair.conf.__name__}: {refusal.path}: {refusal.why}; it is left out", "warning")
        return answer.message

    @takes(CallError)
    def take_error(self, error: CallError) -> None:
        """A CALLERROR came: the CSMS failed to process the call, or will not (JERR-3.2-01)."""
        if call := self._answering(error.message_id):
            self._fail(call, f"{error.code}: {error.description}")

    @takes(Unreadable)
    def take_spoilt(self, frame: Unreadable) -> None:
        """Something came that was to be the answer to our call, and is none."""
        if frame.message_id is not None and (call := self._answering(frame.message_id)):
            self._fail(call, frame.reason)

    def refuse_open(self) -> None:
        """The CSMS takes no message as long as the open call: sent again alike, it would cost the next link too.

        Unless it has answered one that was as long: then it was an answer of ours that was too long for it, or it
        takes less than it did, which the next time shows.
        """
        if self.open is None:
            return
        if self.open.length > self.taken:
            self._fail(self.open, "longer than the CSMS takes", "too long")
        else:
            self.taken = 0

    def _fail(self, call: PendingCall, detail: str, why: str = "refused") -> None:
        self.context.note(f"{type(call.request).__name__} failed: {detail}", "warning")
        call.lost(CallFailure(why, detail))
        self._close(call)

    def _answering(self, message_id: str) -> PendingCall | None:
        """The open call that has this id; calls of the CSMS may have the same (J-4.1.4-04, J-4.2.1-02).

        An answer shows that our frames arrive; calls of the CSMS do not show that. One that comes late is an answer
        all the same where the call is owed and has not been sent again: what the CSMS has done is not undone by its
        being slow. For any other call that timed out the station has gone on without the answer, for BootNotification
        too.
        """
        if self.open and self.open.message_id == message_id:
            self.context.act("liveness", "heard")
            self.taken = max(self.taken, self.open.length)
            return self.open
        return self._answering_late(message_id)

    def _answering_late(self, message_id: str) -> PendingCall | None:
        late = next((call for call in self.unanswered if call.message_id == message_id), None)
        open_queue = self.context.engine.value("queue_head") == "Sent"
        owed = late if late and late.may_be_late and open_queue else None
        if owed:
            self.unanswered.remove(owed)
        if late:
            self.context.act("liveness", "heard")
        elif open_queue and self.late and self.late.message_id == message_id:
            owed, self.late = self.late, None
        if owed is None:
            self.context.note(f"an answer to {message_id[:40]!r}, for which no call is open, is ignored", "debug")
        return owed


BLOCK = Block("calls", lambda parts: Calls(parts.context))
