"""A lazy message is a message of its class, is written as it was, and reads as what it says."""

from __future__ import annotations

from hypothesis import given

from model.messages.codec import structure, unstructure
from model.messages.lazy_message import lazy_message, read
from model.messages.metering import MeterValue, MeterValuesReq
from properties.message_strategies import full_messages


@given(full_messages(MeterValuesReq))
def test_it_is_written_as_the_message_would_be(request: MeterValuesReq) -> None:
    values = tuple(lazy_message(MeterValue, unstructure(value), structure) for value in request.meter_value)
    waits = MeterValuesReq(connector_id=request.connector_id, meter_value=values, transaction_id=request.transaction_id)
    assert unstructure(waits) == unstructure(request)
    assert structure(MeterValuesReq, unstructure(waits)) == request


@given(full_messages(MeterValuesReq))
def test_whoever_looks_into_it_finds_the_message(request: MeterValuesReq) -> None:
    for value in request.meter_value:
        waits = lazy_message(MeterValue, unstructure(value), structure)
        assert isinstance(waits, MeterValue)
        assert (waits.timestamp, waits.sampled_value) == (value.timestamp, value.sampled_value)
        assert (waits, read(waits)) == (value, value) == (read(value), waits)
        assert hash(waits) == hash(value)
