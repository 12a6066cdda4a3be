"""The calls that a scenario is written in. Each of them is one step: numbered, bounded, and reported when it fails.

What the station asks is claimed in order. ``expect`` and ``any_order`` want the next calls to be these; what comes at
any time and means nothing to a scenario (`NOISE`, the status of other connectors) is passed over unless it is wanted,
and anything else fails the step. Before and after each step the frames so far have to be messages of OCPP 1.6.

What a scenario changes is kept in ``undo``, so that ``rest`` can give the next one the station as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Never

from attrs import define, field, frozen

from model.station_file import StationFile
from properties.conformance.actions import ActionFailedError, Hand
from properties.conformance.csms import Heard, NoAnswerError, ScriptedCsms
from properties.conformance.expectation import Expectation, Json, compact, message, mismatches
from properties.conformance.undo import Undo
from runtime.core.rpc import CallError, CallResult

NOISE: Final = frozenset({"Heartbeat", "MeterValues", "SecurityEventNotification"})

TICK_S: Final = 0.05
"""Clocks and schedulers of two processes may differ by this much."""


@frozen
class Pace:
    """How long things may take, and how short the intervals are that scenarios set; all in seconds."""

    patience_s: float = 10.0
    """From a cause to its message: KPI-1 and KPI-2 of the certificate."""
    boot_s: float = 30.0
    """From power to BootNotification.req."""
    quiet_s: float = 1.5
    """How long nothing has to happen where nothing may."""
    connection_timeout_s: int = 2
    sample_interval_s: int = 1
    heartbeat_interval_s: int = 2
    reservation_s: int = 3


class StepFailedError(Exception):
    """A step did not go as it has to: which one, what was expected, what came."""

    def __init__(self, number: int, doing: str, expected: str, came: str) -> None:
        super().__init__(f"step {number}: {doing}: expected {expected}; came {came}")
        self.number, self.doing, self.expected, self.came = number, doing, expected, came


Cleanup = Callable[["Bench", Sequence[Json]], object]


@define(eq=False)
class Bench:
    """A station under test between a scripted CSMS and the operator's actions."""

    csms: ScriptedCsms
    hand: Hand
    station: StationFile
    pace: Pace = field(factory=Pace)
    connector: int = 1
    cleanups: Mapping[str, Cleanup] = field(factory=dict)
    """How what a call of the central system has done is undone, by the call; called with the payloads that went."""
    undo: Undo = field(factory=Undo)
    steps: int = 0
    doing: str = ""
    _claimed: int = 0
    _limit_s: float | None = None

    def begin(self) -> None:
        """A new case: what was asked so far is forgotten, good answers only, step 1 comes next."""
        self._claimed = len(self.csms.calls)
        self.csms.answers.forget()
        self.csms.faults.clear()
        self.steps, self.doing = 0, "nothing yet"

    # ---- what the central system does ---------------------------------------------------------------------

    def call(self, request: str, payload: Json | None = None, **answer: object) -> Json:
        """Call the station, whose answer is a result with these fields; the answer."""
        sent = payload or {}
        self.step(f"call {request} {compact(sent)}")
        said = self._ask(request, sent)
        if not isinstance(said, CallResult) or mismatches(answer, said.payload):
            self.fail(str(message(f"{request}.conf", **answer)), _answer_text(said))
        return said.payload

    def call_refused(self, request: str, payload: Json, error: str, **answer: object) -> None:
        """Call the station, whose answer is either a result with these fields or this CALLERROR."""
        self.step(f"call {request} {compact(payload)}")
        said = self._ask(request, payload)
        refused = isinstance(said, CallError) and said.code == error
        if not refused and not (isinstance(said, CallResult) and not mismatches(answer, said.payload)):
            self.fail(f"{message(f'{request}.conf', **answer)} or CALLERROR {error}", _answer_text(said))

    def _ask(self, request: str, payload: Json) -> CallResult | CallError:
        self.undo.note_call(request, payload)
        try:
            said = self.csms.call(request, payload, self._limit_s or self.pace.patience_s)
        except NoAnswerError as silence:
            self.fail(f"an answer to {request}", str(silence))
        self.only_messages()
        return said

    # ---- what the station does ------------------------------------------------------------------------------

    def expect(self, action: str, **fields: object) -> Heard:
        """The next call of the station is this one."""
        wanted = message(action, **fields)
        self.step(f"expect {wanted}")
        (heard,) = self._claim([wanted])
        assert heard is not None
        return heard

    def any_order(self, *wanted: Expectation) -> list[Heard | None]:
        """The next calls of the station are these, in whatever order; None stands for an optional one left out."""
        self.step(f"expect in any order: {'; '.join(map(str, wanted))}")
        return self._claim(list(wanted))

    def status(self, status: object, connector: int | None = None) -> Heard:
        """The next call is the status of the connector under test, or of another one."""
        at = self.connector if connector is None else connector
        return self.expect("StatusNotification", connectorId=at, status=status)

    def never(self, *unwanted: Expectation, for_s: float | None = None) -> None:
        """For a while, none of these comes."""
        self.step(f"nothing like {'; '.join(map(str, unwanted))}")
        until_s = time.monotonic() + (for_s or self.pace.quiet_s)

        def one_of_them() -> Heard | None:
            new = self.csms.calls[self._claimed :]
            return next((heard for heard in new if _first(unwanted, heard) is not None), None)

        heard = self.csms.wait(one_of_them, until_s)
        if heard is not None:
            self.fail("none of these", _heard_text(heard))
        self.only_messages()

    def only(self, *allowed: Expectation) -> None:
        """What has come so far is nothing but these."""
        self.step(f"nothing but {'; '.join(map(str, allowed))}")
        while self._claimed < len(self.csms.calls):
            heard = self._next(0.0)
            assert heard is not None
            if _first(allowed, heard) is None and not self._noise(heard):
                self.fail("nothing else", _heard_text(heard))

    def check(self, sentence: str, holds: bool, came: object) -> None:
        """What a sentence says holds; ``came`` is what there was instead."""
        self.step(f"check that {sentence}")
        if not holds:
            self.fail(sentence, str(came))

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is expected in here comes within this time, each from its step's beginning."""
        before, self._limit_s = self._limit_s, seconds
        try:
            yield
        finally:
            self._limit_s = before

    def due(self, seconds: float) -> AbstractContextManager[None]:
        """What is expected in here is due after this time, which is not held against the station's patience."""
        return self.within(seconds + self.pace.patience_s)

    def _claim(self, wanted: list[Expectation]) -> list[Heard | None]:
        until_s = time.monotonic() + (self._limit_s or self.pace.patience_s)
        found: list[Heard | None] = [None] * len(wanted)
        while any(heard is None and not want.optional for heard, want in zip(found, wanted, strict=True)):
            heard = self._next(until_s)
            if heard is None:
                self.fail(_missing(wanted, found), self._nothing_but())
            place = next((n for n, want in enumerate(wanted) if found[n] is None and _meets(want, heard)), None)
            if place is not None:
                found[place] = heard
            elif not self._noise(heard):
                self.fail(_missing(wanted, found), _heard_text(heard))
        self.only_messages()
        return found

    def _next(self, until_s: float) -> Heard | None:
        """The next call that no step has claimed; None when the time is over."""
        calls, place = self.csms.calls, self._claimed
        heard = self.csms.wait(lambda: calls[place] if len(calls) > place else None, until_s)
        self._claimed += heard is not None
        return heard

    def _noise(self, heard: Heard) -> bool:
        other = heard.action == "StatusNotification" and heard.payload.get("connectorId") != self.connector
        return heard.action in NOISE or other

    def _nothing_but(self) -> str:
        return "nothing more" if self.csms.connected else "nothing more; the station is not connected"

    def only_messages(self) -> None:
        """Every frame so far is a message of OCPP 1.6."""
        if self.csms.faults:
            self.fail("messages of OCPP 1.6", "; ".join(self.csms.faults))

    # ---- what a hand does ------------------------------------------------------------------------------------

    def plug_in(self, connector: int | None = None) -> None:
        """A car arrives and the cable goes in."""
        self._hand(f"connectors/{connector or self.connector}/plug_in")

    def plug_out(self, connector: int | None = None) -> None:
        """The cable leaves the EV."""
        self._hand(f"connectors/{connector or self.connector}/plug_out")

    def present(self, id_tag: str) -> None:
        """A token is held to the reader of the connector under test; one reader for all does not say for which."""
        reader = self.station.features.get("HFS-10")
        where = {} if reader and reader.value == "single" else {"connectors": [self.connector]}
        self._hand("tokens", {"id_tag": id_tag, **where})

    def break_down(self, error_code: str, connector: int | None = None) -> None:
        """Something of the connector breaks."""
        self._hand(f"connectors/{connector or self.connector}/fault", {"error_code": error_code})

    def cut_network(self) -> None:
        """The way to the CSMS is gone; back once the station has noticed."""
        self._hand("network", {"up": False})
        self._link(up=False)

    def restore_network(self) -> None:
        """The way to the CSMS is there again; back once the station is."""
        self._hand("network", {"up": True})
        self._link(up=True)

    def cut_power(self) -> None:
        """The power goes without a warning, and comes back; who minds the station sees to that."""
        self._hand("power", {"cut": True})
        self._link(up=False)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.step(f"wait {seconds:g} s")
        time.sleep(seconds)

    def _hand(self, action: str, body: Json | None = None) -> None:
        self.step(f"hand: {action} {compact(body or {})}")
        self.undo.note_hand(action, body or {})
        try:
            self.hand.do(action, body)
        except ActionFailedError as problem:
            self.fail("the control interface to do it", str(problem))

    def _link(self, *, up: bool) -> None:
        until_s = time.monotonic() + self.pace.boot_s
        if self.csms.wait(lambda: self.csms.connected == up or None, until_s) is None:
            self.fail("a connection" if up else "the link to end", f"nothing for {self.pace.boot_s:g} s")

    # ---- configuration ---------------------------------------------------------------------------------------

    def value(self, key: str) -> str | None:
        """The value of a configuration key; None for one that the station does not know."""
        answer = self.call("GetConfiguration", {"key": [key]})
        found = [entry for entry in answer.get("configurationKey", []) if entry["key"].casefold() == key.casefold()]
        return str(found[0].get("value", "")) if found else None

    def set(self, key: str, value: object) -> None:
        """A configuration key has this value, now and until the case is over."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        before = self.value(key)
        if before is None or before.casefold() != text.casefold():
            self.undo.note_value(key, before)
            self.call("ChangeConfiguration", {"key": key, "value": text}, status="Accepted")

    def set_if_known(self, key: str, value: object) -> None:
        """The same, for a key that a station need not have."""
        if self.value(key) is not None:
            self.set(key, value)

    # ---- the steps themselves ---------------------------------------------------------------------------------

    def step(self, doing: str) -> None:
        """The next step begins."""
        self.steps += 1
        self.doing = doing

    def fail(self, expected: str, came: str) -> Never:
        """The step that is being done fails."""
        raise StepFailedError(self.steps, self.doing, expected, came)


def _meets(want: Expectation, heard: Heard) -> bool:
    return want.met_by(heard.action, heard.payload)


def _first(unwanted: tuple[Expectation, ...], heard: Heard) -> Expectation | None:
    return next((want for want in unwanted if _meets(want, heard)), None)


def _missing(wanted: list[Expectation], found: list[Heard | None]) -> str:
    return "; ".join(str(want) for want, heard in zip(wanted, found, strict=True) if heard is None)


def _heard_text(heard: Heard) -> str:
    return f"{heard.action} {compact(heard.payload)}"


def _answer_text(said: CallResult | CallError) -> str:
    if isinstance(said, CallResult):
        return compact(said.payload)
    return f"CALLERROR {said.code} {said.description}".rstrip()
