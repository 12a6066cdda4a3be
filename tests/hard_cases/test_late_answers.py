"""Seen in an attack from outside: a CSMS that is sound and slow answers behind the time-out."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT, Reply, error, late, says
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from runtime.core.ports import Note
from tests.covering import FiredRows, covers

SETTINGS = {
    "TransactionMessageAttempts": "2",
    "TransactionMessageRetryInterval": "60",
    "MeterValueSampleInterval": "20",
}


ONCE_WITHOUT_PINGS = {"TransactionMessageAttempts": "1", "WebSocketPingInterval": "0"}


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see, settings=SETTINGS).power_up()


@covers("CS-4.8-04", "CS-3.7-05", rows=("transaction:confirm", "transaction_queue:settled"))
@pytest.mark.parametrize("after_s", [10.5, 12.0, 25.0, 55.0])
def test_a_start_that_is_answered_behind_the_time_out_is_the_one_transaction(world: World, after_s: float) -> None:
    world.csms.always("StartTransaction", late(after_s))
    world.plug_in().present("alice").wait(120).present("alice").plug_out().wait(120)
    assert len(world.csms.got("StartTransaction")) == 1, "an answer that came is used before it is asked again"
    assert [stop["transactionId"] for stop in contents(world, "StopTransaction")] == [1001]
    assert not undelivered(world)
    assert not violations(world)


@covers("CS-4.7-18", "CS-4.10-04", rows=("transaction_queue:meter_settled", "transaction:settle"))
@pytest.mark.parametrize("action", ["MeterValues", "StopTransaction"])
def test_what_else_is_owed_is_sent_once_where_its_answer_is_late(world: World, action: str) -> None:
    world.csms.always(action, late(12.0))
    world.plug_in().present("alice").wait(70).present("alice").plug_out().wait(300)
    sent = [tuple(sorted(map(str, payload.items()))) for payload in world.csms.got(action)]
    assert len(sent) == len(set(sent)), "nothing twice"
    assert not undelivered(world)
    assert not violations(world)


@covers("J-4.1.1-07", rows=("transaction_queue:retry",))
def test_an_answer_to_what_was_sent_again_since_is_ignored(world: World) -> None:
    world.csms.plan("StartTransaction", Reply({"transactionId": 7}, after_s=73), Reply({"transactionId": 8}, after_s=5))
    world.plug_in().present("alice").wait(100).present("alice").wait(5)
    assert [stop["transactionId"] for stop in contents(world, "StopTransaction")] == [8]
    assert not undelivered(world)


CLOSED_ROWS = {
    "StartTransaction": "transaction:fail.closed",
    "StopTransaction": "transaction:fail.stop.closed",
    "MeterValues": "transaction_queue:fail.meter.closed",
}


@covers("CS-3.7.1-04", "CS-3.7.1-05", "CS-4.2-19", rows=tuple(CLOSED_ROWS.values()))
def test_an_attempt_counts_whose_failure_shows_when_the_csms_takes_its_acceptance_back(fired: FiredRows) -> None:
    """The answer to BootNotification.req shows that the CSMS hears us, and closes the queue in the same step."""
    for action, row in CLOSED_ROWS.items():
        world = World(fired.see, settings=SETTINGS | {"WebSocketPingInterval": "0"}).power_up().wait(5).flap().wait(10)
        world.csms.plan(action, SILENT, error())
        world.csms.plan("BootNotification", says(status="Pending", interval=20))
        world.plug_in().present("alice").wait(22 if action == "MeterValues" else 1)
        if action == "StopTransaction":
            world.present("alice").wait(1)
        assert world.ask("TriggerMessage", requestedMessage="BootNotification").answer == {"status": "Accepted"}
        world.wait(30)
        assert row in world.rows()
        world.plug_out().wait(400)
        failed = [seen for seen in world.csms.seen if seen.action == action and seen.answer is None]
        assert len(failed) == 2, f"{action}: one of two attempts is silence, the other an error"
        assert len({seen.message_id for seen in failed}) == 2
        assert failed[0].payload not in [seen.payload for seen in world.csms.seen if seen.answer is not None]


@covers("J-4.1.1-07", rows=("boot:unanswered.again",))
@pytest.mark.parametrize("status", ["Accepted", "Pending", "Rejected"])
def test_a_boot_notification_that_was_given_up_is_not_answered_later(fired: FiredRows, status: str) -> None:
    """It counts as unanswered at its time-out, also where the message behind it is still open."""
    settings = {"WebSocketPingInterval": "0", "MeterValueSampleInterval": "5"}
    world = World(fired.see, settings=settings).power_up().flap().wait(10).plug_in().present("alice").wait(6)
    world.csms.plan("BootNotification", Reply({"status": status}, after_s=12))
    world.csms.plan("MeterValues", Reply(after_s=8))
    world.ask("TriggerMessage", requestedMessage="BootNotification")
    world.wait(11)
    assert world.csms.seen[-1].action == "MeterValues"
    notes = len(_notes(world))
    world.wait(3)
    (said,) = _notes(world)[notes:]
    assert said.endswith("for which no call is open, is ignored")


def _notes(world: World) -> list[str]:
    return [effect.text for _, _, step in world.steps for effect in step.effects if isinstance(effect, Note)]


@covers("CS-4.8-04", rows=("transaction:confirm", "liveness:heard"))
def test_an_answer_that_is_itself_the_first_sign_of_life_costs_no_attempt(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS | ONCE_WITHOUT_PINGS).power_up().wait(60)
    for action in ("StatusNotification", "Heartbeat"):
        world.csms.always(action, late(5.0))
    world.csms.always("StartTransaction", late(12.0))
    world.plug_in().present("alice").wait(100).present("alice").plug_out().wait(100)
    assert [stop["transactionId"] for stop in contents(world, "StopTransaction")] == [1001]
    assert not undelivered(world)
