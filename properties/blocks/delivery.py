"""How the CSMS answers messages of transactions."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import offline as offline_cases
from properties.replay.causes import replies
from properties.replay.stage import Answers, Cause, Stage, Stimuli


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


CHECKS = BlockChecks(
    "delivery",
    stimuli=Stimuli(
        {
            "transaction.start_accepted": _started("Accepted"),
            "transaction.start_refused": _started("Blocked"),
            "transaction.start_given_up": _given_up,
            "transaction.stop_settled": replies("StopTransaction", {}),
            "delivery.meter_settled": replies("MeterValues", {}),
            "delivery.failed": _failed,
        }
    ),
    cases=(offline_cases,),
)
