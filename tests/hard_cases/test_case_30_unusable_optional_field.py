"""Hard case 30: StartTransaction.conf with a good transactionId and an unusable optional field: the id is used.

And its kind: whatever is wrong with an optional field of an answer costs that field alone. ``test_bad_answers.py``
does it to each field of each answer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from model.messages.answer import read_answer
from model.messages.codec import MOST_FIELDS
from model.messages.configuration import GetConfigurationConf
from model.messages.kinds import MOST_ELEMENTS
from properties.world.csms import SILENT, Reply, says
from properties.world.invariants import contents, undelivered, violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.ports import Note
from tests.covering import covers
from tests.reservations.asking import reserve

OPTIONAL = {
    "an empty date": {"expiryDate": ""},
    "no date": {"expiryDate": "never"},
    "a date of another type": {"expiryDate": 0},
    "a parent that is too long": {"parentIdTag": "p" * 21},
    "a parent of another type": {"parentIdTag": {"idToken": "p"}},
    "half a surrogate pair": {"parentIdTag": "\ud800"},
    "half a surrogate pair that nobody reads": {"vendor": ["\udc00"]},
    "more fields than are looked at": {f"vendor{number}": number for number in range(MOST_FIELDS)},
    "more elements than are looked at": {"parentIdTag": [0] * (MOST_ELEMENTS + 1)},
    "nulls": {"parentIdTag": None, "expiryDate": None},
    "both, and one that does not exist": {"parentIdTag": "p" * 21, "expiryDate": [], "vendor": {"x": 1}},
}
UNJUDGED = {
    "a status in lower case": {"status": "accepted"},
    "no status": {},
    "a status of another type": {"status": True},
    "a list, as PHP has it": [],
    "null": None,
    "a text": "Accepted",
}


def warnings(world: World) -> str:
    notes = (effect for _, _, step in world.steps for effect in step.effects if isinstance(effect, Note))
    return "\n".join(note.text for note in notes if note.level == "warning")


def start(world: World, reply: Reply) -> World:
    world.csms.plan("StartTransaction", reply)
    return world.plug_in().present("alice")


@covers("CS-4.8-04", "CS-7.27-04", "JERR-3.1-02", rows=("transaction:confirm",))
@pytest.mark.parametrize("info", OPTIONAL.values(), ids=list(OPTIONAL))
def test_case_30_the_transaction_id_is_used_and_the_rest_is_left_out(world: World, info: dict[str, Any]) -> None:
    start(world, says(idTagInfo={"status": "Accepted", **info}, transactionId=77)).wait(60)
    assert world.csms.statuses(1)[-1] == "Charging"
    assert len(world.csms.got("StartTransaction")) == 1, "not asked for again: the CSMS would have two transactions"
    for field, value in info.items():
        told = f"StartTransactionConf: idTagInfo.{field}: " in warnings(world)
        assert told == (value is not None and not field.startswith("vendor"))
    world.press_stop()
    assert contents(world, "StopTransaction")[0]["transactionId"] == 77
    assert not violations(world)
    assert not undelivered(world)


@covers("JERR-3.1-02")
def test_case_30_a_list_that_is_too_long_costs_that_list() -> None:
    many, known = ["k"] * (MOST_ELEMENTS + 1), [{"key": "k", "readonly": True}]
    answer = read_answer(GetConfigurationConf, {"configurationKey": known, "unknownKey": many})
    assert answer.message.unknown_key is None
    assert [one.key for one in answer.message.configuration_key or ()] == ["k"]
    assert [refusal.path for refusal in answer.left_out] == ["unknownKey"]


@covers("CS-7.27-04", "CS-4.8-04", "CS-3.5.4-06", rows=("transaction:refuse.stop",))
@pytest.mark.parametrize("info", UNJUDGED.values(), ids=list(UNJUDGED))
def test_case_30_a_token_of_which_nothing_is_said_is_not_accepted_and_the_id_holds(world: World, info: Any) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="true")
    start(world, says(idTagInfo=info, transactionId=77)).wait(60)
    (stop,) = contents(world, "StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (77, "DeAuthorized")
    assert len(world.csms.got("StartTransaction")) == 1
    assert "StartTransactionConf: idTagInfo" in warnings(world)
    known = world.station.context.ledger.cached.values()
    assert [entry.status for entry in known if entry.id_tag == "alice"] == ["Accepted"], "as Authorize.conf had it"
    assert not undelivered(world)


@covers("CS-7.27-04", "CS-3.5.4-09", rows=("transaction:refuse.hold",))
def test_case_30_or_it_is_held_where_the_key_says_so(world: World) -> None:
    world.ask("ChangeConfiguration", key="StopTransactionOnInvalidId", value="false")
    start(world, says(idTagInfo={"status": "accepted"}, transactionId=77)).wait(5)
    assert world.csms.statuses(1)[-1] == "SuspendedEVSE"
    world.press_stop()
    assert contents(world, "StopTransaction")[0]["transactionId"] == 77


@covers("CS-7.27-04")
@pytest.mark.parametrize("info", [{"status": "accepted"}, {}, []], ids=["lower case", "empty", "list"])
def test_case_30_an_authorization_that_says_nothing_of_the_token_lets_nobody_in(world: World, info: Any) -> None:
    world.csms.plan("Authorize", says(idTagInfo=info))
    world.plug_in().present("stranger").wait(30)
    assert not world.csms.got("StartTransaction")


@covers("J-4.2.2-05", "CS-6.50-01")
@pytest.mark.parametrize("payload", [[], None, {}, {"idTagInfo": []}, {"idTagInfo": {"status": "fine"}}, {"x": 1}])
def test_case_30_an_empty_answer_in_any_form_is_an_answer(charging: World, payload: Any) -> None:
    charging.csms.plan("StopTransaction", SILENT)
    charging.press_stop()
    stop = next(call for call in reversed(sent(charging)) if call.action == "StopTransaction")
    charging.network.to_station(json.dumps([3, stop.message_id, payload]))
    charging.wait(90)
    assert len(charging.csms.got("StopTransaction")) == 1, "confirmed"
    assert charging.state("transaction_queue") == "Idle"


@covers("CS-3.10-03")
@pytest.mark.parametrize(("parent", "now"), [("", "Charging"), ("GROUP", "Finishing")])
def test_case_30_an_empty_parent_is_no_group(world: World, parent: str, now: str) -> None:
    info = {"status": "Accepted", "parentIdTag": parent}
    world.csms.tokens |= {"alice": info, "bob": info}
    world.plug_in().present("alice").wait(5)
    world.present("bob", 1).wait(5)
    assert world.csms.statuses(1)[-1] == now, "who has no group stops nobody else's transaction"


@covers("CS-5.13-11")
@pytest.mark.parametrize(("parent", "now"), [("", "Reserved"), ("GROUP", "Charging")])
def test_case_30_nor_does_it_let_anybody_in_where_something_is_reserved(world: World, parent: str, now: str) -> None:
    world.csms.tokens["bob"] = {"status": "Accepted", "parentIdTag": parent}
    assert reserve(world, "alice", parentIdTag=parent) == "Accepted"
    world.present("bob", 1).plug_in().wait(5)
    assert world.csms.statuses(1)[-1] == now


@covers("CS-5.13-02")
def test_case_30_nothing_is_reserved_for_an_empty_id_tag(world: World) -> None:
    assert reserve(world, "") == "Rejected"
    assert world.csms.statuses(1) == ["Available"]
    assert reserve(world, "alice") == "Accepted"


@covers("CS-5.11-01")
@pytest.mark.parametrize("connector", [{}, {"connectorId": 1}])
def test_case_30_an_empty_id_tag_starts_nothing_remotely(world: World, connector: dict[str, int]) -> None:
    world.csms.tokens[""] = {"status": "Accepted"}
    assert world.plug_in().ask("RemoteStartTransaction", idTag="", **connector).answer == {"status": "Rejected"}
    world.wait(5)
    assert not world.csms.got("StartTransaction")
