"""The benchmark runs: every station boots, answers, sends what follows, and gives figures. No figure is judged here."""

from __future__ import annotations

from pathlib import Path

import pytest
import uvloop

from tests.benchmarks import composite, longest_step, queue, transfer
from tests.benchmarks.figures import Figures
from tests.benchmarks.micro import figures as micro_figures
from tests.benchmarks.processes import OURS, PEERS, Cores
from tests.benchmarks.report import document, goals
from tests.benchmarks.run import MEASURES, TINY, measure


def test_a_composite_schedule_is_measured_and_a_year_has_no_more_boundaries_than_a_day() -> None:
    found = composite.figures(rounds=2)
    assert found["dated, a day"]["boundaries"] == found["dated, a year"]["boundaries"] > 50
    assert found["daily, a week"]["boundaries"] == 7 * found["daily, a day"]["boundaries"]


@pytest.mark.exhaustive
def test_the_longest_step_of_a_full_station_is_measured_for_each_case(tmp_path: Path) -> None:
    taken = longest_step.figures(tmp_path / "store", rounds=1)
    assert sorted(taken) == sorted([*longest_step.CASES, "power up"])


@pytest.mark.exhaustive
def test_every_station_goes_through_every_measure(tmp_path: Path) -> None:
    figures: Figures = uvloop.run(measure(PEERS, TINY, tmp_path, Cores.find()))
    figures.micro_us = uvloop.run(micro_figures(tmp_path / "micro", batches=1))

    names = [peer.name for peer in PEERS]
    for measured in MEASURES:
        assert {peer: [block.calls for block in blocks] for peer, blocks in figures.blocks[measured].items()} == {
            name: [TINY.calls] for name in names
        }
    assert sorted(figures.cold_start_ms) == sorted(figures.resident_mib) == sorted(names)
    assert document(figures)["round_trips"]["get"][OURS]["calls"] == TINY.calls
    assert len(goals(figures)) == 8


@pytest.mark.exhaustive
def test_a_long_queue_is_worked_off_after_a_kill_in_its_middle(tmp_path: Path) -> None:
    figures = uvloop.run(queue.measure(300, 1, tmp_path, Cores.find()))
    assert len(figures.drained_per_s) == len(figures.first_frame_ms) == 1
    assert [len(rates) for rates in figures.beside_per_s.values()] == [1, 1, 1]
    assert sorted(figures.resident_mib) == ["after it", "empty", "while it drains"]
    assert sorted(figures.start_commit_us) == ["bare 50", "bare 99", "start 50", "start 99"]


def test_a_download_is_measured_beside_a_loop(tmp_path: Path) -> None:
    (tmp_path / "fw").write_bytes(bytes(transfer.MIB))
    with transfer.serving(tmp_path) as url:
        figures = uvloop.run(transfer.measure(1, 1, f"{url}/fw", tmp_path / "transfers"))

    assert figures.peak_mib >= figures.idle_mib > 0
    assert figures.idle_late_ms
    assert figures.busy_late_ms
