"""How the CSMS answers messages of transactions."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import offline as offline_cases
from properties.replay.stage import Answers, Stage, Stimuli, Stimulus, says
from properties.replay.stimuli import replies


def _started(status: str) -> Stimulus:
    def answer(stage: Stage, at: Instance, answers: Answers) -> None:
        del answers
        stage.answer("StartTransaction", {"transactionId": at.slot, "idTagInfo": {"status": status}})

    return answer


def _fails(action: str) -> Stimulus:
    def fail(stage: Stage, at: Instance, answers: Answers) -> None:
        del at
        attempts = 1 if says(answers, "attempts_left") is False else 100
        stage.station.context.settings.values["TransactionMessageAttempts"] = attempts
        stage.refuse(action)

    return fail


CHECKS = BlockChecks(
    "transaction_queue",
    stimuli=Stimuli(
        {
            "transaction.start_accepted": _started("Accepted"),
            "transaction.start_refused": _started("Blocked"),
            "transaction.start_failed": _fails("StartTransaction"),
            "transaction.stop_failed": _fails("StopTransaction"),
            "transaction.stop_settled": replies("StopTransaction", {}),
            "transaction_queue.meter_settled": replies("MeterValues", {}),
            "transaction_queue.meter_failed": _fails("MeterValues"),
        },
        ("attempts_left",),
    ),
    cases=(offline_cases,),
)
