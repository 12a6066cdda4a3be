"""Bad answers: each fault of each field of each answer of the CSMS costs the call that it answers, and nothing else.

A field that the answer does not have is passed over (JERR-3.1-02), and so is an optional field in which something is
wrong. What is wrong with a required one is as if the call had been refused; but the transactionId of
StartTransaction.conf is used whatever is wrong with the rest. When the CSMS answers well again, everything that is owed
has arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.codec import unstructure
from model.messages.kinds import ObjectKind
from model.messages.message import fields_of
from model.messages.registry import ACTIONS
from model.messages.transactions import StartTransactionConf
from properties.message_faults import NO_JSON, Fault, faults
from properties.message_strategies import full_messages
from properties.world.csms import SILENT
from properties.world.healing import heal
from properties.world.invariants import undelivered, violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted
from runtime.core.ports import Note
from tests.covering import FiredRows, covers
from tests.searching import UNSHRUNK, searching


def plugged(world: World) -> World:
    return world.power_up().plug_in()


def triggered(action: str) -> Callable[[World], object]:
    return lambda world: world.ask("TriggerMessage", requestedMessage=action)


PROVOKED: dict[str, tuple[Callable[[World], World], Callable[[World], object]]] = {
    "Authorize": (plugged, lambda world: world.present("alice")),
    "BootNotification": (lambda world: world, World.power_up),
    "DataTransfer": (World.power_up, lambda world: world.submit(DataTransferAsked("com.example"))),
    "Heartbeat": (World.power_up, triggered("Heartbeat")),
    "MeterValues": (plugged, triggered("MeterValues")),
    "SecurityEventNotification": (
        World.power_up,
        lambda world: world.submit(SecurityEventNoted("TamperDetectionActivated")),
    ),
    "StartTransaction": (plugged, lambda world: world.present("alice")),
    "StatusNotification": (World.power_up, triggered("StatusNotification")),
    "StopTransaction": (lambda world: plugged(world).present("alice").wait(5), lambda world: world.present("alice")),
}
"""What a world is before the call, and what brings the call about."""


def answered(world: World, action: str, payload: object) -> list[str]:
    """Have the station make the call, and answer it so; what the station noted in that moment."""
    before, bring_about = PROVOKED[action]
    before(world)
    world.csms.plan(action, SILENT)
    bring_about(world)
    call = next(call for call in reversed(sent(world)) if call.action == action)
    steps, frames = len(world.steps), len(world.network.log)
    world.network.to_station(json.dumps([3, call.message_id, payload]))
    world.wait(0.1)
    said = [json.loads(passed.text) for passed in world.network.log[frames:] if passed.outward]
    assert call.message_id not in [frame[1] for frame in said], "an answer is not answered"
    return [note.text for _, _, step in world.steps[steps:] for note in step.effects if isinstance(note, Note)]


def is_usable(conf: type, fault: Fault) -> bool:
    """Whether the station has to go by this answer: by the table of the message, and nothing else."""
    if fault.name == NO_JSON:
        return False
    if fault.code is None or fault.name == "a field too many":
        return True
    if conf is StartTransactionConf:
        return fault.place != "transactionId"
    return any(optional for optional in _optional_on_the_way(conf, fault.place.split(".")))


def _optional_on_the_way(cls: type, names: list[str]) -> Iterator[bool]:
    """Of each field on the way to a place, whether it may be absent. No answer of a CSMS has a list."""
    field = next(field for field in fields_of(cls) if field.wire == names[0])
    yield field.optional
    if names[1:]:
        assert isinstance(field.kind, ObjectKind), "the way goes on"
        yield from _optional_on_the_way(field.kind.cls, names[1:])


def acted_upon(world: World, action: str) -> bool:
    """Whether what the answer would have decided has been decided."""
    match action:
        case "BootNotification":
            return world.state("boot") in ("Accepted", "Pending", "Rejected")
        case "StartTransaction":
            records = world.station.context.ledger.transactions.values()
            is_over = "StopTransaction" in world.csms.actions()  # the token was not accepted
            return is_over or any(record.transaction_id is not None for record in records)
        case "Authorize":
            return "StartTransaction" in world.csms.actions()
        case "StopTransaction":
            return not world.station.context.ledger.transactions
    return False


ALWAYS_ACTED_UPON = ("BootNotification", "StartTransaction", "StopTransaction")
"""Calls whose every usable answer decides something that can be seen at once."""


@covers("J-4.2.2-06", "J-4.2.3-05", "JERR-3.1-02", "CS-7.27-04", "CS-4.8-04")
@pytest.mark.parametrize("action", PROVOKED)
@pytest.mark.exhaustive
def test_each_fault_of_each_field_of_an_answer_costs_the_call_and_nothing_else(action: str, fired: FiredRows) -> None:
    pair = ACTIONS[action].pair
    assert pair is not None
    conf = pair.conf

    @searching(5, phases=UNSHRUNK)
    @given(st.data())
    def search(data: st.DataObject) -> None:
        good = unstructure(data.draw(full_messages(conf)))
        for fault in faults(conf):
            _bear(World(fired.see), action, conf, fault, data.draw(fault.in_payload(good)))

    search()


def _bear(world: World, action: str, conf: type, fault: Fault, payload: Any) -> None:
    noted = answered(world, action, payload)
    usable = is_usable(conf, fault)
    failed = [text for text in noted if f"{action}Req failed" in text]
    assert len(failed) == (0 if usable else 1), (fault, payload, noted)
    assert usable == acted_upon(world, action) or action not in ALWAYS_ACTED_UPON, (fault, payload)
    assert usable or not acted_upon(world, action), (fault, payload)
    assert world.state("link") == "Online"
    assert world.network.connection == 1
    if not usable:
        heal(world)
        assert not undelivered(world), (fault, payload)
        # The invariants read frames; what is none, they cannot take for the end of a call.
        assert fault.name == NO_JSON or not violations(world), (fault, payload)
