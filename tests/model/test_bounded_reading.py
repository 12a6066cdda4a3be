"""What a frame may hold before anybody reads it: lists, objects and brackets are counted first."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from model.messages.codec import MOST_FIELDS, structure
from model.messages.configuration import GetConfigurationReq
from model.messages.errors import BadPayloadError, CallErrorCode
from model.messages.kinds import MOST_ELEMENTS
from runtime.core.rpc import MAX_CONTAINERS, Call, Unreadable, parse


def test_a_list_at_the_bound_is_read_and_a_longer_one_is_refused_unread() -> None:
    assert len(structure(GetConfigurationReq, {"key": ["k"] * MOST_ELEMENTS}).key or ()) == MOST_ELEMENTS
    with pytest.raises(BadPayloadError) as refused:
        structure(GetConfigurationReq, {"key": [5] * (MOST_ELEMENTS + 1)})
    assert refused.value.code is CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, "and not the type of an element"
    assert refused.value.path == "key"


def test_an_object_with_too_many_fields_is_refused_for_one_that_it_may_not_have() -> None:
    fields: dict[str, Any] = {"key": ["k"]} | {f"x{number:02d}": 1 for number in reversed(range(MOST_FIELDS))}
    with pytest.raises(BadPayloadError) as refused:
        structure(GetConfigurationReq, fields)
    assert refused.value.code is CallErrorCode.FORMATION_VIOLATION
    assert refused.value.path == f"x{MOST_FIELDS - 1}", "the first that was sent, unsorted"


def test_a_frame_with_too_many_brackets_is_answered_by_its_head() -> None:
    entries: list[dict[str, int]] = [{}] * (MAX_CONTAINERS - 2)
    assert isinstance(parse(orjson.dumps([2, "a", "X", {"l": entries[:-1]}]).decode()), Call)
    refused = parse(orjson.dumps([2, "a", "X", {"l": entries}]).decode())
    assert isinstance(refused, Unreadable)
    assert (refused.message_id, refused.answer) == ("a", CallErrorCode.FORMATION_VIOLATION)
    assert str(MAX_CONTAINERS) in refused.reason
