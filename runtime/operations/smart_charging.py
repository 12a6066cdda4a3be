"""SetChargingProfile, ClearChargingProfile, GetCompositeSchedule: what is installed, and what comes of it.

The machine ``charging_profile`` decides what is answered; this block knows the request and the profiles. A profile is
durable with the answer that accepts it, and in force in the same step. It can be set in a transaction, outside of one,
and with the request for one (CS-3.3-08, CS-5.16-01); who sent it, does not matter (CS-3.13.4-08, CS-3.13.4-09).
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial, reduce

from model.language.composition import Instance
from model.messages.charging import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfileConf,
    ClearChargingProfileReq,
    ClearChargingProfileStatus,
    GetCompositeScheduleConf,
    GetCompositeScheduleReq,
    GetCompositeScheduleStatus,
    SetChargingProfileConf,
    SetChargingProfileReq,
)
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.registry import Profile
from model.smart_charging.composite import Period, TooManyBoundariesError, composite
from model.smart_charging.judgement import refusal
from model.smart_charging.limits import Installed, cleared_by, over, with_installed
from model.smart_charging.station import bounds_of, room_of, units_of
from model.smart_charging.supply import floor_to_tenth
from model.smart_charging.timeline import instant_of
from runtime.core.binding import answers, handles, performs, raises
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.operations.power_allocation import PowerAllocation
from runtime.operations.transactions import Transactions


class SmartCharging:
    """The profiles of the station, and the request that is being judged."""

    def __init__(self, context: BlockContext, power_allocation: PowerAllocation, transactions: Transactions) -> None:
        self.context, self.power_allocation, self.transactions = context, power_allocation, transactions
        self.sent: SetChargingProfileReq
        self.why: str | None = None
        """Why the profile that was sent makes no sense, if it makes none."""
        self.clear: ClearChargingProfileReq
        self.ask: GetCompositeScheduleReq
        self.found: tuple[Period, ...] | None = None
        """The schedule that was asked for, once it was worked out; empty for none. It costs too much to do so twice."""
        self.profile_status: ChargingProfileStatus
        self.clear_status: ClearChargingProfileStatus
        self.schedule: GetCompositeScheduleConf

    # ---- what the CSMS asks ------------------------------------------------------------------------------

    @handles(SetChargingProfileReq)
    def set_profile(self, request: SetChargingProfileReq) -> SetChargingProfileConf:
        """Answered once it is installed (CS-6.44-01). Raises BadPayloadError for an unknown connector (ERR-3.39-01)."""
        if request.connector_id not in (0, *self.context.connectors):
            why = f"there is no connector {request.connector_id}"
            raise BadPayloadError(CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "connectorId", why)
        self.sent = request
        self.why = self._why_not(request.connector_id, request.cs_charging_profiles)
        self.context.act("charging_profile", "profile_sent")
        return SetChargingProfileConf(status=self.profile_status)

    @handles(ClearChargingProfileReq)
    def clear_profile(self, request: ClearChargingProfileReq) -> ClearChargingProfileConf:
        """Answered once they are gone (CS-6.14-01)."""
        self.clear = request
        self.context.act("charging_profile", "clear_sent")
        return ClearChargingProfileConf(status=self.clear_status)

    @handles(GetCompositeScheduleReq)
    def composite_schedule(self, request: GetCompositeScheduleReq) -> GetCompositeScheduleConf:
        """The schedule from this second on (CS-6.22-01)."""
        self.ask, self.found = request, None
        self.context.act("charging_profile", "schedule_asked")
        return self.schedule

    @answers("charging_profile", "supported")
    def supported(self, at: Instance | None = None) -> bool:
        """Whether the station's certificate names the profile."""
        return Profile.SMART_CHARGING in self.context.station.profiles

    def brings(self, connector: int, profile: ChargingProfile) -> bool:
        """Whether a remote start may bring that profile (CS-5.11-15, CS-5.16.2-03); the request is refused else.

        Judged before the token's machine gets it: in no state would a row of it answer otherwise.
        """
        own = profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE and profile.transaction_id is None
        return own and not self._why_not(connector, profile) and self._has_room(Installed(connector, profile))

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("charging_profile", "sound")
    def sound(self, at: Instance) -> bool:
        """What the profile and its connector say by themselves."""
        return self.why is None

    def _why_not(self, connector: int, profile: ChargingProfile) -> str | None:
        """Why it cannot be installed there, for the log as well; None where it can."""
        reason = refusal(connector, profile, bounds_of(self.context.station))
        if reason:
            self.context.note(f"charging profile {profile.charging_profile_id} refused: {reason}", "warning")
        return reason

    @answers("charging_profile", "runs")
    def runs(self, at: Instance) -> bool:
        """A TxProfile without an id is of the transaction that runs there (CS-3.13.1-12, CS-7.8-03)."""
        profile, connector = self.sent.cs_charging_profiles, self.sent.connector_id
        if profile.charging_profile_purpose is not ChargingProfilePurpose.TX_PROFILE:
            return True
        if profile.transaction_id is None:
            return self.context.running(connector) is not None
        return self.transactions.running_with_id(profile.transaction_id) == connector

    @answers("charging_profile", "room")
    def room(self, at: Instance) -> bool:
        """MaxChargingProfilesInstalled, those counted in that a remote start has brought (CS-9.4.5-01)."""
        return self._has_room(self._new)

    def _has_room(self, new: Installed) -> bool:
        return self._fit(self._with(new))

    @answers("charging_profile", "matched")
    def matched(self, at: Instance) -> bool:
        """Whether the request to clear means anything that is installed."""
        return any(cleared_by(self.clear, one) for one in self._held)

    @answers("charging_profile", "left")
    def left(self, at: Instance) -> bool:
        """Whether anything remains of what is cleared, or what has ended."""
        going = self._ended or [one for one in self._held if cleared_by(self.clear, one)]
        return len(going) < len(self._held)

    @answers("charging_profile", "reportable")
    def reportable(self, at: Instance) -> bool:
        """Whether there is a schedule to report (CS-5.7-07); none without a date to report it for."""
        known = self.ask.connector_id in (0, *self.context.connectors) and self.context.knows_date
        if not known or self.ask.duration < 1 or self._unit not in units_of(self.context.station):
            return False
        return bool(self._periods())

    # ---- operations --------------------------------------------------------------------------------------

    @performs("charging_profile", "install")
    def install(self, at: Instance) -> None:
        """In force in this step."""
        self.context.ledger.set_profiles(self._with(self._new))
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
    def remove_matched(self, at: Instance) -> None:
        """What the request means."""
        self._keep([one for one in self._held if not cleared_by(self.clear, one)])

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

    @performs("charging_profile", "answer profile")
    def answer_profile(self, at: Instance, value: str) -> None:
        """What SetChargingProfile.conf says."""
        self.profile_status = ChargingProfileStatus(value)

    @performs("charging_profile", "answer clear")
    def answer_clear(self, at: Instance, value: str) -> None:
        """What ClearChargingProfile.conf says."""
        self.clear_status = ClearChargingProfileStatus(value)

    @performs("charging_profile", "answer schedule")
    def answer_schedule(self, at: Instance, value: str) -> None:
        """What GetCompositeSchedule.conf says; relative to its scheduleStart (ERR-3.57-01)."""
        status = GetCompositeScheduleStatus(value)
        if status is GetCompositeScheduleStatus.REJECTED:
            self.schedule = GetCompositeScheduleConf(status=status)
            return
        self.schedule = GetCompositeScheduleConf(
            status=status, connector_id=self.ask.connector_id, schedule_start=instant_of(self.power_allocation.second),
            charging_schedule=ChargingSchedule(
                duration=self.ask.duration, charging_rate_unit=self._unit,
                charging_schedule_period=tuple(self._told(period) for period in self._periods()),
            ),
        )  # fmt: skip

    # ---- the profiles ------------------------------------------------------------------------------------

    @property
    def _held(self) -> tuple[Installed, ...]:
        return tuple(self.context.ledger.profiles.values())

    @property
    def _new(self) -> Installed:
        return Installed(self.sent.connector_id, self.sent.cs_charging_profiles)

    @property
    def _ended(self) -> list[Installed]:
        return self.transactions.ended_profiles()

    def _fit(self, held: tuple[Installed, ...]) -> bool:
        """Whether there is room for them, once those are installed too that remote starts have brought."""
        return len(reduce(with_installed, self.power_allocation.brought(), held)) <= room_of(self.context.station)

    def _with(self, new: Installed) -> tuple[Installed, ...]:
        """What is installed with it. Where there is no room, profiles that can never set a limit again go."""
        held = with_installed(self._held, new)
        if self._fit(held):
            return held
        return tuple(one for one in held if one == new or not over(one.profile, self.power_allocation.second))

    # ---- the schedule ------------------------------------------------------------------------------------

    @property
    def _unit(self) -> ChargingRateUnit:
        """What was asked for; else W where the station has it (CS-5.7-01)."""
        units = units_of(self.context.station)
        return self.ask.charging_rate_unit or (ChargingRateUnit.W if ChargingRateUnit.W in units else units[0])

    def _periods(self) -> tuple[Period, ...]:
        if self.found is None:
            self.found = self._work_out()
        return self.found

    def _work_out(self) -> tuple[Period, ...]:
        """None where there would be too many, or the window ends in no year that there is."""
        limits, connector = self.power_allocation.limits(), self.ask.connector_id
        limit_at = partial(limits.of_connector, connector) if connector else limits.of_all
        try:
            return composite(limit_at, self.power_allocation.second, self.ask.duration)
        except (TooManyBoundariesError, OverflowError):
            return ()

    def _told(self, period: Period) -> ChargingSchedulePeriod:
        assert period.limit_w is not None, "a station has a ceiling"
        return ChargingSchedulePeriod(start_period=period.start_s, limit=self._in_unit(period.limit_w))

    def _in_unit(self, limit_w: Decimal) -> Decimal:
        supply = self.power_allocation.site.supply
        if self._unit is ChargingRateUnit.A and supply is not None:
            return supply.amperes(limit_w)
        return floor_to_tenth(limit_w)


BLOCK = Block("smart_charging", lambda parts: SmartCharging(parts.context, parts[PowerAllocation], parts[Transactions]))
