"""The course of a session: how it starts, what flows, how it ends."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT
from properties.world.invariants import undelivered
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.session.looks import only

# ---- start -----------------------------------------------------------------------------------------------


@covers(
    "ERR-4.5-02",
    "CS-4.9-03",
    "CS-5.2-01",
    "CS-7.7-02",
    "CS-3.4-02",
    "CS-3.4-03",
    "ERR-4.5-05",
    "ERR-4.5-01",
    "CS-4.1-01",
    "CS-4.1-06",
    "CS-4.8-01",
    "CS-4.9-A2",
    "CS-4.9-B3",
    rows=("authorization:ask", "connector:B3"),
)
def test_cable_first_then_token(booted: World) -> None:
    booted.plug_in().present("alice")
    assert only(booted, "Authorize") == {"idTag": "alice"}
    assert only(booted, "StartTransaction")["connectorId"] == 1
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Charging"]
    booted.present("alice").plug_out()
    assert booted.csms.statuses(1)[3:] == ["Finishing", "Available"], "the session ends when the cable has gone"


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


@covers(
    "CS-3.6-08",
    "ERR-3.55-01",
    "CS-3.6-02",
    "CS-3.6-03",
    "CS-4.9-11",
    "ERR-3.64-02",
    "CS-4.9-B4",
    "CS-4.9-D3",
    rows=("connector:B4", "connector:D3"),
)
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


@covers(
    "CS-5.11-10",
    "CS-5.11-02",
    "CS-5.11-06",
    "CS-5.11-09",
    "ERR-3.32-01",
    rows=("remote_start:start", "authorization:remote"),
)
def test_a_remote_start_is_answered_first_and_asks_nobody(booted: World) -> None:
    booted.plug_in(2)
    asked = booted.ask("RemoteStartTransaction", idTag="bob", connectorId=2)
    assert asked.answer == {"status": "Accepted"}
    assert not booted.csms.got("Authorize")
    assert only(booted, "StartTransaction")["idTag"] == "bob"
    out = [passed.text for passed in booted.network.log if passed.outward]
    answer = next(n for n, text in enumerate(out) if asked.message_id in text)
    assert answer < next(n for n, text in enumerate(out) if "StartTransaction" in text)


@covers("ERR-3.32-01", "CS-5.11-02", rows=("authorization:remote",))
def test_a_remote_start_is_accepted_where_no_ev_is_and_may_come_to_nothing(fired: FiredRows) -> None:
    world = World(fired.see, settings={"ConnectionTimeOut": "20"}).power_up()
    assert world.ask("RemoteStartTransaction", idTag="alice", connectorId=1).answer == {"status": "Accepted"}
    world.wait(30).plug_in()
    assert world.csms.statuses(1) == ["Available", "Preparing", "Available", "Preparing"]
    assert not world.csms.got("StartTransaction")


@covers("CS-5.11-04", "CS-5.11-05", "ERR-3.32-01", rows=("authorization:remote.ask",))
def test_a_remote_start_is_authorized_where_the_key_says_so(fired: FiredRows) -> None:
    world = World(fired.see, settings={"AuthorizeRemoteTxRequests": "true"}).power_up()
    world.plug_in()
    assert world.ask("RemoteStartTransaction", idTag="mallory").answer == {"status": "Accepted"}
    assert not world.csms.got("StartTransaction")
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Accepted"}
    assert only(world, "StartTransaction")["idTag"] == "alice"
    assert world.csms.got("Authorize") == [{"idTag": "mallory"}, {"idTag": "alice"}]


@covers("CS-5.11-04", rows=("authorization:remote.local",))
def test_a_remote_start_of_a_known_token_is_like_one_at_the_reader(fired: FiredRows) -> None:
    known = {"AuthorizeRemoteTxRequests": "true", "LocalPreAuthorize": "true"}
    world = World(fired.see, settings=known).power_up().plug_in().present("alice").present("alice").plug_out()
    world.plug_in()
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Accepted"}
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == ["alice"] * 2
    assert world.csms.got("Authorize") == [{"idTag": "alice"}]


@covers("CS-3.8-04", "CS-5.11-02", rows=("remote_start:nowhere",))
@pytest.mark.parametrize("connector", [0, 3])
def test_a_remote_start_at_a_connector_that_is_not_there_is_rejected(booted: World, connector: int) -> None:
    assert booted.ask("RemoteStartTransaction", idTag="bob", connectorId=connector).answer == {"status": "Rejected"}


# ---- energy ----------------------------------------------------------------------------------------------


@covers(
    "CS-4.7-01", "CS-4.7-03", "CS-4.7-06", "CS-9.1.19-01", rows=("metering:sample", "transaction_queue:meter_settled")
)
def test_samples_at_the_interval_carry_the_transaction_id(charging: World) -> None:
    charging.wait(185)
    values = charging.csms.got("MeterValues")
    assert [value["transactionId"] for value in values] == [1001] * 3
    readings = [int(value["meterValue"][0]["sampledValue"][0]["value"]) for value in values]
    assert readings == sorted(readings)
    assert readings[0] == pytest.approx(1000, rel=0.1), "a minute at 60 kW"


@covers("CS-3.6-01", "ERR-4.5-03", "CS-3.6-07", "CS-3.6-09", "CS-4.1-02")
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


@covers(
    "CS-3.6-10",
    "CS-3.6-11",
    "CS-4.10-02",
    "CS-4.10-08",
    "CS-3.4-01",
    "CS-3.4-03",
    "CS-3.4-05",
    "CS-3.16.1-06",
    "ERR-3.13-05",
    "CS-4.10-03",
    "ERR-3.14-01",
    "ERR-4.24-01",
    "ERR-4.25-01",
    "CS-3.16-02",
    "ERR-3.13-01",
    "CS-3.16-01",
    "CS-3.4-06",
    "CS-4.10-01",
    "CS-4.9-C6",
    "CS-4.9-F1",
    rows=("authorization:stop", "connector:CDE6.token"),
)
def test_the_token_that_started_stops_without_asking(charging: World) -> None:
    charging.wait(70).present("ALICE")
    stop = only(charging, "StopTransaction")
    assert (stop["reason"], stop["transactionId"], stop["idTag"]) == ("Local", 1001, "ALICE")
    assert len(charging.csms.got("Authorize")) == 1
    contexts = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert contexts == ["Transaction.Begin", "Sample.Periodic", "Transaction.End"]
    charging.plug_out()
    assert charging.csms.statuses(1)[-3:] == ["Charging", "Finishing", "Available"]
    assert not undelivered(charging)


@covers("CS-3.4-04", "CS-3.10-01", "CS-3.10-02", "CS-4.1-03", rows=("authorization:stop.group",))
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


@covers("CS-3.9-03", "CS-3.10-03", "CS-3.10-02", rows=("authorization:stop.stranger", "authorization:stop.group"))
def test_a_card_with_the_number_of_the_account_is_not_of_its_group(booted: World) -> None:
    account = {"status": "Accepted", "parentIdTag": "ACCOUNT 42"}
    booted.csms.tokens |= {"anna": account, "bert": account, "account 42": {"status": "Accepted"}}
    booted.plug_in().present("anna", 1).present("ACCOUNT 42", 1).wait(5)
    assert not booted.csms.got("StopTransaction")
    booted.present("bert", 1)
    assert only(booted, "StopTransaction")["idTag"] == "bert"


@covers("CS-3.4-04", "CS-3.10-02", rows=("authorization:stop.stranger", "authorization:stop.refused"))
def test_a_stranger_stops_nothing_though_the_csms_accepts_him(charging: World) -> None:
    charging.present("bob", 1).present("mallory", 1).wait(5)
    assert not charging.csms.got("StopTransaction")
    assert charging.csms.statuses(1)[-1] == "Charging"


@covers("CS-5.12-04", "CS-5.12-05", rows=("connector:CDE6.remote",))
def test_a_remote_stop_ends_a_transaction_in_which_the_ev_pauses(charging: World) -> None:
    charging.ev_wants(False)
    assert charging.csms.statuses(1)[-1] == "SuspendedEV"
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}
    assert only(charging, "StopTransaction")["reason"] == "Remote"
    assert charging.csms.statuses(1)[-1] == "Finishing"


@covers("CS-3.4-06", "CS-4.1-03", rows=("authorization:stop",))
def test_who_started_stops_without_asking_while_the_ev_pauses_too(charging: World) -> None:
    charging.ev_wants(False).present("alice", 1)
    assert only(charging, "StopTransaction")["idTag"] == "alice"
    assert len(charging.csms.got("Authorize")) == 1


@covers("CS-5.12-03", "CS-5.12-02", "CS-5.12-04", "CS-5.12-05", "ERR-3.33-01", rows=("connector:CDE6.remote",))
def test_a_remote_stop_ends_the_transaction_that_it_names(charging: World) -> None:
    assert charging.ask("RemoteStopTransaction", transactionId=7).answer == {"status": "Rejected"}
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}
    stop = only(charging, "StopTransaction")
    assert stop["reason"] == "Remote"
    assert "idTag" not in stop
    assert charging.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Rejected"}


@covers(
    "CS-9.1.23-02",
    "CS-4.10-13",
    "CS-4.9-23",
    "CS-4.9-24",
    "CS-4.9-25",
    "CS-4.10-17",
    "ERR-3.19-01",
    "CS-4.9-02",
    rows=("connector:CDE6.unplug", "connector:F1"),
)
def test_an_ev_that_leaves_ends_its_transaction(charging: World) -> None:
    charging.plug_out()
    assert only(charging, "StopTransaction")["reason"] == "EVDisconnected"
    last = [p for p in charging.csms.got("StatusNotification") if p["connectorId"] == 1][-2:]
    assert [(p["status"], p.get("info")) for p in last] == [("Finishing", "EV side disconnected"), ("Available", None)]


@covers("CS-9.1.23-02", "CS-4.10-17", rows=("connector:CDE6.unplug",))
@pytest.mark.parametrize("by", ["EV", "EVSE"])
def test_so_does_one_that_leaves_while_its_transaction_is_suspended(charging: World, by: str) -> None:
    charging.ev_wants(False) if by == "EV" else charging.fault(1, "EVCommunicationError")
    assert charging.csms.statuses(1)[-1] == f"Suspended{by}"
    charging.plug_out()
    assert only(charging, "StopTransaction")["reason"] == "EVDisconnected"


@covers("CS-4.9-24", "CS-4.9-28", rows=("reporting:offline", "reporting:catch_up"))
def test_what_was_passed_offline_is_not_replayed_nor_explained_later(charging: World) -> None:
    charging.link_down().plug_out().link_up().wait(5)
    last = [p for p in charging.csms.got("StatusNotification") if p["connectorId"] == 1][-1]
    assert (last["status"], last.get("info")) == ("Available", None)
    assert charging.csms.statuses(1) == ["Available", "Preparing", "Charging", "Available"]


@covers("CS-4.10-07", "CS-4.10-10", "CS-7.36-05", rows=("connector:CDE6.button",))
def test_the_stop_button_stops_locally(charging: World) -> None:
    charging.press_stop()
    stop = only(charging, "StopTransaction")
    assert stop["reason"] == "Local"
    assert "idTag" not in stop


@covers("ERR-4.5-04", "CS-4.9-F2", "ERR-3.19-01", rows=("connector:F2", "connector:B3"))
def test_another_session_with_the_cable_still_in_passes_preparing(charging: World) -> None:
    charging.present("alice").present("bob", 1)
    assert charging.csms.statuses(1)[-4:] == ["Charging", "Finishing", "Preparing", "Charging"]
    assert [start["idTag"] for start in charging.csms.got("StartTransaction")] == ["alice", "bob"]


@covers("CS-7.36-08", "CS-3.7-01", rows=("lifecycle:drain", "connector:CDE6.shut_down", "lifecycle:done"))
def test_an_orderly_stop_ends_and_delivers_first(charging: World) -> None:
    charging.shut_down()
    assert charging.stopped
    assert only(charging, "StopTransaction")["reason"] == "Reboot"
    charging.power_cycle().wait(10)
    assert not undelivered(charging)


@covers("CS-3.7-03", rows=("lifecycle:offline",))
def test_an_orderly_stop_offline_keeps_what_it_owes(charging: World) -> None:
    charging.link_down().shut_down()
    assert charging.stopped
    charging.cut_power().network.down.clear()
    charging.power_up().wait(5)
    assert only(charging, "StopTransaction")["reason"] == "Reboot"


@covers("CS-3.7-01", rows=("lifecycle:enough",))
def test_an_orderly_stop_does_not_wait_for_ever(charging: World) -> None:
    charging.csms.always("StopTransaction", SILENT)
    charging.shut_down()
    assert not charging.stopped
    charging.wait(6)
    assert charging.stopped
