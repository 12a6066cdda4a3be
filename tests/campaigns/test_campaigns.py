"""Each campaign at the length that the continuous integration has time for, and each shown to see a planted fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.campaign import Plan, Verdict, campaign

pytestmark = pytest.mark.exhaustive

SEED = 20_261_130


def _played(plan: Plan) -> Verdict:
    verdict = campaign(plan)
    assert verdict.violations == (), f"see {verdict.kept}/report.txt, and: {plan}"
    return verdict


def test_sixty_power_cuts_cost_nothing_that_was_promised(tmp_path: Path) -> None:
    figures = _played(Plan("kills", 60, SEED, workers=4, keep=tmp_path)).figures
    assert figures["kills"] == 60
    assert {"starting", "anytime", "answering", "draining"} <= figures.keys()


def test_twenty_thousand_hostile_frames_have_their_answers_and_the_station_charges_on(tmp_path: Path) -> None:
    assert _played(Plan("frames", 20_000, SEED, workers=1, keep=tmp_path)).figures["frames"] >= 20_000


def test_after_each_dead_link_the_csms_believes_what_is_so(tmp_path: Path) -> None:
    assert _played(Plan("half_open", 12, SEED, workers=4, keep=tmp_path)).figures["dead links"] == 12


def test_whatever_happens_to_the_files_the_station_starts_and_tells(tmp_path: Path) -> None:
    assert _played(Plan("damage", 24, SEED, workers=3, keep=tmp_path)).figures["damages"] == 24


PLANTED = (
    ("kills", 60, "late", ""),
    ("kills", 60, "forgets_configuration", "accepted was"),
    ("kills", 60, "forgets_profiles", "accepted was"),
    ("kills", 15, "answers_twice", "answered 2 times"),
    ("frames", 1000, "answers_twice", "2 answers in place of 1"),
    ("frames", 8000, "hoards", "memory: "),
    ("half_open", 6, "keeps_statuses", "the CSMS believes"),
    ("damage", 24, "hushes_damage", "lost without a word"),
)


@pytest.mark.parametrize(("name", "within", "sabotage", "says"), PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, name: str, within: int, sabotage: str, says: str) -> None:
    verdict = campaign(Plan(name, within, SEED, workers=3, sabotage=sabotage, keep=tmp_path))
    assert any(says in violation for violation in verdict.violations), verdict
    assert verdict.kept is not None
    report = (verdict.kept / "report.txt").read_text(encoding="utf-8")
    assert verdict.violations[0] in report
    assert f"python -m tests.campaigns {name} --count {within} --seed {SEED} --only" in report
    assert (verdict.kept / "data").is_dir()
    assert (verdict.kept / "frames.jsonl").stat().st_size
