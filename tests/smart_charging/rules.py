"""What a CSMS can do with charging profiles to the station in its world, and what must hold of its offers meanwhile.

The judge is the oracle (``oracle.py``), which knows nothing of how the station gets its limits.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from model.messages.charging import ChargingProfilePurpose
from model.smart_charging.limits import Installed
from properties.world.world import World
from runtime.core.ledger import Ledger
from runtime.operations.power_allocation import PowerAllocation
from tests.smart_charging.oracle import limit_of_connector, limit_of_purpose

connectors = st.sampled_from([1, 2])
PURPOSES = {0: ["ChargePointMaxProfile", "TxDefaultProfile"], 1: ["TxDefaultProfile", "TxProfile"]}
MOST_PERIODS = 3
periods = st.lists(
    st.tuples(st.sampled_from([5, 20, 60, 300]), st.sampled_from([0, 0, 4_000, 11_000.5, 30_000, 90_000])),
    min_size=1, max_size=MOST_PERIODS, unique_by=lambda period: period[0],
)  # fmt: skip
schedules = st.fixed_dictionaries(
    {"periods": periods},
    optional={
        "after_s": st.sampled_from([-86_395, -30, 0, 10]),
        "duration": st.sampled_from([0, 30, 400]),
        "minChargingRate": st.sampled_from([6_000, 35_000]),
    },
)


class SmartChargingRules(RuleBasedStateMachine):
    """Profiles that come and go."""

    world: World

    @rule(
        connector=st.sampled_from([0, 0, 1, 2]), second=st.booleans(), level=st.integers(0, 2),
        said=schedules, number=st.integers(1, 6), daily=st.booleans(),
    )  # fmt: skip
    def profile(self, connector: int, second: bool, level: int, said: dict[str, Any], number: int, daily: bool) -> None:
        purpose = PURPOSES[min(connector, 1)][second]
        body = self.body(number, purpose, level, dict(said), daily)
        self.world.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=body)

    @rule(connector=connectors, said=schedules, number=st.integers(1, 6))
    def remote_start_with_profile(self, connector: int, said: dict[str, Any], number: int) -> None:
        said.pop("after_s", None)
        body = self.body(number, "TxProfile", 0, said, daily=False)
        self.world.ask("RemoteStartTransaction", connectorId=connector, idTag="alice", chargingProfile=body)

    def body(self, number: int, purpose: str, level: int, said: dict[str, Any], daily: bool) -> dict[str, Any]:
        """A profile by the date of the world; the first period begins at 0, whatever was drawn."""
        (_, first), *others = sorted(said.pop("periods"))
        listed = [{"startPeriod": start, "limit": limit} for start, limit in [(0, first), *others]]
        schedule: dict[str, Any] = {"chargingRateUnit": "W", "chargingSchedulePeriod": listed}
        kind: dict[str, str] = {"chargingProfileKind": "Relative"}
        if (after_s := said.pop("after_s", None)) is not None:
            schedule["startSchedule"] = (self.world.clock.utc() + timedelta(seconds=after_s)).isoformat()
            kind = (
                {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
                if daily
                else {"chargingProfileKind": "Absolute"}
            )
        return {
            "chargingProfileId": number, "stackLevel": level, "chargingProfilePurpose": purpose, **kind,
            "chargingSchedule": schedule | said,
        }  # fmt: skip

    @rule(said=st.sampled_from([{}, {"id": 1}, {"connectorId": 0}, {"stackLevel": 0}, {"connectorId": 1, "id": 9}]))
    def clear_profile(self, said: dict[str, int]) -> None:
        self.world.ask("ClearChargingProfile", **said)

    @rule(connector=st.sampled_from([0, 1, 2, 3]), seconds=st.sampled_from([0, 60, 90_000]))
    def composite(self, connector: int, seconds: int) -> None:
        self.world.ask("GetCompositeSchedule", connectorId=connector, duration=seconds)

    # ---- what must hold ---------------------------------------------------------------------------------

    @invariant()
    def no_offer_is_above_a_limit(self) -> None:
        """By the oracle that judges every second by itself; a boundary may have passed within the last second."""
        if not self.world.powered:
            return
        power_allocation = self.world.station.part(PowerAllocation)
        held, ceiling_w = power_allocation.installed(), Decimal(self.world.file.hardware.power_w)
        asleep_s = self.world.clock.now_s - power_allocation.context.now.monotonic_s
        now = int(power_allocation.utc.timestamp() + asleep_s)
        offered = {one.connector: Decimal(str(one.offered_w)) for one in self.world.box.meters(self.world.clock.now_s)}
        most = [limit_of_purpose(held, "ChargePointMaxProfile", 0, 0, second) for second in (now - 1, now)]
        assert sum(offered.values()) <= max(ceiling_w if limit is None else min(limit, ceiling_w) for limit in most)
        for connector, offered_w in offered.items():
            began = power_allocation.began(connector)
            limits = [limit_of_connector(held, connector, began, ceiling_w, second) for second in (now - 1, now)]
            assert offered_w <= max(limits), f"connector {connector} is offered {offered_w} W of {limits}"

    @invariant()
    def profiles_are_held_while_there_are_any(self) -> None:
        if self.world.powered:
            ledger = self.world.station.context.ledger
            assert (self.world.state("charging_profile") == "Installed") == bool(ledger.profiles)
            assert all(self.world.station.context.running(one.connector) for one in ledger.transaction_profiles())
            assert len(ledger.profiles) <= self.world.file.limits["ORS-19"]


def lasting(ledger: Ledger) -> dict[int, Installed]:
    """The profiles that no transaction ends."""
    own = ChargingProfilePurpose.TX_PROFILE
    return {number: one for number, one in ledger.profiles.items() if one.purpose is not own}
