"""The date: told by the CSMS, kept by the box or not, counted until it is known; and durations, which never ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest
from attrs import evolve

from model.messages.codec import unstructure
from model.messages.metering import MeterValue, ReadingContext, SampledValue
from properties.world.disk import Death
from properties.world.healing import heal
from properties.world.invariants import contents, undelivered, violations
from properties.world.sent import sent
from properties.world.world import World
from runtime.core.dates import FIRST_DATE, MAX_SHIFTS, Dates
from runtime.core.inputs import Moment, SecurityEventNoted
from runtime.core.ledger import Ledger
from runtime.core.records import BEGINNING
from tests.covering import FiredRows, covers

SETTINGS = {"MeterValueSampleInterval": "10", "LocalPreAuthorize": "true"}
EXACT = timedelta(milliseconds=15)
"""The way of the answer that brings the time."""


@pytest.fixture
def world(fired: FiredRows) -> World:
    """A station that knows alice, and whose clock has no battery; the CSMS is out of reach, and power comes again."""
    world = World(fired.see, settings=SETTINGS).power_up()
    world.plug_in().present("alice").wait(5).present("alice").plug_out().wait(5)
    world.keeps_time = False
    return world.link_down().power_cycle()


def date(text: str) -> datetime:
    return datetime.fromisoformat(text)


def session(world: World, seconds: float = 25) -> tuple[datetime, datetime]:
    """A session offline; when it truly began and ended."""
    began = world.plug_in().clock.true_utc()
    world.present("alice").wait(seconds)
    ended = world.clock.true_utc()
    world.present("alice").plug_out()
    return began, ended


def dates(world: World) -> list[datetime]:
    """Of every start and stop that reached the CSMS since the session that made alice known, in order."""
    bodies = [seen.payload for seen in world.csms.seen if seen.action in ("StartTransaction", "StopTransaction")]
    return [date(body["timestamp"]) for body in bodies[2:]]


@covers("CS-4.2.1-04", "ERR-3.11-03", "CS-4.2-07", rows=("clock:count", "clock:learn"))
def test_case_12_what_happened_before_the_date_was_known_is_dated_when_it_is(world: World) -> None:
    assert world.state("clock") == "Unset"
    truth = session(world.wait(100))
    heal(world.wait(50))
    assert dates(world) == [pytest.approx(moment, abs=EXACT) for moment in truth]
    stop = contents(world, "StopTransaction")[-1]
    taken = [date(value["timestamp"]) for value in stop["transactionData"]]
    assert [taken[0], taken[-1]] == [pytest.approx(moment, abs=EXACT) for moment in truth]
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.2.1-04", rows=("clock:count",))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_case_12_and_a_clock_that_is_right_again_after_the_cut(world: World, death: Death) -> None:
    session(world.wait(100))
    world.cut_power(death)
    world.keeps_time, world.clock.skew_s = True, 0.0
    truth = session(world.wait(60).power_up())
    assert world.state("clock") == "Own"
    heal(world)
    first, last, *exact = dates(world)
    assert exact == [pytest.approx(moment, abs=EXACT) for moment in truth]
    assert FIRST_DATE < first < last < exact[0]
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.2.1-04", rows=("clock:count", "clock:learn", "transaction:power_loss.both"))
@pytest.mark.parametrize("death", list(Death), ids=lambda death: death.name.lower())
def test_case_12_and_a_power_cut_before_it_is_known(
    world: World, death: Death, caplog: pytest.LogCaptureFixture
) -> None:
    truth = session(world.wait(100))
    world.plug_in().present("alice").wait(40).cut_power(death).wait(3600).power_up().plug_out().wait(30)
    later = session(world)
    learnt = heal(world).clock.true_utc()
    first, last, cut, _, *exact = dates(world)
    assert exact == [pytest.approx(moment, abs=EXACT) for moment in later]
    assert last - first == pytest.approx(truth[1] - truth[0], abs=EXACT), "distances stay"
    assert timedelta(0) <= first - truth[0] <= timedelta(seconds=3600 + 20), "late by the dark, and never early"
    assert first < last < cut < exact[0] < learnt
    assert "dated as late as they can have been" in caplog.text
    assert not violations(world)
    assert not undelivered(world)


@covers("CS-4.2.1-04", rows=("clock:learn",))
def test_case_12_a_count_after_another_count_has_a_shift_of_its_own(world: World) -> None:
    first = session(world)
    world.link_up().link_down().wait(5000)
    world.csms.plan("StartTransaction")
    between = len(dates(heal(world)))
    world.link_down().power_cycle(dark_s=1000)
    second = session(world.wait(70))
    heal(world)
    assert dates(world)[:between] == [pytest.approx(moment, abs=EXACT) for moment in first]
    assert dates(world)[between:] == [pytest.approx(moment, abs=EXACT) for moment in second]


@covers("CS-4.2.1-04", rows=("clock:trust", "clock:follow"))
def test_a_box_with_a_battery_dates_by_its_own_clock_as_the_csms_had_set_it(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS)
    world.clock.skew_s = 77
    world.power_up().plug_in().present("alice").wait(5).present("alice").plug_out().wait(5)
    world.link_down().power_cycle(dark_s=5000)
    assert world.state("clock") == "Own"
    truth = session(world)
    world.power_cycle(dark_s=5000)
    heal(world)
    assert dates(world) == [pytest.approx(moment, abs=timedelta(seconds=0.1)) for moment in truth]


@covers("CS-4.2.1-04", rows=("clock:count",))
def test_a_clock_that_shows_less_than_it_did_has_been_lost(fired: FiredRows) -> None:
    world = World(fired.see).power_up().link_down().cut_power()
    world.clock.skew_s = -3600
    world.power_up()
    assert world.state("clock") == "Unset", "a date of this year, and yet none"


@covers("CS-3.5.4-03", "CS-4.2.1-04", rows=("clock:count", "authorization:offline.refuse"))
def test_who_may_have_expired_is_not_charged_while_the_date_is_unknown(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS)
    world.csms.tokens["alice"] = {"status": "Accepted", "expiryDate": "2026-06-01T00:00:00Z"}
    world.power_up().plug_in().present("alice").wait(5).present("alice").plug_out().link_down()
    world.plug_in().present("alice").wait(5)
    assert world.state("connector", 1) == "Charging"
    world.present("alice").plug_out()
    world.keeps_time = False
    world.power_cycle().plug_in().present("alice").wait(5)
    assert world.state("connector", 1) == "Preparing"


@covers("CS-3.5.4-03", "CS-4.2.1-04", rows=("clock:count", "authorization:offline.refuse"))
def test_nor_is_an_entry_of_the_list_that_may_have_run_out(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS | {"LocalAuthListEnabled": "true"}).power_up()
    info = {"status": "Accepted", "expiryDate": "2026-06-01T00:00:00Z"}
    listed = [{"idTag": "eve", "idTagInfo": info}, {"idTag": "ann", "idTagInfo": {"status": "Accepted"}}]
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=listed)
    world.keeps_time = False
    world.link_down().power_cycle().plug_in().present("eve").wait(5)
    assert world.state("connector", 1) == "Preparing"
    assert world.present("ann").wait(5).state("connector", 1) == "Charging", "who cannot run out can charge"


@covers("CS-9.1.5-01", "CS-4.2.1-04", rows=("clock:learn", "metering:clock"))
def test_values_on_the_clock_wait_for_a_clock(fired: FiredRows) -> None:
    world = World(fired.see, settings={"ClockAlignedDataInterval": "60"})
    world.keeps_time = False
    world.link_down().power_up().wait(200)
    assert not world.station.context.ledger.queue
    world.link_up().wait(130)
    values = [call for call in sent(world) if call.action == "MeterValues"]
    assert len(values) == 4
    assert all(value.payload["meterValue"][0]["timestamp"].endswith(":00.000Z") for value in values)
    assert not violations(world)


@covers("CS-4.2.1-04", "SEC-A04.FR.02", rows=("clock:learn", "security_event:note.keep"))
def test_a_security_event_of_a_time_without_date_is_dated(world: World) -> None:
    truth = world.clock.true_utc()
    world.submit(SecurityEventNoted("TamperDetectionActivated"))
    heal(world)
    (event,) = world.csms.got("SecurityEventNotification")
    assert date(event["timestamp"]) == pytest.approx(truth, abs=EXACT)


@covers("CS-4.2-07", "CS-4.6-05")
def test_case_13_a_jump_of_the_boxs_own_clock_touches_nothing(fired: FiredRows) -> None:
    world = World(fired.see, settings=SETTINGS).power_up().plug_in().present("alice").wait(25)
    world.clock.skew_s = -86_400 * 400
    world.wait(20)
    world.clock.skew_s = 86_400
    world.wait(20).present("alice")
    samples = [date(value["meterValue"][0]["timestamp"]) for value in world.csms.got("MeterValues")]
    assert len(samples) == 6
    assert [later - earlier for earlier, later in pairwise(samples)] == [timedelta(seconds=10)] * 5
    assert not violations(world)


@covers("CS-4.2-07", "CS-4.6-05", "CS-9.1.6-02", rows=("clock:follow", "connector:B1.timeout"))
@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_case_13_a_jump_of_the_csms_touches_no_duration(fired: FiredRows, jump_s: float) -> None:
    world = World(fired.see, settings={**SETTINGS, "ConnectionTimeOut": "120", "HeartbeatInterval": "60"})
    world.csms.heartbeat_interval_s = 60
    world.power_up().plug_in(2).present("bob", 2).present("alice", 1).wait(50)
    world.csms.ahead_s = jump_s
    world.wait(60)
    assert world.state("connector", 1) == "Preparing"
    world.wait(15)
    assert world.state("connector", 1) == "Available", "after 120 s, whatever the CSMS says"
    samples = [seen.at_s for seen in world.csms.seen if seen.action == "MeterValues"]
    waits = [later - earlier for earlier, later in pairwise(samples)]
    assert waits == [pytest.approx(10, abs=0.2)] * len(waits)
    told = [date(sent["meterValue"][0]["timestamp"]) for sent in world.csms.got("MeterValues")]
    assert told == sorted(told), "in a transaction time stands still where the clock was set back (hard case 29)"
    if jump_s > 0:
        assert abs(told[-1] - world.clock.true_utc() - timedelta(seconds=jump_s)) < timedelta(seconds=11)


# ---- counts, by themselves -------------------------------------------------------------------------------


def moment(seconds: float, utc: datetime = BEGINNING) -> Moment:
    return Moment(seconds, utc)


def test_a_count_goes_on_behind_the_mark_and_is_dated_once() -> None:
    ledger = Ledger()
    dates = Dates(ledger)
    dates.count(moment(500))
    dates.mark(moment(560))
    again = Dates(ledger)
    again.count(moment(20))
    assert again.at(moment(20)) - dates.at(moment(560)) == timedelta(milliseconds=1)
    said = datetime(2026, 11, 22, tzinfo=UTC)
    assert again.learn(moment(120), said) == pytest.approx((100, 60), abs=0.01)
    again.follow(moment(120), said)
    assert again.dated(dates.at(moment(560))) == said - timedelta(seconds=100.001)
    assert again.dated(said) == said
    assert Dates(ledger).dated(dates.at(moment(560))) == said - timedelta(seconds=100.001), "the shift is kept"


def test_counts_beyond_the_bound_keep_their_order() -> None:
    ledger, counted, said = Ledger(), [], datetime(2026, 1, 1, tzinfo=UTC)
    for nth in range(MAX_SHIFTS + 20):
        dates = Dates(ledger)
        dates.count(moment(0))
        counted.append(dates.at(moment(5)))
        dates.learn(moment(10), said + timedelta(days=nth))
    known = [Dates(ledger).dated(count) for count in counted]
    assert known == sorted(known)
    assert all(date > FIRST_DATE for date in known)
    assert len(Dates(ledger).shifts) == MAX_SHIFTS


def test_only_counts_in_a_message_change() -> None:
    dates = Dates(Ledger())
    dates.count(moment(0))
    sample = SampledValue(value="7", context=ReadingContext.TRANSACTION_BEGIN)
    value = MeterValue(timestamp=dates.at(moment(3)), sampled_value=(sample,))
    assert dates.derive(value) is value
    said = datetime(2026, 1, 1, tzinfo=UTC)
    dates.learn(moment(10), said)
    assert dates.derive(value) == evolve(value, timestamp=said - timedelta(seconds=7))
    assert dates.derive((value, 7, None, "1970"))[1:] == (7, None, "1970")


def test_a_record_is_dated_as_its_text_as_well() -> None:
    dates = Dates(Ledger())
    dates.count(moment(0))
    value = MeterValue(timestamp=dates.at(moment(3)), sampled_value=(SampledValue(value="7"),))
    counted = orjson.dumps(unstructure(value)).decode()
    assert dates.derive_text(counted) == counted, "as long as nobody knows"
    dates.learn(moment(10), datetime(2026, 1, 1, tzinfo=UTC))
    dated = dates.derive_text(counted)
    assert dated == '{"timestamp":"2025-12-31T23:59:53.000Z","sampledValue":[{"value":"7"}]}'
    assert dates.derive_text(dated) == dated, "a date stays what it is"
    assert dates.derive_texts((counted, counted)) == (dated, dated)
    assert dates.derive_texts((dated, counted)) == (dated, counted), "in the order of their dates there is none such"
    assert dates.derive_texts(()) == ()
    quoted = '{"sampledValue":[{"value":"\\"timestamp\\":\\"1970-01-01T00:00:03Z"}],'
    said = quoted + '"timestamp":"2020-01-01T01:00:00+01:00"}'
    assert orjson.loads(dates.derive_text(said)) == orjson.loads(said) | {"timestamp": "2020-01-01T00:00:00.000Z"}
