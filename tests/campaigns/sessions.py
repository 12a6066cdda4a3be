"""What a driver does, what happens to the box, and what a CSMS asks for: one function each, drawn at random.

Each leaves alone what would make its outcome ambiguous (no fault where a connector is reserved, and so on): what is
judged has to be certain. Where a function raises ProcessGoneError, the station has died under it, as it may.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.campaigns.accepted import STATION_W, Possible
from tests.campaigns.run import Run

LIST_SIZE: Final = 4
RUNS_WITHIN_S: Final = 0.5
"""So long is looked whether a session begins; one that begins later is nobody's fault."""

VALUES: Final = {
    "ConnectionTimeOut": range(30, 90), "ResetRetries": range(6), "MeterValueSampleInterval": range(1, 3),
    "TransactionMessageRetryInterval": range(1, 3),
}  # fmt: skip

Act = Callable[[Run], None]


# ---- the driver ------------------------------------------------------------------------------------------


def charge(run: Run) -> None:
    """A car arrives and its driver presents a token that is new, or one of the local list."""
    connector = run.connector()
    if not _is_free(run, connector):
        return
    occupied = run.victim.look()["connectors"][connector - 1]["transaction"] is not None
    id_tag, listed = _token(run, occupied)
    run.note(f"{id_tag} charges at {connector}")
    run.victim.hand(f"/connectors/{connector}/plug_in")
    run.victim.hand("/tokens", {"id_tag": id_tag, "connectors": [connector]})
    if _runs(run, connector, id_tag):
        run.seen.add(id_tag)
        run.figures["sessions"] += 1
        _was_listed(run, id_tag, listed)


def _was_listed(run: Run, id_tag: str, listed: bool) -> None:
    """Who is on the list is let in without a question."""
    if listed and id_tag in {asked["idTag"] for asked in run.csms.requests("Authorize")}:
        run.found.append(f"{id_tag} was accepted for the local list, and the station had to ask for it")


def _is_free(run: Run, connector: int) -> bool:
    return run.accepted.reserved[connector].sure is None and len(run.accepted.reserved[connector].values) == 1


def _token(run: Run, stranger: bool) -> tuple[str, bool]:
    """One that nobody has had before, off the list where there is one; and whether it was on it.

    A ``stranger``, at a session of somebody else, is asked about even where it is listed: it may be of his group.
    """
    listed = [tag for _, tags in run.accepted.local_list.values for tag in tags]
    fresh = sorted(tag for tag in {*listed} - run.seen if run.accepted.is_listed(tag) and f"{tag} used" not in run.acts)
    if stranger or not fresh or run.rng.random() < 0.5:
        return run.new_tag("T"), False
    run.note(f"{fresh[0]} used")
    return fresh[0], True


def _runs(run: Run, connector: int, id_tag: str) -> bool:
    end = time.monotonic() + RUNS_WITHIN_S
    while time.monotonic() < end:
        transaction = run.victim.look()["connectors"][connector - 1]["transaction"]
        if transaction is not None:
            return bool(transaction["id_tag"] == id_tag)
        time.sleep(0.02)
    return False


def stop(run: Run) -> None:
    """The stop button."""
    run.victim.hand(f"/connectors/{run.connector()}/stop")


def leave(run: Run) -> None:
    """The cable comes out."""
    run.victim.hand(f"/connectors/{run.connector()}/plug_out")


def pause(run: Run) -> None:
    """The EV wants no energy, or some again."""
    run.victim.hand(f"/connectors/{run.connector()}/ev", {"wants_energy": run.rng.random() < 0.5})


# ---- the box ---------------------------------------------------------------------------------------------


def fault(run: Run) -> None:
    """Something breaks, or is whole again."""
    connector = run.connector()
    if run.rng.random() < 0.6:
        run.victim.hand(f"/connectors/{connector}/clear_fault")
    elif _is_free(run, connector):
        run.note(f"fault at {connector}")
        run.victim.hand(f"/connectors/{connector}/fault", {"error_code": "OtherError", "info": "campaign"})


def offline(run: Run) -> None:
    """The CSMS is away for a while, in which people charge."""
    run.note("the CSMS is away")
    run.csms.refuse()
    try:
        for _ in range(run.rng.randrange(1, 4)):
            run.rng.choice((charge, stop, leave))(run)
    finally:
        run.csms.accept()


def silence(run: Run) -> None:
    """The CSMS leaves some requests without an answer until the next life."""
    actions = ("StartTransaction", "StopTransaction", "MeterValues", "StatusNotification")
    run.csms.silent_on = frozenset({run.rng.choice(actions)})
    run.note(f"silent on {set(run.csms.silent_on)}")


# ---- the CSMS --------------------------------------------------------------------------------------------


def send_list(run: Run) -> None:
    """A new local list, or one more entry of it."""
    known = run.accepted.local_list.sure
    version = max(version for version, _ in run.accepted.local_list.values) + 1
    full = known is None or run.rng.random() < 0.5
    more = tuple(run.new_tag("L") for _ in range(LIST_SIZE if full else 1))
    tags = more if full or known is None else known[1] + more
    entries = [{"idTag": tag, "idTagInfo": {"status": "Accepted"}} for tag in more]
    payload = {
        "listVersion": version,
        "updateType": "Full" if full else "Differential",
        "localAuthorizationList": entries,
    }
    answer = run.call("SendLocalList", payload)
    _told(answer, lambda certain: run.accepted.local_list.becomes((version, tags), certain))


def _told(answer: dict[str, Any] | None, becomes: Callable[[bool], None], *good: str) -> None:
    """Enter a promise: certain with its answer, possible without one, none where it was refused."""
    if answer is None or answer.get("status") in ("Accepted", *good):
        becomes(answer is not None)


def set_profile(run: Run) -> None:
    """A limit for the station, or for what begins at a connector; at times it is taken away again."""
    purpose, connector = run.rng.choice(
        (("ChargePointMaxProfile", 0), ("TxDefaultProfile", 1), ("TxDefaultProfile", 2))
    )
    number, limit_w = connector + 10, run.rng.randrange(10_000, 50_000, 100)
    place = run.accepted.limit(purpose, connector)
    if run.rng.random() < 0.2:
        answer = run.call("ClearChargingProfile", {"id": number})
        if (
            place.sure is not None
            and answer is not None
            and (answer["status"] == "Accepted") == (place.sure == STATION_W)
        ):
            run.found.append(f"{purpose} {number} was cleared with {answer}, accepted was {place.values}")
        place.becomes(STATION_W, answer is not None)
        return
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_w}],
                "startSchedule": "2025-01-01T00:00:00Z"}  # fmt: skip
    profile = {"chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": purpose,
               "chargingProfileKind": "Absolute", "chargingSchedule": schedule}  # fmt: skip
    answer = run.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile})
    _told(answer, lambda certain: place.becomes(float(limit_w), certain))


def configure(run: Run) -> None:
    """A key gets another value."""
    key = run.rng.choice(sorted(VALUES))
    value = str(run.rng.choice(VALUES[key]))
    if key not in run.accepted.configuration:
        _learn(run, key)
    answer = run.call("ChangeConfiguration", {"key": key, "value": value})
    if key in run.accepted.configuration:
        _told(answer, lambda certain: run.accepted.configuration[key].becomes(value, certain))


def _learn(run: Run, key: str) -> None:
    answer = run.call("GetConfiguration", {"key": [key]})
    if answer is not None:
        run.accepted.configuration[key] = Possible({answer["configurationKey"][0]["value"]})


def change_availability(run: Run) -> None:
    """A connector is taken out of service, or put back; more often the latter."""
    connector, operative = run.connector(), run.rng.random() < 0.7
    if not _is_free(run, connector):
        return
    kind = "Operative" if operative else "Inoperative"
    answer = run.call("ChangeAvailability", {"connectorId": connector, "type": kind})
    _told(answer, lambda certain: run.accepted.operative[connector].becomes(operative, certain), "Scheduled")


def reserve(run: Run) -> None:
    """A connector is kept for somebody who never comes, or not any more."""
    connector = run.connector()
    possible = run.accepted.reserved[connector]
    if possible.sure is not None or len(possible.values) > 1:
        for number in sorted(each for each in possible.values if each is not None):
            answer = run.call("CancelReservation", {"reservationId": number})
            if possible.sure is not None and answer is not None and answer["status"] != "Accepted":
                run.found.append(f"reservation {number} was accepted, and cannot be cancelled: {answer}")
            possible.becomes(None, answer is not None)
        return
    run.tags += 1
    number = run.tags
    expiry = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    answer = run.call("ReserveNow", {"connectorId": connector, "expiryDate": expiry, "idTag": f"R{number}",
                                     "reservationId": number})  # fmt: skip
    _told(answer, lambda certain: possible.becomes(number, certain))


def start_remotely(run: Run) -> None:
    """RemoteStartTransaction.req for whoever stands there."""
    connector = run.connector()
    if _is_free(run, connector):
        run.call("RemoteStartTransaction", {"connectorId": connector, "idTag": run.new_tag("M")})
        run.victim.hand(f"/connectors/{connector}/plug_in")


def stop_remotely(run: Run) -> None:
    """RemoteStopTransaction.req for what runs."""
    for each in run.victim.look()["connectors"]:
        if each["transaction"] and each["transaction"]["transaction_id"]:
            run.call("RemoteStopTransaction", {"transactionId": each["transaction"]["transaction_id"]})


def trigger(run: Run) -> None:
    """TriggerMessage.req."""
    run.call("TriggerMessage", {"requestedMessage": run.rng.choice(("Heartbeat", "StatusNotification", "MeterValues"))})


def reset(run: Run) -> None:
    """Reset.req: what comes back is the next life of the same process."""
    before = len(run.victim.said())
    answer = run.call("Reset", {"type": run.rng.choice(("Soft", "Hard"))})
    if answer is not None and answer["status"] == "Accepted":
        run.csms.process += 1
        run.note(f"life {run.csms.process}")
        run.csms.silent_on = frozenset()
        run.figures["resets"] += 1
        run.victim.before = before
        run.victim.find()
        run.settle()
        run.compare()


CALLS: Final[tuple[Act, ...]] = (send_list, set_profile, configure, change_availability, reserve)
"""Those whose acceptance is a promise."""

ANYTHING: Final[tuple[Act, ...]] = (
    charge, charge, charge, charge, stop, stop, leave, leave, pause, fault, offline, silence, start_remotely,
    stop_remotely, trigger, *CALLS, *CALLS,
)  # fmt: skip
