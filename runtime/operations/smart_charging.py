"""SetChargingProfile, ClearChargingProfile, GetCompositeSchedule: what is installed, and what comes of it.

The machine ``charging_profile`` decides what is answered; this block knows the profiles. A profile is
durable with the answer that accepts it, and in force in the same step. It can be set in a transaction, outside of one,
and with the request for one (CS-3.3-08, CS-5.16-01); who sent it, does not matter (CS-3.13.4-08, CS-3.13.4-09).
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial, reduce

from model.language.composition import Instance
from model.language.requests import error_of
from model.language.semantics import Occurrence
from model.messages.charging import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfileReq,
    GetCompositeScheduleConf,
    GetCompositeScheduleReq,
    GetCompositeScheduleStatus,
    SetChargingProfileConf,
    SetChargingProfileReq,
)
from model.messages.registry import Profile
from model.record import frozen
from model.smart_charging.composite import Period, TooManyBoundariesError, composite
from model.smart_charging.judgement import refusal
from model.smart_charging.limits import Installed, cleared_by, over, with_installed
from model.smart_charging.station import bounds_of, room_of, units_of
from model.smart_charging.supply import floor_to_tenth
from model.smart_charging.timeline import instant_of
from runtime.core.binding import addresses, answers, performs, raises, responds
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.operations.power_allocation import PowerAllocation
from runtime.operations.transactions import Transactions


@frozen
class ProfileSent:
    """A profile to install, and why it makes no sense; None where it does."""

    request: SetChargingProfileReq
    why_not: str | None

    @property
    def new(self) -> Installed:
        """The profile, once it is installed."""
        return Installed(self.request.connector_id, self.request.cs_charging_profiles)


@frozen
class ScheduleAsked:
    """A schedule that was asked for, and what it is; empty for none. It costs too much to work out twice."""

    request: GetCompositeScheduleReq
    unit: ChargingRateUnit
    periods: tuple[Period, ...]


class SmartCharging:
    """The profiles of the station."""

    def __init__(self, context: BlockContext, power_allocation: PowerAllocation, transactions: Transactions) -> None:
        self.context, self.power_allocation, self.transactions = context, power_allocation, transactions

    # ---- what the CSMS asks ------------------------------------------------------------------------------

    @addresses(SetChargingProfileReq)
    def to_install(self, request: SetChargingProfileReq) -> Occurrence:
        """The profiles, with what was found wrong with this one."""
        why_not = self._why_not(request.connector_id, request.cs_charging_profiles) if self._known(request) else None
        return Occurrence(Instance("charging_profile"), "profile_sent", ProfileSent(request, why_not))

    @responds(SetChargingProfileReq)
    def installed(self, at: Instance | None, sent: ProfileSent, answer: str) -> SetChargingProfileConf | str:
        """What came of it; which connector there is not, where that is what is wrong (ERR-3.39-01)."""
        if error_of(answer):
            return f"connectorId: there is no connector {sent.request.connector_id}"
        return SetChargingProfileConf(status=ChargingProfileStatus(answer))

    @addresses(GetCompositeScheduleReq)
    def to_report(self, request: GetCompositeScheduleReq) -> Occurrence:
        """The profiles, with the schedule that they make."""
        unit = self._unit(request)
        asked = ScheduleAsked(request, unit, self._work_out(request) if self._can_work_out(request, unit) else ())
        return Occurrence(Instance("charging_profile"), "schedule_asked", asked)

    @responds(GetCompositeScheduleReq)
    def reported(self, at: Instance | None, asked: ScheduleAsked, answer: str) -> GetCompositeScheduleConf:
        """The schedule from this second on (CS-6.22-01), relative to its scheduleStart (ERR-3.57-01)."""
        status = GetCompositeScheduleStatus(answer)
        if status is GetCompositeScheduleStatus.REJECTED:
            return GetCompositeScheduleConf(status=status)
        return GetCompositeScheduleConf(
            status=status, connector_id=asked.request.connector_id,
            schedule_start=instant_of(self.power_allocation.second),
            charging_schedule=ChargingSchedule(
                duration=asked.request.duration, charging_rate_unit=asked.unit,
                charging_schedule_period=tuple(self._told(period, asked.unit) for period in asked.periods),
            ),
        )  # fmt: skip

    def _known(self, request: SetChargingProfileReq | GetCompositeScheduleReq) -> bool:
        return request.connector_id in (0, *self.context.connectors)

    @answers("charging_profile", "supported")
    def supported(self, at: Instance | None = None) -> bool:
        """Whether the station's certificate names the profile."""
        return Profile.SMART_CHARGING in self.context.station.profiles

    def brings(self, connector: int, profile: ChargingProfile) -> bool:
        """Whether a remote start may bring that profile (CS-5.11-15, CS-5.16.2-03); the request is refused else."""
        own = profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE and profile.transaction_id is None
        return own and not self._why_not(connector, profile) and self._has_space(Installed(connector, profile))

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("charging_profile", "addressed")
    def addressed(self, at: Instance, sent: ProfileSent) -> bool:
        """Whether there is such a connector (ERR-3.39-01)."""
        return self._known(sent.request)

    @answers("charging_profile", "sound")
    def sound(self, at: Instance, sent: ProfileSent) -> bool:
        """What the profile and its connector say by themselves."""
        return sent.why_not is None

    def _why_not(self, connector: int, profile: ChargingProfile) -> str | None:
        """Why it cannot be installed there, for the log as well; None where it can."""
        reason = refusal(connector, profile, bounds_of(self.context.station))
        if reason:
            self.context.note(f"charging profile {profile.charging_profile_id} refused: {reason}", "warning")
        return reason

    @answers("charging_profile", "runs")
    def runs(self, at: Instance, sent: ProfileSent) -> bool:
        """A TxProfile without an id is of the transaction that runs there (CS-3.13.1-12, CS-7.8-03)."""
        profile, connector = sent.new.profile, sent.new.connector
        if profile.charging_profile_purpose is not ChargingProfilePurpose.TX_PROFILE:
            return True
        if profile.transaction_id is None:
            return self.context.running(connector) is not None
        return self.transactions.running_with_id(profile.transaction_id) == connector

    @answers("charging_profile", "space")
    def space(self, at: Instance, sent: ProfileSent) -> bool:
        """MaxChargingProfilesInstalled, those counted in that a remote start has brought (CS-9.4.5-01)."""
        return self._has_space(sent.new)

    def _has_space(self, new: Installed) -> bool:
        return self._fit(self._with(new))

    @answers("charging_profile", "matched")
    def matched(self, at: Instance, request: ClearChargingProfileReq) -> bool:
        """Whether the request to clear means anything that is installed."""
        return any(cleared_by(request, one) for one in self._held)

    @answers("charging_profile", "left")
    def left(self, at: Instance, request: ClearChargingProfileReq) -> bool:
        """Whether anything remains of what is cleared."""
        return not all(cleared_by(request, one) for one in self._held)

    @answers("charging_profile", "others_left")
    def others_left(self, at: Instance) -> bool:
        """Whether anything remains of what has ended."""
        return len(self._ended) < len(self._held)

    @answers("charging_profile", "reportable")
    def reportable(self, at: Instance, asked: ScheduleAsked) -> bool:
        """Whether there is a schedule to report (CS-5.7-07)."""
        return bool(asked.periods)

    # ---- operations --------------------------------------------------------------------------------------

    @performs("charging_profile", "install")
    def install(self, at: Instance, sent: ProfileSent) -> None:
        """In force in this step."""
        self.context.ledger.set_profiles(self._with(sent.new))
        self.context.after_rows(self._moved)

    @performs("charging_profile", "install brought")
    def install_brought(self, at: Instance) -> None:
        """What remote starts have brought, for the transactions that now run."""
        for one in self.power_allocation.brought():
            if self.context.running(one.connector):
                self.context.ledger.set_profiles(self._with(one))
                self.transactions.authorization.note(one.connector, profile=None)
        self.context.after_rows(self._moved)

    @performs("charging_profile", "remove matched")
    def remove_matched(self, at: Instance, request: ClearChargingProfileReq) -> None:
        """What the request means."""
        self._keep([one for one in self._held if not cleared_by(request, one)])

    @performs("charging_profile", "remove ended")
    def remove_ended(self, at: Instance) -> None:
        """TxProfiles whose transaction is over (CS-7.10-04)."""
        self._keep([one for one in self._held if one not in self._ended])

    @performs("charging_profile", "remove all")
    def remove_all(self, at: Instance) -> None:
        """Nothing but the station itself limits."""
        self._keep([])

    def _keep(self, profiles: list[Installed]) -> None:
        self.context.ledger.set_profiles(profiles)
        self.context.after_rows(self._moved)

    @raises("power_allocation", "moved")
    def _moved(self) -> None:
        self.context.act("power_allocation", "moved")

    # ---- the profiles ------------------------------------------------------------------------------------

    @property
    def _held(self) -> tuple[Installed, ...]:
        return tuple(self.context.ledger.profiles.values())

    @property
    def _ended(self) -> list[Installed]:
        return self.transactions.ended_profiles()

    def _fit(self, held: tuple[Installed, ...]) -> bool:
        """Whether there is space for them, once those are installed too that remote starts have brought."""
        return len(reduce(with_installed, self.power_allocation.brought(), held)) <= room_of(self.context.station)

    def _with(self, new: Installed) -> tuple[Installed, ...]:
        """What is installed with it. Where there is no space, profiles that can never set a limit again go."""
        held = with_installed(self._held, new)
        if self._fit(held):
            return held
        return tuple(one for one in held if one == new or not over(one.profile, self.power_allocation.second))

    # ---- the schedule ------------------------------------------------------------------------------------

    def _can_work_out(self, request: GetCompositeScheduleReq, unit: ChargingRateUnit) -> bool:
        """None without a date to report it for."""
        known = self._known(request) and self.context.knows_date
        return known and request.duration >= 1 and unit in units_of(self.context.station)

    def _unit(self, request: GetCompositeScheduleReq) -> ChargingRateUnit:
        """What was asked for; else W where the station has it (CS-5.7-01)."""
        units = units_of(self.context.station)
        return request.charging_rate_unit or (ChargingRateUnit.W if ChargingRateUnit.W in units else units[0])

    def _work_out(self, request: GetCompositeScheduleReq) -> tuple[Period, ...]:
        """None where there would be too many, or the window ends in no year that there is."""
        limits, connector = self.power_allocation.limits(), request.connector_id
        limit_at = partial(limits.of_connector, connector) if connector else limits.of_all
        try:
            return composite(limit_at, self.power_allocation.second, request.duration)
        except (TooManyBoundariesError, OverflowError):
            return ()

    def _told(self, period: Period, unit: ChargingRateUnit) -> ChargingSchedulePeriod:
        assert period.limit_w is not None, "a station has a ceiling"
        return ChargingSchedulePeriod(start_period=period.start_s, limit=self._in_unit(period.limit_w, unit))

    def _in_unit(self, limit_w: Decimal, unit: ChargingRateUnit) -> Decimal:
        supply = self.power_allocation.site.supply
        if unit is ChargingRateUnit.A and supply is not None:
            return supply.amperes(limit_w)
        return floor_to_tenth(limit_w)


BLOCK = Block("smart_charging", lambda parts: SmartCharging(parts.context, parts[PowerAllocation], parts[Transactions]))
