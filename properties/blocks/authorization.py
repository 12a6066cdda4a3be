"""How tokens come to a reader, and what the CSMS says of them."""

from __future__ import annotations

from model.language.composition import Instance
from model.messages.types import AuthorizationStatus, IdTagInfo
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import authorization as authorization_cases
from properties.replay.stage import ACCEPTED, Answers, Stage, Stimuli, says
from properties.replay.stimuli import GROUP, refuses, replies, tag_of
from runtime.core.inputs import TokenPresented
from runtime.operations.tokens import Tokens

KEYS = {
    "known_valid": "LocalAuthorizeOffline",
    "pre_authorized": "LocalPreAuthorize",
    "authorize_remote": "AuthorizeRemoteTxRequests",
    "stop_on_invalid_id": "StopTransactionOnInvalidId",
}


def _lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """The station knows the token, or it does not."""
    if says(answers, "known_valid") is not None or says(answers, "pre_authorized") is not None:
        known = bool(says(answers, "known_valid") or says(answers, "pre_authorized"))
        parent = GROUP if says(answers, "same_group") else None
        status = AuthorizationStatus.ACCEPTED if known else AuthorizationStatus.INVALID
        stage.station.part(Tokens).learn(tag_of(stage, at, answers), IdTagInfo(status=status, parent_id_tag=parent))


def _token(stage: Stage, at: Instance, answers: Answers) -> None:
    stage.submit(TokenPresented(tag_of(stage, at, answers), (at.connector,)))


def _authorized(stage: Stage, at: Instance, answers: Answers) -> None:
    del at
    parent = {"parentIdTag": GROUP} if says(answers, "same_group") is not False else {}
    stage.answer("Authorize", {"idTagInfo": ACCEPTED | parent})


def _remote_start(stage: Stage, at: Instance, answers: Answers) -> None:
    tag = tag_of(stage, at, answers)
    stage.call("RemoteStartTransaction", connectorId=at.connector, idTag=tag)


CHECKS = BlockChecks(
    "authorization",
    stimuli=Stimuli(
        {
            "authorization.token_presented": _token,
            "authorization.accepted": _authorized,
            "authorization.refused": replies("Authorize", {"idTagInfo": {"status": "Invalid"}}),
            "authorization.unanswered": refuses("Authorize"),
            "authorization.remote_start": _remote_start,
        },
        ("same_token", "same_group"),
        _lay_out,
        KEYS,
    ),
    cases=(authorization_cases,),
)
