"""What happens at a cable, and what breaks; how the CSMS confirms a report."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import faults as faults_cases
from properties.replay.stage import Answers, Stage, Stimuli, says
from properties.replay.stimuli import submits, triggers
from runtime.core.inputs import EvPaused, EvReady, FaultCleared, FaultRaised, PluggedIn, PluggedOut


def _raised(stage: Stage, at: Instance, answers: Answers) -> None:
    of_the_ev, warning = says(answers, "error_is_of_the_ev"), says(answers, "error_is_a_warning")
    code = "EVCommunicationError" if of_the_ev else "WeakSignal" if warning else "GroundFailure"
    stage.submit(FaultRaised(at.connector, code))


def _status_settled(stage: Stage, at: Instance, answers: Answers) -> None:
    """The answer to the StatusNotification of that connector; the ones before it are answered too."""
    del answers
    while (call := stage.wire.open_call) and call[1] == "StatusNotification" and call[2]["connectorId"] != at.connector:
        stage.answer("StatusNotification", {})
    stage.answer("StatusNotification", {})


CHECKS = BlockChecks(
    "status",
    stimuli=Stimuli(
        {
            "cable.plugged_in": submits(PluggedIn),
            "cable.plugged_in_asking": submits(lambda connector: PluggedIn(connector, asking=True)),
            "cable.plugged_out": submits(PluggedOut),
            "cable.ev_ready": submits(EvReady),
            "cable.ev_paused": submits(EvPaused),
            "fault.error_raised": _raised,
            "fault.cleared": submits(FaultCleared),
            "station_fault.error_raised": _raised,
            "station_fault.cleared": submits(FaultCleared),
            "reporting.settled": _status_settled,
            "reporting_zero.settled": _status_settled,
            "reporting.triggered": triggers("StatusNotification"),
            "reporting_zero.triggered": triggers("StatusNotification"),
        },
        ("error_is_a_warning", "error_is_of_the_ev"),
        plain={"StatusNotification": {}},
    ),
    cases=(faults_cases,),
)
