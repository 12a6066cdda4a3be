"""What OCPP-J asks of every frame, asked of every frame of a whole day: shape, ids, names, directions, time-outs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from attrs import evolve

from model.messages.codec import structure, unstructure
from model.messages.errors import CallErrorCode
from model.messages.registry import ACTIONS
from model.messages.transactions import StopTransactionReq
from model.station_file import load_station
from properties.world.csms import HANGS_UP, SILENT, error, late, says
from properties.world.invariants import violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.inputs import FrameReceived
from runtime.core.settings import Settings
from tests.covering import FiredRows, covers

IDENTITY_LIKE = ("chargeBoxIdentity", "identity", "chargePointId")
Frame = list[Any]


def frames(world: World, outward: bool) -> list[Frame]:
    return [orjson.loads(passed.text) for passed in world.network.log if passed.outward is outward]


@pytest.fixture
def day(fired: FiredRows) -> World:
    """Sessions, refusals, questions of the CSMS, a lost link, a power cut, a trigger."""
    world = World(fired.see, settings={"MeterValueSampleInterval": "60"}).power_up()
    world.plug_in().present("alice").wait(200)
    world.ask("UnlockConnector", connectorId=1)
    world.ask("RemoteStartTransaction", idTag="bob", connectorId=9)
    world.ask("ChangeConfiguration", key="NoSuchKey", value="1")
    world.ask("MakeCoffee")
    world.ask("Reset", type="Medium")
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    world.flap().present("alice").plug_out().power_cycle().wait(400)
    return world


@covers("J-4.1-01", "J-4.1.3-01", "J-4.1.3-06", "J-4.2.1-01", "J-4.2.1-03", "J-4.2.2-04", "J-4.2-01", "J-4.1.4-03")
def test_every_frame_has_the_shape_of_its_kind(day: World) -> None:
    lengths = {2: 4, 3: 3, 4: 5}
    for frame in frames(day, outward=True):
        assert type(frame[0]) is int
        assert frame[0] in lengths
        assert len(frame) == lengths[frame[0]]
        assert isinstance(frame[1], str)
        assert 0 < len(frame[1]) <= 36
        if frame[0] == 2:
            assert frame[2] in ACTIONS, "the bare name, no .req"
        assert isinstance(frame[-1], dict)
        assert not [name for name in IDENTITY_LIKE if name in frame[-1]]
    assert {frame[0] for frame in frames(day, outward=True)} == {2, 3, 4}


@covers("J-4.1-02", "J-4.1.4-02", "J-4.2.2-03", "J-4.2.3-04", "J-4.1.3-02", "J-4.1.3-03", "J-4.1.3-04", "JERR-3.5-01")
def test_every_call_of_the_csms_is_answered_once_under_its_id_and_nothing_else_is(day: World) -> None:
    asked = [frame[1] for frame in frames(day, outward=False) if frame[0] == 2]
    answered = [frame[1] for frame in frames(day, outward=True) if frame[0] in (3, 4)]
    assert len(asked) == 6
    assert answered == asked
    assert [frame[0] for frame in frames(day, outward=True) if frame[1] in asked] == [3, 3, 3, 4, 4, 3]


@covers("J-4.2.2-01", "J-4.2.3-01", "J-4.2.3-06", "J-4.2.3-08", "J-4.2.3-02")
def test_a_result_however_unwelcome_is_no_error_and_an_error_is_one_of_the_ten(day: World) -> None:
    unlock, start, change, *_ = [asked.answer for asked in day.csms.calls]
    assert (unlock, start, change) == ({"status": "NotSupported"}, {"status": "Rejected"}, {"status": "NotSupported"})
    errors = [frame for frame in frames(day, outward=True) if frame[0] == 4]
    assert [frame[2] for frame in errors] == ["NotImplemented", "PropertyConstraintViolation"]
    assert {frame[2] for frame in errors} <= {code.value for code in CallErrorCode}
    assert [frame[4] for frame in errors] == [{}, {}]


@covers("J-4.1.2-01", "J-4.1.2-02")
def test_everything_but_natural_language_is_ascii(day: World) -> None:
    for passed in day.network.log:
        if passed.outward:
            assert passed.text.isascii(), passed.text


@covers("ERR5-J3.1-01", "J-4.1.4-01")
def test_no_message_id_comes_twice_over_connections_and_power_cuts(fired: FiredRows) -> None:
    world = World(fired.see, settings={"MeterValueSampleInterval": "10"}).power_up().plug_in().present("alice")
    for _ in range(5):
        world.csms.plan("MeterValues", HANGS_UP, error())
        world.wait(60).power_cycle()
        world.present("alice")
    ids = [call.message_id for call in sent(world)]
    assert len({call.connection for call in sent(world)}) > 5
    assert len(ids) == len(set(ids)) > 50
    assert not violations(world)


@covers("J-4.1.4-04", "J-4.2.1-02", "J-4.1.1-06")
def test_the_same_id_from_the_other_side_is_another_call(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.csms.plan("Authorize", late(3.0))
    world.plug_in().present("alice")
    ours = sent(world)[-1]
    assert ours.action == "Authorize"
    world.network.to_station(orjson.dumps([2, ours.message_id, "GetLocalListVersion", {}]).decode())
    world.wait(1)
    assert frames(world, outward=True)[-1][:2] == [3, ours.message_id], "theirs is answered"
    assert world.state("connector", 1) == "Preparing", "and ours is not"
    world.wait(3)
    assert world.state("connector", 1) == "Charging"


@covers("J-4.1.1-03", "J-4.1.1-04", "J-4.1.1-05", rows=("call:send", "call:timeout"))
@pytest.mark.parametrize(("timeout_s", "status"), [(30.0, "Charging"), (3.0, "Preparing")])
def test_the_station_file_says_how_long_an_answer_may_take(fired: FiredRows, timeout_s: float, status: str) -> None:
    file = load_station("m06010e2eyfg")
    slow = evolve(file.contents.runtime, call_timeout_s=timeout_s)
    world = World(fired.see, file=evolve(file, contents=evolve(file.contents, runtime=slow))).power_up()
    world.csms.plan("Authorize", late(5.0))
    world.plug_in().present("alice").wait(10)
    assert world.csms.statuses(1)[-1] == status
    world.csms.standing["*"] = late(40.0)
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    world.wait(timeout_s + 1)
    assert world.state("call") == "Free", "timed out"


@covers("JERR-3.4-01", rows=("call:lost",))
def test_a_call_that_is_open_on_one_connection_holds_up_none_on_the_next(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.csms.plan("Heartbeat", SILENT)
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert world.state("call") == "Waiting"
    open_since_s = world.clock.now_s
    world.flap().plug_in().wait(20)
    told = next(call for call in sent(world) if call.payload.get("status") == "Preparing")
    assert told.connection == 2
    assert told.at_s - open_since_s < world.file.runtime.call_timeout_s


@covers("J-4.1.1-02", "J-4.2.3-11", "J-4.2.3-13", rows=("call:next",))
@pytest.mark.parametrize("code", [*(code.value for code in CallErrorCode), "InventedByThisCsms"])
def test_an_error_of_any_code_ends_the_call_and_the_next_one_leaves(fired: FiredRows, code: str) -> None:
    world = World(fired.see)
    world.csms.plan("StatusNotification", error(code), error(code))
    world.power_up()
    assert [status["connectorId"] for status in world.csms.got("StatusNotification")][:3] == [0, 1, 2]
    assert world.state("call") == "Free"


@covers("J-5.3-03", rows=("heartbeat:beat",))
def test_there_is_a_heartbeat_every_day_whatever_the_csms_asks_for_and_it_brings_the_time(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    assert world.ask("ChangeConfiguration", key="HeartbeatInterval", value="86401").answer == {"status": "Rejected"}
    assert world.ask("ChangeConfiguration", key="HeartbeatInterval", value="7200").answer == {"status": "Accepted"}
    world.csms.ahead_s = 100.0
    world.wait(86_400)
    assert len(world.csms.got("Heartbeat")) == 12
    assert (world.station.context.utc() - world.clock.true_utc()).total_seconds() == pytest.approx(100, abs=1)


@covers("JERR-3.9-02")
def test_a_half_open_link_is_found_before_a_transaction_message_is_given_up() -> None:
    settings = Settings(load_station("m06010e2eyfg"), {}, {})
    attempts, wait_s = (settings.integer(f"TransactionMessage{name}") for name in ("Attempts", "RetryInterval"))
    assert 0 < settings.integer("WebSocketPingInterval") < attempts * wait_s


@covers("J-7-01", "J-7-02", "J-7-03", "J-7-04")
@pytest.mark.parametrize(
    ("value", "status", "kept"), [("7", "Accepted", 7), ("0", "Accepted", 0), ("-1", "Rejected", 10)]
)
def test_the_ping_interval_is_a_whole_number_of_seconds_and_none_below_0(
    fired: FiredRows, value: str, status: str, kept: int
) -> None:
    world = World(fired.see).power_up()
    assert world.ask("ChangeConfiguration", key="WebSocketPingInterval", value=value).answer == {"status": status}
    assert world.network.ping_interval_s == kept
    answer = world.ask("GetConfiguration", key=["WebSocketPingInterval"]).answer
    assert answer is not None
    (entry,) = answer["configurationKey"]
    assert entry == {"key": "WebSocketPingInterval", "readonly": False, "value": str(kept)}


@covers("J-5.5-01", "J-3-01", "J-3.1-01", rows=("link:power_up", "link:open", "link:redial"))
def test_the_station_dials_by_itself_and_stays_so_that_the_csms_can_ask_at_any_time(fired: FiredRows) -> None:
    world = World(fired.see).power_up().wait(7 * 3600)
    assert world.network.connection == 1
    assert world.ask("GetLocalListVersion").answer is not None
    world.flap().wait(10)
    assert world.ask("GetLocalListVersion").answer is not None


@covers("J-5.4-01", "J-4.2.2-06", rows=("boot:accept",))
def test_the_interval_of_the_boot_is_called_interval(fired: FiredRows) -> None:
    world = World(fired.see)
    world.csms.plan("BootNotification", says(interval=77, heartbeatInterval=11))
    world.power_up().wait(80)
    assert len(world.csms.got("Heartbeat")) == 1


@covers("JERR-2.5-01")
def test_a_stop_may_say_no_reason() -> None:
    stop = {"transactionId": 1, "meterStop": 7, "timestamp": "2026-01-01T12:00:00.000Z"}
    assert unstructure(structure(StopTransactionReq, stop)) == stop


@covers("JERR-2.2-01")
def test_an_entry_of_the_list_has_expiry_and_parent_in_its_id_tag_info(fired: FiredRows) -> None:
    world = World(fired.see, settings={"LocalAuthListEnabled": "true"}).power_up()
    info = {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00Z", "parentIdTag": "GROUP"}
    inside = {"updateType": "Full", "listVersion": 1, "localAuthorizationList": [{"idTag": "eve", "idTagInfo": info}]}
    beside = inside | {"localAuthorizationList": [{"idTag": "eve", **info}]}
    assert world.ask("SendLocalList", **inside).answer == {"status": "Accepted"}
    assert world.ask("SendLocalList", **beside).error == "FormationViolation"


@covers("J-4.2.3-18", "J-4.2.3-04")
@pytest.mark.parametrize(
    ("beginning", "answers"),
    [
        ('[2,"long","DataTransfer",{"vendorId":"', [[4, "long", "GenericError"]]),
        (' [ 2 , "long"', [[4, "long", "GenericError"]]),
        ('[2,"long', []),
        ('[3,"long",{"data":"', []),
        ("x" * 256, []),
    ],
)
def test_a_call_that_is_longer_than_the_station_takes_is_answered_by_its_beginning(
    fired: FiredRows, beginning: str, answers: list[Frame]
) -> None:
    world = World(fired.see).power_up()
    before = len(frames(world, outward=True))
    world.submit(FrameReceived(beginning, whole=False))
    assert [frame[:3] for frame in frames(world, outward=True)[before:]] == answers


@covers("J-4.2.3-05", rows=("call:done",))
def test_an_answer_that_is_longer_than_the_station_takes_fails_its_call_at_once(fired: FiredRows) -> None:
    world = World(fired.see).power_up()
    world.csms.plan("Heartbeat", SILENT)
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    call = sent(world)[-1]
    world.submit(FrameReceived(f'[3,"{call.message_id}",{{"x":"', whole=False))
    assert world.state("call") == "Free"
