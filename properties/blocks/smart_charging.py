"""What brings the events of smart charging about on the real station, for the replay of a counterexample.

The answers of a trace are laid out as profiles: one that leaves nothing, as many as there is space for, one that the
request names. Limits have a boundary every hour, so that time can move them.
"""

from __future__ import annotations

from typing import Any

from model.language.composition import Instance
from model.smart_charging.cases import installed_of
from model.smart_charging.limits import Installed
from properties.blocks.checks import BlockChecks
from properties.conformance.cases import smart_charging as smart_charging_cases
from properties.replay.stage import Answers, Json, Stage, Stimuli, says

QUESTIONS = (
    "nothing_left", "addressed", "sound", "runs", "space", "matched", "left", "others_left", "reportable",
)  # fmt: skip
"""Questions that the installed profiles decide, and the request about them."""


def _lay_out(stage: Stage, at: Instance, answers: Answers) -> None:
    """A limit of the station that leaves nothing, or enough, as the trace has it."""
    del at
    if (nothing := says(answers, "nothing_left")) is not None:
        stage.station.context.ledger.set_profiles([hourly(1, 0 if nothing else 60_000)])


def hourly(number: int, limit_w: int, **said: Any) -> Installed:
    """A limit of the station, with a boundary every hour at which it stays what it is."""
    return installed_of({"connectorId": 0, "csChargingProfiles": _profile(number, limit_w, **said)})


def _profile(number: int, limit_w: int, **said: Any) -> Json:
    hours = [{"startPeriod": 3600 * hour, "limit": limit_w} for hour in range(10)]
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    schedule = {"chargingRateUnit": "W", "startSchedule": "2020-01-01T03:00:00Z", "chargingSchedulePeriod": hours}
    most = {"chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 0}
    return {"chargingProfileId": number, **most, **daily, "chargingSchedule": schedule, **said}


def profile_sent(stage: Stage, at: Instance, answers: Answers) -> None:
    """SetChargingProfile.req that is sound, or not; for a transaction that runs, or not; with space for it, or not."""
    del at
    context = stage.station.context
    most = context.settings.integer("MaxChargingProfilesInstalled")
    full = says(answers, "space") is False
    context.ledger.set_profiles(
        hourly(number, 60_000, stackLevel=number) for number in range(2, 2 + most if full else 2)
    )
    body = _profile(1, 60_000, stackLevel=99 if says(answers, "sound") is False else 0)
    if says(answers, "runs") is False:
        body |= {"chargingProfilePurpose": "TxProfile", "transactionId": 99}
    connector = 1 if says(answers, "runs") is False else 99 if says(answers, "addressed") is False else 0
    stage.call("SetChargingProfile", connectorId=connector, csChargingProfiles=body)


def clear_sent(stage: Stage, at: Instance, answers: Answers) -> None:
    """ClearChargingProfile.req that names the last of them, or one of two, or none."""
    del at
    others = [3] if says(answers, "left") else []
    numbers = [*([2] if says(answers, "matched") else [4]), *others]
    held = stage.station.context.engine.state("charging_profile") == "Installed"
    stage.station.context.ledger.set_profiles(hourly(number, 60_000, stackLevel=number) for number in numbers if held)
    stage.call("ClearChargingProfile", id=2)


def schedule_asked(stage: Stage, at: Instance, answers: Answers) -> None:
    """GetCompositeSchedule.req for a minute, or for no time at all."""
    del at
    stage.call("GetCompositeSchedule", connectorId=0, duration=60 if says(answers, "reportable") else 0)


def limits_move(stage: Stage, at: Instance, answers: Answers) -> None:
    """A boundary of the profile that was laid out."""
    del answers
    stage.station.context.engine.restart(at, "boundary")
    stage.timer(at, "moved")


CHECKS = BlockChecks(
    "smart_charging",
    stimuli=Stimuli(
        {
            "charging_profile.profile_sent": profile_sent,
            "charging_profile.clear_sent": clear_sent,
            "charging_profile.schedule_asked": schedule_asked,
            "power_allocation.moved": limits_move,
        },
        QUESTIONS,
        _lay_out,
    ),
    cases=(smart_charging_cases,),
    cleanups={"SetChargingProfile": lambda bench, _: bench.call("ClearChargingProfile")},
)
