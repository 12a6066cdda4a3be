"""Reset.req, soft and hard, with all that can be under way."""

from __future__ import annotations

import pytest

from properties.world.books import complaints, contents, debts
from properties.world.csms import GOOD, SILENT, Reply, says
from properties.world.world import World
from runtime.ports import RestartHardware
from tests.covering import covers
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
    rows=("shutdown:soft", "connector:C6.soft_reset", "shutdown:soft.done"),
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
    assert not complaints(both_charging)
    assert not debts(both_charging)


@covers("CS-5.14-05", "CS-5.14-06", rows=("shutdown:soft.enough", "transaction:settle"))
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
    assert not debts(charging)


@covers(
    "ERR-3.81-01", "CS-5.14-11", "ERR-3.36-01", "ERR-3.36-03", "CS-7.42-02", "CS-5.14-04", "CS-5.14-08",
    "CS-5.14-09", "CS-5.14-10", "CS-7.36-04",
    rows=("shutdown:hard", "connector:C6.hard_reset"),
)  # fmt: skip
@pytest.mark.parametrize("mood", [SILENT, GOOD])
def test_a_hard_reset_waits_for_nothing_and_loses_nothing(both_charging: World, mood: Reply) -> None:
    both_charging.csms.plan("StopTransaction", mood)
    assert reset(both_charging, "Hard") == {"status": "Accepted"}
    assert both_charging.stopped
    assert any(isinstance(effect, RestartHardware) for _, _, step in both_charging.steps for effect in step.effects)
    both_charging.wait(90)
    stops = contents(both_charging, "StopTransaction")
    assert [stop["reason"] for stop in stops] == ["HardReset"] * 2
    assert sorted(stop["transactionId"] for stop in stops) == [1001, 1002]
    assert not complaints(both_charging)
    assert not debts(both_charging)


@covers("CS-5.14-06", "CS-7.42-04", "ERR-3.36-01")
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_reset_ends_what_is_suspended_too(both_charging: World, kind: str) -> None:
    both_charging.ev_wants(False, 1).fault(2, "EVCommunicationError")
    assert [both_charging.csms.statuses(connector)[-1] for connector in (1, 2)] == ["SuspendedEV", "SuspendedEVSE"]
    reset(both_charging, kind)
    both_charging.wait(90)
    assert [stop["reason"] for stop in contents(both_charging, "StopTransaction")] == [f"{kind}Reset"] * 2
    assert not debts(both_charging)


@covers("CS-5.14-08", "CS-5.14-09", rows=("shutdown:soft", "shutdown:hard.resetting"))
def test_a_hard_reset_ends_the_wait_of_a_soft_one(charging: World) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    assert reset(charging, "Soft") == {"status": "Accepted"}
    assert reset(charging, "Soft") == {"status": "Rejected"}
    assert reset(charging, "Hard") == {"status": "Accepted"}
    assert charging.stopped
    assert any(isinstance(effect, RestartHardware) for _, _, step in charging.steps for effect in step.effects)
    charging.wait(10)
    assert only_content(charging, "StopTransaction")["reason"] == "SoftReset"


@covers("CS-5.14-03", rows=("shutdown:drain", "shutdown:soft.stop"))
def test_an_orderly_stop_has_the_last_word(charging: World) -> None:
    charging.csms.always("StopTransaction", SILENT)
    reset(charging, "Soft")
    charging.shut_down()
    assert charging.state("shutdown") == "Draining"
    charging.wait(10)
    assert (charging.stopped, charging.boots) == (True, 1)
    charging.power_cycle().shut_down()
    assert reset(charging, "Hard") == {"status": "Rejected"}


@covers("CS-5.14-05", rows=("shutdown:soft.offline",))
def test_what_goes_down_before_the_reset_is_done_is_owed_after_it(charging: World) -> None:
    charging.csms.always("BootNotification", says(status="Pending", interval=20))
    charging.power_cycle()
    assert reset(charging, "Soft") == {"status": "Accepted"}, "in Pending too"
    charging.csms.behave()
    charging.wait(30)
    assert charging.boots == 3
    assert only(charging, "StopTransaction")["reason"] == "PowerLoss"


@covers("CS-5.14-04", "CS-5.14-06", rows=("boot:pend.again", "shutdown:soft.offline", "connector:C6.soft_reset"))
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


@covers("CS-4.9-09", "CS-5.2-10", rows=("connector_zero:inoperative", "connector:A8.power_up"))
def test_a_station_that_is_inoperative_stays_so_over_a_power_cut(booted: World) -> None:
    booted.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    before = len(booted.csms.statuses(0))
    booted.power_cycle().wait(10)
    assert booted.boots == 2
    assert booted.csms.statuses(0)[before:] == ["Unavailable"]
    assert [booted.csms.statuses(connector)[-1] for connector in (1, 2)] == ["Unavailable"] * 2
