"""Sessions that come to nothing or meet a wall: time-outs, refusals, no link, no power."""

from __future__ import annotations

import pytest

from properties.world.csms import SILENT, late, refuses
from properties.world.invariants import violations
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.session.looks import only

# ---- time-outs -------------------------------------------------------------------------------------------


@covers("CS-9.1.6-02", "CS-4.9-B1", "ERR-3.21-01", "ERR-3.87-01", rows=("connector:B1.timeout",))
def test_a_token_without_a_cable_times_out_to_available(booted: World) -> None:
    booted.wait(40).present("alice").wait(59)
    assert booted.csms.statuses(1) == ["Available", "Preparing"]
    booted.wait(2)
    assert booted.csms.statuses(1) == ["Available", "Preparing", "Available"]
    booted.plug_in().wait(5)
    assert not booted.csms.got("StartTransaction"), "the authorization went with the time-out"


@covers("CS-4.9-B6", "CS-9.1.6-02", "ERR-3.20-01", "ERR-3.87-01", rows=("connector:B6.timeout", "connector:F1"))
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


@covers("CS-3.5.4-06", "CS-3.5.4-07", "ERR-3.17-01", rows=("transaction:refuse.stop", "connector:CDE6.deauthorized"))
def test_a_refused_start_stops_the_transaction(booted: World) -> None:
    booted.csms.plan("StartTransaction", refuses("ConcurrentTx"))
    booted.plug_in().present("alice")
    assert only(booted, "StopTransaction")["reason"] == "DeAuthorized"
    assert booted.csms.statuses(1)[-2:] == ["Charging", "Finishing"]


@covers("ERR-3.64-01", "CS-3.5.4-09", "ERR-3.17-02", rows=("transaction:refuse.hold", "connector:C5.hold"))
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


@covers("CS-9.1.12-01", "CS-3.5.4-05", "CS-3.7-03", rows=("authorization:offline", "transaction_queue:open"))
def test_a_known_token_starts_and_stops_offline_and_all_of_it_arrives(charging: World) -> None:
    charging.present("alice").plug_out().link_down()
    charging.plug_in(2).present("alice", 2).wait(130).present("alice", 2)
    assert len(charging.csms.got("StartTransaction")) == 1
    charging.link_up().wait(10)
    queued = [a for a in charging.csms.actions() if a in ("StartTransaction", "MeterValues", "StopTransaction")]
    assert queued[-4:] == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    assert charging.csms.got("StopTransaction")[-1]["transactionId"] == 1002
    assert not violations(charging)


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


# ---- no power --------------------------------------------------------------------------------------------


@covers("CS-9.1.27-01", "ERR-3.14-01", "CS-7.35-07", rows=("transaction:power_loss",))
@pytest.mark.parametrize(
    ("wanted", "ends"),
    [
        ("Energy.Active.Import.Register", ["Energy.Active.Import.Register"]),
        ("Voltage,Energy.Active.Import.Register", ["Energy.Active.Import.Register"]),
        ("Voltage,Current.Import", []),
        ("", []),
    ],
)
def test_of_the_end_in_a_power_loss_only_the_register_is_known_and_told_where_it_is_asked_for(
    booted: World, wanted: str, ends: list[str]
) -> None:
    booted.ask("ChangeConfiguration", key="StopTxnSampledData", value=wanted)
    booted.plug_in().present("alice").wait(70).power_cycle()
    stop = only(booted, "StopTransaction")
    samples = [
        (value, moment["timestamp"]) for moment in stop.get("transactionData", []) for value in moment["sampledValue"]
    ]
    last = [(value, at) for value, at in samples if value["context"] == "Transaction.End"]
    assert [value["measurand"] for value, _ in last] == ends
    assert all((value["value"], at) == (str(stop["meterStop"]), stop["timestamp"]) for value, at in last)
    assert {value["measurand"] for value, _ in samples} == set(filter(None, wanted.split(",")))
