"""Hard case 26: a half-open link. What was sent or given up since the CSMS was last heard went nowhere.

The link swallows everything, or one direction, from a moment on; the station finds out by a missing pong, or, where
WebSocketPingInterval is 0, by answers that do not come. Afterwards the CSMS knows each status as it stands, no attempt
was consumed, nothing carries -1, and each transaction has one start and one stop (CS-3.7.1-01 to -03, CS-4.9-26).

And the other way round: a CSMS that lives and does not answer is no dead link, and the attempts count.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from attrs import evolve

from model.station_file import load_station
from properties.world.csms import SILENT, error
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.inputs import DataTransferAsked, FrameReceived, SecurityEventNoted
from runtime.core.ports import Note, TellDriver
from tests.covering import FiredRows, covers

PINGS_S = (0, 5, 20, 60, 300)
WAYS = [
    pytest.param({"swallows_outward": True, "swallows_inward": True}, id="both"),
    pytest.param({"swallows_outward": True}, id="outward"),
    pytest.param({"swallows_inward": True}, id="inward"),
]
SILENCE_S = load_station("m06010e2eyfg").runtime.silence_s
BY_ITSELF = {"LocalPreAuthorize": "true", "MeterValueSampleInterval": "0"}
"""The station starts a session of a token that it knows without asking."""


def powered(fired: FiredRows, ping_s: int, settings: Mapping[str, str] | None = None) -> World:
    """Accepted, at rest, and the token alice known."""
    world = World(fired.see, settings={"WebSocketPingInterval": str(ping_s), **BY_ITSELF, **(settings or {})})
    world.power_up().plug_in().present("alice").wait(5)
    return world.present("alice").plug_out().wait(60)


def goes_dead(world: World, way: Mapping[str, bool] | None = None) -> World:
    """From now on the open link swallows; what is dialled afterwards works."""
    for name, dead in (way or {"half_open": True}).items():
        setattr(world.network, name, dead)
    return world


def found_out_s(world: World) -> float:
    """When a dead link on which an answer is due has been found out and another one has been stable for a while."""
    interval_s = world.network.ping_interval_s
    found_s = interval_s + min(interval_s, 30) if interval_s else world.file.runtime.call_timeout_s + SILENCE_S
    return found_s + 60


def session_on_it(world: World) -> World:
    """A whole session, which nobody hears of."""
    return world.plug_in().present("alice").wait(20).present("alice").plug_out()


def whole(world: World) -> World:
    """What has to be so, once the station has found out."""
    assert world.network.connection > 1, "the dead link was found out"
    heal(world)
    assert not violations(world)
    assert not undelivered(world)
    assert all(stop["transactionId"] > 0 for stop in world.csms.got("StopTransaction"))
    return world


# ---- statuses --------------------------------------------------------------------------------------------


@covers("CS-4.9-26", "CS-3.7.1-02", rows=("reporting:lost", "reporting:catch_up"))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_a_status_told_to_a_dead_link_is_told_again(
    fired: FiredRows, ping_s: int, way: Mapping[str, bool]
) -> None:
    world = powered(fired, ping_s)
    goes_dead(world, way).fault(1).wait(found_out_s(world))
    assert world.network.connection == 2
    assert world.csms.statuses(1)[-1] == "Faulted"
    assert world.csms.statuses(0)[-1] == "Available"


@covers("CS-4.9-26", rows=("reporting_zero:lost", "reporting_zero:catch_up"))
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_so_is_a_status_of_the_station_and_whatever_goes_with_it(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s)
    goes_dead(world).fault(0).wait(found_out_s(world))
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Faulted"] * 3
    assert world.csms.got("StatusNotification")[-1]["errorCode"] == "GroundFailure"


@covers("CS-4.9-28", rows=("reporting:report", "reporting:lost"))
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_of_what_changed_and_changed_back_the_last_is_told(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s)
    before = len(world.csms.statuses(1))
    goes_dead(world).fault(1).wait(1).clear_fault(1).wait(found_out_s(world))
    assert world.csms.statuses(1)[before:] == ["Available"]


@covers("ERR-3.19-01", "CS-4.9-26", rows=("reporting:settle",))
def test_case_26_what_the_csms_has_answered_is_not_told_again(fired: FiredRows) -> None:
    world = powered(fired, 10)
    before = len(world.csms.statuses(1))
    goes_dead(world.fault(1)).wait(found_out_s(world))
    assert world.network.connection == 2
    assert world.csms.statuses(1)[before:] == ["Faulted"]


@covers("CS-4.9-26", "J-4.1.1-03", rows=("reporting:settle",))
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_nor_what_a_csms_that_lives_does_not_answer(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s)
    before = len(world.csms.statuses(1))
    world.csms.always("StatusNotification", SILENT)
    world.fault(1).wait(30).flap().wait(60)
    assert world.csms.statuses(1)[before:] == ["Faulted"], (
        "it said that it lives, and what it does not answer it has read"
    )


# ---- transaction messages ----------------------------------------------------------------------------------


@covers("CS-3.7.1-01", "CS-3.7.1-02", "CS-3.7.1-03", rows=("transaction_queue:close", "reporting:lost"))
@pytest.mark.parametrize(
    ("ping_s", "retry_s", "attempts"), list(itertools.product(PINGS_S, (0, 5, 60, 300), (1, 2, 5)))
)
def test_case_26_no_attempt_is_consumed_on_a_dead_link(
    fired: FiredRows, ping_s: int, retry_s: int, attempts: int
) -> None:
    keys = {"TransactionMessageRetryInterval": str(retry_s), "TransactionMessageAttempts": str(attempts)}
    world = powered(fired, ping_s, keys)
    session_on_it(goes_dead(world))
    world.csms.plan("StartTransaction", *[error()] * (attempts - 1))
    world.wait(found_out_s(world) + retry_s * attempts * attempts)
    assert len(contents(whole(world), "StartTransaction")) == 2


@covers("CS-3.7.1-02", "CS-3.7-03", rows=("transaction_queue:close",))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_not_even_by_many_dead_links(fired: FiredRows, ping_s: int, way: Mapping[str, bool]) -> None:
    world = powered(fired, ping_s, {"TransactionMessageAttempts": "1", "TransactionMessageRetryInterval": "0"})
    session_on_it(goes_dead(world, way))
    for link in range(2, 8):
        until_s = world.clock.now_s + found_out_s(world)
        while world.network.connection < link:
            assert world.clock.now_s < until_s, "the dead link was found out"
            world.wait(0.005)
        goes_dead(world, way)
    world.wait(found_out_s(world))
    whole(world)


@covers("CS-3.7.1-02", rows=("transaction:power_loss.both",))
@pytest.mark.parametrize("ping_s", [0, 60])
def test_case_26_nor_by_a_power_cut_while_the_link_is_in_doubt(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s, {"TransactionMessageAttempts": "1"})
    goes_dead(world).plug_in().present("alice").wait(world.file.runtime.call_timeout_s + 2)
    assert world.state("liveness") == "Suspect"
    assert world.station.context.ledger.queue.head[1].failures == 0
    world.power_cycle().wait(30)
    whole(world)
    assert world.csms.got("StopTransaction")[-1]["reason"] == "PowerLoss"


@covers("CS-3.7.1-02", rows=("transaction_queue:close",))
@pytest.mark.parametrize("timeout_s", [1.0, 5.0, 45.0])
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_whatever_the_time_out_of_a_call(fired: FiredRows, ping_s: int, timeout_s: float) -> None:
    file = load_station("m06010e2eyfg")
    runtime = evolve(file.contents.runtime, call_timeout_s=timeout_s)
    settings = {"WebSocketPingInterval": str(ping_s), "TransactionMessageAttempts": "1", **BY_ITSELF}
    world = World(fired.see, file=evolve(file, contents=evolve(file.contents, runtime=runtime)), settings=settings)
    world.power_up().plug_in().present("alice").wait(5).present("alice").plug_out().wait(60)
    session_on_it(goes_dead(world)).wait(found_out_s(world) + timeout_s)
    whole(world)


@covers("CS-3.7.1-02", rows=("transaction_queue:close",))
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_that_the_csms_is_heard_says_nothing_about_what_it_hears(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s, {"TransactionMessageAttempts": "1", "TransactionMessageRetryInterval": "0"})
    session_on_it(goes_dead(world, {"swallows_outward": True}))
    for _ in range(int(found_out_s(world)) // 7):
        world.ask("GetLocalListVersion")
        world.wait(7)
    heard = [given for _, given, _ in world.steps if isinstance(given, FrameReceived) and "GetLocal" in given.text]
    assert len(heard) > 3
    whole(world)


# ---- a CSMS that lives -------------------------------------------------------------------------------------


@covers("CS-3.7.1-01", "CS-3.7.1-09", "ERR-3.18-01", rows=("transaction_queue:send",))
@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_what_a_csms_answers_never_is_given_up_where_it_answers_something_else(
    fired: FiredRows, ping_s: int, attempts: int
) -> None:
    keys = {"TransactionMessageAttempts": str(attempts), "TransactionMessageRetryInterval": "1"}
    world = powered(fired, ping_s, keys)
    world.csms.always("StartTransaction", SILENT)
    session_on_it(world).wait(20 * attempts)
    assert len(world.csms.got("StartTransaction")) == 1 + attempts
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == -1
    assert world.network.connection == 1


@covers("CS-3.7.1-01", "J-5.3-01", rows=("transaction:begin",))
@pytest.mark.parametrize("ping_s", [5, 20, 60, 300])
def test_case_26_or_where_it_answers_pings(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s, {"TransactionMessageAttempts": "2", "TransactionMessageRetryInterval": "0"})
    world.csms.always("*", SILENT)
    session_on_it(world).wait(6 * (ping_s + 30))
    assert world.network.connection == 1, "a CSMS that answers pings is no dead link"
    assert len(world.csms.got("StartTransaction")) == 1 + 2
    assert world.csms.got("StopTransaction")[-1]["transactionId"] == -1
    heartbeats = [seen.at_s for seen in world.csms.seen if seen.action == "Heartbeat"]
    assert len(heartbeats) < 20, "nor is it asked for a sign of life without end"


@covers("CS-3.7.1-01", "CS-4.6-01", rows=("liveness:suspect", "liveness:heard"))
def test_case_26_without_pings_a_heartbeat_asks_whether_the_csms_lives(fired: FiredRows) -> None:
    world = powered(fired, 0)
    at_s = world.clock.now_s
    world.csms.plan("StatusNotification", SILENT)
    world.fault(1).wait(world.file.runtime.call_timeout_s)
    assert [call.action for call in sent(world) if call.at_s >= at_s] == ["StatusNotification", "Heartbeat"]
    assert world.state("liveness") == "Live"
    assert world.state("reporting", 1) == "Told"


@covers("CS-3.7.1-01", "J-5.3-01", rows=("liveness:read",))
def test_case_26_with_a_pong_behind_the_call_nobody_needs_to_ask(fired: FiredRows) -> None:
    world = powered(fired, 5)
    at_s = world.clock.now_s
    world.csms.plan("StatusNotification", SILENT)
    world.fault(1).wait(world.file.runtime.call_timeout_s)
    assert [call.action for call in sent(world) if call.at_s >= at_s] == ["StatusNotification"]
    assert world.state("reporting", 1) == "Told"


@covers("CS-3.7.1-02", "J-7-02", rows=("liveness:dead", "liveness:lost"))
def test_case_26_without_pings_a_csms_that_answers_nothing_is_a_dead_link(fired: FiredRows) -> None:
    world = powered(fired, 0, {"TransactionMessageAttempts": "1"})
    world.csms.always("*", SILENT)
    session_on_it(world).wait(1000)
    assert 3 <= world.network.connection <= 1000 / SILENCE_S
    world.csms.behave()
    whole(world)


# ---- everything else that is decided on a link ---------------------------------------------------------------


@covers("SEC-A04.FR.02", rows=("security_event:lose", "security_event:send"))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_a_security_event_arrives(fired: FiredRows, ping_s: int, way: Mapping[str, bool]) -> None:
    world = powered(fired, ping_s)
    goes_dead(world, way).submit(SecurityEventNoted("TamperDetectionActivated")).wait(found_out_s(world))
    events = world.csms.got("SecurityEventNotification")
    assert {event["type"] for event in events} == {"TamperDetectionActivated"}
    whole(world)


@covers("CS-9.1.12-01", "CS-3.5.4-02", rows=("authorization:ask",))
@pytest.mark.parametrize(("token", "verdict"), [("alice", "Accepted"), ("bob", "Refused")])
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_a_driver_waits_no_longer_than_a_call_and_is_judged_as_offline(
    fired: FiredRows, ping_s: int, token: str, verdict: str
) -> None:
    world = powered(fired, ping_s, {"LocalPreAuthorize": "false"})
    at_s = world.clock.now_s
    goes_dead(world).plug_in(1).present(token, 1).wait(2 * world.file.runtime.call_timeout_s)
    told = [(at, effect) for at, _, step in world.steps for effect in step.effects if isinstance(effect, TellDriver)]
    assert [effect.verdict for at, effect in told if at > at_s] == ["Wait", verdict]
    assert told[-1][0] - at_s <= 2 * world.file.runtime.call_timeout_s
    world.wait(found_out_s(world))
    whole(world)


@covers("CS-4.2-03", rows=("boot:notify", "boot:lost"))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_a_station_that_boots_on_a_dead_link_boots_on_the_next(
    fired: FiredRows, ping_s: int, way: Mapping[str, bool]
) -> None:
    world = World(fired.see, settings={"WebSocketPingInterval": str(ping_s)})
    world.network.latency_s = 0.2
    world.power_up()
    assert world.network.is_open
    goes_dead(world, way).wait(found_out_s(world) + world.file.runtime.boot_retry_s)
    assert world.state("boot") == "Accepted"
    assert [world.csms.statuses(connector)[-1] for connector in (0, 1, 2)] == ["Available"] * 3


@covers("CS-4.6-01", rows=("heartbeat:beat",))
@pytest.mark.parametrize("ping_s", PINGS_S)
def test_case_26_a_link_that_dies_at_rest_is_found_by_a_ping_or_a_heartbeat(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s)
    goes_dead(world).wait(world.csms.heartbeat_interval_s + found_out_s(world))
    assert world.network.connection == 2
    assert world.ask("GetLocalListVersion").answer is not None


@covers("CS-4.6-01", rows=("liveness:suspect.asked", "liveness:dead"))
def test_case_26_a_heartbeat_without_an_answer_is_not_followed_by_another(fired: FiredRows) -> None:
    world = powered(fired, 0)
    goes_dead(world).wait(world.csms.heartbeat_interval_s)
    before = len([call for call in sent(world) if call.action == "Heartbeat"])
    world.wait(SILENCE_S)
    assert len([call for call in sent(world) if call.action == "Heartbeat"]) == before


@covers("CS-4.3-01", rows=("call:data", "liveness:suspect"))
@pytest.mark.parametrize("ping_s", [0, 60])
def test_case_26_that_data_did_not_arrive_is_said(fired: FiredRows, ping_s: int) -> None:
    world = powered(fired, ping_s)
    goes_dead(world).submit(DataTransferAsked("vendor")).wait(found_out_s(world))
    notes = [e.text for _, _, step in world.steps for e in step.effects if isinstance(e, Note)]
    assert "DataTransfer: timeout" in notes


@covers("J-7-02")
def test_case_26_without_pings_none_is_sent_even_in_doubt(fired: FiredRows) -> None:
    world = powered(fired, 0)
    goes_dead(world).fault(1).wait(30)
    assert world.state("liveness") == "Suspect"
    assert world.network.pings == 0
