"""Statuses and errors: StatusNotification.req.

Which status a connector has is a projection (``model/tables/station.toml``), and when it is reported is the
reporting machines' business; this block writes the message, with the error that goes with it (CS-4.9-01). Connector 0,
the main controller, has three statuses of its own, whatever the connectors do (CS-4.9-04, CS-4.9-05, CS-4.9-07).
"""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.availability import ChargePointErrorCode, ChargePointStatus, StatusNotificationReq
from model.record import frozen
from runtime.core.binding import answers, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import EvPaused, EvReady, FaultCleared, FaultRaised, PluggedIn, PluggedOut
from runtime.operations.calls import CallFailure, Calls, PendingCall

WARNINGS = frozenset({
    ChargePointErrorCode.WEAK_SIGNAL, ChargePointErrorCode.READER_FAILURE,
    ChargePointErrorCode.LOCAL_LIST_CONFLICT, ChargePointErrorCode.RESET_FAILURE,
})  # fmt: skip
"""Errors that leave charging alone: the modem's signal, the reader, the list, a reset (CS-4.9-18)."""

INFO = {"EV-side-disconnected": "EV side disconnected"}
"""What a row may have said in info (CS-4.9-24)."""


@frozen
class Error:
    """An error as the hardware reported it."""

    code: ChargePointErrorCode = ChargePointErrorCode.NO_ERROR
    info: str | None = None


NO_ERROR = Error()
STORE_FULL = Error(ChargePointErrorCode.OTHER_ERROR, "store full: no new sessions")
"""Why a station whose store is full is Faulted (CS-7.6-09)."""
CONFLICT = Error(ChargePointErrorCode.LOCAL_LIST_CONFLICT)


class Status:
    """The error of each connector (0: the station), and the notifications."""

    def __init__(self, context: BlockContext, calls: Calls) -> None:
        self.context, self.calls = context, calls
        self.errors: dict[int, Error] = {}
        self.raised: dict[int, Error] = {}
        self.info: dict[int, str] = {}
        self.warnings: dict[int, Error] = {}
        self.told: dict[int, tuple[str, Error]] = {}
        """What was reported last: status, and the error that went with it."""
        self.last: dict[int, PendingCall] = {}
        """The notification that reported it."""

    # ---- what the hardware says --------------------------------------------------------------------------

    @takes(PluggedIn)
    def plugged_in(self, given: PluggedIn) -> None:
        """The cable is in an EV."""
        self.context.act("cable", "plugged_in_asking" if given.asking else "plugged_in", given.connector)

    @takes(PluggedOut)
    def plugged_out(self, given: PluggedOut) -> None:
        """The cable has left the EV."""
        self.context.act("cable", "plugged_out", given.connector)

    @takes(EvReady)
    def ev_ready(self, given: EvReady) -> None:
        """The EV asks for energy."""
        self.context.act("cable", "ev_ready", given.connector)

    @takes(EvPaused)
    def ev_paused(self, given: EvPaused) -> None:
        """The EV asks for none."""
        self.context.act("cable", "ev_paused", given.connector)

    @takes(FaultRaised)
    def fault_raised(self, given: FaultRaised) -> None:
        """An error; a code that OCPP does not know is OtherError, with its name in info (CS-7.6-09).

        So is the loss of communication with an EV at connector 0, for it has none (CS-4.9-19).
        """
        self.raised[given.connector] = _error(given)
        self.context.act("fault" if given.connector else "station_fault", "error_raised", given.connector)

    @takes(FaultCleared)
    def fault_cleared(self, given: FaultCleared) -> None:
        """The error is gone."""
        self.context.act("fault" if given.connector else "station_fault", "cleared", given.connector)

    @answers("fault", "error_is_a_warning")
    @answers("station_fault", "error_is_a_warning")
    def error_is_a_warning(self, at: Instance) -> bool:
        """Whether the error just raised leaves charging alone."""
        return self.raised[at.connector].code in WARNINGS

    @answers("fault", "error_is_of_the_ev")
    def error_is_of_the_ev(self, at: Instance) -> bool:
        """Whether it is the EV that cannot be talked to (CS-7.6-02)."""
        return self.raised[at.connector].code is ChargePointErrorCode.EV_COMMUNICATION_ERROR

    @performs("fault", "note error")
    @performs("station_fault", "note error")
    def note_error(self, at: Instance) -> None:
        """The next notification carries it."""
        self.errors[at.connector] = self.raised[at.connector]

    @performs("fault", "forget error")
    @performs("station_fault", "forget error")
    def forget_error(self, at: Instance) -> None:
        """The next notification says NoError."""
        self.errors.pop(at.connector, None)

    @performs("connector", "note info")
    def note_info(self, at: Instance, value: str) -> None:
        """The notification of this change says so in info."""
        self.info[at.connector] = INFO[value]
        self.context.after_rows(lambda: self.info.pop(at.connector, None))

    @performs("local_list", "note conflict")
    def note_conflict(self, at: Instance) -> None:
        """One notification of connector 0 says it, with the status as it stands (CS-3.5.2-13)."""
        self.warnings[0] = CONFLICT

    # ---- what the CSMS hears -----------------------------------------------------------------------------

    @answers("reporting", "news")
    def news(self, at: Instance) -> bool:
        """Whether what stands is not what was reported; a warning that is to be reported once always is."""
        return at.connector in self.warnings or self.standing(at.connector) != self.told.get(at.connector)

    def standing(self, connector: int) -> tuple[str, Error]:
        """The status of a connector, 0 the station, and the error that goes with it."""
        if not connector:
            return self.context.engine.value("status_zero"), self._named(0, self.context.engine.value("error_zero"))
        return self.context.engine.value("status", connector), self._named(
            connector, self.context.engine.value("error", connector)
        )

    def _named(self, connector: int, which: str) -> Error:
        """The error that a projection names."""
        match which:
            case "Own":
                return self.errors[connector]
            case "Station":
                return self.errors[0]
            case "Store":
                return STORE_FULL
        return NO_ERROR

    @performs("reporting", "send StatusNotification")
    def send(self, at: Instance) -> None:
        """StatusNotification.req as things stand at this row, of a connector or of connector 0."""
        connector = at.connector
        status, standing = self.told[connector] = self.standing(connector)
        warning = self.warnings.pop(connector, None)
        error = warning or standing
        request = StatusNotificationReq(
            connector_id=connector, error_code=error.code, status=ChargePointStatus(status),
            info=self.info.pop(connector, None) or error.info, timestamp=self.context.utc(),
        )  # fmt: skip
        call = self.last[connector] = PendingCall(
            request,
            lambda _: self._settled(at, call),
            lambda lost: self._lost(lost, at, call, warning),
        )
        self.calls.submit(call)

    def _settled(self, at: Instance, call: PendingCall) -> None:
        """The CSMS has it, unless a later one is on its way."""
        if self.last.get(at.connector) is call:
            self.context.act(at.machine, "settled", at.connector)

    def _lost(self, lost: CallFailure, at: Instance, call: PendingCall, warning: Error | None) -> None:
        """One that a CSMS has received and refused counts as reported; one that was lost, or never left, does not."""
        if lost.why in ("timeout", "refused", "too long"):
            self._settled(at, call)
        elif warning:
            self.warnings[at.connector] = warning


def _error(given: FaultRaised) -> Error:
    try:
        code = ChargePointErrorCode(given.error_code)
    except ValueError:
        return _other(given)
    no_ev = code is ChargePointErrorCode.EV_COMMUNICATION_ERROR and not given.connector
    return _other(given) if no_ev else Error(code, given.info)


def _other(given: FaultRaised) -> Error:
    info = f"{given.error_code} {given.info or ''}".strip()
    return Error(ChargePointErrorCode.OTHER_ERROR, info[:50])


BLOCK = Block(
    "status",
    lambda parts: Status(parts.context, parts[Calls]),
    triggers={"StatusNotification": ("reporting_zero", "reporting")},
)
