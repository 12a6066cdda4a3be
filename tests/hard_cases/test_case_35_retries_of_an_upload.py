"""Hard case 35: `retries: 0`, none, or n: one attempt or n more, as far apart as asked; each status once, no flood."""

from __future__ import annotations

import pytest

from properties.world.world import World
from runtime.core.transfers import TransferOutcome
from runtime.operations.diagnostics import RETRIES
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import apart_s, ask, attempts, plan, statuses


@covers("CS-6.25-01", "CS-7.24-04", rows=("diagnostics:upload.give_up",))
@pytest.mark.parametrize(("retries", "more"), [(0, 0), (1, 1), (4, 4), (None, RETRIES)])
def test_case_35_retries_of_an_upload(fired: FiredRows, retries: int | None, more: int) -> None:
    world = World(fired.see).power_up()
    plan(world, *[TransferOutcome.UNREACHABLE] * (more + 1))
    ask(world, retryInterval=20, **({} if retries is None else {"retries": retries}))
    world.wait(3600)
    assert len(attempts(world)) == more + 1
    assert all(seconds == pytest.approx(20, abs=0.1) for seconds in apart_s(world))
    assert statuses(world) == ["Uploading", "UploadFailed"]
