"""How the CSMS sends a list."""

from __future__ import annotations

from model.language.composition import Instance
from properties.blocks.cache import listed
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import local_list as local_list_cases
from properties.replay.stage import ACCEPTED, Answers, Json, Stage, Stimuli, Stimulus, says
from properties.replay.stimuli import OTHER, asks

QUESTIONS = ("newer", "well_formed", "fits", "leaves_somebody")
"""Those that the list just sent decides."""


def _lists(kind: str) -> Stimulus:
    def send(stage: Stage, at: Instance, answers: Answers) -> None:
        del at
        context = stage.station.context
        context.settings.values["LocalAuthListMaxLength"] = 0 if says(answers, "fits") is False else 50
        version = context.ledger.list_version + (says(answers, "newer") is not False)
        refused = says(answers, "fits") is False or says(answers, "well_formed") is False
        entries = _entries(stage, refused or says(answers, "leaves_somebody") is not False, kind)
        entries += [{"idTag": tag, "idTagInfo": ACCEPTED} for tag in listed(answers)]
        twice = 2 if says(answers, "well_formed") is False else 1
        stage.call("SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=entries * twice)

    return send


def _entries(stage: Stage, somebody: bool, kind: str) -> list[Json]:
    if somebody:
        return [{"idTag": OTHER, "idTagInfo": ACCEPTED}]
    listed = stage.station.context.ledger.listed if kind == "Differential" else ()
    return [{"idTag": tag} for tag in listed]


def _key_changed(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    value = str(bool(says(answers, "enabled"))).lower()
    stage.call("ChangeConfiguration", key="LocalAuthListEnabled", value=value)


CHECKS = BlockChecks(
    "local_list",
    stimuli=Stimuli(
        {
            "local_list.full_sent": _lists("Full"),
            "local_list.differential_sent": _lists("Differential"),
            "local_list.version_asked": asks("GetLocalListVersion"),
            "local_list.key_changed": _key_changed,
        },
        QUESTIONS,
        keys={"enabled": "LocalAuthListEnabled"},
    ),
    cases=(local_list_cases,),
    cleanups={"SendLocalList": lambda bench, _: bench.call("SendLocalList", {"listVersion": 1, "updateType": "Full"})},
)
