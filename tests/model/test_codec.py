"""A payload to a message and back, and what is said of a payload that is none.

Two judges besides our own: a round trip (what we write we read as the same), and the schemas of the `ocpp` package.
Where the schemas decide otherwise, `schema_differences.toml` or the function `as_the_schema_wants` says so.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.authorization import AuthorizeConf, AuthorizeReq, ClearCacheReq
from model.messages.boot import BootNotificationConf, HeartbeatConf
from model.messages.codec import structure, unstructure
from model.messages.configuration import ChangeConfigurationReq, GetConfigurationReq
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.local_list import SendLocalListReq
from model.messages.metering import MeterValuesReq
from model.messages.remote import MessageTrigger, RemoteStartTransactionReq, ResetReq, ResetType, TriggerMessageReq
from model.messages.transactions import Reason, StopTransactionReq
from properties.message_strategies import broken, messages
from tests.covering import covers
from tests.ocpp_schemas import CLASSES, PAYLOADS, accepts
from tests.searching import searching

CLAUSES = {
    "Authorize": ("CS-6", 1),
    "BootNotification": ("CS-6", 3),
    "CancelReservation": ("CS-6", 5),
    "ChangeAvailability": ("CS-6", 7),
    "ChangeConfiguration": ("CS-6", 9),
    "ClearCache": ("CS-6", 11),
    "ClearChargingProfile": ("CS-6", 13),
    "DataTransfer": ("CS-6", 15),
    "DiagnosticsStatusNotification": ("CS-6", 17),
    "FirmwareStatusNotification": ("CS-6", 19),
    "GetDiagnostics": ("CS-6", 25),
    "GetCompositeSchedule": ("CS-6", 21),
    "GetConfiguration": ("CS-6", 23),
    "GetLocalListVersion": ("CS-6", 27),
    "Heartbeat": ("CS-6", 29),
    "MeterValues": ("CS-6", 31),
    "RemoteStartTransaction": ("CS-6", 33),
    "RemoteStopTransaction": ("CS-6", 35),
    "ReserveNow": ("CS-6", 37),
    "Reset": ("CS-6", 39),
    "SecurityEventNotification": ("SEC-5", 15),
    "SendLocalList": ("CS-6", 41),
    "SetChargingProfile": ("CS-6", 43),
    "UpdateFirmware": ("CS-6", 55),
    "StartTransaction": ("CS-6", 45),
    "StatusNotification": ("CS-6", 47),
    "StopTransaction": ("CS-6", 49),
    "TriggerMessage": ("CS-6", 51),
    "UnlockConnector": ("CS-6", 53),
}
"""The clause that lists the fields of each request: document, chapter and number; that of its answer is the next."""


def _clause(name: str) -> str:
    chapter, number = CLAUSES[name.removesuffix("Response")]
    return f"{chapter}.{number + name.endswith('Response')}-01"


every_class = pytest.mark.parametrize("name", [pytest.param(name, marks=covers(_clause(name))) for name in CLASSES])


def as_the_schema_wants(node: Any) -> Any:
    """The payload without what we accept and the schemas refuse.

    An integral float is an integer (JERR-2.3-01); an unknown message to trigger is judged later (CS-7.44-03).
    """
    if isinstance(node, dict):
        known = {"requestedMessage": "Heartbeat"} if isinstance(node.get("requestedMessage"), str) else {}
        return {name: as_the_schema_wants(child) for name, child in {**node, **known}.items()}
    if isinstance(node, list):
        return [as_the_schema_wants(child) for child in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node


def judge(cls: type, payload: object, *, closed: bool = True) -> object:
    """The message that the payload is, or why it is none."""
    try:
        return structure(cls, payload, closed=closed)
    except BadPayloadError as refusal:
        return refusal


def refusal_of(cls: type, payload: object) -> BadPayloadError:
    with pytest.raises(BadPayloadError) as refusal:
        structure(cls, payload)
    return refusal.value


@every_class
@searching(25)
@given(st.data())
def test_what_is_written_is_read_as_the_same_message(name: str, data: st.DataObject) -> None:
    cls = CLASSES[name]
    message = data.draw(messages(cls))
    text = orjson.dumps(unstructure(message))
    assert structure(cls, orjson.loads(text)) == message
    assert structure(cls, json.loads(text), closed=False) == message


@every_class
@covers("JERR-3.1-01")
@searching(25)
@given(st.data())
def test_what_is_written_is_valid_by_the_published_schema(name: str, data: st.DataObject) -> None:
    payload = unstructure(data.draw(messages(CLASSES[name])))
    assert accepts(name, as_the_schema_wants(payload))


@every_class
@covers("JERR-3.1-02")
@searching(25)
@given(st.data())
def test_broken_payloads_are_refused_exactly_where_the_schema_refuses_them(name: str, data: st.DataObject) -> None:
    payload = data.draw(broken(CLASSES[name]))
    judgement = judge(CLASSES[name], payload)
    if not isinstance(judgement, BadPayloadError):
        assert accepts(name, as_the_schema_wants(payload))
    elif accepts(name, payload):
        assert any(re.search(known.says, judgement.why) for known in PAYLOADS if known.says)


@every_class
@searching(25)
@given(st.data())
def test_open_reading_accepts_whatever_closed_reading_accepts(name: str, data: st.DataObject) -> None:
    cls, payload = CLASSES[name], data.draw(broken(CLASSES[name]))
    closed = judge(cls, payload)
    if not isinstance(closed, BadPayloadError):
        assert structure(cls, payload, closed=False) == closed


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@every_class
@searching(25)
@given(JSON, st.booleans())
def test_any_json_value_is_either_a_message_or_a_refusal(name: str, payload: object, closed: bool) -> None:
    assert isinstance(judge(CLASSES[name], payload, closed=closed), (CLASSES[name], BadPayloadError))


@covers("J-4.2.1-04", "J-4.2.3-14")
@pytest.mark.parametrize("payload", [[], "text", 1, None, True, [["key", "a"]]])
def test_a_payload_that_is_no_object_is_a_formation_violation(payload: object) -> None:
    assert refusal_of(ClearCacheReq, payload).code is CallErrorCode.FORMATION_VIOLATION


@covers("J-4.2.3-12")
def test_a_missing_field_is_a_protocol_error_that_names_it() -> None:
    refusal = refusal_of(ChangeConfigurationReq, {"key": "HeartbeatInterval"})
    assert (refusal.code, refusal.path) == (CallErrorCode.PROTOCOL_ERROR, "value")


@covers("JERR-3.1-02")
def test_a_field_too_many_is_a_formation_violation_at_any_depth() -> None:
    assert refusal_of(ClearCacheReq, {"vendor": 1}).code is CallErrorCode.FORMATION_VIOLATION
    refusal = refusal_of(RemoteStartTransactionReq, remote_start(periods=[{"startPeriod": 0, "limit": 1, "x": 1}]))
    assert refusal.code is CallErrorCode.FORMATION_VIOLATION
    assert refusal.path == "chargingProfile.chargingSchedule.chargingSchedulePeriod[0].x"


@covers("J-4.2.3-17")
@pytest.mark.parametrize("value", [1, True, None, [], {}, 1.5])
def test_a_value_of_another_type_is_a_type_constraint_violation(value: object) -> None:
    refusal = refusal_of(ChangeConfigurationReq, {"key": "HeartbeatInterval", "value": value})
    assert (refusal.code, refusal.path) == (CallErrorCode.TYPE_CONSTRAINT_VIOLATION, "value")


@covers("J-4.2.3-15")
def test_a_value_out_of_its_limits_is_a_property_constraint_violation() -> None:
    for cls, payload in (
        (ResetReq, {"type": "soft"}),
        (AuthorizeReq, {"idTag": "t" * 21}),
        (HeartbeatConf, {"currentTime": "yesterday"}),
    ):
        assert refusal_of(cls, payload).code is CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION


@covers("J-4.2.3-16")
def test_an_empty_list_where_one_is_needed_is_an_occurence_constraint_violation() -> None:
    refusal = refusal_of(RemoteStartTransactionReq, remote_start(periods=[]))
    assert refusal.code is CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION
    assert str(refusal.code) == "OccurenceConstraintViolation"


@covers("ERR-3.38-01")
def test_a_bad_enumeration_value_in_a_profile_is_a_property_constraint_violation() -> None:
    refusal = refusal_of(RemoteStartTransactionReq, remote_start(unit="kW"))
    assert refusal.code is CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION
    assert refusal.path == "chargingProfile.chargingSchedule.chargingRateUnit"


def test_what_is_said_of_several_faults_does_not_depend_on_the_order_of_the_sender() -> None:
    faults = {"vendor": 3, "key": 2, "value": 1, "another": 4}
    one = refusal_of(ChangeConfigurationReq, faults)
    other = refusal_of(ChangeConfigurationReq, dict(reversed(faults.items())))
    assert (one.code, one.path) == (other.code, other.path) == (CallErrorCode.FORMATION_VIOLATION, "another")


def remote_start(unit: str = "W", periods: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}] if periods is None else periods,
    }
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    }
    return {"idTag": "TAG", "chargingProfile": profile}


@covers("CS-7.14-02", "JERR-3.6-01")
@pytest.mark.parametrize(
    ("limit", "read"), [(8.1, "8.1"), (21.4, "21.4"), (0.1, "0.1"), (60000, "60000"), (300.0, "300")]
)
def test_limits_are_read_exactly(limit: float, read: str) -> None:
    message = structure(RemoteStartTransactionReq, remote_start(periods=[{"startPeriod": 0, "limit": limit}]))
    assert message.charging_profile is not None
    period = message.charging_profile.charging_schedule.charging_schedule_period[0]
    assert period.limit == Decimal(read)
    assert unstructure(period)["limit"] == limit


@pytest.mark.parametrize("limit", [8.15, 0.30000000000000004, float("nan"), float("inf"), 1e300, 10**30])
def test_limits_that_are_no_tenths_are_refused(limit: float) -> None:
    refusal = refusal_of(RemoteStartTransactionReq, remote_start(periods=[{"startPeriod": 0, "limit": limit}]))
    assert refusal.code is CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION


@covers("JERR-2.3-01")
def test_an_integral_float_is_an_integer_and_another_is_not() -> None:
    payload = {"status": "Accepted", "currentTime": "2026-11-22T16:00:00Z", "interval": 300.0}
    assert structure(BootNotificationConf, payload).interval == 300
    with pytest.raises(BadPayloadError, match="interval: must be an integer"):
        structure(BootNotificationConf, {**payload, "interval": 300.5})


@covers("CS-3.15-02", "CS-3.15-03", "ERR-3.10-02", "ERR-3.10-03")
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T16:00:00Z",
        "2026-11-22T16:00:00.000Z",
        "2026-11-22t16:00:00z",
        "2026-11-22T23:00:00.0000000+07:00",
        "2026-11-22T11:00:00-0500",
        "2026-11-22T17:00:00,0+01",
        "2026-11-22T16:00Z",
        "2026-11-22T16:00:00",
    ],
)
def test_times_are_read_with_any_fraction_and_offset(text: str) -> None:
    assert structure(HeartbeatConf, {"currentTime": text}).current_time == datetime(2026, 11, 22, 16, tzinfo=UTC)


@covers("ERR-3.10-01")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "16:00:00Z",
        "2026-13-22T16:00:00Z",
        "2026-11-22 16:00:00Z",
        "2026-W47-7T16:00:00Z",
        "9" * 9999,
        "2026-11-22T16:00:00+24:00",
        "٢026-11-22T16:00:00Z",
        1,
        None,
    ],
)
def test_what_is_no_time_is_refused(text: object) -> None:
    assert refusal_of(HeartbeatConf, {"currentTime": text}).path == "currentTime"


@covers("CS-7.44-03")
def test_an_unknown_message_to_trigger_is_read_and_not_refused() -> None:
    assert structure(TriggerMessageReq, {"requestedMessage": "NotAMessage"}).requested_message == "NotAMessage"
    known = structure(TriggerMessageReq, {"requestedMessage": "Heartbeat", "connectorId": 0})
    assert known.requested_message is MessageTrigger.HEARTBEAT
    with pytest.raises(BadPayloadError, match="requestedMessage: must be a string"):
        structure(TriggerMessageReq, {"requestedMessage": 1})


@covers("JERR-3.1-02")
def test_an_answer_with_fields_too_many_or_nulls_is_read_all_the_same() -> None:
    payload = {"status": "Accepted", "currentTime": "2026-11-22T16:00:00Z", "interval": 300, "vendor": {}}
    assert structure(BootNotificationConf, payload, closed=False).interval == 300
    info = structure(AuthorizeConf, {"idTagInfo": {"status": "Accepted", "parentIdTag": None}}, closed=False)
    assert info.id_tag_info.parent_id_tag is None


@covers("J-4.2.2-06")
def test_an_answer_without_a_required_field_is_refused_even_when_read_openly() -> None:
    payload = {"status": "Accepted", "currentTime": "2026-11-22T16:00:00Z", "heartbeatInterval": 300}
    with pytest.raises(BadPayloadError, match="interval: required field is missing"):
        structure(BootNotificationConf, payload, closed=False)


def test_a_null_for_an_optional_field_is_refused_in_a_request() -> None:
    assert refusal_of(GetConfigurationReq, {"key": None}).code is CallErrorCode.TYPE_CONSTRAINT_VIOLATION


def test_absent_fields_are_left_out_and_empty_lists_are_not_absent() -> None:
    assert unstructure(GetConfigurationReq()) == {}
    assert unstructure(GetConfigurationReq(key=())) == {"key": []}


def test_a_payload_holds_plain_json_values() -> None:
    payload = unstructure(ResetReq(type=ResetType.SOFT))
    assert type(payload["type"]) is str
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    stop = StopTransactionReq(transaction_id=-1, meter_stop=12, timestamp=noon, reason=Reason.POWER_LOSS)
    assert unstructure(stop) == {
        "transactionId": -1,
        "meterStop": 12,
        "timestamp": "2026-11-22T12:00:00.000Z",
        "reason": "PowerLoss",
    }


def test_a_refusal_does_not_quote_what_it_refuses() -> None:
    secret = "00112233445566778899AABBCCDDEEFF" * 20
    assert secret[:32] not in str(refusal_of(ChangeConfigurationReq, {"key": "AuthorizationKey", "value": secret}))


@covers("ERR-3.72-01", "JERR-2.2-01", "CS-7.27-01", "CS-7.27-02", "CS-7.27-03", "CS-7.27-04")
def test_an_entry_of_the_list_has_its_status_and_perhaps_an_end_and_a_parent() -> None:
    info: dict[str, Any] = {"status": "Accepted", "expiryDate": "2027-01-01T00:00:00Z", "parentIdTag": "GROUP"}

    def listed(**changes: Any) -> dict[str, Any]:
        kept = {name: value for name, value in {**info, **changes}.items() if value is not None}
        entry = {"idTag": "alice", "idTagInfo": kept}
        return {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}

    assert structure(SendLocalListReq, listed()).local_authorization_list is not None
    (bare,) = structure(SendLocalListReq, listed(expiryDate=None, parentIdTag=None)).local_authorization_list or ()
    assert bare.id_tag_info is not None
    assert (bare.id_tag_info.expiry_date, bare.id_tag_info.parent_id_tag) == (None, None)
    for wrong in (listed(expiryDate="tomorrow"), listed(parentIdTag="x" * 21), listed(status=None)):
        refusal_of(SendLocalListReq, wrong)


@covers(
    "CS-7.43-02", "CS-7.43-03", "CS-7.43-04", "CS-7.43-05", "CS-7.43-06", "CS-7.43-07", "CS-4.7-16",
    "CS-4.7-17", "CS-7.31-01", "CS-7.45-02",
)  # fmt: skip
def test_a_sample_may_be_a_bare_value_and_its_defaults_are_not_written() -> None:
    payload = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-01-01T00:00:00.000Z", "sampledValue": [{"value": "1"}]}],
    }
    assert unstructure(structure(MeterValuesReq, payload)) == payload


@covers("JERR-2.5-01", "CS-4.10-08", "CS-4.10-02")
def test_a_stop_without_reason_token_and_data_is_one() -> None:
    payload = {"transactionId": 1, "meterStop": 1, "timestamp": "2026-01-01T00:00:00.000Z"}
    assert unstructure(structure(StopTransactionReq, payload)) == payload
