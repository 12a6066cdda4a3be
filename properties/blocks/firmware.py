"""How the CSMS asks for an update and how it stands; how servers and the box go along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from attrs import evolve

from model.language.composition import Instance
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import firmware as firmware_cases
from properties.replay.stage import Answers, CannotBeCausedError, Stage, Stimuli, Stimulus, says
from properties.replay.stimuli import refuses, replies, submits, triggers
from runtime.core.firmware_slots import FirmwareInstalled, FirmwareNotInstalled, FirmwareStarted, Slot, Start
from runtime.core.records import OwedFirmwareStatus
from runtime.core.transfers import TransferEnded, TransferOutcome
from runtime.operations.firmware import Firmware

LOCATION = "https://firmware.example/image"
LONG_AGO = "2025-01-01T12:00:00Z"


def _asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """UpdateFirmware.req, for a date that has passed or not, as the look behind it finds."""
    del at
    context = stage.station.context
    ahead = says(answers, "date_reached") is False
    date = (context.utc() + timedelta(days=2)).isoformat() if ahead else LONG_AGO
    stage.call("UpdateFirmware", location=LOCATION, retrieveDate=date, retries=0)


def _lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """The station file's choice, and the record of the update that goes on."""
    del at
    station = stage.station
    if (accepted := says(answers, "unsigned_accepted")) is not None:
        contents = station.context.station.contents
        firmware = evolve(contents.firmware, unsigned="accept" if accepted else "refuse")
        station.context.station = evolve(station.context.station, contents=evolve(contents, firmware=firmware))
    _of_record(stage, answers)
    _of_statuses(stage, answers)


def _of_record(stage: Stage, answers: Answers) -> None:
    context = stage.station.context
    if (update := context.ledger.update) is None:
        return
    if (left := says(answers, "download_attempts_left")) is not None:
        update = evolve(update, attempts_left=2 if left else 1)
    if (left := says(answers, "tries_left")) is not None:
        update = evolve(update, tries_left=1 if left else 0)
    if (reached := says(answers, "date_reached")) is not None:
        update = evolve(update, retrieve_at=context.utc() + timedelta(seconds=0 if reached else 172_800))
    context.ledger.set_update(update)


def _of_statuses(stage: Stage, answers: Answers) -> None:
    ledger = stage.station.context.ledger
    if says(answers, "statuses_owed") is False:
        for sequence in list(ledger.update_statuses):
            ledger.forget_update_status(sequence)
    if says(answers, "statuses_owed") and not ledger.update_statuses:
        ledger.add_update_status(OwedFirmwareStatus("Downloaded"))
    if (more := says(answers, "more_update_statuses")) is None:
        return
    for sequence in list(ledger.update_statuses)[1:]:
        ledger.forget_update_status(sequence)
    if more:
        ledger.add_update_status(OwedFirmwareStatus("Downloaded"))


def _ends(outcome: TransferOutcome) -> Stimulus:
    def end(stage: Stage, at: Instance, answers: Answers) -> None:
        del at, answers
        stage.submit(TransferEnded(stage.station.part(Firmware).transfer, outcome))

    return end


def _installs(*, valid: bool) -> Stimulus:
    def install(stage: Stage, at: Instance, answers: Answers) -> None:
        del at, answers
        update = stage.station.context.ledger.update
        if update is None:
            raise CannotBeCausedError("no update goes on")
        file = f"firmware-{update.number}.image"
        stage.submit(FirmwareInstalled(file, Slot.B, "new") if valid else FirmwareNotInstalled(file, "as in the trace"))

    return install


def _starts(slot: Slot, start: Start) -> Stimulus:
    return submits(lambda _: FirmwareStarted(slot, start=start))


CHECKS = BlockChecks(
    "firmware",
    stimuli=Stimuli(
        {
            "firmware.triggered": triggers("FirmwareStatusNotification"),
            "firmware.asked": _asked,
            "firmware.fetched": _ends(TransferOutcome.DONE),
            "firmware.failed": _ends(TransferOutcome.REFUSED),
            "firmware.refused": _ends(TransferOutcome.UNLAWFUL_URL),
            "firmware.installed": _installs(valid=True),
            "firmware.not_installed": _installs(valid=False),
            "firmware.on_trial": _starts(Slot.B, Start.ON_TRIAL),
            "firmware.runs": _starts(Slot.B, Start.KEPT),
            "firmware.fell_back": _starts(Slot.A, Start.FELL_BACK),
            "firmware.not_tried": _starts(Slot.A, Start.KEPT),
            "firmware_status.settled": replies("FirmwareStatusNotification", {}),
            "firmware_status.lost": refuses("FirmwareStatusNotification"),
        },
        (
            "unsigned_accepted",
            "date_reached",
            "download_attempts_left",
            "tries_left",
            "statuses_owed",
            "more_update_statuses",
        ),
        _lay_out,
    ),
    cases=(firmware_cases,),
    properties=Path(__file__).parent / "firmware_properties.toml",
)
