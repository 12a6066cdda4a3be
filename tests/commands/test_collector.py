"""The garbage collector rests while a station loads, and never longer."""

from __future__ import annotations

import gc

import pytest

from runtime import collector
from runtime.commands.cli import front_door


def test_a_start_that_comes_to_nothing_leaves_the_collector_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door(["run", "--station", "none", "--id", "A", "--csms", "ws://h", "--data", "d"]) != 0
    assert "no such station file" in capsys.readouterr().err
    assert gc.isenabled()


def test_a_station_that_has_settled_is_put_aside_and_what_comes_new_is_collected() -> None:
    with collector.resting():
        assert not gc.isenabled()
        try:
            collector.settle()
            assert gc.isenabled()
            assert gc.get_freeze_count() > 0
        finally:
            gc.unfreeze()
