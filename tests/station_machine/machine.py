"""The world as a machine: drivers, cars, faults, links and power that come and go, and what must hold meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import chain, count

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from model.language.composition import Composition
from model.messages.types import fold
from model.station_file import NetworkInterface
from properties.world.csms import GOOD, Reply
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.world import World
from runtime.adapters.charger import WrongStateError
from runtime.blocks import BLOCKS
from runtime.core.block import Block
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted
from runtime.core.ledger import Ledger
from runtime.core.ports import RESTING
from tests.authorization_cache.looking import with_space_for
from tests.searching import searching
from tests.smart_charging.rules import SmartChargingRules, connectors, lasting
from tests.station_machine.csms_rules import CsmsRules, booting, tokens

SETTINGS = {
    "MeterValueSampleInterval": "20",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "5",
    "ConnectionTimeOut": "30",
}

SEARCH = searching(400, stateful_step_count=40)
MOST_CACHED = 3
"""Entries that the cache has space for: fewer than there are tokens."""

UNASKED = {("authorization", row, "Idle") for row in ("local", "offline", "remote.local")}
"""Rows that let a token start on what the station itself knows."""

SLACK = timedelta(seconds=1)
"""By so much the clock of the CSMS may be off before the station follows it."""

numbers = st.sampled_from([(), (0, 2**31 - 1, -5), (-(2**31), 0)])
"""The first transactionIds of a CSMS (hard case 17)."""


class StationMachine(SmartChargingRules, CsmsRules):
    """A world, and everything that can be done to it."""

    watcher: Callable[..., None] = staticmethod(lambda _: None)
    composition: Composition | None = None
    blocks: tuple[Block, ...] = BLOCKS

    def __init__(self) -> None:
        super().__init__()
        file = with_space_for(MOST_CACHED)
        self.world = World(
            type(self).watcher, file=file, settings=SETTINGS, composition=self.composition, blocks=self.blocks
        )
        self.judged = 0

    @initialize(
        charging=st.sampled_from([(1, 2), (1,), (2,), ()]),
        invalid_id=st.booleans(),
        pre=st.booleans(),
        first=numbers,
        ping_s=st.sampled_from([10, 0, 60]),
    )
    def begin(
        self, charging: tuple[int, ...], invalid_id: bool, pre: bool, first: tuple[int, ...], ping_s: int
    ) -> None:
        self.world.csms.transaction_ids = chain(first, count(1001))
        self.world.settings["StopTransactionOnInvalidId"] = str(invalid_id).lower()
        self.world.settings["LocalPreAuthorize"] = str(pre).lower()
        self.world.settings["WebSocketPingInterval"] = str(ping_s)
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
        with suppress(WrongStateError):
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

    # ---- links, time, power ------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.02, 1.0, 6.0, 21.0, 65.0, 400.0]))
    def time(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(interface=st.sampled_from([None, *NetworkInterface]))
    def network(self, interface: NetworkInterface | None) -> None:
        if interface in self.world.network.down or not self.world.network.up:
            self.world.link_up(interface)
        else:
            self.world.link_down(interface)

    @rule(interface=st.sampled_from(NetworkInterface))
    def carrier_that_leads_nowhere(self, interface: NetworkInterface) -> None:
        self.world.network.astray ^= {interface}

    @rule(longest=st.sampled_from([650, 650, 2_500, 2**31]))
    def frame_bound(self, longest: int) -> None:
        """A CSMS that takes no longer messages closes the link for them; a stop with Begin and End alone is shorter."""
        self.world.network.longest = longest

    @rule()
    def disk(self) -> None:
        if self.world.disk.full:
            self.world.empty_disk()
        else:
            self.world.fill_disk()

    @rule(times=st.integers(1, 4))
    def flap(self, times: int) -> None:
        for _ in range(times):
            self.world.flap()

    @rule(outward=st.booleans(), inward=st.booleans())
    def half_open(self, outward: bool, inward: bool) -> None:
        """From now on the open socket swallows, towards the CSMS, from it, or both ways."""
        if self.world.network.is_open:
            self.world.network.swallows_outward, self.world.network.swallows_inward = outward, inward

    @rule(text=st.sampled_from(["TamperDetectionActivated", "ResetOrReboot"]))
    def security_event(self, text: str) -> None:
        self.world.submit(SecurityEventNoted(text))

    @rule()
    def data(self) -> None:
        self.world.submit(DataTransferAsked("vendor"))

    @precondition(lambda self: self.world.powered)
    @rule()
    def orderly_stop(self) -> None:
        self.world.shut_down().wait(6)
        assert self.world.stopped or not self.world.powered, "an orderly stop ends"
        self.world.cut_power()

    @precondition(lambda self: self.world.powered)
    @rule(death=st.sampled_from(list(Death)))
    def power_cut(self, death: Death) -> None:
        before = lasting(self.world.station.context.ledger)
        self.world.cut_power(death)
        assert lasting(Ledger.read(self.world.disk.load())) == before, "profiles survive (ERR-3.37-01)"

    @precondition(lambda self: self.world.powered)
    @rule(places=st.integers(1, 40), death=st.sampled_from(list(Death)))
    def power_cut_soon(self, places: int, death: Death) -> None:
        self.world.death = death
        self.world.fuse.set(places)

    @precondition(lambda self: not self.world.powered)
    @rule()
    def power_up(self) -> None:
        self.world.power_up()

    @rule(keeps_time=st.booleans())
    def battery_of_the_clock(self, keeps_time: bool) -> None:
        self.world.keeps_time = keeps_time
        if keeps_time:
            self.world.clock.skew_s = 0.0

    # ---- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def nothing_wrong_on_the_wire(self) -> None:
        assert not (found := violations(self.world)), found

    @invariant()
    def offers_only_in_a_running_transaction(self) -> None:
        for reading in self.world.box.meters(self.world.clock.now_s):
            if reading.offered_w > 0:
                assert self.world.state("connector", reading.connector) in ("Charging", "SuspendedEV")
                assert self.world.state("fault", reading.connector) != "Faulted"

    @invariant()
    def nobody_without_a_transaction_is_told_that_there_is_space_while_there_is_none(self) -> None:
        if self.world.powered and self.world.state("storage") == "Full":
            engine = self.world.station.context.engine
            for connector in self.world.file.connector_ids:
                running = self.world.station.context.running(connector)
                assert running or engine.value("status", connector) == "Faulted"

    @invariant()
    def memory_holds_no_more_than_it_may(self) -> None:
        if self.world.powered:
            ledger = self.world.station.context.ledger
            assert len(ledger.queue.items) <= RESTING["queue"]
            assert ledger.ended <= RESTING["ended"] + 1
            assert len(ledger.samples) <= len(self.world.file.connector_ids) + 1

    @invariant()
    def the_list_is_whole_and_nobody_on_it_is_cached(self) -> None:
        if self.world.powered:
            ledger, state = self.world.station.context.ledger, self.world.state("local_list")
            assert (ledger.list_version == 0) == (not ledger.listed)
            assert state == "Disabled" or (state == "InUse") == bool(ledger.listed)
            cached = {fold(entry.id_tag) for entry in ledger.cached.values()}
            assert state == "Disabled" or not ledger.listed.keys() & cached

    @invariant()
    def the_cache_is_whole_and_has_its_bound(self) -> None:
        if self.world.powered:
            context, cached = self.world.station.context, self.world.station.context.ledger.cached
            assert set(cached) == {entry.slot for entry in context.engine.living("cache_entry")}
            assert len({fold(entry.id_tag) for entry in cached.values()}) == len(cached) <= MOST_CACHED

    @invariant()
    def nobody_starts_unasked_on_what_is_not_valid(self) -> None:
        """In the step of such a start an entry was used that is Valid, unless the list names somebody."""
        steps, self.judged = self.world.steps[self.judged :], len(self.world.steps)
        if not self.world.powered or self.world.station.context.ledger.listed:
            return
        for _, given, step in steps:
            rows = {(fired.machine, fired.row, fired.state) for fired in step.fired}
            if rows & UNASKED:
                assert ("cache_entry", "use", "Valid") in rows, given

    @invariant()
    def a_token_that_waits_is_found_by_the_cable(self) -> None:
        if not self.world.powered or self.world.state("lifecycle") != "Running":
            return
        tokens = [self.world.state("authorization", connector) for connector in (1, 2)]
        assert tokens.count("AwaitingCable") == (self.world.state("reader") == "Waiting")
        assert "AwaitingCable" not in tokens or not any(map(self._wants_a_token, (1, 2)))

    def _wants_a_token(self, connector: int) -> bool:
        free = self.world.state("authorization", connector) == "Idle"
        in_use = self.world.station.context.engine.value("status", connector) == "Preparing"
        return free and in_use and self.world.state("cable", connector) != "Unplugged"

    @invariant()
    def a_reservation_is_kept_exactly_while_it_is_held(self) -> None:
        if self.world.powered:
            context = self.world.station.context
            held = {c for c in context.connectors if self.world.state("reservation", c) != "Free"}
            assert set(context.ledger.reservations) == held
            assert len({record.reservation_id for record in context.ledger.reservations.values()}) == len(held)
            lasting = [r.expiry_date >= context.utc() - SLACK for r in context.ledger.reservations.values()]
            assert all(lasting) or not context.knows_date

    @invariant()
    def an_update_is_remembered_exactly_while_it_goes_on(self) -> None:
        if self.world.powered:
            ledger = self.world.station.context.ledger
            assert bool(ledger.updates) == (self.world.state("firmware") != "Idle")
            assert len(ledger.updates) <= 1
            assert bool(ledger.update_statuses) == (self.world.state("firmware_status") != "Quiet")

    def teardown(self) -> None:
        heal(self.world)
        assert not (found := violations(self.world)), found
        assert not (found := undelivered(self.world)), found
        assert not self.world.transfers.files, "no image is left"
