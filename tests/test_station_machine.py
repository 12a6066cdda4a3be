"""The real station in its world, driven by Hypothesis: whatever happens, what must hold holds.

The rules are everything that a world can do to a station: drivers, cars, faults, a CSMS in every mood, links that come
and go, power that goes between any two things the station does. The invariants look from outside, at frames
(``properties/world/books.py``). At the end of each run the faults stop, and everything owed has to arrive.

``--hypothesis-profile long`` looks longer; ``ci`` is the standing one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from properties.world.books import complaints, debts
from properties.world.csms import GOOD, SILENT, TWICE, Reply, error, late, refuses, says
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.world import World
from runtime.ports import DataTransferAsked, SecurityEventNoted
from tests.covering import FiredRows, covers

SETTINGS = {
    "MeterValueSampleInterval": "20",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "5",
    "ConnectionTimeOut": "30",
}

settings.register_profile("ci", max_examples=400, stateful_step_count=40, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=20_000, stateful_step_count=60, deadline=None)

connectors = st.sampled_from([1, 2])
tokens = st.sampled_from(["alice", "ALICE", "bob", "carol", "dave", "mallory", "stranger"])
moods = st.sampled_from([GOOD, SILENT, TWICE, error(), error("GenericError"), late(3.0), late(12.0)])
actions = st.sampled_from(
    ["Authorize", "StartTransaction", "StopTransaction", "MeterValues", "StatusNotification", "*"]
)
booting = st.sampled_from(
    [GOOD, says(status="Pending", interval=20), says(status="Rejected", interval=20), SILENT, error(), says(interval=0)]
)
keys = st.sampled_from(
    [
        ("MeterValueSampleInterval", "7"), ("MeterValueSampleInterval", "0"), ("StopTransactionOnInvalidId", "false"),
        ("StopTransactionOnInvalidId", "true"), ("LocalPreAuthorize", "true"), ("LocalAuthorizeOffline", "false"),
        ("AuthorizeRemoteTxRequests", "true"), ("ConnectionTimeOut", "5"), ("HeartbeatInterval", "11"),
        ("AuthorizationCacheEnabled", "false"), ("TransactionMessageAttempts", "1"), ("StopTxnSampledData", ""),
    ]
)  # fmt: skip
triggers = st.sampled_from(["BootNotification", "Heartbeat", "MeterValues", "StatusNotification"])


class StationMachine(RuleBasedStateMachine):
    """A world, and everything that can be done to it."""

    watcher: Callable[..., None] = staticmethod(lambda _: None)

    def __init__(self) -> None:
        super().__init__()
        self.world = World(type(self).watcher, settings=SETTINGS)

    @initialize(charging=st.sampled_from([(1, 2), (1,), (2,), ()]), invalid_id=st.booleans(), pre=st.booleans())
    def begin(self, charging: tuple[int, ...], invalid_id: bool, pre: bool) -> None:
        self.world.settings["StopTransactionOnInvalidId"] = str(invalid_id).lower()
        self.world.settings["LocalPreAuthorize"] = str(pre).lower()
        self.world.power_up()
        for connector in charging:
            self.session(connector, "carol")

    @initialize(reply=booting)
    def or_begin_badly(self, reply: Reply) -> None:
        if reply is not GOOD:
            self.world.csms.plan("BootNotification", reply)
            self.world.power_cycle()

    # ---- the driver --------------------------------------------------------------------------------------

    @rule(connector=connectors)
    def plug(self, connector: int) -> None:
        if self.world.is_plugged(connector):
            self.world.plug_out(connector)
        else:
            self.world.plug_in(connector)

    @rule(id_tag=tokens, where=st.sampled_from([(), (1,), (2,)]))
    def token(self, id_tag: str, where: tuple[int, ...]) -> None:
        self.world.present(id_tag, *where)

    @rule(connector=connectors, id_tag=st.sampled_from(["alice", "carol"]))
    def session(self, connector: int, id_tag: str) -> None:
        if not self.world.is_plugged(connector):
            self.world.plug_in(connector)
        self.world.present(id_tag, connector)

    @rule(connector=connectors)
    def whole_session(self, connector: int) -> None:
        self.session(connector, "dave")
        self.world.wait(25)
        self.world.present("carol", connector)

    @rule(connector=connectors)
    def stop_button(self, connector: int) -> None:
        self.world.press_stop(connector)

    @rule(connector=connectors, wants=st.booleans())
    def ev(self, connector: int, wants: bool) -> None:
        self.world.ev_wants(wants, connector)

    @rule(
        connector=st.sampled_from([0, 1, 2]),
        code=st.sampled_from(["GroundFailure", "WeakSignal", "EVCommunicationError"]),
    )
    def fault(self, connector: int, code: str) -> None:
        if self.world.is_faulted(connector):
            self.world.clear_fault(connector)
        else:
            self.world.fault(connector, code)

    # ---- the CSMS ----------------------------------------------------------------------------------------

    @rule(action=actions, replies=st.lists(moods, min_size=1, max_size=4))
    def mood(self, action: str, replies: list[Reply]) -> None:
        self.world.csms.plan(action, *replies)

    @rule(status=st.sampled_from(["Blocked", "ConcurrentTx", "Expired"]))
    def refuse_start(self, status: str) -> None:
        self.world.csms.plan("StartTransaction", refuses(status))

    @rule(reply=booting)
    def boot_mood(self, reply: Reply) -> None:
        self.world.csms.plan("BootNotification", reply)

    @rule(connector=st.sampled_from([None, 1, 2, 3]), id_tag=tokens)
    def remote_start(self, connector: int | None, id_tag: str) -> None:
        where = {} if connector is None else {"connectorId": connector}
        self.world.ask("RemoteStartTransaction", idTag=id_tag, **where)

    @rule(number=st.integers(1001, 1006))
    def remote_stop(self, number: int) -> None:
        self.world.ask("RemoteStopTransaction", transactionId=number)

    @rule(connector=st.sampled_from([0, 1, 2]), kind=st.sampled_from(["Operative", "Inoperative"]))
    def availability(self, connector: int, kind: str) -> None:
        self.world.ask("ChangeAvailability", connectorId=connector, type=kind)

    @rule(key=keys)
    def configure(self, key: tuple[str, str]) -> None:
        self.world.ask("ChangeConfiguration", key=key[0], value=key[1])

    @rule(message=triggers)
    def trigger(self, message: str) -> None:
        self.world.ask("TriggerMessage", requestedMessage=message)

    # ---- links, time, power ------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.02, 1.0, 6.0, 21.0, 65.0, 400.0]))
    def time(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule()
    def network(self) -> None:
        if self.world.network.up:
            self.world.link_down()
        else:
            self.world.link_up()

    @rule(times=st.integers(1, 4))
    def flap(self, times: int) -> None:
        for _ in range(times):
            self.world.flap()

    @rule()
    def half_open(self) -> None:
        self.world.network.half_open = self.world.network.is_open

    @rule(text=st.sampled_from(["TamperDetectionActivated", "ResetOrReboot"]))
    def security_event(self, text: str) -> None:
        self.world.tell(SecurityEventNoted(text))

    @rule()
    def data(self) -> None:
        self.world.tell(DataTransferAsked("vendor"))

    @precondition(lambda self: self.world.powered)
    @rule()
    def orderly_stop(self) -> None:
        self.world.shut_down().wait(6).cut_power()

    @precondition(lambda self: self.world.powered)
    @rule(death=st.sampled_from(list(Death)))
    def power_cut(self, death: Death) -> None:
        self.world.cut_power(death)

    @precondition(lambda self: self.world.powered)
    @rule(places=st.integers(1, 40), death=st.sampled_from(list(Death)))
    def power_cut_soon(self, places: int, death: Death) -> None:
        self.world.death = death
        self.world.fuse.set(places)

    @precondition(lambda self: not self.world.powered)
    @rule()
    def power_up(self) -> None:
        self.world.power_up()

    # ---- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def nothing_wrong_on_the_wire(self) -> None:
        assert not complaints(self.world)

    @invariant()
    def offers_only_in_a_running_transaction(self) -> None:
        for reading in self.world.box.meters(self.world.clock.now_s):
            if reading.offered_w > 0:
                assert self.world.state("connector", reading.connector) in ("Charging", "SuspendedEV")
                assert self.world.state("fault", reading.connector) != "Faulted"

    def teardown(self) -> None:
        heal(self.world)
        assert not complaints(self.world)
        assert not debts(self.world)


@covers(
    "CS-3.7-01", "CS-3.7-03", "CS-3.7-05", "CS-4.2-04", "CS-4.2-05", "CS-4.2-19", "CS-7.36-07", "J-4.1.1-01",
    "J-4.1.4-01", "CS-3.6-07", "CS-3.6-09",
    rows=("transaction:begin", "transaction:power_loss"),
)  # fmt: skip
def test_whatever_happens_what_must_hold_holds(fired: FiredRows) -> None:
    class Machine(StationMachine):
        watcher = staticmethod(fired.see)

    run_state_machine_as_test(Machine, settings=_profile())


def _profile() -> settings:
    """The profile that was asked for; ``ci`` where none was."""
    asked = settings.default
    chosen = asked if asked is settings.get_profile("long") else settings.get_profile("ci")
    return settings(chosen, suppress_health_check=list(HealthCheck))
