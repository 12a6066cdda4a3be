"""`provenpoint schedule`: a table, a picture, and refusals that name the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from diagrams.command import LIMITS, names
from diagrams.schedule import draw_plan
from model.language.loader import load_composition
from model.smart_charging.cases import load_cases
from runtime.commands.command_error import CommandError
from runtime.commands.schedule_command import schedule

FROM = "2026-03-29T06:00:00Z"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
GUIDE = (PICTURES.parent / "smart-charging.md").read_text(encoding="utf-8")


def body(connector: int = 1, **said: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 11000}, {"startPeriod": 1800, "limit": 6000.5}]
    profile = {
        "chargingProfileId": 9, "stackLevel": 2, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "W", "duration": 3600, "chargingSchedulePeriod": periods}, **said,
    }  # fmt: skip
    return {"connectorId": connector, "csChargingProfiles": profile}


def ask(tmp_path: Path, content: Any, **options: Any) -> int:
    file = tmp_path / "profiles.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return schedule(profiles=file, start=FROM, out=tmp_path / "out.svg", **options)


def test_the_table_says_since_when_for_how_long_how_much_and_by_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, body(), hours="36") == 0
    rows = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows[0] == ["2026-03-29T06:00:00Z", "00:30:00", "11000", "W  TxDefaultProfile, level 2, id 9"]
    assert rows[1][:3] == ["2026-03-29T06:30:00Z", "00:30:00", "6000.5"]
    assert rows[2] == ["2026-03-29T07:00:00Z", "1", "d", "11:00:00       60000 W  the station itself"]


def test_the_picture_has_a_lane_for_each_profile_that_bears_on_it(tmp_path: Path) -> None:
    ask(tmp_path, [body(1), body(2, chargingProfileId=8), body(0, chargingProfileId=7, stackLevel=0)])
    words = "\n".join(ET.parse(tmp_path / "out.svg").getroot().itertext())
    assert "level 2, connector 1, id 9" in words
    assert "level 0, station, id 7" in words
    assert "connector 2" not in words


@pytest.mark.parametrize(
    ("hours", "ticks"),
    [
        ("0.002", ["06:00", "06:00:01", "06:00:02", "06:00:03", "06:00:04", "06:00:05", "06:00:06", "06:00:07"]),
        ("24", ["06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "Mon 30 Mar", "03:00", "06:00"]),
        ("8760", ["06 Jun 2026", "04 Sep 2026", "03 Dec 2026", "03 Mar 2027"]),
    ],
)
def test_the_axis_is_marked_for_a_window_of_any_length(tmp_path: Path, hours: str, ticks: list[str]) -> None:
    ask(tmp_path, body(), hours=hours)
    words = list(ET.parse(tmp_path / "out.svg").getroot().itertext())
    assert [word for word in words if word in ticks] == ticks


@pytest.mark.parametrize(
    ("content", "options", "place"),
    [
        ("[", {}, "not JSON"),
        ([1], {}, "profile 1: not an object"),
        ([body(), body(chargingProfilePurpose="Mine")], {}, "profile 2: csChargingProfiles.chargingProfilePurpose"),
        (body(5), {}, "profile 1: there is no connector 5"),
        (body(stackLevel=9), {}, "profile 1: stackLevel 9"),
        (body(), {"connector": 3}, "--connector 3"),
        (body(), {"hours": "0"}, "--hours 0"),
        (body(), {"hours": "NaN"}, "--hours NaN"),
        (body(), {"hours": "two"}, "--hours two"),
        (body(), {"hours": "99999999999"}, "--hours 99999999999"),
        (body(), {"began": "yesterday"}, "--began yesterday"),
        (body(), {"station": "none-such"}, "none-such"),
    ],
)
def test_what_cannot_be_names_the_place(tmp_path: Path, content: Any, options: dict[str, Any], place: str) -> None:
    with pytest.raises(CommandError) as refused:
        ask(tmp_path, content, **options)
    assert place in refused.value.problem
    assert refused.value.remedy


def test_what_has_too_many_boundaries_is_refused(tmp_path: Path) -> None:
    schedule_of_minutes = {
        "chargingRateUnit": "W", "startSchedule": "2020-01-01T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 60 * nth, "limit": nth} for nth in range(10)],
    }  # fmt: skip
    daily = body(chargingProfileKind="Recurring", recurrencyKind="Daily", chargingSchedule=schedule_of_minutes)
    with pytest.raises(CommandError, match="boundaries"):
        ask(tmp_path, daily, hours="87600")


def test_every_case_is_drawn_and_stands_in_the_guide() -> None:
    drawn = names(load_composition())
    for case in load_cases():
        assert LIMITS + case.name in drawn
        name = f"{LIMITS}{case.name}.svg"
        assert f"(pictures/{name})" in GUIDE
        assert case.title in GUIDE
        picture = (PICTURES / name).read_text(encoding="utf-8")
        assert picture == draw_plan(case.plan, LIMITS + case.name, case.title, case.says), "provenpoint draw; copy it"
