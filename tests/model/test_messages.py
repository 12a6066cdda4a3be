"""A message that exists is one that may be sent: what can be built, what cannot, and that the classes say clause 6."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from model.messages.authorization import AuthorizeReq
from model.messages.availability import ChargePointErrorCode, ChargePointStatus, StatusNotificationReq
from model.messages.boot import BootNotificationConf, BootNotificationReq, RegistrationStatus
from model.messages.charging import ChargingSchedulePeriod
from model.messages.codec import structure
from model.messages.configuration import ChangeConfigurationReq, GetConfigurationReq, KeyValue
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.kinds import EnumKind, Kind, ListKind, ObjectKind
from model.messages.message import fields_of, message, wire_name
from model.messages.metering import MeterValue
from model.messages.registry import ACTIONS, Pair, Profile, Sender, acceptable, action_of
from model.messages.remote import ResetReq
from model.messages.scalars import BooleanKind, DecimalKind, IntegerKind, StringKind, write_instant
from model.messages.transactions import StartTransactionReq, StopTransactionReq
from model.messages.types import IdToken, Integer, fold
from tests.covering import covers
from tests.ocpp_schemas import CLASSES, LIMITS, schema

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = tuple(Profile)


def start(**changes: Any) -> StartTransactionReq:
    fields: dict[str, Any] = {"connector_id": 1, "id_tag": "TAG", "meter_start": 0, "timestamp": NOON}
    return StartTransactionReq(**{**fields, **changes})


def boot(**changes: str) -> BootNotificationReq:
    return BootNotificationReq(**{"charge_point_vendor": "v", "charge_point_model": "m", **changes})


def status(**changes: Any) -> StatusNotificationReq:
    fields = {"error_code": ChargePointErrorCode.NO_ERROR, "status": ChargePointStatus.AVAILABLE, **changes}
    return StatusNotificationReq(**fields)


@covers("CS-7.15-01", "CS-7.16-01", "CS-7.17-01", "ERR-3.58-01", "ERR-3.59-01", "ERR-3.60-01", "ERR-3.71-01")
@pytest.mark.parametrize(
    ("field", "longest"), [("charge_point_vendor", 20), ("charge_point_serial_number", 25), ("firmware_version", 50)]
)
def test_texts_are_as_long_as_their_type_allows_and_no_longer(field: str, longest: int) -> None:
    assert getattr(boot(**{field: "x" * longest}), field) == "x" * longest
    with pytest.raises(BadPayloadError) as refusal:
        boot(**{field: "x" * (longest + 1)})
    assert refusal.value.path == wire_name(field)
    assert refusal.value.code is CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION


@covers("CS-7.18-01", "CS-7.19-01", "ERR-3.61-01", "ERR-3.62-01")
def test_long_texts_have_limits_too() -> None:
    assert status(connector_id=0, vendor_id="v" * 255).vendor_id
    with pytest.raises(BadPayloadError, match="at most 255"):
        status(connector_id=0, vendor_id="v" * 256)
    assert KeyValue(key="k", readonly=True, value="v" * 500).value
    with pytest.raises(BadPayloadError, match="at most 500"):
        KeyValue(key="k", readonly=True, value="v" * 501)


@covers("CS-7.15-01", "ERR-3.73-01")
def test_length_is_counted_in_characters_and_the_text_is_kept_as_it_came() -> None:
    assert AuthorizeReq(id_tag="É" * 20).id_tag == "É" * 20
    assert AuthorizeReq(id_tag="AbC").id_tag == "AbC"
    assert fold("AbC") == fold("aBc")


@covers("J-4.1.2-01")
def test_text_that_has_no_utf8_form_cannot_be_sent() -> None:
    with pytest.raises(BadPayloadError, match="UTF-8"):
        AuthorizeReq(id_tag="half\ud800")


@covers("CS-6.45-01", "CS-6.47-01")
def test_connector_numbers_begin_at_one_where_a_transaction_runs_and_at_zero_elsewhere() -> None:
    assert start(connector_id=1).connector_id == 1
    with pytest.raises(BadPayloadError, match="connectorId: must be 1 or more"):
        start(connector_id=0)
    assert status(connector_id=0).connector_id == 0
    with pytest.raises(BadPayloadError, match="connectorId: must be 0 or more"):
        status(connector_id=-1)


def test_a_boolean_is_no_integer_and_an_integer_is_no_boolean() -> None:
    with pytest.raises(BadPayloadError, match="must be an integer") as refusal:
        start(meter_start=True)
    assert refusal.value.code is CallErrorCode.TYPE_CONSTRAINT_VIOLATION
    with pytest.raises(BadPayloadError, match="must be a boolean"):
        KeyValue(key="k", readonly=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("transaction_id", [0, -1, -(2**31), 2**31 - 1, 2**63 - 1])
def test_every_integer_is_a_transaction_id(transaction_id: int) -> None:
    stop = StopTransactionReq(transaction_id=transaction_id, meter_stop=1, timestamp=NOON)
    assert stop.transaction_id == transaction_id


@covers("CS-7.14-02")
@pytest.mark.parametrize("limit", ["0", "8.1", "-0.1", "60000", "8.10", "99999999999999.9"])
def test_limits_have_one_fractional_digit(limit: str) -> None:
    assert ChargingSchedulePeriod(start_period=0, limit=Decimal(limit)).limit == Decimal(limit)


@covers("CS-7.14-02")
@pytest.mark.parametrize("limit", ["8.15", "NaN", "Infinity", "-Infinity", "1E14", "1." + "0" * 40 + "1"])
def test_limits_that_are_no_tenths_are_refused(limit: str) -> None:
    with pytest.raises(BadPayloadError) as refusal:
        ChargingSchedulePeriod(start_period=0, limit=Decimal(limit))
    assert refusal.value.code is CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION


@covers("CS-3.15-01", "CS-3.14-01", "ERR-3.10-01")
def test_times_know_their_offset_and_are_written_in_utc() -> None:
    with pytest.raises(BadPayloadError, match="timestamp: must be a dateTime that knows its offset"):
        start(timestamp=NOON.replace(tzinfo=None))
    assert write_instant(NOON.astimezone(timezone(timedelta(hours=7)))) == "2026-11-22T12:00:00.000Z"
    assert write_instant(NOON.replace(microsecond=123_999)) == "2026-11-22T12:00:00.123Z"


def test_a_time_before_the_first_year_in_utc_is_the_first_there_is() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7)))
    assert write_instant(first) == "0001-01-01T00:00:00.000Z"


@covers("CS-7.33-03")
def test_a_meter_value_has_at_least_one_sample() -> None:
    with pytest.raises(BadPayloadError, match="sampledValue: must have at least 1") as refusal:
        MeterValue(timestamp=NOON, sampled_value=())
    assert refusal.value.code is CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION


def test_a_list_says_which_of_its_elements_is_wrong() -> None:
    with pytest.raises(BadPayloadError) as refusal:
        GetConfigurationReq(key=("HeartbeatInterval", "k" * 51))
    assert refusal.value.path == "key[1]"


def test_an_enumeration_takes_its_members_only() -> None:
    with pytest.raises(BadPayloadError, match="type: must be one of Hard, Soft"):
        ResetReq(type="Soft")  # type: ignore[arg-type]


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        start().meter_start = 2  # type: ignore[misc]


def test_a_registration_may_name_any_interval() -> None:
    conf = BootNotificationConf(status=RegistrationStatus.PENDING, current_time=NOON, interval=0)
    assert conf.interval == 0


@covers("J-4.2.1-03", "J-4.2.3-09", "J-4.2.3-10")
def test_unknown_actions_are_not_implemented_and_known_ones_not_supported() -> None:
    assert acceptable("TransactionEvent", ALL) is CallErrorCode.NOT_IMPLEMENTED
    assert acceptable("reset", ALL) is CallErrorCode.NOT_IMPLEMENTED
    assert acceptable("Reset.req", ALL) is CallErrorCode.NOT_IMPLEMENTED
    assert acceptable("/Reset", ALL) is CallErrorCode.NOT_IMPLEMENTED
    assert acceptable("SignedUpdateFirmware", ALL) is CallErrorCode.NOT_SUPPORTED
    assert isinstance(acceptable("Reset", ALL), Pair)
    assert isinstance(acceptable("DataTransfer", ALL), Pair)
    assert isinstance(acceptable("Reset", (Profile.CORE,)), Pair)
    assert acceptable("ReserveNow", (Profile.CORE,)) is CallErrorCode.NOT_SUPPORTED


def test_what_only_a_station_sends_is_not_taken_from_the_central_system() -> None:
    assert acceptable("BootNotification", ALL) is CallErrorCode.NOT_SUPPORTED


@covers("CS-3.3-06", "CS-3.3-09")
def test_the_registry_knows_every_action_of_the_protocol() -> None:
    by_profile = {profile: sum(a.profile is profile for a in ACTIONS.values()) for profile in Profile}
    assert by_profile == {
        Profile.CORE: 16,
        Profile.FIRMWARE_MANAGEMENT: 4,
        Profile.LOCAL_AUTH_LIST_MANAGEMENT: 2,
        Profile.REMOTE_TRIGGER: 1,
        Profile.RESERVATION: 2,
        Profile.SMART_CHARGING: 3,
        Profile.SECURITY: 11,
    }
    assert all(action_of(action.pair.req) is action for action in ACTIONS.values() if action.pair)
    assert ACTIONS["DataTransfer"].sender is Sender.EITHER


def _from_class(kind: Kind, path: str) -> dict[str, object]:
    """What a kind allows, flattened: wire path -> comparable description."""
    match kind:
        case StringKind():
            return {path: ("string", kind.longest)}
        case EnumKind(open_to_others=True):
            return {path: ("string", None)}
        case EnumKind():
            return {path: ("enum", frozenset(member.value for member in kind.enumeration))}
        case IntegerKind():
            return {path: "integer"}
        case BooleanKind():
            return {path: "boolean"}
        case DecimalKind():
            return {path: ("number", Decimal("0.1"))}
        case ListKind():
            inner = f"{path}[]" if isinstance(kind.element, ObjectKind) else f"{path}[].element"
            return {**_from_class(kind.element, inner), f"{path}[]": ("array", kind.fewest)}
        case ObjectKind():
            return _fields_of_class(kind.cls, path)
    return {path: "date-time"}


def _fields_of_class(cls: type, path: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for field in fields_of(cls):
        place = f"{path}.{field.wire}".removeprefix(".")
        found |= _from_class(field.kind, place) | {f"{place}?": field.optional}
    return found


def _from_schema(part: dict[str, Any], path: str) -> dict[str, object]:
    if "enum" in part:
        return {path: ("enum", frozenset(part["enum"]))}
    match part["type"]:
        case "object":
            return _fields_of_schema(part, path)
        case "array":
            inner = _from_schema(
                part["items"], f"{path}[]" if part["items"]["type"] == "object" else f"{path}[].element"
            )
            return {**inner, f"{path}[]": ("array", part.get("minItems", 0))}
        case "string" if part.get("format") == "date-time":
            return {path: "date-time"}
        case "string":
            return {path: ("string", part.get("maxLength"))}
        case "number":
            return {path: ("number", part.get("multipleOf"))}
    return {path: part["type"]}


def _fields_of_schema(part: dict[str, Any], path: str = "") -> dict[str, object]:
    assert part.get("additionalProperties") is False
    found: dict[str, object] = {}
    for name, inner in part.get("properties", {}).items():
        place = f"{path}.{name}".removeprefix(".")
        found |= _from_schema(inner, place) | {f"{place}?": name not in part.get("required", [])}
    return found


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_the_fields_and_limits_of_its_schema(name: str) -> None:
    ours, theirs = _fields_of_class(CLASSES[name]), _fields_of_schema(schema(name))
    differing = {f"{name}:{path}" for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)}
    assert differing == {limit.at for limit in LIMITS if limit.at.startswith(f"{name}:")}


def test_every_limit_that_is_listed_as_different_is_one_of_a_message() -> None:
    assert {limit.at.partition(":")[0] for limit in LIMITS} <= CLASSES.keys()


def test_messages_are_equal_when_their_fields_are_and_say_what_they_hold() -> None:
    one, same = ChangeConfigurationReq(key="A", value="1"), ChangeConfigurationReq(key="A", value="1")
    another: object = GetConfigurationReq(key=("A",))

    assert one == same
    assert hash(one) == hash(same)
    assert one != ChangeConfigurationReq(key="A", value="2")
    assert one != another
    assert repr(one) == "ChangeConfigurationReq(key='A', value='1')"


def test_a_class_holds_its_limits_and_is_frozen() -> None:
    @message
    class Tag:
        text: IdToken

    with pytest.raises(BadPayloadError, match="at most 20"):
        Tag(text="x" * 21)
    assert Tag(text="x") == Tag(text="x")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Tag(text="x").text = "y"  # type: ignore[misc]


def test_a_message_holds_another_that_nobody_has_used_yet() -> None:
    @message
    class Inner:
        number: Integer

    @message
    class Outer:
        inner: Inner

    assert structure(Outer, {"inner": {"number": 1}}) == Outer(inner=Inner(number=1))
