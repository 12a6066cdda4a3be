"""Frames are judged twice: each judge sees what the other cannot."""

from __future__ import annotations

from typing import Any

import pytest

from properties.conformance.schema import fault_of_answer, fault_of_call, second_opinion

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


@pytest.mark.parametrize(
    ("action", "payload", "says"),
    [
        ("StatusNotification", STATUS, None),
        ("StatusNotification", STATUS | {"timestamp": "yesterday"}, "timestamp"),
        ("StatusNotification", STATUS | {"status": "Busy"}, "status"),
        ("StatusNotification", {"connectorId": 1}, "missing"),
        ("SignCertificate", {"csr": "x" * 6000}, "csr"),
        ("MakeCoffee", {}, "no action of OCPP 1.6"),
    ],
)
def test_a_call(action: str, payload: dict[str, Any], says: str | None) -> None:
    said = fault_of_call(action, payload)
    assert (said is None) == (says is None)
    assert says is None or says in str(said)


@pytest.mark.parametrize(
    ("action", "payload", "says"),
    [
        ("GetLog", {"status": "Accepted"}, None),
        ("GetLog", {"status": "Perhaps"}, "Perhaps"),
        ("Reset", {"status": "Accepted"}, None),
        ("Reset", {"status": "Accepted", "when": "now"}, "when"),
    ],
)
def test_an_answer(action: str, payload: dict[str, Any], says: str | None) -> None:
    said = fault_of_answer(action, payload)
    assert (said is None) == (says is None)
    assert says is None or says in str(said)


def test_the_second_judge_is_here() -> None:
    assert second_opinion()
