"""Hostile frames over a real socket: exactly the answers that are due, flat memory, and a station that charges on.

A sound call ends each batch. The station answers in order, so that when this one is answered every other answer is in
the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from tests.campaigns.hostile_frames import Hostile, hostile_frames
from tests.campaigns.judge import DELIVERED, answers_once
from tests.campaigns.run import HEALED_WITHIN_S, Run
from tests.campaigns.station import PATIENT
from tests.processes import until

BATCH: Final = 200
WARM: Final = 2000
"""After so many frames everything that is loaded or filled once is there."""

MAX_GROWTH_KIB: Final = 16 * 1024
"""What the process may have more after all of it than when it was warm."""

RULES: Final = tuple(rule for rule in DELIVERED if rule is not answers_once)


def play(run: Run, count: int) -> None:
    """So many frames, while somebody charges; then somebody else does."""
    run.victim.tune("", PATIENT)
    run.power_up()
    run.settle()
    _charge(run, "BEFORE")
    warm_kib = 0
    frames = list(hostile_frames(run.rng, count))
    for first in range(0, len(frames), BATCH):
        if first >= min(WARM, count // 2) and not warm_kib:
            warm_kib = run.victim.memory_kib()
        batch = frames[first : first + BATCH]
        _send(run, batch)
        run.figures["frames"] += len(batch)
        if run.found:
            return
    growth_kib = run.victim.memory_kib() - warm_kib
    run.figures["KiB grown"] = max(0, growth_kib)
    if growth_kib > MAX_GROWTH_KIB:
        run.found.append(f"memory: {growth_kib} KiB more than when it was warm, {warm_kib} KiB")
    _tidy(run)
    _charge(run, "AFTER")
    _stop(run)
    run.judge(RULES)


def _send(run: Run, batch: Iterable[Hostile]) -> None:
    """Send them, and see that each has its answers."""
    since, sent = len(run.csms.record), list(batch)
    due = Counter[str]()
    for frame in sent:
        due[frame.message_id] += frame.answers
        run.csms.live[-1].send(frame.content)
    last = run.csms.call("GetConfiguration", {"key": ["HeartbeatInterval"]})
    if last is None:
        run.found.append(f"the connection ended in the batch from {sent[0].message_id} on")
        return
    run.found += _wrong(run, since, sent, due)


def _wrong(run: Run, since: int, sent: list[Hostile], due: Counter[str]) -> Iterable[str]:
    came = Counter(
        str(entry.frame[1]) for entry in run.csms.record[since:]
        if not entry.to_station and isinstance(entry.frame, list) and entry.frame[0] in (3, 4)
    )  # fmt: skip
    for frame in sent:
        if came[frame.message_id] != due[frame.message_id]:
            got, wanted = came[frame.message_id], due[frame.message_id]
            yield f"{got} answers in place of {wanted}: {frame.how}: {str(frame.content)[:300]}"
    strangers = came.keys() - due.keys()
    if len(strangers) > 1:
        yield f"answers to nothing: {sorted(strangers)}"


def _charge(run: Run, id_tag: str) -> None:
    run.victim.hand("/connectors/1/plug_in")
    run.victim.hand("/tokens", {"id_tag": id_tag, "connectors": [1]})
    until(lambda: id_tag in _running(run), f"{id_tag} to charge", HEALED_WITHIN_S)
    run.seen.add(id_tag)


def _running(run: Run) -> set[str]:
    return {each["transaction"]["id_tag"] for each in run.victim.look()["connectors"] if each["transaction"]}


def _stop(run: Run) -> None:
    for connector in (1, 2):
        run.victim.hand(f"/connectors/{connector}/plug_out")
    until(lambda: run.victim.look()["queue_length"] == 0 and not _running(run), "everything delivered", HEALED_WITHIN_S)


def _tidy(run: Run) -> None:
    """Take back what sound frames may have asked for."""
    _stop(run)
    run.csms.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
    run.csms.call("ClearChargingProfile", {})
    for each in run.victim.look()["connectors"]:
        if each["reservation"]:
            run.csms.call("CancelReservation", {"reservationId": each["reservation"]["reservation_id"]})
