"""OCPP-J framing: what each text is, and what follows from a text that is nothing.

The scenarios of malformed texts follow the table in `runtime.core.rpc`, row by row.
"""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.messages.errors import CallErrorCode
from runtime.core.rpc import (
    MAX_DEPTH,
    MAX_DESCRIPTION_CHARS,
    MAX_ECHOED_ID_CHARS,
    MAX_FRAME_CHARS,
    MAX_MESSAGE_ID_CHARS,
    Call,
    CallError,
    CallResult,
    Unreadable,
    encode_call,
    encode_error,
    encode_result,
    parse,
)
from tests.covering import covers

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)
IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_MESSAGE_ID_CHARS)


def nested(depth: int) -> str:
    """A Call whose arrays and objects go `depth` levels deep, the frame and the payload included."""
    return '[2,"deep","Reset",{"x":' + "[" * (depth - 2) + "]" * (depth - 2) + "}]"


def unreadable(text: str) -> Unreadable:
    frame = parse(text)
    assert isinstance(frame, Unreadable)
    assert frame.answer is None or frame.message_id is not None
    return frame


def silence(text: str) -> bool:
    """Nothing is sent and nothing changes."""
    frame = unreadable(text)
    return frame.answer is None and not frame.spoils


def answer(text: str) -> tuple[str | None, CallErrorCode | None]:
    frame = unreadable(text)
    return frame.message_id, frame.answer


@covers("J-4.2.1-01", "J-4.1.3-02", "J-4.1.2-01")
@given(IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=40), OBJECTS)
@pytest.mark.exhaustive
def test_a_call_is_read_as_it_was_written(message_id: str, action: str, payload: dict[str, Any]) -> None:
    text = encode_call(message_id, action, payload)
    assert parse(text) == Call(message_id, action, payload)
    assert json.loads(text) == [2, message_id, action, payload]


@covers("J-4.2.2-02", "J-4.2.2-03", "J-4.1.3-03", "J-4.1.2-01", "J-4.1.4-02")
@given(IDS, OBJECTS)
def test_a_result_is_read_as_it_was_written(message_id: str, payload: dict[str, Any]) -> None:
    text = encode_result(message_id, payload)
    assert parse(text) == CallResult(message_id, payload)
    assert json.loads(text) == [3, message_id, payload]


@covers("J-4.2.3-03", "J-4.2.3-06", "J-4.1.3-04", "J-4.1.2-01", "J-4.1.4-02")
@given(IDS, st.sampled_from(CallErrorCode), st.text() | st.integers(0, 400).map(lambda size: "ö" * size), OBJECTS)
@pytest.mark.exhaustive
def test_an_error_is_read_as_it_was_written(
    message_id: str, code: CallErrorCode, description: str, details: dict[str, Any]
) -> None:
    text = encode_error(message_id, code, description, details)
    said = description[:MAX_DESCRIPTION_CHARS]
    assert parse(text) == CallError(message_id, code.value, said, details)
    assert json.loads(text) == [4, message_id, code.value, said, details]


@covers("JERR-3.7-01")
def test_the_worked_example_of_the_errata_is_read_and_written() -> None:
    text = '[4,"162376037","NotSupported","SendLocalList.req not implemented",{}]'
    read = parse(text)
    assert read == CallError("162376037", "NotSupported", "SendLocalList.req not implemented", {})
    assert encode_error("162376037", CallErrorCode.NOT_SUPPORTED, "SendLocalList.req not implemented") == text


@covers("J-4.2.3-07", "J-4.2.3-08")
def test_an_error_always_has_a_description_and_details() -> None:
    assert json.loads(encode_error("id", CallErrorCode.GENERIC_ERROR)) == [4, "id", "GenericError", "", {}]
    half = json.loads(encode_error("id", CallErrorCode.GENERIC_ERROR, "half\ud800" + "x" * 900))
    assert half[3].startswith("half?x")
    assert len(half[3]) == MAX_DESCRIPTION_CHARS


@given(st.text() | st.text('[]{},:"234 \\nultrefas.-+eE', max_size=60))
@example("")
@example("\ud800")
@example("\ufeff[]")
@example('[2,"a"')
@example("[" * 2_000_000)
@example("9" * 6_000)
def test_no_text_whatever_raises(text: str) -> None:
    assert isinstance(parse(text), Call | CallResult | CallError | Unreadable)


@given(JSON)
def test_no_json_value_whatever_raises(value: Any) -> None:
    assert isinstance(parse(json.dumps(value)), Call | CallResult | CallError | Unreadable)


@given(st.lists(JSON, max_size=6), st.sampled_from([2, 3, 4]))
@pytest.mark.exhaustive
def test_no_array_of_any_length_raises(rest: list[Any], kind: int) -> None:
    frame = parse(json.dumps([kind, *rest]))
    assert not isinstance(frame, Unreadable) or frame.answer is None or kind == 2


@covers("J-4.2.3-04")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        "[]",
        "[2]",
        "null",
        "2",
        '"2"',
        "[NaN]",
        '{"2":"id"}',
        "[2,",
        '[2,"an id that never ends',
        "[" * 5000,
        '[2,"with\\u0020escape","Reset",{',
        '[2,42,"Reset",{}]',
        '[2,null,"Reset",{}]',
        '[2,["id"],"Reset",{}]',
        "\ufeff[]",
    ],
)
def test_a_text_without_a_readable_id_is_met_with_silence(text: str) -> None:
    assert silence(text)


@covers("J-4.1.3-05")
@pytest.mark.parametrize("kind", ["1", "5", "0", "-2", '"2"', "2.0", "true", "null", "[2]", "22"])
def test_an_unknown_message_type_is_met_with_silence(kind: str) -> None:
    assert silence(f'[{kind},"id","Reset",{{"type":"Soft"}}]')


@covers("J-4.2.3-14")
@pytest.mark.parametrize(
    "text",
    [
        '[2,"id","Reset",{"type":Soft}]',
        '[2,"id","Reset",{"type":"Soft"}',
        ' [ 2 , "id" , "ChangeConfiguration",{"value":NaN}]',
        '[2,"id","Reset",{"type":"\ud800"}]',
        '[2,"id","Reset",{"limit":1e999}]',
    ],
)
def test_a_call_whose_json_breaks_off_after_its_id_is_a_formation_violation(text: str) -> None:
    assert answer(text) == ("id", CallErrorCode.FORMATION_VIOLATION)


@covers("J-4.2.1-01", "J-4.2.1-04", "J-4.2.3-02")
@pytest.mark.parametrize(
    "rest", ["", ',"Reset"', ',"Reset",{},{}', ",null,{}", ',7,{"a":1}', ',"Reset",[]', ',"Reset","x"', ',"Reset",1']
)
def test_a_call_of_another_shape_is_a_formation_violation(rest: str) -> None:
    assert answer(f'[2,"id"{rest}]') == ("id", CallErrorCode.FORMATION_VIOLATION)


@covers("J-4.1.4-03", "J-4.2.3-02")
def test_a_message_id_of_36_characters_passes_and_a_longer_one_is_answered_in_full() -> None:
    assert isinstance(parse(encode_call("i" * 36, "ClearCache", {})), Call)
    assert answer(encode_call("i" * 37, "ClearCache", {})) == ("i" * 37, CallErrorCode.GENERIC_ERROR)


@covers("J-4.2.1-05", "J-4.2.2-05")
def test_a_null_payload_is_an_empty_one() -> None:
    assert parse('[2,"id","ClearCache",null]') == Call("id", "ClearCache", {})
    assert parse('[3,"id",null]') == CallResult("id", {})


@covers("J-4.2.2-05", "J-4.2.1-04")
def test_an_empty_array_is_an_empty_answer_and_no_request() -> None:
    assert parse('[3,"id",[]]') == CallResult("id", {})
    assert answer('[2,"id","ClearCache",[]]') == ("id", CallErrorCode.FORMATION_VIOLATION)


@covers("J-4.2.3-05")
@pytest.mark.parametrize(
    "text",
    [
        '[3,"id"]',
        '[3,"id",[{}]]',
        '[3,"id",{},{}]',
        '[3,"id","Reset",{}]',
        '[4,"id"]',
        '[4,"id",17]',
        '[3,"id",{"x":}]',
        '[4,"id"',
    ],
)
def test_a_broken_answer_fails_the_pending_call_and_is_not_answered(text: str) -> None:
    frame = unreadable(text)
    assert (frame.message_id, frame.answer, frame.spoils) == ("id", None, True)


@covers("J-4.2.3-05")
@pytest.mark.parametrize("rest", ["", ',""', ",null,null", ',7,["odd"]', ',"",{},"more"'])
def test_an_error_with_odd_ornaments_is_read_as_the_error_that_it_is(rest: str) -> None:
    assert parse(f'[4,"id","InternalError"{rest}]') == CallError("id", "InternalError", "", {})


@covers("J-4.2.3-06", "JERR-5.1-01", "JERR-5.2-01")
def test_the_codes_are_the_ten_of_the_table_in_its_spelling() -> None:
    assert {code.value for code in CallErrorCode} == {
        "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation",
        "PropertyConstraintViolation", "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError",
    }  # fmt: skip


@covers("JERR-5.1-01", "JERR-5.2-01")
def test_codes_in_the_spelling_of_later_versions_are_understood() -> None:
    assert parse('[4,"id","FormatViolation","",{}]') == CallError("id", "FormationViolation")
    assert parse('[4,"id","OccurrenceConstraintViolation","",{}]') == CallError("id", "OccurenceConstraintViolation")
    assert parse('[4,"id","MadeUpByVendor","",{}]') == CallError("id", "MadeUpByVendor")


def test_a_frame_at_the_limit_is_read_and_one_character_more_is_not() -> None:
    frame = encode_call("id", "DataTransfer", {"vendorId": "v", "data": ""})
    padding = "x" * (MAX_FRAME_CHARS - len(frame))
    largest = encode_call("id", "DataTransfer", {"vendorId": "v", "data": padding})
    assert isinstance(parse(largest), Call)
    assert answer(largest + " ") == ("id", CallErrorCode.GENERIC_ERROR)


def test_ten_megabytes_are_refused_by_their_head_or_in_silence() -> None:
    assert answer('[2,"big","DataTransfer",{"data":"' + "x" * 10_000_000) == ("big", CallErrorCode.GENERIC_ERROR)
    assert silence("x" * 10_000_000)
    late = unreadable('[3,"big",{"data":"' + "x" * 10_000_000)
    assert (late.message_id, late.answer, late.spoils) == ("big", None, True)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 1024, 1025, 100_000])
def test_a_frame_nested_too_deep_is_a_formation_violation(depth: int) -> None:
    assert isinstance(parse(nested(MAX_DEPTH)), Call)
    assert answer(nested(depth)) == ("deep", CallErrorCode.FORMATION_VIOLATION)


def test_many_objects_side_by_side_are_not_deep() -> None:
    payload = {"listVersion": 1, "localAuthorizationList": [{"idTag": f"T{n}", "idTagInfo": {}} for n in range(500)]}
    assert parse(encode_call("id", "SendLocalList", payload)) == Call("id", "SendLocalList", payload)


def test_brackets_inside_texts_are_not_depth() -> None:
    payload = {"vendorId": "v", "data": "[{" * 200}
    assert parse(encode_call("id", "DataTransfer", payload)) == Call("id", "DataTransfer", payload)


@pytest.mark.parametrize(("chars", "answered"), [(37, True), (MAX_ECHOED_ID_CHARS, True), (990_000, False)])
def test_a_call_with_an_overlong_id_is_answered_as_long_as_the_answer_stays_short(chars: int, answered: bool) -> None:
    frame = unreadable(f'[2,"{"i" * chars}","Heartbeat",{{}}]')
    assert "longer than 36" in frame.reason
    assert (frame.message_id is not None) is (frame.answer is not None) is answered
