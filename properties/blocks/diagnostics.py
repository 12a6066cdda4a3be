"""How the CSMS asks for diagnostics, how an upload goes, and how its statuses are received."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import diagnostics as diagnostics_cases
from properties.replay.stage import Answers, CannotBeCausedError, Stage, Stimuli, Stimulus, says
from properties.replay.stimuli import replies, triggers
from runtime.core.diagnostics_file import DiagnosticsCollected, DiagnosticsNotCollected
from runtime.core.inputs import Input
from runtime.core.records import UploadRecord
from runtime.core.transfers import TransferEnded, TransferOutcome
from runtime.operations.diagnostics import MACHINE, Uploads, file_of, transfer_of

LATER, SOONER = "2025-06-01T12:00:00Z", "2025-01-01T12:00:00Z"


def _asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """Of no period, or of one that ends before it begins."""
    del at
    period = {"startTime": LATER, "stopTime": SOONER} if says(answers, "available") is False else {}
    stage.call("GetDiagnostics", location="ftp://files.example/", **period)


def _told(make: Callable[[UploadRecord], Input]) -> Stimulus:
    """What becomes of the upload that goes on."""

    def tell(stage: Stage, at: Instance, answers: Answers) -> None:
        del at, answers
        record = stage.station.context.ledger.uploads.get(MACHINE)
        if record is None:
            raise CannotBeCausedError("nothing is uploaded of which anything could be said")
        stage.submit(make(record))

    return tell


def _ended(outcome: TransferOutcome) -> Stimulus:
    return _told(lambda record: TransferEnded(transfer_of(record), outcome))


def _lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """How many attempts are left, and whether the file was written in this life."""
    del at
    context = stage.station.context
    if (record := context.ledger.uploads.get(MACHINE)) is None:
        return
    if (left := says(answers, "upload_attempts_left")) is not None and not left:
        context.ledger.set_upload(MACHINE, evolve(record, attempts_left=0))
    if (there := says(answers, "file_there")) is not None:
        stage.station.part(Uploads).file = file_of(record) if there else ""


def _lost(stage: Stage, at: Instance, answers: Answers) -> None:
    del stage, at, answers
    raise CannotBeCausedError("a notification is lost with the link, or behind 200 others: link.closed does that")


CHECKS = BlockChecks(
    "diagnostics",
    stimuli=Stimuli(
        {
            "diagnostics.asked": _asked,
            "diagnostics.triggered": triggers("DiagnosticsStatusNotification"),
            "diagnostics.collected": _told(lambda record: DiagnosticsCollected(file_of(record))),
            "diagnostics.not_collected": _told(lambda record: DiagnosticsNotCollected(file_of(record), "no space")),
            "diagnostics.uploaded": _ended(TransferOutcome.DONE),
            "diagnostics.failed": _ended(TransferOutcome.BROKEN_OFF),
            "diagnostics.refused": _ended(TransferOutcome.UNLAWFUL_URL),
            "diagnostics_status.settled": replies("DiagnosticsStatusNotification", {}),
            "diagnostics_status.lost": _lost,
        },
        ("available", "upload_attempts_left", "file_there", "more_statuses"),
        _lay_out,
    ),
    cases=(diagnostics_cases,),
    properties=Path(__file__).parent / "diagnostics_properties.toml",
)
