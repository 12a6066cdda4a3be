"""A real station process on a box whose clock has no battery: it takes every power up for the first of January 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.adapters.clock import ForgetfulClock
from tests.covering import covers
from tests.processes import Central, Station, until

NO_BATTERY = """
extends = "m06010e2eyfg"
[hardware]
keeps_time = false
[runtime]
boot_retry_s = 0.5
call_timeout_s = 0.5
checkpoint_interval_s = 0.2
"""


def _charge(box: Station) -> None:
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "AB12", "connectors": [1]})
    until(lambda: box.state()["connectors"][0]["status"] == "Charging", "a session")
    box.do("/connectors/1/stop")
    box.do("/connectors/1/plug_out")


@covers("CS-4.2.1-04", "CS-4.2-07")
@pytest.mark.exhaustive
def test_case_12_nothing_leaves_with_1970_though_power_is_cut_twice(tmp_path: Path) -> None:
    file = tmp_path / "no-battery.toml"
    file.write_text(NO_BATTERY)
    began = datetime.now(UTC) - timedelta(seconds=2)
    with Central() as central, Station(tmp_path, central.url, station=str(file)) as box:
        central.saw("StatusNotification", connectorId=2, status="Available")
        _charge(box)
        central.saw("StopTransaction")
        until(lambda: box.state()["queue_length"] == 0, "nothing owed, so nothing is sent twice")
        central.silent_on = {"BootNotification"}
        for power_cut in (1, 2):
            box.kill()
            box.start()
            assert box.state()["machines"]["clock"] == "Unset", f"power cut {power_cut}"
            _charge(box)
        central.silent_on = set()
        central.saw("StopTransaction", count=3)
        sent = [*central.requests("StartTransaction"), *central.requests("StopTransaction")]
        dates = [datetime.fromisoformat(payload["timestamp"]) for payload in sent]
        assert all(began < date < datetime.now(UTC) + timedelta(seconds=2) for date in dates), dates
        assert dates[:3] == sorted(dates[:3])
        assert '"1970' not in str(central.heard).replace("'", '"')
        assert "the time without power is unknown" in box.said()


def test_a_clock_without_a_battery_begins_in_1970_and_runs() -> None:
    clock = ForgetfulClock()
    first = clock.utc()
    assert first.year == 1970
    assert first < clock.utc() < first + timedelta(hours=1)
    assert clock.monotonic_s() <= clock.monotonic_s()
