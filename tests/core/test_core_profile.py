"""What is asked of the station as a whole: the Core profile, id tags, registers, and what is not said twice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from model.catalogue import load_catalogue
from model.messages.registry import ACTIONS, Profile, Sender
from model.messages.types import fold
from properties.world.csms import error, late
from properties.world.world import World, offers_w
from tests.covering import covers

# ---- the profile -------------------------------------------------------------------------------------------

ASKED: dict[str, dict[str, Any]] = {
    "ChangeAvailability": {"connectorId": 1, "type": "Operative"},
    "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "300"},
    "ClearCache": {},
    "DataTransfer": {"vendorId": "com.example"},
    "GetConfiguration": {},
    "RemoteStartTransaction": {"idTag": "alice"},
    "RemoteStopTransaction": {"transactionId": 1},
    "Reset": {"type": "Soft"},
    "UnlockConnector": {"connectorId": 1},
}


@covers("CS-3.3-02")
@pytest.mark.parametrize("action", ASKED)
def test_every_request_of_the_core_profile_is_answered(world: World, action: str) -> None:
    asked = world.ask(action, **ASKED[action])
    assert (asked.error, bool(asked.answer)) == ("", True)


@covers("CS-3.3-04")
def test_no_request_of_the_core_profile_is_left_out() -> None:
    core = {name for name, one in ACTIONS.items() if one.profile is Profile.CORE and one.sender is not Sender.STATION}
    assert core == set(ASKED)


@covers("CS-9-01", "CS-3.3-02")
def test_every_key_that_a_supported_profile_requires_is_there(world: World) -> None:
    answer = world.ask("GetConfiguration").answer
    assert answer is not None
    told = {entry["key"]: entry.get("value", "") for entry in answer["configurationKey"]}
    profiles = told["SupportedFeatureProfiles"].split(",")
    required = {
        one.title.removeprefix("Key ")
        for one in load_catalogue()
        if one.title.startswith("Key ") and one.text.startswith("required;") and one.profile in profiles
    }
    assert "Core" in profiles
    assert len(required) >= 20
    assert required <= told.keys()


@covers("CS-3.9-01", "CS-3.9-02", "ERR-3.74-01", "CS-3.9-04", "CS-3.9-05")
@pytest.mark.parametrize("id_tag", ["x-1", "0", "ABC", "a b", "ÄÖ€", "'; --", "12345678901234567890"])
def test_an_id_tag_is_any_text(world: World, id_tag: str) -> None:
    world.csms.tokens[fold(id_tag)] = {"status": "Accepted"}
    world.plug_in(1).present(id_tag, 1).plug_in(2)
    assert world.ask("RemoteStartTransaction", idTag=id_tag, connectorId=2).answer == {"status": "Accepted"}
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == [id_tag] * 2


# ---- registers ---------------------------------------------------------------------------------------------


@covers(
    "CS-7.31-25", "CS-7.31-26", "CS-7.31-27", "CS-7.31-28", "CS-7.31-29", "ERR-3.9-01",
    "ERR-3.77-04", "ERR-3.77-05", "ERR-3.77-06", "CS-7.31-02",
    rows=("metering:sample", "transaction:begin", "transaction:end", "transaction:power_loss"),
)  # fmt: skip
def test_registers_only_rise_and_one_transaction_begins_where_the_other_ended(world: World) -> None:
    world.plug_in().present("alice").wait(150).present("alice").plug_out().wait(30)
    world.plug_in().present("bob").wait(150).power_cycle().wait(5)
    world.plug_out().plug_in().present("alice").wait(150).present("alice")
    starts = [start["meterStart"] for start in world.csms.got("StartTransaction")]
    stops = [stop["meterStop"] for stop in world.csms.got("StopTransaction")]
    assert starts[0] < stops[0] == starts[1] < stops[1] <= starts[2] < stops[2]
    assert stops[2] == world.register_wh()
    shown = [
        int(sample["value"])
        for seen in world.csms.seen
        for value in seen.payload.get("meterValue", [])
        for sample in value["sampledValue"]
    ]
    assert len(shown) >= 6
    assert all(one <= other for one, other in pairwise(shown))
    assert starts[0] <= shown[0] <= shown[-1] <= stops[2]


@covers("CS-4.10-18", rows=("connector:CDE6.unplug",))
def test_an_ev_that_comes_back_gets_no_energy_without_another_transaction(world: World) -> None:
    world.plug_in().present("alice").wait(10).plug_out()
    ended = world.register_wh()
    world.plug_in().wait(30)
    assert list(offers_w(world)) == [0.0, 0.0]
    assert world.register_wh() == ended
    assert (len(world.csms.got("StartTransaction")), len(world.csms.got("StopTransaction"))) == (1, 1)
    world.present("alice").wait(5)
    assert world.register_wh() > ended


@covers(
    "CS-3.7.1-04",
    "CS-3.7.1-09",
    rows=("transaction_queue:fail.meter", "transaction_queue:give_up.meter", "transaction_queue:meter_settled"),
)
def test_meter_values_that_fail_as_often_as_they_may_are_given_up_and_block_nothing(world: World) -> None:
    world.ask("ChangeConfiguration", key="TransactionMessageAttempts", value="2")
    world.ask("ChangeConfiguration", key="TransactionMessageRetryInterval", value="5")
    world.csms.plan("MeterValues", error(), error())
    world.plug_in().present("alice").wait(200)
    first, again, next_one = world.csms.got("MeterValues")[:3]
    assert first == again != next_one


@covers(
    "CS-4.7-20",
    "CS-3.7.1-06",
    rows=("transaction_queue:fail.meter", "transaction_queue:retry", "transaction_queue:meter_settled"),
)
def test_meter_values_that_the_csms_could_not_process_are_sent_again(world: World) -> None:
    world.csms.plan("MeterValues", error())
    world.plug_in().present("alice").wait(140)
    first, again = world.csms.got("MeterValues")[:2]
    assert first == again


# ---- what is reported, and what is not ---------------------------------------------------------------------


@covers("CS-4.9-29", rows=("reporting:report", "call:next"))
def test_statuses_are_sent_in_the_order_in_which_they_came_about(world: World) -> None:
    world.csms.plan("Heartbeat", late(5.0))
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    before = len(world.csms.seen)
    world.plug_in(1).plug_in(2).fault(1).plug_out(2).wait(10)
    told = [(one.payload["connectorId"], one.payload["status"]) for one in world.csms.seen[before:]]
    assert told == [(1, "Preparing"), (2, "Preparing"), (1, "Faulted"), (2, "Available")]


def charging(world: World) -> World:
    return world.plug_in().present("alice")


def suspended(world: World) -> World:
    return charging(world).ev_wants(False)


def held(world: World) -> World:
    return charging(world).fault(1, "EVCommunicationError")


def finishing(world: World) -> World:
    return charging(world).press_stop()


def unavailable(world: World) -> World:
    world.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    return world


REMAINING: list[tuple[str, str, Callable[[World], World], Callable[[World], object]]] = [
    ("CS-4.9-A1", "Available", lambda world: world, lambda world: world.press_stop()),
    ("CS-4.9-B2", "Preparing", lambda world: world.plug_in(), lambda world: world.ev_wants(False)),
    ("CS-4.9-C3", "Charging", charging, lambda world: world.present("bob", 1)),
    ("CS-4.9-D4", "SuspendedEV", suspended, lambda world: world.present("bob", 1)),
    ("CS-4.9-E5", "SuspendedEVSE", held, lambda world: world.ev_wants(False)),
    ("CS-4.9-F6", "Finishing", finishing, lambda world: world.ev_wants(False)),
    ("CS-4.9-H8", "Unavailable", unavailable, lambda world: world.plug_in()),
    ("CS-4.9-I9", "Faulted", lambda world: world.fault(), lambda world: world.plug_in()),
]


@covers("CS-4.9-08", "CS-4.9-01")
@pytest.mark.parametrize(
    ("status", "begins", "happens"),
    [
        pytest.param(status, begins, happens, marks=covers(clause), id=status)
        for clause, status, begins, happens in REMAINING
    ],
)
def test_what_leaves_a_connector_in_its_status_is_not_reported(
    world: World, status: str, begins: Callable[[World], World], happens: Callable[[World], object]
) -> None:
    begins(world)
    before = world.csms.statuses(1)
    assert before[-1] == status
    happens(world)
    assert world.csms.statuses(1) == before
