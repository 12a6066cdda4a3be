"""Hard case 29: the CSMS gives year 1, year 9999, a leap second, no zone, seven digits.

Nothing dies of it, nothing that is stored can prevent a start, and a stop is never before its start.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from model.messages.authorization import AuthorizeConf
from model.messages.boot import HeartbeatConf
from model.messages.codec import structure, unstructure
from model.messages.errors import BadPayloadError
from properties.world.csms import says
from properties.world.healing import heal
from properties.world.world import World
from runtime.core.dates import COUNTED, OFFSET, SHIFTS, SHOWED
from runtime.core.inputs import Put
from runtime.operations.tokens import Tokens
from tests.covering import FiredRows, covers

IMPOSSIBLE = (
    "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2019-12-31T23:59:59Z", "2100-01-01T00:00:00Z",
    "9999-12-31T23:59:56Z", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00",
)  # fmt: skip
SAME_INSTANT = (
    "2026-11-22T16:00:00Z", "2026-11-22t16:00:00z", "2026-11-22T16:00:00", "2026-11-22T16:00:00+00:00",
    "2026-11-22T16:00:00.0000000Z", "2026-11-22T15:59:60Z", "2026-11-23T06:00:00+14:00", "2026-11-22T16:00Z",
)  # fmt: skip
NEVER, LONG_AGO = "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z"


def knows_the_date(world: World) -> bool:
    """Whether the station goes by the true time."""
    world.ask("GetLocalListVersion")
    return abs(world.station.context.utc() - world.clock.true_utc()) < timedelta(seconds=2)


# ---- the clock -------------------------------------------------------------------------------------------


@covers("CS-4.2-07", "CS-4.6-05", rows=("clock:refuse",))
@pytest.mark.parametrize("date", IMPOSSIBLE)
@pytest.mark.parametrize("action", ["BootNotification", "Heartbeat"])
def test_case_29_a_date_that_cannot_be_is_not_taken(
    fired: FiredRows, caplog: pytest.LogCaptureFixture, date: str, action: str
) -> None:
    world = World(fired.see)
    world.csms.always(action, says(currentTime=date))
    world.power_up().wait(2 * world.csms.heartbeat_interval_s)
    assert knows_the_date(world)
    assert "which is not taken: it lies outside 2020 to 2099" in caplog.text
    world.power_cycle()
    world.csms.behave()
    world.plug_in().present("alice").wait(60).present("alice").plug_out()
    assert world.csms.got("StopTransaction"), "it still works, and starts"


@covers("CS-4.2-07", rows=("transaction:begin", "transaction:settle"))
@pytest.mark.parametrize("before_s", [0, 5, 40])
def test_case_29_the_last_date_that_is_taken_passes_and_sessions_go_on(fired: FiredRows, before_s: int) -> None:
    world = World(fired.see)
    world.csms.always("BootNotification", says(currentTime="2099-12-31T23:59:50Z"))
    world.power_up().wait(before_s).plug_in().present("alice").wait(30).power_cycle().wait(30)
    world.csms.behave()
    world.plug_out().plug_in().present("alice").wait(30).present("alice").plug_out().wait(30)
    assert len(world.csms.got("StopTransaction")) >= 2


@covers("CS-4.2.1-04", rows=("clock:refuse.undated", "clock:learn"))
def test_case_29_a_count_goes_on_until_a_date_that_can_be(fired: FiredRows) -> None:
    world = World(fired.see)
    world.keeps_time = False
    world.csms.always("BootNotification", says(currentTime="9999-12-31T23:59:56Z"))
    world.power_up().wait(10)
    assert world.state("clock") == "Undated"
    assert not world.station.context.knows_date
    world.csms.behave()
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    assert world.state("clock") == "Told"


@pytest.mark.parametrize("text", SAME_INSTANT)
def test_case_29_the_ways_in_which_a_date_is_written(text: str) -> None:
    conf = structure(HeartbeatConf, {"currentTime": text})
    assert conf.current_time == datetime(2026, 11, 22, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250Z"),
        ("2026-12-31T24:00:00Z", "2027-01-01T00:00:00.000Z"),
        ("2026-12-31T24:00:00.000+01:00", "2026-12-31T23:00:00.000Z"),
        ("2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.123Z"),
        ("9999-12-31T23:59:59-05:00", NEVER),
        ("9999-12-31T24:00:00Z", NEVER),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_case_29_what_a_calendar_holds_is_read_and_what_lies_beyond_is_its_last(text: str, read: str) -> None:
    conf = structure(HeartbeatConf, {"currentTime": text})
    assert unstructure(conf) == {"currentTime": read}


@pytest.mark.parametrize(
    "text", ["", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:01Z", "2026-01-01T00:00:61Z",
             "2026-01-01T00:00:00-24:00", "2026-01-01T00:00:00+99:99", "20260101T000000Z", "never"]
)  # fmt: skip
def test_case_29_what_is_no_date_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(BadPayloadError) as refused:
        structure(HeartbeatConf, {"currentTime": text})
    assert refused.value.path == "currentTime"


# ---- what is stored --------------------------------------------------------------------------------------

POISON = (
    "9999999999999", "-9999999999999", "1e308", "nan", "inf", "", "soon", "[]", "[[1e308,1e308]]",
    "[[5,99999999999999]]", "[[1,2,3]]", "{}", "null", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00",
)  # fmt: skip


@pytest.mark.parametrize("poison", POISON)
@pytest.mark.parametrize("keeps_time", [True, False])
def test_case_29_nothing_that_is_stored_about_the_clock_prevents_a_start(poison: str, keeps_time: bool) -> None:
    world = World().power_up()
    world.cut_power()
    world.disk.commit(Put("station", name, poison) for name in (OFFSET, SHOWED, COUNTED, SHIFTS))
    world.keeps_time = keeps_time
    world.power_up().wait(10)
    assert world.state("clock") == "Told"
    assert knows_the_date(world)
    assert heal(world.power_cycle()).state("clock") == "Told"


# ---- dates of other things -------------------------------------------------------------------------------


@covers("CS-7.27-01", "CS-3.5.4-02")
@pytest.mark.parametrize(("expiry", "valid"), [(NEVER, True), ("9999-12-31T23:59:59-12:00", True), (LONG_AGO, False)])
def test_case_29_an_entry_that_never_expires_and_one_that_has_long(expiry: str, valid: bool) -> None:
    world = World(settings={"LocalAuthListEnabled": "true", "LocalAuthorizeOffline": "true"}).power_up()
    entry = {"idTag": "bob", "idTagInfo": {"status": "Accepted", "expiryDate": expiry}}
    asked = world.ask("SendLocalList", listVersion=1, updateType="Full", localAuthorizationList=[entry])
    assert asked.answer == {"status": "Accepted"}
    world.power_cycle().link_down()
    assert world.station.part(Tokens).valid("bob") is valid


@covers("CS-7.27-01")
@pytest.mark.parametrize(("expiry", "valid"), [(NEVER, True), (LONG_AGO, False)])
def test_case_29_the_cache_holds_what_never_expires(expiry: str, valid: bool) -> None:
    world = World(settings={"AuthorizationCacheEnabled": "true"}).power_up()
    for action in ("Authorize", "StartTransaction"):
        world.csms.always(action, says(idTagInfo={"status": "Accepted", "expiryDate": expiry}))
    world.plug_in().present("bob").wait(700)
    assert world.power_cycle().station.part(Tokens).valid("bob") is valid


@pytest.mark.parametrize(("expiry", "status"), [(NEVER, "Accepted"), (LONG_AGO, "Rejected")])
def test_case_29_a_reservation_until_never_holds(expiry: str, status: str) -> None:
    world = World().power_up()
    asked = world.ask("ReserveNow", connectorId=1, expiryDate=expiry, idTag="bob", reservationId=1)
    assert asked.answer == {"status": status}
    world.wait(1000).power_cycle().wait(60)
    assert (world.state("reservation", 1) == "Reserved") is (status == "Accepted")


@pytest.mark.parametrize("start", [LONG_AGO, "2026-01-01T00:00:00Z", NEVER])
@pytest.mark.parametrize("valid_from", [None, LONG_AGO, NEVER])
@pytest.mark.parametrize(
    "valid_to", [None, *(pytest.param(date, marks=pytest.mark.exhaustive) for date in (LONG_AGO, NEVER))]
)
@pytest.mark.parametrize("kind", ["Absolute", "Recurring"])
def test_case_29_profiles_of_any_date_are_judged_and_calculated_with(
    start: str, valid_from: str | None, valid_to: str | None, kind: str
) -> None:
    world = World().power_up().plug_in().present("alice").wait(10)
    period = {"startPeriod": 0, "limit": 20000.0}
    profile = {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": kind, **({"recurrencyKind": "Daily"} if kind == "Recurring" else {}),
        **({"validFrom": valid_from} if valid_from else {}), **({"validTo": valid_to} if valid_to else {}),
        "chargingSchedule": {
            "startSchedule": start, "chargingRateUnit": "W", "chargingSchedulePeriod": [period], "duration": 2**31,
        },
    }  # fmt: skip
    answer = world.ask("SetChargingProfile", connectorId=0, csChargingProfiles=profile).answer
    assert answer is not None and answer["status"] in ("Accepted", "Rejected")  # noqa: PT018
    assert world.ask("GetCompositeSchedule", connectorId=1, duration=2**40).answer is not None
    world.wait(4000).power_cycle().wait(30)
    assert world.ask("GetCompositeSchedule", connectorId=1, duration=86400).answer is not None


# ---- the clock set back ----------------------------------------------------------------------------------


@covers("CS-4.10-01")
@pytest.mark.parametrize("back_s", [1, 50, 3600, 86400 * 365 * 5])
@pytest.mark.parametrize("link", [True, False])
def test_case_29_a_stop_is_never_before_its_start_nor_before_its_last_value(back_s: float, link: bool) -> None:
    world = World(settings={"MeterValueSampleInterval": "20"}).power_up()
    world.plug_in().present("alice").wait(70)
    world.csms.ahead_s = -back_s
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    if not link:
        world.link_down()
    world.wait(70).present("alice").plug_out()
    heal(world)
    [start], [stop] = world.csms.got("StartTransaction"), world.csms.got("StopTransaction")
    values = [value["timestamp"] for sent in world.csms.got("MeterValues") for value in sent["meterValue"]]
    times = [start["timestamp"], *values, stop["timestamp"]]
    assert len(values) > 4
    assert times == sorted(times)


def test_case_29_nor_is_one_that_a_power_loss_has_ended() -> None:
    world = World(settings={"MeterValueSampleInterval": "20"}).power_up()
    world.plug_in().present("alice").wait(70)
    world.csms.ahead_s = -86400.0
    world.ask("TriggerMessage", requestedMessage="Heartbeat")
    heal(world.wait(70).power_cycle())
    [start], [stop] = world.csms.got("StartTransaction"), world.csms.got("StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert stop["timestamp"] >= start["timestamp"]


def test_case_29_an_answer_with_year_9999_names_its_field() -> None:
    conf = structure(AuthorizeConf, {"idTagInfo": {"status": "Accepted", "expiryDate": NEVER}})
    assert conf.id_tag_info.expiry_date == datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
