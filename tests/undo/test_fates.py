"""What becomes of an input whose step was undone: an answer, a second try, a later time, or a stop with a last word."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from model.messages.configuration import GetConfigurationReq
from properties.world.healing import heal
from runtime.core.block import Setup
from runtime.core.inputs import Input, Moment, PluggedOut
from runtime.core.ports import Hardware, Records, Step, TellDriver, Transport
from runtime.core.station import Station
from runtime.failures import MOST, TooManyFailuresError
from tests.undo.planted import Fault, PlantedWorld
from tests.undo.test_every_fault import sessions_go_on

UNPLUG = ("take", PluggedOut)


def charging(fault: Fault) -> PlantedWorld:
    """An EV charges at connector 1; then the fault is planted."""
    names, fault.names = fault.names, set()
    world = PlantedWorld(fault)
    world.power_up().plug_in(1).present("alice").wait(30)
    assert world.state("connector", 1) == "Charging"
    fault.names = names
    return world


def test_the_call_is_answered_internal_error_and_the_session_goes_on() -> None:
    world = charging(Fault({("perform", ("local_list", "take update"))}))
    before, entry = world.disk.load(), {"idTag": "bob", "idTagInfo": {"status": "Accepted"}}
    sent = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}
    assert world.ask("SendLocalList", **sent).error == "InternalError"
    assert world.disk.load() == before, "nothing durable has changed"
    assert world.state("connector", 1) == "Charging"
    assert world.ask("GetLocalListVersion").answer == {"listVersion": 0}
    assert world.ask("SendLocalList", **sent).answer == {"status": "Accepted"}
    sessions_go_on(world)


def test_the_log_shows_the_frame_without_the_credentials_of_a_url(caplog: pytest.LogCaptureFixture) -> None:
    world = charging(Fault({("answer", ("data_transfer", "vendor_known"))}))
    sent = {"vendorId": "com.example", "data": "ftps://operator:hunter2@files.example/logs"}
    assert world.ask("DataTransfer", **sent).error == "InternalError"
    assert "ftps://***@files.example/logs" in caplog.text
    assert "hunter2" not in caplog.text


def test_after_a_power_cut_everything_is_found_that_was_before_the_failure() -> None:
    world = charging(Fault({("perform", ("local_list", "take update"))}))
    world.ask("SendLocalList", listVersion=1, updateType="Full")
    heal(world.power_cycle().wait(60))
    [stop] = world.csms.got("StopTransaction")
    assert stop["reason"] == "PowerLoss"


def test_an_unplug_is_tried_again_and_what_follows_keeps_its_place() -> None:
    world = charging(Fault({UNPLUG}))
    world.plug_out(1)
    assert world.state("cable", 1) != "Unplugged", "it was undone"
    world.plug_in(1)
    assert world.state("connector", 1) == "Charging", "who plugs in waits behind who unplugged"
    world.wait(5)
    [stop] = world.csms.got("StopTransaction")
    assert stop["reason"] == "EVDisconnected"
    assert world.state("connector", 1) == "Preparing"


def test_a_timer_that_fails_is_due_again_later_and_does_not_spin() -> None:
    world = charging(Fault({("perform", ("heartbeat", "send Heartbeat"))}))
    world.wait(world.csms.heartbeat_interval_s - world.clock.now_s + 3)
    assert len(world.undone) == 1
    assert "Heartbeat" not in world.csms.actions()
    world.wait(10)
    assert "Heartbeat" in world.csms.actions()


def test_what_fails_was_not_accepted_and_may_be_asked_again() -> None:
    world = charging(Fault({("perform", ("connector", "stop reason"))}))
    assert world.ask("RemoteStopTransaction", transactionId=1001).error == "InternalError"
    world.wait(10)
    assert not world.csms.got("StopTransaction")
    assert world.ask("RemoteStopTransaction", transactionId=1001).answer == {"status": "Accepted"}
    [stop] = world.csms.got("StopTransaction")
    assert stop["reason"] == "Remote"


ASKED: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {
    "RemoteStartTransaction": (("authorization", "note token"), {"idTag": "bob", "connectorId": 2}),
    "RemoteStopTransaction": (("connector", "stop reason"), {"transactionId": 1001}),
    "Reset": (("connector", "stop reason"), {"type": "Soft"}),
    "TriggerMessage": (("heartbeat", "send Heartbeat"), {"requestedMessage": "Heartbeat"}),
}
"""Requests that are answered before they are done, and an operation far down the row of events that each begins."""


@pytest.mark.parametrize("action", ASKED)
def test_what_fails_while_it_is_done_was_not_accepted(action: str) -> None:
    # Given a fault in what comes of the answer; when the CSMS asks; then it hears of the fault in place of "Accepted",
    # no frame and no record came of the step, and the same request is done when it comes again.
    operation, request = ASKED[action]
    world = charging(Fault({("perform", operation)}))
    states, seen, kept = machine_states(world), len(world.csms.seen), world.disk.load()
    assert world.ask(action, **request).error == "InternalError"
    assert world.planted.struck == [("perform", operation)]
    assert (machine_states(world), len(world.csms.seen), world.disk.load()) == (states, seen, kept)
    assert world.ask(action, **request).answer == {"status": "Accepted"}
    assert len(world.csms.seen) > seen or machine_states(world) != states


def machine_states(world: PlantedWorld) -> dict[str, str]:
    return {str(at): member.state for at, member in world.station.context.engine.members_by.items()}


def test_a_token_whose_step_fails_is_refused_at_the_reader() -> None:
    world = charging(Fault({("perform", ("authorization", "ask Authorize"))}))
    world.present("bob", 2)
    [step] = [step for _, _, step in world.steps if step.failure]
    assert step.effects == (TellDriver(2, "Refused"),)


def test_the_same_failure_again_and_again_ends_the_station_with_a_last_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = charging(Fault())
    life = world.life
    assert life is not None
    life.host.failures.most = MOST
    world.planted.always.add(("respond", GetConfigurationReq))
    for _ in range(MOST - 1):
        assert world.ask("GetConfiguration").error == "InternalError"
    with pytest.raises(TooManyFailuresError, match=f"the same failure {MOST} times within 600 s at .*planted.py"):
        world.ask("GetConfiguration")
    said = [record for record in caplog.records if "GetConfiguration" in record.getMessage()]
    assert sum("Traceback" in r.getMessage() or "File " in r.getMessage() for r in said) == 1, "one trace, not twenty"
    assert caplog.records[-1].levelno == logging.CRITICAL
    assert life.host.stopped.is_set()


def test_single_failures_far_apart_never_end_it() -> None:
    world = charging(Fault())
    life = world.life
    assert life is not None
    life.host.failures.most = MOST
    world.planted.always.add(("respond", GetConfigurationReq))
    for _ in range(2 * MOST):
        assert world.ask("GetConfiguration").error == "InternalError"
        world.wait(60)
    assert not life.host.failure


def test_a_station_that_cannot_begin_stops() -> None:
    class Broken(PlantedWorld):
        """The fault is there at power up too."""

        def new_station(self, setup: Setup, records: Records, seed: int) -> Station:
            station = super().new_station(setup, records, seed)
            station.bindings.perform["clock", "trust the box"] = raising
            return station

    with pytest.raises(OSError, match="broken"):
        Broken(Fault()).power_up()


# ---- adapters that raise ---------------------------------------------------------------------------------


def raising(_: object, *__: object) -> None:
    """An adapter that is broken."""
    raise OSError("broken")


class Watcher:
    """Looks on, and fails."""

    calls = 0

    def __call__(self, _given: Input, _now: Moment, _step: Step) -> None:
        self.calls += 1
        raise KeyError("nobody foresaw it")


def test_a_watcher_that_raises_is_named_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    world = charging(Fault())
    assert world.life is not None
    watcher = Watcher()
    world.life.host.watchers.insert(0, watcher)
    for _ in range(3):
        assert world.ask("GetConfiguration").answer
    assert watcher.calls >= 3
    assert sum("nobody foresaw it" in record.getMessage() for record in caplog.records) == 1


class BrokenWire:
    """An adapter of which one verb raises; for the rest it is the one behind it."""

    def __init__(self, wire: object, verb: str) -> None:
        self.wire, self.verb = wire, verb

    def __getattr__(self, name: str) -> Any:
        def raise_it(*_: object) -> None:
            raise OSError(f"{name} is broken")

        return raise_it if name == self.verb else getattr(self.wire, name)


def broken(adapter: Any, verb: str) -> Any:
    """The adapter, one verb of which raises."""
    return BrokenWire(adapter, verb)


def test_a_frame_that_cannot_be_sent_is_lost_like_one_that_the_wire_has_lost() -> None:
    world = charging(Fault())
    assert world.life is not None
    ports, wire = world.life.host.ports, world.life.host.ports[Transport]
    ports[Transport] = broken(wire, "send")
    assert world.ask("GetConfiguration").answer is None
    ports[Transport] = wire
    assert world.ask("GetConfiguration").answer
    sessions_go_on(world)


def test_a_dial_that_raises_has_failed_and_is_tried_again() -> None:
    world = charging(Fault())
    assert world.life is not None
    ports, wire = world.life.host.ports, world.life.host.ports[Transport]
    ports[Transport] = broken(wire, "dial")
    world.flap().wait(60)
    assert world.state("link") in ("Offline", "Dialling")
    ports[Transport] = wire
    world.wait(400)
    assert world.state("link") == "Online"


def test_a_limit_that_the_box_does_not_take_ends_the_station() -> None:
    world = charging(Fault())
    assert world.life is not None
    ports = world.life.host.ports
    ports[Hardware] = broken(ports[Hardware], "set_power_limit")
    with pytest.raises(OSError, match="set_power_limit is broken"):
        world.plug_out(1)
