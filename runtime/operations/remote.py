"""What the CSMS asks the station to do: remote start and stop, availability, triggers.

Whom a request is for is found here; what becomes of it, and what is answered, the tables say.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.availability import (
    AvailabilityType,
    ChangeAvailabilityReq,
)
from model.messages.charging import ChargingProfile
from model.messages.registry import ACTIONS
from model.messages.remote import (
    RemoteStartTransactionReq,
    RemoteStopTransactionReq,
    TriggerMessageReq,
)
from model.record import frozen
from runtime.core.binding import addresses, answers, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import StopPressed
from runtime.operations.authorization import Authorization
from runtime.operations.smart_charging import SmartCharging
from runtime.operations.transactions import Transactions


@frozen
class Start:
    """What a remote start asks for, and the connector that serves it best; None where none does."""

    id_tag: str
    connector: int | None
    unbound: bool
    """Whether the CSMS has named no connector."""
    profile: ChargingProfile | None
    profile_fits: bool


class Remote:
    """Requests of the CSMS, and of the driver at the station."""

    def __init__(
        self,
        context: BlockContext,
        authorization: Authorization,
        transactions: Transactions,
        smart_charging: SmartCharging,
        triggers: Mapping[str, tuple[str, ...]],
    ) -> None:
        """``triggers``: the messages that can be triggered, and the machines that send them."""
        self.context, self.authorization, self.transactions = context, authorization, transactions
        self.smart_charging, self.triggers = smart_charging, dict(triggers)

    # ---- start and stop ----------------------------------------------------------------------------------

    @addresses(RemoteStartTransactionReq)
    def to_start(self, request: RemoteStartTransactionReq) -> Occurrence:
        """The station, with the connector that serves best, and the profile that counts (CS-5.11-17)."""
        connector = self._startable(request)
        profile = request.charging_profile if self.smart_charging.supported() else None
        fits = connector is None or profile is None or self.smart_charging.brings(connector, profile)
        start = Start(request.id_tag, connector, request.connector_id is None, profile, fits)
        return Occurrence(Instance("remote_start"), "asked", start)

    @answers("remote_start", "startable")
    def startable(self, at: Instance, start: Start) -> bool:
        """Whether a start will be attempted (ERR-3.32-01)."""
        return start.connector is not None

    @answers("remote_start", "profile_fits")
    def profile_fits(self, at: Instance, start: Start) -> bool:
        """Judged before the token's machine hears of it: no row of it would answer otherwise (CS-5.11-15)."""
        return start.profile_fits

    @performs("remote_start", "start remotely")
    def start_remotely(self, at: Instance, start: Start) -> None:
        """Like any other start (CS-5.11-10), behind the answer."""
        connector = start.connector
        assert connector is not None, "the row asks whether there is one"
        self.context.after_rows(
            lambda: self.authorization.remote_start(connector, start.id_tag, start.unbound, start.profile)
        )

    def _startable(self, request: RemoteStartTransactionReq) -> int | None:
        """The connector named, or the one that serves best (CS-5.11-12); none for an empty id tag: no driver has it."""
        if not request.id_tag:
            return None
        named = self.context.connectors if request.connector_id is None else (request.connector_id,)
        unbound = request.connector_id is None
        return self.authorization.where_to_start(named, request.id_tag, unbound)

    @addresses(RemoteStopTransactionReq)
    def to_stop(self, request: RemoteStopTransactionReq) -> Occurrence | None:
        """The connector at which that transaction runs (ERR-3.33-01); it ends as by a hand (CS-5.12-03)."""
        connector = self.transactions.running_with_id(request.transaction_id)
        return Occurrence(Instance("connector", connector), "remote_stop") if connector else None

    @takes(StopPressed)
    def stop_pressed(self, given: StopPressed) -> None:
        """The stop button."""
        self.context.act("connector", "stop_pressed", given.connector)

    # ---- availability ------------------------------------------------------------------------------------

    @addresses(ChangeAvailabilityReq)
    def to_change(self, request: ChangeAvailabilityReq) -> Occurrence | None:
        """One connector, or connector 0; done before the answer leaves (CS-5.2-04), and durable."""
        connector = request.connector_id
        if connector not in (0, *self.context.connectors):
            return None
        event = "set_operative" if request.type is AvailabilityType.OPERATIVE else "set_inoperative"
        return Occurrence(Instance("availability" if connector else "station_availability", connector), event)

    # ---- triggers ----------------------------------------------------------------------------------------

    @answers("trigger_message", "implemented")
    def implemented(self, at: Instance, request: TriggerMessageReq) -> bool:
        """What nobody can ask for is not (CS-5.17-10), nor a message of a profile that is not ours (CS-7.44-03)."""
        message = request.requested_message
        return message in self.triggers and ACTIONS[message].profile in self.context.station.profiles

    @answers("trigger_message", "possible")
    def possible(self, at: Instance, request: TriggerMessageReq) -> bool:
        """It says what will come of it (CS-5.17-08); nothing comes of a connector that does not exist."""
        return bool(self._able(request))

    @performs("trigger_message", "trigger")
    def trigger(self, at: Instance, request: TriggerMessageReq) -> None:
        """The message comes behind the answer (CS-5.17-07)."""
        able = self._able(request)
        self.context.after_rows(lambda: self._trigger(able))

    def _able(self, request: TriggerMessageReq) -> list[Instance]:
        targets = self._targets(request.requested_message, request.connector_id)
        return [target for target in targets if self.context.engine.would_fire(target, "triggered")]

    def _trigger(self, targets: list[Instance]) -> None:
        for target in targets:
            self.context.act(target.machine, "triggered", target.connector)

    def _targets(self, message: str, connector: int | None) -> list[Instance]:
        """Whom it is for: one connector or all (CS-5.17-02, CS-5.17-05); some have none (CS-5.17-03 to -04)."""
        machines, engine = self.triggers[message], self.context.engine
        targets = [target for machine in machines for target in engine.living(machine)]
        everywhere = any(target.connector for target in targets)
        return [target for target in targets if not everywhere or connector in (None, target.connector)]


BLOCK = Block(
    "remote",
    lambda parts: Remote(
        parts.context, parts[Authorization], parts[Transactions], parts[SmartCharging], parts.triggers
    ),
)
