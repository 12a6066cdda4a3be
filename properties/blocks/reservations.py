"""How the CSMS asks for a reservation and cancels it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.bench import Bench
from properties.conformance.cases import reservation as reservation_cases
from properties.replay.stage import Answers, CannotBeCausedError, Json, Stage, Stimuli, says
from properties.replay.stimuli import GROUP, HOLDER, OTHER, STRANGER, tag_of

LONG_AGO = "2025-01-01T12:00:00Z"

QUESTIONS = ("lies_ahead", "same_id", "for_who_is_here", "still_runs", "admitted", "group_unknown")
"""Those that the request, or the reservation that is held, decides."""


def _lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """Whom the reservation that is held admits."""
    ledger = stage.station.context.ledger
    if says(answers, "admitted") is not None and (held := ledger.reservations.get(at.connector)):
        whom = tag_of(stage, at, answers) if says(answers, "admitted") else STRANGER
        group = GROUP if says(answers, "group_unknown") else None
        ledger.set_reservation(at.connector, evolve(held, id_tag=whom, parent_id_tag=group))


def _asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """ReserveNow.req for whom the trace's answers want, with an id that is the one held here, or not."""
    context = stage.station.context
    held = context.ledger.reservations.get(at.connector)
    number = at.connector if held is None else held.reservation_id + (says(answers, "same_id") is False)
    date = LONG_AGO if says(answers, "lies_ahead") is False else (context.utc() + timedelta(hours=1)).isoformat()
    tag = HOLDER if says(answers, "for_who_is_here") is not False else OTHER
    stage.call("ReserveNow", connectorId=at.connector, expiryDate=date, idTag=tag, reservationId=number)


def _cancelled(stage: Stage, at: Instance, answers: Answers) -> None:
    del answers
    held = stage.station.context.ledger.reservations.get(at.connector)
    if held is None:
        raise CannotBeCausedError("no reservation is held there that could be cancelled")
    stage.call("CancelReservation", reservationId=held.reservation_id)


def _cancel_all(bench: Bench, payloads: Sequence[Json]) -> None:
    for payload in payloads:
        bench.call("CancelReservation", {"reservationId": payload["reservationId"]})


CHECKS = BlockChecks(
    "reservations",
    stimuli=Stimuli(
        {
            "reservation.asked": _asked,
            "reservation.cancelled": _cancelled,
        },
        QUESTIONS,
        _lay_out,
        {"reservations_on": "ReservationEnabled"},
    ),
    cases=(reservation_cases,),
    cleanups={"ReserveNow": _cancel_all},
)
