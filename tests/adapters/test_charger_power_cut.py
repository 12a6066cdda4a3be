"""The simulated box and the power cut: what it remembers, what it shows when the power is back, what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from runtime.adapters.charger import (
    METER_REFRESH_S,
    SAVE_EVERY_S,
    ChargerHardware,
    SimulatedCharger,
    StationMismatchError,
)
from runtime.adapters.meter_file import MeterFile, MeterUnusableError
from runtime.core.inputs import FaultRaised, PluggedIn, PluggedOut
from tests.charger_box import BOX, Box, Time, charging

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 30.0


def test_after_a_power_cut_the_cable_is_still_in_and_the_register_goes_on(tmp_path: Path) -> None:
    before = charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    before.charger.fault(2, "HighTemperature", "fan")
    before.time.pass_by(7)
    shown = before.registers()

    after = Box(memory=MeterFile(tmp_path / "meter.json"))

    assert after.heard() == [PluggedIn(1, asking=True), FaultRaised(2, "HighTemperature", "fan")]
    assert after.registers() == shown == [1_070, 2_000]
    assert after.charger.view()[0].soc == pytest.approx(0.507)
    assert after.charger.view()[0].power_w == 0, "contactors are open after a power cut"


def test_a_box_has_a_memory_from_its_first_moment_so_that_a_missing_one_was_lost(tmp_path: Path) -> None:
    memory, clock = MeterFile(tmp_path / "meter.json"), Time()
    SimulatedCharger(BOX, clock.monotonic_s, clock.call_later, memory)
    assert memory.load() is not None


def test_a_register_once_shown_is_never_taken_back(tmp_path: Path) -> None:
    box = charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    for _ in range(50):
        box.time.pass_by(METER_REFRESH_S * 3)
        shown = box.registers()
        assert Box(memory=MeterFile(tmp_path / "meter.json")).registers() == shown


def test_energy_that_nobody_looked_at_is_remembered_now_and_then(tmp_path: Path) -> None:
    box = charging(Box(memory=MeterFile(tmp_path / "meter.json")))
    box.time.pass_by(10 * SAVE_EVERY_S)

    assert Box(memory=MeterFile(tmp_path / "meter.json")).registers()[0] >= 1_000 + 10 * 9 * SAVE_EVERY_S


def test_an_offer_is_nothing_to_remember(tmp_path: Path) -> None:
    kept = tmp_path / "meter.json"
    box = charging(Box(memory=MeterFile(kept)))
    box.registers()
    before = kept.stat().st_mtime_ns

    box.offer(1, 12_000)
    box.offer(1, 0)

    assert kept.stat().st_mtime_ns == before


def test_a_box_without_a_memory_lives_through_a_power_cut_as_the_same_object() -> None:
    box = charging(Box())
    box.time.pass_by(10)
    box.charger.cut_power()
    box.time.pass_by(100)
    assert box.heard() == []
    box.charger.subscribe(box.told.append)
    assert box.heard() == [], "told from inside a call of the host"
    box.time.pass_by(0)

    assert box.heard() == [PluggedIn(1, asking=True)]
    assert box.registers()[0] == 1_100


def test_what_is_done_before_the_first_report_comes_after_it() -> None:
    box = Box()
    box.charger.plug_in(1)
    box.charger.cut_power()
    box.heard()
    box.charger.subscribe(box.told.append)
    box.charger.plug_out(1)
    box.time.pass_by(1)

    assert box.heard() == [PluggedIn(1, asking=True), PluggedOut(1)]


KEPT = b'{"version": 1, "box": {"connectors": [%s, %s], "fault": null}}'
CONNECTOR = b'{"register_wh": %b, "energy_wh": %b, "plugged": false, "wants_energy": true, "fault": null}'
SOUND = CONNECTOR % (b"7000.0", b"30000")

DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "cut": b"{",
    "another kind": b"[]",
    "no text": b"\xff\xfe" * 100,
    "no box": b'{"version": 1}',
    "a later version": b'{"version": 2, "box": {}}',
    "half a connector": b'{"version": 1, "box": {"connectors": [{}]}}',
    "no number": KEPT % (SOUND, CONNECTOR % (b"NaN", b"1")),
    "endless": KEPT % (SOUND, CONNECTOR % (b"Infinity", b"1")),
    "too large": KEPT % (SOUND, CONNECTOR % (b"1e300", b"1")),
    "negative": KEPT % (SOUND, CONNECTOR % (b"-1", b"1")),
    "a battery below empty": KEPT % (SOUND, CONNECTOR % (b"1", b"-1")),
    "a register that is a word": KEPT % (SOUND, CONNECTOR % (b'"x"', b"1")),
    "no error of ours": KEPT % (SOUND, SOUND.replace(b'"fault": null', b'"fault": "x"')),
    "deep": b"[" * 4000,
    "huge": KEPT % (SOUND, SOUND) + b" " * 10_000_000 + b"x",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_memory_that_is_damaged_gets_one_clear_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "meter.json"
    path.write_bytes(content)

    with pytest.raises(MeterUnusableError, match=r"\A[^\n]*meter\.json: [^\n]*move the file away[^\n]*\Z"):
        Box(memory=MeterFile(path))

    assert path.read_bytes() == content


def test_a_memory_of_another_box_is_refused(tmp_path: Path) -> None:
    Box(memory=MeterFile(tmp_path / "meter.json")).charger.plug_in(1)

    with pytest.raises(StationMismatchError, match="remembers 2 connectors and the station file has 1"):
        Box(memory=MeterFile(tmp_path / "meter.json"), hardware=ChargerHardware(BOX.connectors[:1]))


def test_a_memory_that_cannot_be_written_says_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MeterUnusableError, match=r"meter\.json: cannot be written.*make space"):
        Box(memory=MeterFile(tmp_path / "gone" / "meter.json"))


def charge_for_ever(path: str) -> None:
    """Charge in real time and print each register shown, until killed (the child process of the test below)."""

    async def charge() -> None:
        loop = asyncio.get_running_loop()
        charger = SimulatedCharger(BOX, time.monotonic, loop.call_later, MeterFile(Path(path)))
        charger.subscribe(lambda _: None)
        if charger.view()[0].state == "Unplugged":
            charger.plug_in(1)
        await asyncio.sleep(0)
        charger.set_power_limit(1, 36_000, time.monotonic())
        while True:
            os.write(1, f"{charger.meters(time.monotonic())[0].register_wh}\n".encode())
            await asyncio.sleep(METER_REFRESH_S)

    asyncio.run(charge())


@pytest.mark.exhaustive
def test_a_process_killed_in_mid_charge_comes_back_with_the_register_that_it_showed_last(tmp_path: Path) -> None:
    path = tmp_path / "meter.json"
    last = 1_000
    for _ in range(2):
        command = [
            sys.executable,
            "-c",
            f"from tests.adapters.test_charger_power_cut import charge_for_ever as go; go({str(path)!r})",
        ]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            shown = [int(child.stdout.readline()) for _ in range(20)]
            os.kill(child.pid, signal.SIGKILL)
            rest, _ = child.communicate(timeout=PATIENCE_S)
        shown += [int(line) for line in rest.splitlines(keepends=True) if "\n" in line]
        assert shown[0] >= last
        assert shown == sorted(shown)
        assert shown[-1] > shown[0]
        last = shown[-1]
        kept = json.loads(path.read_text())["box"]["connectors"][0]
        assert int(kept["register_wh"]) >= last
