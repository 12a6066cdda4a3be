"""What the CSMS asks the station to do, and the stop button."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import remote as remote_cases
from properties.conformance.cases import trigger as trigger_cases
from properties.conformance.cases import unlock as unlock_cases
from properties.replay.stage import Answers, CannotBeCausedError, Stage, Stimuli, Stimulus
from properties.replay.stimuli import tells
from runtime.core.inputs import StopPressed


def _remote_stop(stage: Stage, at: Instance, answers: Answers) -> None:
    del answers
    running = stage.station.context.running(at.connector)
    if running is None or running[1].transaction_id is None:
        raise CannotBeCausedError("the CSMS knows no id of a transaction that runs there")
    stage.call("RemoteStopTransaction", transactionId=running[1].transaction_id)


def _makes(kind: str) -> Stimulus:
    return lambda stage, at, _: stage.call("ChangeAvailability", connectorId=at.connector, type=kind)


CHECKS = BlockChecks(
    "remote",
    stimuli=Stimuli(
        {
            "connector.stop_pressed": tells(StopPressed),
            "connector.remote_stop": _remote_stop,
            "availability.set_inoperative": _makes("Inoperative"),
            "availability.set_operative": _makes("Operative"),
            "station_availability.set_inoperative": _makes("Inoperative"),
            "station_availability.set_operative": _makes("Operative"),
        }
    ),
    cases=(remote_cases, trigger_cases, unlock_cases),
    cleanups={
        "ChangeAvailability": lambda bench, _: bench.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
    },
)
