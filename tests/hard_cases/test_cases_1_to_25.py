"""What goes wrong in the field, one scenario each, named after its number in the list that the project keeps.

Each has broken a real station. Those that the blocks built so far do not cover come with their blocks.
"""

from __future__ import annotations

from itertools import chain, count, pairwise, repeat
from typing import Any

import orjson
import pytest

from properties.world.csms import HANGS_UP, SILENT, TWICE, Reply, error, late, refuses
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked
from tests.covering import FiredRows, covers

SETTINGS = {
    "MeterValueSampleInterval": "10",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "60",
}
QUEUED = ("StartTransaction", "MeterValues", "StopTransaction")


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings=SETTINGS).power_up()


def queued(world: World) -> list[str]:
    """The transaction messages that reached the CSMS, in order."""
    return [action for action in world.csms.actions() if action in QUEUED]


@covers("CS-7.36-07", "CS-4.10-01", rows=("connector:B3", "transaction:settle"))
@pytest.mark.parametrize("moment_s", [0.0, 0.005, 0.02, 0.4, 3.0, 9.999, 10.015, 25.0])
def test_case_1_power_cut_after_the_contactor_has_closed(world: World, moment_s: float) -> None:
    world.plug_in()
    world.box.present_token("alice", (1,))
    while not any(reading.offered_w for reading in world.box.meters(world.clock.now_s)):
        world.wait(0.005)
    world.wait(moment_s).power_cycle().wait(30)
    (stop,) = contents(world, "StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert not undelivered(world)


@covers("CS-4.10-01", "CS-3.7-03", rows=("transaction:end",))
def test_case_2_power_cut_between_the_stop_and_its_answer(world: World) -> None:
    world.plug_in().present("alice").wait(15)
    world.csms.plan("StopTransaction", SILENT)
    world.present("alice").power_cycle().wait(10)
    first, second = world.csms.got("StopTransaction")
    assert first == second
    assert first["reason"] == "Local"


@covers("CS-3.7-01", "CS-3.7-03", "CS-4.8-04", rows=("transaction:power_loss.both", "transaction:confirm.late"))
def test_case_3_started_offline_two_reboots_then_online(world: World) -> None:
    world.plug_in().present("alice").present("alice").plug_out().link_down()
    world.plug_in().present("alice").wait(25).power_cycle().wait(20).power_cycle().wait(20)
    before = len(queued(world))
    world.link_up().wait(30)
    assert queued(world)[before:] == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    later = [payload for payload in world.csms.got("MeterValues") if payload["transactionId"] == 1002]
    assert len(later) == 2
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == 1002
    assert not violations(world)


@covers(
    "CS-4.8-08",
    "CS-3.7.1-03",
    "J-4.1.1-07",
    "J-4.1.4-01",
    rows=("transaction:fail", "transaction_queue:fail", "transaction_queue:retry", "transaction:confirm"),
)
def test_case_4_the_answer_to_an_earlier_start_comes_after_it_was_sent_again(world: World) -> None:
    world.csms.plan("StartTransaction", Reply({"transactionId": 7}, after_s=71), Reply({"transactionId": 8}, after_s=5))
    world.plug_in().present("alice").wait(100).present("alice").wait(5)
    ids = {call.message_id for call in sent(world) if call.action == "StartTransaction"}
    assert len(ids) == 2
    assert [stop["transactionId"] for stop in contents(world, "StopTransaction")] == [8]
    assert not undelivered(world)


@covers("ERR-3.18-01", "CS-3.7.1-09", rows=("transaction:give_up",))
def test_case_5_a_start_that_is_refused_for_ever_does_not_block_the_next(world: World) -> None:
    world.csms.plan("StartTransaction", error(), error(), error())
    world.plug_in().present("alice").wait(300)
    world.ask("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    world.present("alice").plug_out().wait(5)
    given_up = [payload["transactionId"] for payload in world.csms.got("MeterValues")]
    assert set(given_up) == {-1}
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == -1
    world.plug_in(2).present("bob").wait(5).present("bob").wait(5)
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == 1001
    assert not violations(world)


@covers("ERR-3.18-01", "CS-3.7.1-09", rows=("transaction:give_up.late",))
@pytest.mark.parametrize("never", [error(), SILENT], ids=["error", "silent"])
def test_case_5_nor_one_whose_answer_never_comes_and_whose_session_is_over(world: World, never: Reply) -> None:
    world.csms.plan("StartTransaction", never, never, never)
    world.plug_in().present("alice").wait(70).present("alice").plug_out().wait(400)
    assert len(world.csms.got("StartTransaction")) == 3
    assert {payload["transactionId"] for payload in world.csms.got("MeterValues")} == {-1}
    assert [payload["transactionId"] for payload in world.csms.got("StopTransaction")] == [-1]
    assert not undelivered(world)
    assert not violations(world)


@covers(
    "CS-4.10-22",
    "CS-3.7-04",
    "CS-3.7.1-03",
    "JERR-3.2-01",
    "CS-3.7.1-01",
    "CS-3.7.1-04",
    "CS-3.7.1-05",
    "CS-3.7.1-06",
    "CS-3.7.1-07",
    "CS-3.7.1-08",
    "CS-3.7.1-09",
    rows=("transaction:fail.stop", "transaction_queue:fail"),
)
def test_case_6_one_stop_refused_for_ever_while_everything_else_flows(world: World) -> None:
    world.csms.always("StopTransaction", error())
    world.csms.heartbeat_interval_s = 30
    world.power_cycle()
    world.plug_in().present("alice").wait(5).present("alice").plug_out()
    world.plug_in(2).present("bob", 2).wait(250)
    tries = [seen.at_s for seen in world.csms.seen if seen.action == "StopTransaction"]
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == [pytest.approx(60, abs=1), pytest.approx(120, abs=1)]
    between = {seen.action for seen in world.csms.seen if tries[0] < seen.at_s < tries[-1]}
    assert {"Heartbeat", "Authorize", "StatusNotification"} <= between
    assert queued(world)[-1] == "MeterValues", "the queue has moved on"


@covers("CS-3.7.1-02", "CS-3.7-01", rows=("link:close", "transaction_queue:close", "transaction:settle"))
@pytest.mark.exhaustive
def test_case_7_a_hundred_flaps_in_one_send(world: World) -> None:
    world.plug_in().present("alice").wait(25)
    world.csms.plan("StopTransaction", *repeat(HANGS_UP, 100))
    world.present("alice").wait(4 * 3600)
    assert len(contents(world, "StopTransaction")) == 1
    assert len(world.csms.got("StopTransaction")) == 101
    assert not violations(world)
    assert not undelivered(world)


@covers("J-5.4-03", "JERR-3.3-01", rows=("link:close", "link:fail", "link:redial"))
@pytest.mark.exhaustive
def test_case_10_stations_that_lost_one_csms_together_do_not_come_back_together(fired: FiredRows) -> None:
    worlds = [World(fired.see, seed=seed).power_up() for seed in range(50)]
    for world in worlds:
        world.network.refusing = True
        world.flap().wait(300)
        world.network.dialled.clear()
    firsts = []
    for world in worlds:
        world.network.refusing = False
        while not world.network.dialled:
            world.wait(0.5)
        firsts.append(round(world.clock.now_s))
    assert max(firsts.count(second) for second in firsts) <= 5, "no second in which a tenth of them dials"
    assert max(firsts) - min(firsts) > 30


@covers("J-5.4-03", rows=("link:stable", "link:close"))
def test_case_10_the_back_off_is_forgotten_only_by_a_link_that_lasts(world: World) -> None:
    def next_dial_s() -> float:
        before, began = world.network.dials, world.clock.now_s
        world.network.lose("flap")
        while world.network.dials == before:
            world.wait(0.1)
        waited = world.clock.now_s - began
        world.wait(1)
        assert world.network.is_open
        return waited

    world.wait(60)
    waits = [next_dial_s() for _ in range(5)]
    assert waits == sorted(waits)
    assert waits[-1] > 8, "a link that opens and falls at once resets nothing"
    world.wait(60)
    assert next_dial_s() < 2.5


@covers("CS-5.2-06", "CS-5.2-10", "CS-4.9-09", rows=("availability:schedule", "availability:power_up"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_case_14_scheduled_inoperative_then_a_power_cut(world: World, death: Death) -> None:
    world.plug_in().present("alice")
    assert world.ask("ChangeAvailability", connectorId=1, type="Inoperative").answer == {"status": "Scheduled"}
    before = len(world.csms.statuses(1))
    world.cut_power(death).wait(5).power_up().wait(10)
    assert world.csms.statuses(1)[before:] == ["Unavailable"]


@covers("CS-5.12-04", "CS-4.9-C6", "CS-4.9-F2", rows=("connector:CDE6.remote", "connector:F2"))
def test_case_15_remote_stop_with_the_cable_in_and_remote_start_again(world: World) -> None:
    world.plug_in()
    world.ask("RemoteStartTransaction", idTag="alice", connectorId=1)
    world.ask("RemoteStopTransaction", transactionId=1001)
    world.wait(100)
    assert world.csms.statuses(1)[-1] == "Finishing"
    assert world.ask("RemoteStartTransaction", idTag="alice", connectorId=1).answer == {"status": "Accepted"}
    assert world.csms.statuses(1)[-3:] == ["Finishing", "Preparing", "Charging"]


@covers("CS-5.14-05", "CS-5.14-06", rows=("lifecycle:soft", "connector:CDE6.soft_reset", "lifecycle:soft.enough"))
@pytest.mark.parametrize(
    ("mood", "sent"),
    [(SILENT, 2), (late(4.0), 1), (error(), 2), (HANGS_UP, 2)],
    ids=["silent", "late", "error", "hangs up"],
)
def test_case_16_soft_reset_while_charging(world: World, mood: Reply, sent: int) -> None:
    world.plug_in().present("alice").wait(25)
    world.csms.plan("MeterValues", SILENT)
    world.wait(6).csms.plan("StopTransaction", mood)
    assert world.ask("Reset", type="Soft").answer == {"status": "Accepted"}
    assert world.csms.statuses(1)[-1] == "Charging", "the call that is open goes first"
    assert world.state("connector", 1) == "Finishing"
    world.wait(90)
    assert world.boots == 2
    assert [stop["reason"] for stop in contents(world, "StopTransaction")] == ["SoftReset"]
    assert len(world.csms.got("StopTransaction")) == sent, "again until it is confirmed"
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == 1001
    assert len(contents(world, "MeterValues")) == 3
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.8-04", rows=("transaction:confirm", "connector:CDE6.remote"))
@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, -(2**31)])
def test_case_17_any_transaction_id_is_an_id(world: World, number: int) -> None:
    world.csms.transaction_ids = chain([number], count(5))
    world.plug_in().present("alice").wait(15)
    assert {payload["transactionId"] for payload in world.csms.got("MeterValues")} == {number}
    assert world.ask("RemoteStopTransaction", transactionId=number).answer == {"status": "Accepted"}
    assert world.csms.got("StopTransaction")[0]["transactionId"] == number


@covers("CS-4.8-04", rows=("transaction:settle",))
def test_case_17_the_same_id_on_both_connectors_is_never_confused(world: World) -> None:
    world.csms.transaction_ids = repeat(42)
    world.plug_in(1).present("alice", 1).plug_in(2).present("bob", 2).wait(15)
    world.present("bob", 2)
    assert world.csms.statuses(1)[-1] == "Charging"
    world.wait(15).present("alice", 1)
    assert [stop["idTag"] for stop in world.csms.got("StopTransaction")] == ["bob", "alice"]
    assert not world.station.context.ledger.transactions


@covers("ERR-3.17-01", "ERR-3.17-02", rows=("transaction:refuse.stop",))
def test_case_18_blocked_by_the_answer_to_the_start_stops(world: World) -> None:
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice")
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")] == ["DeAuthorized"]


@covers("ERR-3.17-02", rows=("transaction:refuse.hold", "connector:C5.hold", "connector:CDE6.unplug"))
def test_case_18_or_only_holds_the_energy(world: World) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="false")
    world.csms.plan("StartTransaction", refuses("Blocked"))
    world.plug_in().present("alice").wait(30)
    assert not world.csms.got("StopTransaction")
    assert world.csms.statuses(1)[-1] == "SuspendedEVSE"
    world.ev_wants(False).ev_wants(True)
    assert world.csms.statuses(1)[-1] == "SuspendedEVSE"
    world.plug_out()
    assert [stop["reason"] for stop in world.csms.got("StopTransaction")] == ["EVDisconnected"]


def call(action: object = "GetConfiguration", payload: object = None, message_id: object = "1") -> str:
    return orjson.dumps([2, message_id, action, {} if payload is None else payload]).decode()


HOSTILE = [
    ("not JSON", "hello", None),
    ("not JSON after a head", '[2,"1","GetConfiguration",{', "FormationViolation"),
    ("10 MB", '[2,"1","GetConfiguration",{"key":["' + "x" * 10_000_000 + '"]}]', "GenericError"),
    ("deep nesting", '[2,"1","DataTransfer",' + '{"a":' * 500 + "1" + "}" * 500 + "]", "FormationViolation"),
    ("unknown action", call("MakeCoffee"), "NotImplemented"),
    ("known and not supported", call("Authorize", {"idTag": "x"}), "NotSupported"),
    ("answer to nothing", '[3,"nobody",{}]', None),
    ("error to nothing", '[4,"nobody","GenericError","",{}]', None),
    ("wrong type", call("ChangeAvailability", {"connectorId": "one", "type": "Operative"}), "TypeConstraintViolation"),
    ("over-long", call("RemoteStartTransaction", {"idTag": "x" * 21}), "PropertyConstraintViolation"),
    ("a field missing", call("RemoteStopTransaction"), "ProtocolError"),
    ("an unknown field", call("ClearCache", {"why": 1}), "FormationViolation"),
    ("no message type", '["1","GetConfiguration",{}]', None),
    ("message type 9", '[9,"1","GetConfiguration",{}]', None),
    ("id is a number", call(message_id=7), None),
]


def answers_to(world: World, before: int) -> list[Any]:
    frames = [orjson.loads(passed.text) for passed in world.network.log[before:] if passed.outward]
    return [frame for frame in frames if frame[0] in (3, 4)]


@covers("J-4.2.3-01", "J-4.2.3-04", "J-4.2.3-09", "J-4.2.3-10", "J-4.2.3-14", "J-4.2.3-18", "J-4.1.1-07", "JERR-3.1-02")
@pytest.mark.parametrize(("text", "code"), [pytest.param(text, code, id=name) for name, text, code in HOSTILE])
def test_case_25_a_hostile_frame_is_refused_or_ignored_and_life_goes_on(
    world: World, text: str, code: str | None
) -> None:
    before = len(world.network.log)
    world.network.to_station(text)
    world.wait(1)
    codes = [frame[2] for frame in answers_to(world, before) if frame[0] == 4]
    assert codes == ([code] if code else [])
    assert world.network.connection == 1
    world.plug_in().present("alice").wait(15).present("alice")
    assert queued(world) == ["StartTransaction", "MeterValues", "StopTransaction"]


@covers("J-4.1.1-06", rows=("call:done",))
def test_case_25_a_call_while_ours_is_pending_is_answered(world: World) -> None:
    world.csms.plan("Authorize", late(5.0))
    world.plug_in().present("alice")
    assert world.ask("ClearCache").answer == {"status": "Accepted"}
    world.wait(6)
    assert world.csms.statuses(1)[-1] == "Charging"


@covers("J-4.1.1-07")
def test_case_25_answers_that_come_twice_count_once(world: World) -> None:
    world.csms.always("*", TWICE)
    world.plug_in().present("alice").wait(25).present("alice").plug_out()
    heal(world)
    assert not violations(world)
    assert not undelivered(world)
    assert len(world.csms.got("StartTransaction")) == len(world.csms.got("StopTransaction")) == 1


@covers("J-4.1-02", "J-4.2.3-02", rows=("authorization:remote",))
def test_case_25_a_call_that_comes_twice_is_answered_twice_and_done_once(world: World) -> None:
    before = len(world.network.log)
    world.plug_in()
    for _ in range(2):
        world.network.to_station(call("RemoteStartTransaction", {"idTag": "alice", "connectorId": 1}, "twice"))
    world.wait(5)
    assert answers_to(world, before) == [[3, "twice", {"status": "Accepted"}], [3, "twice", {"status": "Rejected"}]]
    assert len(world.csms.got("StartTransaction")) == 1


@covers("CS-4.2-04", rows=("boot:retry", "call:data.refuse"))
def test_case_25_calls_before_the_boot_is_accepted_start_nothing(fired: FiredRows) -> None:
    world = World(fired.see)
    world.csms.plan("BootNotification", SILENT)
    world.power_up().plug_in().present("alice", 1).submit(DataTransferAsked("livoltek"))
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Rejected"}
    assert world.csms.actions() == ["BootNotification"]
    world.wait(60)
    assert not violations(world)
    assert world.csms.statuses(1) == ["Preparing"] or world.csms.statuses(1) == ["Preparing", "Finishing"]
