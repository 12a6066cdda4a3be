"""How the CSMS answers messages of transactions."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import offline as offline_cases
from properties.replay.causes import replies
from properties.replay.stage import Answers, Cause, Stage, Stimuli, says


def _started(status: str) -> Cause:
    def answer(stage: Stage, at: Instance, answers: Answers) -> None:
        del answers
        stage.answer("StartTransaction", {"transactionId": at.slot, "idTagInfo": {"status": status}})

    return answer


def _fails(action: str) -> Cause:
    def fail(stage: Stage, at: Instance, answers: Answers) -> None:
        del at
        attempts = 1 if says(answers, "attempts_left") is False else 100
        stage.station.desk.settings.values["TransactionMessageAttempts"] = attempts
        stage.refuse(action)

    return fail


CHECKS = BlockChecks(
    "delivery",
    stimuli=Stimuli(
        {
            "transaction.start_accepted": _started("Accepted"),
            "transaction.start_refused": _started("Blocked"),
            "transaction.start_failed": _fails("StartTransaction"),
            "transaction.stop_failed": _fails("StopTransaction"),
            "transaction.stop_settled": replies("StopTransaction", {}),
            "delivery.meter_settled": replies("MeterValues", {}),
            "delivery.meter_failed": _fails("MeterValues"),
        },
        ("attempts_left",),
    ),
    cases=(offline_cases,),
)
