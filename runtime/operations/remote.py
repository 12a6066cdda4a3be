"""What the CSMS asks the station to do: remote start and stop, availability, triggers, unlocking.

Whether a request can be done is read off the tables (``Engine.would_fire``), not decided here. Where the
specification wants the answer first, what was asked for comes in a step of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.language.composition import Instance
from model.messages.availability import (
    AvailabilityStatus,
    AvailabilityType,
    ChangeAvailabilityConf,
    ChangeAvailabilityReq,
)
from model.messages.registry import ACTIONS
from model.messages.remote import (
    RemoteStartStopStatus,
    RemoteStartTransactionConf,
    RemoteStartTransactionReq,
    RemoteStopTransactionConf,
    RemoteStopTransactionReq,
    TriggerMessageConf,
    TriggerMessageReq,
    TriggerMessageStatus,
    UnlockConnectorConf,
    UnlockConnectorReq,
    UnlockStatus,
)
from runtime.core.binding import handles, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import StopPressed
from runtime.operations.authorization import Authorization
from runtime.operations.smart_charging import SmartCharging
from runtime.operations.transactions import Transactions


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

    @handles(RemoteStartTransactionReq)
    def remote_start(self, request: RemoteStartTransactionReq) -> RemoteStartTransactionConf:
        """Accepted if a start will be attempted (ERR-3.32-01); it is, in the next step, like any other (CS-5.11-10).

        A profile is ignored by a station without smart charging (CS-5.11-17).
        """
        connector = self._startable(request)
        profile = request.charging_profile if self.smart_charging.supported() else None
        if connector is None or self._restricted() or (profile and not self.smart_charging.brings(connector, profile)):
            return RemoteStartTransactionConf(status=RemoteStartStopStatus.REJECTED)
        unbound = request.connector_id is None
        self.context.next_step(lambda: self.authorization.remote_start(connector, request.id_tag, unbound, profile))
        return RemoteStartTransactionConf(status=RemoteStartStopStatus.ACCEPTED)

    def _startable(self, request: RemoteStartTransactionReq) -> int | None:
        """The connector named, or the one that serves best (CS-5.11-12); none for an empty id tag: no driver has it."""
        if not request.id_tag:
            return None
        named = self.context.connectors if request.connector_id is None else (request.connector_id,)
        unbound = request.connector_id is None
        return self.authorization.where_to_start(named, request.id_tag, unbound)

    @handles(RemoteStopTransactionReq)
    def remote_stop(self, request: RemoteStopTransactionReq) -> RemoteStopTransactionConf:
        """Accepted if that transaction runs (ERR-3.33-01); it ends in the next step, as by the button (CS-5.12-03)."""
        connector = self.transactions.running_with_id(request.transaction_id)
        if connector is None or self._restricted():
            return RemoteStopTransactionConf(status=RemoteStartStopStatus.REJECTED)
        self.context.next_step(lambda: self._stop(connector, request.transaction_id))
        return RemoteStopTransactionConf(status=RemoteStartStopStatus.ACCEPTED)

    def _stop(self, connector: int, transaction_id: int) -> None:
        if self.transactions.running_with_id(transaction_id) == connector:
            self.context.act("connector", "remote_stop", connector)

    def _restricted(self) -> bool:
        return self.context.engine.value("calls_answered") == "Restricted"

    @takes(StopPressed)
    def stop_pressed(self, given: StopPressed) -> None:
        """The stop button."""
        self.context.act("connector", "stop_pressed", given.connector)

    # ---- availability ------------------------------------------------------------------------------------

    @handles(ChangeAvailabilityReq)
    def change_availability(self, request: ChangeAvailabilityReq) -> ChangeAvailabilityConf:
        """Done before it is answered (CS-5.2-04), and durable; the answer says what has come of it (CS-5.2-05).

        Scheduled while a transaction runs (CS-5.2-06).
        """
        connector = request.connector_id
        if connector not in (0, *self.context.connectors):
            return ChangeAvailabilityConf(status=AvailabilityStatus.REJECTED)
        operative = request.type is AvailabilityType.OPERATIVE
        machine = "availability" if connector else "station_availability"
        self.context.act(machine, "set_operative" if operative else "set_inoperative", connector)
        return ChangeAvailabilityConf(status=self._availability((connector,) if connector else self.context.connectors))

    def _availability(self, connectors: tuple[int, ...]) -> AvailabilityStatus:
        states = {self.context.engine.state("availability", connector) for connector in connectors}
        return AvailabilityStatus.SCHEDULED if "Scheduled" in states else AvailabilityStatus.ACCEPTED

    # ---- triggers ----------------------------------------------------------------------------------------

    @handles(TriggerMessageReq)
    def trigger(self, request: TriggerMessageReq) -> TriggerMessageConf:
        """The answer first, then the message (CS-5.17-07); connectors that do not exist are Rejected.

        It says what will come of it (CS-5.17-08, CS-5.17-09); what cannot be asked for is NotImplemented (CS-5.17-10,
        CS-5.17-15), and so is a message of a profile that the station does not have (CS-7.44-03).
        """
        if not self._has(request.requested_message):
            return TriggerMessageConf(status=TriggerMessageStatus.NOT_IMPLEMENTED)
        targets = self._targets(request.requested_message, request.connector_id)
        able = [target for target in targets if self.context.engine.would_fire(target, "triggered")]
        if not able:
            return TriggerMessageConf(status=TriggerMessageStatus.REJECTED)
        self.context.next_step(lambda: self._trigger(able))
        return TriggerMessageConf(status=TriggerMessageStatus.ACCEPTED)

    def _has(self, message: str) -> bool:
        return message in self.triggers and ACTIONS[message].profile in self.context.station.profiles

    def _trigger(self, targets: list[Instance]) -> None:
        for target in targets:
            self.context.act(target.machine, "triggered", target.connector)

    def _targets(self, message: str, connector: int | None) -> list[Instance]:
        """Whom it is for: one connector or all (CS-5.17-02, CS-5.17-05); some have none (CS-5.17-03 to -04)."""
        machines, engine = self.triggers[message], self.context.engine
        targets = [target for machine in machines for target in engine.living(machine)]
        everywhere = any(target.connector for target in targets)
        return [target for target in targets if not everywhere or connector in (None, target.connector)]

    # ---- the rest ----------------------------------------------------------------------------------------

    @handles(UnlockConnectorReq)
    def unlock(self, request: UnlockConnectorReq) -> UnlockConnectorConf:
        """The cables are fixed: NotSupported, for an unknown connector too (CS-5.18-04, CS-5.18-05; reading 16).

        It asks for the lock of a plug, and there is none (CS-5.18-02, CS-5.18-07, ERR-3.85-02, ERR-4.15-01).
        """
        return UnlockConnectorConf(status=UnlockStatus.NOT_SUPPORTED)


BLOCK = Block(
    "remote",
    lambda parts: Remote(
        parts.context, parts[Authorization], parts[Transactions], parts[SmartCharging], parts.triggers
    ),
)
