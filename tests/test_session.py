"""A charging session, told as it goes: boot, a driver, energy, the end. What the CSMS saw is the judge.

The world is ``properties/world``; its driver, its cars and its CSMS are real objects on a virtual clock. Alice and Bob
have tokens of their own, Carol and Dave are a group, Mallory is blocked, everybody else is unknown.
"""

from __future__ import annotations

from typing import Any

import pytest

from properties.world.books import complaints, contents, debts
from properties.world.csms import GOOD, SILENT, Reply, error, late, refuses, says
from properties.world.world import World
from runtime.ports import RestartHardware
from tests.covering import FiredRows, covers

Json = dict[str, Any]


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see)


@pytest.fixture
def booted(world: World) -> World:
    return world.power_up()


@pytest.fixture
def charging(booted: World) -> World:
    """Connector 1 charges for Alice."""
    booted.plug_in().present("alice")
    assert booted.csms.statuses(1)[-1] == "Charging"
    return booted


def only_content(world: World, action: str) -> Json:
    """The one payload of that action, however often it was sent."""
    (payload,) = contents(world, action)
    return payload


def only(world: World, action: str) -> Json:
    """The one call of that action that the CSMS saw."""
    (payload,) = world.csms.got(action)
    return payload


# ---- boot ------------------------------------------------------------------------------------------------


@covers("CS-4.2-01", "CS-4.2-03", "ERR-3.22-01", rows=("boot:accept", "reporting:first", "reporting_zero:first"))
def test_an_accepted_station_reports_connector_0_and_every_connector(world: World) -> None:
    world.power_up()
    assert world.csms.actions() == ["BootNotification"] + ["StatusNotification"] * 3
    assert [world.csms.statuses(connector) for connector in (0, 1, 2)] == [["Available"]] * 3


@covers("CS-4.2-04", "CS-4.2-08", "CS-4.2-19", rows=("boot:pend", "boot:retry"))
def test_in_pending_nothing_leaves_until_the_interval_is_over(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Pending", interval=40))
    world.power_up().plug_in().wait(30)
    assert world.csms.actions() == ["BootNotification"]
    world.wait(15)
    assert world.csms.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]


@covers("CS-4.2-11", "CS-4.2-14", rows=("boot:reject", "boot:retry"))
def test_rejected_means_silence_and_no_answers(world: World) -> None:
    world.csms.plan("BootNotification", says(status="Rejected", interval=40))
    world.power_up()
    asked = world.ask("GetConfiguration")
    world.wait(30)
    assert asked.answer is None
    assert not asked.error
    assert world.csms.actions() == ["BootNotification"]
    world.wait(15)
    assert "StatusNotification" in world.csms.actions()


@covers("CS-4.2-03", rows=("boot:unanswered", "boot:retry"))
def test_an_unanswered_boot_notification_is_sent_again(world: World) -> None:
    world.csms.plan("BootNotification", SILENT, error())
    world.power_up().wait(90)
    assert world.csms.actions()[:4] == ["BootNotification"] * 3 + ["StatusNotification"]


@covers("CS-4.2-09", rows=("boot:reject",))
def test_interval_0_means_a_wait_of_our_own(world: World) -> None:
    world.csms.always("BootNotification", says(status="Rejected", interval=0))
    world.power_up().wait(100)
    assert 2 <= len(world.csms.seen) <= 5


@covers("CS-4.2-06", "CS-4.6-02", rows=("heartbeat:begin", "heartbeat:beat"))
def test_heartbeats_follow_the_interval_of_the_boot(world: World) -> None:
    world.csms.heartbeat_interval_s = 45
    world.power_up().wait(100)
    beats = [seen.at_s for seen in world.csms.seen if seen.action == "Heartbeat"]
    assert len(beats) == 2
    assert beats[1] - beats[0] == pytest.approx(45, abs=0.5)


@covers("CS-4.2-07", "CS-4.6-05")
def test_the_clock_follows_the_csms(world: World) -> None:
    world.clock.skew_s = -86_400 * 365
    world.power_up()
    assert all(status["timestamp"].startswith("2026-01-01") for status in world.csms.got("StatusNotification"))


@covers("CS-4.2-20", rows=("boot:pend",))
def test_remote_start_is_rejected_in_pending(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up()
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Rejected"}
    assert world.ask("RemoteStopTransaction", transactionId=1).answer == {"status": "Rejected"}


@covers("CS-4.2-18", "CS-4.2-19", rows=("reporting:trigger", "heartbeat:beat.pending", "metering:trigger"))
def test_in_pending_what_is_triggered_leaves_and_nothing_else(world: World) -> None:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    world.power_up()
    for message in ("StatusNotification", "Heartbeat", "MeterValues"):
        assert world.ask("TriggerMessage", requestedMessage=message).answer == {"status": "Accepted"}
    assert set(world.csms.actions()) == {"BootNotification", "StatusNotification", "Heartbeat", "MeterValues"}
    assert not complaints(world)


# ---- start -----------------------------------------------------------------------------------------------


@covers("CS-4.1-01", "CS-4.1-06", "CS-4.8-01", "CS-4.9-A2", "CS-4.9-B3", rows=("authorization:ask", "connector:B3"))
def test_cable_first_then_token(booted: World) -> None:
    booted.plug_in().present("alice")
    assert only(booted, "Authorize") == {"idTag": "alice"}
    assert only(booted, "StartTransaction")["connectorId"] == 1
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Charging"]


@covers("CS-4.9-A2", "CS-4.9-B3", rows=("connector:A2.token", "connector:B3"))
def test_token_first_then_cable(booted: World) -> None:
    booted.present("alice")
    assert booted.csms.statuses(1) == ["Available", "Preparing"]
    booted.plug_in()
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Charging"]


@covers("CS-4.1-01", "CS-4.1-02", rows=("authorization:refuse",))
@pytest.mark.parametrize("id_tag", ["mallory", "stranger"])
def test_a_refused_token_starts_nothing(booted: World, id_tag: str) -> None:
    booted.plug_in().present(id_tag).wait(10)
    assert not booted.csms.got("StartTransaction")
    assert booted.box.last_verdict == (1, "Refused")
    assert booted.register_wh() == 0


@covers("CS-4.9-B4", "CS-4.9-D3", rows=("connector:B4", "connector:D3"))
def test_an_ev_that_asks_for_nothing_is_suspended_until_it_does(booted: World) -> None:
    booted.plug_in().ev_wants(False).present("alice").ev_wants(True)
    assert booted.csms.statuses(1)[1:] == ["Preparing", "SuspendedEV", "Charging"]


@covers("CS-9.1.13-01", rows=("authorization:local",))
def test_a_known_token_starts_at_once_with_local_pre_authorize(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalPreAuthorize": "true"}).power_up()
    world.plug_in().present("alice").plug_out().wait(1)
    world.plug_in(2).present("alice")
    assert len(world.csms.got("Authorize")) == 1
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [1, 2]


@covers("CS-5.11-02", "CS-5.11-06", "CS-5.11-09", "ERR-3.32-01", rows=("authorization:remote",))
def test_a_remote_start_is_answered_first_and_asks_nobody(booted: World) -> None:
    booted.plug_in(2)
    asked = booted.ask("RemoteStartTransaction", idTag="bob", connectorId=2)
    assert asked.answer == {"status": "Accepted"}
    assert not booted.csms.got("Authorize")
    assert only(booted, "StartTransaction")["idTag"] == "bob"
    out = [passed.text for passed in booted.network.log if passed.outward]
    answer = next(n for n, text in enumerate(out) if asked.message_id in text)
    assert answer < next(n for n, text in enumerate(out) if "StartTransaction" in text)


@covers("CS-5.11-04", "CS-5.11-05", rows=("authorization:remote.ask",))
def test_a_remote_start_is_authorized_where_the_key_says_so(fired: FiredRows) -> None:
    world = World(fired.see, settings={"AuthorizeRemoteTxRequests": "true"}).power_up()
    world.plug_in()
    assert world.ask("RemoteStartTransaction", idTag="mallory").answer == {"status": "Accepted"}
    assert not world.csms.got("StartTransaction")
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Accepted"}
    assert only(world, "StartTransaction")["idTag"] == "alice"
    assert world.csms.got("Authorize") == [{"idTag": "mallory"}, {"idTag": "alice"}]


@covers("CS-5.11-02")
@pytest.mark.parametrize("connector", [0, 3])
def test_a_remote_start_at_a_connector_that_is_not_there_is_rejected(booted: World, connector: int) -> None:
    assert booted.ask("RemoteStartTransaction", idTag="bob", connectorId=connector).answer == {"status": "Rejected"}


# ---- energy ----------------------------------------------------------------------------------------------


@covers("CS-4.7-03", "CS-4.7-06", "CS-9.1.19-01", rows=("metering:sample", "delivery:meter_settled"))
def test_samples_at_the_interval_carry_the_transaction_id(charging: World) -> None:
    charging.wait(185)
    values = charging.csms.got("MeterValues")
    assert [value["transactionId"] for value in values] == [1001] * 3
    readings = [int(value["meterValue"][0]["sampledValue"][0]["value"]) for value in values]
    assert readings == sorted(readings)
    assert readings[0] == pytest.approx(1000, rel=0.1), "a minute at 60 kW"


@covers("CS-3.6-07", "CS-3.6-09", "CS-4.1-02")
def test_energy_is_offered_only_in_a_running_transaction(booted: World) -> None:
    def offered_w() -> float:
        return booted.box.meters(booted.clock.now_s)[0].offered_w

    booted.plug_in()
    assert offered_w() == 0
    booted.present("alice")
    assert offered_w() == 60_000
    booted.present("alice")
    assert offered_w() == 0


# ---- stop ------------------------------------------------------------------------------------------------


@covers("CS-3.4-06", "CS-4.10-01", "CS-4.9-C6", "CS-4.9-F1", rows=("authorization:stop", "connector:C6.token"))
def test_the_token_that_started_stops_without_asking(charging: World) -> None:
    charging.wait(70).present("ALICE")
    stop = only(charging, "StopTransaction")
    assert (stop["reason"], stop["transactionId"], stop["idTag"]) == ("Local", 1001, "ALICE")
    assert len(charging.csms.got("Authorize")) == 1
    contexts = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert contexts == ["Transaction.Begin", "Sample.Periodic", "Transaction.End"]
    charging.plug_out()
    assert charging.csms.statuses(1)[-3:] == ["Charging", "Finishing", "Available"]
    assert not debts(charging)


@covers("CS-3.10-02", "CS-4.1-03", rows=("authorization:stop.group",))
def test_a_token_of_the_same_group_stops_after_asking(booted: World) -> None:
    booted.plug_in().present("carol").present("dave")
    assert booted.csms.got("Authorize") == [{"idTag": "carol"}, {"idTag": "dave"}]
    assert only(booted, "StopTransaction")["idTag"] == "dave"


@covers("CS-3.10-02", rows=("authorization:stop.group", "authorization:remote"))
def test_the_group_may_come_with_the_answer_to_the_start(fired: FiredRows) -> None:
    world = World(fired.see, settings={"AuthorizationCacheEnabled": "false"}).power_up()
    world.plug_in()
    world.ask("RemoteStartTransaction", idTag="carol", connectorId=1)
    world.present("dave", 1)
    assert only(world, "StopTransaction")["idTag"] == "dave"


@covers("CS-3.10-02", rows=("authorization:stop.stranger", "authorization:stop.refused"))
def test_a_stranger_stops_nothing_though_the_csms_accepts_him(charging: World) -> None:
    charging.present("bob", 1).present("mallory", 1).wait(5)
    assert not charging.csms.got("StopTransaction")
    assert charging.csms.statuses(1)[-1] == "Charging"


@covers("CS-5.12-02", "CS-5.12-04", "CS-5.12-05", "ERR-3.33-01", rows=("connector:C6.remote",))
def test_a_remote_stop_ends_the_transaction_that_it_names(charging: World) -> None:
    assert charging.ask("RemoteStopTransaction", transactionId=7).answer == {"status": "Rejected"}
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}
    stop = only(charging, "StopTransaction")
    assert stop["reason"] == "Remote"
    assert "idTag" not in stop
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Rejected"}


@covers(
    "CS-4.9-23", "CS-4.9-24", "CS-4.9-25", "CS-4.10-17", "ERR-3.19-01", rows=("connector:C6.unplug", "connector:F1")
)
def test_an_ev_that_leaves_ends_its_transaction(charging: World) -> None:
    charging.plug_out()
    assert only(charging, "StopTransaction")["reason"] == "EVDisconnected"
    last = [p for p in charging.csms.got("StatusNotification") if p["connectorId"] == 1][-2:]
    assert [(p["status"], p.get("info")) for p in last] == [("Finishing", "EV side disconnected"), ("Available", None)]


@covers("CS-4.9-24", "CS-4.9-28", rows=("reporting:offline", "reporting:catch_up"))
def test_what_was_passed_offline_is_not_replayed_nor_explained_later(charging: World) -> None:
    charging.link_down().plug_out().link_up().wait(5)
    last = [p for p in charging.csms.got("StatusNotification") if p["connectorId"] == 1][-1]
    assert (last["status"], last.get("info")) == ("Available", None)
    assert charging.csms.statuses(1) == ["Available", "Preparing", "Charging", "Available"]


@covers("CS-7.36-05", rows=("connector:C6.button",))
def test_the_stop_button_stops_locally(charging: World) -> None:
    charging.press_stop()
    stop = only(charging, "StopTransaction")
    assert stop["reason"] == "Local"
    assert "idTag" not in stop


@covers("CS-4.9-F2", "ERR-3.19-01", rows=("connector:F2", "connector:B3"))
def test_another_session_with_the_cable_still_in_passes_preparing(charging: World) -> None:
    charging.present("alice").present("bob", 1)
    assert charging.csms.statuses(1)[-4:] == ["Charging", "Finishing", "Preparing", "Charging"]
    assert [start["idTag"] for start in charging.csms.got("StartTransaction")] == ["alice", "bob"]


@covers("CS-7.36-08", "CS-3.7-01", rows=("shutdown:drain", "connector:C6.shut_down", "shutdown:done"))
def test_an_orderly_stop_ends_and_delivers_first(charging: World) -> None:
    charging.shut_down()
    assert charging.stopped
    assert only(charging, "StopTransaction")["reason"] == "Reboot"
    charging.power_cycle().wait(10)
    assert not debts(charging)


@covers("CS-3.7-03", rows=("shutdown:offline",))
def test_an_orderly_stop_offline_keeps_what_it_owes(charging: World) -> None:
    charging.link_down().shut_down()
    assert charging.stopped
    charging.cut_power().network.down.clear()
    charging.power_up().wait(5)
    assert only(charging, "StopTransaction")["reason"] == "Reboot"


@covers("CS-3.7-01", rows=("shutdown:enough",))
def test_an_orderly_stop_does_not_wait_for_ever(charging: World) -> None:
    charging.csms.always("StopTransaction", SILENT)
    charging.shut_down()
    assert not charging.stopped
    charging.wait(6)
    assert charging.stopped


# ---- reset -----------------------------------------------------------------------------------------------


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
    "CS-5.14-02", "CS-5.14-03", "CS-5.14-04", "CS-5.14-06", "CS-5.14-07",
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
    "CS-5.14-04", "CS-5.14-08", "CS-5.14-09", "CS-5.14-10", "CS-7.36-04",
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


@covers("CS-5.14-09", rows=("shutdown:soft", "shutdown:hard.resetting"))
def test_a_hard_reset_ends_the_wait_of_a_soft_one(charging: World) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    assert reset(charging, "Soft") == {"status": "Accepted"}
    assert reset(charging, "Soft") == {"status": "Rejected"}
    assert reset(charging, "Hard") == {"status": "Accepted"}
    assert charging.stopped
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


@covers("CS-5.14-12", rows=("connector:A8.power_up",))
@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_what_is_inoperative_stays_so_over_a_reset(booted: World, kind: str) -> None:
    booted.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    reset(booted, kind)
    booted.wait(10)
    assert booted.boots == 2
    assert booted.csms.statuses(1)[-2:] == ["Unavailable", "Unavailable"]
    assert booted.csms.statuses(2)[-1] == "Available"


# ---- time-outs -------------------------------------------------------------------------------------------


@covers("CS-9.1.6-02", "CS-4.9-B1", "ERR-3.21-01", rows=("connector:B1.timeout",))
def test_a_token_without_a_cable_times_out_to_available(booted: World) -> None:
    booted.present("alice").wait(61)
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Available"]
    booted.plug_in().wait(5)
    assert not booted.csms.got("StartTransaction"), "the authorization went with the time-out"


@covers("CS-4.9-B6", "ERR-3.20-01", "ERR-3.87-01", rows=("connector:B6.timeout", "connector:F1"))
def test_a_cable_without_a_token_times_out_to_finishing(booted: World) -> None:
    booted.plug_in().wait(61)
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Finishing"]
    booted.plug_out()
    assert booted.csms.statuses(1)[-1] == "Available"


@covers("CS-4.9-B1", rows=("authorization:give_up", "connector:B1.again"))
def test_the_same_token_again_gives_up(booted: World) -> None:
    booted.present("alice").present("alice")
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Available"]


# ---- refused by StartTransaction.conf ----------------------------------------------------------------------


@covers("CS-3.5.4-06", "CS-3.5.4-07", "ERR-3.17-01", rows=("transaction:refuse.stop", "connector:C6.deauthorized"))
def test_a_refused_start_stops_the_transaction(booted: World) -> None:
    booted.csms.plan("StartTransaction", refuses("ConcurrentTx"))
    booted.plug_in().present("alice")
    assert only(booted, "StopTransaction")["reason"] == "DeAuthorized"
    assert booted.csms.statuses(1)[-2:] == ["Charging", "Finishing"]


@covers("CS-3.5.4-09", "ERR-3.17-02", rows=("transaction:refuse.hold", "connector:C5.hold"))
def test_a_refused_start_holds_the_energy_where_the_key_says_so(fired: FiredRows) -> None:
    world = World(fired.see, settings={"StopTransactionOnInvalidId": "false"}).power_up()
    world.csms.plan("StartTransaction", refuses())
    world.plug_in().present("alice")
    register_wh = world.register_wh()
    world.wait(60)
    assert world.csms.statuses(1)[-2:] == ["Charging", "SuspendedEVSE"]
    assert world.register_wh() == register_wh
    world.present("alice")
    assert only(world, "StopTransaction")["reason"] == "Local"


# ---- offline ---------------------------------------------------------------------------------------------


@covers("J-5.4-01", "CS-4.9-26", rows=("link:close", "link:open"))
def test_a_mere_reconnect_says_nothing(booted: World) -> None:
    before = len(booted.csms.seen)
    booted.flap().wait(30)
    assert booted.network.connection == 2
    assert booted.csms.actions()[before:] == []


@covers("CS-9.1.12-01", "CS-3.5.4-05", "CS-3.7-03", rows=("authorization:offline", "delivery:open"))
def test_a_known_token_starts_and_stops_offline_and_all_of_it_arrives(charging: World) -> None:
    charging.present("alice").plug_out().link_down()
    charging.plug_in(2).present("alice", 2).wait(130).present("alice", 2)
    assert len(charging.csms.got("StartTransaction")) == 1
    charging.link_up().wait(10)
    queued = [a for a in charging.csms.actions() if a in ("StartTransaction", "MeterValues", "StopTransaction")]
    assert queued[-4:] == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    assert charging.csms.got("StopTransaction")[-1]["transactionId"] == 1002
    assert not complaints(charging)


@covers("CS-3.5.4-03", "CS-3.5.4-02", rows=("authorization:offline.refuse",))
def test_an_expired_or_unknown_token_does_not_start_offline(booted: World) -> None:
    booted.csms.tokens["bob"] = {"status": "Accepted", "expiryDate": "2026-01-01T12:00:30Z"}
    booted.plug_in().present("bob").plug_out().wait(40).link_down()
    booted.plug_in().present("bob").present("stranger")
    assert booted.state("connector", 1) == "Preparing"
    assert booted.box.last_verdict == (1, "Refused")


@covers("CS-9.1.12-01", rows=("authorization:unanswered", "authorization:unanswered.refuse"))
def test_a_csms_that_does_not_answer_is_as_good_as_offline(charging: World) -> None:
    charging.present("alice").plug_out()
    charging.csms.always("Authorize", SILENT)
    charging.plug_in(2).present("bob", 2).wait(11)
    assert charging.box.last_verdict == (2, "Refused")
    charging.present("alice", 2).wait(11)
    assert charging.box.last_verdict == (2, "Accepted")


@covers("J-4.1.1-07", rows=("call:timeout",))
def test_an_answer_that_comes_too_late_changes_nothing(booted: World) -> None:
    booted.csms.plan("Authorize", late(15.0))
    booted.plug_in().present("alice").wait(20)
    assert booted.box.last_verdict == (1, "Refused")
    assert not booted.csms.got("StartTransaction")


@covers("J-5.3-01", "J-5.4-03", rows=("link:fail", "link:redial"))
def test_dials_that_fail_wait_longer_each_time(booted: World) -> None:
    booted.network.refusing = True
    booted.flap().wait(600)
    assert 5 <= booted.network.dials <= 20
    booted.network.refusing = False
    booted.wait(130)
    assert booted.network.is_open


@covers("CS-9.1.34-01", rows=("link:close", "link:open"))
def test_a_half_open_socket_is_found_by_its_ping_and_dialled_again(charging: World) -> None:
    charging.network.half_open = True
    charging.press_stop().wait(25)
    assert charging.network.connection == 2
    assert only(charging, "StopTransaction")["reason"] == "Local"
