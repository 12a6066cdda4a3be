"""What brings each event of the world about, on the stage of a replay.

``CAUSES`` is the table: each event that the world brings to a machine, and how it comes about on the real station, as
an input, an answer to the call that is open, a call of the CSMS, a timer, or a power cut.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import evolve

from model.language.composition import Composition, Instance
from model.messages.types import AuthorizationStatus, IdTagInfo
from model.station_file import WayOut
from properties.replay import cache as replay_cache
from properties.replay.profiles import (
    PROFILE_QUESTIONS,
    clear_sent,
    lay_out_limits,
    limits_move,
    profile_sent,
    says,
    schedule_asked,
)
from properties.replay.stage import ACCEPTED, NOW, PLAIN, Answers, CannotBeCausedError, Json, Stage
from runtime.core.inputs import (
    DataTransferAsked,
    EvPaused,
    EvReady,
    FaultCleared,
    FaultRaised,
    Input,
    InterfaceDown,
    InterfaceUp,
    LinkClosed,
    LinkFailed,
    LinkOpened,
    PluggedIn,
    PluggedOut,
    PongReceived,
    SecurityEventNoted,
    ShutDown,
    StopPressed,
    StoreEmptied,
    StoreFilled,
    TokenPresented,
)
from runtime.operations.tokens import Tokens

HOLDER, OTHER, STRANGER, GROUP = "HOLDER", "OTHER", "STRANGER", "GROUP"
LONG_AGO = "2025-01-01T12:00:00Z"
A_DAY_S = 86_400.0

Cause = Callable[[Stage, Instance, Answers], None]


def cause(stage: Stage, at: Instance, event: str, answers: Answers) -> list[str]:
    """Bring the event about; the rows that fired, as ``machine:row``. Raises CannotBeCausedError."""
    stage.mark = len(stage.fired)
    if at.machine == "power":
        stage.clock.now_s += A_DAY_S if says(answers, "still_runs") is False else 0
        stage.power()
    elif found := CAUSES.get(f"{at.machine}.{event}"):
        lay_out(stage, at, answers)
        found(stage, at, answers)
    elif _is_timer(stage.composition, at, event):
        stage.timer(at, event)
    else:
        raise CannotBeCausedError(f"nothing in the world brings {at.machine}.{event} alone")
    return [f"{fired.machine}:{fired.row}" for fired in stage.fired[stage.mark :]]


def _is_timer(composition: Composition, at: Instance, event: str) -> bool:
    return any(timer.event == event for timer in composition[at.machine].timers)


KEYS = {
    "known_valid": "LocalAuthorizeOffline",
    "pre_authorized": "LocalPreAuthorize",
    "authorize_remote": "AuthorizeRemoteTxRequests",
    "stop_on_invalid_id": "StopTransactionOnInvalidId",
    "enabled": "LocalAuthListEnabled",
    "switched_on": "AuthorizationCacheEnabled",
    "reservations_on": "ReservationEnabled",
}
"""Questions that a configuration key decides."""

LIST_QUESTIONS = ("newer", "well_formed", "fits", "leaves_somebody")
"""Questions that the list just sent decides."""


RESERVATION_QUESTIONS = ("lies_ahead", "same_id", "for_who_is_here", "still_runs", "admitted", "group_unknown")
"""Questions that the request, or the reservation that is held, decides."""


def can_lay_out(name: str) -> bool:
    """Whether the replay can make the data so that this question is answered as wanted."""
    alone = ("same_token", "same_group", "error_is_a_warning", "plausible")
    asked = (*LIST_QUESTIONS, *RESERVATION_QUESTIONS, *replay_cache.QUESTIONS, *PROFILE_QUESTIONS)
    return name.rpartition(".")[2] in (*KEYS, *alone, *asked)


def lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """Make the data so that the questions are answered as in the trace."""
    desk = stage.station.desk
    for question, key in KEYS.items():
        if (said := says(answers, question)) is not None:
            desk.settings.values[key] = said
    if says(answers, "known_valid") is not None or says(answers, "pre_authorized") is not None:
        known = bool(says(answers, "known_valid") or says(answers, "pre_authorized"))
        parent = GROUP if says(answers, "same_group") else None
        status = AuthorizationStatus.ACCEPTED if known else AuthorizationStatus.INVALID
        stage.station.part(Tokens).learn(_tag(stage, at, answers), IdTagInfo(status=status, parent_id_tag=parent))
    if says(answers, "admitted") is not None and (held := desk.ledger.reservations.get(at.connector)):
        whom = _tag(stage, at, answers) if says(answers, "admitted") else STRANGER
        group = GROUP if says(answers, "group_unknown") else None
        desk.ledger.set_reservation(at.connector, evolve(held, id_tag=whom, parent_id_tag=group))
    lay_out_limits(stage, answers)


def _tag(stage: Stage, at: Instance, answers: Answers) -> str:
    same = says(answers, "same_token")
    granted = stage.station.desk.engine.state("authorization", at.connector) if at.connector else "Nobody"
    return OTHER if granted != "Nobody" and not same else HOLDER


def _raised(stage: Stage, at: Instance, answers: Answers) -> None:
    of_the_ev, warning = says(answers, "error_is_of_the_ev"), says(answers, "error_is_a_warning")
    code = "EVCommunicationError" if of_the_ev else "WeakSignal" if warning else "GroundFailure"
    stage.tell(FaultRaised(at.connector, code))


def _token(stage: Stage, at: Instance, answers: Answers) -> None:
    stage.tell(TokenPresented(_tag(stage, at, answers), (at.connector,)))


def _authorized(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    parent = {"parentIdTag": GROUP} if says(answers, "same_group") is not False else {}
    stage.answer("Authorize", {"idTagInfo": ACCEPTED | parent})


def _started(status: str) -> Cause:
    def answer(stage: Stage, at: Instance, answers: Answers) -> None:
        del answers
        stage.answer("StartTransaction", {"transactionId": at.slot, "idTagInfo": {"status": status}})

    return answer


def _given_up(stage: Stage, at: Instance, answers: Answers) -> None:
    del at, answers
    stage.station.desk.settings.values["TransactionMessageAttempts"] = 1
    stage.refuse("StartTransaction")


def _failed(stage: Stage, at: Instance, answers: Answers) -> None:
    del at, answers
    stage.station.desk.settings.values["TransactionMessageAttempts"] = 100
    stage.refuse("StartTransaction", "MeterValues", "StopTransaction")


def _remote_stop(stage: Stage, at: Instance, answers: Answers) -> None:
    del answers
    records = stage.station.desk.ledger.transactions.values()
    known = [r.transaction_id for r in records if r.connector == at.connector and r.reason is None]
    if not known or known[-1] is None:
        raise CannotBeCausedError("the CSMS knows no id of a transaction that runs there")
    stage.call("RemoteStopTransaction", transactionId=known[-1])


def _answered(stage: Stage, at: Instance, answers: Answers) -> None:
    del at, answers
    open_call = stage.wire.open_call
    if open_call is None or open_call[1] not in PLAIN:
        raise CannotBeCausedError("no call is open whose answer means nothing more than that it is over")
    stage.answer(open_call[1], PLAIN[open_call[1]])


def _status_settled(stage: Stage, at: Instance, answers: Answers) -> None:
    """The answer to the StatusNotification of that connector; the ones before it are answered too."""
    del answers
    while (call := stage.wire.open_call) and call[1] == "StatusNotification" and call[2]["connectorId"] != at.connector:
        stage.answer("StatusNotification", {})
    stage.answer("StatusNotification", {})


def _tells(make: Callable[[int], Input]) -> Cause:
    return lambda stage, at, _: stage.tell(make(at.connector))


def _boots(status: str) -> Cause:
    conf = {"status": status, "interval": 60}
    return lambda stage, _at, said: stage.answer("BootNotification", conf | {"currentTime": _time(said)})


def _time(answers: Answers) -> str:
    """What the CSMS says that it is: today, or a date that cannot be."""
    return "9999-12-31T23:59:59Z" if says(answers, "plausible") is False else NOW


def _fills(*, full: bool) -> Cause:
    def fill(stage: Stage, at: Instance, answers: Answers) -> None:
        del at, answers
        stage.disk.full = full
        stage.tell(StoreFilled() if full else StoreEmptied())

    return fill


def _answers(action: str, payload: Json) -> Cause:
    return lambda stage, _at, _: stage.answer(action, payload)


def _refuses(*actions: str) -> Cause:
    return lambda stage, _at, _: stage.refuse(*actions)


def _triggers(message: str) -> Cause:
    where: Callable[[Instance], Json] = lambda at: {"connectorId": at.connector}  # noqa: E731 - a table reads better
    return lambda stage, at, _: stage.call("TriggerMessage", requestedMessage=message, **where(at))


def _makes(kind: str) -> Cause:
    return lambda stage, at, _: stage.call("ChangeAvailability", connectorId=at.connector, type=kind)


def _configures(key: str, value: str) -> Cause:
    return lambda stage, _at, _: stage.call("ChangeConfiguration", key=key, value=value)


def _lists(kind: str) -> Cause:
    def send(stage: Stage, at: Instance, answers: Answers) -> None:
        del at
        desk = stage.station.desk
        desk.settings.values["LocalAuthListMaxLength"] = 0 if says(answers, "fits") is False else 50
        version = desk.ledger.list_version + (says(answers, "newer") is not False)
        refused = says(answers, "fits") is False or says(answers, "well_formed") is False
        entries = _entries(stage, refused or says(answers, "leaves_somebody") is not False, kind)
        entries += [{"idTag": tag, "idTagInfo": ACCEPTED} for tag in replay_cache.listed(answers)]
        twice = 2 if says(answers, "well_formed") is False else 1
        stage.call("SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=entries * twice)

    return send


def _entries(stage: Stage, somebody: bool, kind: str) -> list[Json]:
    if somebody:
        return [{"idTag": OTHER, "idTagInfo": ACCEPTED}]
    listed = stage.station.desk.ledger.listed if kind == "Differential" else ()
    return [{"idTag": tag} for tag in listed]


def _key_changed(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    value = str(bool(says(answers, "enabled"))).lower()
    stage.call("ChangeConfiguration", key="LocalAuthListEnabled", value=value)


def _asks(action: str) -> Cause:
    return lambda stage, _at, _: stage.call(action)


def _asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """ReserveNow.req for whom the trace's answers want, with an id that is the one held here, or not."""
    desk = stage.station.desk
    held = desk.ledger.reservations.get(at.connector)
    number = at.connector if held is None else held.reservation_id + (says(answers, "same_id") is False)
    date = LONG_AGO if says(answers, "lies_ahead") is False else (desk.utc() + timedelta(hours=1)).isoformat()
    tag = HOLDER if says(answers, "for_who_is_here") is not False else OTHER
    stage.call("ReserveNow", connectorId=at.connector, expiryDate=date, idTag=tag, reservationId=number)


def _cancelled(stage: Stage, at: Instance, answers: Answers) -> None:
    del answers
    held = stage.station.desk.ledger.reservations.get(at.connector)
    if held is None:
        raise CannotBeCausedError("no reservation is held there that could be cancelled")
    stage.call("CancelReservation", reservationId=held.reservation_id)


def _remote_start(stage: Stage, at: Instance, answers: Answers) -> None:
    tag = _tag(stage, at, answers)
    stage.call("RemoteStartTransaction", connectorId=at.connector, idTag=tag)


CAUSES: dict[str, Cause] = {
    # hardware
    "cable.plugged_in": _tells(PluggedIn),
    "cable.plugged_in_asking": _tells(lambda connector: PluggedIn(connector, asking=True)),
    "cable.plugged_out": _tells(PluggedOut),
    "cable.ev_ready": _tells(EvReady),
    "cable.ev_paused": _tells(EvPaused),
    "fault.error_raised": _raised,
    "fault.cleared": _tells(FaultCleared),
    "station_fault.error_raised": _raised,
    "station_fault.cleared": _tells(FaultCleared),
    "connector.stop_pressed": _tells(StopPressed),
    "authorization.token_presented": _token,
    "security_event.noted": _tells(lambda _: SecurityEventNoted("TamperDetectionActivated")),
    "storage.filled": _fills(full=True),
    "storage.emptied": _fills(full=False),
    # the hand of an operator
    "shutdown.shut_down": _tells(lambda _: ShutDown()),
    "call.data_asked": _tells(lambda _: DataTransferAsked("vendor")),
    # the link
    "link.opened": _tells(lambda _: LinkOpened()),
    "link.failed": _tells(lambda _: LinkFailed("by hand")),
    "link.closed": _tells(lambda _: LinkClosed("by hand")),
    "link.network_back": _tells(lambda _: InterfaceUp(WayOut.MODEM)),
    "ethernet.up": _tells(lambda _: InterfaceUp(WayOut.ETHERNET)),
    "ethernet.down": _tells(lambda _: InterfaceDown(WayOut.ETHERNET)),
    "modem.up": _tells(lambda _: InterfaceUp(WayOut.MODEM)),
    "modem.down": _tells(lambda _: InterfaceDown(WayOut.MODEM)),
    # answers of the CSMS
    "boot.accepted": _boots("Accepted"),
    "boot.pending": _boots("Pending"),
    "boot.rejected": _boots("Rejected"),
    "boot.failed": _refuses("BootNotification"),
    "clock.told": lambda stage, _at, said: stage.answer("Heartbeat", {"currentTime": _time(said)}),
    "authorization.accepted": _authorized,
    "authorization.refused": _answers("Authorize", {"idTagInfo": {"status": "Invalid"}}),
    "authorization.unanswered": _refuses("Authorize"),
    "transaction.start_accepted": _started("Accepted"),
    "transaction.start_refused": _started("Blocked"),
    "transaction.start_given_up": _given_up,
    "transaction.stop_settled": _answers("StopTransaction", {}),
    "delivery.meter_settled": _answers("MeterValues", {}),
    "delivery.failed": _failed,
    "security_event.confirmed": _answers("SecurityEventNotification", {}),
    "security_event.unconfirmed": _refuses("SecurityEventNotification"),
    "reporting.settled": _status_settled,
    "reporting_zero.settled": _status_settled,
    "liveness.heard": _tells(lambda _: PongReceived()),
    "call.answered": _answered,
    "route.call_over": _answered,
    # calls of the CSMS
    "boot.triggered": _triggers("BootNotification"),
    "heartbeat.triggered": _triggers("Heartbeat"),
    "diagnostics.triggered": _triggers("DiagnosticsStatusNotification"),
    "firmware.triggered": _triggers("FirmwareStatusNotification"),
    "metering.triggered": _triggers("MeterValues"),
    "reporting.triggered": _triggers("StatusNotification"),
    "reporting_zero.triggered": _triggers("StatusNotification"),
    "authorization.remote_start": _remote_start,
    "connector.remote_stop": _remote_stop,
    "availability.set_inoperative": _makes("Inoperative"),
    "availability.set_operative": _makes("Operative"),
    "connector_zero.set_inoperative": _makes("Inoperative"),
    "connector_zero.set_operative": _makes("Operative"),
    "shutdown.soft_reset": lambda stage, _at, _: stage.call("Reset", type="Soft"),
    "shutdown.hard_reset": lambda stage, _at, _: stage.call("Reset", type="Hard"),
    "local_list.full_sent": _lists("Full"),
    "local_list.differential_sent": _lists("Differential"),
    "local_list.version_asked": _asks("GetLocalListVersion"),
    "local_list.key_changed": _key_changed,
    "reservation.asked": _asked,
    "reservation.cancelled": _cancelled,
    "charging_profile.profile_sent": profile_sent,
    "charging_profile.clear_sent": clear_sent,
    "charging_profile.schedule_asked": schedule_asked,
    "sharing.moved": limits_move,
    "heartbeat.interval_changed": _configures("HeartbeatInterval", "77"),
    "metering.boundary_moved": _configures("ClockAlignedDataInterval", "120"),
    "metering.interval_changed": _configures("MeterValueSampleInterval", "33"),
    **replay_cache.CAUSES,
}
"""``machine.event`` -> how the world brings it about. Timers are found in the tables; power is its own."""
