"""What the CSMS asks the station to do, and the stop button."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import remote as remote_cases
from properties.conformance.cases import trigger as trigger_cases
from properties.conformance.cases import unlock as unlock_cases
from properties.replay.stage import Answers, CannotBeCausedError, Stage, Stimuli, Stimulus, says
from properties.replay.stimuli import submits, tag_of
from runtime.core.inputs import StopPressed


def _remote_stop(stage: Stage, at: Instance, answers: Answers) -> None:
    del answers
    running = stage.station.context.running(at.connector)
    if running is None or running[1].transaction_id is None:
        raise CannotBeCausedError("the CSMS knows no id of a transaction that runs there")
    stage.call("RemoteStopTransaction", transactionId=running[1].transaction_id)


def _makes(kind: str) -> Stimulus:
    return lambda stage, at, _: stage.call("ChangeAvailability", connectorId=at.connector, type=kind)


def _start_asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """For a connector at which it is possible, or for one that there is not."""
    connector = 99 if says(answers, "startable") is False else 1
    stage.call("RemoteStartTransaction", connectorId=connector, idTag=tag_of(stage, at, answers))


def _trigger_asked(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    message = "Unknown" if says(answers, "implemented") is False else "StatusNotification"
    stage.call("TriggerMessage", requestedMessage=message, connectorId=99 if says(answers, "possible") is False else 1)


CHECKS = BlockChecks(
    "remote",
    stimuli=Stimuli(
        {
            "connector.stop_pressed": submits(StopPressed),
            "connector.remote_stop": _remote_stop,
            "availability.set_inoperative": _makes("Inoperative"),
            "availability.set_operative": _makes("Operative"),
            "station_availability.set_inoperative": _makes("Inoperative"),
            "station_availability.set_operative": _makes("Operative"),
            "connector_lock.unlock_asked": lambda stage, _at, _: stage.call("UnlockConnector", connectorId=1),
            "remote_start.asked": _start_asked,
            "trigger_message.asked": _trigger_asked,
        },
        ("startable", "implemented", "possible"),
    ),
    cases=(remote_cases, trigger_cases, unlock_cases),
    cleanups={
        "ChangeAvailability": lambda bench, _: bench.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
    },
)
