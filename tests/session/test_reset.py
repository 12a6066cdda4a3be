"""Reset.req, soft and hard, with all that can be under way."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.station_file import load_station
from properties.world.csms import SILENT, error, late, says
from properties.world.disk import Death
from properties.world.invariants import contents, undelivered, violations
from properties.world.world import World
from runtime.core.ports import RestartHardware
from tests.covering import FiredRows, covers
from tests.session.looks import Json, only, only_content


@pytest.fixture
def both_charging(charging: World) -> World:
    """Connector 2 charges for Bob as well."""
    return charging.plug_in(2).present("bob", 2)


def reset(world: World, kind: str) -> Json:
    """Ask for a reset; what the station says to it."""
    answer = world.ask("Reset", type=kind).answer
    assert answer is not None, "Reset.req is answered"
    return answer


@covers(
    "ERR-3.81-02", "CS-4.10-07", "CS-7.42-04", "CS-7.42-05", "ERR-3.36-01", "ERR-3.36-02", "CS-4.2.1-03",
    "ERR-3.11-02", "CS-5.14-02", "CS-5.14-03", "CS-5.14-04", "CS-5.14-06", "CS-5.14-07",
    rows=("lifecycle:soft", "connector:CDE6.soft_reset", "lifecycle:soft.done"),
)  # fmt: skip
def test_a_soft_reset_answers_stops_delivers_and_boots(both_charging: World) -> None:
    asked = both_charging.ask("Reset", type="Soft")
    both_charging.wait(10)
    assert asked.answer == {"status": "Accepted"}
    stops = both_charging.csms.got("StopTransaction")
    assert [stop["reason"] for stop in stops] == ["SoftReset"] * 2
    assert sorted(stop["transactionId"] for stop in stops) == [1001, 1002]
    out = [passed.text for passed in both_charging.network.log if passed.outward]
    answer = next(n for n, text in enumerate(out) if asked.message_id in text)
    assert answer < next(n for n, text in enumerate(out) if "StopTransaction" in text)
    assert len(both_charging.csms.got("BootNotification")) == 2
    assert not violations(both_charging)
    assert not undelivered(both_charging)


@covers("CS-5.14-05", "CS-5.14-06", rows=("lifecycle:soft.enough", "transaction:settle"))
def test_a_soft_reset_waits_for_an_answer_but_not_for_ever(charging: World) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    reset(charging, "Soft")
    charging.wait(4)
    assert charging.boots == 1
    charging.wait(10)
    assert charging.boots == 2
    first, second = charging.csms.got("StopTransaction")
    assert first == second
    assert (first["reason"], first["transactionId"]) == ("SoftReset", 1001)
    assert not undelivered(charging)


def until(world: World, action: str) -> int:
    """Wait for a call of that action; how many calls the CSMS has seen then."""
    while world.csms.actions()[-1] != action:
        world.wait(0.1)
    return len(world.csms.seen)


def restarted_at(world: World) -> float:
    """The second at which the hardware was restarted."""
    (at_s,) = [at_s for at_s, _, step in world.steps for effect in step.effects if isinstance(effect, RestartHardware)]
    return at_s


@covers(
    "ERR-3.81-01", "CS-5.14-11", "ERR-3.36-01", "ERR-3.36-03", "CS-7.42-02", "CS-5.14-04", "CS-5.14-08", "CS-7.36-04",
    rows=("lifecycle:hard", "connector:CDE6.hard_reset", "transaction_queue:recalled.down", "lifecycle:hard.done"),
)  # fmt: skip
def test_a_hard_reset_delivers_the_stops_ahead_of_the_statuses(both_charging: World) -> None:
    seen, asked_s = len(both_charging.csms.seen), both_charging.clock.now_s
    assert reset(both_charging, "Hard") == {"status": "Accepted"}
    assert both_charging.stopped
    assert restarted_at(both_charging) - asked_s < 1, "all that had to be waited for is there"
    *stops, status = both_charging.csms.seen[seen:]
    assert [stop.action for stop in stops] == ["StopTransaction"] * 2, "ahead of the statuses, and before the reset"
    assert status.action == "StatusNotification"
    assert [stop.payload["reason"] for stop in stops] == ["HardReset"] * 2
    assert sorted(stop.payload["transactionId"] for stop in stops) == [1001, 1002]
    both_charging.wait(90)
    assert len(both_charging.csms.got("StopTransaction")) == 2, "and not again"
    assert not violations(both_charging)
    assert not undelivered(both_charging)


@covers("CS-5.14-04", "CS-5.14-05", "CS-5.14-09", "CS-5.14-10", rows=("lifecycle:hard", "lifecycle:hard.enough"))
@pytest.mark.parametrize("silent_on", ["StopTransaction", "*"])
@pytest.mark.parametrize("wait_s", [2.0, 0.75])
def test_a_hard_reset_waits_two_seconds_and_no_more(fired: FiredRows, silent_on: str, wait_s: float) -> None:
    file = load_station("m06010e2eyfg")
    runtime = evolve(file.contents.runtime, hard_reset_wait_s=wait_s)
    world = World(fired.see, file=evolve(file, contents=evolve(file.contents, runtime=runtime))).power_up()
    assert file.contents.runtime.hard_reset_wait_s == 2.0
    world.plug_in().present("alice").csms.always(silent_on, SILENT)
    asked_s = world.clock.now_s
    assert reset(world, "Hard") == {"status": "Accepted"}
    world.wait(2).csms.behave()
    assert restarted_at(world) - asked_s == pytest.approx(wait_s, abs=0.1)
    assert len(world.csms.got("StopTransaction")) == 1
    world.wait(90)
    stop = only_content(world, "StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("HardReset", 1001)
    assert len(world.csms.got("StopTransaction")) == 2, "what was not confirmed survives the restart"
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-5.14-04", rows=("transaction_queue:send.down", "lifecycle:hard.done"))
def test_a_queue_that_is_being_worked_off_goes_ahead_too(charging: World) -> None:
    charging.link_down().wait(400).csms.always("MeterValues", late(0.3))
    charging.link_up()
    queued = until(charging, "MeterValues")
    reset(charging, "Hard")
    charging.wait(10)
    told = [seen.action for seen in charging.csms.seen[queued:]]
    *values, stop, status = told[: told.index("BootNotification")]
    assert (stop, status) == ("StopTransaction", "StatusNotification")
    assert len(values) > 1
    assert set(values) == {"MeterValues"}


@covers("CS-5.14-04", "CS-3.7.1-06", rows=("transaction_queue:retry.down", "lifecycle:soft.done"))
def test_a_stop_that_was_refused_goes_ahead_again(charging: World) -> None:
    charging.ask("ChangeConfiguration", key="TransactionMessageRetryInterval", value="1")
    charging.csms.plan("StopTransaction", error())
    charging.csms.plan("StatusNotification", late(2))
    reset(charging, "Soft")
    charging.wait(30)
    told = charging.csms.actions()
    assert told[told.index("StopTransaction") :][:3] == ["StopTransaction", "StatusNotification", "StopTransaction"]
    assert charging.boots == 2


@covers("CS-5.14-04", rows=("lifecycle:hard", "lifecycle:hard.done"))
def test_statuses_that_nobody_answers_do_not_keep_a_stop(charging: World) -> None:
    charging.csms.always("StatusNotification", SILENT)
    for kind, boots in (("Hard", 2), ("Soft", 3)):
        reset(charging, kind)
        assert charging.csms.got("StopTransaction")[-1]["reason"] == f"{kind}Reset", "it goes ahead of them"
        charging.wait(60)
        assert charging.boots == boots
        charging.plug_out().plug_in().present("alice").wait(60)


@covers("CS-5.14-04", "CS-5.14-09", rows=("lifecycle:hard.enough",))
def test_a_call_that_nobody_answers_costs_a_hard_reset_two_seconds(charging: World) -> None:
    charging.csms.plan("Heartbeat", SILENT)
    charging.ask("TriggerMessage", requestedMessage="Heartbeat")
    asked_s = charging.clock.now_s
    reset(charging, "Hard")
    charging.wait(3)
    assert restarted_at(charging) - asked_s == pytest.approx(2, abs=0.1)
    assert not charging.csms.got("StopTransaction"), "one call at a time"
    charging.wait(60)
    assert only(charging, "StopTransaction")["reason"] == "HardReset"


@covers("CS-5.14-08", "CS-5.14-09", "CS-5.14-10", rows=("lifecycle:hard.offline",))
def test_a_hard_reset_before_acceptance_has_nobody_to_wait_for(charging: World) -> None:
    charging.flap().wait(10).csms.plan("BootNotification", says(status="Pending", interval=20))
    charging.ask("TriggerMessage", requestedMessage="BootNotification")
    assert reset(charging, "Hard") == {"status": "Accepted"}
    assert charging.stopped
    charging.wait(60)
    assert only(charging, "StopTransaction")["reason"] == "HardReset"


@covers("CS-5.14-05", "CS-5.14-10", rows=("lifecycle:hard", "transaction:settle"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
@pytest.mark.parametrize("after_s", [0.0, 1.0])
def test_the_power_may_go_while_a_hard_reset_tries(charging: World, death: Death, after_s: float) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    reset(charging, "Hard")
    charging.wait(after_s).cut_power(death).wait(5).power_up().wait(60)
    assert only_content(charging, "StopTransaction")["reason"] == "HardReset"
    assert not undelivered(charging)


@covers("CS-5.14-06", "CS-7.42-04", "ERR-3.36-01")
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_reset_ends_what_is_suspended_too(both_charging: World, kind: str) -> None:
    both_charging.ev_wants(False, 1).fault(2, "EVCommunicationError")
    assert [both_charging.csms.statuses(connector)[-1] for connector in (1, 2)] == ["SuspendedEV", "SuspendedEVSE"]
    reset(both_charging, kind)
    both_charging.wait(90)
    assert [stop["reason"] for stop in contents(both_charging, "StopTransaction")] == [f"{kind}Reset"] * 2
    assert not undelivered(both_charging)


@covers(
    "CS-5.14-03", "CS-5.14-08", "CS-5.14-09",
    rows=("lifecycle:soft", "lifecycle:hard.resetting", "lifecycle:hard.enough"),
)  # fmt: skip
def test_a_hard_reset_ends_the_wait_of_a_soft_one(charging: World) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    assert reset(charging, "Soft") == {"status": "Accepted"}
    assert reset(charging, "Soft") == {"status": "Rejected"}
    asked_s = charging.clock.now_s
    assert reset(charging, "Hard") == {"status": "Accepted"}
    assert [reset(charging, kind) for kind in ("Soft", "Hard")] == [{"status": "Rejected"}] * 2
    charging.wait(2)
    assert restarted_at(charging) - asked_s == pytest.approx(2, abs=0.1)
    charging.wait(10)
    assert only_content(charging, "StopTransaction")["reason"] == "SoftReset"


@covers("CS-5.14-03", rows=("lifecycle:drain", "lifecycle:soft.stop"))
def test_an_orderly_stop_has_the_last_word_over_a_soft_reset(charging: World) -> None:
    _stop_instead(charging, "Soft")


@covers("CS-5.14-03", rows=("lifecycle:drain", "lifecycle:hard.stop"))
def test_an_orderly_stop_has_the_last_word_over_a_hard_reset(charging: World) -> None:
    _stop_instead(charging, "Hard")


def _stop_instead(charging: World, kind: str) -> None:
    charging.csms.always("StopTransaction", SILENT)
    reset(charging, kind)
    charging.shut_down()
    assert charging.state("lifecycle") == "Draining"
    charging.wait(10)
    assert (charging.stopped, charging.boots) == (True, 1)
    charging.power_cycle().shut_down()
    assert reset(charging, "Hard") == {"status": "Rejected"}


@covers("CS-5.14-05", rows=("lifecycle:soft.offline",))
def test_what_goes_down_before_the_reset_is_done_is_owed_after_it(charging: World) -> None:
    charging.csms.always("BootNotification", says(status="Pending", interval=20))
    charging.power_cycle()
    assert reset(charging, "Soft") == {"status": "Accepted"}, "in Pending too"
    charging.csms.behave()
    charging.wait(30)
    assert charging.boots == 3
    assert only(charging, "StopTransaction")["reason"] == "PowerLoss"


@covers("CS-5.14-04", "CS-5.14-06", rows=("boot:pend.again", "lifecycle:soft.offline", "connector:CDE6.soft_reset"))
def test_a_soft_reset_stops_what_runs_where_the_acceptance_was_taken_back(charging: World) -> None:
    charging.flap().wait(10).csms.plan("BootNotification", says(status="Pending", interval=20))
    charging.ask("TriggerMessage", requestedMessage="BootNotification")
    assert (charging.state("boot"), charging.state("connector", 1)) == ("Pending", "Charging")
    assert reset(charging, "Soft") == {"status": "Accepted"}
    charging.wait(30)
    assert charging.boots == 2
    assert only(charging, "StopTransaction")["reason"] == "SoftReset"


@covers("CS-5.14-12", "CS-5.2-10", rows=("availability:take_effect", "connector:A8.power_up"))
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_what_was_scheduled_takes_effect_with_a_reset(booted: World, kind: str) -> None:
    booted.plug_in().present("alice")
    assert booted.ask("ChangeAvailability", connectorId=1, type="Inoperative").answer == {"status": "Scheduled"}
    reset(booted, kind)
    booted.wait(60)
    assert booted.boots == 2
    assert booted.csms.statuses(1)[-1] == "Unavailable"


@covers("CS-5.14-12", "CS-5.2-10", "CS-4.9-09", rows=("connector:A8.power_up",))
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_what_is_inoperative_stays_so_over_a_reset(booted: World, kind: str) -> None:
    booted.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    reset(booted, kind)
    booted.wait(10)
    assert booted.boots == 2
    assert booted.csms.statuses(1)[-2:] == ["Unavailable", "Unavailable"]
    assert booted.csms.statuses(2)[-1] == "Available"


@covers("CS-4.9-09", "CS-5.2-10", rows=("station_availability:inoperative", "connector:A8.power_up"))
def test_a_station_that_is_inoperative_stays_so_over_a_power_cut(booted: World) -> None:
    booted.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    before = len(booted.csms.statuses(0))
    booted.power_cycle().wait(10)
    assert booted.boots == 2
    assert booted.csms.statuses(0)[before:] == ["Unavailable"]
    assert [booted.csms.statuses(connector)[-1] for connector in (1, 2)] == ["Unavailable"] * 2
