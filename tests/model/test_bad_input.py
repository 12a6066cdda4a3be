"""Bad input: each fault of each field of each request, brought to the real station, has its code and changes nothing.

Requests and faults come from the message table, so a new message is tried as soon as it is there. The same payloads
are put to the schemas of the `ocpp` package: where they judge otherwise, `schema_differences.toml` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.codec import structure, unstructure
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.registry import ACTIONS, Sender
from properties.message_faults import HALF_A_PAIR, NO_JSON, Fault, faults
from properties.message_strategies import full_messages
from properties.world.csms import says
from properties.world.world import World
from runtime.core.inputs import FrameReceived, Moment
from runtime.core.ports import Note, SendFrame, Step
from tests.covering import FiredRows, covers
from tests.ocpp_schemas import CLASSES, PAYLOADS, accepts
from tests.searching import UNSHRUNK, searching

REQUESTS = {a.name: a.pair.req for a in ACTIONS.values() if a.pair and a.sender is not Sender.STATION}
"""The requests that a CSMS may send, and that are built in."""

CODES = covers("J-4.2.3-12", "J-4.2.3-14", "J-4.2.3-15", "J-4.2.3-16", "J-4.2.3-17", "JERR-3.1-02")


def idle(world: World) -> World:
    return world.power_up()


def charging(world: World) -> World:
    return world.power_up().plug_in().present("alice").wait(30)


def pending(world: World) -> World:
    world.csms.always("BootNotification", says(status="Pending", interval=600))
    return world.power_up()


def rejected(world: World) -> World:
    world.csms.always("BootNotification", says(status="Rejected", interval=600))
    return world.power_up()


def step(world: World, text: str) -> Step:
    """Bring a frame to the station itself."""
    now_s = world.clock.monotonic_s()
    return world.station.step(FrameReceived(text), Moment(now_s, world.clock.utc(), world.box.meters(now_s)))


def everything(world: World) -> object:
    """What the station knows: the state of every machine, and what its disk and its ledger hold."""
    engine, ledger = world.station.context.engine, world.station.context.ledger
    states = {instance: member.state for instance, member in engine.members_by.items()}
    kept = ledger.transactions, ledger.queue, ledger.configuration, ledger.listed, ledger.station
    return states, repr(kept), repr(world.station.context.settings.values), world.disk.load()


def spoilt(data: st.DataObject, cls: type) -> list[tuple[Fault, Any]]:
    """One good payload of `cls`, and what each fault makes of it."""
    good = unstructure(data.draw(full_messages(cls)))
    return [(fault, data.draw(fault.in_payload(good))) for fault in faults(cls)]


# ---- the station -----------------------------------------------------------------------------------------


@CODES
@pytest.mark.parametrize("mood", [idle, charging, pending])
@pytest.mark.parametrize("action", REQUESTS)
@pytest.mark.exhaustive
def test_each_fault_of_each_field_has_its_code_and_changes_nothing(
    action: str, mood: Callable[[World], World], fired: FiredRows
) -> None:
    world = mood(World(fired.see))
    before = everything(world)

    @searching(8, phases=UNSHRUNK)
    @given(st.data())
    def search(data: st.DataObject) -> None:
        for fault, payload in spoilt(data, REQUESTS[action]):
            if fault.code is not None:
                refused = step(world, json.dumps([2, "x1", action, payload]))
                assert _refusal(refused, fault) == fault.code, (fault, payload)

    search()
    assert everything(world) == before
    _lives(world)


def _refusal(refused: Step, fault: Fault) -> str:
    """The code of the one CALLERROR that came of a step, of which nothing else came; it names the place."""
    (answer,) = (effect for effect in refused.effects if not isinstance(effect, Note))
    assert isinstance(answer, SendFrame)
    kind, message_id, code, description, _details = json.loads(answer.text)
    assert (kind, message_id, refused.writes, refused.fired) == (4, "x1", (), ())
    named = re.sub(r"\[\d+\]", "[]", description).lower()
    assert fault.name in (NO_JSON, HALF_A_PAIR) or named.startswith(fault.place.lower())
    return str(code)


def _lives(world: World) -> None:
    """The connection has lived through it, and so has the station."""
    assert world.state("link") == "Online"
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer
    assert world.network.connection == 1
    assert not world.csms.strays


@covers("CS-4.2-16")
@pytest.mark.parametrize("action", REQUESTS)
def test_a_station_that_was_rejected_says_nothing_to_any_of_it(action: str, fired: FiredRows) -> None:
    world = rejected(World(fired.see))
    before = everything(world)

    @searching(2, phases=UNSHRUNK)
    @given(st.data())
    def search(data: st.DataObject) -> None:
        for _fault, payload in spoilt(data, REQUESTS[action]):
            silent = step(world, json.dumps([2, "x1", action, payload]))
            assert all(isinstance(effect, Note) for effect in silent.effects)
            assert (silent.writes, silent.fired) == ((), ())

    search()
    assert everything(world) == before
    assert world.state("link") == "Online"


@covers("J-4.2.1-04", "J-4.2.3-14")
@pytest.mark.parametrize("payload", ["[]", '"x"', "7", "true", '[{"a":1}]', "{", "", "{}{}", "{'a':1}", '{"a":01}'])
@pytest.mark.parametrize("action", REQUESTS)
@pytest.mark.exhaustive
def test_a_payload_that_is_no_object_is_a_formation_violation(action: str, payload: str) -> None:
    refused = step(idle(World()), f'[2,"x1","{action}",{payload}]')
    (answer,) = (json.loads(effect.text) for effect in refused.effects if isinstance(effect, SendFrame))
    assert (answer[0], answer[1], answer[2]) == (4, "x1", CallErrorCode.FORMATION_VIOLATION)
    assert not refused.writes


# ---- somebody else's reading -----------------------------------------------------------------------------


def judged(cls: type, payload: object) -> BadPayloadError | None:
    """Our refusal, if it is one."""
    try:
        structure(cls, payload)
    except BadPayloadError as refusal:
        return refusal
    return None


@covers("JERR-3.1-02")
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.exhaustive
def test_the_schemas_of_the_ocpp_package_agree_but_for_what_is_listed(name: str) -> None:
    @searching(10, phases=UNSHRUNK)
    @given(st.data())
    def search(data: st.DataObject) -> None:
        for fault, payload in spoilt(data, CLASSES[name]):
            if fault.name not in (NO_JSON, HALF_A_PAIR):
                _compare(name, fault, payload)

    search()


def _compare(name: str, fault: Fault, payload: object) -> None:
    refusal = judged(CLASSES[name], payload)
    assert (refusal and refusal.code) == fault.code, (fault, payload)
    listed = [d for d in PAYLOADS if d.concerns(name, fault.place, fault.name)]
    assert (accepts(name, payload) == (refusal is None)) == (not listed), (fault, payload, listed)
    assert all(re.search(d.says, refusal.why if refusal else "") for d in listed)


@pytest.mark.parametrize("difference", PAYLOADS, ids=lambda d: f"{d.fault}, {d.at}")
def test_every_difference_that_is_listed_is_one_of_some_field(difference: Any) -> None:
    known = ((name, fault) for name, cls in CLASSES.items() for fault in faults(cls))
    assert any(difference.concerns(name, fault.place, fault.name) for name, fault in known)
