"""The rules of smart charging, case by case: profiles, a window, and the limits that have to come of them.

``cases.toml`` is documentation that is run: ``provenpoint draw`` makes a picture of each case, docs/smart-charging.md
shows it, and a test holds the calculation to what the case says has to come of it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from model.messages.charging import SetChargingProfileReq
from model.messages.codec import structure
from model.record import frozen
from model.smart_charging.limits import Installed, Site
from model.smart_charging.plan import Plan
from model.smart_charging.timeline import second_of

CASES = Path(__file__).parent / "cases.toml"
SITE = Site((1, 2), Decimal(60_000))
"""The station of the cases: two connectors, 60 kW."""

HOUR_S = 3600


@frozen
class Case:
    """One case: what it shows, the plan, and the ``(start, limit)`` that have to come of it, in s and W."""

    name: str
    title: str
    says: str
    clauses: tuple[str, ...]
    plan: Plan
    expected: tuple[tuple[int, Decimal], ...]


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case, in the order of the file. Raises BadPayloadError, KeyError or ValueError for one that is wrong."""
    return tuple(_case(raw) for raw in tomli.loads(CASES.read_text(encoding="utf-8"))["case"])


def _case(raw: dict[str, Any]) -> Case:
    from_s = second_of(datetime.fromisoformat(raw["from"]))
    began_s = second_of(datetime.fromisoformat(raw.get("began", raw["from"])))
    installed = tuple(installed_of(body) for body in raw["profiles"])
    plan = Plan(SITE, installed, raw["connector"], from_s, raw["hours"] * HOUR_S, began_s)
    expected = tuple((start, Decimal(limit)) for start, limit in raw["expected"])
    return Case(raw["name"], raw["title"], raw["says"], tuple(raw["clauses"]), plan, expected)


def installed_of(body: dict[str, Any]) -> Installed:
    """A SetChargingProfile.req, as JSON has it, as a profile in its place. Raises BadPayloadError."""
    request = structure(SetChargingProfileReq, body)
    return Installed(request.connector_id, request.cs_charging_profiles)
