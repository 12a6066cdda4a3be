"""How the CSMS reads and changes configuration keys, and the cases of configuration."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import configuration as configuration_cases
from properties.replay.stage import Answers, Stage, Stimuli, says


def _get_asked(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    stage.station.context.settings.values["GetConfigurationMaxKeys"] = 10
    stage.call("GetConfiguration", key=["HeartbeatInterval"] * (11 if says(answers, "few_enough") is False else 1))


def _change_asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """A change that comes to nothing wherever the trace says so; no key of ours waits for the next boot."""
    del at
    key = "Unknown" if says(answers, "known") is False else "ConnectionTimeOut"
    stage.call("ChangeConfiguration", key=key, value="-1" if says(answers, "acceptable") is False else "60")


CHECKS = BlockChecks(
    "configuration",
    stimuli=Stimuli(
        {"configuration.get_asked": _get_asked, "configuration.change_asked": _change_asked},
        ("few_enough", "known", "acceptable"),
    ),
    cases=(configuration_cases,),
)
