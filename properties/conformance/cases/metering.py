"""Meter values while a transaction runs: sampled, and on the clock."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.states import charging
from properties.conformance.csms import Heard
from properties.conformance.expectation import Json, one_of

REGISTER: Final = "Energy.Active.Import.Register"
HOW_MANY: Final = 3
LEEWAY_S, LEEWAY = 0.9, 0.1
"""A sample may be late by so much, or by this part of its interval; a busy machine loses no whole one."""

MIDNIGHT: Final = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def moment(value: Json) -> datetime:
    """When a MeterValue was taken."""
    return datetime.fromisoformat(value["timestamp"])


def samples(value: Json, *contexts: object) -> str | None:
    """What is wrong with the qualifiers of a MeterValue; None where nothing is."""
    for sample in value["sampledValue"]:
        if not one_of(*contexts).accepts(sample.get("context", "Sample.Periodic")):
            return f"context {sample.get('context')}"
        if sample.get("format", "Raw") != "Raw":
            return f"format {sample['format']}"
        if sample.get("location") == "EV" and sample.get("measurand") != "SoC":
            return f"location EV of {sample.get('measurand')}"
    return None


def of_transaction(t: Bench, number: int) -> list[Json]:
    """The MeterValue elements of the next MeterValues.req; it belongs to the transaction."""
    with t.due(t.pace.sample_interval_s):
        heard: Heard = t.expect("MeterValues", connectorId=t.connector, transactionId=number)
    values: list[Json] = heard.payload["meterValue"]
    return values


def check_apart(t: Bench, at: list[datetime], interval_s: int) -> None:
    """Each of these moments is the interval after the one before."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    even = all(abs(gap - interval_s) <= max(LEEWAY_S, LEEWAY * interval_s) for gap in gaps)
    t.check(f"samples are {interval_s} s apart", even, gaps)


def _measurands(t: Bench, key: str) -> set[str]:
    """The measurands of a key; an empty list means the register."""
    return set(filter(None, (t.value(key) or "").split(","))) or {REGISTER}


def _has(value: Json, measurands: set[str]) -> bool:
    told: set[Any] = {sample.get("measurand", REGISTER) for sample in value["sampledValue"]}
    return told == measurands


def _takes(t: Bench, number: int, measurands: set[str], context: str) -> list[datetime]:
    """Three meter values with these measurands; when they were taken."""
    values = [value for _ in range(HOW_MANY) for value in of_transaction(t, number)]
    for value in values:
        problem = samples(value, context)
        t.check(f"every sample is {context}, raw, and of the station", problem is None, problem)
        t.check(f"every value has {', '.join(sorted(measurands))}", _has(value, measurands), value)
    return [moment(value) for value in values]


@case(
    "TC_070_CS",
    "Sampled meter values",
    clauses=("CS-4.7-03", "CS-4.7-06", "CS-9.1.17-01", "CS-9.1.19-01"),
)
def sampled(t: Bench) -> None:
    """Every MeterValueSampleInterval, the measurands of MeterValuesSampledData."""
    interval_s = t.pace.sample_interval_s
    t.set("MeterValueSampleInterval", interval_s)
    t.set("ClockAlignedDataInterval", 0)
    measurands = _measurands(t, "MeterValuesSampledData")
    at = _takes(t, charging(t), measurands, "Sample.Periodic")
    check_apart(t, at, interval_s)


@case(
    "TC_071_CS",
    "Meter values on the clock",
    clauses=("CS-4.7-03", "CS-9.1.5-01", "CS-9.1.15-01"),
)
def on_the_clock(t: Bench) -> None:
    """Every ClockAlignedDataInterval since midnight, the measurands of MeterValuesAlignedData."""
    interval_s = t.pace.sample_interval_s
    t.set("MeterValueSampleInterval", 0)
    t.set("ClockAlignedDataInterval", interval_s)
    measurands = _measurands(t, "MeterValuesAlignedData")
    at = _takes(t, charging(t), measurands, "Sample.Clock")
    off = [(when - when.replace(**MIDNIGHT)).total_seconds() % interval_s for when in at]  # type: ignore[arg-type]
    t.check(f"every value is on a boundary of {interval_s} s", not any(off), off)
    t.check("no boundary comes twice", len(set(at)) == len(at), at)
