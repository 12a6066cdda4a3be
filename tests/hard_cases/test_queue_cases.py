"""A queue that is longer than memory: hard cases 8, 9 and 10, and the power cut while it is worked off.

The station is the real one in the simulated world; hours pass in a second.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from attrs import evolve

from model.language.loader import load_composition
from model.station_file import StationFile, load_station
from properties.world.csms import HANGS_UP, SILENT, error
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from runtime.core.ports import RESTING
from runtime.core.queue_window import MOST
from tests.covering import FiredRows, covers

SETTINGS = {"MeterValueSampleInterval": "10", "TransactionMessageRetryInterval": "1"}
QUEUED = ("StartTransaction", "MeterValues", "StopTransaction")
HOUR_S = 3600.0


def bounded(**bounds: int) -> StationFile:
    """The station with other bounds."""
    file = load_station("m06010e2eyfg")
    return evolve(file, contents=evolve(file.contents, runtime=evolve(file.runtime, **bounds)))


def queued(world: World, since: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """The transaction messages that reached the CSMS, in order."""
    return [(seen.action, seen.payload) for seen in world.csms.seen[since:] if seen.action in QUEUED]


def dates(messages: list[tuple[str, dict[str, Any]]], connector: int) -> list[str]:
    """When the MeterValues of a connector were taken."""
    return [
        payload["meterValue"][0]["timestamp"]
        for action, payload in messages
        if action == "MeterValues" and payload["connectorId"] == connector
    ]


def sessions_offline(world: World, count: int) -> World:
    """So many whole sessions while nobody hears of them."""
    world.plug_in().present("alice").wait(1).present("alice").plug_out().link_down()
    for _ in range(count):
        world.plug_in().present("alice").wait(11).present("alice").plug_out()
    return world


@covers(
    "CS-3.7-01", "CS-3.7-03", "CS-4.7-18", "CS-4.7-04",
    rows=("transaction_queue:recall", "transaction_queue:recalled", "metering:sample"),
)  # fmt: skip
@pytest.mark.exhaustive
def test_case_8_three_hours_offline_on_two_connectors(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    world.plug_in(1).present("alice", 1).plug_in(2).present("carol", 2).wait(5)
    world.link_down()
    before = len(world.csms.seen)
    world.wait(3 * HOUR_S)
    assert len(world.station.context.ledger.queue) >= 2 * 1079
    assert len(world.station.context.ledger.queue.items) <= MOST
    world.link_up().wait(300)
    messages = queued(world, before)
    for connector in (1, 2):
        taken = dates(messages, connector)
        assert len(taken) >= 1080
        assert taken == sorted(set(taken)), "each once, oldest first"
    assert not violations(world)
    heal(world)
    assert not undelivered(world)


@covers(
    "CS-3.7-01",
    "CS-3.7-03",
    "CS-4.10-01",
    rows=("transaction_queue:recall", "transaction_queue:recalled", "transaction:settle"),
)
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_transactions_rest_in_the_store_and_come_back_one_by_one(fired: FiredRows, death: Death) -> None:
    world = sessions_offline(World(fired.see, settings=SETTINGS).power_up(), 120)
    ledger = world.station.context.ledger
    assert len(ledger.queue) == 360
    assert len(ledger.transactions) <= RESTING["ended"] + 1
    assert len(list(world.station.context.engine.living("transaction"))) == len(ledger.transactions)
    assert not ledger.samples, "of the ended ones"
    world.cut_power(death).wait(5).power_up()
    assert len(world.station.context.ledger.transactions) <= RESTING["ended"]
    heal(world)
    assert [action for action, _ in queued(world)[2:]] == list(QUEUED) * 120
    stops = contents(world, "StopTransaction")[1:]
    assert [stop["transactionId"] for stop in stops] == list(range(1002, 1122))
    contexts = [stop["transactionData"][at]["sampledValue"][0]["context"] for stop in stops for at in (0, -1)]
    assert contexts == ["Transaction.Begin", "Transaction.End"] * 120
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-3.7-01", "CS-4.10-01", rows=("transaction_queue:recall", "transaction_queue:close"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_power_cuts_while_a_long_queue_is_worked_off_lose_nothing(fired: FiredRows, death: Death) -> None:
    world = sessions_offline(World(fired.see, settings=SETTINGS).power_up(), 40)
    world.wait(10)
    for place in (30, 101, 333, 47, 200, 555):
        world.fuse.set(place)
        world.link_up().wait(20)
        world.cut_power(death).wait(3).power_up()
    heal(world)
    assert not violations(world)
    assert not undelivered(world)
    assert len(contents(world, "MeterValues")) == 40


@covers("CS-3.7-01", "CS-4.10-01", rows=("transaction_queue:meter_settled", "transaction:settle"))
@pytest.mark.exhaustive
def test_what_comes_back_after_a_power_cut_is_nothing_that_its_stop_has_left_behind(fired: FiredRows) -> None:
    for place in range(1, 140, 3):
        world = World(fired.see, settings=SETTINGS).power_up()
        world.plug_in().present("alice").wait(1).present("alice").plug_out().link_down()
        world.plug_in().present("alice").wait(55).present("alice").plug_out()
        world.death = Death.DROPPED
        world.fuse.set(place)
        heal(world.link_up().wait(5).cut_power())
        assert not violations(world), f"place {place}"
        assert not undelivered(world), f"place {place}"


@covers(
    "CS-3.7.1-06", "CS-3.7-03", rows=("transaction_queue:retry", "transaction:confirm.late", "transaction_queue:recall")
)
def test_a_transaction_whose_start_is_being_tried_does_not_rest_however_many_do(fired: FiredRows) -> None:
    settings = SETTINGS | {"TransactionMessageRetryInterval": "100", "TransactionMessageAttempts": "9"}
    world = World(fired.see, settings=settings).power_up()
    world.csms.plan("StartTransaction", *[error()] * 5)
    world.plug_in(1).present("alice", 1)
    for _ in range(RESTING["ended"] + 4):
        world.plug_in(2).present("alice", 2).wait(2).present("alice", 2).plug_out(2)
    world.present("alice", 1).plug_out(1)
    assert world.station.context.ledger.ended == RESTING["ended"] + 1
    heal(world.wait(1500))
    assert len(contents(world, "StopTransaction")) == RESTING["ended"] + 5
    assert not violations(world)
    assert not undelivered(world)


@covers("ERR-3.13-12", "CS-3.7-01", rows=("transaction_queue:recall", "transaction_queue:recalled"))
def test_a_transaction_without_any_sample_comes_back_all_the_same(fired: FiredRows) -> None:
    world = sessions_offline(World(fired.see, settings=SETTINGS | {"StopTxnSampledData": ""}).power_up(), 3)
    heal(world.power_cycle())
    assert len(contents(world, "StopTransaction")) == 4
    assert not violations(world)
    assert not undelivered(world)


def test_a_transaction_may_rest_because_its_table_ignores_all_but_its_own_answers() -> None:
    table = load_composition()["transaction"]
    answers = {"start_accepted", "start_refused", "start_failed", "stop_settled", "stop_failed"}
    for state in ("BothOwed", "StopOwed"):
        for event in {event.name for event in table.events} - answers - {"begin"}:
            assert not table.rows_for(state, event)
            silence = table.unanswered_for(state, event)
            assert silence is not None
            assert silence.kind == "ignored"
    assert not table.timers


@covers(
    "CS-3.7-01",
    "CS-3.7-05",
    "CS-3.7.1-02",
    rows=("transaction_queue:recall", "transaction_queue:close", "transaction_queue:retry"),
)
def test_a_link_that_flaps_and_a_csms_that_fails_change_no_order(fired: FiredRows) -> None:
    world = sessions_offline(World(fired.see, settings=SETTINGS).power_up(), 60)
    world.csms.plan("MeterValues", *([HANGS_UP, error(), SILENT] * 5))
    world.csms.plan("StopTransaction", *([error(), HANGS_UP] * 4))
    heal(world.link_up().wait(2000))
    first = [action for action, _ in _once(queued(world))]
    assert first[2:] == list(QUEUED) * 60
    assert not violations(world)
    assert not undelivered(world)


def _once(messages: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    seen: list[bytes] = []
    kept = []
    for action, payload in messages:
        key = orjson.dumps([action, payload])
        if key not in seen:
            seen.append(key)
            kept.append((action, payload))
    return kept


@covers("CS-3.7-03", "ERR-3.89-03", rows=("transaction_queue:recall", "metering:sample"))
@pytest.mark.exhaustive
def test_case_8_what_a_queue_at_its_bound_gives_up(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS, file=bounded(max_queue=60)).power_up()
    world.plug_in().present("alice").present("alice").plug_out().link_down()
    before = len(world.csms.seen)
    world.plug_in().present("alice").wait(29 * 10)
    half = len(world.station.context.ledger.queue)
    assert half == 29 + 1, "until it is half full nothing is given up"
    world.wait(3 * HOUR_S)
    assert half < len(world.station.context.ledger.queue) <= 60
    world.present("alice").plug_out()
    for _ in range(3):
        world.plug_in().present("alice").wait(65).present("alice").plug_out()
    heal(world)
    messages = queued(world, before)
    actions = [action for action, _ in messages]
    assert actions.count("StartTransaction") == actions.count("StopTransaction") == 4
    firsts = [actions[at + 1] for at, action in enumerate(actions) if action == "StartTransaction"]
    assert firsts == ["MeterValues"] * 4, "the first sample of each is there"
    for _, stop in [message for message in messages if message[0] == "StopTransaction"]:
        assert stop["transactionData"][-1]["sampledValue"][0]["context"] == "Transaction.End"
    assert not violations(world)
    assert not undelivered(world)


@covers("ERR-3.13-12", "ERR-3.14-02", "ERR-3.89-02", "ERR-3.89-03", "ERR-3.89-04", rows=("transaction:settle",))
@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
@pytest.mark.exhaustive
def test_case_9_huge_transaction_data_is_thinned_and_blocks_nothing(fired: FiredRows, offline: bool) -> None:
    settings = SETTINGS | {"StopTxnSampledData": "Energy.Active.Import.Register,Voltage,Current.Import"}
    settings |= {"MeterValueSampleInterval": "1"}
    world = World(fired.see, settings=settings, file=bounded(max_transaction_data_bytes=50_000)).power_up()
    world.plug_in(1).present("alice", 1)
    if offline:
        world.link_down()
    world.wait(HOUR_S).present("alice", 1).plug_out(1)
    world.plug_in(2).present("alice", 2).wait(15).present("alice", 2)
    heal(world)
    stop = contents(world, "StopTransaction")[0]
    assert 20_000 < len(orjson.dumps(stop)) < 52_000
    samples = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert (samples[0], samples[-1]) == ("Transaction.Begin", "Transaction.End")
    assert set(samples[1:-1]) == {"Sample.Periodic"}
    assert [action for action, _ in queued(world)][-1] == "StopTransaction", "the next one came through behind it"
    assert len(contents(world, "StopTransaction")) == 2
    assert not violations(world)
    assert not undelivered(world)


@covers(
    "ERR-3.89-02", "ERR-3.89-03", "ERR-3.89-04", rows=("transaction_queue:close", "link:close", "transaction:settle")
)
@pytest.mark.parametrize("rests", [False, True], ids=["at hand", "out of the store"])
@pytest.mark.exhaustive
def test_case_9_what_is_longer_than_the_csms_takes_is_thinned_until_it_is_not(fired: FiredRows, rests: bool) -> None:
    world = World(fired.see, settings=SETTINGS | {"MeterValueSampleInterval": "1"}).power_up()
    world.network.longest = 5_000
    world.plug_in(1).present("alice", 1)
    if rests:
        world.link_down()
    world.wait(600).present("alice", 1).plug_out(1)
    if rests:
        world.power_cycle()
    world.plug_in(2).present("alice", 2).wait(15).present("alice", 2)
    heal(world)
    world.wait(HOUR_S)
    stop, later = contents(world, "StopTransaction")
    assert 2_000 < len(orjson.dumps(stop)) < 5_000
    samples = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert (samples[0], samples[-1]) == ("Transaction.Begin", "Transaction.End")
    assert later["transactionId"] != stop["transactionId"], "the next one came through behind it"
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-3.7.1-09", rows=("link:close", "transaction:give_up.stop"))
def test_case_9_what_cannot_be_made_shorter_is_given_up_and_blocks_nothing(fired: FiredRows) -> None:
    everything = "Energy.Active.Import.Register,Voltage,Power.Offered,Current.Import,Power.Active.Import"
    settings = SETTINGS | {"MeterValueSampleInterval": "0", "StopTxnSampledData": everything}
    world = World(fired.see, settings=settings).power_up()
    world.network.longest = 600
    world.plug_in(1).present("alice", 1).wait(10).present("alice", 1).wait(HOUR_S)
    assert not contents(world, "StopTransaction")
    world.plug_out(1).plug_in(1).present("alice", 1)
    assert len(contents(world, "StartTransaction")) == 2


@covers("CS-3.7.1-02", rows=("link:close", "transaction:settle"))
def test_case_9_an_answer_that_is_too_long_for_the_csms_costs_no_message_an_attempt(fired: FiredRows) -> None:
    settings = SETTINGS | {"TransactionMessageAttempts": "1", "StopTxnSampledData": ""}
    world = World(fired.see, settings=settings).power_up()
    world.network.longest = 1_000
    world.csms.plan("StopTransaction", SILENT)
    world.plug_in(1).present("alice", 1).present("alice", 1).ask("GetConfiguration")
    assert world.state("link") == "Offline"
    world.wait(30)
    assert [action for action, _ in queued(world)] == ["StartTransaction", "StopTransaction", "StopTransaction"]
    assert not undelivered(world)


@covers("ERR-3.89-02", rows=("link:close", "transaction:settle"))
def test_case_9_a_csms_that_comes_to_take_less_gets_less(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS | {"MeterValueSampleInterval": "10"}).power_up()
    for longest in (2**31, 650):
        world.network.longest = longest
        world.plug_in(1).present("alice", 1).wait(100).present("alice", 1).plug_out(1).wait(600)
    whole, thinned = contents(world, "StopTransaction")
    assert len(whole["transactionData"]) > len(thinned["transactionData"]) == 2
    assert not violations(world)
    assert not undelivered(world)


@covers(
    "CS-3.7-01",
    "CS-3.7-03",
    "J-4.1.1-01",
    rows=("transaction_queue:open", "transaction_queue:meter_settled", "transaction_queue:recall"),
)
@pytest.mark.exhaustive
def test_case_10_a_thousand_messages_after_a_reconnect(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up()
    world.plug_in().present("alice").wait(5).link_down()
    before = len(world.csms.seen)
    world.wait(10_000)
    assert len(world.station.context.ledger.queue) >= 1000
    world.link_up().wait(5)
    world.plug_in(2).present("carol", 2).wait(0)
    assert world.csms.statuses(2)[-1] == "Charging", "a driver does not wait for old messages"
    world.wait(120)
    taken = dates(queued(world, before), 1)
    assert len(taken) >= 1000
    assert taken == sorted(taken)
    assert not violations(world), "one call at a time, among others"
